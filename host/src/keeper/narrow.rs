//! A policy that is narrowed while its run goes on.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::sync::watch;

use super::{Fault, Handle, Keeper};
use crate::api::Client;
use crate::policy::values::PluginName;
use crate::policy::{Denial, Narrowed, Policy, Reach, Verb};

/// A policy that is another plugin's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the policy is for the plugin {named}, and this is a run of {running}")]
pub struct OtherPlugin {
    /// The plugin that the policy is for.
    pub named: PluginName,
    /// The plugin that runs.
    pub running: PluginName,
}

impl Keeper {
    /// Narrows the policy of the run to what a newer one allows as well, whole, from the next call on. What flows ends if its verb or
    /// its container isn't granted any more. What the newer one allows beyond that waits for the next run. An audit has to be
    /// [told](crate::policy::audit::Audit::narrowed) besides; of a [run](crate::runtime::Run::policy) it is.
    ///
    /// # Errors
    ///
    /// Fails if it is another plugin's; nothing has changed then.
    pub fn narrow(&self, newer: &Policy) -> Result<Narrowed, OtherPlugin> {
        self.narrow_telling(newer, |_| {})
    }

    /// As [`narrow`](Self::narrow), and tells what is left before it is in force.
    pub(crate) fn narrow_telling(
        &self,
        newer: &Policy,
        tell: impl FnOnce(&Policy),
    ) -> Result<Narrowed, OtherPlugin> {
        let running = self.policy().plugin().clone();
        if *newer.plugin() != running {
            let named = newer.plugin().clone();
            return Err(OtherPlugin { named, running });
        }
        let mut told = Narrowed::default();
        self.0.policy.send_if_modified(|policy| {
            let (left, narrowed) = policy.narrowed_by(newer);
            told = narrowed;
            let is_narrower = !told.keys.is_empty();
            if is_narrower {
                tell(&left);
                if let Some(books) = &self.0.books {
                    books.disk.lower(left.limits().disk.0);
                }
                *policy = Arc::new(left);
                self.0.generation.fetch_add(1, Ordering::Release);
            }
            is_narrower
        });
        Ok(told)
    }

    /// How often the policy was narrowed. Whoever reads it first, and then decides, has decided by that policy or a narrower one.
    pub(crate) fn generation(&self) -> u64 {
        self.0.generation.load(Ordering::Acquire)
    }

    /// Tells when the policy is narrowed.
    pub(crate) fn changes(&self) -> watch::Receiver<Arc<Policy>> {
        self.0.policy.subscribe()
    }

    /// A handle as it is under the policy that is in force: what was looked up under a wider one is looked for again, once.
    ///
    /// # Errors
    ///
    /// [`Fault::Denied`] if its container isn't in scope any more.
    pub async fn renewed(&self, client: &Client, handle: Handle) -> Result<Handle, Fault> {
        if handle.generation == self.generation() {
            return Ok(handle);
        }
        // Boxed, as it is rare, and every call on an object would be large by it.
        Box::pin(self.looked_for_again(client, handle)).await
    }

    async fn looked_for_again(&self, client: &Client, handle: Handle) -> Result<Handle, Fault> {
        let generation = self.generation();
        // It is not what the call is about.
        let client = &client.beside();
        let policy = self.policy();
        let reach = &policy.scope().containers;
        let is_seen = match reach {
            Reach::All => true,
            Reach::Own => handle.own,
            reach => self.find_row(client, reach, &handle.id).await?.is_some(),
        };
        let found = match is_seen {
            true => self.handle(client, handle.id).await?,
            false => None,
        };
        match found {
            Some(found) => Ok(Handle {
                change: handle.change && found.change,
                generation,
                ..handle
            }),
            None => Err(out_of_scope(handle, reach).into()),
        }
    }

    /// Returns when a call on a container that flows isn't granted any more, with why. It was begun under the policy of this
    /// generation.
    pub(crate) async fn revoked(
        self,
        client: Client,
        verb: Verb,
        handle: Handle,
        begun: u64,
    ) -> Fault {
        let mut changes = self.changes();
        let mut seen = begun;
        loop {
            let now = self.generation();
            if now != seen {
                seen = now;
                if let Err(refused) = self.allow(verb) {
                    return Fault::NotAllowed(refused);
                }
                if let Err(fault) = self.renewed(&client, handle).await {
                    return fault;
                }
            }
            // Whoever narrows it is this keeper, so it can be waited for.
            let _ = changes.changed().await;
        }
    }
}

fn out_of_scope(handle: Handle, reach: &Reach) -> Denial {
    Denial::switch(
        "scope.containers",
        "container",
        handle.id,
        &reach.to_string(),
        "{ name = [\"...\"] }",
    )
}
