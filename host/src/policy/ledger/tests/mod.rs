mod broken;
mod given;
mod model;
mod names;
mod objects;
mod processes;
mod quotas;
mod runs;

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

use super::*;

const ENGINE: &str = "engine";

/// A folder for a ledger, and who is in it.
struct Setting {
    folder: TempDir,
}

impl Setting {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("state/ledger")
    }

    fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    fn open(&self) -> Ledger {
        Ledger::open(self.path()).unwrap()
    }

    fn refused(&self) -> LedgerError {
        Ledger::open(self.path()).unwrap_err()
    }

    /// Copies the database's files. Only while nobody has it open: closing a copy's source frees SQLite's locks.
    fn copy_database(&self, to: &str) {
        let to = self.folder.path().join(to);
        fs::create_dir_all(&to).unwrap();
        for file in self.database_files() {
            fs::copy(self.file(&file), to.join(&file)).unwrap();
        }
    }

    /// Puts a copy in the database's place.
    fn put_back(&self, from: &str) {
        for file in self.database_files() {
            fs::remove_file(self.file(&file)).unwrap();
        }
        for file in fs::read_dir(self.folder.path().join(from))
            .unwrap()
            .flatten()
        {
            fs::copy(file.path(), self.path().join(file.file_name())).unwrap();
        }
    }

    fn database_files(&self) -> Vec<String> {
        fs::read_dir(self.path())
            .unwrap()
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.starts_with("ledger.db"))
            .collect()
    }
}

/// Begins a run of a plugin.
fn begin(ledger: &Ledger, plugin: &str) -> LedgerRun {
    ledger.begin_run(ENGINE, plugin, OnEnd::Remove).unwrap()
}

/// Asks for an object that takes nothing.
fn reserve(run: &LedgerRun, kind: Kind, name: &str) -> Result<Intent> {
    run.reserve(
        kind,
        Name::Short(name),
        &Claim::default(),
        &Quotas::default(),
    )
}

/// Makes an object that takes nothing.
fn make(run: &LedgerRun, kind: Kind, name: &str, id: &str) -> Object {
    let intent = reserve(run, kind, name).unwrap();
    run.owner().record(&intent.nonce, id).unwrap()
}

/// Asks for an object by a name of the host's.
fn ask(run: &LedgerRun, kind: Kind, claim: &Claim, quotas: &Quotas) -> Result<Intent> {
    run.reserve(kind, Name::Any, claim, quotas)
}
