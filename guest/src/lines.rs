//! Lines from pieces: a line may come in several pieces, and a piece may hold several lines.

/// The longest line that is put together, in bytes. A longer one comes in parts of this length: a program that never ends
/// its line must not fill the plugin's memory.
pub const MAX_LINE_BYTES: usize = 1 << 20;

/// Takes pieces and gives lines, without their ends (`\n` or `\r\n`).
#[derive(Debug, Default)]
pub(crate) struct Splitter {
    partial: Vec<u8>,
}

impl Splitter {
    /// Takes a piece, and hands each line that it completes to `line`. A piece that is just a line isn't copied.
    pub(crate) fn push(&mut self, mut piece: Vec<u8>, mut line: impl FnMut(Vec<u8>)) {
        let is_line = match piece.iter().position(|&byte| byte == b'\n') {
            Some(end) => end + 1 == piece.len() && end <= MAX_LINE_BYTES,
            None => false,
        };
        if is_line && self.partial.is_empty() {
            piece.pop();
            self.partial = piece;
            line(self.complete());
        } else {
            self.split(&piece, line);
        }
    }

    fn split(&mut self, mut piece: &[u8], mut line: impl FnMut(Vec<u8>)) {
        while !piece.is_empty() {
            let room = MAX_LINE_BYTES - self.partial.len();
            let end = piece.iter().take(room + 1).position(|&byte| byte == b'\n');
            let (taken, rest) = piece.split_at(end.unwrap_or_else(|| piece.len().min(room)));
            self.partial.extend_from_slice(taken);
            if end.is_some() {
                piece = &rest[1..];
                line(self.complete());
            } else {
                piece = rest;
                // One that is full may still end with the byte to come, so it waits for that.
                if !piece.is_empty() {
                    line(std::mem::take(&mut self.partial));
                }
            }
        }
    }

    /// What came after the last end of a line; none if that was nothing.
    pub(crate) fn finish(&mut self) -> Option<Vec<u8>> {
        (!self.partial.is_empty()).then(|| std::mem::take(&mut self.partial))
    }

    fn complete(&mut self) -> Vec<u8> {
        let mut line = std::mem::take(&mut self.partial);
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(pieces: &[&[u8]]) -> Vec<Vec<u8>> {
        let (mut splitter, mut lines) = (Splitter::default(), Vec::new());
        for piece in pieces {
            splitter.push(piece.to_vec(), |line| lines.push(line));
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
