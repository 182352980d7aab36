//! What can go wrong between a caller of this layer and the engine.

use std::fmt;

use hyper::StatusCode;

use crate::transport::{self, ApiVersion, Route};

/// The result of everything in this module.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What kind of failure an error is. Decided by the engine's status or by this layer, never by a
/// message's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// There is no such object.
    NotFound,
    /// The object's state or a name in use forbids it.
    Conflict,
    /// A value is impossible.
    Invalid,
    /// The engine or a registry wants credentials, or better ones.
    Unauthorized,
    /// The engine didn't answer in time. A write may have been done all the same.
    Timeout,
    /// The engine is too old for it, or the host can't do it.
    Unsupported,
    /// No engine can be reached, or it went away in the middle.
    Unavailable,
    /// The engine tried and failed.
    Engine,
    /// What the engine sent can't be read.
    Protocol,
    /// What the engine sends is more than its receiver may take.
    Quota,
}

impl ErrorKind {
    /// Its name in the interface: `not-found`.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotFound => "not-found",
            Self::Conflict => "conflict",
            Self::Invalid => "invalid",
            Self::Unauthorized => "unauthorized",
            Self::Timeout => "timeout",
            Self::Unsupported => "unsupported",
            Self::Unavailable => "unavailable",
            Self::Engine => "engine",
            Self::Protocol => "protocol",
            Self::Quota => "quota",
        }
    }
}

/// A failure of a call or of a stream.
#[derive(Clone)]
pub struct Error {
    inner: Box<Inner>,
}

#[derive(Clone, Debug)]
struct Inner {
    kind: ErrorKind,
    message: String,
    status: Option<StatusCode>,
    field: Option<&'static str>,
    limit: Option<(&'static str, u64)>,
    route: Option<Route>,
    sent: bool,
}

impl Error {
    /// An error of a call that was certainly not sent.
    pub(crate) fn unsent(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            inner: Box::new(Inner {
                kind,
                message: message.into(),
                status: None,
                field: None,
                limit: None,
                route: None,
                sent: false,
            }),
        }
    }

    /// A value that can't be, found before anything was sent.
    pub(super) fn invalid(field: &'static str, message: impl Into<String>) -> Self {
        let mut error = Self::unsent(ErrorKind::Invalid, message);
        error.inner.field = Some(field);
        error
    }

    /// A value that this engine would overlook.
    pub(super) fn too_old(field: &'static str, what: &str, needed: ApiVersion) -> Self {
        let message = format!("{what} needs an engine with API version {needed} or newer");
        let mut error = Self::unsent(ErrorKind::Unsupported, message);
        error.inner.field = Some(field);
        error
    }

    /// Something the engine sent that can't be read.
    pub(crate) fn protocol(message: impl Into<String>) -> Self {
        let mut error = Self::unsent(ErrorKind::Protocol, message);
        error.inner.sent = true;
        error
    }

    /// An object that isn't there, though the engine answered with another.
    pub(super) fn not_found(message: impl Into<String>) -> Self {
        let mut error = Self::unsent(ErrorKind::NotFound, message);
        error.inner.sent = true;
        error
    }

    /// The same failure, known to be that of a name in use.
    pub(crate) fn of_a_name_in_use(mut self) -> Self {
        self.inner.kind = ErrorKind::Conflict;
        self
    }

    pub(super) fn at(mut self, route: &Route) -> Self {
        self.inner.route.get_or_insert_with(|| route.clone());
        self
    }

    /// What kind of failure it is.
    pub fn kind(&self) -> ErrorKind {
        self.inner.kind
    }

    /// What went wrong, for a person; where the engine said it, in its words.
    pub fn message(&self) -> &str {
        &self.inner.message
    }

    /// The status of the engine's answer, if it was one of failure.
    pub fn status(&self) -> Option<u16> {
        self.inner.status.map(|status| status.as_u16())
    }

    /// The option or setter whose value is wrong, by its name in the interface: `set-memory`.
    pub fn field(&self) -> Option<&'static str> {
        self.inner.field
    }

    /// The name of the meter whose limit is met, and that limit in bytes.
    pub fn limit(&self) -> Option<(&'static str, u64)> {
        self.inner.limit
    }

    /// The endpoint that it is about, without the values put into it; none before one was chosen.
    pub fn route(&self) -> Option<&Route> {
        self.inner.route.as_ref()
    }

    /// Whether the engine may have received the request. Only `false` is certain.
    pub fn sent(&self) -> bool {
        self.inner.sent
    }
}

impl From<transport::Error> for Error {
    fn from(error: transport::Error) -> Self {
        let status = error.status();
        Self {
            inner: Box::new(Inner {
                kind: kind_of(error.kind()),
                message: error.kind().to_string(),
                status,
                field: None,
                limit: match error.kind() {
                    transport::ErrorKind::Budget { name, limit } => Some((*name, *limit)),
                    _ => None,
                },
                route: error.route().cloned(),
                sent: error.sent(),
            }),
        }
    }
}

fn kind_of(kind: &transport::ErrorKind) -> ErrorKind {
    use transport::ErrorKind as From;
    match kind {
        From::InvalidAddress(_) | From::InvalidRequest(_) => ErrorKind::Invalid,
        From::Unavailable(_) => ErrorKind::Unavailable,
        From::Timeout { .. } => ErrorKind::Timeout,
        From::Status { status, .. } => kind_of_status(*status),
        From::Stream(_) => ErrorKind::Engine,
        From::Budget { .. } => ErrorKind::Quota,
        From::Protocol(_) | From::TooLarge { .. } => ErrorKind::Protocol,
        From::Unsupported(_) => ErrorKind::Unsupported,
    }
}

/// The one place where a status becomes a kind.
///
/// A 503 is the engine's word for a swarm that isn't there or that is locked, so it is a failure
/// of the engine's and not an engine that can't be reached.
fn kind_of_status(status: StatusCode) -> ErrorKind {
    match status.as_u16() {
        400 => ErrorKind::Invalid,
        401 | 403 => ErrorKind::Unauthorized,
        404 => ErrorKind::NotFound,
        409 => ErrorKind::Conflict,
        501 => ErrorKind::Unsupported,
        _ => ErrorKind::Engine,
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.inner.message)?;
        if let Some(field) = self.inner.field {
            write!(f, " ({field})")?;
        }
        match &self.inner.route {
            Some(route) => write!(f, " ({route})"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl std::error::Error for Error {}
