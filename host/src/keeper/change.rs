//! Changes of what exists, that are no doors.

use super::names::check_name;
use super::points::pass;
use super::{Errand, Fault, Handle, Keeper};
use crate::api::containers::{ContainerDetails, MountKind, RemoveOptions};
use crate::api::{self, Client, ErrorKind, VolumeName};
use crate::policy::Denial;
use crate::policy::create::granted_name;
use crate::policy::ledger::{Kind, Name};

impl Keeper {
    /// Whether the holder of a handle may change what it stands for.
    ///
    /// # Errors
    ///
    /// [`Fault::Denied`] with the line to add.
    pub fn may_be_changed(&self, handle: Handle) -> Result<(), Fault> {
        if handle.change {
            return Ok(());
        }
        let scope = self.policy().scope().change.containers.to_string();
        let denial = Denial::switch(
            "scope.change.containers",
            "container",
            handle.id,
            &scope,
            "{ name = [\"...\"] }",
        );
        Err(denial.into())
    }

    /// Has the engine change something of a container that neither lets it run nor touches the ledger.
    ///
    /// # Errors
    ///
    /// Why the engine failed, or why it could not be asked.
    pub async fn change(
        &self,
        errand: &Errand,
        handle: Handle,
        call: impl AsyncFnOnce(&Client) -> api::Result<()>,
    ) -> Result<(), Fault> {
        self.announce(errand)?;
        match self.send(errand, handle, call).await {
            Err(error) if handle.own && error.kind() == ErrorKind::NotFound => {
                self.lost(&errand.client, handle.id.as_str()).await?;
                Err(error.into())
            }
            changed => Ok(changed?),
        }
    }

    /// Gives a container another name: with the owner's prefix, unless the policy grants it as it is.
    ///
    /// # Errors
    ///
    /// [`Fault::Conflict`] if it is taken, [`Fault::Denied`] if another's container would get a name that isn't granted.
    pub async fn rename(&self, errand: &Errand, handle: Handle, name: &str) -> Result<(), Fault> {
        check_name("name", name)?;
        let policy = self.policy();
        let bounds = policy.create();
        let granted = bounds.grants_name(name);
        let prefix = self.owner().map(|owner| owner.prefix()).unwrap_or_default();
        granted_name(name, bounds, prefix)?;
        let sent = async |name: &str| {
            let call = async |client: &Client| {
                let renamed = client.container(&handle.id).rename(name).await;
                self.naming(client, Some(name), renamed).await
            };
            self.send(errand, handle, call).await
        };
        if !handle.own {
            if !granted {
                return Err(Denial::not_in("create.names", "name", name, &bounds.names).into());
            }
            self.announce(errand)?;
            return Ok(sent(name).await?);
        }
        let books = self.books()?;
        let id = handle.id.to_string();
        let former = books.owner().get(Kind::Container, &id)?;
        let former = former
            .ok_or_else(|| super::look_up::not_found(Kind::Container, &id))?
            .name;
        let renamed = self.rename_in_ledger(&id, name, granted).await?;
        let announced = self.announce(errand);
        let done = match announced {
            Ok(()) => sent(&renamed).await.map_err(Fault::from),
            Err(fault) => Err(fault),
        };
        if done.is_err() {
            self.rename_in_ledger(&id, &former, true).await?;
        }
        done
    }

    async fn rename_in_ledger(&self, id: &str, name: &str, exact: bool) -> Result<String, Fault> {
        let (id, name) = (id.to_owned(), name.to_owned());
        let renamed = self.books()?.write(move |run| {
            let name = match exact {
                true => Name::Exact(&name),
                false => Name::Short(&name),
            };
            run.owner().rename(Kind::Container, &id, name)
        });
        renamed.await.map_err(|error| self.refused(error))
    }

    /// Removes a container, and with it, if that is asked for, the volumes that were made in the place of anonymous ones.
    ///
    /// # Errors
    ///
    /// Why the engine failed, or why it could not be asked.
    pub async fn remove(
        &self,
        errand: &Errand,
        handle: Handle,
        options: &RemoveOptions,
    ) -> Result<(), Fault> {
        let client = &errand.client;
        let container = client.container(&handle.id);
        let volumes = match handle.own && options.volumes && !self.is_planned(&handle.id) {
            true => self.anonymous(&container.inspect(false).await?)?,
            false => Vec::new(),
        };
        self.announce(errand)?;
        pass("remove", "announced");
        let call = async |client: &Client| client.container(&handle.id).remove(options).await;
        let removed = self.send(errand, handle, call).await;
        pass("remove", "answered");
        self.forget_planned(&handle.id);
        match &removed {
            Ok(()) if handle.own => {
                self.gone(Kind::Container, handle.id.to_string()).await?;
                pass("remove", "forgotten");
            }
            Err(error) if handle.own && error.kind() == ErrorKind::NotFound => {
                self.lost(client, handle.id.as_str()).await?;
            }
            _ => {}
        }
        removed?;
        for volume in volumes {
            self.remove_volume(client, &volume).await?;
        }
        Ok(())
    }

    /// The volumes that were made in the place of a container's anonymous ones.
    fn anonymous(&self, details: &ContainerDetails) -> Result<Vec<VolumeName>, Fault> {
        let Some(owner) = self.owner() else {
            return Ok(Vec::new());
        };
        let mut volumes = Vec::new();
        for mount in details.mounts()? {
            if let (MountKind::Volume, Some(name)) = (&mount.kind, &mount.name)
                && owner.short_name(name).and_then(anonymous_of).is_some()
                && owner.owns(Kind::Volume, name)?
            {
                volumes.push(name.parse()?);
            }
        }
        Ok(volumes)
    }

    /// Removes a volume of the plugin's. One that is in use stays, till the end.
    pub(super) async fn remove_volume(
        &self,
        client: &Client,
        name: &VolumeName,
    ) -> Result<(), Fault> {
        if self.plan().is_some() {
            return self.gone(Kind::Volume, name.to_string()).await;
        }
        match client.beside().volume(name).remove().await {
            Err(error) if error.kind() == ErrorKind::Conflict => Ok(()),
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
            _ => self.gone(Kind::Volume, name.to_string()).await,
        }
    }
}

/// Of a volume whose short name the host gave, twelve digits and a number: the digits, which are its container's.
pub(super) fn anonymous_of(name: &str) -> Option<&str> {
    let digits = |c: u8| c.is_ascii_hexdigit();
    let (nonce, at) = name.split_once('-')?;
    let given = nonce.len() == 12 && nonce.bytes().all(digits) && at.parse::<u32>().is_ok();
    given.then_some(nonce)
}
