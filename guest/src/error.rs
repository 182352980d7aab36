//! What can go wrong.

use std::fmt;

pub use crate::bindings::engine::types::ErrorKind;

/// What a call or a stream gives: a value, or an [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failure of a call or of a stream.
///
/// [`kind`](Self::kind) and the `is_` methods say what to do about it, [`message`](Self::message) says it to a person, and
/// the details ([`rule`](Self::rule), [`field`](Self::field), [`status`](Self::status)...) are the facts behind it.
/// Printed, it is one line:
///
/// ```text
/// denied: containers.create: the policy doesn't allow it; add: containers.create
/// ```
///
/// ```no_run
/// # async fn f(docker: dockwit::Docker) -> dockwit::Result<()> {
/// match docker.containers().get("web").await {
///     Ok(web) => web.stop().await?,
///     Err(error) if error.is_not_found() => println!("nothing to stop"),
///     Err(error) => return Err(error),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Error {
    pub(crate) kind: ErrorKind,
    pub(crate) op: String,
    pub(crate) message: String,
    pub(crate) details: Vec<(String, String)>,
}

/// A fact behind an [`Error`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Detail<'a> {
    /// The key of the policy that refused.
    Rule(&'a str),
    /// The option or setter whose value is wrong.
    Field(&'a str),
    /// The value that is wrong.
    Got(&'a str),
    /// The limit that is reached.
    Limit(&'a str),
    /// What would have to be added to the policy.
    Add(&'a str),
    /// The engine's HTTP status.
    Status(u16),
    /// Another, by its name.
    Other(&'a str, &'a str),
}

impl Error {
    /// An error of the plugin's own, for functions that give [`Result`]: of the kind [`ErrorKind::Other`].
    pub fn other(message: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Other("plugin".into()), "", message)
    }

    /// What kind of failure it is.
    #[must_use]
    pub const fn kind(&self) -> &ErrorKind {
        &self.kind
    }

    /// The verb of the call that failed, such as `containers.create`. Empty for an error of the plugin's own.
    #[must_use]
    pub fn op(&self) -> &str {
        &self.op
    }

    /// What went wrong, for a person: without the kind and the verb.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The facts behind it.
    pub fn details(&self) -> impl Iterator<Item = Detail<'_>> {
        self.details
            .iter()
            .map(|(key, value)| Detail::read(key, value))
    }

    /// The key of the policy that refused.
    #[must_use]
    pub fn rule(&self) -> Option<&str> {
        self.detail("rule")
    }

    /// The option or setter whose value is wrong, as the WIT names it: `set-memory`.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        self.detail("field")
    }

    /// The value that is wrong.
    #[must_use]
    pub fn got(&self) -> Option<&str> {
        self.detail("got")
    }

    /// The limit that is reached.
    #[must_use]
    pub fn limit(&self) -> Option<&str> {
        self.detail("limit")
    }

    /// What would have to be added to the policy.
    #[must_use]
    pub fn add(&self) -> Option<&str> {
        self.detail("add")
    }

    /// The engine's HTTP status.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.detail("status")?.parse().ok()
    }

    /// Whether the policy doesn't allow it.
    #[must_use]
    pub const fn is_denied(&self) -> bool {
        matches!(self.kind, ErrorKind::Denied)
    }

    /// Whether there is no such object, or none that this plugin may know of.
    #[must_use]
    pub const fn is_not_found(&self) -> bool {
        matches!(self.kind, ErrorKind::NotFound)
    }

    /// Whether the object's state, or a name in use, forbids it.
    #[must_use]
    pub const fn is_conflict(&self) -> bool {
        matches!(self.kind, ErrorKind::Conflict)
    }

    /// Whether a value is impossible.
    #[must_use]
    pub const fn is_invalid(&self) -> bool {
        matches!(self.kind, ErrorKind::Invalid)
    }

    /// Whether credentials are wanted, or better ones.
    #[must_use]
    pub const fn is_unauthorized(&self) -> bool {
        matches!(self.kind, ErrorKind::Unauthorized)
    }

    /// Whether a limit of this run is reached.
    #[must_use]
    pub const fn is_quota(&self) -> bool {
        matches!(self.kind, ErrorKind::Quota)
    }

    /// Whether the answer didn't come in time. A write may have been done all the same.
    #[must_use]
    pub const fn is_timeout(&self) -> bool {
        matches!(self.kind, ErrorKind::Timeout)
    }

    /// Whether it was ended from this side before it was complete.
    #[must_use]
    pub const fn is_cancelled(&self) -> bool {
        matches!(self.kind, ErrorKind::Cancelled)
    }

    /// Whether the engine, or the host, is too old for it.
    #[must_use]
    pub const fn is_unsupported(&self) -> bool {
        matches!(self.kind, ErrorKind::Unsupported)
    }

    /// Whether no engine can be reached, or it went away in the middle.
    #[must_use]
    pub const fn is_unavailable(&self) -> bool {
        matches!(self.kind, ErrorKind::Unavailable)
    }

    /// Whether the engine tried and failed.
    #[must_use]
    pub const fn is_engine(&self) -> bool {
        matches!(self.kind, ErrorKind::Engine)
    }

    /// Whether the engine's answer can't be read.
    #[must_use]
    pub const fn is_protocol(&self) -> bool {
        matches!(self.kind, ErrorKind::Protocol)
    }

    pub(crate) fn new(kind: ErrorKind, op: &str, message: impl fmt::Display) -> Self {
        Self {
            kind,
            op: op.into(),
            message: message.to_string(),
            details: Vec::new(),
        }
    }

    pub(crate) fn with(mut self, key: &str, value: impl fmt::Display) -> Self {
        self.details.push((key.into(), value.to_string()));
        self
    }

    fn detail(&self, key: &str) -> Option<&str> {
        self.details
            .iter()
            .find(|(k, _)| k == key)
            .map(|(_, value)| value.as_str())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.kind)?;
        if !self.op.is_empty() {
            write!(f, "{}: ", self.op)?;
        }
        f.write_str(&self.message)?;
        self.add().map_or(Ok(()), |add| write!(f, "; add: {add}"))
    }
}

impl std::error::Error for Error {}

impl<'a> Detail<'a> {
    fn read(key: &'a str, value: &'a str) -> Self {
        match key {
            "rule" => Self::Rule(value),
            "field" => Self::Field(value),
            "got" => Self::Got(value),
            "limit" => Self::Limit(value),
            "add" => Self::Add(value),
            "status" => value.parse().map_or(Self::Other(key, value), Self::Status),
            _ => Self::Other(key, value),
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Denied => "denied",
            Self::NotFound => "not found",
            Self::Conflict => "conflict",
            Self::Invalid => "invalid",
            Self::Unauthorized => "unauthorized",
            Self::Quota => "quota",
            Self::Timeout => "timeout",
            Self::Cancelled => "cancelled",
            Self::Unsupported => "unsupported",
            Self::Unavailable => "unavailable",
            Self::Engine => "engine",
            Self::Protocol => "protocol",
            Self::Other(name) => name,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_kind_verb_message_and_what_to_add() {
        let error = Error::new(
            ErrorKind::Denied,
            "containers.create",
            "the policy forbids it",
        )
        .with("rule", "allow")
        .with("add", "containers.create");
        assert_eq!(
            error.to_string(),
            "denied: containers.create: the policy forbids it; add: containers.create"
        );
        assert_eq!(
            Error::other("no such file").to_string(),
            "plugin: no such file"
        );
    }

    #[test]
    fn details_are_typed() {
        let error = Error::new(ErrorKind::Engine, "container.start", "failed")
            .with("status", 500)
            .with("colour", "red");
        assert_eq!(error.status(), Some(500));
        assert_eq!(error.rule(), None);
        assert_eq!(
            error.details().collect::<Vec<_>>(),
            [Detail::Status(500), Detail::Other("colour", "red")]
        );
        assert!(error.is_engine() && !error.is_denied());
    }

    #[test]
    fn a_status_that_is_no_number_is_kept_as_text() {
        let error = Error::other("odd").with("status", "teapot");
        assert_eq!(error.status(), None);
        assert_eq!(
            error.details().next(),
            Some(Detail::Other("status", "teapot"))
        );
    }
}
