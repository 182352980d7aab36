//! One exchange on a connection that nobody else uses meanwhile: the request out, the answer's head in, and then its body,
//! whole or as it flows.

use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes, BytesMut};
use hyper::header::{CONNECTION, CONTENT_LENGTH, HeaderName, HeaderValue};
use hyper::{HeaderMap, Method, Request, StatusCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::address::Address;
use super::body::{BodyDecoder, unreadable};
use super::budget::Holding;
use super::error::{Error, ErrorKind, Result, closed};
use super::line::Line;
use super::meter::Meter;
use super::pace::Pace;
use super::trace::Trace;

/// The longest head of an answer, in bytes. Engines send less than one KiB.
const MAX_HEAD: usize = 64 << 10;

/// The most headers of an answer. Engines send less than twenty.
const MAX_HEADERS: usize = 100;

/// How much is read at once, in bytes, while little comes: what a silent stream holds.
const READ_FEW: usize = 4 << 10;

/// How much is read at once, in bytes, once a read has filled its buffer. It is all that a
/// stream keeps of what nobody has taken yet.
const READ_MANY: usize = 64 << 10;

/// How much memory an announced length may reserve ahead, in bytes. What really comes decides
/// about the rest.
const MAX_RESERVE: usize = 1 << 20;

/// How much room is left for what follows the last chunk, in bytes.
const END: usize = 16;

/// An exchange whose answer's head has come.
///
/// It has the connection, reads when it is polled, and closes when it is dropped.
pub(super) struct Exchange {
    wire: Wire,
    body: BodyDecoder,
    /// Whether another may follow it on the same connection.
    keeps: bool,
    trace: Option<Arc<Trace>>,
}

/// An open connection and what was read of it ahead.
struct Wire {
    line: Line,
    read: BytesMut,
    read_size: usize,
    pace: Pace,
    address: Address,
    bounds: Bounds,
}

/// What holds an exchange within bounds.
#[derive(Default)]
pub(super) struct Bounds {
    pub(super) meter: Option<Arc<Meter>>,
    /// What it reads into.
    pub(super) memory: Option<Holding>,
}

impl Exchange {
    /// Sends a request over a connection and waits for the answer's head.
    ///
    /// The error of a connection that took none of the request says that it wasn't sent.
    pub(super) async fn begin(
        line: Line,
        request: &Request<Bytes>,
        address: &Address,
        bounds: Bounds,
    ) -> Result<(StatusCode, HeaderMap, Self)> {
        let read = BytesMut::new();
        let mut wire = Wire {
            line,
            read,
            read_size: READ_FEW,
            pace: Pace::default(),
            address: address.clone(),
            bounds,
        };
        let unsent = wire.send(request).await.err();
        let whole = unsent.is_none();
        let Head {
            status,
            headers,
            keeps,
        } = match (wire.head().await, unsent) {
            (Ok(head), _) => head,
            // An engine may refuse a request before it has read it all, and leave. Only if it
            // hasn't, what went wrong with sending matters.
            (Err(_), Some(error)) => return Err(error),
            (Err(error), None) => return Err(error),
        };
        let body = BodyDecoder::new(request.method(), status, &headers)?;
        let keeps = keeps && whole && !body.ends_the_connection();
        let exchange = Self {
            wire,
            body,
            keeps,
            trace: None,
        };
        Ok((status, headers, exchange))
    }

    /// Keeps account of the body from now on.
    pub(super) fn trace(&mut self, trace: Arc<Trace>) {
        self.trace = Some(trace);
    }

    /// The next piece of the body, never an empty one.
    pub(super) fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes>>> {
        loop {
            match self.body.next(&mut self.wire.read) {
                Ok(None) if self.body.is_done() => return Poll::Ready(None),
                Ok(None) => {}
                Ok(Some(piece)) => {
                    if let Some(trace) = &self.trace {
                        trace.receives(piece.len());
                    }
                    return Poll::Ready(Some(Ok(piece)));
                }
                Err(error) => return Poll::Ready(Some(Err(error))),
            }
            self.wire.make_room();
            let result = match ready!(self.wire.poll_more(cx)) {
                Ok(true) => Ok(()),
                Ok(false) => self.body.finish(),
                Err(error) => Err(error),
            };
            if let Err(error) = result {
                return Poll::Ready(Some(Err(error)));
            }
        }
    }

    /// Waits for the next piece of the body; none is its orderly end.
    pub(super) async fn piece(&mut self) -> Result<Option<Bytes>> {
        poll_fn(|cx| self.poll_piece(cx)).await.transpose()
    }

    /// How many bytes of the body are known to come next.
    pub(super) fn announced(&self) -> u64 {
        self.body.announced()
    }

    /// Reads on, of a body that is kept whole in one place and of which `kept` bytes have come. Says whether that is all.
    pub(super) async fn read_on(&mut self, kept: &mut usize) -> Result<bool> {
        let before = *kept;
        self.body.gather(&mut self.wire.read, kept)?;
        if *kept == before && !self.body.is_done() {
            self.wire.make_room_for(self.body.announced());
            match poll_fn(|cx| self.wire.poll_more(cx)).await? {
                true => self.body.gather(&mut self.wire.read, kept)?,
                false => self.body.finish()?,
            }
        }
        if let Some(trace) = &self.trace {
            trace.receives(*kept - before);
        }
        Ok(self.body.is_done())
    }

    /// What it takes of memory, in bytes: all of it goes with the body that is taken.
    pub(super) fn memory(&self) -> usize {
        self.wire.read.capacity()
    }

    /// Takes so much of the body as was kept.
    pub(super) fn take(&mut self, kept: usize) -> Bytes {
        self.wire.read.split_to(kept).freeze()
    }

    /// The connection, if another exchange may follow on it.
    pub(super) fn into_line(self) -> Option<Line> {
        // Whatever the engine has sent besides, it is out of step.
        let over = self.body.is_done() && self.wire.read.is_empty();
        (self.keeps && over).then_some(self.wire.line)
    }
}

impl Wire {
    async fn send(&mut self, request: &Request<Bytes>) -> Result<()> {
        let text = written(request);
        let mut left = text.as_slice();
        while !left.is_empty() {
            let count = match self.line.write(left).await {
                Ok(0) => Err(io::ErrorKind::WriteZero.into()),
                other => other,
            };
            match count {
                Ok(count) => left = left.get(count..).unwrap_or_default(),
                Err(error) => {
                    let sent = left.len() < text.len();
                    return Err(self.lost(&error).maybe_sent(sent));
                }
            }
        }
        Ok(())
    }

    /// Reads until the head of the answer has come.
    async fn head(&mut self) -> Result<Head> {
        loop {
            if let Some((length, head)) = parse_head(&self.read)? {
                self.read.advance(length);
                let passing = head.status.is_informational()
                    && head.status != StatusCode::SWITCHING_PROTOCOLS;
                if !passing {
                    return Ok(head);
                }
                continue;
            }
            if self.read.len() > MAX_HEAD {
                return Err(unreadable("its head is too long"));
            }
            self.make_room();
            if !poll_fn(|cx| self.poll_more(cx)).await? {
                return Err(closed("before it answered", true));
            }
        }
    }

    /// Makes room for what may come.
    fn make_room(&mut self) {
        // What is left after a chunk's start must not make for a tiny read.
        if self.room() < self.read_size / 2 {
            self.read.reserve(self.read_size);
        }
    }

    /// Makes room for so much of what is kept whole, and for what ends it, so that it is moved but once.
    fn make_room_for(&mut self, announced: u64) {
        let size = match usize::try_from(announced).unwrap_or(usize::MAX) {
            0 => self.read_size,
            announced => announced.min(MAX_RESERVE) + END,
        };
        let least = match announced {
            0 => END,
            _ => size.min(READ_MANY / 2),
        };
        if self.room() < least {
            self.read.reserve(size);
        }
    }

    fn room(&self) -> usize {
        self.read.capacity() - self.read.len()
    }

    /// Reads more; says whether there was.
    fn poll_more(&mut self, cx: &mut Context<'_>) -> Poll<Result<bool>> {
        ready!(self.pace.poll_ready(cx));
        if let Some(memory) = &mut self.bounds.memory {
            memory.reach(self.read.capacity())?;
        }
        let room = self.room();
        // This future has no state of its own, so that there is nothing to keep.
        match ready!(pin!(self.line.read_buf(&mut self.read)).poll(cx)) {
            Ok(count) => {
                if count == room {
                    self.read_size = READ_MANY;
                } else if self.pace.gathers_after(count) {
                    self.line.put_aside().map_err(|error| self.lost(&error))?;
                }
                if let Some(meter) = &self.bounds.meter {
                    meter.take(count)?;
                }
                Poll::Ready(Ok(count > 0))
            }
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {
                Poll::Ready(Err(closed("before the answer was complete", true)))
            }
            Err(error) => Poll::Ready(Err(self.lost(&error))),
        }
    }

    fn lost(&self, error: &io::Error) -> Error {
        let message = format!("lost the engine at {}: {error}", self.address);
        Error::answered(ErrorKind::Unavailable(message))
    }
}

/// A request as it goes over the wire. Its types rule out anything but one request.
fn written(request: &Request<Bytes>) -> Vec<u8> {
    let target = request
        .uri()
        .path_and_query()
        .map_or("/", |target| target.as_str());
    let mut text = format!("{} {target} HTTP/1.1\r\n", request.method()).into_bytes();
    let mut line = |name: &HeaderName, value: &[u8]| {
        text.extend_from_slice(name.as_str().as_bytes());
        text.extend_from_slice(b": ");
        text.extend_from_slice(value);
        text.extend_from_slice(b"\r\n");
    };
    for (name, value) in request.headers() {
        line(name, value.as_bytes());
    }
    let length = request.body().len();
    if length > 0
        || !matches!(
            *request.method(),
            Method::GET | Method::HEAD | Method::DELETE
        )
    {
        line(&CONTENT_LENGTH, length.to_string().as_bytes());
    }
    text.extend_from_slice(b"\r\n");
    text.extend_from_slice(request.body());
    text
}

/// The head of an answer.
struct Head {
    status: StatusCode,
    headers: HeaderMap,
    /// Whether the engine keeps the connection.
    keeps: bool,
}

/// The head of an answer with its length, if it is whole.
fn parse_head(read: &[u8]) -> Result<Option<(usize, Head)>> {
    let mut fields = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut head = httparse::Response::new(&mut fields);
    let length = match head.parse(read) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(error) => return Err(unreadable(&error.to_string())),
    };
    let status = head.code.and_then(|code| StatusCode::from_u16(code).ok());
    let status = status.ok_or_else(|| unreadable("its status is none"))?;
    let mut headers = HeaderMap::with_capacity(head.headers.len());
    for field in head.headers.iter() {
        let name = HeaderName::from_bytes(field.name.as_bytes());
        let value = HeaderValue::from_bytes(field.value);
        let (Ok(name), Ok(value)) = (name, value) else {
            return Err(unreadable("it has a bad header"));
        };
        headers.append(name, value);
    }
    let keeps =
        head.version == Some(1) && status != StatusCode::SWITCHING_PROTOCOLS && !closes(&headers);
    let head = Head {
        status,
        headers,
        keeps,
    };
    Ok(Some((length, head)))
}

/// Whether an engine says that it ends the connection after its answer.
fn closes(headers: &HeaderMap) -> bool {
    let values = headers.get_all(CONNECTION).iter();
    values
        .flat_map(|value| value.as_bytes().split(|&byte| byte == b','))
        .any(|option| option.trim_ascii().eq_ignore_ascii_case(b"close"))
}
