//! Where the body of an answer ends, and its data in one place.
//!
//! Engines send a chunk for each line of a log. Moving their data together within one large read costs a tenth of what it
//! takes to hand each of them through a general client's tasks and channels, and it is the greatest part of a log's own
//! cost. A whole answer is read to where it stays, and a plugin's call isn't woken for each step of a client's; so bodies are
//! read here.

use bytes::{Buf, Bytes, BytesMut};
use hyper::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use hyper::{HeaderMap, Method, StatusCode};

use super::error::{Error, Result, closed};

/// The longest line that announces a chunk, in bytes. Engines send a number of up to 16 digits.
const MAX_CHUNK_LINE: usize = 1 << 10;

/// The most that may follow the last chunk, in bytes. Engines send nothing.
const MAX_TRAILER: usize = 16 << 10;

/// Takes the pieces of a body out of what was read of a connection.
#[derive(Debug)]
pub(super) enum BodyDecoder {
    /// In chunks, and at this place of one.
    Chunked(Place),
    /// So many bytes are still to come.
    Length(u64),
    /// All until the connection ends.
    ToTheEnd,
    /// It is over.
    Done,
}

/// A place within a body in chunks.
#[derive(Debug)]
pub(super) enum Place {
    /// Before the line with a chunk's size.
    Size,
    /// So many bytes of a chunk are still to come.
    Data(u64),
    /// Before the line's end that follows a chunk.
    DataEnd,
    /// After the last chunk; so many bytes have followed it.
    Trailer(usize),
    /// After all of it.
    End,
}

impl BodyDecoder {
    /// The decoder that the head of an answer asks for.
    pub(super) fn new(method: &Method, status: StatusCode, headers: &HeaderMap) -> Result<Self> {
        if method == Method::HEAD
            || status.is_informational()
            || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
        {
            return Ok(Self::Done);
        }
        let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
        if let Some(coding) = codings.next() {
            // Nothing else was asked for. A length beside it has no meaning.
            if codings.next().is_some() || !coding.as_bytes().eq_ignore_ascii_case(b"chunked") {
                return Err(unreadable("it has an unknown transfer encoding"));
            }
            return Ok(Self::Chunked(Place::Size));
        }
        match announced(headers)? {
            Some(0) => Ok(Self::Done),
            Some(length) => Ok(Self::Length(length)),
            None => Ok(Self::ToTheEnd),
        }
    }

    /// How many bytes are known to come next.
    pub(super) fn announced(&self) -> u64 {
        match self {
            Self::Length(left) | Self::Chunked(Place::Data(left)) => *left,
            _ => 0,
        }
    }

    pub(super) fn is_done(&self) -> bool {
        matches!(self, Self::Done)
    }

    /// Whether its end is the connection's.
    pub(super) fn ends_the_connection(&self) -> bool {
        matches!(self, Self::ToTheEnd)
    }

    /// What there is of the body in `read`, never an empty piece; none when more must be read, or when it is done.
    pub(super) fn next(&mut self, read: &mut BytesMut) -> Result<Option<Bytes>> {
        let mut kept = 0;
        self.gather(read, &mut kept)?;
        Ok((kept > 0).then(|| read.split_to(kept).freeze()))
    }

    /// Adds what there is of the body to the `kept` bytes of it that `read` begins with. What is no part of it yet follows them.
    ///
    /// An error comes after the data before it.
    pub(super) fn gather(&mut self, read: &mut BytesMut, kept: &mut usize) -> Result<()> {
        match self {
            Self::Done => {}
            Self::ToTheEnd => *kept = read.len(),
            Self::Length(left) => {
                let count = at_most(*left, read.len() - *kept);
                *left -= count as u64;
                *kept += count;
            }
            Self::Chunked(place) => place.gather(read, kept)?,
        }
        if matches!(self, Self::Length(0) | Self::Chunked(Place::End)) {
            *self = Self::Done;
        }
        Ok(())
    }

    /// Says what the connection's end means for the body.
    pub(super) fn finish(&mut self) -> Result<()> {
        match self {
            Self::Done | Self::ToTheEnd => {
                *self = Self::Done;
                Ok(())
            }
            _ => Err(closed("before the answer was complete", true)),
        }
    }
}

impl Place {
    /// Moves the data of all chunks in `read` together.
    fn gather(&mut self, read: &mut BytesMut, kept: &mut usize) -> Result<()> {
        let (before, mut seen) = (*kept, *kept);
        let result = loop {
            if let Self::Data(left) = self {
                let count = at_most(*left, read.len() - seen);
                if seen > *kept {
                    read.copy_within(seen..seen + count, *kept);
                }
                seen += count;
                *kept += count;
                *left -= count as u64;
                if *left > 0 {
                    break Ok(());
                }
                *self = Self::DataEnd;
            }
            match self.advance(read.get(seen..).unwrap_or_default()) {
                Ok(Some((next, length))) => {
                    *self = next;
                    match seen {
                        // The first chunk stays where it is.
                        0 => read.advance(length),
                        _ => seen += length,
                    }
                }
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        if seen > *kept {
            let end = read.len();
            read.copy_within(seen..end, *kept);
            read.truncate(end - (seen - *kept));
        }
        match result {
            Err(error) if *kept == before => Err(error),
            _ => Ok(()),
        }
    }

    /// What `rest` begins with that is no chunk's data: where it leads to and how long it is, unless more must be read.
    fn advance(&self, rest: &[u8]) -> Result<Option<(Self, usize)>> {
        match self {
            // The parser takes a line without a number for a zero.
            Self::Size if rest.first().is_some_and(|byte| !byte.is_ascii_hexdigit()) => {
                Err(unreadable("it has a bad chunk"))
            }
            Self::Size => match httparse::parse_chunk_size(rest) {
                Ok(httparse::Status::Complete((line, 0))) => Ok(Some((Self::Trailer(0), line))),
                Ok(httparse::Status::Complete((line, size))) => Ok(Some((Self::Data(size), line))),
                Ok(httparse::Status::Partial) if rest.len() <= MAX_CHUNK_LINE => Ok(None),
                _ => Err(unreadable("it has a bad chunk")),
            },
            Self::DataEnd => match rest {
                [b'\r', b'\n', ..] => Ok(Some((Self::Size, 2))),
                [] | [b'\r'] => Ok(None),
                _ => Err(unreadable("a chunk has another length than it says")),
            },
            Self::Trailer(seen) => {
                let end = rest.iter().position(|&byte| byte == b'\n');
                let line = end.map_or(rest.len(), |at| at + 1);
                if seen.saturating_add(line) > MAX_TRAILER {
                    return Err(unreadable("too much follows its last chunk"));
                }
                Ok(end.map(|_| match rest {
                    [b'\n', ..] | [b'\r', b'\n', ..] => (Self::End, line),
                    _ => (Self::Trailer(*seen + line), line),
                }))
            }
            Self::Data(_) | Self::End => Ok(None),
        }
    }
}

fn at_most(left: u64, there: usize) -> usize {
    usize::try_from(left).unwrap_or(usize::MAX).min(there)
}

/// The length that the headers announce.
fn announced(headers: &HeaderMap) -> Result<Option<u64>> {
    let mut length = None;
    for value in headers.get_all(CONTENT_LENGTH) {
        let digits = value
            .to_str()
            .ok()
            .filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
        let this: u64 = digits
            .and_then(|digits| digits.parse().ok())
            .ok_or_else(|| unreadable("its length is no number"))?;
        if length.is_some_and(|other| other != this) {
            return Err(unreadable("it has two lengths"));
        }
        length = Some(this);
    }
    Ok(length)
}

pub(super) fn unreadable(why: &str) -> Error {
    Error::protocol(format!("the engine's answer can't be read: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::HeaderValue;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                (
                    name.parse().expect("a name"),
                    HeaderValue::from_static(value),
                )
            })
            .collect()
    }

    fn decoder(pairs: &[(&'static str, &'static str)]) -> Result<BodyDecoder> {
        BodyDecoder::new(&Method::GET, StatusCode::OK, &headers(pairs))
    }

    /// Decodes pieces to the end: what came, and how it ended.
    fn decode<'a>(
        mut decoder: BodyDecoder,
        pieces: impl IntoIterator<Item = &'a [u8]>,
    ) -> (Vec<u8>, Result<()>) {
        let mut read = BytesMut::new();
        let mut got = Vec::new();
        for piece in pieces {
            read.extend_from_slice(piece);
            loop {
                match decoder.next(&mut read) {
                    Ok(Some(part)) => got.extend(part),
                    Ok(None) => break,
                    Err(error) => return (got, Err(error)),
                }
            }
        }
        let result = decoder.finish();
        (got, result)
    }

    const CHUNKS: &[u8] =
        b"3\r\nabc\r\n0A;x=y\r\n0123456789\r\n1\r\n\n\r\n0\r\nTrailer: x\r\nOther: y\r\n\r\n";

    #[test]
    fn chunks_are_the_same_wherever_they_are_cut() {
        for size in 1..=CHUNKS.len() {
            let start = BodyDecoder::Chunked(Place::Size);
            let (got, result) = decode(start, CHUNKS.chunks(size));
            result.expect("an orderly end");
            assert_eq!(got, b"abc0123456789\n", "in pieces of {size}");
        }
        for at in 0..CHUNKS.len() {
            let start = BodyDecoder::Chunked(Place::Size);
            let (_, result) = decode(start, [CHUNKS.get(..at).expect("a part")]);
            assert!(result.is_err(), "cut off at {at}");
        }
    }

    #[test]
    fn chunks_are_kept_in_one_place_wherever_they_are_cut() {
        for size in 1..=CHUNKS.len() {
            let mut decoder = BodyDecoder::Chunked(Place::Size);
            let (mut read, mut kept) = (BytesMut::new(), 0);
            for piece in CHUNKS.chunks(size) {
                read.extend_from_slice(piece);
                decoder.gather(&mut read, &mut kept).expect("chunks");
            }
            assert!(decoder.is_done(), "in pieces of {size}");
            assert_eq!(&read[..], b"abc0123456789\n", "in pieces of {size}");
            assert_eq!(kept, read.len());
        }
    }

    #[test]
    fn what_is_no_chunk_is_an_error() {
        let line = [&b"1;"[..], &[b'x'; 2 * MAX_CHUNK_LINE]].concat();
        let trailer = [&b"0\r\n"[..], &b"a: b\r\n".repeat(MAX_TRAILER)].concat();
        let endless = [&b"0\r\n"[..], &[b'x'; 2 * MAX_TRAILER]].concat();
        for bad in [
            &b"zz\r\n"[..],
            b"\r\n",
            b"-1\r\n",
            b"11111111111111111\r\n",
            b"1\r\nab\r\n",
            b"1\r\na\n",
            &line,
            &trailer,
            &endless,
        ] {
            let (_, result) = decode(BodyDecoder::Chunked(Place::Size), bad.chunks(100));
            let error = result.expect_err("no chunks");
            assert!(
                error.to_string().contains("can't be read"),
                "{bad:?}: {error}"
            );
        }
    }

    #[test]
    fn chunks_that_came_together_are_one_piece() {
        let mut decoder = BodyDecoder::Chunked(Place::Size);
        let mut read = BytesMut::from(CHUNKS);
        let piece = decoder.next(&mut read).expect("chunks");
        assert_eq!(piece.as_deref(), Some(&b"abc0123456789\n"[..]));
        assert!(decoder.is_done() && read.is_empty());
    }

    #[test]
    fn a_bad_chunk_is_an_error_after_the_good_ones() {
        let mut decoder = BodyDecoder::Chunked(Place::Size);
        let mut read = BytesMut::from(&b"1\r\na\r\n1\r\nb\r\n?"[..]);
        let piece = decoder.next(&mut read).expect("two chunks");
        assert_eq!(piece.as_deref(), Some(&b"ab"[..]));
        assert!(decoder.next(&mut read).is_err());
    }

    #[test]
    fn the_head_tells_where_the_end_is() {
        let chunked = decoder(&[("transfer-encoding", "Chunked"), ("content-length", "3")]);
        assert!(matches!(chunked, Ok(BodyDecoder::Chunked(_))));
        let equal = decoder(&[("content-length", "3"), ("content-length", "3")]);
        assert!(matches!(equal, Ok(BodyDecoder::Length(3))));
        assert!(matches!(decoder(&[]), Ok(BodyDecoder::ToTheEnd)));
        for bad in [
            &[("transfer-encoding", "gzip, chunked")][..],
            &[
                ("transfer-encoding", "chunked"),
                ("transfer-encoding", "chunked"),
            ],
            &[("content-length", "+3")],
            &[("content-length", "3, 3")],
            &[("content-length", "99999999999999999999")],
            &[("content-length", "3"), ("content-length", "4")],
        ] {
            assert!(decoder(bad).is_err(), "{bad:?}");
        }
        let length = headers(&[("content-length", "3")]);
        for (method, status) in [
            (Method::HEAD, StatusCode::OK),
            (Method::GET, StatusCode::NO_CONTENT),
            (Method::GET, StatusCode::NOT_MODIFIED),
        ] {
            assert!(
                BodyDecoder::new(&method, status, &length)
                    .expect("a decoder")
                    .is_done()
            );
        }
    }

    #[test]
    fn lengths_are_obeyed() {
        let (got, result) = decode(BodyDecoder::Length(5), [&b"ab"[..], b"cdefg"]);
        assert!(got == b"abcde" && result.is_ok());
        let (got, result) = decode(BodyDecoder::Length(5), [&b"ab"[..]]);
        assert!(got == b"ab" && result.is_err());
        let (got, result) = decode(BodyDecoder::ToTheEnd, [&b"ab"[..], b"c"]);
        assert!(got == b"abc" && result.is_ok());
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(0_u8.., 0..300)) {
            let _ = decode(BodyDecoder::Chunked(Place::Size), bytes.chunks(7));
        }
    }
}
