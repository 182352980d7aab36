//! Where the body of a flowing answer ends.
//!
//! Engines send a chunk for each line of a log. Taking chunks out of one large read costs a
//! tenth of what it takes to hand each of them through a general client's tasks and channels,
//! and it is the greatest part of a log's own cost; so flows are read here.

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

    /// How many bytes are known to come.
    pub(super) fn announced(&self) -> u64 {
        match self {
            Self::Length(left) => *left,
            _ => 0,
        }
    }

    pub(super) fn is_done(&self) -> bool {
        matches!(self, Self::Done)
    }

    /// The next piece in `read`, never an empty one; none when more must be read, or when it is
    /// done.
    pub(super) fn next(&mut self, read: &mut BytesMut) -> Result<Option<Bytes>> {
        loop {
            match self {
                Self::Done => return Ok(None),
                Self::ToTheEnd if read.is_empty() => return Ok(None),
                Self::ToTheEnd => return Ok(Some(read.split().freeze())),
                Self::Length(left) => {
                    let piece = take(left, read);
                    if *left == 0 {
                        *self = Self::Done;
                    }
                    return Ok(piece);
                }
                Self::Chunked(Place::Data(left)) => {
                    let piece = take(left, read);
                    if *left == 0 {
                        *self = Self::Chunked(Place::DataEnd);
                    }
                    return Ok(piece);
                }
                Self::Chunked(place) => match place.advance(read)? {
                    Some(next) => *self = next,
                    None => return Ok(None),
                },
            }
        }
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
    /// Goes over what stands between two chunks; returns where that leads to, unless more must
    /// be read.
    fn advance(&mut self, read: &mut BytesMut) -> Result<Option<BodyDecoder>> {
        let place = match self {
            // The parser takes a line without a number for a zero.
            Self::Size if read.first().is_some_and(|byte| !byte.is_ascii_hexdigit()) => {
                return Err(unreadable("it has a bad chunk"));
            }
            Self::Size => match httparse::parse_chunk_size(read) {
                Ok(httparse::Status::Complete((line, size))) => {
                    read.advance(line);
                    if size == 0 {
                        Self::Trailer(0)
                    } else {
                        Self::Data(size)
                    }
                }
                Ok(httparse::Status::Partial) if read.len() <= MAX_CHUNK_LINE => return Ok(None),
                _ => return Err(unreadable("it has a bad chunk")),
            },
            Self::DataEnd => match &read[..] {
                [b'\r', b'\n', ..] => {
                    read.advance(2);
                    Self::Size
                }
                [] | [b'\r'] => return Ok(None),
                _ => return Err(unreadable("a chunk has another length than it says")),
            },
            Self::Trailer(seen) => {
                let end = read.iter().position(|&byte| byte == b'\n');
                let line = end.map_or(read.len(), |at| at + 1);
                if seen.saturating_add(line) > MAX_TRAILER {
                    return Err(unreadable("too much follows its last chunk"));
                }
                if end.is_none() {
                    return Ok(None);
                }
                if matches!(&read[..], [b'\n', ..] | [b'\r', b'\n', ..]) {
                    read.advance(line);
                    return Ok(Some(BodyDecoder::Done));
                }
                read.advance(line);
                Self::Trailer(*seen + line)
            }
            Self::Data(left) => Self::Data(*left),
        };
        Ok(Some(BodyDecoder::Chunked(place)))
    }
}

/// Takes what there is of `left` bytes.
fn take(left: &mut u64, read: &mut BytesMut) -> Option<Bytes> {
    let count = usize::try_from(*left).unwrap_or(usize::MAX).min(read.len());
    if count == 0 {
        return None;
    }
    *left = left.saturating_sub(u64::try_from(count).unwrap_or(*left));
    Some(read.split_to(count).freeze())
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
