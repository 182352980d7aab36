//! What objects are called, once and for all.

use std::fmt;
use std::str::FromStr;

use super::error::Error;

const DIGITS: usize = 64;

/// What stands before the digits of an image's id.
const SHA256: &str = "sha256:";

/// An id of a certain length and form; holding one says nothing of whether there is such an object.
macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident($length:expr, $prefix:expr) of $object:literal;)*) => {
        $(
            $(#[$doc])*
            ///
            /// Holding one says nothing of whether there is such an object.
            #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
            pub struct $name([u8; $length]);

            impl $name {
                /// The id as text.
                pub fn as_str(&self) -> &str {
                    std::str::from_utf8(&self.0).unwrap_or_default()
                }
            }

            impl FromStr for $name {
                type Err = Error;

                /// Parses a full id.
                ///
                /// Fails with `Invalid` for anything else: a name, a part of an id, capital letters.
                fn from_str(text: &str) -> Result<Self, Error> {
                    let digit = |d: u8| matches!(d, b'0'..=b'9' | b'a'..=b'f');
                    // Each is looked at, even after a wrong one: so the compiler looks at many at once.
                    let all = |digits: &str| digits.bytes().fold(true, |all, d| all & digit(d));
                    match <[u8; $length]>::try_from(text.as_bytes()) {
                        Ok(id) if text.strip_prefix($prefix).is_some_and(all) => Ok(Self(id)),
                        _ => Err(Error::invalid("id", concat!("no full id of ", $object))),
                    }
                }
            }

            impl fmt::Display for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.pad(self.as_str())
                }
            }

            impl fmt::Debug for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    write!(f, concat!(stringify!($name), "({})"), self)
                }
            }
        )*
    };
}

ids! {
    /// The full id of a container: 64 lower-case hexadecimal digits.
    ContainerId(DIGITS, "") of "a container";
    /// The full id of a network: 64 lower-case hexadecimal digits.
    NetworkId(DIGITS, "") of "a network";
    /// The full id of an image: `sha256:` and 64 lower-case hexadecimal digits.
    ImageId(SHA256.len() + DIGITS, SHA256) of "an image";
}

/// The name of a volume, which has no id: letters, digits, `_`, `.` and `-`, at least two, the first
/// a letter or a digit.
///
/// Holding one says nothing of whether there is such a volume, nor whose it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VolumeName(String);

impl VolumeName {
    /// The longest that a file system takes.
    pub const MAX_LENGTH: usize = 255;

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for VolumeName {
    type Err = Error;

    /// Parses a name. Fails with `Invalid` if it can't be one.
    fn from_str(text: &str) -> Result<Self, Error> {
        let inner = |c: u8| c.is_ascii_alphanumeric() || b"_.-".contains(&c);
        let possible = text.len() > 1
            && text.len() <= Self::MAX_LENGTH
            && text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text.bytes().all(inner);
        match possible {
            true => Ok(Self(text.to_owned())),
            false => Err(Error::invalid("name", "no name of a volume")),
        }
    }
}

impl fmt::Display for VolumeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}
