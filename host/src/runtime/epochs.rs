//! The clock by which plugins that only compute let others have their turn.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use wasmtime::EngineWeak;

/// How long a plugin computes at a stretch, about.
const EPOCH: Duration = Duration::from_millis(10);

/// A thread that ends when this is dropped.
pub(super) struct Ticker {
    _alive: Sender<()>,
}

impl Ticker {
    pub(super) fn start(engine: EngineWeak) -> Self {
        let (alive, dropped) = channel();
        // Without the thread, plugins run all the same: only an endless loop can't be ended then.
        if let Err(error) = thread::Builder::new()
            .name("dockwit-epochs".into())
            .spawn(move || tick(&engine, &dropped))
        {
            tracing::warn!(%error, "no thread for epochs: an endless loop of a plugin can't be ended");
        }
        Self { _alive: alive }
    }
}

fn tick(engine: &EngineWeak, dropped: &Receiver<()>) {
    while dropped.recv_timeout(EPOCH) == Err(RecvTimeoutError::Timeout) {
        let Some(engine) = engine.upgrade() else {
            return;
        };
        engine.increment_epoch();
    }
}
