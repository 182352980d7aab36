//! Answers that flow, item by item.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures::Stream;

use super::error::{Error, Result};
use crate::transport::{Batches, BodyStream, Decoder, Limits, Route};

/// How much the [`Stream`] of single items takes at a time.
const AT_A_TIME: Limits = Limits {
    items: 64,
    bytes: 256 << 10,
};

/// A flow of items, to be read in batches or one by one.
///
/// It reads when it is polled, so that whoever doesn't poll holds the engine back; dropping it
/// closes its connection at once. It ends in order only when the engine has ended it; if the
/// engine goes away before, the error has the kind `Unavailable`. After an error comes nothing
/// more.
pub struct ItemStream<D: Decoder> {
    batches: Batches<BodyStream, D>,
    /// Items that were read for the [`Stream`] of single ones.
    ready: VecDeque<D::Item>,
    batch: Vec<D::Item>,
    route: Route,
}

impl<D: Decoder> ItemStream<D> {
    pub(super) fn new(body: BodyStream, decoder: D) -> Self {
        let memory = body.memory();
        Self {
            route: body.route().clone(),
            batches: Batches::new(body, decoder).with_memory(memory),
            ready: VecDeque::new(),
            batch: Vec::new(),
        }
    }

    /// Appends at least one item to `out` and returns how many; none is the orderly end.
    ///
    /// It takes what is there and waits only if that is nothing. An error comes after all items
    /// before it, and once. Dropping the future loses nothing.
    pub async fn next_batch(&mut self, out: &mut Vec<D::Item>, limits: Limits) -> Result<usize> {
        std::future::poll_fn(|cx| self.poll_batch(cx, out, limits)).await
    }

    /// Like [`next_batch`](Self::next_batch), to be polled.
    pub fn poll_batch(
        &mut self,
        cx: &mut Context<'_>,
        out: &mut Vec<D::Item>,
        limits: Limits,
    ) -> Poll<Result<usize>> {
        if !self.ready.is_empty() {
            let count = self.ready.len().min(limits.items.max(1));
            out.extend(self.ready.drain(..count));
            return Poll::Ready(Ok(count));
        }
        let read = ready!(self.batches.poll_batch(cx, out, limits));
        Poll::Ready(read.map_err(|error| Error::from(error.at(&self.route))))
    }
}

impl<D: Decoder + Unpin> Stream for ItemStream<D>
where
    D::Item: Unpin,
{
    type Item = Result<D::Item>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if this.ready.is_empty() {
            let mut batch = std::mem::take(&mut this.batch);
            let read = this.poll_batch(cx, &mut batch, AT_A_TIME);
            this.ready.extend(batch.drain(..));
            this.batch = batch;
            if let Err(error) = ready!(read) {
                return Poll::Ready(Some(Err(error)));
            }
        }
        Poll::Ready(this.ready.pop_front().map(Ok))
    }
}

impl<D: Decoder> fmt::Debug for ItemStream<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ItemStream")
            .field("route", &self.route)
            .finish_non_exhaustive()
    }
}
