//! The api layer's types as the interface's, and back. Both have the same names and fields, so each is a list.

use bytes::Bytes;

use super::wit::{containers as wc, host_access as wh, system as ws, types as wt};
use crate::api::{self, containers as ac, system as asys};

/// Turns a value of one layer into the other's.
pub(super) trait Convert<T> {
    fn convert(self) -> T;
}

macro_rules! same {
    ($($kind:ty)*) => {
        $(impl Convert<Self> for $kind {
            fn convert(self) -> Self {
                self
            }
        })*
    };
}

same! { bool u8 u16 u32 u64 i32 i64 String }

impl<A: Convert<B>, B> Convert<Vec<B>> for Vec<A> {
    fn convert(self) -> Vec<B> {
        self.into_iter().map(A::convert).collect()
    }
}

impl<A: Convert<B>, B> Convert<Option<B>> for Option<A> {
    fn convert(self) -> Option<B> {
        self.map(A::convert)
    }
}

impl<A: Convert<C>, B: Convert<D>, C, D> Convert<(C, D)> for (A, B) {
    fn convert(self) -> (C, D) {
        (self.0.convert(), self.1.convert())
    }
}

impl Convert<(String, String, String)> for (String, String, String) {
    fn convert(self) -> Self {
        self
    }
}

impl<A: Clone + Convert<B>, B> Convert<B> for &A {
    fn convert(self) -> B {
        self.clone().convert()
    }
}

impl<A: Clone + Convert<B>, B> Convert<Vec<B>> for &[A] {
    fn convert(self) -> Vec<B> {
        self.iter().map(Convert::convert).collect()
    }
}

impl Convert<Vec<u8>> for Bytes {
    fn convert(self) -> Vec<u8> {
        self.into()
    }
}

macro_rules! records {
    ($from:ident => $to:ident: $($name:ident { $($field:ident)* })*) => {
        $(impl Convert<$to::$name> for $from::$name {
            fn convert(self) -> $to::$name {
                $to::$name { $($field: self.$field.convert()),* }
            }
        })*
    };
}

macro_rules! enums {
    ($from:ident => $to:ident: $($name:ident { $($case:ident)* $(| $($with:ident)*)? })*) => {
        $(impl Convert<$to::$name> for $from::$name {
            fn convert(self) -> $to::$name {
                match self {
                    $(Self::$case => $to::$name::$case,)*
                    $($(Self::$with(value) => $to::$name::$with(value.convert()),)*)?
                }
            }
        })*
    };
}

records! { api => wt:
    Timestamp { seconds nanoseconds }
}

enums! { api => wt:
    ErrorKind { NotFound Conflict Invalid Unauthorized Timeout Unsupported Unavailable Engine Protocol Quota }
    Protocol { Tcp Udp Sctp | Other }
}

records! { asys => ws:
    Pong { api_version os_type experimental builder_version swarm more }
    ComponentVersion { name version details }
    VersionInfo {
        version api_version min_api_version git_commit go_version os arch kernel_version build_time experimental platform
        components more
    }
    EngineIdentity {
        id name server_version operating_system os_version os_type architecture kernel_version cpus memory system_time
        experimental live_restore labels
    }
    ObjectCounts { containers running paused stopped images }
    StorageInfo { driver driver_status root_dir }
    LimitSupport {
        cgroup_driver cgroup_version memory_limit swap_limit cpu_cfs_period cpu_cfs_quota cpu_shares cpuset pids_limit
        oom_kill_disable
    }
    DriverInfo { logging_driver log volume network authorization default_runtime runtimes }
    SwarmStatus { node_id local_node_state control_available error managers nodes }
    RegistryAccess { index_server insecure mirrors http_proxy https_proxy no_proxy }
}

records! { ac => wc:
    RestartPolicy { condition maximum_retries }
    Ulimit { name soft hard }
    Healthcheck { test interval timeout start_period start_interval retries }
    ContainerPort { port protocol }
    HostBinding { host_ip host_port }
    PublishedPort { container bindings }
    MountPoint { kind name source destination driver mode writable propagation }
    NetworkEndpoint {
        network network_id endpoint_id ip_address ip_prefix_length gateway ipv6_address ipv6_prefix_length ipv6_gateway
        mac_address aliases dns_names
    }
    NetworkSummary { network network_id ip_address ipv6_address mac_address }
    PortSummary { host_ip host_port container_port protocol }
    ContainerSummary {
        id names image image_id command created ports labels status status_text health size_rw size_root_fs network_mode
        networks mounts more
    }
    ContainerIdentity { id name created image image_id platform driver restart_count }
    ContainerState {
        status running paused restarting oom_killed dead pid exit_code error started_at finished_at
    }
    HealthProbe { start end exit_code output }
    ContainerHealth { status failing_streak log }
    ContainerCommand { path args entrypoint command shell }
    ContainerConfig {
        hostname domainname user working_dir tty open_stdin stdin_once attach_stdin attach_stdout attach_stderr
        exposed_ports volumes network_disabled mac_address stop_signal stop_timeout on_build
    }
    ContainerResources {
        memory memory_reservation memory_swap memory_swappiness nano_cpus cpu_shares cpu_period cpu_quota cpuset_cpus
        cpuset_mems cpu_realtime_period cpu_realtime_runtime pids_limit blkio_weight oom_kill_disable oom_score_adj
        ulimits shm_size cgroup_parent
    }
    ContainerHostConfig {
        network_mode restart_policy auto_remove read_only init publish_all_ports port_bindings dns dns_options dns_search
        extra_hosts groups tmpfs binds volumes_from links storage_options sysctls runtime console_size log_driver
        log_options
    }
    ContainerSecurity {
        privileged cap_add cap_drop security_options ipc_mode pid_mode uts_mode userns_mode cgroupns_mode masked_paths
        readonly_paths devices device_cgroup_rules device_requests app_armor_profile process_label mount_label
    }
    ContainerSizes { rw root_fs }
    ContainerExit { status_code error }
    LogChunk { stream data }
    ProcessList { titles processes }
    FilesystemChange { path kind }
    CpuStats {
        total_usage kernel_usage user_usage per_cpu_usage system_usage online_cpus throttling_periods throttled_periods
        throttled_time
    }
    MemoryStats { usage max_usage fail_count limit details }
    InterfaceStats {
        name rx_bytes rx_packets rx_errors rx_dropped tx_bytes tx_packets tx_errors tx_dropped
    }
    BlkioEntry { counter major minor op value }
    ContainerStats {
        read previous_read cpu previous_cpu memory pids pids_limit networks blkio more
    }
}

enums! { ac => wc:
    ContainerStatus { Created Running Paused Restarting Removing Exited Dead | Other }
    HealthStatus { None Starting Healthy Unhealthy | Other }
    RestartCondition { No Always UnlessStopped OnFailure | Other }
    HealthTest { Inherit None | Command Shell }
    MountKind { Bind Volume Tmpfs Image Cluster Npipe | Other }
    OutputStream { Stdout Stderr Console }
    ChangeKind { Modified Added Deleted | Other }
}

records! { wt => api:
    Timestamp { seconds nanoseconds }
}

enums! { wt => api:
    Protocol { Tcp Udp Sctp | Other }
}

records! { wc => ac:
    RestartPolicy { condition maximum_retries }
    Ulimit { name soft hard }
    Healthcheck { test interval timeout start_period start_interval retries }
    ContainerPort { port protocol }
    ListOptions { all limit size filters }
    TmpfsMount { target size mode exec }
    PortBinding { container host_ip host_port }
    StartOptions { detach_keys }
    StopOptions { signal timeout }
    RemoveOptions { force volumes }
    LogsOptions { stdout stderr follow since until timestamps tail details }
}

records! { wh => ac:
    BindMount { source target read_only propagation recursion }
    DeviceMapping { host container permissions }
    DeviceRequest { driver count ids capabilities options }
    WeightDevice { path weight }
    ThrottleDevice { path rate }
}

enums! { wh => ac:
    BindPropagation { Private Rprivate Slave Rslave Shared Rshared }
    BindRecursion { Enabled Disabled Writable Readonly }
}

enums! { wc => ac:
    ContainerStatus { Created Running Paused Restarting Removing Exited Dead | Other }
    HealthStatus { None Starting Healthy Unhealthy | Other }
    RestartCondition { No Always UnlessStopped OnFailure | Other }
    HealthTest { Inherit None | Command Shell }
    ContainerFilter {
        | Ancestor Before Expose Exited Health Id IsTask Label Name Network Publish Since Status Volume Other
    }
    NetworkMode { Default None }
    IpcMode { None Private Shareable }
    WaitCondition { NotRunning NextExit Removed }
}
