//! Specs: the api layer's own request types, filled in place. One line a setter.

use wasmtime::component::Resource;

use super::convert::Convert;
use super::ctx::DockerCtxView;
use super::handles::{Container, target};
use super::kept::{Kept, KeptSpec, KeptUpdate};
use super::wit::containers::{
    ContainerPort, Healthcheck, HostContainerSpec, HostUpdateSpec, IpcMode, NetworkMode,
    PortBinding, RestartPolicy, TmpfsMount, Ulimit, VolumeMount,
};
use crate::api::VolumeName;
use crate::api::containers::{self as api, CgroupnsMode, ContainerSpec, UpdateSpec};
use crate::keeper::NetworkHandle as Network;
use crate::policy::create::inside;

/// After an arrow stands, for an option that has values beyond the container, whether one is inside, and the setter's name.
macro_rules! setters {
    ($spec:ty: $($setter:ident($($value:ident: $kind:ty),*) $(=> $inside:expr, $field:literal;)?)*) => {
        $(fn $setter(&mut self, spec: Resource<$spec>, $($value: $kind),*) -> wasmtime::Result<()> {
            self.table.get_mut(&spec)?.change(|spec| {
                $(if let Err(beyond) = $inside {
                    spec.set_impossible($field, beyond);
                    return;
                })?
                spec.$setter($($value.convert()),*);
            });
            Ok(())
        })*

        fn drop(&mut self, spec: Resource<$spec>) -> wasmtime::Result<()> {
            self.table.delete(spec)?;
            Ok(())
        }
    };
}

/// Setters that take objects by their handles, which come first.
macro_rules! with_handles {
    ($($setter:ident($($handle:ident: $of:ty),*; $($value:ident: $kind:ty),*) => |$spec:ident| $set:expr;)*) => {
        $(fn $setter(
            &mut self,
            spec: Resource<KeptSpec>,
            $($handle: Resource<$of>,)*
            $($value: $kind),*
        ) -> wasmtime::Result<()> {
            $(let $handle = target(self.table, &$handle)?;)*
            self.table.get_mut(&spec)?.change(|$spec| {
                $set;
            });
            Ok(())
        })*
    };
}

pub(super) use with_handles;

impl HostContainerSpec for DockerCtxView<'_> {
    fn new(&mut self, image: String) -> wasmtime::Result<Resource<KeptSpec>> {
        let spec = Kept::spec(ContainerSpec::new(image), self.ctx.memory.holding());
        Ok(self.table.push(spec)?)
    }

    fn set_cgroupns_private(&mut self, spec: Resource<KeptSpec>) -> wasmtime::Result<()> {
        self.table.get_mut(&spec)?.change(|spec| {
            spec.set_cgroupns_mode(CgroupnsMode::Private);
        });
        Ok(())
    }

    fn set_network(
        &mut self,
        spec: Resource<KeptSpec>,
        network: Resource<Network>,
    ) -> wasmtime::Result<()> {
        let Network { id, is_host, .. } = self.table.get(&network)?;
        let (id, is_host) = (id.to_string(), *is_host);
        self.table.get_mut(&spec)?.change(|spec| {
            match is_host {
                true => spec.set_impossible("set-network", MACHINES_OWN),
                false => spec.set_network_mode(api::NetworkMode::Network(id)),
            };
        });
        Ok(())
    }

    with_handles! {
        add_volume_mount(volume: VolumeName; mount: VolumeMount) => |spec| {
            spec.add_volume_mount(mounted(&volume, mount))
        };
        add_network_alias(network: Network; alias: String) => |spec| {
            spec.add_network_alias(&network, alias)
        };
        set_network_container(container: Container;) => |spec| {
            spec.set_network_mode(api::NetworkMode::Container(container))
        };
        set_ipc_container(container: Container;) => |spec| {
            spec.set_ipc_mode(api::IpcMode::Container(container))
        };
        set_pid_container(container: Container;) => |spec| {
            spec.set_pid_mode(api::PidMode::Container(container))
        };
    }

    setters! { KeptSpec:
        set_name(name: String)
        set_platform(platform: String)
        set_command(command: Vec<String>)
        set_entrypoint(entrypoint: Vec<String>)
        add_env(name: String, value: Option<String>) => inside::variable(&name), "add-env";
        add_label(key: String, value: String)
        set_hostname(hostname: String)
        set_domainname(domainname: String)
        set_user(user: String)
        add_group(group: String)
        set_working_dir(path: String)
        set_tty(tty: bool)
        set_open_stdin(open: bool)
        set_stdin_once(once: bool)
        set_attach(stdin: bool, stdout: bool, stderr: bool)
        set_console_size(height: u32, width: u32)
        set_stop_signal(signal: String)
        set_stop_timeout(seconds: u32)
        set_healthcheck(healthcheck: Healthcheck)
        set_shell(shell: Vec<String>)
        add_on_build(instruction: String)
        add_volume(path: String)
        add_tmpfs(tmpfs: TmpfsMount)
        set_read_only(read_only: bool)
        add_exposed_port(port: ContainerPort)
        add_port(port: PortBinding)
        set_publish_all_ports(publish: bool)
        set_network_mode(mode: NetworkMode)
        set_network_disabled(disabled: bool)
        add_dns(address: String)
        add_dns_option(value: String)
        add_dns_search(domain: String)
        add_extra_host(name: String, address: String)
        set_memory(bytes: u64)
        set_memory_reservation(bytes: u64)
        set_memory_swap(bytes: i64)
        set_memory_swappiness(percent: u32)
        set_shm_size(bytes: u64)
        set_nano_cpus(nano_cpus: u64)
        set_cpu_shares(shares: u64) => inside::cpu_shares(shares), "set-cpu-shares";
        set_cpu_period(microseconds: u64)
        set_cpu_quota(microseconds: i64)
        set_pids_limit(limit: i64)
        set_blkio_weight(weight: u16) => inside::blkio_weight(weight), "set-blkio-weight";
        add_ulimit(ulimit: Ulimit) => inside::ulimit(&ulimit.name, ulimit.hard), "add-ulimit";
        set_oom_score_adj(score: i32) => inside::oom_score_adj(score), "set-oom-score-adj";
        set_init(init: bool)
        set_ipc_mode(mode: IpcMode)
        add_capability(capability: String) => inside::capability(&capability), "add-capability";
        drop_capability(capability: String)
        set_no_new_privileges(on: bool)
        add_sysctl(name: String, value: String) => inside::sysctl(&name), "add-sysctl";
        set_restart_policy(policy: RestartPolicy)
        set_auto_remove(auto_remove: bool)
    }
}

impl HostUpdateSpec for DockerCtxView<'_> {
    fn new(&mut self) -> wasmtime::Result<Resource<KeptUpdate>> {
        let spec = Kept::spec(UpdateSpec::new(), self.ctx.memory.holding());
        Ok(self.table.push(spec)?)
    }

    setters! { KeptUpdate:
        set_memory(bytes: u64)
        set_memory_reservation(bytes: u64)
        set_memory_swap(bytes: i64)
        set_nano_cpus(nano_cpus: u64)
        set_cpu_shares(shares: u64) => inside::update_cpu_shares(shares), "set-cpu-shares";
        set_cpu_period(microseconds: u64)
        set_cpu_quota(microseconds: i64)
        set_pids_limit(limit: i64)
        set_blkio_weight(weight: u16) => inside::update_blkio_weight(weight), "set-blkio-weight";
        set_restart_policy(policy: RestartPolicy)
    }
}

const MACHINES_OWN: &str = "the machine's own network is for host-access.set-network-host";

fn mounted(volume: &VolumeName, mount: VolumeMount) -> api::VolumeMount {
    let VolumeMount {
        target,
        read_only,
        no_copy,
        subpath,
    } = mount;
    api::VolumeMount {
        volume: volume.to_string(),
        target,
        read_only,
        no_copy,
        subpath,
        labels: Vec::new(),
        driver: None,
    }
}
