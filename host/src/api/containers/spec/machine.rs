//! How a new container stands in its machine.

use super::held::Held;
use super::setters::setters;
use super::{ContainerSpec, check};
use crate::api::containers::types::{
    CgroupnsMode, DeviceMapping, DeviceRequest, HostNamespace, IpcMode, PidMode, ThrottleDevice,
    Ulimit, WeightDevice,
};

setters! { ContainerSpec:
    /// Whether it has all powers over the machine.
    set set_privileged(privileged: bool) = Ok(privileged) => options.host.privileged, "set-privileged";
    /// A capability beyond the default: `NET_ADMIN`, `ALL`.
    add add_capability(capability: impl Into<String>) = check::word(capability) => options.host.cap_add, "add-capability";
    /// A capability that it shall not have: `NET_RAW`, `ALL`.
    add drop_capability(capability: impl Into<String>) = check::word(capability) => options.host.cap_drop, "drop-capability";
    /// A security option: `seccomp=unconfined`, `label=disable`.
    add add_security_option(option: impl Into<String>) = check::word(option) => options.host.security_options, "add-security-option";
    /// The paths that are hidden, in place of the engine's.
    set set_masked_paths(paths: Vec<String>) = check::texts(paths) => options.host.masked_paths, "set-masked-paths";
    /// The paths that can only be read, in place of the engine's.
    set set_readonly_paths(paths: Vec<String>) = check::texts(paths) => options.host.readonly_paths, "set-readonly-paths";
    /// A device of the machine.
    add add_device(device: DeviceMapping) = check::device(device) => options.host.devices, "add-device";
    /// A rule for devices: `c 42:* rwm`.
    add add_device_cgroup_rule(rule: impl Into<String>) = check::word(rule) => options.host.device_cgroup_rules, "add-device-cgroup-rule";
    /// Devices asked of a driver, such as GPUs.
    add add_device_request(request: DeviceRequest) = check::device_request(request) => options.host.device_requests, "add-device-request";
    /// A kernel parameter.
    insert add_sysctl(name: impl Into<String>, value: impl Into<String>) = check::pair(name, value) => options.host.sysctls, "add-sysctl";
    /// The runtime: `runc`.
    set set_runtime(runtime: impl Into<String>) = check::word(runtime) => options.host.runtime, "set-runtime";
    /// A note for the runtime. From API 1.43.
    insert add_annotation(name: impl Into<String>, value: impl Into<String>) = check::pair(name, value) => options.host.annotations, "add-annotation";
    /// The control group that it is below.
    set set_cgroup_parent(parent: impl Into<String>) = check::word(parent) => options.host.cgroup_parent, "set-cgroup-parent";
    /// With whom it shares memory between processes.
    set set_ipc_mode(mode: IpcMode) = Ok(mode) => options.host.ipc_mode, "set-ipc-mode";
    /// Whose processes it sees.
    set set_pid_mode(mode: PidMode) = Ok(mode) => options.host.pid_mode, "set-pid-mode";
    /// Whose host name it has.
    set set_uts_mode(mode: HostNamespace) = Ok(mode) => options.host.uts_mode, "set-uts-mode";
    /// Whose users it has.
    set set_userns_mode(mode: HostNamespace) = Ok(mode) => options.host.userns_mode, "set-userns-mode";
    /// Whose control groups it sees.
    set set_cgroupns_mode(mode: CgroupnsMode) = Ok(mode) => options.host.cgroupns_mode, "set-cgroupns-mode";
    /// How readily it is swapped out, 0 to 100. Only with version 1 of control groups.
    set set_memory_swappiness(percent: u32) = Ok(percent) => options.host.memory_swappiness, "set-memory-swappiness";
    /// The size of /dev/shm in bytes; by default 64 MiB.
    set set_shm_size(bytes: u64) = check::number(bytes) => options.host.shm_size, "set-shm-size";
    /// A limit on each process.
    add add_ulimit(ulimit: Ulimit) = check::ulimit(ulimit) => options.host.ulimits, "add-ulimit";
    /// The score for the out-of-memory killer, -1,000 to 1,000.
    set set_oom_score_adj(score: i32) = Ok(score) => options.host.oom_score_adj, "set-oom-score-adj";
    /// Whether the out-of-memory killer leaves it alone.
    set set_oom_kill_disable(disable: bool) = Ok(disable) => options.host.oom_kill_disable, "set-oom-kill-disable";
    /// The period of real-time scheduling in microseconds.
    set set_cpu_realtime_period(microseconds: u64) = check::number(microseconds) => options.host.cpu_realtime_period, "set-cpu-realtime-period";
    /// The time of real-time scheduling within a period in microseconds.
    set set_cpu_realtime_runtime(microseconds: u64) = check::number(microseconds) => options.host.cpu_realtime_runtime, "set-cpu-realtime-runtime";
    /// Relative weight of block I/O on a device.
    add add_blkio_weight_device(device: WeightDevice) = check::weight(device) => options.host.blkio_weight_devices, "add-blkio-weight-device";
    /// Bytes read from a device a second, at most.
    add add_blkio_read_bps(device: ThrottleDevice) = check::throttle(device) => options.host.blkio_read_bps, "add-blkio-read-bps";
    /// Bytes written to a device a second, at most.
    add add_blkio_write_bps(device: ThrottleDevice) = check::throttle(device) => options.host.blkio_write_bps, "add-blkio-write-bps";
    /// Reads from a device a second, at most.
    add add_blkio_read_iops(device: ThrottleDevice) = check::throttle(device) => options.host.blkio_read_iops, "add-blkio-read-iops";
    /// Writes to a device a second, at most.
    add add_blkio_write_iops(device: ThrottleDevice) = check::throttle(device) => options.host.blkio_write_iops, "add-blkio-write-iops";
}

const NO_NEW_PRIVILEGES: &str = "no-new-privileges";

impl ContainerSpec {
    /// Whether its programs can't gain privileges, as by set-user-id.
    pub fn set_no_new_privileges(&mut self, on: bool) -> &mut Self {
        let option = match on {
            true => NO_NEW_PRIVILEGES.to_owned(),
            false => format!("{NO_NEW_PRIVILEGES}=false"),
        };
        let options = &mut self.options.host.security_options;
        let is_earlier = |option: &String| option.starts_with(NO_NEW_PRIVILEGES);
        let earlier = options.iter().filter(|option| is_earlier(option));
        let freed = earlier.map(Held::held).sum();
        let option = self
            .guard
            .accept("set-no-new-privileges", Ok(option), freed);
        if let Some(option) = option {
            options.retain(|option| !is_earlier(option));
            options.push(option);
        }
        self
    }
}
