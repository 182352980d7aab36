//! What several functions share.

use crate::api::Protocol;

/// What a container is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContainerStatus {
    /// Made and never started.
    Created,
    /// Its first process runs.
    Running,
    /// Its processes are frozen.
    Paused,
    /// It ended, and the engine is about to start it again.
    Restarting,
    /// It is being removed.
    Removing,
    /// Its first process has ended.
    Exited,
    /// It could not be removed whole, and can't be started.
    Dead,
    /// Another that the engine names.
    Other(String),
}

/// How a container's health check sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum HealthStatus {
    /// There is no health check.
    #[default]
    None,
    /// No verdict yet.
    Starting,
    /// The last check was passed.
    Healthy,
    /// As many checks in a row failed as it takes.
    Unhealthy,
    /// Another that the engine names.
    Other(String),
}

/// What the engine does when a container ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum RestartCondition {
    /// Nothing. The default.
    #[default]
    No,
    /// Starts it again, always; also when the engine itself starts.
    Always,
    /// As `always`, unless the container was stopped by hand.
    UnlessStopped,
    /// Starts it again if its exit status wasn't 0.
    OnFailure,
    /// Another that the engine names.
    Other(String),
}

/// When and how often a container is started again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RestartPolicy {
    /// When.
    pub condition: RestartCondition,
    /// How often at most, with `on-failure`; 0 is without end.
    pub maximum_retries: u32,
}

/// A limit on a resource of each process: soft and hard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ulimit {
    /// Its name in the kernel's words, without `RLIMIT_`: `nofile`.
    pub name: String,
    /// What holds until the process raises it. -1 is no limit.
    pub soft: i64,
    /// What it can be raised to. -1 is no limit.
    pub hard: i64,
}

/// What a health check runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum HealthTest {
    /// What the image says.
    #[default]
    Inherit,
    /// Nothing: the image's own check is off.
    None,
    /// A program with its arguments.
    Command(Vec<String>),
    /// A line for the container's shell.
    Shell(String),
}

/// A check, run in the container, of whether it is well.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Healthcheck {
    /// What is run.
    pub test: HealthTest,
    /// The time between two checks. None: the image's, or 30 s. At least 1 ms.
    pub interval: Option<u64>,
    /// The time a check may take. None: the image's, or 30 s. At least 1 ms.
    pub timeout: Option<u64>,
    /// The time after the start in which failures don't count. None: the image's, or 0.
    pub start_period: Option<u64>,
    /// The time between two checks within the start period, from Engine 25. None: the image's, or 5
    /// s.
    pub start_interval: Option<u64>,
    /// How many failures in a row make it unhealthy. None: the image's, or 3.
    pub retries: Option<u32>,
}

/// A port of a container.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ContainerPort {
    /// The number, inside the container.
    pub port: u16,
    /// The protocol.
    pub protocol: Protocol,
}

/// Where a container's port is to be had on the machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostBinding {
    /// The address; `0.0.0.0` or `::` is all of them.
    pub host_ip: String,
    /// The number on the machine. None before the engine has chosen one.
    pub host_port: Option<u16>,
}

/// A port with all that it is published at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PublishedPort {
    /// The port inside the container.
    pub container: ContainerPort,
    /// Where it is to be had; empty if it is only exposed.
    pub bindings: Vec<HostBinding>,
}

/// What stands behind a mount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MountKind {
    /// A path of the machine.
    Bind,
    /// A volume.
    Volume,
    /// Memory.
    Tmpfs,
    /// An image.
    Image,
    /// A volume of the cluster.
    Cluster,
    /// A named pipe.
    Npipe,
    /// Another that the engine names.
    Other(String),
}

/// Something mounted in a container.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MountPoint {
    /// What stands behind it.
    pub kind: MountKind,
    /// The volume's name. None for what is no volume.
    pub name: Option<String>,
    /// Where it is on the machine; empty for memory.
    pub source: String,
    /// Where it is in the container.
    pub destination: String,
    /// The volume's driver.
    pub driver: Option<String>,
    /// Options in the engine's words: `z`.
    pub mode: String,
    /// Whether the container may write to it.
    pub writable: bool,
    /// How mounts below it spread: `rprivate`. Empty where it doesn't apply.
    pub propagation: String,
}

/// How a container stands on a network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetworkEndpoint {
    /// The network's name.
    pub network: String,
    /// The network's full id. Empty before the container was started on some engines.
    pub network_id: String,
    /// The endpoint's id. Empty while the container doesn't run.
    pub endpoint_id: String,
    /// The IPv4 address. None while the container doesn't run.
    pub ip_address: Option<String>,
    /// The length of the IPv4 network's prefix.
    pub ip_prefix_length: u8,
    /// The IPv4 gateway.
    pub gateway: Option<String>,
    /// The IPv6 address.
    pub ipv6_address: Option<String>,
    /// The length of the IPv6 network's prefix.
    pub ipv6_prefix_length: u8,
    /// The IPv6 gateway.
    pub ipv6_gateway: Option<String>,
    /// The MAC address.
    pub mac_address: Option<String>,
    /// Other names of the container on this network, as asked for.
    pub aliases: Vec<String>,
    /// All names that the engine answers for on this network. Empty before Engine 25.
    pub dns_names: Vec<String>,
}

impl Default for ContainerStatus {
    /// Not said.
    fn default() -> Self {
        Self::Other(String::new())
    }
}

impl Default for MountKind {
    /// Not said.
    fn default() -> Self {
        Self::Other(String::new())
    }
}
