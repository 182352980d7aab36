//! The folder of a ledger: where things are, whose they are, and the locks between processes.
//!
//! Locks are the kernel's own (`flock`): whatever ends a process ends them. The database's file is never opened here, since
//! closing it would end SQLite's locks on it, which belong to the process.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use super::error::{LedgerError, Result};
use super::types::RunId;

/// How long a call waits for other processes. Each holds the ledger for one sync of a file at a time.
pub(super) const MAX_WAIT: Duration = Duration::from_secs(5);

/// The pauses between two attempts at a lock: the first, and the longest.
const PAUSE: Duration = Duration::from_micros(100);
const MAX_PAUSE: Duration = Duration::from_millis(5);

/// How often taking a lock is tried that others only look at.
const ATTEMPTS: u32 = 10;

/// Permissions that others have.
const OTHERS: u32 = 0o077;

/// A ledger's folder. While it is held, nobody can accept the ledger.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    _use: Lock,
}

/// The right to write. At most one is held, of all processes and threads; dropped, it is free.
#[derive(Debug)]
pub(super) struct Gate(#[expect(dead_code, reason = "held for its lock")] Lock);

/// A file whose lock is held. Dropped, it is free at once, though a child that is just being started may have a copy of the file.
#[derive(Debug)]
pub(super) struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = self.0.unlock();
    }
}

/// What tells a file from another that took its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity(u64, u64);

impl Folder {
    /// Makes the folder if it isn't there, and takes part in its use.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let (path, lock) = prepare(path)?;
        let lock = wait_for(lock, File::try_lock_shared).map_err(busy_or(&path))?;
        Ok(Self { path, _use: lock })
    }

    /// Takes the folder for this process alone.
    pub(super) fn open_alone(path: &Path) -> Result<Self> {
        let (path, lock) = prepare(path)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self {
                path,
                _use: Lock(lock),
            }),
            Err(TryLockError::WouldBlock) => Err(LedgerError::InUse(path)),
            Err(TryLockError::Error(error)) => Err(LedgerError::file(&path)(error)),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn database(&self) -> PathBuf {
        self.path.join("ledger.db")
    }

    pub(super) fn counter(&self) -> PathBuf {
        self.path.join("counter")
    }

    /// The files that the database consists of.
    pub(super) fn database_files(&self) -> [PathBuf; 3] {
        ["ledger.db", "ledger.db-wal", "ledger.db-shm"].map(|name| self.path.join(name))
    }

    pub(super) fn runs(&self) -> PathBuf {
        self.path.join("runs")
    }

    pub(super) fn run(&self, run: &RunId) -> PathBuf {
        self.runs().join(run.as_str())
    }

    /// Waits for the right to write.
    pub(super) fn gate(&self) -> Result<Gate> {
        let path = self.path.join("gate");
        let file = lock_file(&path)?;
        wait_for(file, File::try_lock)
            .map(Gate)
            .map_err(busy_or(&path))
    }

    /// Refuses what others can get at.
    pub(super) fn check(&self) -> Result<()> {
        for path in self.database_files().into_iter().chain([self.counter()]) {
            check_file(&path)?;
        }
        Ok(())
    }

    /// Makes an empty file for the database, if there is none; SQLite gives its other files the same permissions.
    pub(super) fn make_database(&self) -> Result<()> {
        let path = self.database();
        match OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
        {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                Err(LedgerError::file(&path)(error))
            }
            _ => Ok(()),
        }
    }

    /// Which file the database is now.
    pub(super) fn identity(&self) -> Option<Identity> {
        let metadata = fs::symlink_metadata(self.database()).ok()?;
        Some(Identity(metadata.dev(), metadata.ino()))
    }
}

/// Opens a file for its lock, and makes it if it isn't there.
pub(super) fn lock_file(path: &Path) -> Result<File> {
    check_file(path)?;
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map_err(LedgerError::file(path))
}

/// Takes a lock, which others hold for a moment at most. For longer, the error is `WouldBlock`.
pub(super) fn take(file: File) -> io::Result<Lock> {
    for _ in 1..ATTEMPTS {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => thread::sleep(MAX_PAUSE),
            result => return Ok(result.map(|()| Lock(file))?),
        }
    }
    Ok(file.try_lock().map(|()| Lock(file))?)
}

/// Whether nobody holds a file's lock. It is shared for a moment, so that several can look at once.
pub(super) fn is_free(file: File) -> io::Result<bool> {
    match file.try_lock_shared().map(|()| Lock(file)) {
        Ok(_) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Tries for a lock until it is had, or for as long as a call waits; then the error is `WouldBlock`.
fn wait_for(file: File, lock: impl Fn(&File) -> Result<(), TryLockError>) -> io::Result<Lock> {
    let (begun, mut pause) = (Instant::now(), PAUSE);
    loop {
        match lock(&file) {
            Ok(()) => return Ok(Lock(file)),
            Err(TryLockError::WouldBlock) if begun.elapsed() < MAX_WAIT => {
                thread::sleep(pause);
                pause = (pause * 2).min(MAX_PAUSE);
            }
            Err(error) => return Err(error.into()),
        }
    }
}

fn prepare(path: &Path) -> Result<(PathBuf, File)> {
    make_folder(path)?;
    let path = path.canonicalize().map_err(LedgerError::file(path))?;
    check_folder(&path)?;
    let runs = path.join("runs");
    make_folder(&runs)?;
    check_folder(&runs)?;
    let lock = lock_file(&path.join("use"))?;
    Ok((path, lock))
}

fn make_folder(path: &Path) -> Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(LedgerError::file(path))
}

fn check_folder(path: &Path) -> Result<()> {
    let metadata = fs::symlink_metadata(path).map_err(LedgerError::file(path))?;
    if !metadata.is_dir() {
        return Err(foreign(path, "is no folder"));
    }
    check_owner(path, &metadata)
}

/// Refuses a file of somebody else, and one that others can use. It needn't be there.
fn check_file(path: &Path) -> Result<()> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_file() => check_owner(path, &metadata),
        Ok(_) => Err(foreign(path, "is no ordinary file")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(LedgerError::file(path)(error)),
    }
}

fn check_owner(path: &Path, metadata: &Metadata) -> Result<()> {
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return Err(foreign(path, "belongs to another user"));
    }
    let mode = metadata.mode() & 0o777;
    if mode & OTHERS != 0 {
        return Err(LedgerError::Exposed {
            path: path.to_owned(),
            mode,
        });
    }
    Ok(())
}

fn busy_or(path: &Path) -> impl FnOnce(io::Error) -> LedgerError {
    move |error| match error.kind() {
        io::ErrorKind::WouldBlock => LedgerError::Busy,
        _ => LedgerError::file(path)(error),
    }
}

fn foreign(path: &Path, why: &'static str) -> LedgerError {
    LedgerError::Foreign {
        path: path.to_owned(),
        why,
    }
}
