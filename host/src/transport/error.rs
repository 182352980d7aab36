//! What can go wrong between the host and the engine.

use std::fmt;
use std::io;
use std::time::Duration;

use hyper::{Method, StatusCode};

/// The result of everything in this module.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why an exchange with the engine failed.
///
/// Small and cheap to clone, so that several waiters can be told of one failure.
#[derive(Clone)]
pub struct Error {
    inner: Box<Inner>,
}

#[derive(Clone, Debug)]
struct Inner {
    kind: ErrorKind,
    route: Option<Route>,
    sent: bool,
}

/// The kinds of failure, with what there is to say about each.
///
/// Their `Display` is a sentence without the route; that of [`Error`] adds it.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The engine's address can't be understood.
    #[error("{0}")]
    InvalidAddress(String),

    /// The caller's values can't be put into a request. Nothing was sent.
    #[error("{0}")]
    InvalidRequest(String),

    /// There is no engine, it can't be reached, or it went away.
    #[error("{0}")]
    Unavailable(String),

    /// The engine was too slow.
    #[error("{phase} took longer than {}", Seconds(*limit))]
    Timeout {
        /// What was waited for.
        phase: Phase,
        /// How long it was waited for.
        limit: Duration,
    },

    /// The engine answered with an error status (400 and above).
    #[error("{message}")]
    Status {
        /// The status of the answer. Decisions are taken by it, never by the message.
        status: StatusCode,
        /// The engine's own words, or the status in words where it has none. Bounded.
        message: String,
    },

    /// The engine reported an error in the middle of a stream.
    #[error("{0}")]
    Stream(String),

    /// What the engine sent can't be read.
    #[error("{0}")]
    Protocol(String),

    /// What the engine sent is larger than what is kept in memory.
    #[error("{what} is larger than the limit of {limit} bytes")]
    TooLarge {
        /// What was too large.
        what: &'static str,
        /// The limit, in bytes.
        limit: usize,
    },

    /// What the engine sent is more than its receiver may take.
    #[error("{name} = {limit} bytes is met")]
    Budget {
        /// The name of the limit.
        name: &'static str,
        /// The limit, in bytes.
        limit: u64,
    },

    /// The engine is too old, or the address needs something that isn't built in.
    #[error("{0}")]
    Unsupported(String),
}

/// What a timeout was waiting for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Phase {
    /// A connection to the engine.
    #[error("connecting to the engine")]
    Connect,
    /// The head of the engine's answer.
    #[error("the engine's answer")]
    Head,
    /// The next piece of an answer that is read to its end.
    #[error("the rest of the engine's answer")]
    Body,
}

/// Which endpoint an exchange was about, without the values put into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The method of the request.
    pub method: Method,
    /// The path with placeholders, such as `/containers/{id}/json`.
    pub template: &'static str,
}

impl Error {
    /// An error of a request that was certainly not sent.
    pub(crate) fn new(kind: ErrorKind) -> Self {
        Self {
            inner: Box::new(Inner {
                kind,
                route: None,
                sent: false,
            }),
        }
    }

    /// An error of what the engine sent, and so of a request that was sent.
    pub(crate) fn answered(kind: ErrorKind) -> Self {
        Self {
            inner: Box::new(Inner {
                kind,
                route: None,
                sent: true,
            }),
        }
    }

    /// Something the engine sent that can't be read.
    pub(crate) fn protocol(message: impl Into<String>) -> Self {
        Self::answered(ErrorKind::Protocol(message.into()))
    }

    pub(crate) fn at(mut self, route: &Route) -> Self {
        self.inner.route.get_or_insert_with(|| route.clone());
        self
    }

    pub(crate) fn maybe_sent(mut self, sent: bool) -> Self {
        self.inner.sent = sent;
        self
    }

    /// Why a connection couldn't be made, with what to do about it.
    pub(crate) fn connect(
        error: &(dyn std::error::Error + 'static),
        address: &dyn fmt::Display,
    ) -> Self {
        let kind = causes(error)
            .find_map(|e| e.downcast_ref::<io::Error>())
            .map(io::Error::kind);
        let hint = match kind {
            Some(io::ErrorKind::PermissionDenied) => {
                "may this user open the socket? it usually belongs to the group docker"
            }
            _ => "is the engine running? set DOCKER_HOST or --engine",
        };
        let reason = match kind {
            Some(io::ErrorKind::NotFound) => "no such socket".to_owned(),
            Some(io::ErrorKind::ConnectionRefused) => "connection refused".to_owned(),
            Some(io::ErrorKind::PermissionDenied) => "permission denied".to_owned(),
            _ => Chain(error).to_string(),
        };
        Self::new(ErrorKind::Unavailable(format!(
            "cannot connect to the engine at {address}: {reason}: {hint}"
        )))
    }

    /// What kind of failure it is.
    pub fn kind(&self) -> &ErrorKind {
        &self.inner.kind
    }

    /// Which endpoint it is about; none where no request was made of it yet.
    pub fn route(&self) -> Option<&Route> {
        self.inner.route.as_ref()
    }

    /// Whether the engine may have received the request.
    ///
    /// Only `false` is certain: the engine has done nothing, and the call can be made again.
    pub fn sent(&self) -> bool {
        self.inner.sent
    }

    /// The status of the engine's answer, of an error that is one.
    pub fn status(&self) -> Option<StatusCode> {
        match self.inner.kind {
            ErrorKind::Status { status, .. } => Some(status),
            _ => None,
        }
    }
}

/// The connection's end where more of the answer was due.
pub(crate) fn closed(when: &str, sent: bool) -> Error {
    Error::new(ErrorKind::Unavailable(format!(
        "the engine closed the connection {when}"
    )))
    .maybe_sent(sent)
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.kind.fmt(f)?;
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

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.template)
    }
}

/// A duration as people say it.
struct Seconds(Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} s", self.0.as_secs_f64())
    }
}

/// An error with its causes, each said once.
struct Chain<'a>(&'a (dyn std::error::Error + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut said = self.0.to_string();
        f.write_str(&said)?;
        for cause in causes(self.0).skip(1) {
            let more = cause.to_string();
            if !said.contains(&more) {
                write!(f, ": {more}")?;
                said = more;
            }
        }
        Ok(())
    }
}

fn causes<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error), |e| e.source())
}
