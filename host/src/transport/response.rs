//! Answers that are read to their end, and errors.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use hyper::{HeaderMap, StatusCode};
use serde::Deserialize;

use super::budget::Holding;
use super::error::{Error, ErrorKind, Phase, Result};
use super::wire::Exchange;

/// How much of an error's body is read, in bytes: engines send less than one KiB, a proxy's page
/// may have some more.
const MAX_ERROR_BODY: usize = 64 << 10;

/// How long an error's body is waited for once its status has come.
const ERROR_BODY_TIMEOUT: Duration = Duration::from_secs(5);

/// The longest message of an error, in bytes. It ends up in a plugin's memory and in logs.
const MAX_MESSAGE: usize = 8 << 10;

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

/// Reads a body to its end, each piece within `pause`.
///
/// What it takes of memory is held as that grows, whatever length was announced.
pub(super) async fn read_all(
    exchange: &mut Exchange,
    limit: usize,
    pause: Option<Duration>,
    memory: Option<&Holding>,
) -> Result<Bytes> {
    let check = |length| match length > limit {
        false => Ok(()),
        true => Err(Error::answered(ErrorKind::TooLarge {
            what: "the engine's answer",
            limit,
        })),
    };
    check(usize::try_from(exchange.announced()).unwrap_or(usize::MAX))?;
    let (mut kept, mut held) = (0, 0);
    loop {
        let over = within(pause, exchange.read_on(&mut kept)).await?;
        let taken = exchange.memory().max(held);
        memory.map_or(Ok(()), |memory| memory.add(taken - held))?;
        held = taken;
        check(kept)?;
        if over {
            return Ok(exchange.take(kept));
        }
    }
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
    exchange: &mut Exchange,
    memory: Option<&Holding>,
) -> Error {
    if !status.is_client_error() && !status.is_server_error() {
        return Error::protocol(format!("the engine answered with the status {status}"));
    }
    let mut body = BytesMut::new();
    // Whatever becomes of the body, the status has been told.
    let reading = async {
        while let Ok(Some(piece)) = exchange.piece().await {
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
