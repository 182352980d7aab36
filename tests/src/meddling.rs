//! A relay before the engine that understands what passes: it can hold a request back, or make another of it.

use std::path::PathBuf;
use std::sync::Arc;

use dockwit_host::api::Client;
use dockwit_host::transport::{Address, Transport};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::OwnedReadHalf;
use tokio::net::{TcpListener, UnixListener, UnixStream};
use tokio::task::JoinHandle;

use crate::engine::Engine;

/// A Unix socket behind which the engine under test is, and before it somebody who meddles.
pub struct Meddling {
    _folder: tempfile::TempDir,
    path: PathBuf,
    relay: JoinHandle<()>,
}

/// A request on its way.
#[derive(Debug)]
pub struct Passing {
    /// Method, path with query, protocol.
    pub line: String,
    /// The lines below that.
    headers: Vec<String>,
    /// The body.
    pub body: Vec<u8>,
}

impl Passing {
    /// Whether it asks for this, by the method and the path behind the version.
    pub fn is(&self, method: &str, path: &str) -> bool {
        let mut words = self.line.split(' ');
        let method = words.next() == Some(method);
        let target = words.next().unwrap_or_default();
        let target = target.split('?').next().unwrap_or_default();
        let behind_version = target.trim_start_matches('/').split_once('/');
        method && behind_version.is_some_and(|(_, rest)| rest == path.trim_start_matches('/'))
    }

    /// Makes another body of its own, which is JSON.
    ///
    /// # Panics
    ///
    /// Panics if it isn't.
    pub fn change(&mut self, change: impl FnOnce(&mut Value)) {
        let mut body = serde_json::from_slice(&self.body).expect("JSON");
        change(&mut body);
        self.body = body.to_string().into_bytes();
    }

    fn written(&self) -> Vec<u8> {
        let is_length = |line: &&String| !line.to_ascii_lowercase().starts_with("content-length:");
        let mut head = format!("{}\r\n", self.line);
        for line in self.headers.iter().filter(is_length) {
            head += &format!("{line}\r\n");
        }
        if !self.body.is_empty() {
            head += &format!("Content-Length: {}\r\n", self.body.len());
        }
        [head.as_bytes(), b"\r\n", &self.body].concat()
    }
}

impl Meddling {
    /// Begins to relay. Each request is given to the function before it goes on, as what that gives back.
    ///
    /// # Panics
    ///
    /// Panics if there can be no socket.
    pub fn start<F, R>(meddle: F) -> Self
    where
        F: Fn(Passing) -> R + Send + Sync + 'static,
        R: Future<Output = Passing> + Send + 'static,
    {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("meddling.sock");
        let listener = UnixListener::bind(&path).expect("a socket");
        let meddle = Arc::new(meddle);
        let relay = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, Arc::clone(&meddle)));
            }
        });
        Self {
            _folder: folder,
            path,
            relay,
        }
    }

    /// A client of the engine, through this.
    ///
    /// # Panics
    ///
    /// Panics never: the path is one of ours.
    pub fn client(&self) -> Client {
        let address = format!("unix://{}", self.path.display());
        client(address.parse().expect("an address"))
    }
}

impl Drop for Meddling {
    fn drop(&mut self) {
        self.relay.abort();
    }
}

fn client(address: Address) -> Client {
    Client::new(Transport::builder(address).build().expect("a transport"))
}

/// Requests go on one by one; what the engine says goes back as it comes.
async fn carry<F, R>(client: UnixStream, meddle: Arc<F>)
where
    F: Fn(Passing) -> R,
    R: Future<Output = Passing>,
{
    let Ok(engine) = UnixStream::connect(Engine::under_test().socket()).await else {
        return;
    };
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_engine, mut to_engine) = engine.into_split();
    let requests = async {
        while let Some(passing) = read(&mut from_client).await {
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

async fn read(from: &mut OwnedReadHalf) -> Option<Passing> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(from.read_u8().await.ok()?);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let mut lines = head.lines().map(str::to_owned);
    let line = lines.next()?;
    let headers: Vec<_> = lines.filter(|line| !line.is_empty()).collect();
    let length = headers.iter().find_map(|line| {
        let line = line.to_ascii_lowercase();
        line.strip_prefix("content-length:")?.trim().parse().ok()
    });
    let mut body = vec![0; length.unwrap_or(0)];
    from.read_exact(&mut body).await.ok()?;
    Some(Passing {
        line,
        headers,
        body,
    })
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
    client(over_tcp().await)
}
