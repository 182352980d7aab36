//! Standard input, read without holding up the rest of the plugin.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures::StreamExt;
use futures::stream::{FusedStream, Stream};
use wit_bindgen::StreamReader;

use crate::bindings::wasi::{self, ErrorCode};
use crate::error::{Error, ErrorKind, Result};
use crate::lines::{Piece, Splitter};
use crate::native;
use crate::stream::{self, Batches};

/// How many bytes are read at a time: a pipe of Linux holds no more.
const BATCH: usize = 64 << 10;

/// The plugin's standard input. `std::io::stdin` stops the whole plugin while it waits, its calls and streams with it; this
/// doesn't.
///
/// ```no_run
/// # async fn f() -> dockwit::Result<()> {
/// use dockwit::TryStreamExt;
///
/// let mut lines = dockwit::stdin().lines();
/// while let Some(name) = lines.try_next().await? {
///     println!("asked for {name}");
/// }
/// # Ok(())
/// # }
/// ```
pub fn stdin() -> Stdin {
    native::needs_host();
    let (bytes, end) = wasi::stdin::read_via_stream();
    Stdin {
        batches: Batches::new(bytes, stream::end(end), BATCH),
    }
}

/// Standard input as a [`Stream`] of pieces, none of them empty: [`stdin`].
///
/// `next()` may be dropped at any time: nothing is lost by it. What was read when the stream itself is dropped is gone.
#[must_use = "a stream does nothing unless it is read"]
pub struct Stdin {
    batches: Batches<StreamReader<u8>>,
}

impl Stdin {
    /// The same line by line.
    pub fn lines(self) -> StdinLines {
        StdinLines {
            pieces: self,
            piece: Piece::default(),
            splitter: Splitter::default(),
            end: None,
        }
    }

    /// All of it, if that is at most `limit` bytes.
    ///
    /// # Errors
    /// The error that reading ended with; `quota` if there is more than `limit`.
    pub async fn read_to_end(mut self, limit: usize) -> Result<Vec<u8>> {
        let mut input = Vec::new();
        while let Some(piece) = self.next().await {
            let piece = piece?;
            if piece.len() > limit - input.len() {
                let message = format!("there are more than {limit} bytes");
                return Err(Error::new(ErrorKind::Quota, OP, message).with("limit", limit));
            }
            input.extend(piece);
        }
        Ok(input)
    }
}

const OP: &str = "stdin";

impl Stream for Stdin {
    type Item = Result<Vec<u8>>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut piece = Vec::new();
        let outcome = ready!(self.batches.poll_batch(cx, &mut piece));
        piece.shrink_to_fit();
        Poll::Ready(outcome.map(|result| result.map(|()| piece)))
    }
}

impl FusedStream for Stdin {
    fn is_terminated(&self) -> bool {
        self.batches.is_over()
    }
}

impl fmt::Debug for Stdin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.batches.fmt(f)
    }
}

/// Standard input, line by line and without the lines' ends: a [`Stream`] of texts. Had by [`Stdin::lines`].
///
/// What isn't UTF-8 is replaced; a line longer than [`MAX_LINE_BYTES`](crate::MAX_LINE_BYTES) comes in parts. If reading
/// ends with an error, it comes after all that was read.
#[derive(Debug)]
#[must_use = "a stream does nothing unless it is read"]
pub struct StdinLines {
    pieces: Stdin,
    /// What is taken apart.
    piece: Piece,
    splitter: Splitter,
    /// How the pieces ended, until that is told.
    end: Option<Option<Error>>,
}

impl Stream for StdinLines {
    type Item = Result<String>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            if let Some(line) = this.splitter.next(&mut this.piece) {
                return Poll::Ready(Some(Ok(text(line))));
            }
            if let Some(end) = &mut this.end {
                if let Some(rest) = this.splitter.finish() {
                    return Poll::Ready(Some(Ok(text(rest))));
                }
                return Poll::Ready(end.take().map(Err));
            }
            match ready!(this.pieces.poll_next_unpin(cx)) {
                Some(Ok(piece)) => this.piece = piece.into(),
                rest => this.end = Some(rest.and_then(Result::err)),
            }
        }
    }
}

impl FusedStream for StdinLines {
    fn is_terminated(&self) -> bool {
        self.piece.is_used_up() && self.splitter.is_empty() && matches!(self.end, Some(None))
    }
}

fn text(line: Vec<u8>) -> String {
    String::from_utf8(line)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

impl From<ErrorCode> for Error {
    fn from(code: ErrorCode) -> Self {
        let message = match code {
            ErrorCode::Io => "standard input can't be read",
            ErrorCode::IllegalByteSequence => "standard input holds an illegal byte sequence",
            ErrorCode::Pipe => "standard input broke off",
        };
        Self::new(ErrorKind::Other("io".into()), OP, message)
    }
}
