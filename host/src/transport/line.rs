//! A connection that is read and written without a client in between.

use std::io::{self, ErrorKind, Read};
use std::net;
use std::os::unix::net::UnixStream;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::unix::UnixLine;

/// An open connection.
pub(super) enum Line {
    Unix(UnixLine),
    Tcp(TcpStream),
    /// Nobody is woken by what comes.
    Aside(Aside),
    /// It couldn't be put aside or taken up again.
    Lost,
}

/// A connection that is looked at only when it is read.
pub(super) enum Aside {
    Unix(UnixStream),
    Tcp(net::TcpStream),
}

impl Line {
    /// Wakes nobody from now on, until a read finds that nothing has come.
    pub(super) fn put_aside(&mut self) -> io::Result<()> {
        *self = match std::mem::replace(self, Self::Lost) {
            Self::Unix(stream) => Self::Aside(Aside::Unix(stream.into_std()?)),
            Self::Tcp(stream) => Self::Aside(Aside::Tcp(stream.into_std()?)),
            other => other,
        };
        Ok(())
    }

    /// Whether nothing has come, not even the end.
    pub(super) fn is_quiet(&mut self) -> bool {
        let mut byte = [0];
        let mut cx = Context::from_waker(Waker::noop());
        let read = Pin::new(self).poll_read(&mut cx, &mut ReadBuf::new(&mut byte));
        read.is_pending()
    }

    /// The connection, of which whoever waits for it is woken again.
    fn stream(&mut self) -> io::Result<&mut dyn Stream> {
        if let Self::Aside(_) = self {
            *self = match std::mem::replace(self, Self::Lost) {
                Self::Aside(Aside::Unix(stream)) => Self::Unix(UnixLine::new(stream)?),
                Self::Aside(Aside::Tcp(stream)) => Self::Tcp(TcpStream::from_std(stream)?),
                other => other,
            };
        }
        match self {
            Self::Unix(stream) => Ok(stream),
            Self::Tcp(stream) => Ok(stream),
            Self::Aside(_) | Self::Lost => Err(ErrorKind::NotConnected.into()),
        }
    }
}

trait Stream: AsyncRead + AsyncWrite + Unpin {}

impl<S: AsyncRead + AsyncWrite + Unpin> Stream for S {}

impl AsyncRead for Line {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if let Self::Aside(aside) = this {
            match aside.read(buf.initialize_unfilled()) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                result => return Poll::Ready(result.map(|count| buf.advance(count))),
            }
        }
        Pin::new(this.stream()?).poll_read(cx, buf)
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(self.get_mut().stream()?).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(self.get_mut().stream()?).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(self.get_mut().stream()?).poll_shutdown(cx)
    }
}

impl Aside {
    /// Reads what is there; `WouldBlock` if nothing is.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let result = match self {
                Self::Unix(stream) => stream.read(buffer),
                Self::Tcp(stream) => stream.read(buffer),
            };
            match result {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                result => return result,
            }
        }
    }
}
