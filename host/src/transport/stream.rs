//! Answers that flow.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use futures::Stream;
use futures::stream::FusedStream;
use http_body_util::Full;
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1::{Connection, SendRequest};
use hyper::{HeaderMap, Request, StatusCode};

use super::address::Address;
use super::connect::Io;
use super::error::{Error, Result, Route, closed};
use super::response::Pieces;

/// The body of an answer as it comes, on a connection of its own.
///
/// The stream is the connection: it reads when it is polled, so that whoever doesn't poll holds
/// the engine back, and dropping it closes the connection then and there, without a task that
/// would have to notice. No timeout applies.
///
/// It ends with `None` when the engine has ended the answer in order, and with an error where
/// the connection ended before that. After an error comes nothing more.
pub struct BodyStream {
    status: StatusCode,
    headers: HeaderMap,
    exchange: Option<Exchange>,
    route: Route,
}

/// One exchange on a connection that is polled by nobody else.
pub(super) struct Exchange {
    connection: Connection<Io, Full<Bytes>>,
    connected: bool,
    body: Incoming,
    /// Kept because letting go of it would end the sending half, which engines take for a
    /// client that has left.
    _sender: SendRequest<Full<Bytes>>,
    address: Address,
}

impl Exchange {
    /// Sends a request over a fresh connection and waits for the answer's head.
    pub(super) async fn begin(
        io: Io,
        request: Request<Full<Bytes>>,
        address: &Address,
    ) -> Result<(StatusCode, HeaderMap, Self)> {
        let lost = |error: hyper::Error| Error::from_http(&error, address, true);
        let (mut sender, mut connection) = super::http1().handshake(io).await.map_err(lost)?;
        let mut answer = std::pin::pin!(sender.send_request(request));
        let mut connected = true;
        let answer = poll_fn(|cx| {
            // The connection first: it is what makes the answer.
            if connected && Pin::new(&mut connection).poll(cx).is_ready() {
                connected = false;
            }
            answer.as_mut().poll(cx)
        })
        .await
        .map_err(lost)?;
        let (head, body) = answer.into_parts();
        let exchange = Self {
            connection,
            connected,
            body,
            _sender: sender,
            address: address.clone(),
        };
        Ok((head.status, head.headers, exchange))
    }

    /// The next piece of the body, never an empty one.
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes>>> {
        loop {
            if let Poll::Ready(piece) = self.poll_body() {
                return Poll::Ready(piece);
            }
            if !self.connected {
                let error = closed("before the answer was complete", true);
                return Poll::Ready(Some(Err(error)));
            }
            match Pin::new(&mut self.connection).poll(cx) {
                // Why it ended, the body tells at the next turn.
                Poll::Ready(_) => self.connected = false,
                Poll::Pending => return self.poll_body(),
            }
        }
    }

    /// What the connection has read of the body so far.
    fn poll_body(&mut self) -> Poll<Option<Result<Bytes>>> {
        // Only the connection fills the body, and the same task polls both: nobody has to be
        // woken.
        let mut unheard = Context::from_waker(Waker::noop());
        loop {
            let frame = match Pin::new(&mut self.body).poll_frame(&mut unheard) {
                Poll::Ready(Some(Ok(frame))) => frame,
                Poll::Ready(Some(Err(error))) => {
                    let error = Error::from_http(&error, &self.address, true);
                    return Poll::Ready(Some(Err(error)));
                }
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Pending => return Poll::Pending,
            };
            match frame.into_data() {
                Ok(data) if !data.is_empty() => return Poll::Ready(Some(Ok(data))),
                _ => {}
            }
        }
    }
}

impl Pieces for Exchange {
    async fn piece(&mut self) -> Result<Option<Bytes>> {
        poll_fn(|cx| self.poll_piece(cx)).await.transpose()
    }

    fn announced(&self) -> u64 {
        self.body.size_hint().lower()
    }
}

impl BodyStream {
    pub(super) fn new(
        status: StatusCode,
        headers: HeaderMap,
        exchange: Exchange,
        route: Route,
    ) -> Self {
        Self {
            status,
            headers,
            exchange: Some(exchange),
            route,
        }
    }

    /// The answer's status: below 300, or 304.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The answer's headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The endpoint that the stream comes from.
    pub fn route(&self) -> &Route {
        &self.route
    }
}

impl Stream for BodyStream {
    type Item = Result<Bytes>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        let Some(exchange) = &mut this.exchange else {
            return Poll::Ready(None);
        };
        match exchange.poll_piece(cx) {
            Poll::Ready(Some(Ok(piece))) => Poll::Ready(Some(Ok(piece))),
            Poll::Ready(Some(Err(error))) => {
                this.exchange = None;
                Poll::Ready(Some(Err(error.at(&this.route))))
            }
            Poll::Ready(None) => {
                this.exchange = None;
                Poll::Ready(None)
            }
            Poll::Pending => Poll::Pending,
        }
    }
}

impl FusedStream for BodyStream {
    fn is_terminated(&self) -> bool {
        self.exchange.is_none()
    }
}

impl fmt::Debug for BodyStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BodyStream")
            .field("route", &self.route)
            .field("status", &self.status)
            .field("ended", &self.exchange.is_none())
            .finish_non_exhaustive()
    }
}
