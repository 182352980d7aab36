//! What a ledger refuses, and why.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

use super::{Kind, Nonce, Overlap, Port};

/// The result of everything in this module.
pub type Result<T, E = LedgerError> = std::result::Result<T, E>;

/// Why a ledger didn't do what it was asked for. Nothing of it was done then, unless it says otherwise.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerError {
    /// Others than the user can get at what only the user may.
    #[error(
        "{} can be used by others (mode {mode:03o}); close it to them: chmod go= {}", path.display(), path.display()
    )]
    Exposed {
        /// The folder or file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// It belongs to another user, or is no ordinary folder or file.
    #[error("{} {why}; name a folder of your own for the ledger", path.display())]
    Foreign {
        /// The folder or file.
        path: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The machine failed at a file of the ledger.
    #[error("the ledger's file {} can't be used: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the machine said.
        source: io::Error,
    },
    /// The database failed, in a way that is neither damage nor contention: a full disk, for instance.
    #[error("the ledger's database failed, nothing was written: {source}")]
    Database {
        /// What the database said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The system gave no random bits.
    #[error("the system gives no random bits: {0}")]
    Random(String),
    /// Others held it for as long as a call waits.
    #[error("the ledger is busy with other processes of this user; try again")]
    Busy,
    /// It can't be accepted while it is used.
    #[error(
        "the ledger in {} is in use; end the other processes of dockwit first", .0.display()
    )]
    InUse(PathBuf),
    /// It can't be read. Nothing is written until the operator accepts the loss.
    #[error(
        "the ledger in {} can't be read: {why}; put back an intact copy, or accept that it is begun anew, which \
         leaves what plugins made so far without an owner", folder.display()
    )]
    Corrupt {
        /// Where it is.
        folder: PathBuf,
        /// What was found.
        why: String,
    },
    /// It isn't what was written last. It can be read; nothing is written until the operator accepts it as it is.
    #[error(
        "the ledger in {} {why}; nothing is changed until you put back the newest copy, or accept it as it is, which \
         leaves what plugins made since without an owner", folder.display()
    )]
    Stale {
        /// Where it is.
        folder: PathBuf,
        /// What was found.
        why: Staleness,
    },
    /// It was written by a newer dockwit.
    #[error(
        "the ledger in {} has version {found} and this dockwit knows up to {known}; use the newer dockwit", folder.display()
    )]
    Newer {
        /// Where it is.
        folder: PathBuf,
        /// Its version.
        found: i64,
        /// The newest one that is known here.
        known: i64,
    },
    /// What the caller gave can't be: a name, an id, an amount.
    #[error("{what} `{value}` can't be taken: {why}")]
    Invalid {
        /// What it is meant to be.
        what: &'static str,
        /// What was given, its first characters.
        value: String,
        /// The rule.
        why: &'static str,
    },
    /// A quota has no room for it.
    #[error(transparent)]
    Quota(#[from] Exceeded),
    /// A host port is another plugin's while that plugin's container exists.
    #[error("the host port {port} is taken; choose another")]
    PortTaken {
        /// What was asked for.
        port: Port,
        /// The plugin that has it. For the operator: it isn't in the message, which plugins may see.
        holder: String,
    },
    /// What a run is to have of the machine can't be had beside what others have.
    #[error(transparent)]
    Overlap(#[from] Overlap),
    /// An object of that kind has the name, or is being made with it.
    #[error("the name `{name}` is taken by another {kind}; choose another, or remove that one")]
    NameTaken {
        /// The kind of object.
        kind: Kind,
        /// The whole name.
        name: String,
    },
    /// That object has an owner already.
    #[error("the {kind} {id} is in the ledger already")]
    IdTaken {
        /// The kind of object.
        kind: Kind,
        /// Its id.
        id: String,
    },
    /// There is no such open intent: never made by this owner, released, or settled by another id.
    #[error("there is no open intent {0}")]
    NotOpen(Nonce),
    /// What was found isn't what the intent was for.
    #[error("what was found with the intent {nonce} isn't what that was for: its {what} differs")]
    NotIntended {
        /// The intent.
        nonce: Nonce,
        /// What differs.
        what: &'static str,
    },
    /// This owner has no such object.
    #[error("there is no such {kind}: {id}")]
    NotFound {
        /// The kind of object.
        kind: Kind,
        /// What was asked for.
        id: String,
    },
    /// Several ids begin like this.
    #[error("several {kind}s begin with `{prefix}`; give more of the id")]
    Ambiguous {
        /// The kind of object.
        kind: Kind,
        /// What was asked for.
        prefix: String,
    },
    /// The run was ended, here or by who took it over: nothing more is made in it.
    #[error("the run is over")]
    RunOver,
    /// A run can't end while it isn't known what became of its intents.
    #[error("{0} of the run's intents are not settled; look for their nonces first")]
    OpenIntents(u64),
}

/// What shows that a ledger isn't the one that was written last.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Staleness {
    /// Its counter was further once: an older copy was put back.
    RolledBack {
        /// How far the ledger is.
        ledger: u64,
        /// How far it was.
        counter: u64,
    },
    /// The counter beside it is gone.
    CounterMissing,
    /// The counter beside it isn't one.
    CounterUnreadable,
    /// The counter beside it is another ledger's.
    OtherLedger,
    /// The file was replaced or removed while it was in use; this process still holds the former one.
    Replaced,
}

impl fmt::Display for Staleness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RolledBack { ledger, counter } => write!(
                f,
                "is an older copy: it has {ledger} writes, where {counter} were done"
            ),
            Self::CounterMissing => {
                f.write_str("has lost its counter, so nobody knows how old it is")
            }
            Self::CounterUnreadable => {
                f.write_str("has an unreadable counter, so nobody knows how old it is")
            }
            Self::OtherLedger => f.write_str("isn't the one that its counter belongs to"),
            Self::Replaced => f.write_str("was replaced while it was in use"),
        }
    }
}

/// A quota that has no room.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{quota} is {limit}, {} used, {} more asked for", Amount(*used), Amount(*asked))]
pub struct Exceeded {
    /// Which one.
    pub quota: Quota,
    /// What all runs of the plugin have of it on this engine, without what was asked for; [`u64::MAX`] if one of
    /// them has no bound.
    pub used: u64,
    /// How much there may be.
    pub limit: u64,
    /// What was asked for; [`u64::MAX`] for no bound.
    pub asked: u64,
}

/// What is counted. Its text is the policy's key: `limits.memory-total`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Quota {
    /// Containers in any state.
    Containers,
    /// Containers that run, or may again without being asked.
    Running,
    /// Memory of all containers in any state, in bytes.
    MemoryTotal,
    /// CPUs of all containers in any state, in billionths.
    CpusTotal,
    /// Networks.
    Networks,
    /// Volumes.
    Volumes,
    /// What containers and volumes take of the engine's disk, in bytes. It is measured, not counted.
    Disk,
}

impl Quota {
    /// The policy's key: `limits.memory-total`.
    pub fn key(self) -> &'static str {
        match self {
            Self::Containers => "limits.containers",
            Self::Running => "limits.running",
            Self::MemoryTotal => "limits.memory-total",
            Self::CpusTotal => "limits.cpus-total",
            Self::Networks => "limits.networks",
            Self::Volumes => "limits.volumes",
            Self::Disk => "limits.disk",
        }
    }
}

impl fmt::Display for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

struct Amount(u64);

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            u64::MAX => f.write_str("without a bound"),
            amount => write!(f, "{amount}"),
        }
    }
}

impl LedgerError {
    /// The most of a refused value that is repeated.
    const MAX_VALUE: usize = 64;

    pub(super) fn invalid(what: &'static str, value: &str, why: &'static str) -> Self {
        Self::Invalid {
            what,
            value: value
                .chars()
                .take(Self::MAX_VALUE)
                .flat_map(char::escape_debug)
                .collect(),
            why,
        }
    }

    pub(super) fn not_found(kind: Kind, id: &str) -> Self {
        Self::NotFound {
            kind,
            id: id.to_owned(),
        }
    }

    pub(super) fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::File {
            path: path.to_owned(),
            source,
        }
    }
}

impl From<rusqlite::Error> for LedgerError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            // The store adds the folder.
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Corrupt {
                folder: PathBuf::new(),
                why: error.to_string(),
            },
            _ => Self::Database {
                source: Box::new(error),
            },
        }
    }
}
