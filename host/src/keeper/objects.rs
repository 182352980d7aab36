//! Looking networks and volumes up within the scope.

use super::decide::Access;
use super::there::there;
use super::{Fault, Keeper, look_up};
use crate::api::networks::NetworkDetails;
use crate::api::{self, Client, NetworkId, VolumeName};
use crate::policy::Object;
use crate::policy::create::LABEL_NONCE;
use crate::policy::ledger::Kind;

/// A network that was looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkHandle {
    /// Which network.
    pub id: NetworkId,
    /// The name that it had then, as the plugin sees it.
    pub name: String,
    /// Whether it is the machine's own.
    pub is_host: bool,
}

impl NetworkHandle {
    pub(crate) fn of(details: &NetworkDetails, name: &str) -> api::Result<Self> {
        Ok(Self {
            id: details.network_id()?,
            name: name.to_owned(),
            is_host: details.is_host(),
        })
    }
}

impl Keeper {
    /// Looks a network up by its name or its id.
    ///
    /// # Errors
    ///
    /// [`Fault::NotFound`] for what is out of scope, in the same words as for what doesn't exist; [`Fault::Invalid`] for no name.
    pub async fn get_network(&self, client: &Client, name: &str) -> Result<NetworkHandle, Fault> {
        named(name)?;
        let found = self.find_network(client, Access::See, name).await?;
        let found = found.ok_or_else(|| look_up::not_found(Kind::Network, name))?;
        Ok(NetworkHandle::of(&found, self.shown_name(&found.name))?)
    }

    /// Looks a volume up by its name.
    ///
    /// # Errors
    ///
    /// [`Fault::NotFound`] for what is out of scope, in the same words as for what doesn't exist; [`Fault::Invalid`] for no name.
    pub async fn get_volume(&self, client: &Client, name: &str) -> Result<VolumeName, Fault> {
        let found = self.find_volume(client, Access::See, name).await?;
        found.ok_or_else(|| look_up::not_found(Kind::Volume, name))
    }

    /// A network by its name or its id, if it is the plugin's own, or reached.
    pub(super) async fn find_network(
        &self,
        client: &Client,
        access: Access,
        name: &str,
    ) -> Result<Option<NetworkDetails>, Fault> {
        let own = match self.owner() {
            Some(owner) => owner.find(Kind::Network, name)?,
            None => None,
        };
        let policy = self.policy();
        let reach = access.networks(policy.scope());
        let found = match &own {
            Some(object) => {
                let id: NetworkId = object.id.parse()?;
                there(client.network(&id).inspect().await)?
            }
            None if reach.is_of_own() => None,
            None => {
                let found = there(client.networks().inspect(name).await)?;
                found.filter(|network| reach.has(&network.name, &network.labels))
            }
        };
        Ok(found.filter(|network| {
            self.decides(access, || Object {
                kind: Kind::Network,
                id: &network.id,
                name: &network.name,
                labels: &network.labels,
                own: own.is_some(),
            })
        }))
    }

    /// A volume by its name, if it is the plugin's own, or reached. One's own is known by its nonce: another's may have taken
    /// the name's place.
    pub(super) async fn find_volume(
        &self,
        client: &Client,
        access: Access,
        name: &str,
    ) -> Result<Option<VolumeName>, Fault> {
        let policy = self.policy();
        let reach = access.volumes(policy.scope());
        let own = match self.owner() {
            Some(owner) => owner.find(Kind::Volume, name)?,
            None => None,
        };
        let name: VolumeName = match &own {
            Some(object) => object.id.parse()?,
            None => name.parse()?,
        };
        if own.is_none() && reach.is_of_own() {
            return Ok(None);
        }
        let Some(volume) = there(client.volume(&name).inspect().await)? else {
            return Ok(None);
        };
        let its = match &own {
            Some(object) => {
                let nonce = (LABEL_NONCE.to_owned(), object.nonce.to_string());
                volume.labels.contains(&nonce)
            }
            // Podman is content with the first letters of a name.
            None => volume.name == name.as_str() && reach.has(&volume.name, &volume.labels),
        };
        let decided = || Object {
            kind: Kind::Volume,
            id: &volume.name,
            name: &volume.name,
            labels: &volume.labels,
            own: own.is_some(),
        };
        let allowed = its && self.decides(access, decided);
        Ok(allowed.then_some(name))
    }
}

/// Nothing has no name.
fn named(name: &str) -> Result<(), Fault> {
    match name.is_empty() {
        true => Err(Fault::Invalid {
            field: "name",
            message: "an empty name stands for nothing".to_owned(),
        }),
        false => Ok(()),
    }
}
