//! Logs of a container.

use std::borrow::Cow;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures::StreamExt;
use futures::stream::{FusedStream, Stream};
use wit_bindgen::StreamReader;

use super::{Container, LogChunk, OutputStream};
use crate::bindings::engine::containers as wit;
use crate::call::{Call, awaits};
use crate::error::{Error, ErrorKind, Result};
use crate::lines::{Piece, Splitter};
use crate::stream::{self, Items};
use crate::timestamp::Timestamp;

/// How many pieces are read at a time: more gain nothing, and the buffer takes 32 bytes for each.
const BATCH: usize = 256;

/// Logs to be read: [`Container::logs`]. Gives a [`LogStream`].
#[derive(Debug)]
#[must_use = "nothing is sent before it is awaited"]
pub struct Logs {
    call: Call<(Container, wit::LogsOptions), Result<LogStream>>,
}

impl Logs {
    pub(super) fn new(container: &Container) -> Self {
        let options = wit::LogsOptions {
            stdout: true,
            stderr: true,
            follow: false,
            since: None,
            until: None,
            timestamps: false,
            tail: None,
            details: false,
        };
        Self {
            call: Call::new((container.clone(), options)),
        }
    }

    /// Whether to read what it writes to standard output; otherwise it is read.
    pub const fn stdout(mut self, stdout: bool) -> Self {
        self.call.options.1.stdout = stdout;
        self
    }

    /// Whether to read what it writes to standard error; otherwise it is read.
    pub const fn stderr(mut self, stderr: bool) -> Self {
        self.call.options.1.stderr = stderr;
        self
    }

    /// Stay, and tell what is written from now on until it ends.
    pub const fn follow(mut self) -> Self {
        self.call.options.1.follow = true;
        self
    }

    /// Only what was written at or after this moment.
    pub fn since(mut self, moment: impl Into<Timestamp>) -> Self {
        self.call.options.1.since = Some(moment.into());
        self
    }

    /// Only what was written before this moment.
    pub fn until(mut self, moment: impl Into<Timestamp>) -> Self {
        self.call.options.1.until = Some(moment.into());
        self
    }

    /// Put the moment, as RFC 3339 with nanoseconds, and a space before each line.
    pub const fn timestamps(mut self, timestamps: bool) -> Self {
        self.call.options.1.timestamps = timestamps;
        self
    }

    /// Only the last so many lines.
    pub const fn tail(mut self, lines: u64) -> Self {
        self.call.options.1.tail = Some(lines);
        self
    }

    /// Put the attributes that the log driver was told to keep before each line.
    pub const fn details(mut self, details: bool) -> Self {
        self.call.options.1.details = details;
        self
    }
}

awaits!(Logs => Result<LogStream>, |(container, options)| async move {
    let (chunks, end) = container.handle().logs(options).await?;
    Ok(LogStream { items: Items::new(chunks, stream::end(end), BATCH) })
});

/// A container's output, piece by piece as it comes: a [`Stream`] of [`LogChunk`]s.
///
/// It is complete if it ends without an error. `next()` may be dropped at any time, by a timeout or a lost race: nothing is
/// lost by it. Dropping the stream ends the call at the engine at once.
#[must_use = "a stream does nothing unless it is read"]
pub struct LogStream {
    items: Items<StreamReader<LogChunk>>,
}

impl LogStream {
    /// The same line by line. A line that came in several pieces is put together again, for each of the two streams by
    /// itself.
    pub fn lines(self) -> LogLines {
        LogLines::new(self)
    }

    /// All of it, both streams in the order in which they came, if that is at most `limit` bytes.
    ///
    /// ```no_run
    /// # async fn f(job: dockwit::Container) -> dockwit::Result<()> {
    /// let output = job.logs().stderr(false).await?.read_to_end(1 << 20).await?;
    /// println!("{}", String::from_utf8_lossy(&output));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The error that the stream ended with; `quota` if there is more than `limit`.
    pub async fn read_to_end(mut self, limit: usize) -> Result<Vec<u8>> {
        let mut output = Vec::new();
        while let Some(chunk) = self.next().await {
            let data = chunk?.data;
            if data.len() > limit - output.len() {
                return Err(too_much(limit));
            }
            output.extend(data);
        }
        Ok(output)
    }

    /// All of it as text, as [`read_to_end`](Self::read_to_end) reads it; what isn't UTF-8 is replaced.
    ///
    /// # Errors
    /// Those of [`read_to_end`](Self::read_to_end).
    pub async fn read_to_string(self, limit: usize) -> Result<String> {
        let output = self.read_to_end(limit).await?;
        Ok(String::from_utf8(output)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
    }
}

fn too_much(limit: usize) -> Error {
    Error::new(
        ErrorKind::Quota,
        "container.logs",
        format!("there are more than {limit} bytes"),
    )
    .with("limit", limit)
}

impl Stream for LogStream {
    type Item = Result<LogChunk>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.items.poll_next_unpin(cx)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.items.size_hint()
    }
}

impl FusedStream for LogStream {
    fn is_terminated(&self) -> bool {
        self.items.is_terminated()
    }
}

impl fmt::Debug for LogStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.items.fmt(f)
    }
}

/// A line of a container's output. Any bytes, not only UTF-8; printed, what isn't is replaced.
#[derive(Clone, Debug, PartialEq)]
pub struct LogLine {
    /// Where it came from.
    pub stream: OutputStream,
    /// The bytes, without the line's end. At most [`MAX_LINE_BYTES`](crate::MAX_LINE_BYTES); a longer line comes in parts.
    pub data: Vec<u8>,
}

impl LogLine {
    /// The bytes as text; what isn't UTF-8 is replaced.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.data)
    }

    /// Whether it was written to standard error.
    #[must_use]
    pub const fn is_stderr(&self) -> bool {
        matches!(self.stream, OutputStream::Stderr)
    }
}

impl fmt::Display for LogLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

/// A container's output, line by line: a [`Stream`] of [`LogLine`]s. Had by [`LogStream::lines`].
///
/// If the stream ends with an error, the lines that were complete come first, then what there was of the last one, then the
/// error.
#[derive(Debug)]
#[must_use = "a stream does nothing unless it is read"]
pub struct LogLines<S = LogStream> {
    chunks: S,
    /// The piece that is taken apart, and where it came from.
    piece: (OutputStream, Piece),
    stdout: Splitter,
    stderr: Splitter,
    console: Splitter,
    /// How the pieces ended, until that is told.
    end: Option<Option<Error>>,
}

impl<S> LogLines<S> {
    fn new(chunks: S) -> Self {
        Self {
            chunks,
            piece: (OutputStream::Stdout, Piece::default()),
            stdout: Splitter::default(),
            stderr: Splitter::default(),
            console: Splitter::default(),
            end: None,
        }
    }

    /// The next line that ends in the piece.
    fn line(&mut self) -> Option<LogLine> {
        let (stream, piece) = &mut self.piece;
        let splitter = match stream {
            OutputStream::Stdout => &mut self.stdout,
            OutputStream::Stderr => &mut self.stderr,
            OutputStream::Console => &mut self.console,
        };
        let data = splitter.next(piece)?;
        let stream = *stream;
        Some(LogLine { stream, data })
    }

    /// The start of a line that had no end.
    fn rest(&mut self) -> Option<LogLine> {
        let rests = [
            (OutputStream::Stdout, &mut self.stdout),
            (OutputStream::Stderr, &mut self.stderr),
            (OutputStream::Console, &mut self.console),
        ];
        rests.into_iter().find_map(|(stream, splitter)| {
            let data = splitter.finish()?;
            Some(LogLine { stream, data })
        })
    }
}

impl<S: Stream<Item = Result<LogChunk>> + Unpin> Stream for LogLines<S> {
    type Item = Result<LogLine>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(line) = self.line() {
                return Poll::Ready(Some(Ok(line)));
            }
            if self.end.is_some()
                && let Some(rest) = self.rest()
            {
                return Poll::Ready(Some(Ok(rest)));
            }
            if let Some(end) = &mut self.end {
                return Poll::Ready(end.take().map(Err));
            }
            match ready!(self.chunks.poll_next_unpin(cx)) {
                Some(Ok(chunk)) => self.piece = (chunk.stream, chunk.data.into()),
                Some(Err(error)) => self.end = Some(Some(error)),
                None => self.end = Some(None),
            }
        }
    }
}

impl<S: Stream<Item = Result<LogChunk>> + Unpin> FusedStream for LogLines<S> {
    fn is_terminated(&self) -> bool {
        let partial = [&self.stdout, &self.stderr, &self.console];
        self.piece.1.is_used_up()
            && partial.into_iter().all(Splitter::is_empty)
            && matches!(self.end, Some(None))
    }
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;

    use super::*;

    fn chunk(stream: OutputStream, data: &[u8]) -> Result<LogChunk> {
        Ok(LogChunk {
            stream,
            data: data.to_vec(),
        })
    }

    fn lines(chunks: Vec<Result<LogChunk>>) -> Vec<String> {
        let lines = LogLines::new(futures::stream::iter(chunks));
        let print = |line: Result<LogLine>| match line {
            Ok(line) => format!("{}{line}", if line.is_stderr() { "!" } else { "" }),
            Err(error) => error.to_string(),
        };
        block_on(lines.map(print).collect())
    }

    #[test]
    fn the_two_streams_do_not_mix_in_a_line() {
        use OutputStream::{Stderr, Stdout};
        let chunks = vec![
            chunk(Stdout, b"one "),
            chunk(Stderr, b"bad\nworse"),
            chunk(Stdout, b"two\nthree"),
        ];
        assert_eq!(lines(chunks), ["!bad", "one two", "three", "!worse"]);
    }

    #[test]
    fn an_error_comes_last_and_once() {
        let chunks = vec![
            chunk(OutputStream::Console, b"a\r\nb"),
            Err(Error::new(ErrorKind::Unavailable, "container.logs", "gone")),
        ];
        assert_eq!(
            lines(chunks),
            ["a", "b", "unavailable: container.logs: gone"]
        );
    }

    #[test]
    fn bytes_that_are_no_text_are_kept() {
        let mut lines = LogLines::new(futures::stream::iter([chunk(
            OutputStream::Stdout,
            b"\xff\n",
        )]));
        let line = block_on(lines.next())
            .expect("there is a line")
            .expect("it is no error");
        assert_eq!(
            (line.data.as_slice(), line.text()),
            (&b"\xff"[..], "\u{fffd}".into())
        );
        assert!(block_on(lines.next()).is_none() && lines.is_terminated());
    }
}
