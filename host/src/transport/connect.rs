//! Connections to the engine.

use std::path::PathBuf;
use std::time::Duration;

use hyper::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use tower_service::Service;

use super::address::Address;
use super::error::{Error, ErrorKind, Phase, Result};
use super::line::Line;
use super::unix::UnixLine;

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

    /// Makes a connection.
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
    async fn open(self) -> Result<Line, Failure> {
        match self {
            Self::Unix(path) => Ok(Line::Unix(UnixLine::connect(&path).await?)),
            Self::Tcp(mut connector, uri) => Ok(Line::Tcp(connector.call(uri).await?.into_inner())),
        }
    }
}

fn bad(address: &Address, why: &str) -> Error {
    Error::new(ErrorKind::InvalidAddress(format!(
        "bad engine address {address}: {why}"
    )))
}
