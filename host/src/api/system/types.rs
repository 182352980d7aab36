//! What an engine tells of itself.

use crate::api::Timestamp;

/// What an engine says of itself when asked whether it is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pong {
    /// The newest version of the API that it speaks: `1.51`.
    pub api_version: String,
    /// The operating system of its containers: `linux`.
    pub os_type: String,
    /// Whether experimental features are on.
    pub experimental: bool,
    /// The builder it prefers: `1` is the classic one, `2` BuildKit. None before Engine 23.
    pub builder_version: Option<String>,
    /// The state of its swarm: `inactive`, `active/manager`. None where the engine doesn't say.
    pub swarm: Option<String>,
    /// What newer engines say besides, by header name.
    pub more: Vec<(String, String)>,
}

/// One part of the engine and its version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ComponentVersion {
    /// The part: `Engine`, `containerd`, `runc`.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What the part tells of itself, such as `GitCommit`.
    pub details: Vec<(String, String)>,
}

/// The versions of an engine and of its parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VersionInfo {
    /// The engine's version: `28.5.2`.
    pub version: String,
    /// The newest version of the API that it speaks.
    pub api_version: String,
    /// The oldest version of the API that it speaks.
    pub min_api_version: Option<String>,
    /// The commit that it was built from.
    pub git_commit: String,
    /// The Go that it was built with.
    pub go_version: String,
    /// The operating system it runs on.
    pub os: String,
    /// The processor architecture, in Go's words: `amd64`.
    pub arch: String,
    /// The kernel's release.
    pub kernel_version: String,
    /// When it was built, in the engine's words.
    pub build_time: Option<String>,
    /// Whether experimental features are on.
    pub experimental: bool,
    /// The product's name: `Docker Engine - Community`.
    pub platform: Option<String>,
    /// The parts with their versions.
    pub components: Vec<ComponentVersion>,
    /// What newer engines say besides: names, and values as JSON.
    pub more: Vec<(String, String)>,
}

/// Who the engine is and what it runs on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EngineIdentity {
    /// The engine's own identifier. Podman gives none that lasts.
    pub id: String,
    /// The machine's name.
    pub name: String,
    /// The engine's version.
    pub server_version: String,
    /// The operating system's name: `Debian GNU/Linux 12 (bookworm)`.
    pub operating_system: String,
    /// The operating system's version, where the engine tells it.
    pub os_version: Option<String>,
    /// `linux`.
    pub os_type: String,
    /// The machine's architecture, in the kernel's words: `x86_64`.
    pub architecture: String,
    /// The kernel's release.
    pub kernel_version: String,
    /// The number of processors.
    pub cpus: u32,
    /// The memory in bytes.
    pub memory: u64,
    /// The engine's clock. None where it can't be read.
    pub system_time: Option<Timestamp>,
    /// Whether experimental features are on.
    pub experimental: bool,
    /// Whether containers outlive the engine's own process.
    pub live_restore: bool,
    /// The engine's labels, `key=value` each.
    pub labels: Vec<String>,
}

/// How many objects there are. Counts take in objects that the plugin may not see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectCounts {
    /// Containers in any state.
    pub containers: u64,
    /// Containers that run.
    pub running: u64,
    /// Containers that are paused.
    pub paused: u64,
    /// Containers that are stopped.
    pub stopped: u64,
    /// Images.
    pub images: u64,
}

/// Where and how the engine keeps images and layers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StorageInfo {
    /// The storage driver: `overlay2`, or `overlayfs` with the containerd image store.
    pub driver: String,
    /// What the driver tells of itself, pair by pair.
    pub driver_status: Vec<(String, String)>,
    /// The folder of the engine's data, on the engine's machine.
    pub root_dir: String,
}

/// What the engine's kernel can hold a container to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LimitSupport {
    /// The driver of control groups: `cgroupfs`, `systemd`, `none`.
    pub cgroup_driver: String,
    /// The version of control groups: `1` or `2`.
    pub cgroup_version: String,
    /// Limits on memory.
    pub memory_limit: bool,
    /// Limits on swap.
    pub swap_limit: bool,
    /// The period of the CPU scheduler.
    pub cpu_cfs_period: bool,
    /// The quota of the CPU scheduler.
    pub cpu_cfs_quota: bool,
    /// Relative weights of CPU time.
    pub cpu_shares: bool,
    /// Pinning to processors.
    pub cpuset: bool,
    /// Limits on the number of processes.
    pub pids_limit: bool,
    /// Whether the out-of-memory killer can be kept off.
    pub oom_kill_disable: bool,
}

/// What the engine can be asked for by name, and what it takes if asked for nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DriverInfo {
    /// The log driver that containers get by default.
    pub logging_driver: String,
    /// Log drivers.
    pub log: Vec<String>,
    /// Volume drivers.
    pub volume: Vec<String>,
    /// Network drivers.
    pub network: Vec<String>,
    /// Authorization plugins.
    pub authorization: Vec<String>,
    /// The runtime that containers get by default: `runc`.
    pub default_runtime: String,
    /// The runtimes by name.
    pub runtimes: Vec<String>,
}

/// How the engine stands to its swarm.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SwarmStatus {
    /// This node's id. None outside a swarm.
    pub node_id: Option<String>,
    /// `inactive`, `pending`, `active`, `error`, `locked`.
    pub local_node_state: String,
    /// Whether this node is a manager.
    pub control_available: bool,
    /// What is wrong with it, if anything.
    pub error: Option<String>,
    /// The number of managers, on a manager.
    pub managers: Option<u32>,
    /// The number of nodes, on a manager.
    pub nodes: Option<u32>,
}

/// How the engine reaches registries and the network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegistryAccess {
    /// The registry of names that name none.
    pub index_server: String,
    /// Registries, as addresses or networks, that need no TLS.
    pub insecure: Vec<String>,
    /// Mirrors of the default registry.
    pub mirrors: Vec<String>,
    /// The proxy for HTTP.
    pub http_proxy: Option<String>,
    /// The proxy for HTTPS.
    pub https_proxy: Option<String>,
    /// What is reached without a proxy.
    pub no_proxy: Option<String>,
}
