//! What is known of one container.

use super::common::{
    ContainerPort, ContainerStatus, HealthStatus, PublishedPort, RestartPolicy, Ulimit,
};
use crate::api::Timestamp;

/// What a container is called and made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContainerIdentity {
    /// The full id.
    pub id: String,
    /// The name, without a slash before it.
    pub name: String,
    /// When it was made. None where the engine's answer can't be read as a moment.
    pub created: Option<Timestamp>,
    /// The image, as it was asked for.
    pub image: String,
    /// The image's full id.
    pub image_id: String,
    /// The operating system: `linux`.
    pub platform: String,
    /// The storage driver.
    pub driver: String,
    /// How often the engine has started it again.
    pub restart_count: u64,
}

/// What a container is doing and how it ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContainerState {
    /// What it is doing.
    pub status: ContainerStatus,
    /// Whether its first process lives; also while paused.
    pub running: bool,
    /// Whether it is frozen.
    pub paused: bool,
    /// Whether it is about to be started again.
    pub restarting: bool,
    /// Whether the kernel ended it for want of memory.
    pub oom_killed: bool,
    /// Whether it could not be removed whole.
    pub dead: bool,
    /// The number of its first process on the machine; 0 while it doesn't run.
    pub pid: i64,
    /// The exit status of its last run.
    pub exit_code: i64,
    /// Why it could not be started. Empty if it could.
    pub error: String,
    /// When it was last started. None if never.
    pub started_at: Option<Timestamp>,
    /// When it last ended. None if never.
    pub finished_at: Option<Timestamp>,
}

/// One run of a health check.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HealthProbe {
    /// When it began.
    pub start: Option<Timestamp>,
    /// When it ended.
    pub end: Option<Timestamp>,
    /// 0 is healthy.
    pub exit_code: i64,
    /// What it printed; the engine keeps the first 4,096 bytes.
    pub output: String,
}

/// What the health check says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContainerHealth {
    /// The verdict.
    pub status: HealthStatus,
    /// How many checks in a row have failed.
    pub failing_streak: u64,
    /// The last five checks.
    pub log: Vec<HealthProbe>,
}

/// What a container runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContainerCommand {
    /// The program that is run in the end.
    pub path: String,
    /// Its arguments.
    pub args: Vec<String>,
    /// The entrypoint. None if there is none.
    pub entrypoint: Option<Vec<String>>,
    /// The command. None if there is none.
    pub command: Option<Vec<String>>,
    /// The shell that health checks and `RUN` use. Empty: the default.
    pub shell: Vec<String>,
}

/// How the container was set up: what would be the same on any machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContainerConfig {
    /// The host name.
    pub hostname: String,
    /// The domain name.
    pub domainname: String,
    /// The user, in the words of `--user`. Empty: root.
    pub user: String,
    /// The folder that it starts in. Empty: `/`.
    pub working_dir: String,
    /// Whether it has a terminal.
    pub tty: bool,
    /// Whether its standard input stays open.
    pub open_stdin: bool,
    /// Whether standard input closes when the first client leaves.
    pub stdin_once: bool,
    /// Whether a client's standard input is attached at start.
    pub attach_stdin: bool,
    /// Whether a client's standard output is attached at start.
    pub attach_stdout: bool,
    /// Whether a client's standard error is attached at start.
    pub attach_stderr: bool,
    /// The ports that it exposes.
    pub exposed_ports: Vec<ContainerPort>,
    /// The paths that it declares as volumes.
    pub volumes: Vec<String>,
    /// Whether it has no network at all.
    pub network_disabled: bool,
    /// The MAC address asked for. Engines from API 1.52 on tell it on the network only.
    pub mac_address: Option<String>,
    /// The signal that stops it. None: SIGTERM.
    pub stop_signal: Option<String>,
    /// The seconds that it has to stop. None: 10.
    pub stop_timeout: Option<i64>,
    /// Instructions for images built on an image of it.
    pub on_build: Vec<String>,
}

/// What a container may use of the machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContainerResources {
    /// Memory in bytes; 0 is no limit.
    pub memory: u64,
    /// Memory in bytes that it is brought back to when the machine is short; 0 is no limit.
    pub memory_reservation: u64,
    /// Memory and swap in bytes; 0 is unset, -1 no limit.
    pub memory_swap: i64,
    /// How readily it is swapped out, 0 to 100. None: as the machine is set.
    pub memory_swappiness: Option<u64>,
    /// Processors, in billionths; 0 is no limit.
    pub nano_cpus: u64,
    /// Relative weight of CPU time; 0 is the default, 1,024.
    pub cpu_shares: u64,
    /// The CPU scheduler's period in microseconds; 0 is the default.
    pub cpu_period: u64,
    /// CPU time within a period in microseconds; 0 is no limit.
    pub cpu_quota: i64,
    /// The processors it may use: `0-3`. Empty: all.
    pub cpuset_cpus: String,
    /// The memory nodes it may use: `0,1`. Empty: all.
    pub cpuset_mems: String,
    /// The period of real-time scheduling in microseconds; 0 is none.
    pub cpu_realtime_period: i64,
    /// The time of real-time scheduling in microseconds; 0 is none.
    pub cpu_realtime_runtime: i64,
    /// The number of processes. None: no limit.
    pub pids_limit: Option<i64>,
    /// Relative weight of block I/O, 10 to 1,000; 0 is unset.
    pub blkio_weight: u16,
    /// Whether the out-of-memory killer leaves it alone. None: not said.
    pub oom_kill_disable: Option<bool>,
    /// The score for the out-of-memory killer, -1,000 to 1,000.
    pub oom_score_adj: i64,
    /// Limits on each process.
    pub ulimits: Vec<Ulimit>,
    /// The size of /dev/shm in bytes.
    pub shm_size: u64,
    /// The control group that it is below. Empty: the engine's own.
    pub cgroup_parent: String,
}

/// How the container stands in its machine, apart from resources and security.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContainerHostConfig {
    /// The network mode: `default`, `none`, `host`, `container:ID`, a network's name.
    pub network_mode: String,
    /// When it is started again.
    pub restart_policy: RestartPolicy,
    /// Whether it is removed when it ends.
    pub auto_remove: bool,
    /// Whether its own file system can't be written to.
    pub read_only: bool,
    /// Whether a small init is its first process. None: as the engine is set.
    pub init: Option<bool>,
    /// Whether all exposed ports are published.
    pub publish_all_ports: bool,
    /// Published ports as asked for.
    pub port_bindings: Vec<PublishedPort>,
    /// Name servers.
    pub dns: Vec<String>,
    /// Options for the resolver.
    pub dns_options: Vec<String>,
    /// Domains to search.
    pub dns_search: Vec<String>,
    /// Lines for /etc/hosts, `name:address` each.
    pub extra_hosts: Vec<String>,
    /// Further groups of its first process.
    pub groups: Vec<String>,
    /// Memory mounted in it: paths and options.
    pub tmpfs: Vec<(String, String)>,
    /// Paths of the machine and volumes, in the short form: `/srv:/data:ro`.
    pub binds: Vec<String>,
    /// Other containers whose volumes it has.
    pub volumes_from: Vec<String>,
    /// Links to other containers.
    pub links: Vec<String>,
    /// Options of the storage driver.
    pub storage_options: Vec<(String, String)>,
    /// Kernel parameters.
    pub sysctls: Vec<(String, String)>,
    /// The runtime.
    pub runtime: String,
    /// The size of its terminal at start, height and width. None: not said.
    pub console_size: Option<(u32, u32)>,
    /// The log driver.
    pub log_driver: String,
    /// Options of the log driver.
    pub log_options: Vec<(String, String)>,
}

/// What keeps the container apart from its machine, and what was taken away of that.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContainerSecurity {
    /// Whether it has all powers over the machine.
    pub privileged: bool,
    /// Capabilities added to the default.
    pub cap_add: Vec<String>,
    /// Capabilities taken from the default.
    pub cap_drop: Vec<String>,
    /// Options in the engine's words: `no-new-privileges`, `seccomp=...`.
    pub security_options: Vec<String>,
    /// The IPC namespace.
    pub ipc_mode: String,
    /// The PID namespace.
    pub pid_mode: String,
    /// The UTS namespace.
    pub uts_mode: String,
    /// The user namespace.
    pub userns_mode: String,
    /// The cgroup namespace.
    pub cgroupns_mode: String,
    /// Paths that are hidden.
    pub masked_paths: Vec<String>,
    /// Paths that can only be read.
    pub readonly_paths: Vec<String>,
    /// Devices of the machine: path on it, path in the container, permissions.
    pub devices: Vec<(String, String, String)>,
    /// Rules for devices: `c 42:* rwm`.
    pub device_cgroup_rules: Vec<String>,
    /// Devices asked of a driver, such as GPUs, each as the engine's JSON.
    pub device_requests: Vec<String>,
    /// The AppArmor profile in force. Empty: none.
    pub app_armor_profile: String,
    /// The SELinux label of its processes. Empty: none.
    pub process_label: String,
    /// The SELinux label of its files. Empty: none.
    pub mount_label: String,
}

/// How much a container has on disk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContainerSizes {
    /// Bytes that it wrote to its own layer.
    pub rw: u64,
    /// Bytes of its whole file system.
    pub root_fs: u64,
}
