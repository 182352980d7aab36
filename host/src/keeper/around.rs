//! What a decision needs to know of the objects that a request names: those that the plugin may change.

use std::collections::BTreeSet;

use super::decide::Access;
use super::there::there;
use super::{Books, Fault, Keeper};
use crate::api::containers::ContainerDetails;
use crate::api::networks::NetworkDetails;
use crate::api::{Client, VolumeName};
use crate::policy::create::{Around, Named};
use crate::policy::ledger::Nonce;

/// The objects that a request names, as far as the plugin may change them.
#[derive(Default)]
pub(super) struct Gathered {
    networks: Vec<NetworkDetails>,
    containers: Vec<ContainerDetails>,
    volumes: BTreeSet<VolumeName>,
    /// Before anything is reserved for the call.
    ports_taken: BTreeSet<u16>,
}

impl Gathered {
    /// Looks again which ports of the machine are taken.
    pub(super) fn look_at_ports(&mut self, books: &Books) -> Result<(), Fault> {
        self.ports_taken = books.owner().ports_taken()?;
        Ok(())
    }

    /// What is decided by.
    pub(super) fn around(
        &self,
        keeper: &Keeper,
        books: &Books,
        nonce: &Nonce,
        network: Option<NetworkDetails>,
    ) -> Around<'_> {
        Around {
            accepted: keeper.policy().accept_unenforced().clone(),
            network,
            networks: self.networks.clone(),
            containers: self.containers.iter().collect(),
            volumes: self.volumes.clone(),
            ports_taken: self.ports_taken.clone(),
            ..Around::new(books.stamp(nonce), books.engine.clone())
        }
    }
}

impl Keeper {
    /// Looks up what is named. What isn't there, or isn't the plugin's to change, is left out, and then refused.
    pub(super) async fn gather(&self, client: &Client, named: &Named) -> Result<Gathered, Fault> {
        let mut gathered = Gathered {
            ports_taken: self.books()?.owner().ports_taken()?,
            ..Gathered::default()
        };
        let mut networks = named.networks.clone();
        for id in &named.containers {
            let handle = self.handle(client, *id).await?;
            if !handle.is_some_and(|handle| handle.change) {
                continue;
            }
            let Some(details) = there(client.container(id).inspect(false).await)? else {
                continue;
            };
            // Who shares a container's network is on all of its networks.
            networks.extend(Named::of_details(&details)?.networks);
            gathered.containers.push(details);
        }
        for name in &networks {
            gathered
                .networks
                .extend(self.find_network(client, Access::Change, name).await?);
        }
        for name in &named.volumes {
            gathered
                .volumes
                .extend(self.find_volume(client, Access::Change, name).await?);
        }
        Ok(gathered)
    }
}
