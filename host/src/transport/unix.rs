//! A Unix socket by which whoever waits is woken when something comes, and by nothing else.
//!
//! A socket that is registered for writing as well wakes the thread each time that the engine has taken a request, to find that there
//! is nothing to do: a tenth of a small call.

use std::io::{self, ErrorKind, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::UnixStream as Duplex;

/// An open socket.
pub(super) enum UnixLine {
    /// Only what comes wakes.
    Hears(AsyncFd<UnixStream>),
    /// The engine has taken less than was sent, so that room for more wakes as well.
    Sends(Duplex),
    /// It couldn't be registered.
    Lost,
}

impl UnixLine {
    pub(super) async fn connect(path: &Path) -> io::Result<Self> {
        Self::new(Duplex::connect(path).await?.into_std()?)
    }

    /// Registers a socket that doesn't block.
    #[expect(
        unsafe_code,
        reason = "Tokio's own sockets are registered for writing, always"
    )]
    pub(super) fn new(stream: UnixStream) -> io::Result<Self> {
        // SAFETY: a `UnixStream` has its descriptor open as long as it lives, and never another one.
        let registered = unsafe { AsyncFd::register_with_interest(stream, Interest::READABLE) };
        Ok(Self::Hears(registered?))
    }

    /// The socket, by which nobody is woken.
    pub(super) fn into_std(self) -> io::Result<UnixStream> {
        match self {
            Self::Hears(stream) => Ok(stream.into_inner()),
            Self::Sends(stream) => stream.into_std(),
            Self::Lost => Err(ErrorKind::NotConnected.into()),
        }
    }

    /// The socket, by which room to write wakes as well.
    fn sends(&mut self) -> io::Result<Pin<&mut Duplex>> {
        if let Self::Hears(_) = self {
            let stream = std::mem::replace(self, Self::Lost).into_std()?;
            *self = Self::Sends(Duplex::from_std(stream)?);
        }
        match self {
            Self::Sends(stream) => Ok(Pin::new(stream)),
            Self::Hears(_) | Self::Lost => Err(ErrorKind::NotConnected.into()),
        }
    }
}

impl AsyncRead for UnixLine {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let Self::Hears(stream) = this else {
            return this.sends()?.poll_read(cx, buf);
        };
        loop {
            let mut guard = ready!(stream.poll_read_ready(cx))?;
            // It is cleared for what has come, not each time that nothing has.
            let room = buf.initialize_unfilled();
            match guard.get_inner().read(room) {
                Ok(count) => {
                    // That was all that there is; whatever comes after it is told anew.
                    if (1..room.len()).contains(&count) {
                        guard.clear_ready();
                    }
                    buf.advance(count);
                    return Poll::Ready(Ok(()));
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => guard.clear_ready(),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

impl AsyncWrite for UnixLine {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        while let Self::Hears(stream) = this {
            match stream.get_ref().write(buf) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                result => return Poll::Ready(result),
            }
        }
        this.sends()?.poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Hears(stream) => Poll::Ready(stream.get_ref().shutdown(Shutdown::Write)),
            this => this.sends()?.poll_shutdown(cx),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    fn pair() -> (UnixLine, Duplex) {
        let (ours, theirs) = UnixStream::pair().expect("two ends");
        ours.set_nonblocking(true).expect("it is open");
        theirs.set_nonblocking(true).expect("it is open");
        let ours = UnixLine::new(ours).expect("it is registered");
        (ours, Duplex::from_std(theirs).expect("it is registered"))
    }

    #[tokio::test]
    async fn what_comes_is_read_piece_by_piece_and_to_its_end() {
        let (mut ours, mut theirs) = pair();
        let mut read = [0; 4];
        for piece in [&b"few"[..], b"four", b"so many"] {
            theirs.write_all(piece).await.expect("it is open");
            for part in piece.chunks(read.len()) {
                let count = ours.read(&mut read).await.expect("it is open");
                assert_eq!(&read[..count], part);
            }
            let more = tokio::time::timeout(std::time::Duration::ZERO, ours.read(&mut read));
            assert!(more.await.is_err(), "{piece:?} was followed by something");
        }
        drop(theirs);
        assert_eq!(ours.read(&mut read).await.expect("it ended in order"), 0);
    }

    #[tokio::test]
    async fn more_than_the_socket_holds_is_sent_whole_and_an_answer_is_read_after_it() {
        const MUCH: usize = 4 << 20;
        let (mut ours, mut theirs) = pair();
        let sent = vec![7; MUCH];
        let mut received = vec![0; MUCH];
        let (write, read) = tokio::join!(ours.write_all(&sent), theirs.read_exact(&mut received));
        write.and(read).expect("both are open");
        assert!(matches!(ours, UnixLine::Sends(_)) && received == sent);

        theirs.write_all(b"taken").await.expect("it is open");
        let mut answer = [0; 5];
        ours.read_exact(&mut answer).await.expect("it is open");
        assert_eq!(&answer, b"taken");
    }
}
