//! The audit of one run.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::line::{
    Announced, Begin, Decision, Done, End, Ended, Event, Exchange, Line, MAX_LINE, Object, Outcome,
    StoppedLine, VERSION,
};
use super::refusals::{Held, Refusal};
use super::sink::AuditSink;
use crate::policy::create::Facts;
use crate::policy::ledger::RunId;
use crate::policy::values::Digest;
use crate::policy::{Met, Policy, Verb};

/// The rule by which calls are let through.
const ALLOW: &str = "allow";

/// What all lines of a run have in common.
#[derive(Clone, Debug)]
pub struct Identity {
    run: RunId,
    plugin: String,
    component: Option<String>,
    /// The one that it begins with.
    policy: String,
}

impl Identity {
    /// A run under a policy, with an id that nobody has had before; and of a component, if its digest is known.
    ///
    /// # Errors
    ///
    /// Fails if there are no random numbers.
    pub fn new(policy: &Policy, component: Option<&Digest>) -> io::Result<Self> {
        Ok(Self {
            run: RunId::random().map_err(io::Error::other)?,
            plugin: policy.plugin().to_string(),
            component: component.map(Digest::to_string),
            policy: policy.digest().to_string(),
        })
    }
}

/// The audit of one run. Clones write to the same; when the last is gone, so is the run, and if nothing else was said,
/// it was given up.
#[derive(Clone)]
pub struct Audit(Arc<Shared>);

/// An audit that ends nevertheless when nobody else holds it.
#[derive(Clone)]
pub(crate) struct WeakAudit(Weak<Shared>);

impl WeakAudit {
    pub(crate) fn upgrade(&self) -> Option<Audit> {
        self.0.upgrade().map(Audit)
    }
}

struct Shared {
    sink: Arc<dyn AuditSink>,
    identity: Identity,
    begun: Instant,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    sequence: u64,
    calls: u64,
    lost: u64,
    held: Option<Held>,
    /// Whether there is a task that writes what is held.
    watched: bool,
    ended: bool,
    line: Vec<u8>,
    /// The digest of the policy that is in force, if it isn't the first any more.
    policy: Option<String>,
}

/// How a call that was let through stands.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Phase {
    /// It is finished, and was no flow.
    Call,
    /// It is a flow that has begun.
    Opened,
    /// It is a flow that is over.
    Closed,
}

/// What came of a call.
#[derive(Debug)]
pub struct Finished<'a> {
    pub(crate) phase: Phase,
    pub(crate) call: u64,
    pub(crate) verb: Verb,
    pub(crate) object: Option<&'a Object>,
    pub(crate) facts: Option<&'a Facts>,
    pub(crate) exchange: Exchange,
    pub(crate) outcome: Outcome,
    pub(crate) error: Option<&'static str>,
    pub(crate) field: Option<&'static str>,
    /// The key of the policy that ended it.
    pub(crate) rule: Option<&'static str>,
    /// The limit that ended it.
    pub(crate) limit: Option<(&'static str, u64)>,
    pub(crate) took: Duration,
}

/// Something that the host has stopped by itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopped<'a> {
    /// The key of the limit that is met.
    pub(crate) rule: &'static str,
    /// What it is set to.
    pub(crate) limit: &'a str,
    /// The container's full id.
    pub(crate) container: &'a str,
    pub(crate) outcome: Outcome,
}

/// Tells an audit what goes on beside the calls, and doesn't keep it from its end.
#[derive(Clone)]
pub(crate) struct Observer(Weak<Shared>);

impl Observer {
    /// Tells that the host has stopped something by itself.
    pub(crate) fn stopped(&self, stopped: &Stopped<'_>) {
        let Some(shared) = self.0.upgrade() else {
            return;
        };
        let event = Event::Stopped(StoppedLine {
            rule: stopped.rule,
            limit: stopped.limit,
            object: &Object {
                kind: "container",
                id: stopped.container.to_owned(),
            },
            outcome: stopped.outcome,
        });
        // It has happened, whether or not that can be told.
        let _ = shared.tell(event);
    }
}

impl Audit {
    /// Begins the audit of a run that is given so many arguments.
    ///
    /// # Errors
    ///
    /// Fails if its first line can't be written. The run is not to be begun then.
    pub fn begin(
        sink: Arc<dyn AuditSink>,
        identity: Identity,
        arguments: usize,
    ) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            sink,
            identity,
            begun: Instant::now(),
            state: Mutex::default(),
        });
        let begin = Event::Begin(Begin { arguments });
        let mut state = shared.state();
        let written = shared.write(&mut state, &now(), begin);
        // Without a beginning there is no end to be told.
        state.ended = written.is_err();
        drop(state);
        written.map(|()| Self(shared))
    }

    /// Whoever tells what goes on beside the calls.
    pub(crate) fn observer(&self) -> Observer {
        Observer(Arc::downgrade(&self.0))
    }

    /// Tells how the run ended.
    pub fn end(&self, ended: Ended, status: Option<u8>, met: Option<&Met>) {
        let limit = met.map(|met| met.limit.as_str());
        self.0.end(ended, status, met.map(|met| met.key), limit);
    }

    /// Tells that the run isn't started, and by which key of the policy.
    pub(crate) fn not_started(&self, rule: Option<&'static str>) {
        self.0.end(Ended::NotStarted, None, rule, None);
    }

    /// The run's id.
    pub fn run(&self) -> &RunId {
        &self.0.identity.run
    }

    pub(crate) fn downgrade(&self) -> WeakAudit {
        WeakAudit(Arc::downgrade(&self.0))
    }

    /// Tells that a narrower policy is in force from now on.
    pub fn narrowed(&self, policy: &Policy) {
        let mut state = self.0.state();
        // They were refused by the one before.
        self.0.write_held(&mut state);
        state.policy = Some(policy.digest().to_string());
    }

    /// How many lines could not be written.
    pub fn lost(&self) -> u64 {
        self.0.state().lost
    }

    /// Counts a call that is let through, and gives its number.
    pub(crate) fn call(&self) -> u64 {
        let mut state = self.0.state();
        state.calls += 1;
        state.calls
    }

    /// Tells that a write is about to be sent. If that can't be told, it is refused.
    pub(crate) fn announce(
        &self,
        call: u64,
        verb: Verb,
        object: Option<&Object>,
        facts: Option<&Facts>,
    ) -> io::Result<()> {
        let announced = Event::Announced(Announced {
            call,
            op: verb.name(),
            decision: Decision::Allowed,
            rule: ALLOW,
            object,
            effective: facts,
        });
        let written = self.0.tell(announced);
        if written.is_err() {
            self.refused(verb, Refusal::unaudited());
        }
        written
    }

    /// Tells what came of a call.
    pub(crate) fn finished(&self, finished: &Finished<'_>) {
        let Finished {
            call,
            verb,
            object,
            facts,
            exchange,
            outcome,
            error,
            field,
            rule,
            limit,
            ..
        } = finished;
        let done = Done {
            call: *call,
            op: verb.name(),
            decision: Decision::Allowed,
            rule: limit.map(|(rule, _)| rule).or(*rule).unwrap_or(ALLOW),
            limit: limit.map(|(_, limit)| limit),
            object: *object,
            effective: *facts,
            method: exchange.method.as_deref(),
            route: exchange.route,
            status: exchange.status,
            outcome: *outcome,
            error: *error,
            field: *field,
            milliseconds: milliseconds(finished.took),
            sent: exchange.sent,
            received: exchange.received,
        };
        let event = match finished.phase {
            Phase::Call => Event::Call(done),
            Phase::Opened => Event::Opened(done),
            Phase::Closed => Event::Closed(done),
        };
        // It has happened, whether or not that can be told.
        let _ = self.0.tell(event);
    }

    /// Tells that a call wasn't let through: of a verb, or of something else that a plugin asks for.
    pub(crate) fn refused(&self, op: impl Into<&'static str>, refusal: Refusal) {
        let op = op.into();
        let mut state = self.0.state();
        let now_is = Instant::now();
        if let Some(held) = &mut state.held
            && held.gather(now_is, op, &refusal)
        {
            return;
        }
        self.0.write_held(&mut state);
        state.held = Some(Held::new(now(), now_is, op, refusal));
        if !state.watched
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            state.watched = true;
            runtime.spawn(watch(Arc::downgrade(&self.0)));
        }
    }
}

/// Writes what is held when it has been held long enough, till nothing is.
async fn watch(shared: Weak<Shared>) {
    let mut pause = super::refusals::GATHERED;
    loop {
        tokio::time::sleep(pause).await;
        let Some(shared) = shared.upgrade() else {
            return;
        };
        let mut state = shared.state();
        match state.held.as_ref().map(|held| held.left(Instant::now())) {
            Some(left) if left > Duration::ZERO => pause = left,
            _ => {
                shared.write_held(&mut state);
                state.watched = false;
                return;
            }
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // A sink that panicked has left nothing undone but its line.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, event: Event<'_>) -> io::Result<()> {
        let mut state = self.state();
        self.write_held(&mut state);
        self.write(&mut state, &now(), event)
    }

    fn write_held(&self, state: &mut State) {
        if let Some(held) = state.held.take() {
            // They were refused, whether or not that can be told.
            let _ = self.write(state, &held.time, held.event());
        }
    }

    fn end(
        &self,
        ended: Ended,
        status: Option<u8>,
        rule: Option<&'static str>,
        limit: Option<&str>,
    ) {
        let mut state = self.state();
        if std::mem::replace(&mut state.ended, true) {
            return;
        }
        self.write_held(&mut state);
        let end = Event::End(End {
            ended,
            status,
            rule,
            limit,
            milliseconds: milliseconds(self.begun.elapsed()),
            calls: state.calls,
            lost: state.lost,
        });
        // The run is over, whether or not that can be told.
        let _ = self.write(&mut state, &now(), end);
    }

    fn write(&self, state: &mut State, time: &str, event: Event<'_>) -> io::Result<()> {
        let sequence = state.sequence;
        state.sequence += 1;
        let policy = state.policy.as_deref().unwrap_or(&self.identity.policy);
        let written = self.try_write(&mut state.line, policy, sequence, time, event);
        if let Err(error) = &written {
            if state.lost == 0 {
                tracing::error!(run = %self.identity.run, %error, "an audit line can't be written");
            }
            state.lost += 1;
        }
        written
    }

    fn try_write(
        &self,
        line: &mut Vec<u8>,
        policy: &str,
        sequence: u64,
        time: &str,
        event: Event<'_>,
    ) -> io::Result<()> {
        let Identity {
            run,
            plugin,
            component,
            policy: _,
        } = &self.identity;
        line.clear();
        serde_json::to_writer(
            &mut *line,
            &Line {
                version: VERSION,
                time,
                sequence,
                run: run.as_str(),
                plugin,
                component: component.as_deref(),
                policy,
                event,
            },
        )?;
        line.push(b'\n');
        if line.len() > MAX_LINE {
            return Err(io::Error::other("the line is too long"));
        }
        self.sink
            .write(std::str::from_utf8(line).map_err(io::Error::other)?)
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.end(Ended::Dropped, None, None, None);
    }
}

/// The time as RFC 3339 has it, to the microsecond.
fn now() -> String {
    format!("{:.6}", Timestamp::now())
}

/// To the microsecond.
fn milliseconds(time: Duration) -> f64 {
    time.as_micros() as f64 / 1e3
}

impl fmt::Debug for Audit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Audit")
            .field("identity", &self.0.identity)
            .finish_non_exhaustive()
    }
}
