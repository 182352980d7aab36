//! What all domains share.

use super::json::{Text, texts};

/// A moment, since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    /// Whole seconds; negative before 1970.
    pub seconds: i64,
    /// Nanoseconds within the second, below 1,000,000,000.
    pub nanoseconds: u32,
}

/// A transport protocol of a port.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// TCP.
    #[default]
    Tcp,
    /// UDP.
    Udp,
    /// SCTP.
    Sctp,
    /// Another that the engine names.
    Other(String),
}

impl Protocol {
    /// Its name in the engine's words.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Sctp => "sctp",
            Self::Other(name) => name,
        }
    }
}

impl Timestamp {
    /// Reads a moment in RFC 3339, with any offset; none if it is none.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let moment: jiff::Timestamp = text.parse().ok()?;
        // Whole seconds are rounded down here, and towards 1970 there.
        let nanoseconds = moment.as_nanosecond().rem_euclid(1_000_000_000);
        Some(Self {
            seconds: i64::try_from(moment.as_nanosecond().div_euclid(1_000_000_000)).ok()?,
            nanoseconds: u32::try_from(nanoseconds).ok()?,
        })
    }

    /// The moment as the engine's queries take it: seconds, a point, nanoseconds.
    pub(super) fn to_query(self) -> String {
        format!("{}.{:09}", self.seconds, self.nanoseconds)
    }
}

impl Text for Protocol {
    fn of(text: &str) -> Option<Self> {
        Some(match text {
            "tcp" => Self::Tcp,
            "udp" => Self::Udp,
            "sctp" => Self::Sctp,
            other => Self::Other(other.to_owned()),
        })
    }
}

texts!(Protocol);
