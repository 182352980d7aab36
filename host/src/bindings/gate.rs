//! The gate that every function passes, and the only way to the engine behind it.

use std::collections::{HashSet, VecDeque};
use std::future::Future;
use std::time::Instant;

use super::ctx::{DockerCtx, Writes};
use super::error::{self, DockerResult};
use super::wit::types::Error;
use crate::api::{self, Client, ContainerId};
use crate::policy::{Permit, Verb};

impl DockerCtx {
    /// Lets a call through if its verb is granted, and no limit is met.
    pub(super) fn pass(&mut self, verb: Verb) -> Result<Pass, Error> {
        // Before anything else, since refused calls count, too.
        let counted = self.quota.count(Instant::now());
        if let Err(refused) = self.policy.allow(verb) {
            tracing::info!(op = verb.name(), decision = "denied", rule = refused.rule);
            return Err(error::denied(refused));
        }
        let place = counted.and_then(|()| self.quota.call());
        Ok(Pass {
            verb,
            client: self.client.clone(),
            writes: self.writes.clone(),
            place: place.map_err(|met| error::met(verb, &met))?,
        })
    }

    /// As [`pass`](Self::pass), for a call that opens a flow: that has a place and a meter of its own.
    pub(super) fn pass_flow(&mut self, verb: Verb) -> Result<Pass, Error> {
        let mut pass = self.pass(verb)?;
        let limit = self.policy.limits().stream_bytes.0;
        pass.client = self
            .client
            .metered(self.meter.part("limits.stream-bytes", limit));
        pass.place = self.quota.stream().map_err(|met| error::met(verb, &met))?;
        Ok(pass)
    }
}

/// A call that was let through. The engine's client is to be had from it alone.
pub(super) struct Pass {
    verb: Verb,
    client: Client,
    writes: Writes,
    place: Permit,
}

impl Pass {
    /// Asks the engine. Ends with the plugin's interest in it.
    pub(super) async fn read<T, F, R>(&self, call: F) -> DockerResult<T>
    where
        F: FnOnce(Client) -> R,
        R: Future<Output = Result<T, api::Error>>,
    {
        call(self.client.clone())
            .await
            .map_err(|error| self.failed(&error).into())
    }

    /// Has the engine change something, in a task of the host's own: it is finished even if the plugin loses its interest,
    /// traps or ends.
    pub(super) async fn write<T, F, R>(&self, call: F) -> DockerResult<T>
    where
        F: FnOnce(Client) -> R,
        R: Future<Output = Result<T, api::Error>> + Send + 'static,
        T: Send + 'static,
    {
        let call = call(self.client.clone());
        let place = Permit::clone(&self.place);
        let task = async move {
            let answer = call.await;
            drop(place);
            answer
        };
        match self.writes.0.spawn(task).await {
            Ok(answer) => answer.map_err(|error| self.failed(&error).into()),
            Err(panicked) => Err(error::broken(self.verb, &panicked).into()),
        }
    }

    /// The error as the plugin is to see it.
    pub(super) fn failed(&self, error: &api::Error) -> Error {
        error::of_engine(self.verb, error)
    }

    pub(super) fn verb(&self) -> Verb {
        self.verb
    }
}

/// The full ids that a run was told, so that it can have handles of them without asking the engine again.
#[derive(Default)]
pub(super) struct Told {
    ids: HashSet<ContainerId>,
    order: VecDeque<ContainerId>,
}

/// How many ids are remembered; the oldest are forgotten. Each takes some 150 bytes, and engines hold a few thousand
/// containers at most.
const MAX_TOLD: usize = 32 * 1024;

impl Told {
    pub(super) fn add(&mut self, id: ContainerId) {
        if !self.ids.insert(id) {
            return;
        }
        self.order.push_back(id);
        if self.order.len() > MAX_TOLD
            && let Some(oldest) = self.order.pop_front()
        {
            self.ids.remove(&oldest);
        }
    }

    pub(super) fn knows(&self, id: &ContainerId) -> bool {
        self.ids.contains(id)
    }
}
