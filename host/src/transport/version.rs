//! The version of the Engine API, and how it is agreed on.

use std::fmt;
use std::str::FromStr;
use std::sync::{Mutex, OnceLock, PoisonError};

use futures::FutureExt;
use futures::future::{BoxFuture, Shared, WeakShared};

use super::error::{Error, ErrorKind, Result};

/// A version of the Engine API, such as 1.41.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ApiVersion {
    major: u16,
    minor: u16,
}

impl ApiVersion {
    /// The oldest version that is spoken: that of Engine 20.10.
    pub const OLDEST: Self = Self::new(1, 41);

    /// The newest version that is known; newer engines are spoken to in this one.
    pub const NEWEST: Self = Self::new(1, 55);

    /// A version by its two numbers.
    pub const fn new(major: u16, minor: u16) -> Self {
        Self { major, minor }
    }

    /// Refuses what is older than the oldest or newer than the newest.
    pub(super) fn supported(self) -> Result<Self> {
        if (Self::OLDEST..=Self::NEWEST).contains(&self) {
            return Ok(self);
        }
        Err(Error::new(ErrorKind::Unsupported(format!(
            "API version {self} is not supported, only {} to {}",
            Self::OLDEST,
            Self::NEWEST
        ))))
    }

    /// The version to speak with an engine whose newest is `engine`.
    fn common(engine: Self) -> Result<Self> {
        if engine >= Self::OLDEST {
            return Ok(engine.min(Self::NEWEST));
        }
        Err(Error::answered(ErrorKind::Unsupported(format!(
            "the engine is too old: it has API version {engine}, needed is {} (Engine 20.10)",
            Self::OLDEST
        ))))
    }

    /// Chooses by the header `Api-Version` of a ping.
    pub(super) fn from_ping(header: Option<&[u8]>) -> Result<Self> {
        let text = header.ok_or_else(|| {
            Error::protocol("the answer to a ping names no API version: is it an engine?")
        })?;
        let engine = std::str::from_utf8(text)
            .ok()
            .and_then(|text| text.trim().parse().ok());
        Self::common(engine.ok_or_else(|| {
            Error::protocol(format!(
                "the engine names an API version that can't be read: {:?}",
                String::from_utf8_lossy(text.get(..32).unwrap_or(text))
            ))
        })?)
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl FromStr for ApiVersion {
    type Err = Error;

    /// Parses `1.41`, or `v1.41`.
    fn from_str(text: &str) -> Result<Self> {
        let number = |digits: &str| {
            digits
                .bytes()
                .all(|byte| byte.is_ascii_digit())
                .then(|| digits.parse().ok())
                .flatten()
        };
        text.strip_prefix('v')
            .unwrap_or(text)
            .split_once('.')
            .and_then(|(major, minor)| Some(Self::new(number(major)?, number(minor)?)))
            .ok_or_else(|| {
                Error::new(ErrorKind::InvalidRequest(format!(
                    "{text:?} is no API version"
                )))
            })
    }
}

type Question = BoxFuture<'static, Result<ApiVersion>>;

/// A version that is asked for once, however many wait for it.
///
/// A failure is told to all who waited for that attempt, and isn't remembered.
pub(super) struct Negotiation {
    agreed: OnceLock<Agreed>,
    /// Owned by those who wait: when the last of them leaves, the question is withdrawn.
    attempt: Mutex<Option<WeakShared<Question>>>,
}

/// A version, and the prefix of paths it makes.
pub(super) struct Agreed {
    pub(super) version: ApiVersion,
    pub(super) prefix: String,
}

impl Negotiation {
    /// A negotiation that is done when the caller has fixed the version.
    pub(super) fn new(fixed: Option<ApiVersion>) -> Self {
        let agreed = OnceLock::new();
        if let Some(version) = fixed {
            agreed.get_or_init(|| Agreed::on(version));
        }
        Self {
            agreed,
            attempt: Mutex::new(None),
        }
    }

    pub(super) fn agreed(&self) -> Option<&Agreed> {
        self.agreed.get()
    }

    /// What is agreed on, asking with `ask` if nothing is yet.
    pub(super) async fn agree(&self, ask: impl FnOnce() -> Question) -> Result<&Agreed> {
        if let Some(agreed) = self.agreed.get() {
            return Ok(agreed);
        }
        let version = self.join(ask).await?;
        Ok(self.agreed.get_or_init(|| Agreed::on(version)))
    }

    fn join(&self, ask: impl FnOnce() -> Question) -> Shared<Question> {
        let mut slot = self.attempt.lock().unwrap_or_else(PoisonError::into_inner);
        let current = slot.as_ref().and_then(WeakShared::upgrade);
        // One that has failed is only still there for those who have yet to hear of it.
        if let Some(current) = current.filter(|it| it.peek().is_none_or(Result::is_ok)) {
            return current;
        }
        let attempt = ask().shared();
        *slot = attempt.downgrade();
        attempt
    }
}

impl Agreed {
    fn on(version: ApiVersion) -> Self {
        Self {
            version,
            prefix: format!("/v{version}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(header: &str) -> String {
        match ApiVersion::from_ping(Some(header.as_bytes())) {
            Ok(version) => version.to_string(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn the_older_of_both_is_chosen() {
        assert_eq!(chosen("1.41"), "1.41");
        assert_eq!(chosen("1.44"), "1.44");
        assert_eq!(chosen("1.99"), "1.55");
        assert_eq!(chosen("2.0"), "1.55");
        assert!(chosen("1.40").contains("too old"));
        assert!(chosen("1.9").contains("too old"));
    }

    #[test]
    fn nonsense_is_no_version() {
        for nonsense in [
            "",
            "1",
            "1.",
            ".41",
            "1.4.1",
            "+1.41",
            "1.99999999",
            "\u{1b}[2J",
        ] {
            assert!(chosen(nonsense).contains("can't be read"), "{nonsense:?}");
        }
        assert!(ApiVersion::from_ping(None).is_err());
        assert!(ApiVersion::from_ping(Some(b"\xff\xfe")).is_err());
    }

    #[test]
    fn versions_are_ordered_as_numbers() {
        let version = |text: &str| text.parse::<ApiVersion>().ok();
        assert!(version("1.9") < version("1.41"));
        assert_eq!(version("v1.41"), Some(ApiVersion::OLDEST));
        assert!(ApiVersion::new(1, 40).supported().is_err());
        assert!(ApiVersion::new(1, 56).supported().is_err());
    }
}
