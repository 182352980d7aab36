//! What an answer takes of memory, before it is read.

use memchr::memchr2;

use crate::api::error::Result;
use crate::transport::{MAX_DEPTH, too_deep};

/// What an object or a list takes besides what is in it, in bytes: as much as the largest of our types.
const NESTED: usize = 512;

/// What each further value takes, in bytes: a key, a text, and what their places take.
const VALUE: usize = 64;

/// Up to what weight a list isn't looked at closer, in bytes.
const LIGHT: usize = 4 << 20;

/// Tells what an answer takes of memory when it is read, in bytes and roughly: rather more than less. It isn't checked to be JSON.
///
/// Fails with `Protocol` if it is nested too deep.
pub(in crate::api) fn weigh(bytes: &[u8]) -> Result<usize> {
    weigh_within(bytes, 0)
}

/// As [`weigh`], for a part of an answer that stands so many levels deep in it.
pub(super) fn weigh_within(bytes: &[u8], mut depth: usize) -> Result<usize> {
    let (mut nested, mut values) = (0_usize, 0_usize);
    let mut rest = bytes.iter();
    while let Some(byte) = rest.next() {
        match byte {
            b'"' => skip_text(&mut rest),
            b',' => values += 1,
            b'{' | b'[' => {
                nested += 1;
                depth += 1;
                if depth > MAX_DEPTH {
                    return Err(too_deep().into());
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(weight(bytes, nested, values))
}

/// As [`weigh`], for a list: in a tenth of the time it tells its weight as if there were JSON in texts as well, and only if that is
/// much it looks closer. How deep a list is, is found out when its rows are read.
pub(in crate::api) fn weigh_list(bytes: &[u8]) -> Result<usize> {
    let (mut nested, mut values) = (0, 0);
    // Short enough that a byte holds the counts, which lets the compiler count many bytes at once.
    for part in bytes.chunks(192) {
        let (mut opened, mut commas) = (0_u8, 0_u8);
        for byte in part {
            opened += u8::from(matches!(byte, b'{' | b'['));
            commas += u8::from(*byte == b',');
        }
        nested += usize::from(opened);
        values += usize::from(commas);
    }
    match weight(bytes, nested, values) {
        light @ ..=LIGHT => Ok(light),
        _ => weigh(bytes),
    }
}

fn weight(bytes: &[u8], nested: usize, values: usize) -> usize {
    let places = nested.saturating_mul(NESTED);
    let places = places.saturating_add(values.saturating_mul(VALUE));
    places.saturating_add(bytes.len())
}

/// Goes to the end of a text that has begun.
fn skip_text(rest: &mut std::slice::Iter<'_, u8>) {
    while let Some(at) = memchr2(b'"', b'\\', rest.as_slice()) {
        if rest.nth(at) == Some(&b'"') {
            return;
        }
        // What is escaped is text, a quotation mark too.
        rest.next();
    }
    *rest = [].iter();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::ErrorKind;

    fn nested(depth: usize) -> String {
        "{\"a\":[".repeat(depth / 2) + &"]}".repeat(depth / 2)
    }

    #[test]
    fn attack_135_an_answer_is_nested_no_deeper_than_its_bound() {
        assert!(weigh(nested(MAX_DEPTH).as_bytes()).is_ok());
        let error = weigh(format!("[{}]", nested(MAX_DEPTH)).as_bytes()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol);
        assert!(error.message().contains("64 levels"), "{error}");
    }

    #[test]
    fn brackets_within_texts_are_text() {
        let brackets = "[".repeat(1000);
        for text in [
            format!("\"{brackets}\""),
            format!("{{\"\\\"{brackets}\":1}}"),
            format!("[\"\\\\\",\"{brackets}\"]"),
        ] {
            assert!(weigh(text.as_bytes()).is_ok(), "{text}");
        }
        assert!(weigh(format!("\"\\\\\"{brackets}").as_bytes()).is_err());
    }

    #[test]
    fn many_small_values_weigh_more_than_their_bytes() {
        let objects = format!("[{}{{}}]", "{},".repeat(999));
        assert!(weigh(objects.as_bytes()).unwrap() > 1000 * NESTED);
        let numbers = format!("[{}1]", "1,".repeat(999));
        assert!(weigh(numbers.as_bytes()).unwrap() > 999 * VALUE);
        assert_eq!(weigh(b"\"text\"").unwrap(), 6);
    }

    #[test]
    fn a_list_weighs_as_much_as_any_answer() {
        let list = format!(
            "[{}{{\"a\":[1,2]}}]",
            "{\"a\":\"b\",\"c\":null},".repeat(999)
        );
        assert_eq!(
            weigh_list(list.as_bytes()).unwrap(),
            weigh(list.as_bytes()).unwrap()
        );
        // JSON in a text counts as long as that isn't much.
        let text = |times: usize| format!("[\"{}\"]", "{,}".repeat(times));
        let little = weigh_list(text(100).as_bytes()).unwrap();
        assert!(little > 100 * NESTED, "{little}");
        let much = text(2 * LIGHT / NESTED);
        assert_eq!(
            weigh_list(much.as_bytes()).unwrap(),
            weigh(much.as_bytes()).unwrap()
        );
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(0_u8.., 0..300)) {
            let _ = weigh(&bytes);
            assert!(weigh_list(&bytes).is_ok());
        }
    }
}
