//! The settings of a transport.

use std::sync::Arc;
use std::time::Duration;

use hyper::header::HeaderValue;

use super::connect::Connector;
use super::idle::Idle;
use super::version::Negotiation;
use super::{Address, ApiVersion, Error, ErrorKind, Result, Shared, Transport};

/// How long connecting may take unless the builder says otherwise: 10 seconds.
pub const DEFAULT_CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long an answer's head may take unless builder or request say otherwise: 60 seconds, as
/// docker-py has it.
pub const DEFAULT_HEAD_TIMEOUT: Duration = Duration::from_secs(60);

/// How many idle connections are kept unless the builder says otherwise: 32. A hundred calls at
/// once open more, which are closed as they come back.
pub const DEFAULT_MAX_IDLE: usize = 32;

/// After how long an idle connection is used no more.
const IDLE_TIMEOUT: Duration = Duration::from_secs(90);

/// Settings of a [`Transport`].
#[derive(Clone, Debug)]
#[must_use]
pub struct Builder {
    address: Address,
    connect_timeout: Duration,
    head_timeout: Duration,
    max_idle: usize,
    version: Option<ApiVersion>,
}

impl Builder {
    pub(super) fn new(address: Address) -> Self {
        Self {
            address,
            connect_timeout: DEFAULT_CONNECT_TIMEOUT,
            head_timeout: DEFAULT_HEAD_TIMEOUT,
            max_idle: DEFAULT_MAX_IDLE,
            version: None,
        }
    }

    /// Sets how long connecting may take; default [`DEFAULT_CONNECT_TIMEOUT`].
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// Sets how long an answer's head may take where a request doesn't say; default
    /// [`DEFAULT_HEAD_TIMEOUT`].
    pub fn head_timeout(mut self, limit: Duration) -> Self {
        self.head_timeout = limit;
        self
    }

    /// Sets how many idle connections are kept; default [`DEFAULT_MAX_IDLE`].
    pub fn max_idle(mut self, connections: usize) -> Self {
        self.max_idle = connections;
        self
    }

    /// Fixes the API's version, which otherwise is agreed on with the engine at the first call.
    pub fn api_version(mut self, version: ApiVersion) -> Self {
        self.version = Some(version);
        self
    }

    /// Makes the transport. Nothing is sent yet.
    ///
    /// Fails with `Unsupported` for an API version that isn't spoken, and with `InvalidAddress`
    /// for an address that can't be one.
    pub fn build(self) -> Result<Transport> {
        let version = self.version.map(ApiVersion::supported).transpose()?;
        let host = host_header(&self.address)?;
        let connector = Connector::new(self.address, self.connect_timeout)?;
        let shared = Shared {
            connector,
            idle: Idle::new(self.max_idle, IDLE_TIMEOUT),
            host,
            head_timeout: self.head_timeout,
            negotiation: Negotiation::new(version),
        };
        Ok(Transport {
            shared: Arc::new(shared),
            meter: None,
            trace: None,
            memory: None,
            beside: false,
            reads_only: false,
        })
    }
}

fn host_header(address: &Address) -> Result<HeaderValue> {
    match address {
        Address::Unix(_) => Ok(HeaderValue::from_static("docker")),
        Address::Tcp { host, port } => {
            HeaderValue::try_from(format!("{host}:{port}")).map_err(|_| {
                let message = format!("bad engine address {address}: its host can't be one");
                Error::new(ErrorKind::InvalidAddress(message))
            })
        }
    }
}
