//! Streams of JSON values: stats, events, progress.
//!
//! Engines separate them by newlines, by `\r\n`, by nothing, or put 0x1E before each (RFC 7464).
//! Where a value begins and ends has nothing to do with the pieces it comes in.

use bytes::{Buf, Bytes, BytesMut};

use super::batch::{Batches, Decoder};
use super::error::{Error, ErrorKind, Result};
use super::stream::BodyStream;

/// The largest single value, in bytes: 4 MiB. The largest known, the statistics of a container
/// with many devices on a machine with many processors, have some ten KiB.
pub const MAX_VALUE: usize = 4 << 20;

/// How deep a value may be nested. Engines nest a dozen levels.
pub const MAX_DEPTH: usize = 64;

/// The values of a flowing answer of JSON.
pub type JsonValues = Batches<BodyStream, JsonDecoder>;

/// Finds where JSON values begin and end, and hands each on as bytes, uncopied if it came in one
/// piece.
///
/// It doesn't check what is between: whoever decodes a value does. Fails with `Protocol` where no
/// value can begin, at an end within a value and beyond [`MAX_DEPTH`], and with `TooLarge` beyond [`MAX_VALUE`].
#[derive(Debug, Default)]
pub struct JsonDecoder {
    input: Bytes,
    /// The start of a value that has come in several pieces.
    joined: BytesMut,
    place: Place,
}

/// Where in a value the input stands.
#[derive(Clone, Copy, Debug, Default)]
enum Place {
    #[default]
    Between,
    /// A number or a word, which ends where something else begins.
    Bare,
    /// Within brackets of this depth.
    Nested(usize),
    /// Within a string, within brackets of this depth.
    Text { depth: usize, escaped: bool },
}

impl JsonDecoder {
    /// A decoder at the start of an answer.
    pub fn new() -> Self {
        Self::default()
    }

    /// Goes to where the next value begins; says whether one does.
    fn begin(&mut self) -> Result<bool> {
        let gap = self
            .input
            .iter()
            .take_while(|&&byte| is_separator(byte))
            .count();
        self.input.advance(gap);
        // The bracket or the quotation mark itself is for `end` to count.
        self.place = match self.input.first() {
            None => return Ok(false),
            Some(b'{' | b'[' | b'"') => Place::Nested(0),
            Some(b'}' | b']' | b',' | b':') => {
                return Err(Error::protocol(
                    "the engine sent something that is not JSON",
                ));
            }
            Some(_) => Place::Bare,
        };
        Ok(true)
    }

    /// Goes through the input; returns how long it is up to the value's end, if that is there.
    fn end(&mut self) -> Result<Option<usize>> {
        for (at, byte) in self.input.iter().enumerate() {
            self.place = match (self.place, byte) {
                (Place::Between, _) => return Ok(Some(at)),
                (Place::Bare, b'{' | b'[' | b'"') => return Ok(Some(at)),
                (Place::Bare, &byte) if is_separator(byte) => return Ok(Some(at)),
                (Place::Bare, _) => Place::Bare,
                (Place::Nested(MAX_DEPTH..), b'{' | b'[') => return Err(too_deep()),
                (Place::Nested(depth), b'{' | b'[') => Place::Nested(depth + 1),
                (Place::Nested(0 | 1), b'}' | b']') => return Ok(Some(at + 1)),
                (Place::Nested(depth), b'}' | b']') => Place::Nested(depth - 1),
                (Place::Nested(depth), b'"') => Place::Text {
                    depth,
                    escaped: false,
                },
                (Place::Nested(depth), _) => Place::Nested(depth),
                (
                    Place::Text {
                        depth,
                        escaped: true,
                    },
                    _,
                ) => Place::Text {
                    depth,
                    escaped: false,
                },
                (Place::Text { depth, .. }, b'\\') => Place::Text {
                    depth,
                    escaped: true,
                },
                (Place::Text { depth: 0, .. }, b'"') => return Ok(Some(at + 1)),
                (Place::Text { depth, .. }, b'"') => Place::Nested(depth),
                (Place::Text { depth, .. }, _) => Place::Text {
                    depth,
                    escaped: false,
                },
            };
        }
        Ok(None)
    }

    /// Takes `count` bytes of the input and what was joined before.
    fn take(&mut self, count: usize) -> Bytes {
        let part = self.input.split_to(count);
        if self.joined.is_empty() {
            return part;
        }
        self.joined.extend_from_slice(&part);
        self.joined.split().freeze()
    }

    fn bounded(&self, count: usize) -> Result<()> {
        if self.joined.len().saturating_add(count) > MAX_VALUE {
            let what = "a value of the engine's stream";
            return Err(Error::answered(ErrorKind::TooLarge {
                what,
                limit: MAX_VALUE,
            }));
        }
        Ok(())
    }
}

impl Decoder for JsonDecoder {
    type Item = Bytes;

    fn feed(&mut self, piece: Bytes) {
        debug_assert!(
            self.input.is_empty(),
            "the piece before must have been used up"
        );
        self.input = piece;
    }

    fn next(&mut self) -> Result<Option<Bytes>> {
        if matches!(self.place, Place::Between) && !self.begin()? {
            return Ok(None);
        }
        let end = self.end()?;
        self.bounded(end.unwrap_or(self.input.len()))?;
        if let Some(length) = end {
            self.place = Place::Between;
            return Ok(Some(self.take(length)));
        }
        let start = std::mem::take(&mut self.input);
        self.joined.extend_from_slice(&start);
        Ok(None)
    }

    fn finish(&mut self) -> Result<Option<Bytes>> {
        match std::mem::take(&mut self.place) {
            Place::Between => Ok(None),
            Place::Bare => Ok(Some(self.joined.split().freeze())),
            _ => Err(Error::protocol("the engine's stream ends within a value")),
        }
    }

    fn kept(&self) -> usize {
        self.joined.capacity()
    }

    fn size(value: &Bytes) -> usize {
        value.len()
    }
}

/// A value of the engine's that is nested too deep.
pub(crate) fn too_deep() -> Error {
    Error::protocol(format!(
        "the engine's answer is nested more than {MAX_DEPTH} levels deep"
    ))
}

fn is_separator(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == 0x1e
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Decodes `text` in pieces of `size` bytes.
    fn values(text: &[u8], size: usize) -> Result<Vec<Bytes>> {
        let mut decoder = JsonDecoder::new();
        let mut values = Vec::new();
        for piece in text.chunks(size) {
            decoder.feed(Bytes::copy_from_slice(piece));
            while let Some(value) = decoder.next()? {
                values.push(value);
            }
        }
        while let Some(value) = decoder.finish()? {
            values.push(value);
        }
        Ok(values)
    }

    const ALL: &[u8] =
        b"{\"a\":\"}\\\"{\",\"b\":[{}]}\r\n{}[1,[2]]\x1e{\"c\":\"\\\\\"}\n 12 true\n\"x]\"null{}7";

    #[test]
    fn values_are_found_however_they_are_cut() {
        let expected: [&[u8]; 10] = [
            b"{\"a\":\"}\\\"{\",\"b\":[{}]}",
            b"{}",
            b"[1,[2]]",
            b"{\"c\":\"\\\\\"}",
            b"12",
            b"true",
            b"\"x]\"",
            b"null",
            b"{}",
            b"7",
        ];
        for size in 1..=ALL.len() {
            let found = values(ALL, size).expect("values");
            assert_eq!(found, expected, "in pieces of {size}");
        }
    }

    #[test]
    fn a_value_in_one_piece_is_not_copied() {
        let piece = Bytes::from_static(b"{\"a\":1}\n");
        let mut decoder = JsonDecoder::new();
        decoder.feed(piece.clone());
        let value = decoder.next().expect("readable").expect("a value");
        assert_eq!(value.as_ptr(), piece.as_ptr());
    }

    #[test]
    fn what_is_no_value_is_an_error() {
        for (text, why) in [
            (&b"{\"a\":1"[..], "within a value"),
            (b"{}\n\"abc", "within a value"),
            (b"{}}", "not JSON"),
            (b"{},{}", "not JSON"),
        ] {
            let error = values(text, 3).expect_err("an error");
            assert!(error.to_string().contains(why), "{error}");
        }
        assert!(values(b" \n\r\n\x1e", 2).expect("nothing").is_empty());
    }

    #[test]
    fn a_value_without_end_is_not_kept() {
        let mut decoder = JsonDecoder::new();
        decoder.feed(Bytes::from_static(b"\""));
        let piece = Bytes::from(vec![b'x'; 64 << 10]);
        let error = (0..=MAX_VALUE / piece.len())
            .find_map(|_| {
                let result = decoder.next();
                decoder.input = piece.clone();
                result.err()
            })
            .expect("a limit");
        assert!(matches!(
            error.kind(),
            ErrorKind::TooLarge {
                limit: MAX_VALUE,
                ..
            }
        ));
        assert!(decoder.joined.capacity() <= 2 * MAX_VALUE);
    }

    #[test]
    fn attack_135_a_value_is_nested_no_deeper_than_its_bound() {
        let nested = |depth: usize| [vec![b'['; depth], vec![b']'; depth]].concat();
        for size in [1, 7, 4096] {
            assert_eq!(values(&nested(MAX_DEPTH), size).expect("values").len(), 1);
            let error = values(&nested(MAX_DEPTH + 1), size).expect_err("too deep");
            assert!(error.to_string().contains("64 levels"), "{error}");
        }
        let brackets = format!("{{\"a\":\"{}\"}}", "[".repeat(1000));
        assert_eq!(values(brackets.as_bytes(), 9).expect("values").len(), 1);
    }
}
