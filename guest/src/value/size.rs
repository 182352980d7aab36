//! Sizes in bytes.

use super::Unusable;

const NO_SIZE: &str = "is no size such as 134217728, \"128m\", \"1.5g\" or \"512kb\"";
const NEGATIVE: &str = "is negative";

/// A size in bytes: a number, or a text such as `"128m"`.
///
/// A text is a number, with a point or without, and a unit: `b`, `k`, `m`, `g` or `t`, each 1,024 of the one before, small
/// or capital, and with a second `b` if you like. Without a unit it is bytes. What is no such text is reported by the call
/// that would use it.
///
/// ```
/// use dockwit::Size;
///
/// assert_eq!(Size::from("1.5k").bytes(), Some(1536));
/// assert_eq!(Size::from("512MB"), Size::from(512 << 20));
/// assert_eq!(Size::from("12q").bytes(), None);
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Size(Result<i64, Unusable>);

impl Size {
    /// The size in bytes, if it is one and not negative.
    #[must_use]
    pub fn bytes(&self) -> Option<u64> {
        self.clone().unsigned().ok()
    }

    pub(crate) fn unsigned(self) -> Result<u64, Unusable> {
        let size = self.0?;
        u64::try_from(size).map_err(|_| Unusable::new(size, NEGATIVE))
    }

    pub(crate) fn signed(self) -> Result<i64, Unusable> {
        self.0
    }
}

impl From<&str> for Size {
    fn from(text: &str) -> Self {
        Self(parse(text).ok_or_else(|| Unusable::new(text, NO_SIZE)))
    }
}

impl From<String> for Size {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

impl From<&String> for Size {
    fn from(text: &String) -> Self {
        text.as_str().into()
    }
}

impl From<f64> for Size {
    fn from(bytes: f64) -> Self {
        Self(whole(bytes).ok_or_else(|| Unusable::new(bytes, NO_SIZE)))
    }
}

macro_rules! from_integers {
    ($($integer:ty)*) => {$(
        impl From<$integer> for Size {
            fn from(bytes: $integer) -> Self {
                Self(i64::try_from(bytes).map_err(|_| Unusable::new(bytes, NO_SIZE)))
            }
        }
    )*};
}

from_integers!(i32 i64 u32 u64 usize);

fn parse(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(number) = text.parse::<i64>() {
        return Some(number);
    }
    let (number, unit) = text.split_at(text.find(|c: char| c.is_ascii_alphabetic())?);
    let shift = match unit.to_ascii_lowercase().as_str() {
        "b" => 0,
        "k" | "kb" => 10,
        "m" | "mb" => 20,
        "g" | "gb" => 30,
        "t" | "tb" => 40,
        _ => return None,
    };
    scaled(number.trim_end(), shift)
}

/// A number with or without a point, times 2 to the power of `shift`, rounded down. Done with whole numbers: the parser of
/// floats would be a tenth of a small plugin.
fn scaled(number: &str, shift: u32) -> Option<i64> {
    /// So many digits after the point and no more can be told apart in a size.
    const DIGITS: usize = 18;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = whole.len() + fraction.len();
    let plain = [whole, fraction]
        .iter()
        .all(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    if digits == 0 || !plain {
        return None;
    }
    let fraction = &fraction[..fraction.len().min(DIGITS)];
    let value = |digits: &str| {
        if digits.is_empty() {
            Some(0)
        } else {
            digits.parse::<u64>().ok()
        }
    };
    let whole = u128::from(value(whole)?) << shift;
    let parts = u128::from(value(fraction)?) << shift;
    let one = 10_u128.pow(u32::try_from(fraction.len()).ok()?);
    i64::try_from(whole + parts / one).ok()
}

/// Bytes as a whole number, rounded down.
fn whole(bytes: f64) -> Option<i64> {
    // Beyond 2^53 a float is no longer exact to the byte, and nothing is that large.
    const LARGEST: f64 = (1_u64 << 53) as f64;
    (0.0..=LARGEST).contains(&bytes).then_some(bytes as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(text: &str) -> Option<i64> {
        parse(text)
    }

    #[test]
    fn reads_units_of_1024() {
        for (text, expected) in [
            ("0", 0),
            ("512", 512),
            ("512b", 512),
            ("1k", 1 << 10),
            ("128m", 128 << 20),
            ("128M", 128 << 20),
            ("128mb", 128 << 20),
            ("128 MB", 128 << 20),
            ("2g", 2 << 30),
            ("1t", 1 << 40),
            ("1.5g", 3 << 29),
            (".5k", 512),
            ("5.k", 5 << 10),
            ("0.1k", 102),
            ("0.9999999999999999999999k", 1023),
            (" 7 ", 7),
            ("-1", -1),
            ("8589934592", 1 << 33),
            ("8589934592b", 1 << 33),
        ] {
            assert_eq!(bytes(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_size() {
        for text in [
            "",
            "m",
            "12q",
            "12mm",
            "1e3",
            "1e3m",
            "-1m",
            "1.2.3m",
            "1_000k",
            "inf",
            "NaN",
            "1.5",
            "12mib",
            "99999999999999999999",
            "9999999t",
            "ß",
            "1ßm",
            "+-1",
        ] {
            assert_eq!(bytes(text), None, "{text}");
        }
    }

    #[test]
    fn takes_numbers_of_any_kind() {
        assert_eq!(Size::from(5).bytes(), Some(5));
        assert_eq!(Size::from(5_u64).bytes(), Some(5));
        assert_eq!(Size::from(5_usize).bytes(), Some(5));
        assert_eq!(Size::from(5.9).bytes(), Some(5));
        assert_eq!(Size::from(u64::MAX).bytes(), None);
        assert_eq!(Size::from(f64::NAN).bytes(), None);
        assert_eq!(Size::from(-1.0).bytes(), None);
    }

    #[test]
    fn a_negative_size_is_for_those_who_take_it() {
        assert_eq!(Size::from(-1).signed(), Ok(-1));
        assert_eq!(
            Size::from(-1).unsigned(),
            Err(Unusable::new("-1", NEGATIVE))
        );
    }
}
