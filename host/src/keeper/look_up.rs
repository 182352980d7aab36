//! Looking containers up within the scope.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Mutex;

use super::decide::Access;
use super::there::there;
use super::{Fault, Handle, Keeper};
use crate::api::containers::{ContainerFilter, ContainerSummary, ListOptions};
use crate::api::{Client, ContainerId};
use crate::policy::Reach;
use crate::policy::create::LABEL_OWNER;
use crate::policy::ledger::Kind;

/// How many images' labels are remembered.
const MAX_BROUGHT: usize = 256;

/// The labels that images bring, by the images' ids, which never have others.
#[derive(Default)]
pub(super) struct Brought(Mutex<HashMap<String, BTreeSet<String>>>);

/// The containers in scope.
pub struct Listed {
    /// What the engine says of them.
    pub rows: Vec<ContainerSummary>,
    /// Handles of all of them whose id can be read.
    pub handles: Vec<Handle>,
}

impl Keeper {
    /// Looks a container up by its name, its id, or the beginning of its id.
    ///
    /// # Errors
    ///
    /// [`Fault::NotFound`] for what is out of scope, in the same words as for what doesn't exist; the engine isn't asked about
    /// it. [`Fault::Conflict`] if several ids begin so.
    pub async fn get(&self, client: &Client, name: &str) -> Result<Handle, Fault> {
        let generation = self.generation();
        let policy = self.policy();
        let reach = &policy.scope().containers;
        // One's own short name is nobody else's.
        let own = match self.owner() {
            Some(owner) => owner.find(Kind::Container, name)?,
            None => None,
        };
        let handle = match (own, reach) {
            (Some(object), Reach::Own | Reach::All) => {
                let own = Self::own(object.id.parse()?, generation);
                self.decided_on(client, own).await?
            }
            (None, reach) if reach.is_of_own() => return Err(not_found(Kind::Container, name)),
            (_, Reach::All) => {
                self.handle(client, client.containers().get(name).await?)
                    .await?
            }
            (_, reach) => {
                let id = self.find_listed(client, reach, name).await?;
                self.handle(client, id).await?
            }
        };
        // It was in scope by the policy that was in force at first.
        let stamped = handle.map(|handle| Handle {
            generation,
            ..handle
        });
        stamped.ok_or_else(|| not_found(Kind::Container, name))
    }

    /// Lists the containers in scope that are as the options say.
    pub async fn list(&self, client: &Client, options: &ListOptions) -> Result<Listed, Fault> {
        let generation = self.generation();
        let narrowed = self.narrowed(client, options).await?;
        let mut rows = client.containers().list(&narrowed).await?;
        let owned = self.owned(&rows)?;
        let policy = self.policy();
        let scope = policy.scope();
        let mut seen = Vec::with_capacity(rows.len());
        let mut handles = Vec::with_capacity(rows.len());
        for row in &mut rows {
            let own = owned.contains(&row.id);
            let sees = self.reaches(client, &scope.containers, row, own).await?
                && self.decides_row(client, Access::See, row, own).await?;
            seen.push(sees);
            if !sees {
                continue;
            }
            let change = own || {
                let reach = &scope.change.containers;
                self.reaches(client, reach, row, own).await?
            };
            let change = change && self.decides_row(client, Access::Change, row, own).await?;
            handles.extend(row.id.parse().ok().map(|id| Handle {
                id,
                change,
                own,
                generation,
            }));
            if own {
                self.name_row(row);
            }
        }
        let mut seen = seen.into_iter();
        rows.retain(|_| seen.next() == Some(true));
        Ok(Listed { rows, handles })
    }

    /// The ids of the containers in a list that are the plugin's own. Each of them bears its owner's label; whether one that does is
    /// own, the ledger knows.
    fn owned(&self, rows: &[ContainerSummary]) -> Result<HashSet<String>, Fault> {
        let Some(owner) = self.owner() else {
            return Ok(HashSet::new());
        };
        let bears = |row: &ContainerSummary| {
            let mut labels = row.labels.iter();
            labels.any(|(key, value)| key == LABEL_OWNER && value == owner.id())
        };
        if !rows.iter().any(bears) {
            return Ok(HashSet::new());
        }
        let objects = owner.rows(Kind::Container)?;
        Ok(objects.into_iter().map(|object| object.id).collect())
    }

    /// The handle of a container that is in scope by the policy; none if it isn't by whoever decides beside that.
    pub(super) async fn handle(
        &self,
        client: &Client,
        id: ContainerId,
    ) -> Result<Option<Handle>, Fault> {
        let generation = self.generation();
        let own = self.owns(&id)?;
        let policy = self.policy();
        let change = match &policy.scope().change.containers {
            _ if own => true,
            Reach::Own => false,
            Reach::All => true,
            reach => self.find_row(client, reach, &id).await?.is_some(),
        };
        let handle = Handle {
            id,
            change,
            own,
            generation,
        };
        self.decided_on(client, handle).await
    }

    /// Finds a container by what a plugin calls it among those that a scope reaches.
    async fn find_listed(
        &self,
        client: &Client,
        reach: &Reach,
        name: &str,
    ) -> Result<ContainerId, Fault> {
        let name = name.strip_prefix('/').unwrap_or(name);
        let rows = self.listed(client, reach).await?;
        let named = |row: &&ContainerSummary| {
            row.names
                .iter()
                .any(|its| its == name || self.shown_name(its) == name)
        };
        let exact = rows.iter().find(|row| row.id == name);
        let found = match exact.or_else(|| rows.iter().find(named)) {
            Some(row) => row,
            None => of_beginning(&rows, name)?,
        };
        Ok(found.id.parse()?)
    }

    pub(super) async fn find_row(
        &self,
        client: &Client,
        reach: &Reach,
        id: &ContainerId,
    ) -> Result<Option<ContainerSummary>, Fault> {
        let rows = self.listed(client, reach).await?;
        Ok(rows.into_iter().find(|row| row.id == id.as_str()))
    }

    /// All containers that a scope by label or name reaches.
    async fn listed(&self, client: &Client, reach: &Reach) -> Result<Vec<ContainerSummary>, Fault> {
        let filters = reach.parts().iter().flat_map(|part| match part {
            Reach::Own | Reach::All | Reach::Every(_) => Vec::new(),
            Reach::Label(label) => vec![ContainerFilter::Label(label.to_string())],
            Reach::Names(names) => names.iter().cloned().map(ContainerFilter::Name).collect(),
        });
        let options = ListOptions::all_with(filters.collect::<Vec<_>>());
        let rows = client.containers().list(&options).await?;
        let owned = match reach.is_of_own() {
            true => self.owned(&rows)?,
            false => HashSet::new(),
        };
        let mut found = Vec::new();
        for row in rows {
            let own = owned.contains(&row.id);
            if self.reaches(client, reach, &row, own).await? {
                found.push(row);
            }
        }
        Ok(found)
    }

    /// Whether a scope reaches the container of a row.
    async fn reaches(
        &self,
        client: &Client,
        reach: &Reach,
        row: &ContainerSummary,
        own: bool,
    ) -> Result<bool, Fault> {
        for part in reach.parts() {
            let reached = match part {
                Reach::Own => own,
                Reach::All => true,
                Reach::Names(_) => row.names.iter().any(|name| part.has(name, &row.labels)),
                Reach::Label(label) => {
                    // Who makes images could put a container into any scope by their labels.
                    part.has("", &row.labels)
                        && self
                            .brought(client, row)
                            .await?
                            .is_some_and(|keys| !keys.contains(&label.key))
                }
                // Its parts are looked at.
                Reach::Every(_) => false,
            };
            if !reached {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The keys of the labels that came with a container's image. Of an image that is gone nothing is known: all may have come with it.
    pub(super) async fn brought(
        &self,
        client: &Client,
        row: &ContainerSummary,
    ) -> Result<Option<BTreeSet<String>>, Fault> {
        let known = self.0.books.as_ref().map(|books| &books.brought);
        if let Some(keys) = known.and_then(|known| known.get(&row.image_id)) {
            return Ok(Some(keys));
        }
        let Some(image) = there(client.images().inspect(&row.image_id).await)? else {
            return Ok(None);
        };
        let keys = image.config.labels.into_iter().map(|(key, _)| key);
        let keys: BTreeSet<_> = keys.collect();
        if let Some(known) = known {
            known.put(&row.image_id, keys.clone());
        }
        Ok(Some(keys))
    }
}

fn of_beginning<'a>(
    rows: &'a [ContainerSummary],
    name: &str,
) -> Result<&'a ContainerSummary, Fault> {
    let mut fitting = rows
        .iter()
        .filter(|row| !name.is_empty() && row.id.starts_with(name));
    match (fitting.next(), fitting.next()) {
        (Some(row), None) => Ok(row),
        (Some(_), Some(_)) => Err(Fault::Conflict(format!(
            "several containers begin with `{}`; give more of the id",
            name.escape_debug()
        ))),
        (None, _) => Err(not_found(Kind::Container, name)),
    }
}

/// What is told of an object that isn't there, and of one that is out of scope.
pub(super) fn not_found(kind: Kind, name: &str) -> Fault {
    const MAX: usize = 128;
    let name: String = name
        .chars()
        .take(MAX)
        .flat_map(char::escape_debug)
        .collect();
    Fault::NotFound(format!("there is no {kind} `{name}`"))
}

impl Brought {
    fn get(&self, image: &str) -> Option<BTreeSet<String>> {
        self.0.lock().ok()?.get(image).cloned()
    }

    fn put(&self, image: &str, keys: BTreeSet<String>) {
        if let Ok(mut images) = self.0.lock() {
            if images.len() >= MAX_BROUGHT {
                images.clear();
            }
            images.insert(image.to_owned(), keys);
        }
    }
}
