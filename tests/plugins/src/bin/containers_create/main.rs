//! Making containers: a case for each setter of the spec, named as in the WIT, and what goes wrong.

mod limits;
mod place;
mod program;
mod whole;
mod wrong;

use dockwit::containers::{ContainerDetails, ContainerHostConfig, ContainerResources};
use dockwit::{ContainerSpec, Docker, Result};
use dockwit_test_plugins::cases;

use limits::*;
use place::*;
use program::*;
use whole::*;
use wrong::*;

cases! {
    // One for each setter.
    new, set_name, set_platform, set_command, set_entrypoint, add_env, add_label, set_hostname, set_domainname, set_user,
    add_group, set_working_dir, set_tty, set_open_stdin, set_stdin_once, set_attach, set_console_size, set_stop_signal,
    set_stop_timeout, set_healthcheck, set_shell, add_on_build, add_volume, add_tmpfs, set_read_only, add_volume_mount,
    add_exposed_port, add_port, set_publish_all_ports, set_network_mode, set_network,
    add_network_alias, set_network_container, set_network_disabled, add_dns,
    add_dns_option, add_dns_search, add_extra_host, set_memory, set_memory_reservation, set_memory_swap,
    set_memory_swappiness, set_shm_size, set_nano_cpus, set_cpu_shares, set_cpu_period, set_cpu_quota,
    set_pids_limit, set_blkio_weight, add_ulimit, set_oom_score_adj, set_init, set_ipc_mode,
    set_ipc_container, set_pid_container, set_cgroupns_private, add_capability, drop_capability, set_no_new_privileges,
    add_sysctl, set_restart_policy, set_auto_remove,
    // The rest.
    everything, a_folder_of_a_volume, defaults, what_is_set_is_in_force, healthchecks, command_as_text, a_template, the_last_set_counts,
    impossible_values,
    values_of_host_access, unreadable_values, the_first_impossible_value, a_spec_too_large, refused_by_the_engine, refused_by_the_host,
    start_interval, no_such_image, name_in_use, warnings,
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
