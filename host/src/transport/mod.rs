//! HTTP to a Docker engine: connections, the API's version, timeouts, streams and their framing.
//!
//! A [`Transport`] stands for one engine. It sends a [`Request`] in one of two ways:
//! [`call`](Transport::call) reads the answer to its end and reuses connections,
//! [`stream`](Transport::stream) hands the answer on as it comes, on a connection of its own.
//! Statuses of 400 and above become an [`Error`] here and nowhere else; redirects aren't
//! followed, and a request that may have left is never sent again.
//!
//! This layer knows no Docker objects, no WebAssembly and no policy.
//!
//! ```no_run
//! use dockwit_host::transport::{Address, Request, Transport};
//!
//! # async fn example() -> dockwit_host::transport::Result<()> {
//! let engine = Transport::builder(Address::default()).build()?;
//! let request = Request::get("/containers/{id}/json").segment("web");
//! let answer = engine.call(request).await?;
//! println!("{} bytes", answer.body.len());
//! # Ok(())
//! # }
//! ```

mod address;
mod batch;
mod connect;
mod error;
mod frames;
mod json_lines;
mod request;
mod response;
mod stream;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod version;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt;
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, HOST, HeaderValue, USER_AGENT};
use hyper::http::uri::{PathAndQuery, Uri};
use hyper::{HeaderMap, StatusCode};
use hyper_util::client::legacy::{Client, Error as ClientError};
use hyper_util::rt::{TokioExecutor, TokioTimer};

use self::connect::Connector;
use self::response::Plain;
use self::stream::Exchange;
use self::version::{Agreed, Negotiation};

pub use self::address::{Address, DEFAULT_SOCKET};
pub use self::batch::{Batches, Decoder, Limits};
pub use self::error::{Error, ErrorKind, Phase, Result, Route};
pub use self::frames::{Channel, Frame, FrameDecoder, Frames, Framing, MAX_PIECE};
pub use self::json_lines::{JsonDecoder, JsonValues, MAX_VALUE};
pub use self::request::{DEFAULT_BODY_LIMIT, HeadTimeout, Request};
pub use self::response::Response;
pub use self::stream::BodyStream;
pub use self::version::ApiVersion;

/// How long connecting may take unless the builder says otherwise: 10 seconds.
pub const DEFAULT_CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long an answer's head may take unless builder or request say otherwise: 60 seconds, as
/// docker-py has it.
pub const DEFAULT_HEAD_TIMEOUT: Duration = Duration::from_secs(60);

/// How many idle connections are kept unless the builder says otherwise: 32. A hundred calls at
/// once open more, which are closed as they come back.
pub const DEFAULT_MAX_IDLE: usize = 32;

/// After how long an idle connection is closed.
const IDLE_TIMEOUT: Duration = Duration::from_secs(90);

/// The most that is read ahead of a connection, in bytes; it bounds an answer's head as well. A
/// Unix socket holds about as much.
const MAX_READ_BUFFER: usize = 256 << 10;

/// A client of one engine. Clones share its connections.
#[derive(Clone)]
pub struct Transport {
    shared: Arc<Shared>,
}

struct Shared {
    client: Client<Connector, Full<Bytes>>,
    connector: Connector,
    host: HeaderValue,
    head_timeout: Duration,
    negotiation: Negotiation,
}

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
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_TIMEOUT)
            .pool_max_idle_per_host(self.max_idle)
            .http1_max_buf_size(MAX_READ_BUFFER)
            .build(connector.clone());
        let shared = Shared {
            client,
            connector,
            host,
            head_timeout: self.head_timeout,
            negotiation: Negotiation::new(version),
        };
        Ok(Transport {
            shared: Arc::new(shared),
        })
    }
}

/// The settings of a connection outside of the pool; the same as those within.
fn http1() -> hyper::client::conn::http1::Builder {
    let mut builder = hyper::client::conn::http1::Builder::new();
    builder.max_buf_size(MAX_READ_BUFFER);
    builder
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

impl Transport {
    /// Begins to describe the transport to the engine at an address.
    pub fn builder(address: Address) -> Builder {
        Builder {
            address,
            connect_timeout: DEFAULT_CONNECT_TIMEOUT,
            head_timeout: DEFAULT_HEAD_TIMEOUT,
            max_idle: DEFAULT_MAX_IDLE,
            version: None,
        }
    }

    /// Where the engine is.
    pub fn address(&self) -> &Address {
        self.shared.connector.address()
    }

    /// The API version that is spoken with the engine, asking the engine if that isn't known yet.
    ///
    /// `GET /_ping`. However many wait for it, it is asked once. A failure is told to all who
    /// wait and isn't remembered. Fails with `Unsupported` if the engine is older than
    /// [`ApiVersion::OLDEST`].
    pub async fn api_version(&self) -> Result<ApiVersion> {
        Ok(self.agreed().await?.version)
    }

    async fn agreed(&self) -> Result<&Agreed> {
        if let Some(agreed) = self.shared.negotiation.agreed() {
            return Ok(agreed);
        }
        let transport = self.clone();
        let ask = move || async move { transport.ask_version().await }.boxed();
        self.shared.negotiation.agree(ask).await
    }

    async fn ask_version(&self) -> Result<ApiVersion> {
        let ping = Request::get("/_ping");
        let route = ping.route().clone();
        let answer = self
            .exchange(ping, "")
            .await
            .map_err(|error| failed(error, &route))?;
        let header = answer.headers.get("Api-Version").map(HeaderValue::as_bytes);
        let version = ApiVersion::from_ping(header).map_err(|error| failed(error, &route))?;
        tracing::debug!(address = %self.address(), %version, "agreed on an API version");
        Ok(version)
    }

    /// Sends a request and reads the answer to its end.
    ///
    /// Succeeds with a status below 300, and with 304. Dropping the future closes the
    /// connection, but can't take back a request that was sent.
    pub async fn call(&self, request: Request) -> Result<Response> {
        let route = request.route().clone();
        self.try_call(request)
            .await
            .map_err(|error| failed(error, &route))
    }

    async fn try_call(&self, request: Request) -> Result<Response> {
        let prefix = self.prefix(&request).await?;
        self.exchange(request, prefix).await
    }

    async fn exchange(&self, request: Request, prefix: &str) -> Result<Response> {
        let timeout = self.head_timeout(request.head_timeout);
        let limit = request.body_limit;
        let http = self.prepare(request, prefix, Form::Absolute)?;
        let answer = self.shared.client.request(http);
        let answer = within_head(
            timeout,
            answer.map(|r| r.map_err(|e| self.client_error(&e))),
        )
        .await?;
        let (head, body) = answer.into_parts();
        let mut body = Plain {
            body,
            address: self.address(),
        };
        if !response::is_answer(head.status) {
            return Err(response::refusal(head.status, &mut body).await);
        }
        let body = response::read_all(&mut body, limit, timeout).await?;
        Ok(Response {
            status: head.status,
            headers: head.headers,
            body,
        })
    }

    /// Sends a request over a connection of its own and hands the answer on as it comes.
    ///
    /// Returns at the answer's head; succeeds with a status below 300, and with 304.
    pub async fn stream(&self, request: Request) -> Result<BodyStream> {
        let route = request.route().clone();
        match self.try_stream(request).await {
            Ok((status, headers, exchange)) => {
                Ok(BodyStream::new(status, headers, exchange, route))
            }
            Err(error) => Err(failed(error, &route)),
        }
    }

    async fn try_stream(&self, request: Request) -> Result<(StatusCode, HeaderMap, Exchange)> {
        let prefix = self.prefix(&request).await?;
        let timeout = self.head_timeout(request.head_timeout);
        let http = self.prepare(request, prefix, Form::Origin)?;
        let io = self.shared.connector.connect().await?;
        let (status, headers, mut exchange) =
            within_head(timeout, Exchange::begin(io, http, self.address())).await?;
        if !response::is_answer(status) {
            return Err(response::refusal(status, &mut exchange).await);
        }
        Ok((status, headers, exchange))
    }

    fn head_timeout(&self, wanted: HeadTimeout) -> Option<Duration> {
        match wanted {
            HeadTimeout::Default => Some(self.shared.head_timeout),
            HeadTimeout::Extended(more) => Some(self.shared.head_timeout.saturating_add(more)),
            HeadTimeout::Within(limit) => Some(limit),
            HeadTimeout::Never => None,
        }
    }

    /// What stands before a request's path.
    async fn prefix(&self, request: &Request) -> Result<&str> {
        // A request that can't be made is told of before anything is asked.
        request.check()?;
        match request.versioned {
            true => Ok(&self.agreed().await?.prefix),
            false => Ok(""),
        }
    }

    fn prepare(
        &self,
        request: Request,
        prefix: &str,
        form: Form,
    ) -> Result<hyper::Request<Full<Bytes>>> {
        let target = PathAndQuery::from_maybe_shared(Bytes::from(request.target(prefix)));
        let target = target.map_err(|_| bad_target())?;
        let uri = match form {
            Form::Origin => Uri::from(target),
            Form::Absolute => absolute(target)?,
        };
        let method = request.route().method.clone();
        let mut http = hyper::Request::new(Full::default());
        *http.method_mut() = method;
        *http.uri_mut() = uri;
        let headers = http.headers_mut();
        headers.insert(HOST, self.shared.host.clone());
        headers.insert(USER_AGENT, AGENT);
        if let Some(body) = request.body {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(body.content_type));
            *http.body_mut() = Full::new(body.bytes);
        }
        Ok(http)
    }

    fn client_error(&self, error: &ClientError) -> Error {
        Error::from_http(error, self.address(), !error.is_connect())
    }
}

/// Who is speaking, for the engine's log.
const AGENT: HeaderValue = HeaderValue::from_static(concat!("dockwit/", env!("CARGO_PKG_VERSION")));

/// How a request names its target.
#[derive(Clone, Copy)]
enum Form {
    /// By path and query alone, as it goes over the wire.
    Origin,
    /// With an authority, which the pool of connections files it under.
    Absolute,
}

/// All connections of a transport go to one place, whatever the name in the pool.
fn absolute(target: PathAndQuery) -> Result<Uri> {
    let mut parts = hyper::http::uri::Parts::default();
    parts.scheme = Some(hyper::http::uri::Scheme::HTTP);
    parts.authority = Some(hyper::http::uri::Authority::from_static("docker"));
    parts.path_and_query = Some(target);
    Uri::from_parts(parts).map_err(|_| bad_target())
}

fn bad_target() -> Error {
    Error::new(ErrorKind::InvalidRequest(
        "the request's target can't be written".to_owned(),
    ))
}

async fn within_head<T>(
    limit: Option<Duration>,
    work: impl Future<Output = Result<T>>,
) -> Result<T> {
    match limit {
        None => work.await,
        Some(limit) => match tokio::time::timeout(limit, work).await {
            Ok(result) => result,
            Err(_elapsed) => Err(Error::answered(ErrorKind::Timeout {
                phase: Phase::Head,
                limit,
            })),
        },
    }
}

#[cold]
fn failed(error: Error, route: &Route) -> Error {
    let error = error.at(route);
    tracing::debug!(%error, sent = error.sent(), "exchange failed");
    error
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport")
            .field("address", self.address())
            .field(
                "version",
                &self
                    .shared
                    .negotiation
                    .agreed()
                    .map(|agreed| agreed.version),
            )
            .finish_non_exhaustive()
    }
}
