//! Connections to the engine.

use std::io;
use std::path::PathBuf;
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
use tokio::io::AsyncWrite;
use tokio::net::{self, TcpStream};
use tower_service::Service;

use super::address::Address;
use super::error::{Error, ErrorKind, Phase, Result};
use super::line::Line;

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
    Unix(PathBuf),
    Tcp(HttpConnector, Uri),
}

impl Connector {
    pub(super) fn new(address: Address, timeout: Duration) -> Result<Self> {
        let target = match &address {
            Address::Unix(path) if path.is_absolute() => Target::Unix(path.clone()),
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

    /// Makes a connection for hyper.
    fn connect(&self) -> BoxFuture<'static, Result<Io>> {
        let this = self.clone();
        async move { this.within(this.target.clone().connect()).await }.boxed()
    }

    /// Makes a connection for one exchange.
    pub(super) async fn open(&self) -> Result<Line> {
        self.within(self.target.clone().open()).await
    }

    async fn within<T>(&self, connecting: impl Future<Output = Result<T, Failure>>) -> Result<T> {
        match tokio::time::timeout(self.timeout, connecting).await {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(error)) => Err(Error::connect(&*error, &self.address)),
            Err(_elapsed) => {
                let kind = ErrorKind::Timeout {
                    phase: Phase::Connect,
                    limit: self.timeout,
                };
                Err(Error::new(kind))
            }
        }
    }
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

impl Target {
    async fn connect(self) -> Result<Io, Failure> {
        match self {
            Self::Unix(path) => {
                let uri = hyperlocal::Uri::new(path, "/").into();
                Ok(Io::Unix(UnixConnector.call(uri).await?))
            }
            Self::Tcp(mut connector, uri) => Ok(Io::Tcp(connector.call(uri).await?)),
        }
    }

    async fn open(self) -> Result<Line, Failure> {
        match self {
            Self::Unix(path) => Ok(Line::Unix(net::UnixStream::connect(path).await?)),
            Self::Tcp(mut connector, uri) => Ok(Line::Tcp(connector.call(uri).await?.into_inner())),
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

/// An open connection of hyper's.
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
