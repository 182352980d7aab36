//! An engine that says what a test tells it to, byte by byte.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::{JoinHandle, JoinSet};

use super::{Address, ApiVersion, Builder, Transport};

/// How long a test waits for what must happen at once.
pub(crate) const SOON: Duration = Duration::from_secs(5);

/// A listener that plays a script on each connection, until it is dropped.
pub(crate) struct Engine {
    folder: TempDir,
    accepted: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Engine {
    /// Starts one that plays `script` on each connection, each in a task of its own.
    pub(crate) fn start<S, F>(script: S) -> Self
    where
        S: Fn(Peer) -> F + Send + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let folder = tempfile::tempdir().expect("a folder");
        let listener = UnixListener::bind(folder.path().join("s")).expect("a socket");
        let accepted = Arc::new(AtomicUsize::new(0));
        let count = accepted.clone();
        let task = tokio::spawn(async move {
            let mut scripts = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::Relaxed);
                scripts.spawn(script(Peer {
                    stream,
                    ahead: Vec::new(),
                    broken: false,
                }));
            }
        });
        Self {
            folder,
            accepted,
            task,
        }
    }

    /// Starts one that answers each request with the same bytes.
    pub(crate) fn answering(answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        Self::start(move |mut peer| {
            let answer = answer.clone();
            async move {
                while peer.request().await.is_some() {
                    peer.send(&answer).await;
                }
            }
        })
    }

    pub(crate) fn address(&self) -> Address {
        address(&self.folder.path().join("s"))
    }

    pub(crate) fn builder(&self) -> Builder {
        Transport::builder(self.address())
    }

    /// A transport to it with the oldest version, so that nothing is negotiated.
    pub(crate) fn transport(&self) -> Transport {
        self.builder()
            .api_version(ApiVersion::OLDEST)
            .build()
            .expect("a transport")
    }

    /// How many connections there have been.
    pub(crate) fn accepted(&self) -> usize {
        self.accepted.load(Ordering::Relaxed)
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub(crate) fn address(socket: &Path) -> Address {
    Address::Unix(socket.to_owned())
}

/// An engine's side of a connection.
pub(crate) struct Peer {
    stream: UnixStream,
    ahead: Vec<u8>,
    broken: bool,
}

impl Peer {
    /// The next request with its body, as text; none when the client has left.
    pub(crate) async fn request(&mut self) -> Option<String> {
        loop {
            if let Some(end) = whole_request(&self.ahead) {
                let rest = self.ahead.split_off(end);
                let request = std::mem::replace(&mut self.ahead, rest);
                return Some(String::from_utf8(request).expect("ASCII"));
            }
            let mut buffer = [0; 4096];
            match self.stream.read(&mut buffer).await {
                Ok(0) | Err(_) => return None,
                Ok(count) => self.ahead.extend(buffer.iter().take(count)),
            }
        }
    }

    /// Sends bytes; a client that has left doesn't matter.
    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.broken |= self.stream.write_all(bytes.as_ref()).await.is_err();
    }

    /// Whether the client has left while something was sent.
    pub(crate) fn is_broken(&self) -> bool {
        self.broken
    }

    /// Sends one chunk of a chunked body.
    pub(crate) async fn chunk(&mut self, data: &[u8]) {
        let chunk = [format!("{:x}\r\n", data.len()).as_bytes(), data, b"\r\n"].concat();
        self.send(chunk).await;
    }

    /// Waits for the client to close the connection.
    pub(crate) async fn closed(mut self) {
        while self.request().await.is_some() {}
    }
}

/// The length of the first request of `bytes`, if it is whole.
fn whole_request(bytes: &[u8]) -> Option<usize> {
    let head = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(bytes.get(..head)?).to_ascii_lowercase();
    let body = text
        .lines()
        .find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok())
        .unwrap_or(0);
    (bytes.len() >= head + body).then_some(head + body)
}

/// A whole answer.
pub(crate) fn answer(status: &str, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// The head of an answer that flows.
pub(crate) const FLOW: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
