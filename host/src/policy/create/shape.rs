//! What a container is, or would be, as far as the policy cares: the one form in which requests and
//! what exists are checked, and in which what was made is compared with what was asked for.

use std::fmt;
use std::net::IpAddr;

use super::access::Namespace;
use crate::api::containers::{
    BindPropagation, ContainerPort, DeviceMapping, DeviceRequest, Driver, RestartPolicy, Ulimit,
    VolumeMount,
};
use crate::transport::ApiVersion;

/// What a container is, or would be. Where the engine has several forms for a thing, here is one.
#[derive(Clone, Debug, Default)]
pub(super) struct Shape {
    pub(super) image: Image,
    /// What was put in the place of the image's command: `command`, `entrypoint`.
    pub(super) own_command: Option<&'static str>,
    pub(super) user: String,
    pub(super) groups: Vec<String>,
    /// Labels but those that the host sets and those that the image may bring.
    pub(super) labels: Vec<(String, String)>,
    /// Variables that give devices, by name.
    pub(super) device_env: Vec<String>,
    pub(super) health: Option<Health>,
    pub(super) stop_timeout: i64,
    pub(super) read_only: bool,
    pub(super) restart: RestartPolicy,
    pub(super) log: Option<Driver>,
    pub(super) limits: Limits,
    pub(super) security: Security,
    pub(super) devices: Devices,
    pub(super) runtime: Option<String>,
    pub(super) files: Files,
    pub(super) network: Network,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Image {
    pub(super) id: String,
    /// As it was asked for.
    pub(super) reference: String,
    /// What registries call its content.
    pub(super) digests: Vec<String>,
}

/// A health check that is run; times in nanoseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Health {
    /// Whether it runs anything but what the image says.
    pub(super) own: bool,
    pub(super) interval: Option<u64>,
    pub(super) timeout: Option<u64>,
    pub(super) start_interval: Option<u64>,
}

/// Limits; none is without.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Limits {
    pub(super) memory: Option<u64>,
    /// Memory and swap together.
    pub(super) memory_swap: Option<u64>,
    pub(super) cpus: Option<u64>,
    pub(super) pids: Option<u64>,
    pub(super) shm: u64,
    pub(super) ulimits: Vec<Ulimit>,
    /// What is scheduled otherwise than usual: `cpu-shares 2048`.
    pub(super) scheduling: Vec<String>,
    /// What keeps it from the out-of-memory killer.
    pub(super) oom: Vec<String>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Security {
    pub(super) privileged: bool,
    pub(super) no_new_privileges: bool,
    /// Security options but that.
    pub(super) options: Vec<String>,
    /// Capabilities without `CAP_`, in capitals.
    pub(super) cap_add: Vec<String>,
    pub(super) cap_drop: Vec<String>,
    /// What the engine gives by default.
    pub(super) cap_default: Vec<String>,
    /// Whether paths are hidden and read-only as the engine has it.
    pub(super) own_paths: bool,
    /// Namespaces of the machine's or of another container.
    pub(super) namespaces: Vec<(Namespace, Whose)>,
    pub(super) cgroup_parent: Option<String>,
    pub(super) sysctls: Vec<(String, String)>,
    pub(super) annotations: Vec<String>,
    pub(super) storage_options: Vec<(String, String)>,
}

impl Security {
    /// The capabilities that are left, whatever was added and taken away.
    pub(super) fn capabilities(&self) -> impl Iterator<Item = &str> {
        let is_dropped = |name: &&String| {
            let drops = |of: &String| of == *name || of == "ALL";
            self.cap_drop.iter().any(drops)
        };
        let kept = self
            .cap_default
            .iter()
            .filter(move |name| !is_dropped(name));
        kept.chain(&self.cap_add).map(String::as_str)
    }
}

/// Whose a namespace is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    Host,
    /// A container's, by its full id.
    Container(String),
}

#[derive(Clone, Debug, Default)]
pub(super) struct Devices {
    pub(super) mappings: Vec<DeviceMapping>,
    pub(super) rules: Vec<String>,
    pub(super) requests: Vec<DeviceRequest>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Files {
    pub(super) binds: Vec<Bind>,
    pub(super) volumes: Vec<VolumeMount>,
    /// Paths in memory with their sizes.
    pub(super) tmpfs: Vec<(String, Option<u64>)>,
    /// The driver of volumes that don't say theirs.
    pub(super) volume_driver: Option<String>,
    /// The full ids of containers whose mounts it has.
    pub(super) volumes_from: Vec<String>,
    /// Mounts of other kinds, by path.
    pub(super) other: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bind {
    pub(super) source: String,
    pub(super) target: String,
    pub(super) read_only: bool,
    /// Whether mounts below it can be written to all the same.
    pub(super) writable_below: bool,
    pub(super) propagation: BindPropagation,
}

impl Bind {
    /// Whether mounts that are made later spread, in or out.
    pub(super) fn spreads(&self) -> bool {
        spreads(self.propagation)
    }

    /// Whether nothing in it can be written to.
    pub(super) fn is_read_only(&self) -> bool {
        self.read_only && !self.writable_below
    }
}

/// Whether mounts that are made later spread, in or out.
pub(super) fn spreads(propagation: BindPropagation) -> bool {
    use BindPropagation::{Private, Rprivate, Rshared, Rslave, Shared, Slave};
    match propagation {
        Private | Rprivate => false,
        Slave | Rslave | Shared | Rshared => true,
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct Network {
    pub(super) mode: Mode,
    pub(super) ports: Vec<Port>,
    pub(super) extra_hosts: Vec<String>,
    pub(super) dns: Vec<String>,
    pub(super) dns_options: Vec<String>,
    pub(super) dns_search: Vec<String>,
    /// Other containers by name.
    pub(super) links: Vec<String>,
    /// The full ids of containers that endpoints link.
    pub(super) endpoint_links: Vec<String>,
    /// What endpoints have that is fixed.
    pub(super) fixed: Vec<String>,
}

/// Which networks it is on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Mode {
    #[default]
    None,
    Host,
    /// Those of a container, by its full id.
    Container(String),
    /// These, by id or by name.
    Networks(Vec<String>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Port {
    pub(super) container: ContainerPort,
    pub(super) ip: Option<IpAddr>,
    pub(super) port: Option<u16>,
}

impl fmt::Display for Whose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host => f.write_str("host"),
            Self::Container(id) => write!(f, "container:{id}"),
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Host => f.write_str("host"),
            Self::Container(id) => write!(f, "container:{id}"),
            Self::Networks(names) => f.write_str(&names.join(" ")),
        }
    }
}

/// A capability as it is compared: in capitals, without `CAP_`.
pub(in crate::policy) fn capability(name: &str) -> String {
    let name = name.to_ascii_uppercase();
    name.strip_prefix("CAP_").unwrap_or(&name).to_owned()
}

/// Whether a security option is the one that takes set-user-id away; false says that it isn't.
pub(super) fn no_new_privileges(option: &str) -> Option<bool> {
    let rest = option.strip_prefix("no-new-privileges")?;
    match rest.trim_start_matches(['=', ':']) {
        "" | "true" => Some(true),
        _ => Some(false),
    }
}

/// Whether a variable is one by which runtimes give devices.
pub(super) fn gives_devices(name: &str) -> bool {
    name.starts_with("NVIDIA_") || name.ends_with("_VISIBLE_DEVICES")
}

/// A path without what doesn't change it, so that two can be compared.
pub(super) fn clean(path: &str) -> String {
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

/// Processors in billionths, of what the scheduler gives in a period.
pub(super) fn cpus_of(quota: u64, period: u64) -> u64 {
    let cpus = u128::from(quota) * 1_000_000_000 / u128::from(period.max(1));
    u64::try_from(cpus).unwrap_or(u64::MAX)
}

/// The scheduler's period where none is given, in microseconds.
pub(super) const CPU_PERIOD: u64 = 100_000;

/// The weights that containers have by default; above, others come off badly.
pub(super) const CPU_SHARES: u64 = 1_024;
/// See [`CPU_SHARES`].
pub(super) const BLKIO_WEIGHT: u16 = 500;

/// From when on a health check has an interval of its own for the time after the start.
pub(super) const START_INTERVAL: ApiVersion = ApiVersion::new(1, 44);

/// From when on an address of hardware is an endpoint's own.
pub(super) const ENDPOINT_MAC_ADDRESS: ApiVersion = ApiVersion::new(1, 44);

/// The number of processes of one user that a limit may be set to at least: it counts all of the
/// machine, so that a low one would let a container fail because of others.
pub(super) const NPROC: u64 = 16_384;
