//! Standard output and standard error, which may take only so much.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError, StreamResult};

use crate::policy::Met;
use crate::policy::values::Size;

/// How much a run may still write, to both streams together.
#[derive(Clone)]
pub(super) struct Allowance {
    left: Arc<AtomicU64>,
    limit: Size,
}

impl Allowance {
    pub(super) fn new(limit: Size) -> Self {
        Self {
            left: Arc::new(AtomicU64::new(limit.0)),
            limit,
        }
    }

    /// Takes what is written; a call without bytes takes one, too.
    fn take(&self, bytes: usize) -> Result<(), Met> {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX).max(1);
        let take = |left: u64| left.checked_sub(bytes);
        let taken = self
            .left
            .try_update(Ordering::Relaxed, Ordering::Relaxed, take);
        match taken {
            Ok(_) => Ok(()),
            Err(_) => Err(Met::new("sandbox.output", self.limit)),
        }
    }
}

/// A stream whose bytes are counted.
pub(super) struct Counted<S> {
    pub(super) to: S,
    pub(super) allowance: Allowance,
}

impl<S: IsTerminal> IsTerminal for Counted<S> {
    fn is_terminal(&self) -> bool {
        self.to.is_terminal()
    }
}

impl<S: StdoutStream> StdoutStream for Counted<S> {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(Counted {
            to: Pin::from(self.to.async_stream()),
            allowance: self.allowance.clone(),
        })
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(Counted {
            to: self.to.p2_stream(),
            allowance: self.allowance.clone(),
        })
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Counted<Box<dyn OutputStream>> {
    async fn ready(&mut self) {
        self.to.ready().await;
    }
}

impl OutputStream for Counted<Box<dyn OutputStream>> {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        let taken = self.allowance.take(bytes.len());
        taken.map_err(|met| StreamError::Trap(wasmtime::Error::new(met)))?;
        self.to.write(bytes)
    }

    fn flush(&mut self) -> StreamResult<()> {
        self.to.flush()
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        self.to.check_write()
    }
}

impl AsyncWrite for Counted<Pin<Box<dyn AsyncWrite + Send + Sync>>> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        if let Err(met) = self.allowance.take(bytes.len()) {
            return Poll::Ready(Err(std::io::Error::other(met)));
        }
        self.to.as_mut().poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        self.to.as_mut().poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        self.to.as_mut().poll_shutdown(cx)
    }
}
