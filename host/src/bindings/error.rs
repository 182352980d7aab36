//! Failures as the plugin sees them.

use tokio::task::JoinError;
use wasmtime::component::ResourceTableError;
use wasmtime_wasi::TrappableError;

use super::convert::Convert;
use super::wit::types::{Error, ErrorKind};
use crate::api;
use crate::keeper::{Fault, Keeper};
use crate::policy::{Denial, Detail, Met, NotAllowed, Verb};

pub(super) type DockerError = TrappableError<Error>;
pub(super) type DockerResult<T> = Result<T, DockerError>;

/// A refusal as far as the plugin is to know of it: the policy's rules and limits are the operator's, if they say so.
fn refused(detail: Detail, whole: Error) -> Error {
    let message = match (detail, &whole.kind) {
        (Detail::Minimal, ErrorKind::Denied) => "it isn't allowed",
        (Detail::Minimal, ErrorKind::Quota) => "a limit of this run is met",
        _ => return whole,
    };
    tracing::info!(op = whole.op, why = whole.message, "refused");
    Error {
        message: message.into(),
        details: Vec::new(),
        ..whole
    }
}

/// A call whose verb isn't allowed.
pub(super) fn denied(detail: Detail, not_allowed: &NotAllowed) -> Error {
    let NotAllowed { verb, rule, add } = not_allowed;
    let mut whole = Error {
        kind: ErrorKind::Denied,
        op: verb.name().into(),
        message: format!("this plugin isn't granted `{verb}`"),
        details: vec![
            ("rule".into(), (*rule).into()),
            ("got".into(), verb.name().into()),
        ],
    };
    let add = add.iter().map(|add| ("add".into(), add.clone()));
    whole.details.extend(add);
    refused(detail, whole)
}

/// A call that a limit of the run refuses.
pub(super) fn met(detail: Detail, verb: Verb, met: &Met) -> Error {
    let whole = Error {
        kind: ErrorKind::Quota,
        op: verb.name().into(),
        message: met.to_string(),
        details: vec![
            ("rule".into(), met.key.into()),
            ("limit".into(), met.limit.clone()),
        ],
    };
    refused(detail, whole)
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

/// A call that wasn't done.
pub(super) fn of_fault(keeper: &Keeper, verb: Verb, fault: &Fault) -> Error {
    let (kind, details) = match fault {
        Fault::Engine(error) => return of_engine(keeper, verb, error),
        Fault::Unaudited => return unaudited(verb),
        Fault::NotAllowed(refused) => return denied(keeper.policy().detail(), refused),
        Fault::Denied(denial) => (ErrorKind::Denied, of_denial(denial)),
        Fault::Quota(exceeded) => {
            let details = vec![
                ("rule", exceeded.quota.key().to_owned()),
                ("limit", exceeded.limit.to_string()),
            ];
            (ErrorKind::Quota, details)
        }
        Fault::NotFound(_) => (ErrorKind::NotFound, Vec::new()),
        Fault::Conflict(_) => (ErrorKind::Conflict, Vec::new()),
        Fault::Invalid { field, .. } => (ErrorKind::Invalid, vec![("field", (*field).to_owned())]),
        Fault::Weaker(_) | Fault::NoLedger => {
            let field = fault.field().map(|field| ("field", field.to_owned()));
            (ErrorKind::Unsupported, field.into_iter().collect())
        }
        Fault::Ledger(_) => (ErrorKind::Other("ledger".into()), Vec::new()),
    };
    let message = match fault {
        Fault::Denied(denial) => denial.reason().to_string(),
        fault => fault.to_string(),
    };
    let details = details.into_iter();
    let whole = Error {
        kind,
        op: verb.name().into(),
        message,
        details: details.map(|(key, value)| (key.into(), value)).collect(),
    };
    refused(keeper.policy().detail(), whole)
}

fn of_denial(denial: &Denial) -> Vec<(&'static str, String)> {
    let mut details = vec![
        ("rule", denial.rule.to_owned()),
        ("field", denial.field.to_owned()),
        ("got", denial.got.clone()),
        ("limit", denial.limit.clone()),
    ];
    details.extend(denial.add.clone().map(|add| ("add", add)));
    details
}

/// A call that the engine, or the way to it, failed. What its message tells of others is cut out; the whole of it is the
/// operator's.
pub(super) fn of_engine(keeper: &Keeper, verb: Verb, error: &api::Error) -> Error {
    tracing::debug!(op = verb.name(), %error, "the engine failed a call");
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
    let whole = Error {
        kind: error.kind().convert(),
        op: verb.name().into(),
        message: keeper.cut(&error.to_string()),
        details,
    };
    refused(keeper.policy().detail(), whole)
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::policy::Policy;

    fn keeper(detail: Detail) -> Keeper {
        let policy = Policy::new("p".parse().unwrap());
        Keeper::without_ledger(Arc::new(policy.with_detail(detail)))
    }

    fn all(detail: Detail) -> Vec<Error> {
        let keeper = keeper(detail);
        let verb = Verb::ContainersCreate;
        let not_allowed = keeper.policy().allow(verb).unwrap_err();
        let denial = Denial::above("create.memory", "memory", 2, 1, Some("2".to_owned()));
        let limit = Met::new("limits.containers", 4);
        vec![
            denied(detail, &not_allowed),
            met(detail, verb, &limit),
            of_fault(&keeper, verb, &Fault::Denied(denial)),
        ]
    }

    #[test]
    fn a_refusal_says_all_that_would_help_unless_the_policy_says_otherwise() {
        for error in all(Detail::Full) {
            assert!(
                error.details.iter().any(|(key, _)| key == "rule"),
                "{error:?}"
            );
        }
        for error in all(Detail::Minimal) {
            assert!(error.details.is_empty(), "{error:?}");
            for told in ["create.memory", "limits", "allow +=", "4"] {
                assert!(!error.message.contains(told), "{error:?}");
            }
            assert_eq!(error.op, "containers.create");
        }
    }

    #[test]
    fn what_is_no_refusal_is_told_in_full_all_the_same() {
        let fault = Fault::Invalid {
            field: "set-name",
            message: "a name has letters".to_owned(),
        };
        let error = of_fault(&keeper(Detail::Minimal), Verb::ContainersCreate, &fault);
        assert_eq!(error.details, [("field".to_owned(), "set-name".to_owned())]);
        assert_eq!(error.message, "a name has letters");
    }
}
