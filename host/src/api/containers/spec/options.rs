//! All options of a new container: the one list of them, with their names on the wire.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::Serialize;

use super::wire;
use crate::api::containers::types::{
    BindMount, CgroupnsMode, ContainerPort, DeviceMapping, DeviceRequest, Driver, Endpoint,
    Healthcheck, HostNamespace, IpcMode, Link, NetworkMode, PidMode, RestartPolicy, ThrottleDevice,
    Ulimit, VolumeMount, VolumesFrom, WeightDevice,
};

/// A struct of options, by the engine's names; what wasn't set isn't sent.
macro_rules! options {
    (
        $(#[$doc:meta])*
        struct $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty = $wire:literal $(as $with:literal)?,)* }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
        pub struct $name {
            $(
                $(#[$field_doc])*
                #[serde(rename = $wire, skip_serializing_if = "is_unset" $(, serialize_with = $with)?)]
                pub $field: $type,
            )*
        }

        impl $name {
            /// The engine's names for all of them.
            pub const NAMES: &'static [&'static str] = &[$($wire),*];
        }
    };
}

fn is_unset<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

options! {
    /// What a new container shall be: would be the same on any machine.
    ///
    /// Fields are what [`ContainerSpec`](super::ContainerSpec)'s setters of the same names fill. Taken
    /// apart without `..`, it makes sure that nothing is overlooked.
    struct Options {
        /// The image: a name, `name:tag`, `name@digest` or an id.
        image: String = "Image",
        /// What is run, in place of the image's command.
        command: Option<Vec<String>> = "Cmd",
        /// What the command is handed to; one empty text is none at all.
        entrypoint: Option<Vec<String>> = "Entrypoint",
        /// Environment variables; without a value, one that is taken away.
        env: Vec<Variable> = "Env",
        /// Labels.
        labels: BTreeMap<String, String> = "Labels",
        /// The host name.
        hostname: Option<String> = "Hostname",
        /// The domain name.
        domainname: Option<String> = "Domainname",
        /// The user, and the group.
        user: Option<String> = "User",
        /// The folder that it starts in.
        working_dir: Option<String> = "WorkingDir",
        /// Whether it has a terminal.
        tty: Option<bool> = "Tty",
        /// Whether its standard input stays open.
        open_stdin: Option<bool> = "OpenStdin",
        /// Whether standard input closes when the first client leaves.
        stdin_once: Option<bool> = "StdinOnce",
        /// Whether a client is attached to standard input at start.
        attach_stdin: Option<bool> = "AttachStdin",
        /// Whether a client is attached to standard output at start.
        attach_stdout: Option<bool> = "AttachStdout",
        /// Whether a client is attached to standard error at start.
        attach_stderr: Option<bool> = "AttachStderr",
        /// The signal that `stop` sends.
        stop_signal: Option<String> = "StopSignal",
        /// The seconds that it has to stop.
        stop_timeout: Option<u32> = "StopTimeout",
        /// The health check; what isn't said is as the image has it.
        healthcheck: Option<Healthcheck> = "Healthcheck" as "wire::healthcheck",
        /// The shell of health checks that are a line.
        shell: Option<Vec<String>> = "Shell",
        /// Instructions for images built on an image of this container.
        on_build: Vec<String> = "OnBuild",
        /// Anonymous volumes, by path.
        volumes: BTreeMap<String, Empty> = "Volumes",
        /// Ports that it says it listens on.
        exposed_ports: BTreeMap<ContainerPort, Empty> = "ExposedPorts" as "wire::ports",
        /// Whether it has no network, in the engine's older form.
        network_disabled: Option<bool> = "NetworkDisabled",
        /// The MAC address on its network.
        mac_address: Option<String> = "MacAddress",
        /// How it stands in its machine.
        host: HostOptions = "HostConfig",
        /// How it is put on its network, by the network's id or name, as in the mode.
        endpoints: BTreeMap<String, Endpoint> = "NetworkingConfig" as "wire::endpoints",
    }
}

options! {
    /// What a new container shall be: how it stands in its machine.
    struct HostOptions {
        /// Memory mounted, by path.
        tmpfs: BTreeMap<String, Tmpfs> = "Tmpfs",
        /// Paths of the machine and volumes that are mounted.
        mounts: Vec<Mount> = "Mounts",
        /// The driver of volumes that are made for it without saying theirs.
        volume_driver: Option<String> = "VolumeDriver",
        /// Containers whose mounts it has as well.
        volumes_from: Vec<VolumesFrom> = "VolumesFrom" as "wire::volumes_from",
        /// Whether its own file system can't be written to.
        read_only: Option<bool> = "ReadonlyRootfs",
        /// Options of the storage driver.
        storage_options: BTreeMap<String, String> = "StorageOpt",
        /// Published ports, with where on the machine.
        port_bindings: BTreeMap<ContainerPort, Vec<HostPort>> = "PortBindings" as "wire::ports",
        /// Whether each exposed port is published.
        publish_all_ports: Option<bool> = "PublishAllPorts",
        /// The network.
        network_mode: Option<NetworkMode> = "NetworkMode" as "wire::network_mode",
        /// Name servers.
        dns: Vec<String> = "Dns",
        /// Options for the resolver.
        dns_options: Vec<String> = "DnsOptions",
        /// Domains to search names in.
        dns_search: Vec<String> = "DnsSearch",
        /// Lines for /etc/hosts, `name:address`.
        extra_hosts: Vec<String> = "ExtraHosts",
        /// Containers that are reached by a name.
        links: Vec<Link> = "Links" as "wire::links",
        /// Further groups of the first process.
        groups: Vec<String> = "GroupAdd",
        /// The size of its terminal: height, width.
        console_size: Option<[u32; 2]> = "ConsoleSize",
        /// Memory in bytes at most.
        memory: Option<u64> = "Memory",
        /// Memory in bytes that it is brought back to when the machine is short.
        memory_reservation: Option<u64> = "MemoryReservation",
        /// Memory and swap together in bytes at most; -1 is without a limit.
        memory_swap: Option<i64> = "MemorySwap",
        /// How readily it is swapped out.
        memory_swappiness: Option<u32> = "MemorySwappiness",
        /// The size of /dev/shm in bytes.
        shm_size: Option<u64> = "ShmSize",
        /// Processors at most, in billionths.
        nano_cpus: Option<u64> = "NanoCpus",
        /// Relative weight of CPU time.
        cpu_shares: Option<u64> = "CpuShares",
        /// The CPU scheduler's period in microseconds.
        cpu_period: Option<u64> = "CpuPeriod",
        /// CPU time within a period in microseconds; -1 is without a limit.
        cpu_quota: Option<i64> = "CpuQuota",
        /// The period of real-time scheduling in microseconds.
        cpu_realtime_period: Option<u64> = "CpuRealtimePeriod",
        /// The time of real-time scheduling within a period in microseconds.
        cpu_realtime_runtime: Option<u64> = "CpuRealtimeRuntime",
        /// The processors it may use.
        cpuset_cpus: Option<String> = "CpusetCpus",
        /// The memory nodes it may use.
        cpuset_mems: Option<String> = "CpusetMems",
        /// The number of processes at most; -1 is without a limit.
        pids_limit: Option<i64> = "PidsLimit",
        /// Relative weight of block I/O.
        blkio_weight: Option<u16> = "BlkioWeight",
        /// Relative weight of block I/O by device.
        blkio_weight_devices: Vec<WeightDevice> = "BlkioWeightDevice" as "wire::weights",
        /// Bytes read a second at most, by device.
        blkio_read_bps: Vec<ThrottleDevice> = "BlkioDeviceReadBps" as "wire::throttles",
        /// Bytes written a second at most, by device.
        blkio_write_bps: Vec<ThrottleDevice> = "BlkioDeviceWriteBps" as "wire::throttles",
        /// Reads a second at most, by device.
        blkio_read_iops: Vec<ThrottleDevice> = "BlkioDeviceReadIOps" as "wire::throttles",
        /// Writes a second at most, by device.
        blkio_write_iops: Vec<ThrottleDevice> = "BlkioDeviceWriteIOps" as "wire::throttles",
        /// Limits on each process.
        ulimits: Vec<Ulimit> = "Ulimits" as "wire::ulimits",
        /// Whether the out-of-memory killer leaves it alone.
        oom_kill_disable: Option<bool> = "OomKillDisable",
        /// The score for the out-of-memory killer.
        oom_score_adj: Option<i32> = "OomScoreAdj",
        /// Whether a small init is its first process.
        init: Option<bool> = "Init",
        /// With whom it shares memory between processes.
        ipc_mode: Option<IpcMode> = "IpcMode" as "wire::ipc_mode",
        /// Whose processes it sees.
        pid_mode: Option<PidMode> = "PidMode" as "wire::pid_mode",
        /// Whose host name it has.
        uts_mode: Option<HostNamespace> = "UTSMode" as "wire::host_namespace",
        /// Whose users it has.
        userns_mode: Option<HostNamespace> = "UsernsMode" as "wire::host_namespace",
        /// Whose control groups it sees.
        cgroupns_mode: Option<CgroupnsMode> = "CgroupnsMode" as "wire::cgroupns_mode",
        /// The control group that it is below.
        cgroup_parent: Option<String> = "CgroupParent",
        /// Whether it has all powers over the machine.
        privileged: Option<bool> = "Privileged",
        /// Capabilities beyond the default.
        cap_add: Vec<String> = "CapAdd",
        /// Capabilities that it shall not have.
        cap_drop: Vec<String> = "CapDrop",
        /// Security options.
        security_options: Vec<String> = "SecurityOpt",
        /// Paths that are hidden, in place of the engine's.
        masked_paths: Option<Vec<String>> = "MaskedPaths",
        /// Paths that can only be read, in place of the engine's.
        readonly_paths: Option<Vec<String>> = "ReadonlyPaths",
        /// Devices of the machine.
        devices: Vec<DeviceMapping> = "Devices" as "wire::devices",
        /// Rules for devices.
        device_cgroup_rules: Vec<String> = "DeviceCgroupRules",
        /// Devices asked of a driver.
        device_requests: Vec<DeviceRequest> = "DeviceRequests" as "wire::device_requests",
        /// Kernel parameters.
        sysctls: BTreeMap<String, String> = "Sysctls",
        /// The runtime.
        runtime: Option<String> = "Runtime",
        /// Notes for the runtime.
        annotations: BTreeMap<String, String> = "Annotations",
        /// Where its output goes.
        log: Option<Driver> = "LogConfig" as "wire::log",
        /// When it is started again.
        restart_policy: Option<RestartPolicy> = "RestartPolicy" as "wire::restart_policy",
        /// Whether it is removed when it ends.
        auto_remove: Option<bool> = "AutoRemove",
    }
}

/// An environment variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its value; none takes the image's variable away.
    pub value: Option<String>,
}

/// A member of what the engine writes as a map without values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Empty {}

/// Memory mounted as a file system: never with device files or set-user-id programs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tmpfs {
    /// Its size in bytes at most. None: half of the machine's memory.
    pub size: Option<u64>,
    /// Its permissions. None: 0o1777.
    pub mode: Option<u32>,
    /// Whether programs on it can be run.
    pub exec: bool,
}

/// Something that is mounted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mount {
    /// A path of the machine.
    Bind(BindMount),
    /// A volume.
    Volume(VolumeMount),
}

/// Where on the machine a port is published.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostPort {
    /// The address. None: all.
    pub ip: Option<IpAddr>,
    /// The number. None: the engine chooses a free one.
    pub port: Option<u16>,
}
