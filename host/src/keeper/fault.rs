//! Why a call wasn't done.

use std::fmt;

use crate::api;
use crate::policy::create::Difference;
use crate::policy::ledger::{Exceeded, LedgerError};
use crate::policy::{Denial, NotAllowed};

/// Why a call wasn't done.
#[derive(Debug)]
#[non_exhaustive]
pub enum Fault {
    /// The policy doesn't allow it.
    Denied(Denial),
    /// Its verb isn't granted any more.
    NotAllowed(NotAllowed),
    /// A quota of the plugin's has no room for it.
    Quota(Exceeded),
    /// There is no such object, or not for this plugin.
    NotFound(String),
    /// A value can't be.
    Invalid {
        /// The option or setter.
        field: &'static str,
        /// Why, for a person.
        message: String,
    },
    /// A name or a port is taken, or a text stands for several objects.
    Conflict(String),
    /// The engine made it weaker than it was asked to, so it was removed again.
    Weaker(Vec<Difference>),
    /// The host keeps no ledger, so nothing can be made.
    NoLedger,
    /// The ledger can't be read, or refuses every write.
    Ledger(LedgerError),
    /// It could not be announced, so it wasn't sent.
    Unaudited,
    /// The engine, or the way to it, failed.
    Engine(api::Error),
}

impl Fault {
    /// Its kind's name in the interface: `not-found`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Denied(_) | Self::NotAllowed(_) => "denied",
            Self::Quota(_) => "quota",
            Self::NotFound(_) => "not-found",
            Self::Invalid { .. } => "invalid",
            Self::Conflict(_) => "conflict",
            Self::Weaker(_) | Self::NoLedger => "unsupported",
            Self::Ledger(_) => "ledger",
            Self::Unaudited => "audit",
            Self::Engine(error) => error.kind().name(),
        }
    }

    /// The key of the policy that refuses it.
    pub(crate) fn rule(&self) -> Option<&'static str> {
        match self {
            Self::Denied(denial) => Some(denial.rule),
            Self::NotAllowed(refused) => Some(refused.rule),
            _ => None,
        }
    }

    /// The option or setter that it is about.
    pub fn field(&self) -> Option<&'static str> {
        match self {
            Self::Denied(denial) => Some(denial.field),
            Self::Invalid { field, .. } => Some(field),
            Self::Weaker(differences) => differences.first().map(|difference| difference.field),
            Self::Engine(error) => error.field(),
            _ => None,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Denied(denial) => denial.fmt(f),
            Self::NotAllowed(refused) => write!(f, "this plugin isn't granted `{}`", refused.verb),
            Self::Quota(exceeded) => exceeded.fmt(f),
            Self::NotFound(message) | Self::Conflict(message) | Self::Invalid { message, .. } => {
                f.write_str(message)
            }
            Self::Weaker(differences) => {
                f.write_str("the engine doesn't hold what it was asked for, so it was removed:")?;
                differences
                    .iter()
                    .try_for_each(|difference| write!(f, " {difference};"))
            }
            Self::NoLedger => f.write_str("the host keeps no ledger, so nothing can be made"),
            Self::Ledger(error) => error.fmt(f),
            Self::Unaudited => f.write_str("it can't be written to the audit, so it isn't done"),
            Self::Engine(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Fault {}

impl From<Denial> for Fault {
    fn from(denial: Denial) -> Self {
        Self::Denied(denial)
    }
}

impl From<api::Error> for Fault {
    fn from(error: api::Error) -> Self {
        Self::Engine(error)
    }
}

impl From<LedgerError> for Fault {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Quota(exceeded) => Self::Quota(exceeded),
            LedgerError::Invalid { .. } => Self::Invalid {
                field: "name",
                message: error.to_string(),
            },
            LedgerError::NotFound { .. } => Self::NotFound(error.to_string()),
            LedgerError::PortTaken { .. }
            | LedgerError::NameTaken { .. }
            | LedgerError::Ambiguous { .. } => Self::Conflict(error.to_string()),
            error => Self::Ledger(error),
        }
    }
}
