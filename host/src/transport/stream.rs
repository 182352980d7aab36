//! Answers that flow.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::Stream;
use futures::stream::FusedStream;
use hyper::{HeaderMap, StatusCode};

use super::budget::Holding;
use super::error::{Result, Route};
use super::wire::Exchange;

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
    memory: Option<Holding>,
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
            memory: None,
        }
    }

    /// The same, of whose pieces what is kept is held to a budget.
    pub(super) fn with_memory(self, memory: Option<Holding>) -> Self {
        Self { memory, ..self }
    }

    /// Nothing of the budget that what is kept of the pieces is held to, if there is one.
    pub(crate) fn memory(&self) -> Option<Holding> {
        self.memory.as_ref().map(Holding::part)
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
