//! The interface `host-access`: what of the machine is added to specs. One line a power.

use wasmtime::component::Resource;

use super::convert::Convert;
use super::ctx::DockerCtxView;
use super::handles::{Container, target};
use super::kept::{KeptSpec, KeptUpdate};
use super::spec::with_handles;
use super::wit::host_access::{
    BindMount, DeviceMapping, DeviceRequest, DriverVolume, Host, ThrottleDevice, Ulimit,
    WeightDevice,
};
use crate::api::containers::{
    CgroupnsMode, Driver, HostNamespace, IpcMode, Link, NetworkMode, PidMode, VolumeMount,
    VolumesFrom,
};
use crate::keeper::NetworkHandle as Network;
use crate::policy::create::inside;

macro_rules! powers {
    ($of:ty: $($power:ident($($value:ident: $kind:ty),*) => |$spec:ident| $set:expr;)*) => {
        $(fn $power(&mut self, spec: Resource<$of>, $($value: $kind),*) -> wasmtime::Result<()> {
            self.table.get_mut(&spec)?.change(|$spec| {
                $set;
            });
            Ok(())
        })*
    };
}

/// Those that are called as the api layer's own setters.
macro_rules! same {
    ($($power:ident($($value:ident: $kind:ty),*))*) => {
        powers! { KeptSpec:
            $($power($($value: $kind),*) => |spec| spec.$power($($value.convert()),*);)*
        }
    };
}

fn new_volume(volume: DriverVolume) -> VolumeMount {
    let DriverVolume {
        target,
        read_only,
        no_copy,
        driver,
        options,
        labels,
    } = volume;
    VolumeMount {
        volume: String::new(),
        target,
        read_only,
        no_copy,
        subpath: None,
        labels,
        driver: Some(Driver {
            name: driver,
            options,
        }),
    }
}

impl Host for DockerCtxView<'_> {
    same! {
        add_capability(capability: String)
        add_security_option(value: String)
        set_masked_paths(paths: Vec<String>)
        set_readonly_paths(paths: Vec<String>)
        add_sysctl(name: String, value: String)
        set_runtime(name: String)
        add_annotation(name: String, value: String)
        set_cgroup_parent(parent: String)
        add_bind(bind: BindMount)
        set_volume_driver(name: String)
        add_storage_option(name: String, value: String)
        add_device(device: DeviceMapping)
        add_device_cgroup_rule(rule: String)
        add_device_request(request: DeviceRequest)
        add_ulimit(ulimit: Ulimit)
        set_oom_score_adj(score: i32)
        set_cpu_shares(shares: u64)
        set_cpuset_cpus(cpus: String)
        set_cpuset_mems(nodes: String)
        set_cpu_realtime_period(microseconds: u64)
        set_cpu_realtime_runtime(microseconds: u64)
        set_blkio_weight(weight: u16)
        add_blkio_weight_device(device: WeightDevice)
        add_blkio_read_bps(device: ThrottleDevice)
        add_blkio_write_bps(device: ThrottleDevice)
        add_blkio_read_iops(device: ThrottleDevice)
        add_blkio_write_iops(device: ThrottleDevice)
        set_mac_address(address: String)
    }

    powers! { KeptSpec:
        set_privileged() => |spec| spec.set_privileged(true);
        set_network_host() => |spec| spec.set_network_mode(NetworkMode::Host);
        set_ipc_host() => |spec| spec.set_ipc_mode(IpcMode::Host);
        set_pid_host() => |spec| spec.set_pid_mode(PidMode::Host);
        set_uts_host() => |spec| spec.set_uts_mode(HostNamespace::Host);
        set_userns_host() => |spec| spec.set_userns_mode(HostNamespace::Host);
        set_cgroupns_host() => |spec| spec.set_cgroupns_mode(CgroupnsMode::Host);
        add_volume(volume: DriverVolume) => |spec| spec.add_new_volume(new_volume(volume));
        add_device_env(name: String, value: String) => |spec| match inside::device_variable(&name) {
            Ok(()) => spec.add_env(name, Some(value)),
            Err(why) => spec.set_impossible("add-device-env", why),
        };
        set_log_driver(name: String, options: Vec<(String, String)>) => |spec| spec.set_log(Driver { name, options });
        set_oom_kill_disable() => |spec| spec.set_oom_kill_disable(true);
    }

    with_handles! {
        add_volumes_from(container: Container; read_only: bool) => |spec| {
            spec.add_volumes_from(VolumesFrom { container, read_only })
        };
        add_link(container: Container; alias: String) => |spec| spec.add_link(Link { container, alias });
        set_endpoint_mac_address(network: Network; address: String) => |spec| {
            spec.set_endpoint_mac_address(&network, address)
        };
        set_endpoint_address(network: Network; address: String) => |spec| spec.set_endpoint_address(&network, address);
        add_endpoint_link_local_address(network: Network; address: String) => |spec| {
            spec.add_endpoint_link_local_address(&network, address)
        };
        add_endpoint_link(network: Network, container: Container; alias: String) => |spec| {
            spec.add_endpoint_link(&network, Link { container, alias })
        };
        add_endpoint_driver_option(network: Network; name: String, value: String) => |spec| {
            spec.add_endpoint_driver_option(&network, name, value)
        };
        set_endpoint_gateway_priority(network: Network; priority: i64) => |spec| {
            spec.set_endpoint_gateway_priority(&network, priority)
        };
    }

    powers! { KeptUpdate:
        set_update_cpu_shares(shares: u64) => |spec| spec.set_cpu_shares(shares);
        set_update_cpuset_cpus(cpus: String) => |spec| spec.set_cpuset_cpus(cpus);
        set_update_cpuset_mems(nodes: String) => |spec| spec.set_cpuset_mems(nodes);
        set_update_blkio_weight(weight: u16) => |spec| spec.set_blkio_weight(weight);
    }
}
