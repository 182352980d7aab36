//! Standard output and error, written to only as fast as somebody reads them: a pipe that is full keeps a plugin waiting, but
//! never the command from its signals, its timers and the engine.

use std::fs::File;
use std::io::{self, IsTerminal as _, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, Bytes};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::retry_on_intr;
use tokio::io::AsyncWrite;
use wasmtime_wasi::async_trait;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError, StreamResult};

use crate::policy::audit::{AuditFile, AuditSink};
use crate::runtime::Stdio;

/// What a pipe that is said to be writable takes at once, in bytes: POSIX's `PIPE_BUF`, on Linux.
const PIECE: usize = 4096;

/// How much of a plugin's output is kept while it waits to be written, in bytes.
const MAX_PENDING: usize = 64 << 10;

/// How often a thread that waits for a reader looks whether it is still needed.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// How long a message of the command's own waits for a reader: it is less important than what the command does next.
const PATIENCE: Duration = Duration::from_millis(100);

/// The standard streams of this process, for a plugin.
pub(super) fn inherited() -> io::Result<Stdio> {
    let stdout = Output {
        file: duplicate(io::stdout().as_fd())?,
        unlinked: || Box::new(tokio::io::stdout()),
    };
    let stderr = Output {
        file: duplicate(io::stderr().as_fd())?,
        unlinked: || Box::new(tokio::io::stderr()),
    };
    Ok(Stdio::custom(tokio::io::stdin(), stdout, stderr))
}

/// Says something on standard error, unless nobody reads it.
pub(super) fn tell(text: &str) {
    let stderr = io::stderr();
    for piece in text.as_bytes().chunks(PIECE) {
        // Nobody is left to be told if that fails.
        if !takes_more(stderr.as_fd(), PATIENCE) || stderr.lock().write_all(piece).is_err() {
            return;
        }
    }
}

/// Standard error for an audit, which the run waits for no longer than for a message.
pub(super) fn audit() -> io::Result<impl AuditSink> {
    let stderr = io::stderr().as_fd().try_clone_to_owned()?;
    let waited_for = File::from(stderr.try_clone()?);
    let lines = AuditFile::from(File::from(stderr));
    Ok(move |line: &str| {
        if takes_more(waited_for.as_fd(), PATIENCE) {
            lines.write(line)
        } else {
            Err(io::Error::from(io::ErrorKind::TimedOut))
        }
    })
}

fn duplicate(stream: BorrowedFd<'_>) -> io::Result<Arc<File>> {
    Ok(Arc::new(File::from(stream.try_clone_to_owned()?)))
}

/// Whether something can be written without waiting, now or within that time. What can't be asked is to say itself what is
/// wrong with it, when it is written to.
fn takes_more(stream: BorrowedFd<'_>, within: Duration) -> bool {
    let within = Timespec::try_from(within).unwrap_or_default();
    let ready = retry_on_intr(|| {
        let mut streams = [PollFd::from_borrowed_fd(stream, PollFlags::OUT)];
        poll(&mut streams, Some(&within))
    });
    ready.map_or(true, |ready| ready > 0)
}

/// One of this process's two streams.
struct Output {
    file: Arc<File>,
    /// As WASI 0.3 would have it, which no plugin gets.
    unlinked: fn() -> Box<dyn AsyncWrite + Send + Sync>,
}

impl IsTerminal for Output {
    fn is_terminal(&self) -> bool {
        self.file.is_terminal()
    }
}

impl StdoutStream for Output {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        (self.unlinked)()
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(Writer {
            file: Arc::clone(&self.file),
            pending: Bytes::new(),
        })
    }
}

/// A plugin's way to one of them.
struct Writer {
    file: Arc<File>,
    pending: Bytes,
}

impl Writer {
    /// Writes what is pending, as far as it is taken now.
    fn push(&mut self) -> StreamResult<()> {
        while !self.pending.is_empty() && takes_more(self.file.as_fd(), Duration::ZERO) {
            let piece = &self.pending[..self.pending.len().min(PIECE)];
            match (&*self.file).write(piece) {
                Ok(written) => self.pending.advance(written),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                    return Err(StreamError::Closed);
                }
                Err(error) => return Err(StreamError::LastOperationFailed(error.into())),
            }
        }
        Ok(())
    }
}

#[async_trait]
impl OutputStream for Writer {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        if !self.pending.is_empty() || bytes.len() > MAX_PENDING {
            return Err(StreamError::trap("more is written than was permitted"));
        }
        self.pending = bytes;
        self.push()
    }

    fn flush(&mut self) -> StreamResult<()> {
        self.push()
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        self.push()?;
        Ok(if self.pending.is_empty() {
            MAX_PENDING
        } else {
            0
        })
    }
}

#[async_trait]
impl Pollable for Writer {
    /// Returns when all is written, or can't be; the latter is told by whatever is done next.
    async fn ready(&mut self) {
        while self.push().is_ok() && !self.pending.is_empty() {
            let file = Arc::clone(&self.file);
            let wait = move || takes_more(file.as_fd(), LOOK_AGAIN);
            // On a thread of its own, which nobody waits for when the run is over.
            if tokio::task::spawn_blocking(wait).await.is_err() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    /// A pipe whose reading end nobody reads yet.
    fn pipe() -> (io::PipeReader, Writer) {
        let (reader, writer) = io::pipe().unwrap();
        let file = Arc::new(File::from(std::os::fd::OwnedFd::from(writer)));
        (
            reader,
            Writer {
                file,
                pending: Bytes::new(),
            },
        )
    }

    fn fill(writer: &mut Writer) -> usize {
        let mut written = 0;
        while writer.check_write().unwrap() > 0 {
            let piece = Bytes::from(vec![b'x'; 10_000]);
            written += piece.len();
            writer.write(piece).unwrap();
        }
        written
    }

    #[tokio::test]
    async fn a_full_pipe_is_waited_for_beside_everything_else() {
        let (mut reader, mut writer) = pipe();
        let written = fill(&mut writer);
        let waiting = tokio::time::timeout(Duration::from_millis(50), writer.ready()).await;
        assert!(waiting.is_err(), "it isn't ready, and a timer goes on");
        let read = std::thread::spawn(move || {
            let mut bytes = vec![0; written];
            reader.read_exact(&mut bytes).map(|()| (bytes, reader))
        });
        writer.ready().await;
        assert_eq!(writer.check_write().unwrap(), MAX_PENDING);
        let (bytes, _reader) = read.join().unwrap().unwrap();
        assert!(bytes.iter().all(|byte| *byte == b'x'), "all of it comes");
    }

    #[tokio::test]
    async fn a_reader_that_has_gone_is_told() {
        let (reader, mut writer) = pipe();
        fill(&mut writer);
        drop(reader);
        writer.ready().await;
        assert!(matches!(writer.check_write(), Err(StreamError::Closed)));
        assert!(matches!(writer.flush(), Err(StreamError::Closed)));
    }

    #[test]
    fn a_file_always_takes_more() {
        let file = tempfile::tempfile().unwrap();
        assert!(takes_more(file.as_fd(), Duration::ZERO));
    }
}
