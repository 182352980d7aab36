//! Lists of containers.

use super::common::{ContainerStatus, HealthStatus, MountPoint};
use crate::api::{Protocol, Timestamp};

/// What a container must be, to be listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContainerFilter {
    /// Made from this image or from one that descends from it: `name`, `name:tag`, an id.
    Ancestor(String),
    /// Made before this container, a name or an id. Fails with `not-found` or `engine`, depending
    /// on the engine, if there is none.
    Before(String),
    /// Exposes this port: `80`, `80/tcp`, `8000-8010/udp`.
    Expose(String),
    /// Ended with this exit status.
    Exited(i32),
    /// Health as said.
    Health(HealthStatus),
    /// The id contains this.
    Id(String),
    /// Whether it is a task of a service.
    IsTask(bool),
    /// Has this label: `key` or `key=value`.
    Label(String),
    /// The name contains this; a regular expression in the engine's words.
    Name(String),
    /// Is attached to this network, a name or an id.
    Network(String),
    /// Publishes this port: `80`, `80/tcp`.
    Publish(String),
    /// Made after this container, a name or an id.
    Since(String),
    /// Does as said.
    Status(ContainerStatus),
    /// Mounts this volume, or something at this path.
    Volume(String),
    /// A filter that came later, in the engine's words: its name and its value.
    Other((String, String)),
}

/// What a list of containers shall hold. Filters of one kind widen each other, filters of different
/// kinds narrow; labels narrow always.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListOptions {
    /// Those that don't run as well.
    pub all: bool,
    /// The newest so many, in any state. None: without a limit.
    pub limit: Option<u32>,
    /// Measure sizes on disk, which takes the engine a while.
    pub size: bool,
    /// What a container must be.
    pub filters: Vec<ContainerFilter>,
}

impl ListOptions {
    /// All that pass these filters, also those that don't run.
    pub fn all_with(filters: impl Into<Vec<ContainerFilter>>) -> Self {
        Self {
            all: true,
            filters: filters.into(),
            ..Self::default()
        }
    }
}

/// A port in the row of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PortSummary {
    /// The address on the machine. None for what is only exposed.
    pub host_ip: Option<String>,
    /// The number on the machine. None for what is only exposed.
    pub host_port: Option<u16>,
    /// The number inside the container.
    pub container_port: u16,
    /// The protocol.
    pub protocol: Protocol,
}

/// A network that a listed container is attached to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetworkSummary {
    /// The network's name.
    pub network: String,
    /// The network's full id. None before the container was started on some engines.
    pub network_id: Option<String>,
    /// The IPv4 address. None while the container doesn't run.
    pub ip_address: Option<String>,
    /// The IPv6 address.
    pub ipv6_address: Option<String>,
    /// The MAC address.
    pub mac_address: Option<String>,
}

/// A row of a list of containers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContainerSummary {
    /// The full id, as the engine gives it. A [`ContainerId`](crate::api::ContainerId) is parsed
    /// from it.
    pub id: String,
    /// The names, without a slash before them. More than one only with links.
    pub names: Vec<String>,
    /// The image, as it was asked for when the container was made.
    pub image: String,
    /// The image's full id.
    pub image_id: String,
    /// The command line, in one string.
    pub command: String,
    /// When it was made; to the second.
    pub created: Timestamp,
    /// Exposed and published ports. Empty while it doesn't run.
    pub ports: Vec<PortSummary>,
    /// The labels.
    pub labels: Vec<(String, String)>,
    /// What it is doing.
    pub status: ContainerStatus,
    /// The same for a person: `Up 3 minutes (healthy)`.
    pub status_text: String,
    /// What its health check says, from Engine 29. None where the engine doesn't say it in a list.
    pub health: Option<HealthStatus>,
    /// Bytes that it wrote to its own layer. Only if sizes were asked for.
    pub size_rw: Option<u64>,
    /// Bytes of its whole file system. Only if sizes were asked for.
    pub size_root_fs: Option<u64>,
    /// The network mode that it was made with: `default`, `none`, `host`, `container:ID`, a
    /// network's name.
    pub network_mode: String,
    /// The networks that it is attached to.
    pub networks: Vec<NetworkSummary>,
    /// What is mounted in it.
    pub mounts: Vec<MountPoint>,
    /// What newer engines say besides, and what could not be read: names, and values as JSON.
    pub more: Vec<(String, String)>,
}
