//! The framing of logs, attach and exec: where a piece of output comes from.
//!
//! Without a terminal an engine sends frames: eight bytes, the first of which names the stream
//! and the last four the payload's size (big endian), and then the payload. With a terminal there
//! are no frames. Which it is follows from the container's or the exec's own setting, never from
//! the bytes and not reliably from the answer's type.

use bytes::{Buf, Bytes, BytesMut};

use super::batch::{Batches, Decoder};
use super::error::{Error, ErrorKind, Result};
use super::stream::BodyStream;

/// The largest piece of output that is handed on, in bytes. A frame up to this size is never cut, however it came; a larger
/// one, and a header may say 4 GiB, is cut into pieces of it, so that no more than one piece is ever kept. Engines make
/// frames of up to 16 or 32 KiB.
pub const MAX_PIECE: usize = 64 << 10;

/// The size of a frame's header, in bytes.
const HEADER: usize = 8;

/// How much of an engine's error in the middle of a stream is kept, in bytes.
const MAX_STREAM_ERROR: usize = 8 << 10;

/// The items of a flowing answer of output.
pub type Frames = Batches<BodyStream, FrameDecoder>;

/// Whether output comes in frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Framing {
    /// In frames: there is no terminal.
    Multiplexed,
    /// As the terminal has it.
    Console,
}

/// Where a piece of output comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Channel {
    /// What was typed, echoed.
    Stdin,
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
    /// A terminal, where both outputs are one.
    Console,
}

/// A piece of output. It is neither a line nor whole characters.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "this is all that the format has")]
pub struct Frame {
    /// Where it comes from.
    pub channel: Channel,
    /// The bytes, never none and at most [`MAX_PIECE`].
    pub data: Bytes,
}

/// Takes output apart.
///
/// Frames of one channel that came together are one piece: engines make one of each line, and to hand on each by itself costs
/// more than all the rest. A frame that came alone is handed on without being copied. Frames without payload are skipped.
/// Fails with `Protocol` at what can't be a header and at an end within a frame, and with `Stream` where the engine sends an
/// error among the output.
#[derive(Debug)]
pub struct FrameDecoder {
    framing: Framing,
    input: Bytes,
    state: State,
    /// The start of a payload that has come in several pieces.
    joined: BytesMut,
}

#[derive(Debug)]
enum State {
    Header {
        bytes: [u8; HEADER],
        have: usize,
    },
    Payload {
        channel: Channel,
        left: u32,
    },
    /// The engine's own words, of which only so much is kept.
    EngineError {
        left: u32,
    },
}

const START: State = State::Header {
    bytes: [0; HEADER],
    have: 0,
};

impl FrameDecoder {
    /// A decoder at the start of an answer.
    pub fn new(framing: Framing) -> Self {
        Self {
            framing,
            input: Bytes::new(),
            state: START,
            joined: BytesMut::new(),
        }
    }

    /// Takes the whole frames of one channel that the input begins with, if they are several.
    fn several(&mut self) -> Option<Frame> {
        let (channel, ..) = whole_frame(&self.input)?;
        let (mut count, mut size) = (0, 0);
        for payload in payloads(channel, &self.input) {
            if size + payload.len() > MAX_PIECE {
                break;
            }
            count += 1;
            size += payload.len();
        }
        if count < 2 || size == 0 {
            return None;
        }
        let mut data = Vec::with_capacity(size);
        for payload in payloads(channel, &self.input).take(count) {
            data.extend_from_slice(payload);
        }
        self.input.advance(count * HEADER + size);
        let data = data.into();
        Some(Frame { channel, data })
    }

    /// Completes a header, and says whether it could.
    fn header(&mut self) -> Result<bool> {
        let State::Header { bytes, have } = &mut self.state else {
            return Ok(true);
        };
        let missing = bytes.get_mut(*have..).unwrap_or_default();
        let count = missing.len().min(self.input.len());
        for (to, from) in missing.iter_mut().zip(&self.input) {
            *to = *from;
        }
        self.input.advance(count);
        *have += count;
        if *have < HEADER {
            return Ok(false);
        }
        self.state = parse(*bytes)?;
        Ok(true)
    }

    /// The next piece of a payload of which `left` bytes are to come.
    fn payload(&mut self, channel: Channel, left: u32) -> Option<Frame> {
        let whole = piece_of(left);
        let data = if self.joined.is_empty() && self.input.len() >= whole {
            self.input.split_to(whole)
        } else {
            if self.joined.is_empty() && !self.input.is_empty() {
                self.joined.reserve(whole);
            }
            self.join(whole);
            if self.joined.len() < whole {
                return None;
            }
            self.joined.split().freeze()
        };
        self.state = match left.saturating_sub(u32::try_from(whole).unwrap_or(left)) {
            0 => START,
            left => State::Payload { channel, left },
        };
        Some(Frame { channel, data })
    }

    /// Moves input to what is joined, until that has `size` bytes.
    fn join(&mut self, size: usize) {
        let count = size.saturating_sub(self.joined.len()).min(self.input.len());
        self.joined.extend_from_slice(&self.input.split_to(count));
    }

    /// Reads on in an engine's error, and returns it when it is whole.
    fn engine_error(&mut self, left: u32) -> Option<Error> {
        let count = self
            .input
            .len()
            .min(usize::try_from(left).unwrap_or(usize::MAX));
        let mut part = self.input.split_to(count);
        part.truncate(MAX_STREAM_ERROR.saturating_sub(self.joined.len()));
        self.joined.extend_from_slice(&part);
        let left = left.saturating_sub(u32::try_from(count).unwrap_or(left));
        self.state = State::EngineError { left };
        (left == 0).then(|| self.told())
    }

    fn told(&mut self) -> Error {
        let text = String::from_utf8_lossy(&self.joined);
        let text = match text.trim() {
            "" => "the engine reported an error without a message",
            text => text,
        };
        Error::answered(ErrorKind::Stream(text.to_owned()))
    }

    fn console(&mut self) -> Option<Frame> {
        if self.input.is_empty() {
            return None;
        }
        let data = self.input.split_to(self.input.len().min(MAX_PIECE));
        Some(Frame {
            channel: Channel::Console,
            data,
        })
    }
}

impl Decoder for FrameDecoder {
    type Item = Frame;

    fn feed(&mut self, piece: Bytes) {
        debug_assert!(
            self.input.is_empty(),
            "the piece before must have been used up"
        );
        self.input = piece;
    }

    fn next(&mut self) -> Result<Option<Frame>> {
        if self.framing == Framing::Console {
            return Ok(self.console());
        }
        loop {
            match self.state {
                State::Header { have, .. } => {
                    if have == 0
                        && let Some(frame) = self.several()
                    {
                        return Ok(Some(frame));
                    }
                    if !self.header()? {
                        return Ok(None);
                    }
                }
                State::Payload { left: 0, .. } => self.state = START,
                State::Payload { channel, left } => return Ok(self.payload(channel, left)),
                State::EngineError { left } => {
                    return match self.engine_error(left) {
                        Some(error) => Err(error),
                        None => Ok(None),
                    };
                }
            }
        }
    }

    fn finish(&mut self) -> Result<Option<Frame>> {
        match self.state {
            State::Header { have: 0, .. } | State::Payload { left: 0, .. } => Ok(None),
            State::Payload { channel, .. } if !self.joined.is_empty() => {
                let data = self.joined.split().freeze();
                Ok(Some(Frame { channel, data }))
            }
            State::EngineError { .. } => Err(self.told()),
            _ => Err(Error::protocol("the engine's output ends within a frame")),
        }
    }

    fn kept(&self) -> usize {
        self.joined.capacity()
    }

    fn size(frame: &Frame) -> usize {
        frame.data.len()
    }
}

/// The payloads of the whole frames of a channel that `input` begins with.
fn payloads(channel: Channel, mut input: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (of, payload, rest) = whole_frame(input)?;
        input = rest;
        (of == channel).then_some(payload)
    })
}

/// The frame that `input` begins with, if all of it is there: its channel, its payload, and what follows.
fn whole_frame(input: &[u8]) -> Option<(Channel, &[u8], &[u8])> {
    let (header, rest) = input.split_first_chunk()?;
    let Ok(State::Payload { channel, left }) = parse(*header) else {
        return None;
    };
    let (payload, rest) = rest.split_at_checked(usize::try_from(left).ok()?)?;
    Some((channel, payload, rest))
}

/// The size of the next piece when so much of a payload is left.
fn piece_of(left: u32) -> usize {
    usize::try_from(left).unwrap_or(usize::MAX).min(MAX_PIECE)
}

fn parse(header: [u8; HEADER]) -> Result<State> {
    let [kind, 0, 0, 0, a, b, c, d] = header else {
        return Err(no_header(header));
    };
    let left = u32::from_be_bytes([a, b, c, d]);
    let channel = match kind {
        0 => Channel::Stdin,
        1 => Channel::Stdout,
        2 => Channel::Stderr,
        3 => return Ok(State::EngineError { left }),
        _ => return Err(no_header(header)),
    };
    Ok(State::Payload { channel, left })
}

fn no_header(header: [u8; HEADER]) -> Error {
    Error::protocol(format!(
        "no frame of output begins with the bytes {header:02x?}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
        let size = u32::try_from(payload.len()).expect("a small payload");
        [&[kind, 0, 0, 0][..], &size.to_be_bytes(), payload].concat()
    }

    /// Decodes pieces to the end, with what came before an error.
    fn decode<'a>(
        framing: Framing,
        pieces: impl IntoIterator<Item = &'a [u8]>,
    ) -> (Vec<Frame>, Result<()>) {
        let mut decoder = FrameDecoder::new(framing);
        let mut frames = Vec::new();
        let result = (|| {
            for piece in pieces {
                decoder.feed(Bytes::copy_from_slice(piece));
                while let Some(frame) = decoder.next()? {
                    frames.push(frame);
                }
            }
            while let Some(frame) = decoder.finish()? {
                frames.push(frame);
            }
            Ok(())
        })();
        (frames, result)
    }

    /// The same with what follows each other on a channel as one.
    fn together(frames: impl IntoIterator<Item = (u8, Vec<u8>)>) -> Vec<(u8, Vec<u8>)> {
        let mut joined: Vec<(u8, Vec<u8>)> = Vec::new();
        for (channel, data) in frames.into_iter().filter(|(_, data)| !data.is_empty()) {
            match joined.last_mut() {
                Some((of, before)) if *of == channel => before.extend(data),
                _ => joined.push((channel, data)),
            }
        }
        joined
    }

    fn some_output() -> (Vec<u8>, Vec<Frame>) {
        let expected = vec![
            Frame {
                channel: Channel::Stdout,
                data: Bytes::from_static(b"out\n"),
            },
            Frame {
                channel: Channel::Stderr,
                data: Bytes::from_static(b"e\xffr\n"),
            },
            Frame {
                channel: Channel::Stdin,
                data: Bytes::from_static(b"i"),
            },
            Frame {
                channel: Channel::Stdout,
                data: Bytes::from_static(b"last"),
            },
        ];
        let wire = [
            frame(1, b"out\n"),
            frame(2, b"e\xffr\n"),
            frame(1, b""),
            frame(0, b"i"),
            frame(1, b"last"),
        ];
        (wire.concat(), expected)
    }

    #[test]
    fn frames_are_the_same_wherever_they_are_cut() {
        let (wire, expected) = some_output();
        for at in 0..=wire.len() {
            let (left, right) = wire.split_at(at);
            let (frames, result) = decode(Framing::Multiplexed, [left, right]);
            result.expect("whole frames");
            assert_eq!(frames, expected, "cut at {at}");
        }
        for size in 1..=wire.len() {
            let (frames, result) = decode(Framing::Multiplexed, wire.chunks(size));
            result.expect("whole frames");
            assert_eq!(frames, expected, "in pieces of {size}");
        }
    }

    #[test]
    fn an_end_within_a_frame_is_told_after_what_came() {
        let (wire, expected) = some_output();
        let ends: Vec<usize> = [0, 12, 24, 32, 41, 53].into();
        for at in 0..wire.len() {
            let (frames, result) = decode(Framing::Multiplexed, [wire.get(..at).expect("a part")]);
            assert_eq!(result.is_ok(), ends.contains(&at), "cut at {at}");
            let bytes = |frames: &[Frame]| frames.iter().flat_map(|f| f.data.to_vec()).collect();
            let (all, got): (Vec<u8>, Vec<u8>) = (bytes(&expected), bytes(&frames));
            assert!(all.starts_with(&got), "cut at {at}");
        }
    }

    #[test]
    fn a_payload_in_one_piece_is_not_copied() {
        let piece = Bytes::from([frame(1, b"abc"), frame(2, b"def")].concat());
        let mut decoder = FrameDecoder::new(Framing::Multiplexed);
        decoder.feed(piece.clone());
        for at in [8, 19] {
            let frame = decoder.next().expect("readable").expect("a frame");
            assert_eq!(frame.data.as_ptr(), piece.slice(at..).as_ptr());
        }
    }

    #[test]
    fn frames_of_a_channel_that_came_together_are_one_piece() {
        let line = [b'x'; 999];
        let wire = [
            frame(1, b"a\n"),
            frame(1, b""),
            frame(1, b"b"),
            frame(2, b"c"),
            frame(1, &line).repeat(100),
            frame(1, b"last").split_at(10).0.to_vec(),
        ];
        let (frames, result) = decode(Framing::Multiplexed, [&wire.concat()[..]]);
        result.expect_err("the last one isn't whole");
        let sizes: Vec<_> = frames.iter().map(|f| (f.channel, f.data.len())).collect();
        let fit = MAX_PIECE / line.len() * line.len();
        let out = |size| (Channel::Stdout, size);
        let expected = [
            out(3),
            (Channel::Stderr, 1),
            out(fit),
            out(99_900 - fit),
            out(2),
        ];
        assert_eq!(sizes, expected);
    }

    #[test]
    fn a_frame_of_4_gib_is_handed_on_in_pieces_with_flat_memory() {
        let mut decoder = FrameDecoder::new(Framing::Multiplexed);
        decoder.feed(Bytes::from_static(&[1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]));
        assert_eq!(decoder.next().expect("readable"), None);
        let piece = Bytes::from(vec![7; 50_000]);
        let mut total = 0_u64;
        while total < u64::from(u32::MAX) {
            decoder.feed(piece.clone());
            while let Ok(Some(frame)) = decoder.next() {
                assert!(frame.data.len() <= MAX_PIECE);
                total += frame.data.len() as u64;
                if total == u64::from(u32::MAX) {
                    break;
                }
            }
            assert!(decoder.joined.capacity() <= 2 * MAX_PIECE);
        }
        assert_eq!(total, u64::from(u32::MAX));
    }

    #[test]
    fn what_is_no_header_is_an_error() {
        for wire in [
            &[4, 0, 0, 0, 0, 0, 0, 0][..],
            &[1, 0, 1, 0, 0, 0, 0, 0],
            b"plain text",
        ] {
            let (frames, result) = decode(Framing::Multiplexed, [wire]);
            assert!(frames.is_empty());
            let error = result.expect_err("no header");
            assert!(matches!(error.kind(), ErrorKind::Protocol(_)), "{error}");
        }
    }

    #[test]
    fn an_error_of_the_engine_is_one_after_what_came_before() {
        let long = vec![b'x'; 100_000];
        for (payload, told) in [
            (&b"disk gone\n"[..], "disk gone"),
            (b"", "without a"),
            (&long, "xx"),
        ] {
            let wire = [frame(1, b"a"), frame(3, payload), frame(1, b"b")].concat();
            for size in [1, 7, wire.len()] {
                let (frames, result) = decode(Framing::Multiplexed, wire.chunks(size));
                assert_eq!(frames.len(), 1);
                let error = result.expect_err("the engine's error");
                assert!(matches!(error.kind(), ErrorKind::Stream(_)));
                assert!(error.to_string().contains(told), "{error}");
                assert!(error.to_string().len() <= MAX_STREAM_ERROR);
            }
        }
    }

    #[test]
    fn a_terminal_has_no_frames() {
        let bytes = [1, 0, 0, 0, 0, 0, 0, 9, b'\r', b'\n'];
        let (frames, result) = decode(Framing::Console, [&bytes[..], &[], &[0; MAX_PIECE + 1]]);
        result.expect("any bytes");
        let sizes: Vec<_> = frames.iter().map(|f| (f.channel, f.data.len())).collect();
        let console = |size| (Channel::Console, size);
        assert_eq!(sizes, [console(10), console(MAX_PIECE), console(1)]);
    }

    proptest::proptest! {
        #[test]
        fn any_frames_in_any_pieces(
            sent in proptest::collection::vec((0_u8..3, proptest::collection::vec(0_u8.., 0..300)), 0..20),
            cuts in proptest::collection::vec(1_usize..200, 1..20),
        ) {
            let mut wire: Vec<u8> = sent.iter().flat_map(|(kind, data)| frame(*kind, data)).collect();
            let mut pieces = Vec::new();
            for size in cuts.into_iter().cycle() {
                if wire.is_empty() {
                    break;
                }
                let rest = wire.split_off(size.min(wire.len()));
                pieces.push(std::mem::replace(&mut wire, rest));
            }
            let (frames, result) = decode(Framing::Multiplexed, pieces.iter().map(Vec::as_slice));
            proptest::prop_assert!(result.is_ok());
            proptest::prop_assert!(frames.iter().all(|frame| !frame.data.is_empty()));
            let got = frames.into_iter().map(|f| (f.channel as u8, f.data.to_vec()));
            proptest::prop_assert_eq!(together(got), together(sent));
        }

        #[test]
        fn no_bytes_make_it_panic(
            pieces in proptest::collection::vec(proptest::collection::vec(0_u8..6, 0..40), 0..20),
        ) {
            let _ = decode(Framing::Multiplexed, pieces.iter().map(Vec::as_slice));
        }
    }
}
