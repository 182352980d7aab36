//! What an embedder sets up for a run, and what the functions find there.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use wasmtime::component::ResourceTable;

use super::gate::Told;
use crate::api::Client;
use crate::keeper::Keeper;
use crate::policy::audit::Audit;
use crate::policy::{Grants, Policy, Quota, Show};
use crate::transport::{Budget, Meter};

/// The limit on what the host holds in memory for a run.
pub(super) const HOST_MEMORY: &str = "sandbox.host-memory";

/// What one run of a plugin may reach: an engine, and what is granted of it.
pub struct DockerCtx {
    pub(super) client: Client,
    /// How often the policy had been narrowed when its limits were taken over.
    pub(super) generation: u64,
    pub(super) keeper: Keeper,
    pub(super) quota: Quota,
    pub(super) audit: Option<Audit>,
    pub(super) meter: Arc<Meter>,
    pub(super) memory: Arc<Budget>,
    pub(super) told: Told,
    pub(super) writes: Writes,
    pub(super) stop: CancellationToken,
    pub(super) exit_status: Option<u8>,
}

/// Sets up a [`DockerCtx`].
pub struct DockerCtxBuilder {
    client: Client,
    keeper: Keeper,
    audit: Option<Audit>,
    stop: CancellationToken,
}

impl DockerCtx {
    /// Begins with nothing granted.
    pub fn builder(client: Client) -> DockerCtxBuilder {
        DockerCtxBuilder {
            client,
            keeper: Keeper::without_ledger(Arc::new(Grants::none().into())),
            audit: None,
            stop: CancellationToken::new(),
        }
    }

    /// The writes of this run. Keep it to wait for them when the store is dropped.
    pub fn writes(&self) -> Writes {
        self.writes.clone()
    }

    /// What answers may tell of environments and command lines.
    pub(super) fn show(&self) -> Show {
        self.keeper.policy().show()
    }

    pub(super) fn keeper(&self) -> &Keeper {
        &self.keeper
    }

    /// The exit status that the plugin has set, if any.
    pub fn exit_status(&self) -> Option<u8> {
        self.exit_status
    }
}

impl DockerCtxBuilder {
    /// Sets what the plugin may do; by default nothing. Nothing is the plugin's own then, and nothing can be made: that takes a
    /// [`keeper`](Self::keeper). Files, variables and the component's digest are the embedder's to hold it to.
    #[must_use]
    pub fn policy(self, policy: impl Into<Policy>) -> Self {
        self.keeper(Keeper::without_ledger(Arc::new(policy.into())))
    }

    /// Sets what the plugin may do, with a ledger of what is its own. End the keeper when the run's [writes](Writes::settled) are
    /// settled.
    #[must_use]
    pub fn keeper(mut self, keeper: Keeper) -> Self {
        self.keeper = keeper;
        self
    }

    /// Sets the audit that the calls are told to; by default none. It is begun and ended by the embedder.
    #[must_use]
    pub fn audit(mut self, audit: Audit) -> Self {
        self.audit = Some(audit);
        self
    }

    /// Sets the token by which the plugin is asked to stop; by default none that anybody holds.
    #[must_use]
    pub fn stop(mut self, stop: CancellationToken) -> Self {
        self.stop = stop;
        self
    }

    /// Makes the context.
    pub fn build(self) -> DockerCtx {
        let generation = self.keeper.generation();
        let policy = self.keeper.policy();
        if let Some(audit) = &self.audit {
            self.keeper.tell(audit);
        }
        let limits = policy.limits();
        let meter = Meter::new("limits.bytes", limits.bytes.0);
        let memory = Budget::new(HOST_MEMORY, policy.sandbox().host_memory.0);
        DockerCtx {
            client: self.client.metered(Arc::clone(&meter)),
            meter,
            quota: Quota::new(limits),
            audit: self.audit,
            generation,
            keeper: self.keeper,
            told: Told::new(memory.holding()),
            memory,
            writes: Writes::default(),
            stop: self.stop,
            exit_status: None,
        }
    }
}

/// The writes of a run. Once sent, a write belongs to the host: it goes on, whatever becomes of the plugin.
#[derive(Clone, Debug, Default)]
pub struct Writes(pub(super) TaskTracker);

impl Writes {
    /// Returns when all writes that were sent are finished. To be called when the plugin can send no more.
    pub async fn settled(&self) {
        self.0.close();
        self.0.wait().await;
    }
}

/// A context with the table of resources beside it.
pub struct DockerCtxView<'a> {
    /// The context.
    pub ctx: &'a mut DockerCtx,
    /// The table that handles live in.
    pub table: &'a mut ResourceTable,
}

/// Implemented by the data of a store that has a [`DockerCtx`].
pub trait DockerView: Send {
    /// Gives the context and the table.
    fn docker(&mut self) -> DockerCtxView<'_>;
}

impl<T: DockerView + ?Sized> DockerView for &mut T {
    fn docker(&mut self) -> DockerCtxView<'_> {
        T::docker(self)
    }
}
