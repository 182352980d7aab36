//! What the operator decides of a ledger that refuses to write.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::error::{LedgerError, Result};
use super::files::Folder;
use super::store::{self, State};
use super::types::random_hex;

/// What became of a ledger that was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// There was nothing to decide.
    Sound,
    /// It was stale, and now counts as the newest there is. What plugins made after that copy has no owner: people find it by
    /// its labels.
    AsItIs,
    /// It couldn't be read, and a new one was begun. What plugins made before has no owner.
    Anew {
        /// Where the unreadable one lies now.
        kept: PathBuf,
    },
}

/// As [`Ledger::accept`](super::Ledger::accept).
pub(super) fn accept(path: &Path) -> Result<Accepted> {
    let folder = Folder::open_alone(path)?;
    let _gate = folder.gate()?;
    folder.check()?;
    match store::assess(&folder) {
        Ok(State::Sound) => Ok(Accepted::Sound),
        Ok(State::Stale) => {
            store::make_newest(&folder)?;
            Ok(Accepted::AsItIs)
        }
        Err(LedgerError::Corrupt { .. }) => {
            let kept = set_aside(&folder)?;
            store::assess(&folder)?;
            Ok(Accepted::Anew { kept })
        }
        Err(error) => Err(error),
    }
}

/// Moves the database's files to names that still belong together. The counter goes last: until then the ledger is unreadable.
fn set_aside(folder: &Folder) -> Result<PathBuf> {
    let kept = format!("lost-{}.db", random_hex::<4>()?);
    for (from, end) in folder
        .database_files()
        .into_iter()
        .zip(["", "-wal", "-shm"])
    {
        rename(&from, &folder.path().join(format!("{kept}{end}")))?;
    }
    let kept = folder.path().join(kept);
    rename(&folder.counter(), &kept.with_extension("counter"))?;
    Ok(kept)
}

fn rename(from: &Path, to: &Path) -> Result<()> {
    match fs::rename(from, to) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(LedgerError::file(from)(error))
        }
        _ => Ok(()),
    }
}
