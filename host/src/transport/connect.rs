//! Connections to the engine.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use hyper::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::rt::TokioIo;
use hyperlocal::{UnixConnector, UnixStream};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tower_service::Service;

use super::address::Address;
use super::error::{Error, ErrorKind, Phase, Result};

/// After how long an idle TCP connection is probed, so that the loss of a far machine ends the
/// streams from it.
const KEEPALIVE: Duration = Duration::from_secs(30);

/// Connects to one address within a bound of time, whatever URI it is asked for.
#[derive(Clone)]
pub(super) struct Connector {
    target: Target,
    address: Address,
    timeout: Duration,
}

#[derive(Clone)]
enum Target {
    Unix(Uri),
    Tcp(HttpConnector, Uri),
}

impl Connector {
    pub(super) fn new(address: Address, timeout: Duration) -> Result<Self> {
        let target = match &address {
            Address::Unix(path) if path.is_absolute() => {
                Target::Unix(hyperlocal::Uri::new(path, "/").into())
            }
            Address::Unix(_) => return Err(bad(&address, "its path is not absolute")),
            Address::Tcp { host, port } => {
                let uri = format!("http://{host}:{port}/").parse();
                let uri = uri.map_err(|_| bad(&address, "its host can't be one"))?;
                let mut connector = HttpConnector::new();
                connector.set_nodelay(true);
                connector.set_keepalive(Some(KEEPALIVE));
                Target::Tcp(connector, uri)
            }
        };
        Ok(Self {
            target,
            address,
            timeout,
        })
    }

    pub(super) fn address(&self) -> &Address {
        &self.address
    }

    /// Makes one connection.
    pub(super) fn connect(&self) -> BoxFuture<'static, Result<Io>> {
        let Self {
            target,
            address,
            timeout,
        } = self.clone();
        async move {
            match tokio::time::timeout(timeout, target.connect(&address)).await {
                Ok(result) => result,
                Err(_elapsed) => {
                    let kind = ErrorKind::Timeout {
                        phase: Phase::Connect,
                        limit: timeout,
                    };
                    Err(Error::new(kind))
                }
            }
        }
        .boxed()
    }
}

impl Target {
    async fn connect(self, address: &Address) -> Result<Io> {
        match self {
            Self::Unix(uri) => match UnixConnector.call(uri).await {
                Ok(stream) => Ok(Io::Unix(stream)),
                Err(error) => Err(Error::connect(&error, address)),
            },
            Self::Tcp(mut connector, uri) => match connector.call(uri).await {
                Ok(stream) => Ok(Io::Tcp(stream)),
                Err(error) => Err(Error::connect(&error, address)),
            },
        }
    }
}

fn bad(address: &Address, why: &str) -> Error {
    Error::new(ErrorKind::InvalidAddress(format!(
        "bad engine address {address}: {why}"
    )))
}

impl Service<Uri> for Connector {
    type Response = Io;
    type Error = Error;
    type Future = BoxFuture<'static, Result<Io>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        self.connect()
    }
}

/// An open connection.
pub(super) enum Io {
    Unix(UnixStream),
    Tcp(TokioIo<TcpStream>),
}

impl Connection for Io {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl Read for Io {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Unix(io) => Read::poll_read(Pin::new(io), cx, buf),
            Self::Tcp(io) => Read::poll_read(Pin::new(io), cx, buf),
        }
    }
}

impl Write for Io {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Unix(io) => Write::poll_write(Pin::new(io), cx, buf),
            Self::Tcp(io) => Write::poll_write(Pin::new(io), cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Unix(io) => Write::poll_flush(Pin::new(io), cx),
            Self::Tcp(io) => Write::poll_flush(Pin::new(io), cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Unix(io) => Write::poll_shutdown(Pin::new(io), cx),
            Self::Tcp(io) => Write::poll_shutdown(Pin::new(io), cx),
        }
    }

    // The defaults of these two would send a request's head and body by two writes.
    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            // Hyperlocal's `hyper::rt::Write` has no vectored write, its `AsyncWrite` has.
            Self::Unix(io) => AsyncWrite::poll_write_vectored(Pin::new(io), cx, bufs),
            Self::Tcp(io) => Write::poll_write_vectored(Pin::new(io), cx, bufs),
        }
    }
}

/// For who reads and writes without hyper.
impl AsyncRead for Io {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Unix(io) => AsyncRead::poll_read(Pin::new(io), cx, buf),
            Self::Tcp(io) => AsyncRead::poll_read(Pin::new(io.inner_mut()), cx, buf),
        }
    }
}

impl AsyncWrite for Io {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Write::poll_write(self, cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Write::poll_flush(self, cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Write::poll_shutdown(self, cx)
    }
}
