//! What reaches the machine: each power over it is a function of its own.
//!
//! A plugin whose source doesn't mention a power doesn't import it, and can't use it. `dockwit inspect` lists those that it
//! does import, and a policy has to set the key of each in its table `[host-access]`, or the plugin isn't started:
//!
//! ```toml
//! [host-access]
//! binds      = [{ source = "/srv/data", read-only = true }]
//! namespaces = ["pid"]
//! ```

mod bind;
mod device;
mod driver;
mod update;

pub use self::{
    bind::Bind,
    device::{Device, DeviceRequest},
    driver::{Driver, DriverVolume},
    update::UpdateHostAccess,
};
pub use crate::bindings::engine::host_access::{BindPropagation, BindRecursion};

use crate::bindings::engine::{containers, host_access as wit};
use crate::containers::{Container, ContainerSpec, Ulimit};
use crate::networks::Network;
use crate::value::{Size, Unusable};

/// A spec that is given something of the machine, within [`ContainerSpec::host_access`].
///
/// ```no_run
/// use dockwit::ContainerSpec;
///
/// let agent = ContainerSpec::new("agent:1").host_access(|machine| {
///     machine
///         .pid_host()
///         .capability("SYS_PTRACE")
///         .bind("/srv/data:/data:ro")
///         .device("/dev/fuse")
/// });
/// ```
///
/// Values are read as those of a [`ContainerSpec`]: what can't be read, and what is impossible, makes the `create` that would
/// use it fail with `invalid`.
#[derive(Debug)]
#[must_use = "it is the spec, and has to be given back"]
pub struct HostAccess(ContainerSpec);

impl HostAccess {
    pub(crate) const fn new(spec: ContainerSpec) -> Self {
        Self(spec)
    }

    pub(crate) fn into_spec(self) -> ContainerSpec {
        self.0
    }

    const fn spec(&self) -> &containers::ContainerSpec {
        self.0.handle()
    }

    /// Sets an option, if its value could be read.
    fn read<T>(
        self,
        field: &'static str,
        value: Result<T, Unusable>,
        set: impl FnOnce(&containers::ContainerSpec, T),
    ) -> Self {
        Self(self.0.read(field, value, set))
    }
}

/// Privileges.
impl HostAccess {
    /// All powers over the machine: every capability, every device, no profile.
    ///
    /// Docker's `--privileged`, docker-py's `privileged`. Policy: `host-access.privileged`.
    pub fn privileged(self) -> Self {
        wit::set_privileged(self.spec());
        self
    }

    /// A capability, also one beyond the engine's default: `NET_ADMIN`, `ALL`.
    ///
    /// Docker's `--cap-add`, docker-py's `cap_add`. Policy: `host-access.capabilities`.
    pub fn capability(self, capability: impl AsRef<str>) -> Self {
        wit::add_capability(self.spec(), capability.as_ref());
        self
    }

    /// A security option: `seccomp=unconfined`, `apparmor=...`, `label=disable`.
    ///
    /// Docker's `--security-opt`, docker-py's `security_opt`. Policy: `host-access.security-options`.
    pub fn security_option(self, option: impl AsRef<str>) -> Self {
        wit::add_security_option(self.spec(), option.as_ref());
        self
    }

    /// Paths that are hidden, in place of the engine's. Podman overlooks it, and has a security option for it, `unmask=...`.
    ///
    /// Docker's `--security-opt systempaths=unconfined` with none. Policy: `host-access.system-paths`.
    pub fn masked_paths<S: Into<String>>(self, paths: impl IntoIterator<Item = S>) -> Self {
        let paths: Vec<_> = paths.into_iter().map(Into::into).collect();
        wit::set_masked_paths(self.spec(), &paths);
        self
    }

    /// Paths that can only be read, in place of the engine's. Podman overlooks it, and has a security option for it, `unmask=...`.
    ///
    /// Docker's `--security-opt systempaths=unconfined` with none. Policy: `host-access.system-paths`.
    pub fn readonly_paths<S: Into<String>>(self, paths: impl IntoIterator<Item = S>) -> Self {
        let paths: Vec<_> = paths.into_iter().map(Into::into).collect();
        wit::set_readonly_paths(self.spec(), &paths);
        self
    }

    /// Any kernel parameter of its namespaces.
    ///
    /// Docker's `--sysctl`, docker-py's `sysctls`. Policy: `host-access.sysctls`.
    pub fn sysctl(self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        wit::add_sysctl(self.spec(), name.as_ref(), value.as_ref());
        self
    }

    /// The runtime: `runc`.
    ///
    /// Docker's `--runtime`, docker-py's `runtime`. Policy: `host-access.runtimes`.
    pub fn runtime(self, name: impl AsRef<str>) -> Self {
        wit::set_runtime(self.spec(), name.as_ref());
        self
    }

    /// A note for the runtime. The `create` fails with `unsupported` before API 1.43.
    ///
    /// Docker's `--annotation`. Policy: `host-access.annotations`.
    pub fn annotation(self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        wit::add_annotation(self.spec(), name.as_ref(), value.as_ref());
        self
    }

    /// The control group that it is below.
    ///
    /// Docker's `--cgroup-parent`, docker-py's `cgroup_parent`. Policy: `host-access.cgroup-parents`.
    pub fn cgroup_parent(self, parent: impl AsRef<str>) -> Self {
        wit::set_cgroup_parent(self.spec(), parent.as_ref());
        self
    }
}

/// Namespaces of the machine.
impl HostAccess {
    /// The machine's own network.
    ///
    /// Docker's `--network host`, docker-py's `network_mode`. Policy: `host-access.namespaces`.
    pub fn network_host(self) -> Self {
        wit::set_network_host(self.spec());
        self
    }

    /// The machine's memory between processes.
    ///
    /// Docker's `--ipc host`, docker-py's `ipc_mode`. Policy: `host-access.namespaces`.
    pub fn ipc_host(self) -> Self {
        wit::set_ipc_host(self.spec());
        self
    }

    /// All processes of the machine, to see and to signal.
    ///
    /// Docker's `--pid host`, docker-py's `pid_mode`. Policy: `host-access.namespaces`.
    pub fn pid_host(self) -> Self {
        wit::set_pid_host(self.spec());
        self
    }

    /// The machine's host name, which it can change.
    ///
    /// Docker's `--uts host`, docker-py's `uts_mode`. Policy: `host-access.namespaces`.
    pub fn uts_host(self) -> Self {
        wit::set_uts_host(self.spec());
        self
    }

    /// The machine's users, where the engine would tell them apart.
    ///
    /// Docker's `--userns host`, docker-py's `userns_mode`. Policy: `host-access.namespaces`.
    pub fn userns_host(self) -> Self {
        wit::set_userns_host(self.spec());
        self
    }

    /// The sight of all control groups of the machine.
    ///
    /// Docker's `--cgroupns host`, docker-py's `cgroupns`. Policy: `host-access.namespaces`.
    pub fn cgroupns_host(self) -> Self {
        wit::set_cgroupns_host(self.spec());
        self
    }
}

/// Files.
impl HostAccess {
    /// A path of the machine that is mounted.
    ///
    /// Docker's `--volume /srv:/data` and `--mount type=bind`, docker-py's `binds`. Policy: `host-access.binds`.
    pub fn bind(self, bind: impl Into<Bind>) -> Self {
        self.read("add-bind", bind.into().mount(), |spec, bind| {
            wit::add_bind(spec, &bind)
        })
    }

    /// A volume that is made for it by a driver.
    ///
    /// Docker's `--mount type=volume,volume-driver=...`, docker-py's `mounts`. Policy: `host-access.volume-drivers`.
    pub fn volume(self, volume: DriverVolume) -> Self {
        wit::add_volume(self.spec(), &volume.volume());
        self
    }

    /// The driver of volumes that are made for it without saying theirs.
    ///
    /// Docker's `--volume-driver`, docker-py's `volume_driver`. Policy: `host-access.volume-drivers`.
    pub fn volume_driver(self, name: impl AsRef<str>) -> Self {
        wit::set_volume_driver(self.spec(), name.as_ref());
        self
    }

    /// All that is mounted in another container.
    ///
    /// Docker's `--volumes-from`, docker-py's `volumes_from`. Policy: `host-access.volumes-from`.
    pub fn volumes_from(self, container: &Container, read_only: bool) -> Self {
        wit::add_volumes_from(self.spec(), container.handle(), read_only);
        self
    }

    /// An option of the storage driver, such as `size`.
    ///
    /// Docker's `--storage-opt`, docker-py's `storage_opt`. Policy: `host-access.storage-options`.
    pub fn storage_option(self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        wit::add_storage_option(self.spec(), name.as_ref(), value.as_ref());
        self
    }
}

/// Devices.
impl HostAccess {
    /// A device of the machine.
    ///
    /// Docker's `--device`, docker-py's `devices`. Policy: `host-access.devices`.
    pub fn device(self, device: impl Into<Device>) -> Self {
        self.read("add-device", device.into().mapping(), |spec, device| {
            wit::add_device(spec, &device)
        })
    }

    /// A rule for devices: `c 42:* rwm`.
    ///
    /// Docker's `--device-cgroup-rule`, docker-py's `device_cgroup_rules`. Policy: `host-access.device-cgroup-rules`.
    pub fn device_cgroup_rule(self, rule: impl AsRef<str>) -> Self {
        wit::add_device_cgroup_rule(self.spec(), rule.as_ref());
        self
    }

    /// Devices asked of a driver, such as GPUs.
    ///
    /// Docker's `--gpus`, and `--device` of CDI, docker-py's `device_requests`. Policy: `host-access.device-requests`.
    pub fn device_request(self, request: DeviceRequest) -> Self {
        wit::add_device_request(self.spec(), &request.request());
        self
    }

    /// An environment variable by which runtimes give devices: `NVIDIA_VISIBLE_DEVICES`, any that begins with `NVIDIA_` or ends
    /// with `_VISIBLE_DEVICES`.
    ///
    /// Docker's `--env`, docker-py's `environment`. Policy: `host-access.env`.
    pub fn device_env(self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        wit::add_device_env(self.spec(), name.as_ref(), value.as_ref());
        self
    }
}

/// Output, and other containers.
impl HostAccess {
    /// The log driver: `"journald"`, or a [`Driver`] with options.
    ///
    /// Docker's `--log-driver` and `--log-opt`, docker-py's `log_config`. Policy: `host-access.log-drivers`.
    pub fn log_driver(self, driver: impl Into<Driver>) -> Self {
        let Driver { name, options } = driver.into();
        wit::set_log_driver(self.spec(), &name, &options);
        self
    }

    /// Another container that is reached by a name; on the engine's default network its environment is had as well.
    ///
    /// Docker's `--link`, docker-py's `links`. Policy: `host-access.links`.
    pub fn link(self, container: &Container, alias: impl AsRef<str>) -> Self {
        wit::add_link(self.spec(), container.handle(), alias.as_ref());
        self
    }
}

/// What it takes of what all share.
impl HostAccess {
    /// Any limit on each process: `ulimit("memlock", -1, -1)`. -1 is no limit.
    ///
    /// Docker's `--ulimit`, docker-py's `ulimits`. Policy: `host-access.ulimits`.
    pub fn ulimit(self, name: impl Into<String>, soft: i64, hard: i64) -> Self {
        wit::add_ulimit(
            self.spec(),
            &Ulimit {
                name: name.into(),
                soft,
                hard,
            },
        );
        self
    }

    /// Keeps the out-of-memory killer from it. Only with version 1 of control groups; elsewhere engines warn.
    ///
    /// Docker's `--oom-kill-disable`, docker-py's `oom_kill_disable`. Policy: `host-access.oom`.
    pub fn oom_kill_disable(self) -> Self {
        wit::set_oom_kill_disable(self.spec());
        self
    }

    /// The score for the out-of-memory killer, -1,000 to 1,000.
    ///
    /// Docker's `--oom-score-adj`, docker-py's `oom_score_adj`. Policy: `host-access.oom`.
    pub fn oom_score_adj(self, score: i32) -> Self {
        wit::set_oom_score_adj(self.spec(), score);
        self
    }

    /// Relative weight of CPU time, also above the default, 1,024.
    ///
    /// Docker's `--cpu-shares`, docker-py's `cpu_shares`. Policy: `host-access.scheduling`.
    pub fn cpu_shares(self, shares: u64) -> Self {
        wit::set_cpu_shares(self.spec(), shares);
        self
    }

    /// The processors it may use: `0-3`, `0,1`.
    ///
    /// Docker's `--cpuset-cpus`, docker-py's `cpuset`. Policy: `host-access.scheduling`.
    pub fn cpuset_cpus(self, cpus: impl AsRef<str>) -> Self {
        wit::set_cpuset_cpus(self.spec(), cpus.as_ref());
        self
    }

    /// The memory nodes it may use.
    ///
    /// Docker's `--cpuset-mems`, docker-py's `cpuset_mems`. Policy: `host-access.scheduling`.
    pub fn cpuset_mems(self, nodes: impl AsRef<str>) -> Self {
        wit::set_cpuset_mems(self.spec(), nodes.as_ref());
        self
    }

    /// The period of real-time scheduling in microseconds. Only with version 1 of control groups.
    ///
    /// Docker's `--cpu-rt-period`, docker-py's `cpu_rt_period`. Policy: `host-access.scheduling`.
    pub fn cpu_realtime_period(self, microseconds: u64) -> Self {
        wit::set_cpu_realtime_period(self.spec(), microseconds);
        self
    }

    /// The time of real-time scheduling within a period in microseconds. Only with version 1 of control groups.
    ///
    /// Docker's `--cpu-rt-runtime`, docker-py's `cpu_rt_runtime`. Policy: `host-access.scheduling`.
    pub fn cpu_realtime_runtime(self, microseconds: u64) -> Self {
        wit::set_cpu_realtime_runtime(self.spec(), microseconds);
        self
    }

    /// Relative weight of block I/O, 10 to 1,000. Where the kernel can't do it engines warn, and Podman doesn't.
    ///
    /// Docker's `--blkio-weight`, docker-py's `blkio_weight`. Policy: `host-access.scheduling`.
    pub fn blkio_weight(self, weight: u16) -> Self {
        wit::set_blkio_weight(self.spec(), weight);
        self
    }

    /// Relative weight of block I/O on a device of the machine.
    ///
    /// Docker's `--blkio-weight-device`, docker-py's `blkio_weight_device`. Policy: `host-access.scheduling`.
    pub fn blkio_weight_device(self, path: impl Into<String>, weight: u16) -> Self {
        let path = path.into();
        wit::add_blkio_weight_device(self.spec(), &wit::WeightDevice { path, weight });
        self
    }

    /// Bytes read from a device of the machine a second, at most.
    ///
    /// Docker's `--device-read-bps`, docker-py's `device_read_bps`. Policy: `host-access.scheduling`.
    pub fn blkio_read_bps(self, path: impl Into<String>, bytes: impl Into<Size>) -> Self {
        let device = throttle(path, bytes);
        self.read("add-blkio-read-bps", device, |spec, device| {
            wit::add_blkio_read_bps(spec, &device)
        })
    }

    /// Bytes written to a device of the machine a second, at most.
    ///
    /// Docker's `--device-write-bps`, docker-py's `device_write_bps`. Policy: `host-access.scheduling`.
    pub fn blkio_write_bps(self, path: impl Into<String>, bytes: impl Into<Size>) -> Self {
        let device = throttle(path, bytes);
        self.read("add-blkio-write-bps", device, |spec, device| {
            wit::add_blkio_write_bps(spec, &device)
        })
    }

    /// Reads from a device of the machine a second, at most.
    ///
    /// Docker's `--device-read-iops`, docker-py's `device_read_iops`. Policy: `host-access.scheduling`.
    pub fn blkio_read_iops(self, path: impl Into<String>, rate: u64) -> Self {
        let path = path.into();
        wit::add_blkio_read_iops(self.spec(), &wit::ThrottleDevice { path, rate });
        self
    }

    /// Writes to a device of the machine a second, at most.
    ///
    /// Docker's `--device-write-iops`, docker-py's `device_write_iops`. Policy: `host-access.scheduling`.
    pub fn blkio_write_iops(self, path: impl Into<String>, rate: u64) -> Self {
        let path = path.into();
        wit::add_blkio_write_iops(self.spec(), &wit::ThrottleDevice { path, rate });
        self
    }
}

/// How it stands on a network that [`ContainerSpec::network`] puts it on.
impl HostAccess {
    /// The MAC address on the network that it is put on.
    ///
    /// Docker's `--mac-address`, docker-py's `mac_address`. Policy: `host-access.endpoints`.
    pub fn mac_address(self, address: impl AsRef<str>) -> Self {
        wit::set_mac_address(self.spec(), address.as_ref());
        self
    }

    /// The MAC address on this network. The `create` fails with `unsupported` before API 1.44.
    ///
    /// Docker's `--network name=...,mac-address=...`. Policy: `host-access.endpoints`.
    pub fn endpoint_mac_address(self, network: &Network, address: impl AsRef<str>) -> Self {
        wit::set_endpoint_mac_address(self.spec(), network.handle(), address.as_ref());
        self
    }

    /// A fixed address on a network, an IPv4 and an IPv6 one at most.
    ///
    /// Docker's `--ip` and `--ip6`, docker-py's `ipv4_address`, `ipv6_address`. Policy: `host-access.endpoints`.
    pub fn endpoint_address(self, network: &Network, address: impl AsRef<str>) -> Self {
        wit::set_endpoint_address(self.spec(), network.handle(), address.as_ref());
        self
    }

    /// A link-local address on a network.
    ///
    /// Docker's `--link-local-ip`, docker-py's `link_local_ips`. Policy: `host-access.endpoints`.
    pub fn endpoint_link_local_address(self, network: &Network, address: impl AsRef<str>) -> Self {
        wit::add_endpoint_link_local_address(self.spec(), network.handle(), address.as_ref());
        self
    }

    /// Another container that is reached by a name, on this network only.
    ///
    /// Docker's `--link`, docker-py's `links`. Policy: `host-access.endpoints`.
    pub fn endpoint_link(
        self,
        network: &Network,
        container: &Container,
        alias: impl AsRef<str>,
    ) -> Self {
        wit::add_endpoint_link(
            self.spec(),
            network.handle(),
            container.handle(),
            alias.as_ref(),
        );
        self
    }

    /// An option for the network's driver.
    ///
    /// Docker's `--network name=...,driver-opt=...`, docker-py's `driver_opt`. Policy: `host-access.endpoints`.
    pub fn endpoint_driver_option(
        self,
        network: &Network,
        name: impl AsRef<str>,
        value: impl AsRef<str>,
    ) -> Self {
        wit::add_endpoint_driver_option(
            self.spec(),
            network.handle(),
            name.as_ref(),
            value.as_ref(),
        );
        self
    }

    /// How readily this network's gateway is taken: the highest is. The `create` fails with `unsupported` before API 1.48.
    ///
    /// Docker's `--network name=...,gw-priority=...`. Policy: `host-access.endpoints`.
    pub fn gateway_priority(self, network: &Network, priority: i64) -> Self {
        wit::set_endpoint_gateway_priority(self.spec(), network.handle(), priority);
        self
    }
}

fn throttle(
    path: impl Into<String>,
    rate: impl Into<Size>,
) -> Result<wit::ThrottleDevice, Unusable> {
    let rate = rate.into().unsigned()?;
    Ok(wit::ThrottleDevice {
        path: path.into(),
        rate,
    })
}
