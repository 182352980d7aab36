//! A run that is planned: reads are real, and writes are decided as they would be and told instead of sent.
//!
//! What would be written to the ledger is written to a copy of it, so that quotas, names and ports are counted as in a run, and what was
//! planned is known to later calls. A planned container has an id of its own, which no engine knows: it can be started, stopped, renamed
//! and removed, and what asks the engine about it is answered as for any that isn't there.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Errand, Fault, Handle, Keeper};
use crate::api::{self, Client, ContainerId};
use crate::policy::Verb;
use crate::policy::create::{Claims, Effective};
use crate::policy::ledger::{LedgerError, Nonce};

/// A plan: where the ledger's copy is, and who is told what would be sent.
#[derive(Clone)]
pub struct Plan(Arc<Inner>);

struct Inner {
    folder: PathBuf,
    tell: Box<dyn Fn(&str) + Send + Sync>,
    containers: Mutex<HashMap<ContainerId, Claims>>,
}

impl Plan {
    /// A plan with an empty folder for a copy of the ledger. Each write is told as a line, without an end.
    pub fn new(folder: impl Into<PathBuf>, tell: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self(Arc::new(Inner {
            folder: folder.into(),
            tell: Box::new(tell),
            containers: Mutex::default(),
        }))
    }

    pub(crate) fn folder(&self) -> &std::path::Path {
        &self.0.folder
    }

    /// Tells what would be sent: `container.start 4f1c...`.
    pub(super) fn tell(&self, verb: Verb, words: &str) {
        (self.0.tell)(&format!("{verb} {words}"));
    }

    /// Tells what is refused.
    pub(crate) fn tell_refused(&self, verb: Verb, why: &dyn std::fmt::Display) {
        (self.0.tell)(&format!("{verb} is refused: {why}"));
    }

    fn containers(&self) -> MutexGuard<'_, HashMap<ContainerId, Claims>> {
        let containers = &self.0.containers;
        containers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Keeper {
    /// Plans from now on instead of sending. The first plan stays.
    pub(super) fn set_plan(&self, plan: Plan) {
        let _ = self.0.plan.set(plan);
    }

    /// The plan, if the run is one.
    pub(crate) fn plan(&self) -> Option<&Plan> {
        self.0.plan.get()
    }

    /// Whether a container is only planned.
    pub(super) fn is_planned(&self, id: &ContainerId) -> bool {
        self.planned_claims(id).is_some()
    }

    /// What a planned container takes of the quotas.
    pub(super) fn planned_claims(&self, id: &ContainerId) -> Option<Claims> {
        self.plan()?.containers().get(id).cloned()
    }

    /// Has the engine do something to a container, or tells that it would.
    pub(super) async fn send<T: Default>(
        &self,
        errand: &Errand,
        handle: Handle,
        call: impl AsyncFnOnce(&Client) -> api::Result<T>,
    ) -> api::Result<T> {
        match self.plan() {
            Some(plan) => {
                plan.tell(errand.verb, handle.id.as_str());
                Ok(T::default())
            }
            None => call(&errand.client).await,
        }
    }

    /// Takes a container for made.
    pub(super) async fn plan_container(
        &self,
        plan: &Plan,
        errand: &Errand,
        nonce: &Nonce,
        effective: &Effective,
    ) -> Result<ContainerId, Fault> {
        let id: ContainerId = id()?.parse()?;
        self.record(nonce.clone(), id.to_string()).await?;
        let name = effective.spec().name().unwrap_or_default();
        let facts = effective.facts();
        plan.tell(errand.verb, &format!("{id} name={name:?} {facts}"));
        plan.containers().insert(id, effective.claims());
        Ok(id)
    }

    /// A planned container is gone.
    pub(super) fn forget_planned(&self, id: &ContainerId) {
        if let Some(plan) = self.plan() {
            plan.containers().remove(id);
        }
    }
}

/// An id that no engine knows.
pub(super) fn id() -> Result<String, LedgerError> {
    Ok(format!("{}{}", Nonce::random()?, Nonce::random()?))
}
