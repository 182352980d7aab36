//! An engine that says what a test wants, for what a real one can't be made to do: faults, floods, odd answers.

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;

use dockwit_host::api::Client;
use dockwit_host::transport::{Address, Transport};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinHandle;

/// A Unix socket where a script answers.
pub struct Scripted {
    _folder: tempfile::TempDir,
    path: PathBuf,
    serving: JoinHandle<()>,
}

/// A request as it came: the line that begins it, and its body if its length was told.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Method, path with query, protocol.
    pub line: String,
    /// The body.
    pub body: Vec<u8>,
}

impl Scripted {
    /// Answers each request by the script, which is given the connection to write to and closes it by returning. A ping is
    /// answered before the script sees it.
    ///
    /// # Panics
    ///
    /// Panics if there can be no socket.
    pub fn start<F, R>(script: F) -> Self
    where
        F: Fn(Asked, UnixStream) -> R + Send + Sync + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("engine.sock");
        let listener = UnixListener::bind(&path).expect("a socket");
        let script = Arc::new(script);
        let serving = tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                tokio::spawn(serve(connection, Arc::clone(&script)));
            }
        });
        Self {
            _folder: folder,
            path,
            serving,
        }
    }

    /// Where it is reached.
    ///
    /// # Panics
    ///
    /// Panics never: the path is one of ours.
    pub fn address(&self) -> Address {
        format!("unix://{}", self.path.display())
            .parse()
            .expect("an address")
    }

    /// A client of it.
    ///
    /// # Panics
    ///
    /// Panics never: the address is one of ours.
    pub fn client(&self) -> Client {
        Client::new(
            Transport::builder(self.address())
                .build()
                .expect("a transport"),
        )
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve<F, R>(mut connection: UnixStream, script: Arc<F>)
where
    F: Fn(Asked, UnixStream) -> R,
    R: Future<Output = ()>,
{
    while let Some(asked) = read(&mut connection).await {
        if !asked.line.contains("/_ping") {
            return script(asked, connection).await;
        }
        let head = asked.line.starts_with("HEAD");
        let pong = format!(
            "HTTP/1.1 200 OK\r\nApi-Version: 1.51\r\nOstype: linux\r\nContent-Length: 2\r\n\r\n{}",
            if head { "" } else { "OK" }
        );
        if connection.write_all(pong.as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn read(connection: &mut UnixStream) -> Option<Asked> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(connection.read_u8().await.ok()?);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let length = head
        .lines()
        .find_map(|line| {
            line.to_ascii_lowercase()
                .strip_prefix("content-length:")?
                .trim()
                .parse()
                .ok()
        })
        .unwrap_or(0);
    let mut body = vec![0; length];
    connection.read_exact(&mut body).await.ok()?;
    Some(Asked {
        line: head.lines().next()?.to_owned(),
        body,
    })
}
