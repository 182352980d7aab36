//! A small client for what the task runner itself asks of an engine.

use std::fmt;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::header::{HOST, HeaderValue};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};

use crate::process;

/// Every question asked here is answered soon; an import of an image takes longest.
const ANSWER_LIMIT: Duration = Duration::from_secs(60);

/// A pull depends on somebody's network.
const PULL_LIMIT: Duration = Duration::from_secs(300);

/// The lists of a machine with thousands of objects stay far below this.
const MAX_ANSWER: usize = 64 << 20;

/// An engine at an address.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Engine {
    url: String,
    address: Address,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Address {
    Unix(String),
    Tcp(String),
}

/// What an engine says of itself.
#[derive(Clone, Debug)]
pub struct Version {
    /// The engine's version.
    pub engine: String,
    /// The newest API version that it speaks.
    pub api: String,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "engine {}, API {}", self.engine, self.api)
    }
}

/// The default socket of an engine.
pub const DEFAULT_SOCKET: &str = "unix:///var/run/docker.sock";

impl Engine {
    /// An engine at `unix://PATH` or `tcp://HOST:PORT`.
    pub fn new(url: &str) -> Result<Self> {
        let address = if let Some(path) = url.strip_prefix("unix://") {
            Address::Unix(path.to_owned())
        } else if let Some(host) = url.strip_prefix("tcp://").or(url.strip_prefix("http://")) {
            Address::Tcp(host.trim_end_matches('/').to_owned())
        } else {
            bail!("{url} is no address of the form unix://PATH or tcp://HOST:PORT");
        };
        Ok(Self {
            url: url.to_owned(),
            address,
        })
    }

    /// Its address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Asks for its version.
    pub fn version(&self) -> Result<Version> {
        let version = self.get("/version")?;
        let text = |key: &str| version[key].as_str().unwrap_or("unknown").to_owned();
        Ok(Version {
            engine: text("Version"),
            api: text("ApiVersion"),
        })
    }

    /// Whether it has an image of that name.
    pub fn has_image(&self, name: &str) -> Result<bool> {
        let (status, _) =
            self.ask(Request::get(format!("/images/{name}/json")).body(Full::default())?)?;
        Ok(status.is_success())
    }

    /// The answer to a GET, read as JSON.
    pub fn get(&self, path: &str) -> Result<Value> {
        let (status, body) = self.ask(Request::get(path).body(Full::default())?)?;
        expect_success(status, &body).with_context(|| format!("GET {path}"))?;
        serde_json::from_slice(&body).with_context(|| format!("GET {path} did not answer JSON"))
    }

    /// A POST of an archive or of nothing, whose answer is the engine's progress as text.
    pub fn post(&self, path: &str, body: Bytes) -> Result<String> {
        self.post_as("application/x-tar", path, body)
    }

    /// A POST of JSON.
    pub fn post_json(&self, path: &str, body: &Value) -> Result<String> {
        self.post_as("application/json", path, body.to_string().into())
    }

    fn post_as(&self, kind: &str, path: &str, body: Bytes) -> Result<String> {
        let request = Request::post(path)
            .header("content-type", kind)
            .body(Full::new(body))?;
        let (status, body) = self.ask(request)?;
        expect_success(status, &body).with_context(|| format!("POST {path}"))?;
        Ok(String::from_utf8_lossy(&body).into_owned())
    }

    /// A DELETE of something that may be gone already.
    pub fn delete(&self, path: &str) -> Result<()> {
        let (status, body) = self.ask(Request::delete(path).body(Full::default())?)?;
        if status == StatusCode::NOT_FOUND {
            return Ok(());
        }
        expect_success(status, &body).with_context(|| format!("DELETE {path}"))
    }

    /// Sends one request over a connection of its own.
    fn ask(&self, request: Request<Full<Bytes>>) -> Result<(StatusCode, Bytes)> {
        let pulls = request
            .uri()
            .query()
            .is_some_and(|query| query.contains("fromImage="));
        let limit = if pulls { PULL_LIMIT } else { ANSWER_LIMIT };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(async {
            tokio::select! {
                answer = self.send(request) => answer,
                () = tokio::time::sleep(limit) => Err(anyhow!("no answer in {limit:?}")),
                error = interruption() => Err(error),
            }
        })
    }

    async fn send(&self, request: Request<Full<Bytes>>) -> Result<(StatusCode, Bytes)> {
        let to = || format!("cannot reach {}", self.url);
        match &self.address {
            Address::Unix(socket) => {
                let stream = UnixStream::connect(socket).await.with_context(to)?;
                exchange(stream, request).await
            }
            Address::Tcp(host) => {
                let stream = TcpStream::connect(host).await.with_context(to)?;
                exchange(stream, request).await
            }
        }
    }
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    mut request: Request<Full<Bytes>>,
) -> Result<(StatusCode, Bytes)> {
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let connection = tokio::spawn(connection);
    request
        .headers_mut()
        .insert(HOST, HeaderValue::from_static("engine"));
    let (head, body) = sender.send_request(request).await?.into_parts();
    let body = Limited::new(body, MAX_ANSWER)
        .collect()
        .await
        .map_err(|error| anyhow!(error))?;
    connection.abort();
    Ok((head.status, body.to_bytes()))
}

async fn interruption() -> anyhow::Error {
    loop {
        if let Err(error) = process::check_interrupted() {
            return error;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn expect_success(status: StatusCode, body: &[u8]) -> Result<()> {
    if status.is_success() {
        return Ok(());
    }
    bail!(
        "the engine answers {status}: {}",
        String::from_utf8_lossy(body).trim()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        let unix = Engine::new("unix:///run/docker.sock").unwrap();
        assert_eq!(unix.address, Address::Unix("/run/docker.sock".into()));
        let tcp = Engine::new("tcp://127.0.0.1:2375/").unwrap();
        assert_eq!(tcp.address, Address::Tcp("127.0.0.1:2375".into()));
        assert!(Engine::new("ssh://somewhere").is_err());
    }
}
