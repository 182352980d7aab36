//! Looking networks and volumes up within the scope.

use super::there::there;
use super::{Fault, Keeper, look_up};
use crate::api::networks::NetworkDetails;
use crate::api::{self, Client, NetworkId, VolumeName};
use crate::policy::Reach;
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
        let reach = &self.policy().scope().networks;
        let found = self.find_network(client, reach, name).await?;
        let found = found.ok_or_else(|| look_up::not_found(Kind::Network, name))?;
        Ok(NetworkHandle::of(&found, self.shown_name(&found.name))?)
    }

    /// Looks a volume up by its name.
    ///
    /// # Errors
    ///
    /// [`Fault::NotFound`] for what is out of scope, in the same words as for what doesn't exist; [`Fault::Invalid`] for no name.
    pub async fn get_volume(&self, client: &Client, name: &str) -> Result<VolumeName, Fault> {
        let reach = &self.policy().scope().volumes;
        let found = self.find_volume(client, reach, name).await?;
        found.ok_or_else(|| look_up::not_found(Kind::Volume, name))
    }

    /// A network by its name or its id, if it is the plugin's own, or reached.
    pub(super) async fn find_network(
        &self,
        client: &Client,
        reach: &Reach,
        name: &str,
    ) -> Result<Option<NetworkDetails>, Fault> {
        if let Some(owner) = self.owner()
            && let Some(object) = owner.find(Kind::Network, name)?
        {
            let id: NetworkId = object.id.parse()?;
            return Ok(there(client.network(&id).inspect().await)?);
        }
        if *reach == Reach::Own {
            return Ok(None);
        }
        let found = there(client.networks().inspect(name).await)?;
        Ok(found.filter(|network| reach.has(&network.name, &network.labels)))
    }

    /// A volume by its name, if it is the plugin's own, or reached. One's own is known by its nonce: another's may have taken
    /// the name's place.
    pub(super) async fn find_volume(
        &self,
        client: &Client,
        reach: &Reach,
        name: &str,
    ) -> Result<Option<VolumeName>, Fault> {
        let own = match self.owner() {
            Some(owner) => owner.find(Kind::Volume, name)?,
            None => None,
        };
        let name: VolumeName = match &own {
            Some(object) => object.id.parse()?,
            None => name.parse()?,
        };
        if own.is_none() && *reach == Reach::Own {
            return Ok(None);
        }
        let Some(volume) = there(client.volume(&name).inspect().await)? else {
            return Ok(None);
        };
        let its = match own {
            Some(object) => {
                let nonce = (LABEL_NONCE.to_owned(), object.nonce.to_string());
                volume.labels.contains(&nonce)
            }
            // Podman is content with the first letters of a name.
            None => volume.name == name.as_str() && reach.has(&volume.name, &volume.labels),
        };
        Ok(its.then_some(name))
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
