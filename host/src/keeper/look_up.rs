//! Looking containers up within the scope.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Mutex;

use super::{Fault, Handle, Keeper};
use crate::api::containers::{ContainerFilter, ContainerSummary, ListOptions};
use crate::api::{Client, ContainerId, ErrorKind};
use crate::policy::ledger::Kind;
use crate::policy::{LabelMatch, Reach};

/// How many images' labels are remembered.
const MAX_BROUGHT: usize = 256;

/// The labels that images bring, by the images' ids, which never have others.
#[derive(Default)]
pub(super) struct Brought(Mutex<HashMap<String, BTreeSet<String>>>);

impl Keeper {
    /// Looks a container up by its name, its id, or the beginning of its id.
    ///
    /// # Errors
    ///
    /// [`Fault::NotFound`] for what is out of scope, in the same words as for what doesn't exist; the engine isn't asked about
    /// it. [`Fault::Conflict`] if several ids begin so.
    pub async fn get(&self, client: &Client, name: &str) -> Result<Handle, Fault> {
        let scope = self.policy().scope();
        // One's own short name is nobody else's.
        if let Some(owner) = self.owner()
            && let Some(object) = owner.find(Kind::Container, name)?
            && (scope.containers == Reach::Own || scope.containers == Reach::All)
        {
            return Ok(Self::own(object.id.parse()?));
        }
        let id = match &scope.containers {
            Reach::Own => return Err(not_found(Kind::Container, name)),
            Reach::All => client.containers().get(name).await?,
            reach => self.find_listed(client, reach, name).await?,
        };
        self.handle(client, id).await
    }

    /// Lists the containers in scope that are as the options say. A row whose id can't be read has no handle.
    pub async fn list(
        &self,
        client: &Client,
        options: &ListOptions,
    ) -> Result<Vec<(Option<Handle>, ContainerSummary)>, Fault> {
        let narrowed = self.narrowed(client, options).await?;
        let rows = client.containers().list(&narrowed).await?;
        let owned = self.owned()?;
        let scope = self.policy().scope();
        let mut listed = Vec::with_capacity(rows.len());
        for row in rows {
            let own = owned.contains(&row.id);
            let seen = match &scope.containers {
                Reach::Own => own,
                reach => self.reaches(client, reach, &row).await?,
            };
            if seen {
                let change = own || self.reaches(client, &scope.change.containers, &row).await?;
                let id = row.id.parse::<ContainerId>().ok();
                let handle = id.map(|id| Handle { id, change, own });
                listed.push((handle, if own { self.named(row) } else { row }));
            }
        }
        Ok(listed)
    }

    /// The ids of all containers that are the plugin's own.
    fn owned(&self) -> Result<HashSet<String>, Fault> {
        let Some(owner) = self.owner() else {
            return Ok(HashSet::new());
        };
        let rows = owner.rows(Kind::Container)?;
        Ok(rows.into_iter().map(|object| object.id).collect())
    }

    /// The handle of a container that is in scope.
    pub(super) async fn handle(&self, client: &Client, id: ContainerId) -> Result<Handle, Fault> {
        let own = self.owns(&id)?;
        let change = match &self.policy().scope().change.containers {
            _ if own => true,
            Reach::Own => false,
            Reach::All => true,
            reach => self.find_row(client, reach, &id).await?.is_some(),
        };
        Ok(Handle { id, change, own })
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

    async fn find_row(
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
        let filters = match reach {
            Reach::Own | Reach::All => Vec::new(),
            Reach::Label(label) => vec![ContainerFilter::Label(label.to_string())],
            Reach::Names(names) => names.iter().cloned().map(ContainerFilter::Name).collect(),
        };
        let options = ListOptions::all_with(filters);
        let mut found = Vec::new();
        for row in client.containers().list(&options).await? {
            if self.reaches(client, reach, &row).await? {
                found.push(row);
            }
        }
        Ok(found)
    }

    /// Whether a scope reaches the container of a row that isn't the plugin's own.
    async fn reaches(
        &self,
        client: &Client,
        reach: &Reach,
        row: &ContainerSummary,
    ) -> Result<bool, Fault> {
        Ok(match reach {
            Reach::Own => false,
            Reach::All => true,
            Reach::Names(_) => row.names.iter().any(|name| reach.has(name, &row.labels)),
            Reach::Label(label) => {
                reach.has("", &row.labels) && !self.brought(client, row, label).await?
            }
        })
    }

    /// Whether a label came with the image: who makes images could put a container into any scope.
    async fn brought(
        &self,
        client: &Client,
        row: &ContainerSummary,
        label: &LabelMatch,
    ) -> Result<bool, Fault> {
        let Some(books) = &self.0.books else {
            return of_image(client, &row.image_id, |keys| keys.contains(&label.key)).await;
        };
        if let Some(keys) = books.brought.get(&row.image_id) {
            return Ok(keys.contains(&label.key));
        }
        of_image(client, &row.image_id, |keys| {
            let brought = keys.contains(&label.key);
            books.brought.put(&row.image_id, keys);
            brought
        })
        .await
    }
}

/// The keys of an image's labels; of an image that is gone nothing is known, so all may have come with it.
async fn of_image(
    client: &Client,
    id: &str,
    brings: impl FnOnce(BTreeSet<String>) -> bool,
) -> Result<bool, Fault> {
    match client.images().inspect(id).await {
        Ok(image) => {
            let keys = image.config.labels.into_iter().map(|(key, _)| key);
            Ok(brings(keys.collect()))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error.into()),
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
