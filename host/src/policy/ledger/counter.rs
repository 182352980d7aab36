//! The counter beside the database: how many writes there were, by which an older copy is known.
//!
//! It is advanced after the commit, so a crash between the two leaves it behind, never ahead: behind is fine. For the same
//! reason only its making waits for the disk. Later it is written over in place, which leaves its size and its place as they
//! are; being smaller than a sector, it is the former or the new one after whatever happens.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use super::error::{LedgerError, Result, Staleness};
use super::files::Folder;
use super::names;

/// A counter is a line of 59 characters.
const MAX_SIZE: u64 = 64;

/// How often it is read until it is whole: who doesn't hold the gate may read while it is written.
const ATTEMPTS: u32 = 3;

/// How far a ledger was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Counter {
    /// The ledger's id.
    pub(super) ledger: String,
    /// How many writes.
    pub(super) value: u64,
}

impl Counter {
    /// Reads it; the inner error is what makes the ledger stale.
    pub(super) fn read(folder: &Folder) -> Result<Result<Self, Staleness>> {
        let path = folder.counter();
        for _ in 0..ATTEMPTS {
            match read(&path) {
                Ok(bytes) => {
                    if let Some(counter) = str::from_utf8(&bytes).ok().and_then(Self::parse) {
                        return Ok(Ok(counter));
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    return Ok(Err(Staleness::CounterMissing));
                }
                Err(error) => return Err(LedgerError::file(&path)(error)),
            }
        }
        Ok(Err(Staleness::CounterUnreadable))
    }

    /// Makes it, or replaces one that can't be advanced: whole or not at all, and on the disk. Only for who holds the gate,
    /// since the file beside it has one name.
    pub(super) fn make(&self, folder: &Folder) -> Result<()> {
        let (path, unfinished) = (folder.counter(), folder.path().join("counter.new"));
        let make = || {
            let mut options = OpenOptions::new();
            options.write(true).create(true).truncate(true).mode(0o600);
            let mut file = options.open(&unfinished)?;
            file.write_all(self.line().as_bytes())?;
            file.sync_all()?;
            fs::rename(&unfinished, &path)
        };
        make().map_err(LedgerError::file(&path))
    }

    /// Advances the one that is there. Only for who holds the gate.
    pub(super) fn advance(&self, folder: &Folder) -> Result<()> {
        let path = folder.counter();
        let file = OpenOptions::new().write(true).open(&path);
        file.and_then(|file| file.write_all_at(self.line().as_bytes(), 0))
            .map_err(LedgerError::file(&path))
    }

    /// The value stands there twice, and always has as many digits: a mixture of two lines is seen to be one.
    pub(super) fn line(&self) -> String {
        let Self { ledger, value } = self;
        format!("{ledger} {value:020} {value:020}\n")
    }

    fn parse(text: &str) -> Option<Self> {
        let (ledger, values) = text.strip_suffix('\n')?.split_once(' ')?;
        let (value, again) = values.split_once(' ')?;
        let whole = ledger.len() == 16 && names::is_hex(ledger) && value == again;
        let ledger = ledger.to_owned();
        value
            .parse()
            .ok()
            .filter(|_| whole)
            .map(|value| Self { ledger, value })
    }
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_SIZE).read_to_end(&mut bytes)?;
    Ok(bytes)
}
