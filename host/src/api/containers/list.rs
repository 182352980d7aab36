//! Lists of containers.

use std::collections::BTreeMap;

use super::Containers;
use super::groups::ALL_ADDRESSES;
use super::types::{
    ContainerFilter, ContainerStatus, ContainerSummary, HealthStatus, ListOptions, MountKind,
    MountPoint, NetworkEndpoint, NetworkSummary, PortSummary,
};
use crate::api::json::{Blank, Created, Map, More, Record, Row, Source, Text, texts};
use crate::api::{Result, SLOW};
use crate::transport::Request;

impl Containers<'_> {
    /// Lists containers: `GET /containers/json`.
    ///
    /// No container is lost because its row can't be read: what can't is in the row's `more`.
    ///
    /// Fails with `Invalid` if a filter is, on some engines with `Engine`. What the filters
    /// `before` and `since` name and isn't there is `NotFound` on newer engines, and `Engine` on
    /// Engine 20.10.
    pub async fn list(&self, options: &ListOptions) -> Result<Vec<ContainerSummary>> {
        self.client.fetch_rows(request(options)).await
    }
}

fn request(options: &ListOptions) -> Request {
    let mut request = Request::get("/containers/json");
    if options.all {
        request = request.query("all", "1");
    }
    if let Some(limit) = options.limit {
        request = request.query("limit", &limit.to_string());
    }
    if options.size {
        request = request.query("size", "1").head_timeout(SLOW);
    }
    if !options.filters.is_empty() {
        request = request.query("filters", &filters(&options.filters));
    }
    request
}

/// The filters as the engine takes them: lists of values by name, in JSON.
fn filters(filters: &[ContainerFilter]) -> String {
    let mut map = BTreeMap::<&str, Vec<String>>::new();
    for filter in filters {
        let (name, value) = pair(filter);
        map.entry(name).or_default().push(value);
    }
    serde_json::json!(map).to_string()
}

/// An image as every engine finds it: Podman doesn't by an id that says which digest it is.
fn image(value: &str) -> &str {
    match value.strip_prefix("sha256:") {
        Some(id) if id.len() == 64 => id,
        _ => value,
    }
}

fn pair(filter: &ContainerFilter) -> (&str, String) {
    match filter {
        ContainerFilter::Ancestor(value) => ("ancestor", image(value).to_owned()),
        ContainerFilter::Before(value) => ("before", value.clone()),
        ContainerFilter::Expose(value) => ("expose", value.clone()),
        ContainerFilter::Exited(status) => ("exited", status.to_string()),
        ContainerFilter::Health(health) => ("health", health.as_str().to_owned()),
        ContainerFilter::Id(value) => ("id", value.clone()),
        ContainerFilter::IsTask(value) => ("is-task", value.to_string()),
        ContainerFilter::Label(value) => ("label", value.clone()),
        ContainerFilter::Name(value) => ("name", value.clone()),
        ContainerFilter::Network(value) => ("network", value.clone()),
        ContainerFilter::Publish(value) => ("publish", value.clone()),
        ContainerFilter::Since(value) => ("since", value.clone()),
        ContainerFilter::Status(status) => ("status", status.as_str().to_owned()),
        ContainerFilter::Volume(value) => ("volume", value.clone()),
        ContainerFilter::Other((name, value)) => (name, value.clone()),
    }
}

impl Record for ContainerSummary {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "Id" => value.put(&mut self.id),
            "Names" => value.put(&mut self.names),
            "Image" => value.put(&mut self.image),
            "ImageID" => value.put(&mut self.image_id),
            "Command" => value.put(&mut self.command),
            "Created" => value.get().map(|Created(moment)| self.created = moment),
            "Ports" => value.put(&mut self.ports),
            "Labels" => value.get().map(|Map(labels)| self.labels = labels),
            "State" => value.put(&mut self.status),
            "Status" => value.put(&mut self.status_text),
            "SizeRw" => value.put(&mut self.size_rw),
            "SizeRootFs" => value.put(&mut self.size_root_fs),
            "Mounts" => value.put(&mut self.mounts),
            "HostConfig" => value.get().map(|host: HostPart| {
                self.network_mode = host.network_mode;
                self.more.extend(host.more);
            }),
            "Health" => value.get().map(|health: HealthPart| {
                self.health = health.status;
                self.more.extend(health.more);
            }),
            "NetworkSettings" => value.get().map(|part: NetworkPart<NetworkSummary>| {
                let named = |(network, on)| NetworkSummary { network, ..on };
                self.networks = part.networks.into_iter().map(named).collect();
            }),
            _ => value.keep(key, &mut self.more),
        }
    }

    fn complete(&mut self) {
        for name in &mut self.names {
            if name.starts_with('/') {
                name.remove(0);
            }
        }
    }
}

impl Row for ContainerSummary {
    fn more(&mut self) -> &mut More {
        &mut self.more
    }
}

#[derive(Default)]
struct HostPart {
    network_mode: String,
    more: More,
}

impl Record for HostPart {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "NetworkMode" => value.put(&mut self.network_mode),
            _ => value.keep(&format!("HostConfig.{key}"), &mut self.more),
        }
    }
}

#[derive(Default)]
struct HealthPart {
    status: Option<HealthStatus>,
    more: More,
}

impl Record for HealthPart {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "Status" => value.put(&mut self.status),
            _ => value.keep(&format!("Health.{key}"), &mut self.more),
        }
    }
}

/// The networks of a container, in lists and elsewhere: their names, and what is said of each.
#[derive(Default)]
pub(super) struct NetworkPart<N> {
    pub(super) networks: Vec<(String, N)>,
}

impl<N: Record> Record for NetworkPart<N> {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "Networks" => value.get().map(|Map(networks)| self.networks = networks),
            _ => value.skip(),
        }
    }
}

impl Record for NetworkEndpoint {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "NetworkID" => value.put(&mut self.network_id),
            "EndpointID" => value.put(&mut self.endpoint_id),
            "IPAddress" => value.get().map(|Blank(text)| self.ip_address = text),
            "IPPrefixLen" => value.put(&mut self.ip_prefix_length),
            "Gateway" => value.get().map(|Blank(text)| self.gateway = text),
            "GlobalIPv6Address" => value.get().map(|Blank(text)| self.ipv6_address = text),
            "GlobalIPv6PrefixLen" => value.put(&mut self.ipv6_prefix_length),
            "IPv6Gateway" => value.get().map(|Blank(text)| self.ipv6_gateway = text),
            "MacAddress" => value.get().map(|Blank(text)| self.mac_address = text),
            "Aliases" => value.put(&mut self.aliases),
            "DNSNames" => value.put(&mut self.dns_names),
            _ => value.skip(),
        }
    }
}

impl Record for NetworkSummary {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "NetworkID" => value.get().map(|Blank(text)| self.network_id = text),
            "IPAddress" => value.get().map(|Blank(text)| self.ip_address = text),
            "GlobalIPv6Address" => value.get().map(|Blank(text)| self.ipv6_address = text),
            "MacAddress" => value.get().map(|Blank(text)| self.mac_address = text),
            _ => value.skip(),
        }
    }
}

impl Record for PortSummary {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "IP" => value.get().map(|Blank(text)| self.host_ip = text),
            "PublicPort" => value.put(&mut self.host_port),
            "PrivatePort" => value.put(&mut self.container_port),
            "Type" => value.put(&mut self.protocol),
            _ => value.skip(),
        }
    }

    fn complete(&mut self) {
        self.host_port = self.host_port.filter(|port| *port != 0);
        if self.host_port.is_some() && self.host_ip.is_none() {
            self.host_ip = Some(ALL_ADDRESSES.to_owned());
        }
    }
}

impl Record for MountPoint {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "Type" => value.put(&mut self.kind),
            "Name" => value.get().map(|Blank(text)| self.name = text),
            "Source" => value.put(&mut self.source),
            "Destination" => value.put(&mut self.destination),
            "Driver" => value.get().map(|Blank(text)| self.driver = text),
            "Mode" => value.put(&mut self.mode),
            "RW" => value.put(&mut self.writable),
            "Propagation" => value.put(&mut self.propagation),
            _ => value.skip(),
        }
    }
}

impl ContainerStatus {
    /// The engine's word for it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Created => "created",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Restarting => "restarting",
            Self::Removing => "removing",
            Self::Exited => "exited",
            Self::Dead => "dead",
            Self::Other(name) => name,
        }
    }
}

impl Text for ContainerStatus {
    fn of(text: &str) -> Option<Self> {
        Some(match text {
            // Podman's words for a container that was made, and for one that was made and set up.
            "created" | "configured" | "initialized" => Self::Created,
            "running" => Self::Running,
            "paused" => Self::Paused,
            "restarting" => Self::Restarting,
            "removing" => Self::Removing,
            // Podman's word for one that has ended and isn't cleaned up yet.
            "exited" | "stopped" => Self::Exited,
            "dead" => Self::Dead,
            other => Self::Other(other.to_owned()),
        })
    }
}

impl HealthStatus {
    /// The engine's word for it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::None => "none",
            Self::Starting => "starting",
            Self::Healthy => "healthy",
            Self::Unhealthy => "unhealthy",
            Self::Other(name) => name,
        }
    }
}

impl Text for HealthStatus {
    fn of(text: &str) -> Option<Self> {
        Some(match text {
            "none" | "" => Self::None,
            "starting" => Self::Starting,
            "healthy" => Self::Healthy,
            "unhealthy" => Self::Unhealthy,
            other => Self::Other(other.to_owned()),
        })
    }
}

impl Text for MountKind {
    fn of(text: &str) -> Option<Self> {
        Some(match text {
            "bind" => Self::Bind,
            "volume" => Self::Volume,
            "tmpfs" => Self::Tmpfs,
            "image" => Self::Image,
            "cluster" => Self::Cluster,
            "npipe" => Self::Npipe,
            other => Self::Other(other.to_owned()),
        })
    }
}

texts!(ContainerStatus, HealthStatus, MountKind);
