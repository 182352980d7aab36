//! Room in the quotas: what is gone from the engine, or has stopped by itself, makes place before a call is refused.

use std::collections::{HashMap, HashSet};

use super::{Fault, Keeper};
use crate::api::containers::{ContainerFilter, ContainerStatus, ListOptions, RestartCondition};
use crate::api::{Client, VolumeName};
use crate::policy::create::LABEL_OWNER;
use crate::policy::ledger::{Kind, LedgerError, LedgerRun, Quotas};

impl Keeper {
    /// Writes to the ledger what takes of the quotas. If there is no room, looks what is over, and tries once more.
    pub(super) async fn with_room<T, W>(
        &self,
        client: &Client,
        write: impl Fn() -> W,
    ) -> Result<T, Fault>
    where
        W: FnOnce(&LedgerRun) -> Result<T, LedgerError> + Send + 'static,
        T: Send + 'static,
    {
        let books = self.books()?;
        let mut written = books.write(write()).await;
        if let Err(LedgerError::Quota(_)) = written {
            self.make_room(client).await?;
            written = books.write(write()).await;
        }
        written.map_err(|error| self.refused(error))
    }

    /// Forgets containers and volumes that the engine has no more, and counts those as stopped that don't run and won't by themselves.
    async fn make_room(&self, client: &Client) -> Result<(), Fault> {
        let books = self.books()?;
        let owned = books.owner().rows(Kind::Container)?;
        let label = format!("{LABEL_OWNER}={}", books.owner().id());
        let options = ListOptions::all_with([ContainerFilter::Label(label)]);
        let rows = client.containers().list(&options).await?;
        let there: HashMap<_, _> = rows.into_iter().map(|row| (row.id, row.status)).collect();
        for object in owned {
            match there.get(&object.id) {
                // It may have been made since the list was asked for.
                None if self.is_gone(client, &object.id).await? => {
                    self.lost(client, &object.id).await?;
                }
                Some(
                    ContainerStatus::Exited | ContainerStatus::Created | ContainerStatus::Dead,
                ) => {
                    self.seen_stopped(client, object.id).await?;
                }
                _ => {}
            }
        }
        match self.plan() {
            // Those that are planned aren't there, and count all the same.
            Some(_) => Ok(()),
            None => self.forget_volumes(client).await,
        }
    }

    /// Forgets volumes that the engine has no more.
    async fn forget_volumes(&self, client: &Client) -> Result<(), Fault> {
        let owner = self.books()?.owner();
        let owned = owner.rows(Kind::Volume)?;
        if owned.is_empty() {
            return Ok(());
        }
        let label = format!("{LABEL_OWNER}={}", owner.id());
        let there = client.volumes().list(&[&label]).await?;
        let there: HashSet<_> = there.into_iter().map(|volume| volume.name).collect();
        for object in owned {
            if there.contains(&object.id) {
                continue;
            }
            let name: VolumeName = object.id.parse()?;
            let found = client.volume(&name).inspect().await;
            if found.is_err_and(|error| super::there::is_gone(&error)) {
                self.gone(Kind::Volume, object.id).await?;
            }
        }
        Ok(())
    }

    async fn is_gone(&self, client: &Client, id: &str) -> Result<bool, Fault> {
        let id = id.parse()?;
        if self.is_planned(&id) {
            return Ok(false);
        }
        let found = client.container(&id).inspect(false).await;
        Ok(found.is_err_and(|error| super::there::is_gone(&error)))
    }

    /// Counts a container as stopped, if it is and stays so.
    pub(super) async fn seen_stopped(&self, client: &Client, id: String) -> Result<(), Fault> {
        let details = match client.container(&id.parse()?).inspect(false).await {
            Err(error) if super::there::is_gone(&error) => {
                return self.lost(client, &id).await;
            }
            details => details?,
        };
        let state = details.state()?;
        let again = details.host_config()?.restart_policy.condition != RestartCondition::No;
        if state.running || state.restarting || again {
            return Ok(());
        }
        let stopped = self
            .books()?
            .write(move |run| run.owner().set_running(&id, false, &Quotas::default()));
        match stopped.await {
            Err(LedgerError::NotFound { .. }) | Ok(()) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
