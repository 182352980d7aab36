//! What reaches the machine: a case for each power, named as in the WIT, and what goes wrong.

mod devices;
mod files;
mod limits;
mod networks;
mod privileges;
mod wrong;

use dockwit::containers::{
    ContainerDetails, ContainerHostConfig, ContainerResources, ContainerSecurity,
};
use dockwit::{Container, ContainerSpec, Docker, Result};
use dockwit_test_plugins::cases;

use devices::*;
use files::*;
use limits::*;
use networks::*;
use privileges::*;
use wrong::*;

cases! {
    // One for each power.
    set_privileged, add_capability, add_security_option, set_masked_paths, set_readonly_paths, add_sysctl, set_runtime,
    add_annotation, set_cgroup_parent, set_network_host, set_ipc_host, set_pid_host, set_uts_host, set_userns_host,
    set_cgroupns_host, add_bind, add_volume, set_volume_driver, add_volumes_from, add_storage_option, add_device,
    add_device_cgroup_rule, add_device_request, add_device_env, set_log_driver, add_link, add_ulimit, set_oom_kill_disable,
    set_oom_score_adj, set_cpu_shares, set_cpuset_cpus, set_cpuset_mems, set_cpu_realtime_period, set_cpu_realtime_runtime,
    set_blkio_weight, add_blkio_weight_device, add_blkio_read_bps, add_blkio_write_bps, add_blkio_read_iops,
    add_blkio_write_iops, set_mac_address, set_endpoint_mac_address, set_endpoint_address, add_endpoint_link_local_address,
    add_endpoint_link, add_endpoint_driver_option, set_endpoint_gateway_priority, set_update_cpu_shares,
    set_update_cpuset_cpus, set_update_cpuset_mems, set_update_blkio_weight,
    // The rest.
    binds_below, impossible_values, unreadable_values,
}

/// Makes the container `it` and asks what has become of it.
async fn it(docker: Docker, spec: &ContainerSpec) -> Result<ContainerDetails> {
    docker.containers().create(spec).await?.inspect().await
}

async fn resources(docker: Docker, spec: &ContainerSpec) -> Result<ContainerResources> {
    it(docker, spec).await?.resources()
}

async fn host_config(docker: Docker, spec: &ContainerSpec) -> Result<ContainerHostConfig> {
    it(docker, spec).await?.host_config()
}

async fn security(docker: Docker, spec: &ContainerSpec) -> Result<ContainerSecurity> {
    it(docker, spec).await?.security()
}

/// Runs a container to its end, and gives what it printed.
async fn output(container: &Container) -> Result<String> {
    let ended = container.wait().next_exit().await?;
    container.start().await?;
    ended.await?;
    container.logs().await?.read_to_string(1 << 16).await
}
