//! Specs: the api layer's own request types, filled in place. One line a setter.

use wasmtime::component::Resource;

use super::convert::Convert;
use super::ctx::DockerCtxView;
use super::wit::containers::{
    ContainerPort, Healthcheck, HostContainerSpec, HostUpdateSpec, IpcMode, NetworkMode,
    PortBinding, RestartPolicy, TmpfsMount, Ulimit,
};
use crate::api::containers::{ContainerSpec, UpdateSpec};

macro_rules! setters {
    ($spec:ty: $($setter:ident($($value:ident: $kind:ty),*))*) => {
        $(fn $setter(&mut self, spec: Resource<$spec>, $($value: $kind),*) -> wasmtime::Result<()> {
            self.table.get_mut(&spec)?.$setter($($value.convert()),*);
            Ok(())
        })*

        fn drop(&mut self, spec: Resource<$spec>) -> wasmtime::Result<()> {
            self.table.delete(spec)?;
            Ok(())
        }
    };
}

impl HostContainerSpec for DockerCtxView<'_> {
    fn new(&mut self, image: String) -> wasmtime::Result<Resource<ContainerSpec>> {
        Ok(self.table.push(ContainerSpec::new(image))?)
    }

    setters! { ContainerSpec:
        set_name(name: String)
        set_platform(platform: String)
        set_command(command: Vec<String>)
        set_entrypoint(entrypoint: Vec<String>)
        add_env(name: String, value: Option<String>)
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
        add_storage_option(name: String, value: String)
        add_exposed_port(port: ContainerPort)
        add_port(port: PortBinding)
        set_publish_all_ports(publish: bool)
        set_network_mode(mode: NetworkMode)
        set_network_disabled(disabled: bool)
        set_mac_address(address: String)
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
        set_cpu_shares(shares: u64)
        set_cpu_period(microseconds: u64)
        set_cpu_quota(microseconds: i64)
        set_cpuset_cpus(cpus: String)
        set_cpuset_mems(nodes: String)
        set_pids_limit(limit: i64)
        set_blkio_weight(weight: u16)
        add_ulimit(ulimit: Ulimit)
        set_oom_score_adj(score: i32)
        set_init(init: bool)
        set_ipc_mode(mode: IpcMode)
        drop_capability(capability: String)
        set_restart_policy(policy: RestartPolicy)
        set_auto_remove(auto_remove: bool)
    }
}

impl HostUpdateSpec for DockerCtxView<'_> {
    fn new(&mut self) -> wasmtime::Result<Resource<UpdateSpec>> {
        Ok(self.table.push(UpdateSpec::new())?)
    }

    setters! { UpdateSpec:
        set_memory(bytes: u64)
        set_memory_reservation(bytes: u64)
        set_memory_swap(bytes: i64)
        set_nano_cpus(nano_cpus: u64)
        set_cpu_shares(shares: u64)
        set_cpu_period(microseconds: u64)
        set_cpu_quota(microseconds: i64)
        set_cpuset_cpus(cpus: String)
        set_cpuset_mems(nodes: String)
        set_pids_limit(limit: i64)
        set_blkio_weight(weight: u16)
        set_restart_policy(policy: RestartPolicy)
    }
}
