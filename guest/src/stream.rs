//! Streams that the host writes, read many items at a time.
//!
//! A read that is in flight belongs to the stream object, never to the future of one `next()`: dropping that future, as a
//! lost race or a timeout does, loses nothing. Dropping the object drops the read and the stream's end with it, and the host
//! lets go of the engine's connection at once.

use std::collections::VecDeque;
use std::fmt;
use std::future::IntoFuture;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures::FutureExt;
use futures::future::LocalBoxFuture;
use futures::stream::{FusedStream, Stream};
use wit_bindgen::{FutureReader, StreamReader, StreamResult};

use crate::error::{Error, Result};

/// What batches are read from.
pub(crate) trait Source: Sized + 'static {
    /// What it carries.
    type Item: 'static;

    /// Reads into the buffer's spare capacity, and gives source and buffer back. False: nothing came, and nothing will.
    fn read(self, buffer: Vec<Self::Item>) -> Read<Self>;
}

type Read<S> = LocalBoxFuture<'static, (S, Vec<<S as Source>::Item>, bool)>;

impl<T: 'static> Source for StreamReader<T> {
    type Item = T;

    fn read(mut self, buffer: Vec<T>) -> Read<Self> {
        async move {
            let (result, buffer) = Self::read(&mut self, buffer).await;
            (self, buffer, matches!(result, StreamResult::Complete(_)))
        }
        .boxed_local()
    }
}

/// The batches of a stream: each read brings what is there, up to a size; after the last comes how the stream ended.
pub(crate) struct Batches<S: Source> {
    state: State<S>,
    size: usize,
}

enum State<S: Source> {
    /// Nothing is in flight.
    Idle(S, End),
    /// A read is.
    Reading(Read<S>, End),
    /// There is no more to read; how did it end?
    Ending(End),
    /// That has been told.
    Over,
}

/// Tells how a stream ended.
pub(crate) type End = LocalBoxFuture<'static, Result<()>>;

/// Makes an [`End`] of the future beside a stream.
pub(crate) fn end<E: Into<Error> + 'static>(future: FutureReader<Result<(), E>>) -> End {
    future
        .into_future()
        .map(|result| result.map_err(Into::into))
        .boxed_local()
}

impl<S: Source> Batches<S> {
    /// Batches of at most `size` items.
    pub(crate) fn new(source: S, end: End, size: usize) -> Self {
        Self {
            state: State::Idle(source, end),
            size,
        }
    }

    /// The next batch, never empty; then, once, the error if the stream ended with one; then none.
    ///
    /// `buffer` is used again if it has room, and must be empty.
    pub(crate) fn poll_batch(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut Vec<S::Item>,
    ) -> Poll<Option<Result<()>>> {
        loop {
            self.state = match std::mem::replace(&mut self.state, State::Over) {
                State::Idle(source, end) => {
                    let mut batch = std::mem::take(buffer);
                    batch.reserve_exact(self.size);
                    State::Reading(source.read(batch), end)
                }
                State::Reading(mut read, end) => match read.poll_unpin(cx) {
                    Poll::Pending => {
                        self.state = State::Reading(read, end);
                        return Poll::Pending;
                    }
                    Poll::Ready((_, _, false)) => State::Ending(end),
                    Poll::Ready((source, batch, true)) => {
                        *buffer = batch;
                        if !buffer.is_empty() {
                            self.state = State::Idle(source, end);
                            return Poll::Ready(Some(Ok(())));
                        }
                        State::Idle(source, end)
                    }
                },
                State::Ending(mut end) => match end.poll_unpin(cx) {
                    Poll::Pending => {
                        self.state = State::Ending(end);
                        return Poll::Pending;
                    }
                    Poll::Ready(result) => return Poll::Ready(result.err().map(Err)),
                },
                State::Over => return Poll::Ready(None),
            }
        }
    }

    /// Whether all has been told.
    pub(crate) const fn is_over(&self) -> bool {
        matches!(self.state, State::Over)
    }
}

impl<S: Source> fmt::Debug for Batches<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batches")
            .field("over", &self.is_over())
            .finish_non_exhaustive()
    }
}

/// The items of a stream, one by one.
pub(crate) struct Items<S: Source> {
    batches: Batches<S>,
    ready: VecDeque<S::Item>,
}

impl<S: Source> Items<S> {
    /// Reads at most `batch` items at a time.
    pub(crate) fn new(source: S, end: End, batch: usize) -> Self {
        Self {
            batches: Batches::new(source, end, batch),
            ready: VecDeque::new(),
        }
    }
}

// Nothing in it is pinned in place: what must not move is boxed.
impl<S: Source> Unpin for Items<S> {}

impl<S: Source> Stream for Items<S> {
    type Item = Result<S::Item>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(item) = self.ready.pop_front() {
            return Poll::Ready(Some(Ok(item)));
        }
        let this = &mut *self;
        let mut buffer = Vec::from(std::mem::take(&mut this.ready));
        let outcome = this.batches.poll_batch(cx, &mut buffer);
        this.ready = buffer.into();
        Poll::Ready(match ready!(outcome) {
            Some(Ok(())) => this.ready.pop_front().map(Ok),
            Some(Err(error)) => Some(Err(error)),
            None => None,
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let upper = self.batches.is_over().then_some(self.ready.len());
        (self.ready.len(), upper)
    }
}

impl<S: Source> FusedStream for Items<S> {
    fn is_terminated(&self) -> bool {
        self.ready.is_empty() && self.batches.is_over()
    }
}

impl<S: Source> fmt::Debug for Items<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items")
            .field("ready", &self.ready.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "stream_tests.rs"]
mod tests;
