//! What holds a run within the limits of its sandbox.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use wasmtime::component::{ResourceTable, ResourceTableError};
use wasmtime::{ResourceLimiter, Store};

use super::state::State;
use crate::policy::values::Size;
use crate::policy::{Met, Sandbox};

/// How many more handles than its own a plugin has in Wasmtime's tables: for calls, streams and futures, a few each.
const FURTHER_HANDLES: usize = 10_000;

/// Counts what a run's memories and tables take together.
pub(super) struct Bounds {
    memory: Share,
    table_elements: Share,
}

/// A limit, and what is left of it.
struct Share {
    key: &'static str,
    limit: String,
    left: usize,
}

impl Share {
    fn grow(&mut self, current: usize, desired: usize) -> wasmtime::Result<bool> {
        match self.left.checked_sub(desired.saturating_sub(current)) {
            Some(left) => {
                self.left = left;
                Ok(true)
            }
            // A trap, not a failed growth: so it is certain, and known, what ended the plugin.
            None => Err(wasmtime::Error::new(Met::new(self.key, &self.limit))),
        }
    }
}

impl Bounds {
    pub(super) fn new(sandbox: &Sandbox) -> Self {
        let Size(memory) = sandbox.memory;
        Self {
            memory: Share {
                key: "sandbox.memory",
                limit: sandbox.memory.to_string(),
                left: usize::try_from(memory).unwrap_or(usize::MAX),
            },
            table_elements: Share {
                key: "sandbox.table-elements",
                limit: sandbox.table_elements.to_string(),
                left: usize::try_from(sandbox.table_elements).unwrap_or(usize::MAX),
            },
        }
    }
}

impl ResourceLimiter for Bounds {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        self.memory.grow(current, desired)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        self.table_elements.grow(current, desired)
    }
}

/// A table of resources that holds so many.
pub(super) fn table(sandbox: &Sandbox) -> ResourceTable {
    let mut table = ResourceTable::new();
    table.set_max_capacity(handles(sandbox));
    table
}

fn handles(sandbox: &Sandbox) -> usize {
    usize::try_from(sandbox.handles).unwrap_or(usize::MAX)
}

/// Sets up what Wasmtime itself holds a store to.
pub(super) fn confine(store: &mut Store<State>, sandbox: &Sandbox) {
    store.limiter(|state| &mut state.bounds);
    store.set_hostcall_fuel(sandbox.call_bytes.to_usize());
    store.set_max_component_handles(handles(sandbox).saturating_add(FURTHER_HANDLES));
    // An epoch is a turn: the plugin lets others have theirs, and is measured.
    store.set_epoch_deadline(1);
    store.epoch_deadline_async_yield_and_update(1);
}

/// The limit that an error of Wasmtime's tells of, if it does.
pub(super) fn met(error: &wasmtime::Error, sandbox: &Sandbox) -> Option<Met> {
    if let Some(met) = error.downcast_ref::<Met>() {
        return Some(met.clone());
    }
    match error.downcast_ref::<ResourceTableError>() {
        Some(ResourceTableError::Full) => Some(Met::new("sandbox.handles", sandbox.handles)),
        _ => None,
    }
}

/// A run that ends when it has computed for too long. Its calls into the host are part of it, what it waits for isn't.
pub(super) struct Measured<F> {
    run: F,
    left: Duration,
}

impl<F> Measured<F> {
    pub(super) fn new(run: F, limit: Duration) -> Self {
        Self { run, left: limit }
    }
}

/// The run has computed for as long as it may.
pub(super) struct Exhausted;

impl<F: Future + Unpin> Future for Measured<F> {
    type Output = Result<F::Output, Exhausted>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let begun = Instant::now();
        let polled = Pin::new(&mut self.run).poll(cx);
        self.left = self.left.saturating_sub(begun.elapsed());
        match polled {
            Poll::Ready(output) => Poll::Ready(Ok(output)),
            Poll::Pending if self.left.is_zero() => Poll::Ready(Err(Exhausted)),
            Poll::Pending => Poll::Pending,
        }
    }
}
