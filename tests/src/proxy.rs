//! A relay before the engine: counts what passes, and can be cut.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use dockwit_host::api::Client;
use dockwit_host::transport::Address;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::engine::Engine;
use crate::socket::Socket;

/// A Unix socket behind which the engine under test is.
pub struct Proxy {
    socket: Socket,
    counts: Arc<Counts>,
    cut: CancellationToken,
    relay: JoinHandle<()>,
}

#[derive(Default)]
struct Counts {
    opened: AtomicU64,
    closed: AtomicU64,
    sent: AtomicU64,
    changes: AtomicU64,
    received: AtomicU64,
}

impl Proxy {
    /// Begins to relay.
    ///
    /// # Panics
    ///
    /// Panics if there can be no socket.
    pub fn start() -> Self {
        let (socket, listener) = Socket::listen();
        let counts = Arc::new(Counts::default());
        let cut = CancellationToken::new();
        let relay = tokio::spawn(relay(listener, Arc::clone(&counts), cut.clone()));
        Self {
            socket,
            counts,
            cut,
            relay,
        }
    }

    /// A client of the engine, through this.
    pub fn client(&self) -> Client {
        self.socket.client()
    }

    /// Where it is reached.
    pub fn address(&self) -> Address {
        self.socket.address()
    }

    /// The path of its socket.
    pub fn path(&self) -> &Path {
        self.socket.path()
    }

    /// How many bytes were sent to the engine so far.
    pub fn sent(&self) -> u64 {
        self.counts.sent.load(Ordering::SeqCst)
    }

    /// How many requests that aren't mere look-ups were sent to the engine so far.
    pub fn changes(&self) -> u64 {
        self.counts.changes.load(Ordering::SeqCst)
    }

    /// How many bytes came from the engine so far.
    pub fn received(&self) -> u64 {
        self.counts.received.load(Ordering::SeqCst)
    }

    /// How many connections are open.
    pub fn connections(&self) -> u64 {
        self.counts.opened.load(Ordering::SeqCst) - self.counts.closed.load(Ordering::SeqCst)
    }

    /// How many connections there were.
    pub fn opened(&self) -> u64 {
        self.counts.opened.load(Ordering::SeqCst)
    }

    /// Closes all connections, and takes no more: the engine is gone.
    pub fn cut(&self) {
        self.cut.cancel();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.relay.abort();
    }
}

async fn relay(listener: UnixListener, counts: Arc<Counts>, cut: CancellationToken) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = cut.cancelled() => return,
            accepted = listener.accept() => {
                let Ok((client, _)) = accepted else { return };
                connections.spawn(carry(client, Arc::clone(&counts)));
            }
        }
    }
}

async fn carry(client: UnixStream, counts: Arc<Counts>) {
    counts.opened.fetch_add(1, Ordering::SeqCst);
    let _closed = Closed(Arc::clone(&counts));
    let Ok(engine) = UnixStream::connect(Engine::under_test().socket()).await else {
        return;
    };
    let (from_client, to_client) = client.into_split();
    let (from_engine, to_engine) = engine.into_split();
    tokio::select! {
        () = pass(from_client, to_engine, |piece| counts.sends(piece)) => {}
        () = pass(from_engine, to_client, |piece| counts.receives(piece)) => {}
    }
}

impl Counts {
    /// A request begins with a piece of its own.
    fn sends(&self, piece: &[u8]) {
        self.sent.fetch_add(piece.len() as u64, Ordering::SeqCst);
        let methods: [&[u8]; 3] = [b"POST ", b"PUT ", b"DELETE "];
        // The one look-up that is no `GET`.
        const WAIT: &[u8] = b"/wait?";
        let waits = piece.windows(WAIT.len()).any(|part| part == WAIT);
        if methods.iter().any(|method| piece.starts_with(method)) && !waits {
            self.changes.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn receives(&self, piece: &[u8]) {
        self.received
            .fetch_add(piece.len() as u64, Ordering::SeqCst);
    }
}

async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, count: impl Fn(&[u8])) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        count(&buffer[..read]);
        if to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}

struct Closed(Arc<Counts>);

impl Drop for Closed {
    fn drop(&mut self) {
        self.0.closed.fetch_add(1, Ordering::SeqCst);
    }
}
