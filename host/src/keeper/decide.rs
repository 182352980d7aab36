//! Who decides: the policy that is in force, and whoever does so beside it in Rust.

use std::sync::Arc;

use super::{Candidate, Errand, Fault, Handle, Keeper};
use crate::api::containers::{ContainerFilter, ContainerSummary, ListOptions};
use crate::api::{Client, ContainerId};
use crate::policy::create::Facts;
use crate::policy::ledger::Kind;
use crate::policy::{Decide, NotAllowed, Object, Reach, Scope, Verb};

/// What an object is looked up for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    See,
    Change,
}

impl Access {
    pub(super) fn networks(self, scope: &Scope) -> &Reach {
        match self {
            Self::See => &scope.networks,
            Self::Change => &scope.change.networks,
        }
    }

    pub(super) fn volumes(self, scope: &Scope) -> &Reach {
        match self {
            Self::See => &scope.volumes,
            Self::Change => &scope.change.volumes,
        }
    }

    fn ask(self, decider: &dyn Decide, object: &Object<'_>) -> bool {
        match self {
            Self::See => decider.sees(object),
            Self::Change => decider.changes(object),
        }
    }
}

impl Keeper {
    /// Has somebody decide beside the policy from now on. The first one stays.
    pub fn decide_by(&self, decider: Arc<dyn Decide>) {
        let _ = self.0.decider.set(decider);
    }

    fn decider(&self) -> Option<&dyn Decide> {
        self.0.decider.get().map(|decider| &**decider)
    }

    /// Whether a verb may be called now.
    ///
    /// # Errors
    ///
    /// Tells what would have to be added to the policy.
    pub fn allow(&self, verb: Verb) -> Result<(), NotAllowed> {
        self.0.policy.borrow().allow(verb)?;
        self.decider().map_or(Ok(()), |decider| decider.call(verb))
    }

    /// Whether an object that the policy reaches is reached.
    pub(super) fn decides<'a>(&self, access: Access, object: impl FnOnce() -> Object<'a>) -> bool {
        let decider = self.decider();
        decider.is_none_or(|decider| access.ask(decider, &object()))
    }

    /// The same of a container by its row in a list.
    pub(super) async fn decides_row(
        &self,
        client: &Client,
        access: Access,
        row: &ContainerSummary,
        own: bool,
    ) -> Result<bool, Fault> {
        let Some(decider) = self.decider() else {
            return Ok(true);
        };
        let mut labels = Vec::new();
        if let Some(brought) = self.brought(client, row).await? {
            let its = row.labels.iter();
            labels.extend(its.filter(|(key, _)| !brought.contains(key)).cloned());
        }
        let object = Object {
            kind: Kind::Container,
            id: &row.id,
            name: row.names.first().map_or("", String::as_str),
            labels: &labels,
            own,
        };
        Ok(access.ask(decider, &object))
    }

    /// What of a handle is left; none if its container isn't reached.
    pub(super) async fn decided_on(
        &self,
        client: &Client,
        handle: Handle,
    ) -> Result<Option<Handle>, Fault> {
        if self.decider().is_none() || self.is_planned(&handle.id) {
            return Ok(Some(handle));
        }
        let Some(row) = row(client, &handle.id).await? else {
            return Ok(None);
        };
        let own = handle.own;
        if !self.decides_row(client, Access::See, &row, own).await? {
            return Ok(None);
        }
        let change = handle.change && self.decides_row(client, Access::Change, &row, own).await?;
        Ok(Some(Handle { change, ..handle }))
    }

    /// A container that the policy lets be made, started or changed: decides on it, and says what it comes to.
    pub(super) fn decided(
        &self,
        errand: &Errand,
        container: &Candidate<'_>,
        facts: impl Fn() -> Facts,
    ) -> Result<(), Fault> {
        if let Some(decider) = self.decider() {
            decider.container(container)?;
        }
        errand.witness.comes_to(&facts);
        Ok(())
    }
}

async fn row(client: &Client, id: &ContainerId) -> Result<Option<ContainerSummary>, Fault> {
    let options = ListOptions::all_with([ContainerFilter::Id(id.to_string())]);
    let rows = client.containers().list(&options).await?;
    Ok(rows.into_iter().find(|row| row.id == id.as_str()))
}
