//! Where lines go.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use rustix::fs::OFlags;

/// Takes the lines of one or more audits.
///
/// A closure is one, too.
pub trait AuditSink: Send + Sync {
    /// Takes a line, with its end. It is called in the order of the lines, and what it waits for, the run waits for.
    ///
    /// # Errors
    ///
    /// Fails if the line isn't kept. A write that was to be announced by it is then refused.
    fn write(&self, line: &str) -> io::Result<()>;
}

impl<F: Fn(&str) -> io::Result<()> + Send + Sync> AuditSink for F {
    fn write(&self, line: &str) -> io::Result<()> {
        self(line)
    }
}

/// A file that lines are appended to. Several processes may have the same.
#[derive(Debug)]
pub struct AuditFile(Mutex<Lines<File>>);

/// Permissions to write that others have.
const OTHERS_WRITE: u32 = 0o022;

impl AuditFile {
    /// Opens a file, once and for all, or makes one that only its owner can read.
    ///
    /// # Errors
    ///
    /// Fails if it can't be opened, is a link or no ordinary file, or is one that others may write to.
    pub fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
        let opened = OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .custom_flags(flags.bits().cast_signed())
            .open(path);
        let file = opened.map_err(|error| match rustix::io::Errno::from_io_error(&error) {
            Some(rustix::io::Errno::LOOP) => io::Error::other("it is a link"),
            _ => error,
        })?;
        let found = file.metadata()?;
        if !found.is_file() {
            return Err(io::Error::other("it is no ordinary file"));
        }
        if found.mode() & OTHERS_WRITE != 0 {
            return Err(io::Error::other("others may write to it"));
        }
        Ok(file.into())
    }
}

/// A file, or a pipe, that is open already.
impl From<File> for AuditFile {
    fn from(file: File) -> Self {
        Self(Mutex::new(Lines::new(file)))
    }
}

impl AuditSink for AuditFile {
    fn write(&self, line: &str) -> io::Result<()> {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.append(line)
    }
}

/// Lines one after the other, each whole or torn, but never run into the next.
#[derive(Debug)]
pub(super) struct Lines<W> {
    to: W,
    torn: bool,
}

impl<W: Write> Lines<W> {
    pub(super) fn new(to: W) -> Self {
        Self { to, torn: false }
    }

    pub(super) fn append(&mut self, line: &str) -> io::Result<()> {
        if self.torn {
            self.push(b"\n")?;
        }
        self.push(line.as_bytes())
    }

    fn push(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            match self.to.write(bytes) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(written) => {
                    bytes = bytes.get(written..).unwrap_or_default();
                    self.torn = !bytes.is_empty();
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    #[cfg(test)]
    pub(super) fn inner(&mut self) -> &mut W {
        &mut self.to
    }
}
