//! Failures as the plugin sees them.

use tokio::task::JoinError;
use wasmtime::component::ResourceTableError;
use wasmtime_wasi::TrappableError;

use super::convert::Convert;
use super::wit::types::{Error, ErrorKind};
use crate::api;
use crate::policy::{Met, NotAllowed, Verb};

pub(super) type DockerError = TrappableError<Error>;
pub(super) type DockerResult<T> = Result<T, DockerError>;

/// A call whose verb isn't allowed.
pub(super) fn denied(refused: &NotAllowed) -> Error {
    let NotAllowed { verb, rule, add } = refused;
    Error {
        kind: ErrorKind::Denied,
        op: verb.name().into(),
        message: format!("this plugin isn't granted `{verb}`"),
        details: vec![
            ("rule".into(), (*rule).into()),
            ("got".into(), verb.name().into()),
            ("add".into(), add.clone()),
        ],
    }
}

/// A call that a limit of the run refuses.
pub(super) fn met(verb: Verb, met: &Met) -> Error {
    Error {
        kind: ErrorKind::Quota,
        op: verb.name().into(),
        message: met.to_string(),
        details: vec![
            ("rule".into(), met.key.into()),
            ("limit".into(), met.limit.clone()),
        ],
    }
}

/// A write that can't be announced in the audit, and so isn't sent.
pub(super) fn unaudited(verb: Verb) -> Error {
    Error {
        kind: ErrorKind::Other("audit".into()),
        op: verb.name().into(),
        message: "the audit can't be written, so that nothing was sent".into(),
        details: vec![("rule".into(), "audit".into())],
    }
}

/// A call that the engine, or the way to it, failed.
pub(super) fn of_engine(verb: Verb, error: &api::Error) -> Error {
    let mut details = Vec::new();
    if let Some(field) = error.field() {
        details.push(("field".into(), field.into()));
    }
    if let Some((rule, limit)) = error.limit() {
        details.push(("rule".into(), rule.into()));
        details.push(("limit".into(), limit.to_string()));
    }
    if let Some(status) = error.status() {
        details.push(("status".into(), status.to_string()));
    }
    Error {
        kind: error.kind().convert(),
        op: verb.name().into(),
        message: error.to_string(),
        details,
    }
}

/// A value that can't be, found before the engine was asked.
pub(super) fn invalid(verb: Verb, field: &str, message: &str) -> Error {
    Error {
        kind: ErrorKind::Invalid,
        op: verb.name().into(),
        message: message.into(),
        details: vec![("field".into(), field.into())],
    }
}

/// An object that there is not, or not for this plugin.
pub(super) fn not_found(verb: Verb, message: String) -> Error {
    Error {
        kind: ErrorKind::NotFound,
        op: verb.name().into(),
        message,
        details: Vec::new(),
    }
}

/// A stream that was dropped before its end.
pub(super) fn cancelled(verb: Verb) -> Error {
    Error {
        kind: ErrorKind::Cancelled,
        op: verb.name().into(),
        message: "the stream was dropped before its end".into(),
        details: Vec::new(),
    }
}

/// A call whose task in the host came to grief: a fault of dockwit, told as such and survived.
pub(super) fn broken(verb: Verb, panicked: &JoinError) -> Error {
    tracing::error!(op = verb.name(), %panicked, "a write failed inside the host");
    Error {
        kind: ErrorKind::Other("host".into()),
        op: verb.name().into(),
        message: "the host failed inside; whether the engine was reached isn't known".into(),
        details: Vec::new(),
    }
}

/// The plugin meddled with a handle that it doesn't hold: a trap.
pub(super) fn bad_handle(error: ResourceTableError) -> DockerError {
    DockerError::trap(error)
}

/// One of Wasmtime's own bounds is met: a trap.
pub(super) fn trap(error: wasmtime::Error) -> DockerError {
    DockerError::trap(error)
}
