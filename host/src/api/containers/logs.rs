//! What a container has written.

use bytes::Bytes;
use hyper::header::CONTENT_TYPE;

use super::Container;
use super::types::{LogChunk, LogsOptions, OutputStream};
use crate::api::stream::ItemStream;
use crate::api::{Error, Result};
use crate::transport::{
    self, ApiVersion, BodyStream, Channel, Decoder, Frame, FrameDecoder, Framing, HeadTimeout,
    Request,
};

/// From when on an answer's type says whether its output is in frames.
const TYPED_OUTPUT: ApiVersion = ApiVersion::new(1, 42);

/// The pieces of a container's logs. A piece is at most 64 KiB.
pub type LogStream = ItemStream<LogDecoder>;

impl Container<'_> {
    /// Reads its logs: `GET /containers/{id}/logs`. Returns at the head of the answer.
    ///
    /// Whether the output is that of a terminal follows from the answer's type; engines before API
    /// 1.42, and Podman, don't tell it there and are asked for the container's setting. No timeout
    /// applies once the stream flows, nor before API 1.42 to one that follows: Podman before 5 answers
    /// with the first output.
    ///
    /// Fails with `Invalid` if neither stream is asked for, with `Unsupported` if its log driver
    /// can't be read; with `Engine` on Podman.
    pub async fn logs(&self, options: &LogsOptions) -> Result<LogStream> {
        if !options.stdout && !options.stderr {
            return Err(Error::invalid("stdout", "neither stream is asked for"));
        }
        let older = self.client.api_version().await? < TYPED_OUTPUT;
        let framing = match older {
            true => Some(self.framing().await?),
            false => None,
        };
        let mut request = self.logs_request(options);
        if older && options.follow {
            // Podman before 5 answers when there is something to tell. That it is there, the setting has shown.
            request = request.head_timeout(HeadTimeout::Never);
        }
        let body = self.client.open(request).await?;
        let framing = match framing.or_else(|| framing_of(&body)) {
            Some(framing) => framing,
            None => self.framing().await?,
        };
        Ok(ItemStream::new(body, LogDecoder::new(framing)))
    }

    fn logs_request(&self, options: &LogsOptions) -> Request {
        let switches = [
            ("stdout", options.stdout),
            ("stderr", options.stderr),
            ("follow", options.follow),
            ("timestamps", options.timestamps),
            ("details", options.details),
        ];
        let values = [
            ("since", options.since.map(|moment| moment.to_query())),
            ("until", options.until.map(|moment| moment.to_query())),
            ("tail", options.tail.map(|lines| lines.to_string())),
        ];
        let mut request = self.at(Request::get("/containers/{id}/logs"));
        for (name, _) in switches.into_iter().filter(|(_, on)| *on) {
            request = request.query(name, "1");
        }
        for (name, value) in values {
            if let Some(value) = value {
                request = request.query(name, &value);
            }
        }
        request
    }

    /// Whether its output is in frames, by its own setting.
    async fn framing(&self) -> Result<Framing> {
        let client = self.client.beside();
        let details = client.container(&self.id).inspect(false).await?;
        Ok(match details.config()?.tty {
            true => Framing::Console,
            false => Framing::Multiplexed,
        })
    }
}

fn framing_of(body: &BodyStream) -> Option<Framing> {
    match body.headers().get(CONTENT_TYPE)?.as_bytes() {
        b"application/vnd.docker.raw-stream" => Some(Framing::Console),
        b"application/vnd.docker.multiplexed-stream" => Some(Framing::Multiplexed),
        _ => None,
    }
}

/// Takes an engine's output apart into pieces.
#[derive(Debug)]
pub struct LogDecoder {
    frames: FrameDecoder,
}

impl LogDecoder {
    pub(super) fn new(framing: Framing) -> Self {
        Self {
            frames: FrameDecoder::new(framing),
        }
    }
}

impl Decoder for LogDecoder {
    type Item = LogChunk;

    fn feed(&mut self, piece: Bytes) {
        self.frames.feed(piece);
    }

    fn next(&mut self) -> transport::Result<Option<LogChunk>> {
        Ok(self.frames.next()?.map(chunk))
    }

    fn finish(&mut self) -> transport::Result<Option<LogChunk>> {
        Ok(self.frames.finish()?.map(chunk))
    }

    fn kept(&self) -> usize {
        self.frames.kept()
    }

    fn size(chunk: &LogChunk) -> usize {
        chunk.data.len()
    }
}

fn chunk(Frame { channel, data }: Frame) -> LogChunk {
    let stream = match channel {
        // What was typed appears on standard output.
        Channel::Stdin | Channel::Stdout => OutputStream::Stdout,
        Channel::Stderr => OutputStream::Stderr,
        Channel::Console => OutputStream::Console,
    };
    LogChunk { stream, data }
}
