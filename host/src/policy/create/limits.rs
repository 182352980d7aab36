//! Limits in one form, out of what is asked for and out of what an engine tells.

use super::shape::{BLKIO_WEIGHT, CPU_PERIOD, CPU_SHARES, Limits, cpus_of};
use crate::api::containers::{ContainerResources, HostOptions};

/// The limits of a request, also of one to change a container.
pub(super) fn asked(host: &HostOptions) -> Limits {
    let positive = |value: i64| u64::try_from(value).ok().filter(|value| *value != 0);
    let set = |value: u64| (value != 0).then_some(value);
    let quota = host.cpu_quota.and_then(positive);
    let period = host.cpu_period.and_then(set).unwrap_or(CPU_PERIOD);
    let quota = quota.map(|quota| cpus_of(quota, period));
    let mut oom = Vec::new();
    if host.oom_kill_disable == Some(true) {
        oom.push("oom-kill-disable".to_owned());
    }
    oom.extend(
        host.oom_score_adj
            .filter(|score| *score < 0)
            .map(|score| format!("oom-score-adj {score}")),
    );
    Limits {
        memory: host.memory.and_then(set),
        memory_swap: host.memory_swap.and_then(positive),
        cpus: host.nano_cpus.and_then(set).or(quota),
        pids: host.pids_limit.and_then(positive),
        shm: host.shm_size.unwrap_or_default(),
        ulimits: host.ulimits.clone(),
        scheduling: scheduling_asked(host),
        oom,
    }
}

fn scheduling_asked(host: &HostOptions) -> Vec<String> {
    let mut found = Vec::new();
    let mut add = |name: &str, value: Option<String>| {
        found.extend(value.map(|value| format!("{name} {value}")));
    };
    let text = |value: u64| Some(value.to_string());
    add(
        "cpu-shares",
        host.cpu_shares.filter(|of| *of > CPU_SHARES).and_then(text),
    );
    add(
        "cpu-realtime-period",
        host.cpu_realtime_period.and_then(text),
    );
    add(
        "cpu-realtime-runtime",
        host.cpu_realtime_runtime.and_then(text),
    );
    add("cpuset-cpus", host.cpuset_cpus.clone());
    add("cpuset-mems", host.cpuset_mems.clone());
    let weight = host.blkio_weight.filter(|weight| *weight > BLKIO_WEIGHT);
    add("blkio-weight", weight.map(|weight| weight.to_string()));
    for at in &host.blkio_weight_devices {
        add("blkio-weight-device", Some(at.path.clone()));
    }
    let throttles = [
        &host.blkio_read_bps,
        &host.blkio_write_bps,
        &host.blkio_read_iops,
        &host.blkio_write_iops,
    ];
    for at in throttles.into_iter().flatten() {
        add("blkio-limit", Some(at.path.clone()));
    }
    found
}

/// The limits that a container has.
pub(super) fn told(resources: &ContainerResources, ipc_mode: &str) -> Limits {
    // Engines tell a size also where the memory isn't the container's own.
    let own_memory = ["", "private", "shareable"].contains(&ipc_mode);
    let set = |value: u64| (value != 0).then_some(value);
    let positive = |value: i64| u64::try_from(value).ok().filter(|value| *value != 0);
    let period = set(resources.cpu_period).unwrap_or(CPU_PERIOD);
    let quota = positive(resources.cpu_quota).map(|quota| cpus_of(quota, period));
    let mut oom = Vec::new();
    if resources.oom_kill_disable == Some(true) {
        oom.push("oom-kill-disable".to_owned());
    }
    if resources.oom_score_adj < 0 {
        oom.push(format!("oom-score-adj {}", resources.oom_score_adj));
    }
    // Podman tells that of the machine; the number of processes is bounded by another limit.
    let asked = resources
        .ulimits
        .iter()
        .filter(|limit| limit.name != "nproc");
    Limits {
        memory: set(resources.memory),
        memory_swap: positive(resources.memory_swap),
        cpus: set(resources.nano_cpus).or(quota),
        pids: resources.pids_limit.and_then(positive),
        shm: if own_memory { resources.shm_size } else { 0 },
        ulimits: asked.cloned().collect(),
        scheduling: scheduling_told(resources),
        oom,
    }
}

fn scheduling_told(resources: &ContainerResources) -> Vec<String> {
    let found = [
        ("cpu-shares", resources.cpu_shares > CPU_SHARES),
        ("cpu-realtime-period", resources.cpu_realtime_period > 0),
        ("cpu-realtime-runtime", resources.cpu_realtime_runtime > 0),
        ("cpuset-cpus", !resources.cpuset_cpus.is_empty()),
        ("cpuset-mems", !resources.cpuset_mems.is_empty()),
        ("blkio-weight", resources.blkio_weight > BLKIO_WEIGHT),
    ];
    let found = found.into_iter().filter(|(_, set)| *set);
    found.map(|(name, _)| name.to_owned()).collect()
}
