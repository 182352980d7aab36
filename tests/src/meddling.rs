//! A relay before the engine that understands what passes: it can hold a request back, or make another of it.

use std::sync::Arc;

use dockwit_host::api::Client;
use dockwit_host::transport::Address;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, UnixStream};
use tokio::task::JoinHandle;

use crate::asked::Asked;
use crate::engine::Engine;
use crate::socket::{self, Socket};

/// A Unix socket behind which the engine under test is, and before it somebody who meddles.
pub struct Meddling {
    socket: Socket,
    relay: JoinHandle<()>,
}

impl Meddling {
    /// Begins to relay. Each request is given to the function before it goes on, as what that gives back.
    ///
    /// # Panics
    ///
    /// Panics if there can be no socket.
    pub fn start<F, R>(meddle: F) -> Self
    where
        F: Fn(Asked) -> R + Send + Sync + 'static,
        R: Future<Output = Asked> + Send + 'static,
    {
        let (socket, listener) = Socket::listen();
        let meddle = Arc::new(meddle);
        let relay = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, Arc::clone(&meddle)));
            }
        });
        Self { socket, relay }
    }

    /// A client of the engine, through this.
    pub fn client(&self) -> Client {
        self.socket.client()
    }
}

impl Drop for Meddling {
    fn drop(&mut self) {
        self.relay.abort();
    }
}

/// Requests go on one by one; what the engine says goes back as it comes.
async fn carry<F, R>(client: UnixStream, meddle: Arc<F>)
where
    F: Fn(Asked) -> R,
    R: Future<Output = Asked>,
{
    let Ok(engine) = UnixStream::connect(Engine::under_test().socket()).await else {
        return;
    };
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_engine, mut to_engine) = engine.into_split();
    let requests = async {
        while let Some(passing) = Asked::read(&mut from_client).await {
            let passing = meddle(passing).await;
            if to_engine.write_all(&passing.written()).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = requests => {}
        _ = tokio::io::copy(&mut from_engine, &mut to_client) => {}
    }
}

/// A TCP port behind which the engine under test is, for as long as the test runs: as if it were on another machine.
///
/// # Panics
///
/// Panics if there can be no port.
pub async fn over_tcp() -> Address {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its number");
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let engine = UnixStream::connect(Engine::under_test().socket()).await;
            let mut engine = engine.expect("the engine is there");
            // Either side may go as it likes.
            tokio::spawn(async move {
                let _ = tokio::io::copy_bidirectional(&mut client, &mut engine).await;
            });
        }
    });
    format!("tcp://{address}").parse().expect("an address")
}

/// A client of the engine under test, by a TCP port.
pub async fn client_over_tcp() -> Client {
    socket::client(over_tcp().await)
}
