//! Asking for what the engine knows of containers.

use std::str::FromStr;

use bytes::Bytes;

use super::details::ContainerDetails;
use super::types::{ChangeKind, FilesystemChange, HostBinding, ProcessList, PublishedPort};
use super::{Container, Containers};
use crate::api::json::{Record, Source, text, value, weigh};
use crate::api::{ContainerId, Error, Protocol, Result, SLOW};
use crate::transport::Request;

impl Containers<'_> {
    /// Looks a container up by name, id, or the first digits of an id: `GET /containers/{id}/json`.
    ///
    /// Fails with `NotFound` if there is none, with `Invalid` if that can't be a name. Where digits
    /// are the start of several ids, Engine answers `Invalid` and Podman `Engine`.
    pub async fn get(&self, name: &str) -> Result<ContainerId> {
        let meant = |found: Found| match found.is_meant_by(name) {
            true => id_of(&found.id),
            false => Err(Error::not_found(format!("no such container: {name}"))),
        };
        self.find(name, meant).await
    }

    /// Whether a container has this very name: `GET /containers/{id}/json`.
    ///
    /// Fails as [`get`](Self::get) does.
    pub(crate) async fn is_in_use(&self, name: &str) -> Result<bool> {
        let called = |found: Found| Ok(bare(&found.name) == name);
        self.find(name, called).await
    }

    async fn find<T>(&self, name: &str, read: impl FnOnce(Found) -> Result<T>) -> Result<T> {
        let request = Request::get("/containers/{id}/json").segment(name);
        let read = |body: Bytes| read(value(&body)?);
        self.client.fetch(request, read).await
    }
}

/// A container that an engine has found by a name or an id.
#[derive(Default)]
struct Found {
    id: String,
    name: String,
}

impl Found {
    /// Podman looks the start of an id up by a pattern, in which `%` stands for any digits and `_` for one. A name with a slash is
    /// that of a link, which the container itself doesn't have.
    fn is_meant_by(&self, reference: &str) -> bool {
        let name = bare(reference);
        !name.contains(['%', '_'])
            || name.contains('/')
            || name == bare(&self.name)
            || self.id.starts_with(reference)
    }
}

/// A name without the slash that engines put before it.
fn bare(name: &str) -> &str {
    name.strip_prefix('/').unwrap_or(name)
}

impl Record for Found {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "Id" => value.put(&mut self.id),
            "Name" => value.put(&mut self.name),
            _ => value.skip(),
        }
    }
}

/// The full id in an answer that names a container.
pub(super) fn id_of(id: &str) -> Result<ContainerId> {
    ContainerId::from_str(id).map_err(|_| Error::protocol("the engine's answer has no full id"))
}

/// An answer that names a container.
#[derive(Default)]
pub(super) struct Named {
    pub(super) id: String,
    pub(super) warnings: Vec<String>,
}

impl Record for Named {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "Id" => value.put(&mut self.id),
            "Warnings" => value.put(&mut self.warnings),
            _ => value.skip(),
        }
    }
}

impl Container<'_> {
    fn json(&self, size: bool) -> Request {
        let request = self.at(Request::get("/containers/{id}/json"));
        match size {
            true => request.query("size", "1").head_timeout(SLOW),
            false => request,
        }
    }

    /// Asks for all that the engine knows of it: `GET /containers/{id}/json`. With `size`, sizes on
    /// disk as well, which takes the engine a while.
    pub async fn inspect(&self, size: bool) -> Result<ContainerDetails> {
        self.client
            .fetch_weighed(self.json(size), weigh, ContainerDetails::of)
            .await
    }

    /// The same as the engine's own JSON.
    ///
    /// Fails with `Protocol` if it isn't UTF-8.
    pub async fn inspect_json(&self, size: bool) -> Result<String> {
        self.client.fetch(self.json(size), text).await
    }

    /// Where one of its ports is published: `GET /containers/{id}/json`. Without a protocol, the
    /// first of TCP, UDP and SCTP that is. Empty if none is.
    pub async fn port(&self, port: u16, protocol: Option<&Protocol>) -> Result<Vec<HostBinding>> {
        let details = self.inspect(false).await?;
        Ok(bindings(details.ports()?, port, protocol))
    }

    /// Lists its processes: `GET /containers/{id}/top`.
    ///
    /// Fails with `Conflict` if it doesn't run; Podman gives an empty list then.
    pub async fn top(&self) -> Result<ProcessList> {
        let request = self.at(Request::get("/containers/{id}/top"));
        self.client
            .fetch(request, |body| match body.is_empty() {
                true => Ok(ProcessList::default()),
                false => value(&body),
            })
            .await
    }

    /// Lists the paths that differ from its image: `GET /containers/{id}/changes`.
    pub async fn changes(&self) -> Result<Vec<FilesystemChange>> {
        let request = self.at(Request::get("/containers/{id}/changes"));
        self.client.fetch(request, |body| value(&body)).await
    }
}

/// Where a port is published, of those that are.
pub(super) fn bindings(
    ports: &[PublishedPort],
    port: u16,
    protocol: Option<&Protocol>,
) -> Vec<HostBinding> {
    let order = [Protocol::Tcp, Protocol::Udp, Protocol::Sctp];
    let wanted = match protocol {
        Some(protocol) => std::slice::from_ref(protocol),
        None => &order[..],
    };
    let published = |protocol: &Protocol| {
        let at = |published: &&PublishedPort| {
            published.container.port == port && published.container.protocol == *protocol
        };
        let found = ports.iter().find(at)?;
        (!found.bindings.is_empty()).then(|| found.bindings.clone())
    };
    wanted.iter().find_map(published).unwrap_or_default()
}

impl Record for ProcessList {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "Titles" => value.put(&mut self.titles),
            "Processes" => value.put(&mut self.processes),
            _ => value.skip(),
        }
    }

    /// Takes apart what older Podmans send: each row in one text.
    fn complete(&mut self) {
        let [titles] = &self.titles[..] else { return };
        let columns = titles.split_whitespace().count();
        if columns < 2 {
            return;
        }
        self.titles = titles.split_whitespace().map(str::to_owned).collect();
        for process in &mut self.processes {
            if let [row] = &process[..] {
                *process = split(row, columns);
            }
        }
    }
}

/// Takes a row apart into columns, of which only the last has spaces.
fn split(row: &str, columns: usize) -> Vec<String> {
    let mut rest = row.trim();
    let mut parts = Vec::with_capacity(columns);
    while parts.len() + 1 < columns
        && let Some((part, after)) = rest.split_once(char::is_whitespace)
    {
        parts.push(part.to_owned());
        rest = after.trim_start();
    }
    parts.push(rest.to_owned());
    parts
}

impl Record for FilesystemChange {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "Path" => value.put(&mut self.path),
            "Kind" => value.get().map(|kind: i64| {
                self.kind = match kind {
                    0 => ChangeKind::Modified,
                    1 => ChangeKind::Added,
                    2 => ChangeKind::Deleted,
                    other => ChangeKind::Other(other.to_string()),
                };
            }),
            _ => value.skip(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_fits_as_a_pattern_is_not_meant() {
        let found = Found {
            id: "0b78ff2e812e".to_owned(),
            name: "/my_web".to_owned(),
        };
        for meant in ["my_web", "/my_web", "0b78", "web", "web/my_db"] {
            assert!(found.is_meant_by(meant), "{meant}");
        }
        for other in ["%2e%2e", "%", "0b78_", "____", "myXweb_"] {
            assert!(!found.is_meant_by(other), "{other}");
        }
    }
}
