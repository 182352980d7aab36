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
mod body;
mod budget;
mod builder;
mod connect;
mod error;
mod frames;
mod idle;
mod json_lines;
mod line;
mod meter;
mod pace;
mod request;
mod response;
mod stream;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod trace;
mod unix;
mod version;
mod wire;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt;
use hyper::header::{CONTENT_TYPE, HOST, HeaderValue, USER_AGENT};
use hyper::http::uri::{PathAndQuery, Uri};
use hyper::{HeaderMap, StatusCode};

use self::connect::Connector;
use self::idle::Idle;
use self::version::{Agreed, Negotiation};
use self::wire::{Bounds, Exchange};

pub use self::address::{Address, DEFAULT_SOCKET};
pub use self::batch::{Batches, Decoder, Limits};
pub use self::budget::{Budget, Holding};
pub use self::builder::{Builder, DEFAULT_CONNECT_TIMEOUT, DEFAULT_HEAD_TIMEOUT, DEFAULT_MAX_IDLE};
pub use self::error::{Error, ErrorKind, Phase, Result, Route};
pub use self::frames::{Channel, Frame, FrameDecoder, Frames, Framing, MAX_PIECE};
pub(crate) use self::json_lines::too_deep;
pub use self::json_lines::{JsonDecoder, JsonValues, MAX_DEPTH, MAX_VALUE};
pub use self::meter::Meter;
pub use self::request::{DEFAULT_BODY_LIMIT, HeadTimeout, Request};
pub use self::response::Response;
pub use self::stream::BodyStream;
pub use self::trace::{Trace, Traced};
pub use self::version::ApiVersion;

/// A client of one engine. Clones share its connections.
#[derive(Clone)]
pub struct Transport {
    shared: Arc<Shared>,
    meter: Option<Arc<Meter>>,
    trace: Option<Arc<Trace>>,
    memory: Option<Arc<Holding>>,
    beside: bool,
    reads_only: bool,
}

struct Shared {
    connector: Connector,
    idle: Idle,
    host: HeaderValue,
    head_timeout: Duration,
    negotiation: Negotiation,
}

impl Transport {
    /// Begins to describe the transport to the engine at an address.
    pub fn builder(address: Address) -> Builder {
        Builder::new(address)
    }

    /// The same, with what the engine sends counted. It shares the connections.
    #[must_use]
    pub fn metered(&self, meter: Arc<Meter>) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            meter: Some(meter),
            ..self.clone()
        }
    }

    /// The same, which sends nothing but reads: whatever would change something fails with `Unsupported`, and isn't sent.
    #[must_use]
    pub fn reads_only(self) -> Self {
        Self {
            reads_only: true,
            ..self
        }
    }

    /// The same, keeping account of what is sent and comes.
    #[must_use]
    pub fn traced(self, trace: Arc<Trace>) -> Self {
        Self {
            trace: Some(trace),
            beside: false,
            ..self
        }
    }

    /// The same, with what it keeps in memory of answers held to a budget. Of answers that are read to their end, all stays held until
    /// the holding is dropped.
    #[must_use]
    pub fn held_to(self, memory: Arc<Holding>) -> Self {
        Self {
            memory: Some(memory),
            ..self
        }
    }

    /// Holds memory for what is made of an answer. Fails with `Budget` if there is no room.
    pub(crate) fn hold(&self, bytes: usize) -> Result<()> {
        self.memory
            .as_ref()
            .map_or(Ok(()), |memory| memory.add(bytes))
    }

    /// The same, for requests that only go with the one that the caller is about: they aren't the one that counts for a trace, but
    /// their bytes do.
    #[must_use]
    pub fn beside(&self) -> Self {
        Self {
            beside: true,
            ..self.clone()
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
        let transport = Self {
            trace: None,
            ..self.clone()
        };
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
        // Boxed: it is large, and what awaits it is moved about.
        Box::pin(self.try_call(request))
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
        let route = request.route().clone();
        let http = self.prepare(request, prefix)?;
        let bounds = || Bounds {
            meter: self.meter.clone(),
            memory: None,
        };
        let (status, headers, mut exchange) = self.begin(&http, timeout, bounds).await?;
        self.follow(&route, status, &mut exchange);
        let memory = self.memory.as_deref();
        let answer = match response::is_answer(status) {
            true => response::read_all(&mut exchange, limit, timeout, memory).await,
            false => Err(response::refusal(status, &mut exchange, memory).await),
        };
        if let Some(line) = exchange.into_line() {
            self.shared.idle.put(line);
        }
        Ok(Response {
            status,
            headers,
            body: answer?,
        })
    }

    /// Begins an exchange on a connection that was used before, if there is one that takes the request.
    async fn begin(
        &self,
        request: &hyper::Request<Bytes>,
        timeout: Option<Duration>,
        bounds: impl Fn() -> Bounds,
    ) -> Result<(StatusCode, HeaderMap, Exchange)> {
        let begin = |line| {
            let exchange = Exchange::begin(line, request, self.address(), bounds());
            within_head(timeout, exchange)
        };
        while let Some(line) = self.shared.idle.take() {
            match begin(line).await {
                Err(error) if !error.sent() => {}
                result => return result,
            }
        }
        begin(self.shared.connector.open().await?).await
    }

    /// Keeps account of an answer and of its body.
    fn follow(&self, route: &Route, status: StatusCode, exchange: &mut Exchange) {
        if let Some(trace) = &self.trace {
            trace.answers(route, status);
            exchange.trace(Arc::clone(trace));
        }
    }

    /// Sends a request over a connection of its own and hands the answer on as it comes.
    ///
    /// Returns at the answer's head; succeeds with a status below 300, and with 304.
    pub async fn stream(&self, request: Request) -> Result<BodyStream> {
        let route = request.route().clone();
        match self.try_stream(request).await {
            Ok((status, headers, exchange)) => {
                Ok(BodyStream::new(status, headers, exchange, route)
                    .with_memory(self.part_of_memory()))
            }
            Err(error) => Err(failed(error, &route)),
        }
    }

    async fn try_stream(&self, request: Request) -> Result<(StatusCode, HeaderMap, Exchange)> {
        let prefix = self.prefix(&request).await?;
        let timeout = self.head_timeout(request.head_timeout);
        let route = request.route().clone();
        let http = self.prepare(request, prefix)?;
        let line = self.shared.connector.open().await?;
        let bounds = Bounds {
            meter: self.meter.clone(),
            memory: self.part_of_memory(),
        };
        let exchange = Exchange::begin(line, &http, self.address(), bounds);
        let (status, headers, mut exchange) = within_head(timeout, exchange).await?;
        self.follow(&route, status, &mut exchange);
        if !response::is_answer(status) {
            let memory = self.memory.as_deref();
            return Err(response::refusal(status, &mut exchange, memory).await);
        }
        Ok((status, headers, exchange))
    }

    fn part_of_memory(&self) -> Option<Holding> {
        self.memory.as_deref().map(Holding::part)
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
        if self.reads_only && !request.reads {
            let method = &request.route().method;
            return Err(Error::new(ErrorKind::Unsupported(format!(
                "nothing but reads is sent here, and this is a {method}"
            ))));
        }
        match request.versioned {
            true => Ok(&self.agreed().await?.prefix),
            false => Ok(""),
        }
    }

    fn prepare(&self, request: Request, prefix: &str) -> Result<hyper::Request<Bytes>> {
        let target = PathAndQuery::from_maybe_shared(Bytes::from(request.target(prefix)));
        let target = target.map_err(|_| bad_target())?;
        let method = request.route().method.clone();
        let mut http = hyper::Request::new(Bytes::new());
        *http.method_mut() = method;
        *http.uri_mut() = Uri::from(target);
        let headers = http.headers_mut();
        headers.insert(HOST, self.shared.host.clone());
        headers.insert(USER_AGENT, AGENT);
        if let Some(trace) = &self.trace {
            let body = request.body.as_ref().map_or(0, |body| body.bytes.len());
            trace.sends(request.route(), self.beside, body);
        }
        if let Some(body) = request.body {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(body.content_type));
            *http.body_mut() = body.bytes;
        }
        Ok(http)
    }
}

/// Who is speaking, for the engine's log.
const AGENT: HeaderValue = HeaderValue::from_static(concat!("dockwit/", env!("CARGO_PKG_VERSION")));

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
