//! Lines from pieces: a line may come in several pieces, and a piece may hold several lines.

use memchr::memchr;

/// The longest line that is put together, in bytes. A longer one comes in parts of this length: a program that never ends
/// its line must not fill the plugin's memory.
pub const MAX_LINE_BYTES: usize = 1 << 20;

/// A piece that is taken apart into lines.
#[derive(Debug, Default)]
pub(crate) struct Piece {
    bytes: Vec<u8>,
    /// How many of them were taken.
    taken: usize,
}

impl Piece {
    pub(crate) fn is_used_up(&self) -> bool {
        self.taken == self.bytes.len()
    }

    fn rest(&self) -> &[u8] {
        &self.bytes[self.taken..]
    }
}

impl From<Vec<u8>> for Piece {
    fn from(bytes: Vec<u8>) -> Self {
        Self { bytes, taken: 0 }
    }
}

/// Puts lines together, and leaves out their ends (`\n` or `\r\n`).
#[derive(Debug, Default)]
pub(crate) struct Splitter {
    /// The start of a line whose end hasn't come.
    partial: Vec<u8>,
}

impl Splitter {
    /// The next line that ends in the piece; none when that is used up. A piece that is just a line isn't copied.
    pub(crate) fn next(&mut self, piece: &mut Piece) -> Option<Vec<u8>> {
        let rest = piece.rest();
        let room = MAX_LINE_BYTES - self.partial.len();
        match memchr(b'\n', &rest[..rest.len().min(room + 1)]) {
            Some(end) if self.partial.is_empty() && end + 1 == piece.bytes.len() => {
                let mut line = std::mem::take(piece).bytes;
                line.pop();
                Some(without_return(line))
            }
            Some(end) => {
                let line = self.join(&rest[..end]);
                piece.taken += end + 1;
                Some(without_return(line))
            }
            None if rest.len() > room => {
                let part = self.join(&rest[..room]);
                piece.taken += room;
                Some(part)
            }
            // One that is full may still end with the byte to come, so it waits for that.
            None => {
                self.partial.extend_from_slice(rest);
                *piece = Piece::default();
                None
            }
        }
    }

    /// What there was of a line with more of it.
    fn join(&mut self, more: &[u8]) -> Vec<u8> {
        if self.partial.is_empty() {
            return more.to_vec();
        }
        let mut line = std::mem::take(&mut self.partial);
        line.extend_from_slice(more);
        line
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.partial.is_empty()
    }

    /// What came after the last end of a line; none if that was nothing.
    pub(crate) fn finish(&mut self) -> Option<Vec<u8>> {
        (!self.partial.is_empty()).then(|| std::mem::take(&mut self.partial))
    }
}

fn without_return(mut line: Vec<u8>) -> Vec<u8> {
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(pieces: &[&[u8]]) -> Vec<Vec<u8>> {
        let (mut splitter, mut lines) = (Splitter::default(), Vec::new());
        for piece in pieces {
            let mut piece = Piece::from(piece.to_vec());
            lines.extend(std::iter::from_fn(|| splitter.next(&mut piece)));
            assert!(piece.is_used_up());
        }
        lines.extend(splitter.finish());
        lines
    }

    #[test]
    fn joins_pieces_and_parts_lines() {
        assert_eq!(split(&[b"a\nb"]), [b"a", b"b"]);
        assert_eq!(split(&[b"a", b"b", b"c\nd\n"]), [&b"abc"[..], b"d"]);
        assert_eq!(
            split(&[b"a\r\n\r\n", b"b\r", b"\n"]),
            [&b"a"[..], b"", b"b"]
        );
        assert_eq!(split(&[b"\n\n"]), [b"", b""]);
        assert_eq!(split(&[b"a\n", b"\n", b"b", b"\n"]), [&b"a"[..], b"", b"b"]);
        assert!(split(&[b""]).is_empty());
    }

    #[test]
    fn keeps_bytes_that_are_no_text() {
        assert_eq!(split(&[b"\xff\xc3", b"\xa9\n"]), [b"\xff\xc3\xa9"]);
        assert_eq!(split(&[b"a\rb\n"]), [b"a\rb"]);
    }

    #[test]
    fn a_line_without_end_comes_in_parts() {
        let long = vec![b'x'; 2 * MAX_LINE_BYTES + 3];
        let lengths = |pieces: &[&[u8]]| split(pieces).iter().map(Vec::len).collect::<Vec<_>>();
        assert_eq!(lengths(&[&long]), [MAX_LINE_BYTES, MAX_LINE_BYTES, 3]);
        let halves = long.split_at(MAX_LINE_BYTES + 1);
        assert_eq!(
            lengths(&[halves.0, halves.1]),
            [MAX_LINE_BYTES, MAX_LINE_BYTES, 3]
        );
    }

    #[test]
    fn a_line_of_the_greatest_length_is_one() {
        let mut longest = vec![b'x'; MAX_LINE_BYTES];
        let lengths = |pieces: &[&[u8]]| split(pieces).iter().map(Vec::len).collect::<Vec<_>>();
        assert_eq!(lengths(&[&longest, b"\ny"]), [MAX_LINE_BYTES, 1]);
        longest.extend(b"\ny");
        assert_eq!(lengths(&[&longest]), [MAX_LINE_BYTES, 1]);
    }
}
