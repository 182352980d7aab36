//! How the values of options are written for the engine.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::{Map, Value, json};

use super::options::{HostPort, Mount, Tmpfs, Variable};
use crate::api::containers::types::{
    BindMount, BindPropagation, BindRecursion, CgroupnsMode, ContainerPort, DeviceMapping,
    DeviceRequest, Driver, Endpoint, HealthTest, Healthcheck, HostNamespace, IpcMode, Link,
    NetworkMode, PidMode, RestartCondition, RestartPolicy, ThrottleDevice, Ulimit, VolumeMount,
    VolumesFrom, WeightDevice,
};

impl Serialize for Variable {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match &self.value {
            Some(value) => to.collect_str(&format_args!("{}={value}", self.name)),
            None => to.serialize_str(&self.name),
        }
    }
}

impl Serialize for Tmpfs {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let exec = if self.exec { "exec" } else { "noexec" };
        let mut options = format!("rw,nosuid,nodev,{exec}");
        if let Some(size) = self.size {
            options.push_str(&format!(",size={size}"));
        }
        if let Some(mode) = self.mode {
            options.push_str(&format!(",mode={mode:o}"));
        }
        to.serialize_str(&options)
    }
}

impl Serialize for HostPort {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let text = |value: Option<String>| value.unwrap_or_default();
        let ip = text(self.ip.as_ref().map(ToString::to_string));
        let port = text(self.port.as_ref().map(ToString::to_string));
        json!({"HostIp": ip, "HostPort": port}).serialize(to)
    }
}

impl Serialize for Mount {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let json = match self {
            Self::Bind(bind) => bind_mount(bind),
            Self::Volume(mount) => volume_mount(mount),
        };
        json.serialize(to)
    }
}

/// Not to make the path is what an engine does that isn't told to.
fn bind_mount(bind: &BindMount) -> Value {
    let mut options = Map::new();
    options.insert("Propagation".to_owned(), json!(bind.propagation.as_str()));
    let recursion = match bind.recursion {
        BindRecursion::Enabled => None,
        BindRecursion::Disabled => Some("NonRecursive"),
        BindRecursion::Writable => Some("ReadOnlyNonRecursive"),
        BindRecursion::Readonly => Some("ReadOnlyForceRecursive"),
    };
    options.extend(recursion.map(|name| (name.to_owned(), Value::Bool(true))));
    json!({
        "Type": "bind", "Source": bind.source, "Target": bind.target,
        "ReadOnly": bind.read_only, "BindOptions": options,
    })
}

impl BindPropagation {
    /// The engine's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::Rprivate => "rprivate",
            Self::Slave => "slave",
            Self::Rslave => "rslave",
            Self::Shared => "shared",
            Self::Rshared => "rshared",
        }
    }
}

fn volume_mount(mount: &VolumeMount) -> Value {
    let mut options = Map::new();
    if mount.no_copy {
        options.insert("NoCopy".to_owned(), Value::Bool(true));
    }
    if let Some(path) = &mount.subpath {
        options.insert("Subpath".to_owned(), json!(path));
    }
    if !mount.labels.is_empty() {
        options.insert("Labels".to_owned(), pairs(&mount.labels));
    }
    if let Some(Driver { name, options: of }) = &mount.driver {
        let driver = json!({"Name": name, "Options": pairs(of)});
        options.insert("DriverConfig".to_owned(), driver);
    }
    json!({
        "Type": "volume", "Source": mount.volume, "Target": mount.target,
        "ReadOnly": mount.read_only, "VolumeOptions": options,
    })
}

fn pairs(pairs: &[(String, String)]) -> Value {
    let text = |(key, value): &(String, String)| (key.clone(), Value::String(value.clone()));
    Value::Object(pairs.iter().map(text).collect())
}

/// Writes a list, each member by a function.
fn list<T, S: Serializer>(list: &[T], json: fn(&T) -> Value, to: S) -> Result<S::Ok, S::Error> {
    let mut seq = to.serialize_seq(Some(list.len()))?;
    for item in list {
        seq.serialize_element(&json(item))?;
    }
    seq.end()
}

/// Writes an option that was set.
fn set<T, S: Serializer>(
    option: Option<&T>,
    json: fn(&T) -> Value,
    to: S,
) -> Result<S::Ok, S::Error> {
    option.map(json).serialize(to)
}

macro_rules! lists {
    ($($name:ident($item:ident: $type:ty) = $json:expr;)*) => {
        $(pub(super) fn $name<S: Serializer>(items: &[$type], to: S) -> Result<S::Ok, S::Error> {
            list(items, |$item| $json, to)
        })*
    };
}

macro_rules! sets {
    ($($name:ident($item:ident: $type:ty) = $json:expr;)*) => {
        $(
            #[expect(clippy::ref_option, reason = "the form that serde calls")]
            pub(super) fn $name<S: Serializer>(item: &Option<$type>, to: S) -> Result<S::Ok, S::Error> {
                set(item.as_ref(), |$item| $json, to)
            }
        )*
    };
}

lists! {
    volumes_from(from: VolumesFrom) = match from.read_only {
        true => json!(format!("{}:ro", from.container)),
        false => json!(from.container.as_str()),
    };
    links(link: Link) = json!(format!("{}:{}", link.container, link.alias));
    weights(at: WeightDevice) = json!({"Path": at.path, "Weight": at.weight});
    throttles(at: ThrottleDevice) = json!({"Path": at.path, "Rate": at.rate});
    ulimits(limit: Ulimit) = json!({"Name": limit.name, "Soft": limit.soft, "Hard": limit.hard});
    devices(device: DeviceMapping) = json!({
        "PathOnHost": device.host, "PathInContainer": device.container,
        "CgroupPermissions": device.permissions,
    });
    device_requests(request: DeviceRequest) = json!({
        "Driver": request.driver, "Count": request.count, "DeviceIDs": request.ids,
        "Capabilities": request.capabilities, "Options": pairs(&request.options),
    });
}

sets! {
    network_mode(mode: NetworkMode) = match mode {
        NetworkMode::Default => json!("default"),
        NetworkMode::None => json!("none"),
        NetworkMode::Host => json!("host"),
        NetworkMode::Container(id) => json!(format!("container:{id}")),
        NetworkMode::Network(network) => json!(network),
    };
    ipc_mode(mode: IpcMode) = match mode {
        IpcMode::None => json!("none"),
        IpcMode::Private => json!("private"),
        IpcMode::Shareable => json!("shareable"),
        IpcMode::Host => json!("host"),
        IpcMode::Container(id) => json!(format!("container:{id}")),
    };
    pid_mode(mode: PidMode) = match mode {
        PidMode::Host => json!("host"),
        PidMode::Container(id) => json!(format!("container:{id}")),
    };
    host_namespace(mode: HostNamespace) = match mode {
        HostNamespace::Host => json!("host"),
    };
    cgroupns_mode(mode: CgroupnsMode) = match mode {
        CgroupnsMode::Private => json!("private"),
        CgroupnsMode::Host => json!("host"),
    };
    log(log: Driver) = json!({"Type": log.name, "Config": pairs(&log.options)});
    restart_policy(policy: RestartPolicy) = json!({
        "Name": policy.condition.as_str(), "MaximumRetryCount": policy.maximum_retries,
    });
    healthcheck(check: Healthcheck) = health_json(check);
}

fn health_json(check: &Healthcheck) -> Value {
    let mut json = Map::new();
    let test = match &check.test {
        HealthTest::Inherit => None,
        HealthTest::None => Some(json!(["NONE"])),
        HealthTest::Shell(line) => Some(json!(["CMD-SHELL", line])),
        HealthTest::Command(command) => {
            let words = std::iter::once("CMD").chain(command.iter().map(String::as_str));
            Some(words.collect())
        }
    };
    let fields = [
        ("Test", test),
        ("Interval", check.interval.map(Value::from)),
        ("Timeout", check.timeout.map(Value::from)),
        ("StartPeriod", check.start_period.map(Value::from)),
        ("StartInterval", check.start_interval.map(Value::from)),
        ("Retries", check.retries.map(Value::from)),
    ];
    for (name, value) in fields {
        json.extend(value.map(|value| (name.to_owned(), value)));
    }
    Value::Object(json)
}

impl RestartCondition {
    /// The engine's word for it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::No => "no",
            Self::Always => "always",
            Self::UnlessStopped => "unless-stopped",
            Self::OnFailure => "on-failure",
            Self::Other(name) => name,
        }
    }
}

/// A port as the engine's keys have it: `80/tcp`.
fn port_key(port: &ContainerPort) -> String {
    format!("{}/{}", port.port, port.protocol.as_str())
}

pub(super) fn ports<T: Serialize, S: Serializer>(
    ports: &BTreeMap<ContainerPort, T>,
    to: S,
) -> Result<S::Ok, S::Error> {
    let mut map = to.serialize_map(Some(ports.len()))?;
    for (port, value) in ports {
        map.serialize_entry(&port_key(port), value)?;
    }
    map.end()
}

pub(super) fn endpoints<S: Serializer>(
    endpoints: &BTreeMap<String, Endpoint>,
    to: S,
) -> Result<S::Ok, S::Error> {
    let endpoints = endpoints
        .iter()
        .map(|(network, endpoint)| (network.clone(), endpoint_json(endpoint)));
    let endpoints: Map<String, Value> = endpoints.collect();
    json!({"EndpointsConfig": endpoints}).serialize(to)
}

/// An endpoint, of which only what was set is written.
pub(in crate::api) fn endpoint_json(endpoint: &Endpoint) -> Value {
    let mut json = Map::new();
    let mut put = |name: &str, value: Value| {
        json.insert(name.to_owned(), value);
    };
    if !endpoint.aliases.is_empty() {
        put("Aliases", json!(endpoint.aliases));
    }
    if !endpoint.addresses.is_empty() || !endpoint.link_local.is_empty() {
        put("IPAMConfig", addresses(endpoint));
    }
    if let Some(address) = &endpoint.mac_address {
        put("MacAddress", json!(address));
    }
    if !endpoint.links.is_empty() {
        let links = endpoint.links.iter().map(short_link);
        put("Links", links.collect());
    }
    if !endpoint.driver_options.is_empty() {
        put("DriverOpts", pairs(&endpoint.driver_options));
    }
    if endpoint.gateway_priority != 0 {
        put("GwPriority", json!(endpoint.gateway_priority));
    }
    Value::Object(json)
}

/// Names on a network hold the first digits of containers' ids, not whole ones.
fn short_link(link: &Link) -> String {
    const SHORT: usize = 12;
    let id = link.container.as_str();
    format!("{}:{}", id.get(..SHORT).unwrap_or(id), link.alias)
}

fn addresses(endpoint: &Endpoint) -> Value {
    let mut json = Map::new();
    for address in &endpoint.addresses {
        let name = match address {
            IpAddr::V4(_) => "IPv4Address",
            IpAddr::V6(_) => "IPv6Address",
        };
        json.insert(name.to_owned(), json!(address));
    }
    if !endpoint.link_local.is_empty() {
        json.insert("LinkLocalIPs".to_owned(), json!(endpoint.link_local));
    }
    Value::Object(json)
}
