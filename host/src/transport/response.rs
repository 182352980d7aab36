//! Answers that are read to their end, and errors.

use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use hyper::body::Body;
use hyper::{HeaderMap, StatusCode};
use serde::Deserialize;

use super::budget::Holding;
use super::error::{Error, ErrorKind, Phase, Result};

/// How much of an error's body is read, in bytes: engines send less than one KiB, a proxy's page
/// may have some more.
const MAX_ERROR_BODY: usize = 64 << 10;

/// How long an error's body is waited for once its status has come.
const ERROR_BODY_TIMEOUT: Duration = Duration::from_secs(5);

/// The longest message of an error, in bytes. It ends up in a plugin's memory and in logs.
const MAX_MESSAGE: usize = 8 << 10;

/// How much memory an announced length may reserve ahead, in bytes. What really comes decides
/// about the rest.
const MAX_RESERVE: usize = 1 << 20;

/// A whole answer.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Response {
    /// The status: below 300, or 304.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

/// A body together with what drives it; each data frame is a piece of the answer.
pub(super) trait Pieces {
    /// Waits for the next piece; none is the orderly end.
    async fn piece(&mut self) -> Result<Option<Bytes>>;

    /// The body's announced length in bytes, or 0.
    fn announced(&self) -> u64;
}

/// Any of hyper's bodies, with the address for the message of an error, and who counts what comes.
pub(super) struct Plain<'a, B> {
    pub(super) body: B,
    pub(super) address: &'a super::Address,
    pub(super) meter: Option<&'a super::Meter>,
    pub(super) trace: Option<&'a super::Trace>,
}

impl<B: Body<Data = Bytes, Error = hyper::Error> + Unpin> Pieces for Plain<'_, B> {
    async fn piece(&mut self) -> Result<Option<Bytes>> {
        // The end is known early where the length was announced, and needs no poll.
        while !self.body.is_end_stream() {
            match poll_fn(|cx| Pin::new(&mut self.body).poll_frame(cx)).await {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) if !data.is_empty() => {
                        if let Some(trace) = self.trace {
                            trace.receives(data.len());
                        }
                        self.meter.map_or(Ok(()), |meter| meter.take(data.len()))?;
                        return Ok(Some(data));
                    }
                    _ => {}
                },
                Some(Err(error)) => return Err(Error::from_http(&error, self.address, true)),
                None => break,
            }
        }
        Ok(None)
    }

    fn announced(&self) -> u64 {
        self.body.size_hint().lower()
    }
}

/// Reads a body to its end, each piece within `pause`.
///
/// A body that came in one piece is returned as it came. What it takes of memory is held as it comes, whatever length was
/// announced.
pub(super) async fn read_all(
    pieces: &mut impl Pieces,
    limit: usize,
    pause: Option<Duration>,
    memory: Option<&Holding>,
) -> Result<Bytes> {
    let hold = |bytes: usize| memory.map_or(Ok(()), |memory| memory.add(bytes));
    let too_large = || {
        Error::answered(ErrorKind::TooLarge {
            what: "the engine's answer",
            limit,
        })
    };
    let announced = usize::try_from(pieces.announced()).unwrap_or(usize::MAX);
    if announced > limit {
        return Err(too_large());
    }
    let Some(first) = within(pause, pieces.piece()).await? else {
        return Ok(Bytes::new());
    };
    if first.len() > limit {
        return Err(too_large());
    }
    hold(first.len())?;
    let Some(second) = within(pause, pieces.piece()).await? else {
        return Ok(first);
    };
    let ahead = announced
        .min(MAX_RESERVE)
        .max(first.len().saturating_add(second.len()));
    hold(ahead.min(limit))?;
    let mut whole = BytesMut::with_capacity(ahead.min(limit));
    whole.extend_from_slice(&first);
    let mut next = Some(second);
    while let Some(piece) = next {
        if piece.len() > limit - whole.len() {
            return Err(too_large());
        }
        let room = whole.capacity();
        if piece.len() > room - whole.len() {
            // It grows by doubling.
            hold(room.max(piece.len()))?;
        }
        whole.extend_from_slice(&piece);
        next = within(pause, pieces.piece()).await?;
    }
    Ok(whole.freeze())
}

async fn within<T>(limit: Option<Duration>, work: impl Future<Output = Result<T>>) -> Result<T> {
    match limit {
        None => work.await,
        Some(limit) => match tokio::time::timeout(limit, work).await {
            Ok(result) => result,
            Err(_elapsed) => Err(Error::answered(ErrorKind::Timeout {
                phase: Phase::Body,
                limit,
            })),
        },
    }
}

/// Whether a status is an answer that callers understand; all others become errors by
/// [`refusal`].
pub(super) fn is_answer(status: StatusCode) -> bool {
    status.is_success() || status == StatusCode::NOT_MODIFIED
}

/// Makes the error of an answer that is one, reading its body for the message.
pub(super) async fn refusal(
    status: StatusCode,
    pieces: &mut impl Pieces,
    memory: Option<&Holding>,
) -> Error {
    if !status.is_client_error() && !status.is_server_error() {
        return Error::protocol(format!("the engine answered with the status {status}"));
    }
    let mut body = BytesMut::new();
    // Whatever becomes of the body, the status has been told.
    let reading = async {
        while let Ok(Some(piece)) = pieces.piece().await {
            let room = MAX_ERROR_BODY - body.len();
            let kept = room.min(piece.len());
            if memory.is_some_and(|memory| memory.add(kept).is_err()) {
                break;
            }
            body.extend_from_slice(piece.get(..room).unwrap_or(&piece));
            if body.len() == MAX_ERROR_BODY {
                break;
            }
        }
    };
    let _ = tokio::time::timeout(ERROR_BODY_TIMEOUT, reading).await;
    Error::answered(ErrorKind::Status {
        status,
        message: message(status, &body),
    })
}

/// The words of an error: the engine's JSON, else the text, else the status.
fn message(status: StatusCode, body: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Told {
        message: String,
    }
    let mut text = match serde_json::from_slice::<Told>(body) {
        Ok(told) => told.message,
        Err(_) => String::from_utf8_lossy(body).into_owned(),
    };
    let start = text.len() - text.trim_start().len();
    text.truncate(text.trim_end().len().max(start));
    text.drain(..start);
    let is_page = text.starts_with("<!") || text.starts_with("<html");
    if text.is_empty() || is_page {
        return status
            .canonical_reason()
            .unwrap_or("unknown status")
            .to_ascii_lowercase();
    }
    if text.len() > MAX_MESSAGE {
        let end = text.floor_char_boundary(MAX_MESSAGE);
        text.truncate(end);
        text.push_str("...");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(body: &[u8]) -> String {
        message(StatusCode::NOT_FOUND, body)
    }

    #[test]
    fn an_engine_is_quoted() {
        assert_eq!(
            told(br#"{"message":"no such container: x"}"#),
            "no such container: x"
        );
        let podman = br#"{"cause":"no such container","message":"no container x","response":404}"#;
        assert_eq!(told(podman), "no container x");
    }

    #[test]
    fn other_texts_are_taken_as_they_are() {
        assert_eq!(told(b"page not found\n"), "page not found");
        assert_eq!(told(b"  {\"message\":1} "), "{\"message\":1}");
        assert_eq!(told(b"bad \xff byte"), "bad \u{fffd} byte");
    }

    #[test]
    fn where_there_are_no_words_the_status_speaks() {
        for body in [
            &b""[..],
            b" \r\n",
            br#"{"message":""}"#,
            b"<html><body>x",
            b"<!DOCTYPE html>",
        ] {
            assert_eq!(told(body), "not found", "{body:?}");
        }
        let strange = StatusCode::from_u16(499).expect("a status");
        assert_eq!(message(strange, b""), "unknown status");
    }

    #[test]
    fn messages_are_bounded() {
        let long = "\u{e9}".repeat(MAX_MESSAGE);
        let message = told(long.as_bytes());
        assert!(message.len() <= MAX_MESSAGE + 3 && message.ends_with("..."));
    }
}
