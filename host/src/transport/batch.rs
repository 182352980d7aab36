//! Streams of items, read many at a time.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures::Stream;

use super::budget::Holding;
use super::error::{Error, Result};

/// Takes bytes apart into items.
///
/// Pieces go in with [`feed`](Self::feed), items come out with [`next`](Self::next) until there
/// are none; then comes the next piece, or [`finish`](Self::finish). After an error a decoder is
/// of no use.
pub trait Decoder {
    /// What the bytes are made of.
    type Item;

    /// Takes the next piece. The one before must have been used up.
    fn feed(&mut self, piece: Bytes);

    /// The next whole item of what was fed; none when more is needed.
    fn next(&mut self) -> Result<Option<Self::Item>>;

    /// What is left when the bytes have ended; to be called until it returns none.
    fn finish(&mut self) -> Result<Option<Self::Item>>;

    /// How many bytes are kept of an item that isn't whole yet.
    fn kept(&self) -> usize;

    /// The size of an item in bytes, as far as a batch's bound is concerned.
    fn size(item: &Self::Item) -> usize;
}

/// How much makes a batch. The first item is always taken, whatever its size.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "a batch has no other measure")]
pub struct Limits {
    /// The most items.
    pub items: usize,
    /// The size in bytes at which no further item is taken.
    pub bytes: usize,
}

/// The items of a stream of bytes, in batches.
///
/// A batch takes what is there and waits only if that is nothing. Nothing is read ahead of a
/// batch but the piece that its last item was in. At its end, in order or not, the stream of
/// bytes is dropped.
#[derive(Debug)]
pub struct Batches<S, D> {
    source: Option<S>,
    decoder: D,
    /// An error that came after items of the same batch.
    failure: Option<Error>,
    memory: Option<Holding>,
}

impl<S, D> Batches<S, D>
where
    S: Stream<Item = Result<Bytes>> + Unpin,
    D: Decoder,
{
    /// Reads the items of `source` with `decoder`.
    pub fn new(source: S, decoder: D) -> Self {
        Self {
            source: Some(source),
            decoder,
            failure: None,
            memory: None,
        }
    }

    /// The same, with what is kept of items that aren't whole yet held to a budget.
    pub(crate) fn with_memory(self, memory: Option<Holding>) -> Self {
        Self { memory, ..self }
    }

    /// Appends at least one item to `out` and returns how many; none is the orderly end.
    ///
    /// An error comes after all items before it, and once. Dropping the future loses nothing.
    pub async fn next_batch(&mut self, out: &mut Vec<D::Item>, limits: Limits) -> Result<usize> {
        poll_fn(|cx| self.poll_batch(cx, out, limits)).await
    }

    /// Like [`next_batch`](Self::next_batch), to be polled.
    pub fn poll_batch(
        &mut self,
        cx: &mut Context<'_>,
        out: &mut Vec<D::Item>,
        limits: Limits,
    ) -> Poll<Result<usize>> {
        let mut room = Room {
            limits,
            taken: 0,
            bytes: 0,
        };
        if let Some(error) = self.failure.take() {
            return Poll::Ready(Err(error));
        }
        let result = ready!(self.poll_fill(cx, out, &mut room));
        if let Err(error) = result {
            self.source = None;
            if room.taken == 0 {
                return Poll::Ready(Err(error));
            }
            self.failure = Some(error);
        }
        Poll::Ready(Ok(room.taken))
    }

    fn poll_fill(
        &mut self,
        cx: &mut Context<'_>,
        out: &mut Vec<D::Item>,
        room: &mut Room,
    ) -> Poll<Result<()>> {
        while let Some(source) = &mut self.source {
            while room.is_left() {
                match self.decoder.next()? {
                    Some(item) => room.put(item, D::size, out),
                    None => break,
                }
            }
            if !room.is_left() {
                return Poll::Ready(Ok(()));
            }
            if let Some(memory) = &mut self.memory {
                memory.set(self.decoder.kept())?;
            }
            match Pin::new(source).poll_next(cx) {
                Poll::Ready(Some(piece)) => self.decoder.feed(piece?),
                Poll::Ready(None) => self.source = None,
                Poll::Pending if room.taken == 0 => return Poll::Pending,
                Poll::Pending => return Poll::Ready(Ok(())),
            }
            if self.source.is_none() {
                // What is left is an item at the most, and room for one there is.
                while let Some(item) = self.decoder.finish()? {
                    room.put(item, D::size, out);
                }
            }
        }
        Poll::Ready(Ok(()))
    }
}

/// What a batch has taken.
struct Room {
    limits: Limits,
    taken: usize,
    bytes: usize,
}

impl Room {
    fn is_left(&self) -> bool {
        self.taken == 0 || (self.taken < self.limits.items && self.bytes < self.limits.bytes)
    }

    fn put<T>(&mut self, item: T, size: fn(&T) -> usize, out: &mut Vec<T>) {
        self.taken += 1;
        self.bytes = self.bytes.saturating_add(size(&item));
        out.push(item);
    }
}
