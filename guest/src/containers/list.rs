//! Lists of containers.

use super::{Container, ContainerFilter, ContainerStatus, ContainerSummary, HealthStatus};
use crate::bindings::engine::containers as wit;
use crate::call::{Call, awaits};
use crate::error::Result;

/// A list to be awaited: [`Containers::list`](super::Containers::list).
///
/// Filters of one kind widen each other, filters of different kinds narrow; labels narrow always.
#[derive(Debug)]
#[must_use = "nothing is sent before it is awaited"]
pub struct List {
    call: Call<wit::ListOptions, Result<Vec<ContainerSummary>>>,
}

awaits!(List => Result<Vec<ContainerSummary>>, wit::list);

impl List {
    pub(super) const fn new() -> Self {
        let options = wit::ListOptions {
            all: false,
            limit: None,
            size: false,
            filters: Vec::new(),
        };
        Self {
            call: Call::new(options),
        }
    }

    /// Those that don't run as well.
    pub const fn all(mut self, all: bool) -> Self {
        self.call.options.all = all;
        self
    }

    /// The newest so many, in any state.
    pub const fn limit(mut self, limit: u32) -> Self {
        self.call.options.limit = Some(limit);
        self
    }

    /// Measure sizes on disk, which takes the engine a while.
    pub const fn size(mut self, size: bool) -> Self {
        self.call.options.size = size;
        self
    }

    /// Only those that are so.
    pub fn filter(mut self, filter: ContainerFilter) -> Self {
        self.call.options.filters.push(filter);
        self
    }

    /// Only those with this label: `key` or `key=value`.
    pub fn label(self, label: impl Into<String>) -> Self {
        self.filter(ContainerFilter::Label(label.into()))
    }

    /// Only those whose name contains this; a regular expression in the engine's words.
    pub fn name(self, name: impl Into<String>) -> Self {
        self.filter(ContainerFilter::Name(name.into()))
    }

    /// Only those whose id contains this.
    pub fn id(self, id: impl Into<String>) -> Self {
        self.filter(ContainerFilter::Id(id.into()))
    }

    /// Only those that do this: [`ContainerStatus::Exited`] or `"exited"`. They are listed though they don't run.
    pub fn status(self, status: impl Into<ContainerStatus>) -> Self {
        self.filter(ContainerFilter::Status(status.into()))
    }

    /// Only those with this health: [`HealthStatus::Unhealthy`] or `"unhealthy"`.
    pub fn health(self, health: impl Into<HealthStatus>) -> Self {
        self.filter(ContainerFilter::Health(health.into()))
    }

    /// Only those that ended with this exit status.
    pub fn exited(self, status: i32) -> Self {
        self.filter(ContainerFilter::Exited(status))
    }

    /// Only those made from this image or from one that descends from it: `name`, `name:tag`, an id.
    pub fn ancestor(self, image: impl Into<String>) -> Self {
        self.filter(ContainerFilter::Ancestor(image.into()))
    }

    /// Only those made before this container, a name or an id.
    pub fn before(self, container: impl Into<String>) -> Self {
        self.filter(ContainerFilter::Before(container.into()))
    }

    /// Only those made after this container, a name or an id.
    pub fn since(self, container: impl Into<String>) -> Self {
        self.filter(ContainerFilter::Since(container.into()))
    }

    /// Only those attached to this network, a name or an id. Podman takes the beginning of an id for it, and fails with `engine` where
    /// several begin so.
    pub fn network(self, network: impl Into<String>) -> Self {
        self.filter(ContainerFilter::Network(network.into()))
    }

    /// Only those that mount this volume, or something at this path; on Podman by the volume's name only.
    pub fn volume(self, volume: impl Into<String>) -> Self {
        self.filter(ContainerFilter::Volume(volume.into()))
    }

    /// Only those that publish this port: `80`, `80/tcp`, `8000-8010/udp`. Not on Podman.
    pub fn publish(self, port: impl Into<String>) -> Self {
        self.filter(ContainerFilter::Publish(port.into()))
    }

    /// Only those that expose this port: `80`, `80/tcp`, `8000-8010/udp`. Not on Podman.
    pub fn expose(self, port: impl Into<String>) -> Self {
        self.filter(ContainerFilter::Expose(port.into()))
    }

    /// Only those that are tasks of a service, or only those that aren't. Not on Podman.
    pub fn is_task(self, is_task: bool) -> Self {
        self.filter(ContainerFilter::IsTask(is_task))
    }
}

impl ContainerSummary {
    /// A handle of it; the engine isn't asked. Needs the grant `containers.open`.
    ///
    /// # Errors
    /// `denied` if the policy doesn't allow it.
    pub fn container(&self) -> Result<Container> {
        wit::open(&self.id).map(Container::new)
    }

    /// Its name; empty if it has none.
    #[must_use]
    pub fn name(&self) -> &str {
        self.names.first().map_or("", String::as_str)
    }

    /// The first 12 digits of its id, which is how Docker shows it.
    #[must_use]
    pub fn short_id(&self) -> &str {
        self.id.get(..12).unwrap_or(&self.id)
    }

    /// The value of a label.
    #[must_use]
    pub fn label(&self, key: &str) -> Option<&str> {
        self.labels
            .iter()
            .find(|(k, _)| k == key)
            .map(|(_, value)| value.as_str())
    }
}
