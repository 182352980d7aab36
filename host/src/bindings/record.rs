//! What the audit is told of a call that was let through: always how it ended, even if the plugin has given it up.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::api::{self, Client, ContainerId};
use crate::keeper::{Fault, Witness};
use crate::policy::audit::{Audit, Exchange, Finished, Object, Outcome, Phase, Refusal};
use crate::policy::create::Facts;
use crate::policy::{Met, Verb};
use crate::transport::{Trace, Traced};

/// The record of a call. Nothing, where nobody wants to know.
pub(super) struct Record(Option<Open>);

struct Open {
    audit: Audit,
    call: u64,
    verb: Verb,
    object: Option<Object>,
    facts: Option<Facts>,
    trace: Arc<Trace>,
    begun: Instant,
    /// What its end will be told as.
    phase: Phase,
    /// What has come of it if nothing more is heard.
    unheard: Outcome,
    announced: bool,
}

impl Record {
    pub(super) fn begin(audit: Option<&Audit>, verb: Verb) -> Self {
        Self(audit.map(|audit| Open {
            audit: audit.clone(),
            call: audit.call(),
            verb,
            object: None,
            facts: None,
            trace: Arc::default(),
            begun: Instant::now(),
            phase: Phase::Call,
            unheard: Outcome::Cancelled,
            announced: false,
        }))
    }

    /// The client whose exchanges are this call's.
    pub(super) fn trace(&self, client: Client) -> Client {
        match &self.0 {
            Some(open) => client.traced(Arc::clone(&open.trace)),
            None => client,
        }
    }

    /// What it is about.
    pub(super) fn about(&mut self, id: &ContainerId) {
        if let Some(open) = &mut self.0 {
            open.object = Some(Object {
                kind: "container",
                id: id.to_string(),
            });
        }
    }

    /// What the container that it makes or changes comes to.
    fn comes_to(&mut self, facts: impl FnOnce() -> Facts) {
        if let Some(open) = &mut self.0 {
            open.facts = Some(facts());
        }
    }

    /// Tells, once, that it is about to be sent. From then on, it is not known what came of it until that is heard.
    fn announce(&mut self) -> io::Result<()> {
        let Some(open) = self.0.as_mut().filter(|open| !open.announced) else {
            return Ok(());
        };
        open.announced = true;
        let (object, facts) = (open.object.as_ref(), open.facts.as_ref());
        let announced = open.audit.announce(open.call, open.verb, object, facts);
        if announced.is_err() {
            // It was refused, and that has been told.
            self.0 = None;
        } else {
            open.unheard = Outcome::Unknown;
        }
        announced
    }

    /// Tells that its answer flows from now on.
    pub(super) fn opened(&mut self) {
        if let Some(open) = &mut self.0 {
            open.phase = Phase::Opened;
            open.tell(Outcome::Ok, None);
            open.phase = Phase::Closed;
        }
    }

    /// Tells that it was done.
    pub(super) fn done(mut self) {
        if let Some(open) = self.0.take() {
            open.tell(Outcome::Ok, None);
        }
    }

    /// Tells why the engine, or the way to it, failed it.
    pub(super) fn failed(mut self, error: &api::Error) {
        if let Some(open) = self.0.take() {
            let why = Why {
                error: error.kind().name(),
                field: error.field(),
                rule: None,
                limit: error.limit(),
            };
            open.tell(Outcome::Failed, Some(why));
        }
    }

    /// Tells why it wasn't done. What was refused before it was announced is no call.
    pub(super) fn faulted(mut self, fault: &Fault) {
        let refusal = match fault {
            Fault::Engine(error) => return self.failed(error),
            Fault::Denied(denial) => Some(Refusal::value(denial)),
            Fault::NotAllowed(refused) => Some(Refusal::verb(refused)),
            Fault::Quota(exceeded) => {
                let key = exceeded.quota.key();
                Some(Refusal::limit(&Met::new(key, exceeded.limit)))
            }
            // That has been told.
            Fault::Unaudited => return,
            _ => None,
        };
        let Some(open) = self.0.take() else { return };
        match refusal {
            Some(refusal) if open.is_to_begin() => open.audit.refused(open.verb, refusal),
            _ => {
                let why = Why {
                    error: fault.kind(),
                    field: fault.field(),
                    rule: fault.rule(),
                    limit: None,
                };
                open.tell(Outcome::Failed, Some(why));
            }
        }
    }

    /// Tells that a limit of the run refused it, before it was announced.
    pub(super) fn limited(mut self, met: &Met) {
        if let Some(open) = self.0.take() {
            open.audit.refused(open.verb, Refusal::limit(met));
        }
    }

    /// Tells that the host itself found something wrong with it.
    pub(super) fn wrong(mut self, kind: api::ErrorKind, field: &'static str) {
        if let Some(open) = self.0.take() {
            let why = Why {
                error: kind.name(),
                field: Some(field),
                rule: None,
                limit: None,
            };
            open.tell(Outcome::Failed, Some(why));
        }
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        if let Some(open) = self.0.take() {
            open.tell(open.unheard, None);
        }
    }
}

/// The record of a call that changes something, told of by whoever does it.
pub(super) struct Told(Mutex<Record>);

impl Told {
    pub(super) fn new(record: Record) -> Arc<Self> {
        Arc::new(Self(Mutex::new(record)))
    }

    /// The record, to be told how it ended.
    pub(super) fn take(&self) -> Record {
        std::mem::replace(&mut *self.record(), Record(None))
    }

    fn record(&self) -> MutexGuard<'_, Record> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Witness for Told {
    fn announce(&self) -> io::Result<()> {
        self.record().announce()
    }

    fn about(&self, id: &ContainerId) {
        self.record().about(id);
    }

    fn comes_to(&self, facts: &dyn Fn() -> Facts) {
        self.record().comes_to(facts);
    }
}

/// Why a call failed.
struct Why {
    error: &'static str,
    field: Option<&'static str>,
    rule: Option<&'static str>,
    limit: Option<(&'static str, u64)>,
}

impl Open {
    /// Whether nothing has come of it so far, so that a refusal is all there is to tell.
    fn is_to_begin(&self) -> bool {
        !self.announced && !matches!(self.phase, Phase::Closed)
    }

    fn tell(&self, outcome: Outcome, why: Option<Why>) {
        self.audit.finished(&Finished {
            phase: self.phase,
            call: self.call,
            verb: self.verb,
            object: self.object.as_ref(),
            facts: self.facts.as_ref(),
            exchange: exchange(self.trace.so_far()),
            outcome,
            error: why.as_ref().map(|why| why.error),
            field: why.as_ref().and_then(|why| why.field),
            rule: why.as_ref().and_then(|why| why.rule),
            limit: why.and_then(|why| why.limit),
            took: self.begun.elapsed(),
        });
    }
}

fn exchange(traced: Traced) -> Exchange {
    let (method, template) = traced
        .route
        .map(|route| (route.method.as_str().to_owned(), route.template))
        .unzip();
    Exchange {
        method,
        route: template,
        status: traced.status.map(|status| status.as_u16()),
        sent: traced.sent,
        received: traced.received,
    }
}
