//! An engine that says what a test wants, for what a real one can't be made to do: faults, floods, odd answers.

use std::future::Future;
use std::sync::Arc;

use dockwit_host::api::Client;
use dockwit_host::transport::Address;
use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;
use tokio::task::JoinHandle;

use crate::asked::Asked;
use crate::socket::Socket;

/// A Unix socket where a script answers.
pub struct Scripted {
    socket: Socket,
    serving: JoinHandle<()>,
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
        let (socket, listener) = Socket::listen();
        let script = Arc::new(script);
        let serving = tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                tokio::spawn(serve(connection, Arc::clone(&script)));
            }
        });
        Self { socket, serving }
    }

    /// Where it is reached.
    pub fn address(&self) -> Address {
        self.socket.address()
    }

    /// A client of it.
    pub fn client(&self) -> Client {
        self.socket.client()
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
    while let Some(asked) = Asked::read(&mut connection).await {
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
