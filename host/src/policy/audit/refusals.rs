//! Refusals, of which equal ones in a row become one line.

use std::time::{Duration, Instant};

use super::line::{Decision, Event, Refused};
use crate::policy::create::NotGiven;
use crate::policy::denial::escaped;
use crate::policy::{Denial, Met, NotAllowed};

/// How long equal refusals are gathered.
pub(super) const GATHERED: Duration = Duration::from_secs(1);

/// The longest line to add that is told, in bytes. A part of one would be of no use.
const MAX_ADD: usize = 512;

/// Why a call isn't let through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    decision: Decision,
    rule: &'static str,
    field: Option<&'static str>,
    got: Option<String>,
    limit: Option<String>,
    add: Option<String>,
}

impl Refusal {
    /// A verb that may not be called.
    pub fn verb(refused: &NotAllowed) -> Self {
        Self {
            decision: Decision::Denied,
            rule: refused.rule,
            field: None,
            got: Some(refused.verb.name().to_owned()),
            limit: None,
            add: refused.add.clone(),
        }
    }

    /// A power over the machine that isn't given.
    pub fn power(missing: &NotGiven) -> Self {
        Self {
            decision: Decision::Denied,
            rule: missing.rule,
            field: None,
            got: Some(missing.part.name().to_owned()),
            limit: None,
            add: Some(missing.add()),
        }
    }

    /// A limit of the run that is met.
    pub fn limit(met: &Met) -> Self {
        Self {
            decision: Decision::Refused,
            rule: met.key,
            field: None,
            got: None,
            limit: Some(escaped(&met.limit)),
            add: None,
        }
    }

    /// A value that the policy doesn't allow.
    pub fn value(denial: &Denial) -> Self {
        let add = denial.add.clone();
        Self {
            decision: Decision::Denied,
            rule: denial.rule,
            field: Some(denial.field),
            got: Some(denial.got.clone()),
            limit: Some(escaped(&denial.limit)),
            add: add.filter(|add| add.len() <= MAX_ADD && !add.contains(char::is_control)),
        }
    }

    /// A write that could not be announced.
    pub(super) fn unaudited() -> Self {
        Self {
            decision: Decision::Refused,
            rule: "audit",
            field: None,
            got: None,
            limit: None,
            add: None,
        }
    }

    /// Whether it is about calls of all kinds together.
    fn is_of_all_calls(&self) -> bool {
        self.rule == "limits.calls"
    }
}

/// Refusals that are still to be written.
pub(super) struct Held {
    pub(super) time: String,
    since: Instant,
    op: &'static str,
    refusal: Refusal,
    count: u64,
}

impl Held {
    pub(super) fn new(time: String, now: Instant, op: &'static str, refusal: Refusal) -> Self {
        Self {
            time,
            since: now,
            op,
            refusal,
            count: 1,
        }
    }

    /// Takes in one more, if it is like the others.
    pub(super) fn gather(&mut self, now: Instant, op: &str, refusal: &Refusal) -> bool {
        let alike = *refusal == self.refusal && (op == self.op || refusal.is_of_all_calls());
        let gathers = alike && self.left(now) > Duration::ZERO;
        self.count += u64::from(gathers);
        gathers
    }

    /// How long more are waited for.
    pub(super) fn left(&self, now: Instant) -> Duration {
        GATHERED.saturating_sub(now.saturating_duration_since(self.since))
    }

    pub(super) fn event(&self) -> Event<'_> {
        let Refusal {
            decision,
            rule,
            field,
            got,
            limit,
            add,
        } = &self.refusal;
        Event::Refused(Refused {
            op: self.op,
            decision: *decision,
            rule,
            field: *field,
            got: got.as_deref(),
            limit: limit.as_deref(),
            add: add.as_deref(),
            count: self.count,
        })
    }
}
