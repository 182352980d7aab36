//! Names: the plugin sees the short ones of what is its own, and images by what it called them.

use std::ops::Deref;

use super::{Fault, Handle, Keeper};
use crate::api::containers::{
    ContainerDetails, ContainerHostConfig, ContainerIdentity, ContainerSummary, MountPoint,
    NetworkEndpoint,
};
use crate::api::{self, Client, ContainerId, ErrorKind};
use crate::policy::create::LABEL_IMAGE;
use crate::policy::ledger::{Kind, LedgerError, MAX_NAME};

/// What the engine knows of a container that was looked up.
#[derive(Debug)]
pub struct Inspected {
    details: ContainerDetails,
    own: bool,
}

impl Deref for Inspected {
    type Target = ContainerDetails;

    fn deref(&self) -> &ContainerDetails {
        &self.details
    }
}

impl Inspected {
    /// What it is called. One's own was made of an image's id; what the image was called then is told in its place.
    ///
    /// # Errors
    ///
    /// Fails if the engine's answer can't be read.
    pub fn identity(&self) -> api::Result<ContainerIdentity> {
        let mut identity = self.details.identity()?.clone();
        if self.own
            && let Some(asked) = image_asked_for(self.details.labels()?)
        {
            identity.image = asked.to_owned();
        }
        Ok(identity)
    }

    /// How it stands in its machine. One's own was put on its network by an id; the name is told in its place.
    ///
    /// # Errors
    ///
    /// Fails if the engine's answer can't be read.
    pub fn host_config(&self) -> api::Result<ContainerHostConfig> {
        let mut host = self.details.host_config()?.clone();
        if self.own {
            let networks = self.details.networks()?.iter();
            let pairs = networks.map(|on| (&on.network_id, &on.network));
            named_mode(&mut host.network_mode, pairs);
        }
        Ok(host)
    }
}

impl Keeper {
    /// What came of giving a container a name. Podman doesn't tell by its status that the name is in use: whether it is, is looked up
    /// then.
    pub(super) async fn naming<T>(
        &self,
        client: &Client,
        name: Option<&str>,
        done: api::Result<T>,
    ) -> api::Result<T> {
        let podman = self.books().is_ok_and(|books| books.engine.podman);
        match (done, name) {
            (Err(error), Some(name)) if podman && error.kind() == ErrorKind::Engine => {
                match client.beside().containers().is_in_use(name).await {
                    Ok(true) => Err(error.of_a_name_in_use()),
                    _ => Err(error),
                }
            }
            (done, _) => done,
        }
    }

    /// Asks for all that the engine knows of a container; with `size`, sizes on disk as well.
    ///
    /// # Errors
    ///
    /// Why the engine failed.
    pub async fn inspect(
        &self,
        client: &Client,
        handle: Handle,
        size: bool,
    ) -> api::Result<Inspected> {
        Ok(Inspected {
            details: client.container(&handle.id).inspect(size).await?,
            own: handle.own,
        })
    }

    /// A name as the plugin is to see it.
    pub fn shown_name<'a>(&self, name: &'a str) -> &'a str {
        let short = self.owner().and_then(|owner| owner.short_name(name));
        short.unwrap_or(name)
    }

    /// Gives a row of a list about one's own the names that the plugin is to see.
    pub(super) fn name_row(&self, row: &mut ContainerSummary) {
        if let Some(asked) = image_asked_for(&row.labels) {
            row.image = asked.to_owned();
        }
        for name in &mut row.names {
            *name = self.shown_name(name).to_owned();
        }
        let networks = row.networks.iter();
        let pairs = networks.filter_map(|on| Some((on.network_id.as_ref()?, &on.network)));
        named_mode(&mut row.network_mode, pairs);
        row.network_mode = self.shown_name(&row.network_mode).to_owned();
        for on in &mut row.networks {
            on.network = self.shown_name(&on.network).to_owned();
        }
        row.mounts = self.mounts(&row.mounts);
    }

    /// What a container is called, with the name that the plugin is to see.
    pub(crate) fn identity(&self, identity: ContainerIdentity) -> ContainerIdentity {
        ContainerIdentity {
            name: self.shown_name(&identity.name).to_owned(),
            ..identity
        }
    }

    /// How a container stands in its machine, with the names that the plugin is to see.
    pub(crate) fn host_config(&self, host: ContainerHostConfig) -> ContainerHostConfig {
        ContainerHostConfig {
            network_mode: self.shown_name(&host.network_mode).to_owned(),
            ..host
        }
    }

    /// How a container stands on its networks, with the names that the plugin is to see.
    pub(crate) fn networks(&self, endpoints: &[NetworkEndpoint]) -> Vec<NetworkEndpoint> {
        let named = |endpoint: &NetworkEndpoint| NetworkEndpoint {
            network: self.shown_name(&endpoint.network).to_owned(),
            ..endpoint.clone()
        };
        endpoints.iter().map(named).collect()
    }

    /// What is mounted in a container, with the names that the plugin is to see.
    pub(crate) fn mounts(&self, mounts: &[MountPoint]) -> Vec<MountPoint> {
        let shown = |name: &String| self.shown_name(name).to_owned();
        let named = |mount: &MountPoint| MountPoint {
            name: mount.name.as_ref().map(shown),
            ..mount.clone()
        };
        mounts.iter().map(named).collect()
    }

    /// Why the ledger refused something, with the names that the plugin is to see.
    pub(super) fn refused(&self, error: LedgerError) -> Fault {
        match error {
            LedgerError::NameTaken { kind, name } => {
                let name = self.shown_name(&name).to_owned();
                LedgerError::NameTaken { kind, name }.into()
            }
            error => error.into(),
        }
    }

    /// Whether a container is the plugin's own.
    pub(super) fn owns(&self, id: &ContainerId) -> Result<bool, Fault> {
        match self.owner() {
            Some(owner) => Ok(owner.owns(Kind::Container, id.as_str())?),
            None => Ok(false),
        }
    }

    /// The handle of a container that is the plugin's own.
    pub(super) fn own(id: ContainerId, generation: u64) -> Handle {
        Handle {
            id,
            change: true,
            own: true,
            generation,
        }
    }
}

/// What the image was called of which a container of one's own was made.
fn image_asked_for(labels: &[(String, String)]) -> Option<&str> {
    let label = labels.iter().find(|(key, _)| key == LABEL_IMAGE);
    label.map(|(_, image)| image.as_str())
}

/// Puts a network's name in the place of its id.
fn named_mode<'a>(mode: &mut String, mut networks: impl Iterator<Item = (&'a String, &'a String)>) {
    if let Some((_, name)) = networks.find(|(id, _)| *id == mode) {
        mode.clone_from(name);
    }
}

/// Whether there can be such a name.
pub(super) fn check_name(field: &'static str, name: &str) -> Result<(), Fault> {
    let inner = |c: u8| c.is_ascii_alphanumeric() || b"_.-".contains(&c);
    let begins = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    match begins && name.bytes().all(inner) && name.len() <= MAX_NAME {
        true => Ok(()),
        false => Err(Fault::Invalid {
            field,
            message: format!(
                "a name has letters, digits, `_`, `.` and `-`, at most {MAX_NAME}, the first a letter or a digit"
            ),
        }),
    }
}
