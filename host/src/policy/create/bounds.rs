//! The bounds of new containers: what a policy's table `[create]` says.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::ImageId;
use crate::policy::file::values::{ValueError, written, wrong};

/// The capabilities that Docker's engine gives by default.
pub const ENGINE_CAPABILITIES: [&str; 14] = [
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "NET_RAW",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

/// The kernel parameters that concern nothing but the container's own namespaces.
pub const SAFE_SYSCTLS: [&str; 10] = [
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_syncookies",
];

/// The shortest time between two health checks, in nanoseconds.
pub const MIN_HEALTH_INTERVAL: u64 = 5_000_000_000;

/// The shortest time that a health check may be given, in nanoseconds.
pub const MIN_HEALTH_TIMEOUT: u64 = 1_000_000_000;

/// What new containers may be. Each field is the key of `[create]` of the same name, with hyphens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateBounds {
    /// The images. Default: none.
    pub images: ImageBound,
    /// Memory in bytes, with swap: the ceiling, and what one gets that asks for none. Default: 512
    /// MiB.
    pub memory: u64,
    /// Processors in billionths: the ceiling, and what one gets that asks for none. Default: one.
    pub cpus: u64,
    /// The number of processes: the ceiling, and what one gets that asks for none. Default: 256.
    pub pids: u64,
    /// The number of open files of a process: the ceiling, and what one gets that asks for none.
    /// Default: 16,384, which engines can give that may not raise their own limit.
    pub nofile: u64,
    /// The size of /dev/shm in bytes: the ceiling, and what one gets that asks for none. Default: 64
    /// MiB.
    pub shm: u64,
    /// The ports of the machine. Default: none.
    pub ports: Option<PortBound>,
    /// Whether they reach what isn't their own network. Default: no.
    pub egress: bool,
    /// Variables that the host adds to each, by name. Default: none.
    pub env: BTreeMap<String, HostVariable>,
    /// Names that are taken as they are, without the owner's prefix. Default: none.
    pub names: Vec<NameRule>,
    /// The labels that may be set. Default: none.
    pub labels: Vec<LabelRule>,
    /// Whether programs in them may gain privileges, as by set-user-id. Default: no.
    pub privilege_escalation: bool,
    /// Which of the [engine's default capabilities](ENGINE_CAPABILITIES) they have. Default: all but
    /// NET_RAW and MKNOD.
    pub capabilities: BTreeSet<String>,
    /// The runtime. Default: the engine's own.
    pub runtime: Option<String>,
    /// Where their output goes. Default: bounded.
    pub log: LogBound,
    /// Whether the engine may start them again. Default: no.
    pub persist: bool,
    /// What health checks may run. Default: the image's own.
    pub healthcheck: HealthBound,
    /// What they may run. Default: any program of the image.
    pub command: CommandBound,
    /// Whether they must run as a user with a number that isn't 0. Default: no.
    pub non_root: bool,
    /// Whether their own file system can't be written to. Default: no.
    pub read_only: bool,
    /// The seconds that they may have to stop. Default: 60.
    pub stop_timeout: u32,
    /// Lines for /etc/hosts, `name:address`. Default: none.
    pub extra_hosts: BTreeSet<String>,
    /// Name servers. Default: none but the engine's own.
    pub dns: BTreeSet<String>,
    /// Options for the resolver. Default: none.
    pub dns_options: BTreeSet<String>,
    /// Domains to search names in. Default: none.
    pub dns_search: BTreeSet<String>,
    /// Kernel parameters, of the [safe ones](SAFE_SYSCTLS). Default: none.
    pub sysctls: BTreeSet<String>,
}

impl Default for CreateBounds {
    fn default() -> Self {
        let capabilities = ENGINE_CAPABILITIES.into_iter();
        let kept = capabilities.filter(|name| !["NET_RAW", "MKNOD"].contains(name));
        Self {
            images: ImageBound::default(),
            memory: 512 << 20,
            cpus: 1_000_000_000,
            pids: 256,
            nofile: 16_384,
            shm: 64 << 20,
            ports: None,
            egress: false,
            env: BTreeMap::new(),
            names: Vec::new(),
            labels: Vec::new(),
            privilege_escalation: false,
            capabilities: kept.map(str::to_owned).collect(),
            runtime: None,
            log: LogBound::default(),
            persist: false,
            healthcheck: HealthBound::default(),
            command: CommandBound::default(),
            non_root: false,
            read_only: false,
            stop_timeout: 60,
            extra_hosts: BTreeSet::new(),
            dns: BTreeSet::new(),
            dns_options: BTreeSet::new(),
            dns_search: BTreeSet::new(),
            sysctls: BTreeSet::new(),
        }
    }
}

impl CreateBounds {
    /// Whether a name is taken as it is.
    pub fn grants_name(&self, name: &str) -> bool {
        self.names.iter().any(|rule| rule.is_match(name))
    }
}

/// Which images containers may be made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImageBound {
    /// Any that the engine has.
    Any,
    /// These.
    Listed(Vec<ImageRule>),
}

impl Default for ImageBound {
    /// None.
    fn default() -> Self {
        Self::Listed(Vec::new())
    }
}

/// An image by its content: `sha256:...`, an image's id, or `name@sha256:...`, `name:tag@sha256:...`,
/// of which the digest counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageRule {
    text: String,
    digest: ImageId,
}

written!(ImageRule, "^(.+@)?sha256:[0-9a-f]{64}$");

/// An image that is not named by its content.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` can come to mean another image: write `name@sha256:...` or an image's id, as `dockwit policy pin` does"
)]
pub struct NoDigest(String);

impl FromStr for ImageRule {
    type Err = NoDigest;

    fn from_str(text: &str) -> Result<Self, NoDigest> {
        let digest = text.rsplit_once('@').map_or(text, |(_, digest)| digest);
        match digest.parse() {
            Ok(digest) => Ok(Self {
                text: text.to_owned(),
                digest,
            }),
            Err(_) => Err(NoDigest(text.to_owned())),
        }
    }
}

impl ImageRule {
    /// What is allowed: an image's id, or the digest of what a registry has.
    pub fn digest(&self) -> &ImageId {
        &self.digest
    }
}

impl fmt::Display for ImageRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl AsRef<str> for ImageRule {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

/// The ports of the machine that may be published at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortBound {
    /// The address.
    pub ip: IpAddr,
    /// The numbers.
    pub range: RangeInclusive<u16>,
}

impl fmt::Display for PortBound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { ip, range } = self;
        write!(
            f,
            "{{ ip = \"{ip}\", range = \"{}-{}\" }}",
            range.start(),
            range.end()
        )
    }
}

/// A variable that the host adds. Its value is not told by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct HostVariable {
    /// The value.
    pub value: String,
    /// Whether it is said that the plugin can come to know it.
    pub reachable: bool,
}

impl fmt::Debug for HostVariable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostVariable")
            .field("reachable", &self.reachable)
            .finish_non_exhaustive()
    }
}

/// Makes a rule that is a text, or, with `*` at its end, all texts that begin so.
macro_rules! rule {
    ($(#[$doc:meta])* $name:ident, $what:literal, $pattern:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name(String);

        written!($name, $pattern);

        impl $name {
            /// This rule.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// Whether this is meant.
            pub fn is_match(&self, text: &str) -> bool {
                match self.0.strip_suffix('*') {
                    Some(prefix) => text.starts_with(prefix),
                    None => text == self.0,
                }
            }
        }

        impl FromStr for $name {
            type Err = ValueError;

            fn from_str(text: &str) -> Result<Self, ValueError> {
                let stem = text.strip_suffix('*').unwrap_or(text);
                match text.is_empty() || stem.contains(['*', '\0']) {
                    true => wrong(format!(concat!("`{}` is no ", $what, "; `*` may only be its end"), text)),
                    false => Ok(Self::new(text)),
                }
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

rule!(
    /// A label's key, or, with `*` at its end, all that begin so: `app.*`.
    LabelRule,
    "label's key",
    "^([^*]+[*]?|[*])$"
);
rule!(
    /// A container's name, or, with `*` at its end, all that begin so: `web-*`.
    NameRule,
    "container's name",
    "^([a-zA-Z0-9][a-zA-Z0-9_.-]*[*]?|[*])$"
);

/// Where the output of containers goes.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum LogBound {
    /// To two files of 10 MiB each.
    #[default]
    Bounded,
    /// To where the engine is told to put it.
    Engine,
}

/// What health checks may run.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum HealthBound {
    /// Nothing.
    None,
    /// What the image says.
    #[default]
    Image,
    /// Anything.
    Any,
}

/// What containers may run.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum CommandBound {
    /// What the image says.
    Image,
    /// Anything in the image.
    #[default]
    Any,
}
