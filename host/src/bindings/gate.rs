//! The gate that every function passes, and the only way to the engine behind it.

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use super::ctx::{DockerCtx, HOST_MEMORY, Writes};
use super::error::{self, DockerResult};
use super::kept::{Kept, Size, Spec};
use super::record::{Record, Told as Witnessed};
use super::wit::types::Error;
use crate::api::{self, Client, ContainerId};
use crate::keeper::{Errand, Fault, Handle, Keeper};
use crate::policy::audit::Refusal;
use crate::policy::{Met, NotAllowed, Permit, Verb};
use crate::transport::Holding;

/// Why a call isn't let through.
enum Refused {
    Verb(NotAllowed),
    Limit(Met),
}

/// What a call has of the run's limits, till it is over.
struct Place {
    _permit: Permit,
    /// What the host holds in memory for it.
    memory: Arc<Holding>,
}

/// What a call takes of the host's memory at least, in bytes: the buffer of a connection.
const CALL: usize = 8 << 10;

/// What a flow takes besides what it reads into.
const FLOW: usize = 1 << 10;

impl From<Met> for Refused {
    fn from(met: Met) -> Self {
        Self::Limit(met)
    }
}

impl DockerCtx {
    /// Lets a call through if its verb is granted, and no limit is met.
    pub(super) fn pass(&mut self, verb: Verb) -> Result<Pass, Error> {
        let place = self.admit(verb, CALL);
        let place = place.map_err(|refused| self.refuse(verb, &refused))?;
        Ok(self.let_in(verb, self.client.clone(), place))
    }

    /// As [`pass`](Self::pass), for a call that opens a flow: that has a place and a meter of its own.
    pub(super) fn pass_flow(&mut self, verb: Verb) -> Result<Pass, Error> {
        let place = self.admit(verb, FLOW).and_then(|place| {
            Ok(Place {
                _permit: self.quota.stream()?,
                ..place
            })
        });
        let place = place.map_err(|refused| self.refuse(verb, &refused))?;
        let limit = self.keeper.policy().limits().stream_bytes.0;
        let meter = self.meter.part("limits.stream-bytes", limit);
        Ok(self.let_in(verb, self.client.metered(meter), place))
    }

    fn admit(&mut self, verb: Verb, size: usize) -> Result<Place, Refused> {
        self.keep_up();
        // Before anything else: refused calls count, too, and a flood of them is refused for one reason.
        self.quota.count(Instant::now())?;
        self.keeper.allow(verb).map_err(Refused::Verb)?;
        let permit = self.quota.call()?;
        let memory = self.memory.holding();
        memory.add(size).map_err(|_| of_memory(&self.keeper))?;
        Ok(Place {
            _permit: permit,
            memory: Arc::new(memory),
        })
    }

    /// Takes over the limits of a policy that was narrowed.
    fn keep_up(&mut self) {
        let generation = self.keeper.generation();
        if generation != self.generation {
            self.generation = generation;
            let policy = self.keeper.policy();
            self.quota.narrow(policy.limits());
            self.meter.lower(policy.limits().bytes.0);
        }
    }

    /// Remembers what the plugin is told of, if it may ever open it: what is granted never becomes more.
    pub(super) fn tell(&mut self, handles: impl IntoIterator<Item = Handle>) {
        if self.keeper.policy().allow(Verb::ContainersOpen).is_ok() {
            handles.into_iter().for_each(|handle| self.told.add(handle));
        }
    }

    fn refuse(&self, verb: Verb, refused: &Refused) -> Error {
        if let Some(audit) = &self.audit {
            let refusal = match refused {
                Refused::Verb(refused) => Refusal::verb(refused),
                Refused::Limit(met) => Refusal::limit(met),
            };
            audit.refused(verb, refusal);
        }
        match refused {
            Refused::Verb(refused) => error::denied(self.keeper.policy().detail(), refused),
            Refused::Limit(met) => error::met(self.keeper.policy().detail(), verb, met),
        }
    }

    fn let_in(&self, verb: Verb, client: Client, place: Place) -> Pass {
        if let Some(learner) = self.keeper.learner() {
            learner.called(verb);
        }
        let record = Record::begin(self.audit.as_ref(), verb);
        Pass {
            verb,
            client: record.trace(client).held_to(Arc::clone(&place.memory)),
            keeper: self.keeper.clone(),
            writes: self.writes.clone(),
            place,
            record,
            generation: self.generation,
        }
    }
}

/// The limit on what the host holds in memory for a run.
fn of_memory(keeper: &Keeper) -> Met {
    Met::new(HOST_MEMORY, keeper.policy().sandbox().host_memory.0)
}

/// A call that was let through. The engine's client is to be had from it alone.
pub(super) struct Pass {
    verb: Verb,
    client: Client,
    keeper: Keeper,
    writes: Writes,
    place: Place,
    record: Record,
    /// How often the policy had been narrowed when it was let through.
    generation: u64,
}

/// What the host itself found wrong with a call.
pub(super) struct Wrong {
    pub(super) kind: api::ErrorKind,
    pub(super) field: &'static str,
    pub(super) error: Error,
}

/// How an answer tells which object it is about, where the call didn't.
type About<T> = fn(&T) -> Option<&ContainerId>;

impl Pass {
    /// Tells what the call is about.
    pub(super) fn about(&mut self, id: &ContainerId) {
        self.record.about(id);
    }

    /// Lets a call on an object go on, if it is still in scope. Gives the handle as it is under the policy of now.
    pub(super) async fn in_scope(self, handle: Handle) -> Result<(Self, Handle), Error> {
        match self.keeper.renewed(&self.client, handle).await {
            Ok(handle) => Ok((self, handle)),
            Err(fault) => Err(self.refuse(&fault)),
        }
    }

    /// Lets a call on an object go on that changes it, if the handle's holder may.
    pub(super) fn may_change(self, handle: Handle) -> Result<Self, Error> {
        match self.keeper.may_be_changed(handle) {
            Ok(()) => Ok(self),
            Err(fault) => Err(self.refuse(&fault)),
        }
    }

    fn refuse(self, fault: &Fault) -> Error {
        tell_plan(&self.keeper, self.verb, fault);
        let error = error::of_fault(&self.keeper, self.verb, fault);
        self.record.faulted(fault);
        error
    }

    /// Lets a call go on that uses a spec, if there is room for it on its way.
    pub(super) fn may_use<T: Spec>(self, spec: &Kept<T>) -> Result<Self, Error> {
        let size = spec.size_in_use();
        if size.is_some_and(|size| self.place.memory.add(size).is_ok()) {
            return Ok(self);
        }
        let met = of_memory(&self.keeper);
        let error = error::met(self.keeper.policy().detail(), self.verb, &met);
        self.record.limited(&met);
        Err(error)
    }

    /// Asks the engine. Ends with the plugin's interest in it.
    pub(super) async fn read<T, E, F, R>(self, call: F) -> DockerResult<T>
    where
        F: FnOnce(Client, Keeper) -> R,
        R: Future<Output = Result<T, E>>,
        E: Into<Fault>,
    {
        self.read_about(call, |_| None).await
    }

    /// As [`read`](Self::read), where the answer tells what it is about.
    pub(super) async fn read_about<T, E, F, R>(self, call: F, about: About<T>) -> DockerResult<T>
    where
        F: FnOnce(Client, Keeper) -> R,
        R: Future<Output = Result<T, E>>,
        E: Into<Fault>,
    {
        let Self {
            verb,
            client,
            keeper,
            place: _place,
            record,
            ..
        } = self;
        let answer = call(client, keeper.clone()).await.map_err(Into::into);
        settled(record, &answer, about);
        answer.map_err(|fault| error::of_fault(&keeper, verb, &fault).into())
    }

    /// As [`read`](Self::read), for an answer that the plugin gets a handle of.
    pub(super) async fn read_to_keep<T, E, F, R>(self, call: F) -> DockerResult<Kept<T>>
    where
        T: Size,
        F: FnOnce(Client, Keeper) -> R,
        R: Future<Output = Result<T, E>>,
        E: Into<Fault>,
    {
        let memory = self.place.memory.part();
        self.read(|client, keeper| async move {
            let answer = call(client, keeper).await.map_err(Into::into)?;
            Kept::new(answer, memory).map_err(|error| Fault::Engine(error.into()))
        })
        .await
    }

    /// As [`read`](Self::read), for a call on a container whose answer flows: that has the call's place as long as it does.
    pub(super) async fn open<T, F, R>(self, handle: Handle, call: F) -> DockerResult<(T, Flow)>
    where
        F: FnOnce(Client) -> R,
        R: Future<Output = Result<T, api::Error>>,
    {
        let Self {
            verb,
            client,
            keeper,
            place,
            mut record,
            generation,
            ..
        } = self;
        let beside = client.beside();
        let revoked = keeper.clone().revoked(beside, verb, handle, generation);
        let mut revoked: Pin<Box<dyn Future<Output = Fault> + Send>> = Box::pin(revoked);
        // Some engines answer only when there is something to tell.
        let answer = tokio::select! {
            answer = call(client) => answer,
            fault = &mut revoked => {
                record.faulted(&fault);
                return Err(error::of_fault(&keeper, verb, &fault).into());
            }
        };
        match answer {
            Ok(source) => {
                record.opened();
                let flow = Flow {
                    verb,
                    keeper,
                    record,
                    generation,
                    revoked,
                    place,
                };
                Ok((source, flow))
            }
            Err(error) => {
                record.failed(&error);
                Err(error::of_engine(&keeper, verb, &error).into())
            }
        }
    }

    /// Does what reaches no engine.
    pub(super) fn local<T>(self, call: impl FnOnce() -> Result<T, Wrong>) -> DockerResult<T> {
        match call() {
            Ok(value) => {
                self.record.done();
                Ok(value)
            }
            Err(Wrong { kind, field, error }) => {
                self.record.wrong(kind, field);
                Err(error.into())
            }
        }
    }

    /// Has something changed, in a task of the host's own: it is finished even if the plugin loses its interest, traps or
    /// ends.
    pub(super) async fn write<T, F, R>(self, call: F) -> DockerResult<T>
    where
        F: FnOnce(Errand, Keeper) -> R,
        R: Future<Output = Result<T, Fault>> + Send + 'static,
        T: Send + 'static,
    {
        let Self {
            verb,
            client,
            keeper,
            writes,
            place,
            record,
            ..
        } = self;
        let told = Witnessed::new(record);
        let errand = Errand {
            verb,
            client,
            witness: told.clone(),
        };
        let call = call(errand, keeper.clone());
        let task = async move {
            let answer = call.await;
            settled(told.take(), &answer, |_| None);
            drop(place);
            answer
        };
        match writes.0.spawn(task).await {
            Ok(answer) => answer.map_err(|fault| {
                tell_plan(&keeper, verb, &fault);
                error::of_fault(&keeper, verb, &fault).into()
            }),
            Err(panicked) => Err(error::broken(verb, &panicked).into()),
        }
    }
}

/// Tells a plan what it couldn't do.
fn tell_plan(keeper: &Keeper, verb: Verb, fault: &Fault) {
    if let Some(plan) = keeper.plan() {
        plan.tell_refused(verb, fault);
    }
}

/// Tells what came of a call.
fn settled<T>(mut record: Record, answer: &Result<T, Fault>, about: About<T>) {
    match answer {
        Ok(answer) => {
            if let Some(id) = about(answer) {
                record.about(id);
            }
            record.done();
        }
        Err(fault) => record.faulted(fault),
    }
}

/// A call whose answer flows.
pub(super) struct Flow {
    verb: Verb,
    keeper: Keeper,
    record: Record,
    generation: u64,
    revoked: Pin<Box<dyn Future<Output = Fault> + Send>>,
    place: Place,
}

impl Flow {
    /// Whether the policy was narrowed since it was let through, so that it may not be granted any more.
    pub(super) fn is_in_question(&self) -> bool {
        self.keeper.generation() != self.generation
    }

    /// Waits till it isn't granted any more. Gives why.
    pub(super) fn poll_revoked(&mut self, cx: &mut Context<'_>) -> Poll<Fault> {
        self.revoked.as_mut().poll(cx)
    }

    /// Waits for what ends it, unless it isn't granted any more before.
    pub(super) async fn last<T>(
        mut self,
        end: impl Future<Output = api::Result<T>>,
    ) -> Result<T, Error> {
        tokio::select! {
            biased;
            fault = &mut self.revoked => Err(self.revoke(&fault)),
            result = end => self.close(result),
        }
    }

    /// It isn't granted any more: why, as the plugin is to see it.
    pub(super) fn revoke(self, fault: &Fault) -> Error {
        let error = error::of_fault(&self.keeper, self.verb, fault);
        self.record.faulted(fault);
        error
    }

    /// The flow is over: how, as the plugin is to see it.
    pub(super) fn close<T>(self, result: api::Result<T>) -> Result<T, Error> {
        match result {
            Ok(value) => {
                self.record.done();
                Ok(value)
            }
            Err(error) => {
                self.record.failed(&error);
                Err(error::of_engine(&self.keeper, self.verb, &error))
            }
        }
    }

    pub(super) fn verb(&self) -> Verb {
        self.verb
    }

    /// Nothing of the run's memory, to hold what is delivered.
    pub(super) fn memory(&self) -> Holding {
        self.place.memory.part()
    }
}

/// The containers that a run was told of by their full ids, so that it can have handles of them without asking the engine
/// again.
pub(super) struct Told {
    handles: HashMap<ContainerId, Handle>,
    order: VecDeque<ContainerId>,
    memory: Holding,
}

/// How many are remembered; the oldest are forgotten. Engines hold a few thousand containers at most.
const MAX_TOLD: usize = 32 * 1024;

/// What each takes of memory, in bytes, about.
const TOLD: usize = 256;

impl Told {
    pub(super) fn new(memory: Holding) -> Self {
        Self {
            handles: HashMap::new(),
            order: VecDeque::new(),
            memory,
        }
    }

    pub(super) fn add(&mut self, handle: Handle) {
        if let Some(known) = self.handles.get_mut(&handle.id) {
            *known = handle;
            return;
        }
        if self.order.len() >= MAX_TOLD || self.memory.add(TOLD).is_err() {
            // It takes the place of the oldest.
            let Some(oldest) = self.order.pop_front() else {
                return;
            };
            self.handles.remove(&oldest);
        }
        self.order.push_back(handle.id);
        self.handles.insert(handle.id, handle);
    }

    pub(super) fn handle(&self, id: &ContainerId) -> Option<Handle> {
        self.handles.get(id).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::Budget;

    fn handle(at: usize) -> Handle {
        Handle {
            id: format!("{at:064x}").parse().unwrap(),
            change: true,
            own: true,
            generation: 0,
        }
    }

    #[test]
    fn attack_135_containers_are_remembered_as_long_as_there_is_room() {
        let budget = Budget::new(HOST_MEMORY, 10 * TOLD as u64);
        let mut told = Told::new(budget.holding());
        for at in 0..100 {
            told.add(handle(at));
            told.add(handle(at));
        }
        assert_eq!((told.handles.len(), told.order.len()), (10, 10));
        assert_eq!(budget.held(), 10 * TOLD as u64);
        assert_eq!(told.handle(&handle(89).id), None);
        assert_eq!(told.handle(&handle(99).id), Some(handle(99)));
        let nothing = Budget::new(HOST_MEMORY, 0);
        let mut told = Told::new(nothing.holding());
        told.add(handle(1));
        assert_eq!(told.handle(&handle(1).id), None);
    }
}
