//! Options of new containers, of changes and of lists, as a line has them.

use std::time::Duration;

use dockwit::containers::ContainerSummary;
use dockwit::host_access::{DeviceRequest, Driver, DriverVolume};
use dockwit::{
    Container, ContainerSpec, Docker, Healthcheck, NetworkMode, RestartPolicy, Result, Tmpfs,
    UpdateSpec,
};
use dockwit_test_plugins::image;

use crate::words::Words;

/// What a container runs that is told nothing else.
const LASTING: [&str; 3] = ["sh", "-c", "trap 'exit 0' TERM; sleep 600 & wait"];

/// A container of the test's image, and of this name unless it is `-`.
pub(crate) fn spec(name: &str, words: Words) -> ContainerSpec {
    let pairs: Vec<_> = words.pairs().collect();
    let of_pairs = pairs.iter().find(|(key, _)| key == "image");
    let image = of_pairs.map_or_else(image, |(_, image)| image.clone());
    let mut spec = ContainerSpec::new(image);
    if name != "-" {
        spec = spec.name(name);
    }
    if !pairs.iter().any(|(key, _)| key == "sh" || key == "command") {
        spec = spec.command(LASTING);
    }
    set(spec, &pairs)
}

/// The same with further options.
pub(crate) fn more(spec: ContainerSpec, words: Words) -> ContainerSpec {
    set(spec, &words.pairs().collect::<Vec<_>>())
}

fn set(spec: ContainerSpec, pairs: &[(String, String)]) -> ContainerSpec {
    let set = |spec, (key, value): &(String, String)| option(spec, key, value);
    pairs.iter().fold(spec, set)
}

fn option(spec: ContainerSpec, key: &str, value: &str) -> ContainerSpec {
    let pair = || value.split_once(':').unwrap_or((value, ""));
    let number = || value.parse::<i64>().expect("a number");
    match key {
        "image" => spec,
        "sh" => spec.command(["sh", "-c", value]),
        "command" => spec.command(value),
        "entrypoint" => spec.entrypoint(value),
        "env" => spec.env([pair()]),
        "device-env" => spec.host_access(|of| of.device_env(pair().0, pair().1)),
        "label" => spec.label(pair().0, pair().1),
        "user" => spec.user(value),
        "group" => spec.group(value),
        "memory" => spec.memory(value),
        "memory-swap" => spec.memory_swap(value),
        "cpus" => spec.cpus(value.parse::<f64>().expect("a number")),
        "pids" => spec.pids_limit(number()),
        "shm" => spec.shm_size(value),
        "oom-score" => {
            let score = i32::try_from(number()).expect("a score");
            spec.host_access(|of| of.oom_score_adj(score))
        }
        "nofile" => spec.ulimit("nofile", number(), number()),
        "memlock" => spec.host_access(|of| of.ulimit("memlock", number(), number())),
        "cpuset" => spec.host_access(|of| of.cpuset_cpus(value)),
        "network" => spec.network_mode(match value {
            "none" => NetworkMode::None,
            _ => NetworkMode::Default,
        }),
        "port" => spec.port(pair().0.parse::<u16>().expect("a port"), pair().1),
        "publish-all" => spec.publish_all_ports(true),
        "expose" => spec.expose(value.parse::<u16>().expect("a port")),
        "dns" => spec.dns(value),
        "host" => spec.extra_host(pair().0, pair().1),
        "mac" => spec.host_access(|of| of.mac_address(value)),
        "restart" => spec.restart(match value {
            "always" => RestartPolicy::always(),
            _ => RestartPolicy::on_failure(3),
        }),
        "auto-remove" => spec.auto_remove(true),
        "volume" => spec.volume(value),
        "tmpfs" => match value.split_once(':') {
            Some((path, size)) => spec.tmpfs(Tmpfs::new(path).size(size)),
            None => spec.tmpfs(value),
        },
        "writable" => spec.read_only(false),
        "storage" => spec.host_access(|of| of.storage_option(pair().0, pair().1)),
        "stop-signal" => spec.stop_signal(value),
        "stop-timeout" => spec.stop_timeout(Duration::from_secs(number().unsigned_abs())),
        "health" => {
            let interval = Duration::from_millis(number().unsigned_abs());
            spec.healthcheck(Healthcheck::shell("true").interval(interval))
        }
        "init" => spec.init(true),
        "tty" => spec.tty(true),
        "stdin" => spec.open_stdin(true),
        key => power(spec, key, value),
    }
}

/// What reaches the machine.
fn power(spec: ContainerSpec, key: &str, value: &str) -> ContainerSpec {
    let pair = || value.split_once(':').unwrap_or((value, ""));
    spec.host_access(|of| match key {
        "privileged" => of.privileged(),
        "bind" => of.bind(value),
        "driver-volume" => {
            let driver = Driver::new("local")
                .option("type", "none")
                .option("o", "bind")
                .option("device", value);
            of.volume(DriverVolume::new("/data", driver))
        }
        "disk-volume" => {
            let driver = Driver::new("local")
                .option("type", "ext4")
                .option("device", value);
            of.volume(DriverVolume::new("/data", driver))
        }
        "volume-driver" => of.volume_driver(value),
        "device" => of.device(value),
        "gpus" => of.device_request(DeviceRequest::all()),
        "device-rule" => of.device_cgroup_rule(value),
        "capability" => of.capability(value),
        "security" => of.security_option(value),
        "unmasked" => of.masked_paths([""; 0]).readonly_paths([""; 0]),
        "sysctl" => of.sysctl(pair().0, pair().1),
        "runtime" => of.runtime(value),
        "annotation" => of.annotation(pair().0, pair().1),
        "cgroup-parent" => of.cgroup_parent(value),
        "network-host" => of.network_host(),
        "ipc-host" => of.ipc_host(),
        "pid-host" => of.pid_host(),
        "uts-host" => of.uts_host(),
        "userns-host" => of.userns_host(),
        "cgroupns-host" => of.cgroupns_host(),
        "log-driver" => of.log_driver(pair().0),
        "oom-kill-disable" => of.oom_kill_disable(),
        key => panic!("there is no option {key}"),
    })
}

/// A change of a container.
pub(crate) fn update(words: Words) -> UpdateSpec {
    let mut update = UpdateSpec::new();
    for (key, value) in words.pairs() {
        update = match key.as_str() {
            "memory" => update.memory(value.as_str()),
            "memory-swap" => update.memory_swap(value.as_str()),
            "cpus" => update.cpus(value.parse::<f64>().expect("a number")),
            "pids" => update.pids_limit(value.parse().expect("a number")),
            "cpuset" => update.host_access(|of| of.cpuset_cpus(value)),
            "restart" => update.restart(RestartPolicy::always()),
            key => panic!("there is no option {key}"),
        };
    }
    update
}

/// A list, of those that don't run as well.
pub(crate) async fn list(docker: Docker, words: Words) -> Result<Vec<ContainerSummary>> {
    let mut list = docker.containers().list().all(true);
    for (key, value) in words.pairs() {
        list = match key.as_str() {
            "label" => list.label(value),
            "name" => list.name(value),
            "id" => list.id(value),
            "before" => list.before(value),
            "since" => list.since(value),
            "network" => list.network(value),
            "volume" => list.volume(value),
            "limit" => list.limit(value.parse().expect("a number")),
            key => panic!("there is no filter {key}"),
        };
    }
    list.await
}

/// All that is told of a container.
pub(crate) async fn details(container: &Container) -> Result<String> {
    let details = container.inspect().await?;
    Ok(format!(
        "{:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
        details.identity()?,
        details.state()?,
        details.command()?,
        details.env()?,
        details.labels()?,
        details.config()?,
        details.host_config()?,
        details.security()?,
        details.mounts()?,
        details.networks()?,
    ))
}
