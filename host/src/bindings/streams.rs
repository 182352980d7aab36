//! How what the engine sends, piece by piece, becomes a stream of the plugin's.

use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::sync::oneshot;
use wasmtime::StoreContextMut;
use wasmtime::component::{
    Accessor, Destination, FutureReader, Lift, Lower, StreamProducer, StreamReader, StreamResult,
    VecBuffer,
};

use super::HasDocker;
use super::convert::Convert;
use super::error;
use super::gate::Flow as Opened;
use super::wit::types::Error;
use crate::api::{self, ItemStream};
use crate::transport::{Decoder, Holding, Limits};

/// How much a delivery holds at most, whatever the plugin has room for: more gains nothing, and a batch of large items
/// would only be slower.
const BATCH: Limits = Limits {
    items: 1024,
    bytes: 256 << 10,
};

/// A stream, and the future that tells how it ended.
type Flow<W> = (StreamReader<W>, FutureReader<Result<(), Error>>);

/// Gives a stream of the engine's to the plugin.
pub(super) fn flow<T, D, W>(
    accessor: &Accessor<T, HasDocker>,
    opened: Opened,
    source: ItemStream<D>,
) -> wasmtime::Result<Flow<W>>
where
    T: 'static,
    D: Decoder + Send + Unpin + 'static,
    D::Item: Convert<W> + Send + Unpin,
    W: Lift + Lower + Send + Sync + 'static,
{
    let (end, ended) = oneshot::channel();
    let verb = opened.verb();
    let producer = Producer {
        source,
        memory: opened.memory(),
        end: Some((end, opened)),
        batch: Vec::new(),
        items: PhantomData,
    };
    accessor.with(|mut store| {
        let stream = StreamReader::new(&mut store, producer)?;
        let end = FutureReader::new(&mut store, async move {
            Ok::<_, wasmtime::Error>(ended.await.unwrap_or_else(|_| Err(error::cancelled(verb))))
        })?;
        Ok((stream, end))
    })
}

struct Producer<D: Decoder, W> {
    source: ItemStream<D>,
    /// Who is told how it ends, and what has its place till then. Dropped unsent with the producer, it says cancelled: so ok means
    /// complete.
    end: Option<(oneshot::Sender<Result<(), Error>>, Opened)>,
    batch: Vec<D::Item>,
    /// What the delivery takes that the plugin has not taken whole yet.
    memory: Holding,
    items: PhantomData<fn() -> W>,
}

impl<D: Decoder, W> Producer<D, W> {
    /// Holds what is to be delivered, as it came and as the plugin gets it.
    fn hold(&mut self) -> api::Result<()> {
        let size: usize = self.batch.iter().map(D::size).sum();
        Ok(self.memory.set(size.saturating_mul(2))?)
    }

    /// The delivery before was taken.
    fn free(&mut self) {
        // Less than it held always has room.
        let _ = self.memory.set(0);
    }

    fn close(&mut self, result: api::Result<()>) -> StreamResult {
        self.end_by(|opened| opened.close(result))
    }

    fn end_by(&mut self, how: impl FnOnce(Opened) -> Result<(), Error>) -> StreamResult {
        if let Some((end, opened)) = self.end.take() {
            // Nobody may be interested in how it ended.
            let _ = end.send(how(opened));
        }
        StreamResult::Dropped
    }

    /// Ends it, if it isn't granted any more.
    fn poll_revoked(&mut self, cx: &mut Context<'_>) -> Poll<StreamResult> {
        let Some((_, opened)) = &mut self.end else {
            return Poll::Pending;
        };
        let fault = std::task::ready!(opened.poll_revoked(cx));
        Poll::Ready(self.end_by(|opened| Err(opened.revoke(&fault))))
    }
}

impl<T, D, W> StreamProducer<T> for Producer<D, W>
where
    D: Decoder + Send + Unpin + 'static,
    D::Item: Convert<W> + Send + Unpin,
    W: Lower + Send + Sync + 'static,
{
    type Item = W;
    type Buffer = VecBuffer<W>;

    fn poll_produce<'a>(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut store: StoreContextMut<'a, T>,
        mut destination: Destination<'a, Self::Item, Self::Buffer>,
        finish: bool,
    ) -> Poll<wasmtime::Result<StreamResult>> {
        let this = self.get_mut();
        let is_in_question = |(_, opened): &(_, Opened)| opened.is_in_question();
        if this.end.as_ref().is_some_and(is_in_question)
            && let Poll::Ready(ended) = this.poll_revoked(cx)
        {
            return Poll::Ready(Ok(ended));
        }
        let items = destination
            .remaining(&mut store)
            .unwrap_or(BATCH.items)
            .min(BATCH.items);
        if items == 0 {
            return Poll::Ready(Ok(StreamResult::Completed));
        }
        this.free();
        match this
            .source
            .poll_batch(cx, &mut this.batch, Limits { items, ..BATCH })
        {
            Poll::Ready(Ok(0)) => Poll::Ready(Ok(this.close(Ok(())))),
            Poll::Ready(Ok(_)) => {
                if let Err(error) = this.hold() {
                    return Poll::Ready(Ok(this.close(Err(error))));
                }
                let items: Vec<W> = this.batch.drain(..).map(Convert::convert).collect();
                destination.set_buffer(items.into());
                Poll::Ready(Ok(StreamResult::Completed))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Ok(this.close(Err(error)))),
            // A cancelled read has to be answered at once: `Pending` would hang the plugin.
            Poll::Pending if finish => Poll::Ready(Ok(StreamResult::Cancelled)),
            // It may be revoked while nothing comes.
            Poll::Pending => this.poll_revoked(cx).map(Ok),
        }
    }
}
