//! Raw bytes: requests that were written before, and answers that are read to their end and not looked at. Nobody can be
//! faster than this.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use futures::future::LocalBoxFuture;

use super::Peer;
use crate::environment::{Environment, name};
use crate::rows::Row;

/// How long a piece of an answer may take.
const LIMIT: Duration = Duration::from_secs(30);

/// How much is read at once: more than a socket holds.
const BUFFER: usize = 256 << 10;

/// How chunks end; no answer of these rows has it elsewhere.
const LAST_CHUNK: &[u8] = b"\r\n0\r\n\r\n";

pub(crate) struct Floor {
    socket: String,
    kept: UnixStream,
    buffer: Vec<u8>,
    lines: Vec<(Row, Vec<Vec<u8>>)>,
}

impl Floor {
    pub(crate) fn new(environment: &Environment, version: &str) -> Result<Self> {
        Ok(Self {
            socket: environment.socket.clone(),
            kept: connect(&environment.socket)?,
            buffer: vec![0; BUFFER],
            lines: requests(environment, version),
        })
    }

    /// On the connection that is kept; a log, which peers read over a connection of its own, over one of its own.
    fn act(&mut self, row: Row) -> Result<()> {
        let found = self.lines.iter().find(|(of, _)| *of == row);
        let (_, requests) = found.context("it has no such request")?;
        for request in requests {
            if row == Row::Logs {
                exchange(&mut connect(&self.socket)?, request, &mut self.buffer)?;
            } else {
                exchange(&mut self.kept, request, &mut self.buffer)?;
            }
        }
        Ok(())
    }
}

impl Peer for Floor {
    fn times(&mut self, row: Row, count: usize) -> LocalBoxFuture<'_, Result<Vec<Duration>>> {
        let times = (0..count).map(|_| {
            let begun = Instant::now();
            self.act(row)?;
            Ok(begun.elapsed())
        });
        let times = times.collect();
        Box::pin(async { times })
    }
}

fn requests(environment: &Environment, version: &str) -> Vec<(Row, Vec<Vec<u8>>)> {
    let line = |method: &str, path: &str| {
        format!("{method} {path} HTTP/1.1\r\nHost: docker\r\n").into_bytes()
    };
    let bare = |method: &str, path: &str| [&line(method, path)[..], b"\r\n"].concat();
    let get = |path: &str| bare("GET", &format!("/v{version}/containers{path}"));
    let made = name("floor");
    let body = serde_json::json!({
        "Image": environment.image, "Cmd": ["true"], "Labels": { "dockwit-bench": "passing" },
    });
    let body = body.to_string();
    let create = format!(
        "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let path = format!("/v{version}/containers/create?name={made}");
    let create = [line("POST", &path), create.into_bytes()].concat();
    let remove = bare("DELETE", &format!("/v{version}/containers/{made}"));
    let switch = |to: &str| {
        let path = format!("/v{version}/containers/{}/{to}", name("switch"));
        [&line("POST", &path)[..], b"Content-Length: 0\r\n\r\n"].concat()
    };
    let logs = format!("/{}/logs?stdout=1&stderr=1", name("logs"));
    vec![
        (Row::Ping, vec![bare("GET", "/_ping")]),
        (
            Row::Inspect,
            vec![get(&format!("/{}/json", name("inspect")))],
        ),
        (Row::List, vec![get("/json?all=1")]),
        (Row::Logs, vec![get(&logs)]),
        (Row::Create, vec![create, remove]),
        (Row::Start, vec![switch("start"), switch("stop")]),
    ]
}

fn connect(socket: &str) -> Result<UnixStream> {
    let stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(LIMIT))?;
    stream.set_write_timeout(Some(LIMIT))?;
    Ok(stream)
}

/// Sends a request, and reads the answer to its end.
fn exchange(stream: &mut (impl Read + Write), request: &[u8], buffer: &mut [u8]) -> Result<()> {
    stream.write_all(request)?;
    let mut filled = 0;
    let head = loop {
        filled += more(stream, buffer.get_mut(filled..).unwrap_or_default())?;
        let read = buffer.get(..filled).unwrap_or_default();
        if let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
    };
    let (text, body) = buffer.get(..filled).unwrap_or_default().split_at(head);
    let text = str::from_utf8(text)?;
    ensure!(text.starts_with("HTTP/1.1 2"), "it was refused: {text}");
    if let Some((_, rest)) = text.split_once("Content-Length: ") {
        let length = rest.split("\r\n").next().unwrap_or_default();
        let mut left = length.parse::<usize>()?.saturating_sub(body.len());
        while left > 0 {
            left = left.saturating_sub(more(stream, buffer)?);
        }
    } else if text.contains("Transfer-Encoding: chunked") {
        let mut tail = Tail::default();
        tail.follow(buffer.get(..filled).unwrap_or_default());
        while !tail.is_last_chunk() {
            let count = more(stream, buffer)?;
            tail.follow(buffer.get(..count).unwrap_or_default());
        }
    }
    Ok(())
}

fn more(stream: &mut impl Read, buffer: &mut [u8]) -> Result<usize> {
    match stream.read(buffer)? {
        0 => bail!("the answer ends too early"),
        count => Ok(count),
    }
}

/// The last bytes of what was read.
#[derive(Default)]
struct Tail(Vec<u8>);

impl Tail {
    fn follow(&mut self, read: &[u8]) {
        let from = read.len().saturating_sub(LAST_CHUNK.len());
        self.0
            .extend_from_slice(read.get(from..).unwrap_or_default());
        let surplus = self.0.len().saturating_sub(LAST_CHUNK.len());
        self.0.drain(..surplus);
    }

    fn is_last_chunk(&self) -> bool {
        self.0 == LAST_CHUNK
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    /// An engine that has answered already; it is read in pieces of a size.
    struct Answered<'a>(&'a [u8], usize);

    impl Read for Answered<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.1.min(buffer.len());
            self.0.read(&mut buffer[..count])
        }
    }

    impl Write for Answered<'_> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What is left unread of an answer that another follows.
    fn left(answer: &str, size: usize) -> Result<usize> {
        let mut engine = Answered(answer.as_bytes(), size);
        exchange(&mut engine, b"", &mut [0; 128])?;
        Ok(engine.0.len())
    }

    #[test]
    fn answers_are_read_to_their_end() {
        for answer in [
            "HTTP/1.1 204 No Content\r\nServer: x\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        ] {
            for size in 1..answer.len() {
                assert_eq!(left(answer, size).expect(answer), 0, "in pieces of {size}");
            }
        }
    }

    #[test]
    fn what_is_no_success_or_no_end_fails() {
        assert!(left("HTTP/1.1 404 Not Found\r\n\r\n", 50).is_err());
        assert!(left("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nOK", 50).is_err());
        assert!(left("HTTP/1.1 200", 50).is_err());
    }
}
