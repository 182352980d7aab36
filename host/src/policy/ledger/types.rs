//! What a ledger speaks of.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::error::{LedgerError, Result};

/// A kind of object that has an owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Kind {
    /// A container.
    Container,
    /// A network.
    Network,
    /// A volume. It has no id of its own on the engine: its id is its whole name.
    Volume,
}

/// What becomes of the things that a run made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OnEnd {
    /// They are removed.
    #[default]
    Remove,
    /// Containers are stopped, nothing is removed.
    Stop,
    /// Nothing is touched.
    Keep,
}

/// What a container takes of its owner's quotas. Of other kinds only the number counts; their claim is left at its default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claim {
    /// Its memory in bytes; `None` is no bound, which fits no quota.
    pub memory: Option<u64>,
    /// Its CPUs in billionths; `None` is no bound, which fits no quota.
    pub nano_cpus: Option<u64>,
    /// Whether it runs, or may without being asked again: running, paused, or with a restart policy. An intent to start is
    /// counted before the start.
    pub running: bool,
    /// The ports of the machine that are its.
    pub ports: Vec<Port>,
    /// Whether no other container may have them, of the same owner neither: they were chosen since nobody had them. It is looked
    /// at when the place is taken, and not kept.
    pub ports_chosen: bool,
}

/// A port of the engine's machine.
///
/// Port 0, which leaves the choice to the engine, is nobody's: it is not kept. Give the chosen one by
/// [`Owner::update_claim`](super::Owner::update_claim) once it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Port {
    /// The address that is listened at; an unspecified one (`0.0.0.0`, `::`) is all of them, of both families.
    pub ip: IpAddr,
    /// Its number.
    pub port: u16,
    /// Its protocol.
    pub proto: Proto,
}

/// The protocol of a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Proto {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// SCTP.
    Sctp,
}

/// How much all runs of one plugin may have on one engine, together. `None` is no bound.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Quotas {
    /// Containers in any state.
    pub containers: Option<u64>,
    /// Containers that run, or may again without being asked.
    pub running: Option<u64>,
    /// Memory of all containers in any state, in bytes.
    pub memory_total: Option<u64>,
    /// CPUs of all containers in any state, in billionths.
    pub cpus_total: Option<u64>,
    /// Networks.
    pub networks: Option<u64>,
    /// Volumes.
    pub volumes: Option<u64>,
}

/// What was written before a create: the labels that the object must carry, and the name that it must get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// The kind of object.
    pub kind: Kind,
    /// By which the object is found if the answer is lost: the label `dockwit.nonce`.
    pub nonce: Nonce,
    /// The whole name.
    pub name: String,
}

/// An object in the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// The kind of object.
    pub kind: Kind,
    /// Its full id on the engine; of a volume the whole name.
    pub id: String,
    /// Its whole name.
    pub name: String,
    /// The intent that it was made by. A volume whose label differs is another one of the same name.
    pub nonce: Nonce,
    /// The run that it was made in.
    pub run: RunId,
}

/// What was found on the engine with an intent's nonce in its labels.
#[derive(Clone, Copy, Debug)]
pub struct Found<'a> {
    /// The kind of object.
    pub kind: Kind,
    /// Its full id.
    pub id: &'a str,
    /// Its whole name, without a leading slash.
    pub name: &'a str,
    /// Its label `dockwit.owner`.
    pub owner: &'a str,
    /// Its label `dockwit.nonce`.
    pub nonce: &'a Nonce,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Container, Self::Network, Self::Volume];

    /// Its name: `container`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Container => "container",
            Self::Network => "network",
            Self::Volume => "volume",
        }
    }

    /// The kind of that name, which a newer dockwit may have written.
    pub(super) fn parse(text: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| LedgerError::invalid("the kind", text, "this dockwit doesn't know it"))
    }

    /// Whether the engine gives it an id, which can be shortened to its beginning.
    pub(super) fn has_id(self) -> bool {
        !matches!(self, Self::Volume)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl OnEnd {
    /// The policy's word for it: `remove`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Remove => "remove",
            Self::Stop => "stop",
            Self::Keep => "keep",
        }
    }

    pub(super) fn parse(text: &str) -> Result<Self> {
        [Self::Remove, Self::Stop, Self::Keep]
            .into_iter()
            .find(|on_end| on_end.as_str() == text)
            .ok_or_else(|| LedgerError::invalid("on-end", text, "this dockwit doesn't know it"))
    }
}

impl Proto {
    /// The engine's word for it: `tcp`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Sctp => "sctp",
        }
    }

    pub(super) fn parse(text: &str) -> Result<Self> {
        [Self::Tcp, Self::Udp, Self::Sctp]
            .into_iter()
            .find(|proto| proto.as_str() == text)
            .ok_or_else(|| {
                LedgerError::invalid("the protocol", text, "this dockwit doesn't know it")
            })
    }
}

impl Port {
    /// Whether both can't be had at once.
    pub fn overlaps(&self, other: &Self) -> bool {
        let (one, two) = (self.ip.to_canonical(), other.ip.to_canonical());
        self.port == other.port
            && self.proto == other.proto
            && (one == two || one.is_unspecified() || two.is_unspecified())
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = std::net::SocketAddr::new(self.ip, self.port);
        write!(f, "{address}/{}", self.proto.as_str())
    }
}

/// Random bits that name something, in hexadecimal digits.
macro_rules! random_id {
    ($(#[$doc:meta])* $name:ident, $what:literal, $bytes:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// A new one.
            ///
            /// # Errors
            ///
            /// [`LedgerError::Random`] if the system gives no random bits.
            pub fn random() -> Result<Self> {
                random_hex::<$bytes>().map(Self)
            }

            /// Its digits.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = LedgerError;

            fn from_str(text: &str) -> Result<Self> {
                if text.len() == 2 * $bytes && super::names::is_hex(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(LedgerError::invalid($what, text, "it has another number of digits 0-9 a-f"))
                }
            }
        }
    };
}

random_id!(
    /// A run, 16 digits: the label `dockwit.run`.
    RunId,
    "the run",
    8
);
random_id!(
    /// An intent, 32 digits: the label `dockwit.nonce`. Nobody knows it before the object is made.
    Nonce,
    "the nonce",
    16
);

/// Random bytes in hexadecimal digits.
pub(super) fn random_hex<const BYTES: usize>() -> Result<String> {
    use fmt::Write;
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes).map_err(|error| LedgerError::Random(error.to_string()))?;
    Ok(bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    }))
}
