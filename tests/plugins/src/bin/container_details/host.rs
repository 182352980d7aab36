//! What a container may use of its machine, how it stands in it, and what keeps it apart.

use std::collections::BTreeMap;

use dockwit::containers::{ContainerHostConfig, HostBinding};
use dockwit::{Docker, HostPort, IpcMode, NetworkMode, RestartPolicy, Result, Tmpfs, Ulimit};
use dockwit_test_plugins::{Facts, spec, tell};

use crate::made;

pub(crate) async fn resources(docker: Docker) -> Result<()> {
    let limits = docker.info().await?.limits()?;
    let limited = spec("it")
        .memory("64m")
        .memory_reservation("48m")
        .memory_swap("64m")
        .cpus(0.25)
        .cpu_shares(777)
        .host_access(|machine| machine.cpuset_cpus("0").cpuset_mems("0"))
        .pids_limit(77)
        .blkio_weight(300)
        .oom_score_adj(123)
        .ulimit("nofile", 512, 1_024)
        .shm_size("9m");
    let resources = made(docker, &limited).await?.resources()?;
    assert_eq!(resources.memory, 64 << 20);
    assert_eq!(resources.memory_reservation, 48 << 20);
    assert_eq!(resources.memory_swap, 64 << 20);
    assert_eq!(resources.memory_swappiness, None, "it isn't said");
    assert_eq!(resources.nano_cpus, 250_000_000);
    assert_eq!(resources.cpu_shares, 777);
    assert_eq!(resources.cpuset_cpus, "0");
    assert_eq!(resources.cpuset_mems, "0");
    assert_eq!(
        (
            resources.cpu_realtime_period,
            resources.cpu_realtime_runtime
        ),
        (0, 0)
    );
    assert_eq!(resources.pids_limit, Some(77));
    // A kernel without it makes the engine drop the weight.
    assert!([0, 300].contains(&resources.blkio_weight), "{resources:?}");
    assert!(!resources.oom_kill_disable.unwrap_or_default());
    assert_eq!(resources.oom_score_adj, 123);
    let files = Ulimit {
        name: "nofile".into(),
        soft: 512,
        hard: 1_024,
    };
    assert!(resources.ulimits.contains(&files), "{resources:?}");
    assert_eq!(resources.shm_size, 9 << 20);
    assert_eq!(resources.cgroup_parent, "");
    assert!(limits.memory_limit && limits.pids_limit, "{limits:?}");
    Ok(())
}

/// The scheduler's own numbers, which exclude a number of processors; and what a container gets that asks for nothing.
pub(crate) async fn resources_by_period(docker: Docker) -> Result<()> {
    let limited = spec("it").cpu_period(50_000).cpu_quota(20_000);
    let resources = made(docker, &limited).await?.resources()?;
    assert_eq!(
        (resources.cpu_period, resources.cpu_quota),
        (50_000, 20_000)
    );
    let facts = Facts::of(docker).await?;
    if facts.keeps_processors_and_quota_apart() {
        assert_eq!(resources.nano_cpus, 0);
    }
    let free = made(docker, &spec("free")).await?.resources()?;
    // As much as the policy lets it have, and the machine has.
    assert_eq!(
        (free.memory, free.memory_reservation, free.memory_swap),
        (4 << 30, 0, 4 << 30)
    );
    let processors = u64::from(docker.info().await?.identity()?.cpus);
    if facts.keeps_processors_and_quota_apart() {
        let own = (free.nano_cpus, free.cpu_period, free.cpu_quota);
        assert_eq!(own, (processors * 1_000_000_000, 0, 0));
    }
    assert_eq!(free.cpu_shares, 0);
    assert_eq!(free.pids_limit, Some(100_000));
    for (name, hard) in [("nofile", 16_384), ("core", 0)] {
        let is = |limit: &&Ulimit| limit.name.to_lowercase().ends_with(name);
        let limit = free.ulimits.iter().find(is).expect("a limit");
        assert_eq!(limit.hard, hard, "{limit:?}");
    }
    assert_eq!(
        (free.cpuset_cpus.as_str(), free.cpuset_mems.as_str()),
        ("", "")
    );
    assert_eq!((free.oom_score_adj, free.blkio_weight), (0, 0));
    assert_eq!(free.shm_size, 4 << 30);
    Ok(())
}

pub(crate) async fn host_config(docker: Docker) -> Result<()> {
    let facts = Facts::of(docker).await?;
    let mut told = spec("it")
        .network_mode(NetworkMode::None)
        .restart(RestartPolicy::on_failure(4))
        .read_only(true)
        .init(facts.has_an_init())
        .group("123")
        .tmpfs(Tmpfs::new("/scratch").size("1m"))
        .tty(true);
    if facts.has_console_size_and_stop_signal() {
        told = told.console_size(40, 132);
    }
    let host = made(docker, &told).await?.host_config()?;
    assert_eq!(host.network_mode, "none");
    assert_eq!(host.restart_policy, RestartPolicy::on_failure(4));
    assert_eq!(
        (host.auto_remove, host.read_only, host.publish_all_ports),
        (false, true, false)
    );
    assert_eq!(host.init.unwrap_or_default(), facts.has_an_init());
    assert_eq!(host.port_bindings.len(), 0, "{host:?}");
    assert_eq!(host.groups, ["123"]);
    let mut tmpfs = host.tmpfs.iter();
    let scratch = tmpfs.find(|(path, _)| path == "/scratch");
    let (_, options) = scratch.expect("the one that was asked for");
    // Podman 4 mounts more beside a file system that can't be written to.
    assert!(host.tmpfs.len() == 1 || facts.podman(), "{host:?}");
    assert!(options.contains("size=1048576"), "{options}");
    if facts.has_console_size_and_stop_signal() && facts.keeps("set-console-size") {
        assert_eq!(host.console_size, Some((40, 132)));
    }
    defaults(docker, facts, &host).await?;
    resolving(docker).await
}

/// What a plugin can't ask for is as the engine, or the host, has it.
async fn defaults(docker: Docker, facts: Facts, host: &ContainerHostConfig) -> Result<()> {
    let drivers = docker.info().await?.drivers()?;
    let none: [(String, String); 0] = [];
    if facts.tells_default_drivers() {
        assert_eq!(host.runtime, drivers.default_runtime);
        assert_eq!(host.log_driver, "json-file");
        let mut bounds = host.log_options.clone();
        bounds.sort();
        let bounded = [("max-file", "2"), ("max-size", "10m")];
        assert_eq!(
            bounds,
            bounded.map(|(key, value)| (key.into(), value.into()))
        );
    }
    assert_eq!(
        (&host.sysctls[..], &host.storage_options[..]),
        (&none[..], &none[..])
    );
    let given = [&host.binds, &host.volumes_from, &host.links];
    assert!(given.iter().all(|list| list.is_empty()), "{host:?}");
    Ok(())
}

/// How names are resolved and ports published, and all that the first one isn't.
async fn resolving(docker: Docker) -> Result<()> {
    let told = spec("other")
        .auto_remove(true)
        .publish_all_ports(true)
        .init(false)
        .port(80, HostPort::any_at("127.0.0.1"))
        .port("53/udp", HostPort::any())
        .dns("10.0.0.1")
        .dns("10.0.0.2")
        .dns_option("ndots:2")
        .dns_search("example.org")
        .extra_host("db", "10.0.0.3")
        .extra_host("six", "fd00::3");
    let host = made(docker, &told).await?.host_config()?;
    assert_eq!(
        (host.auto_remove, host.read_only, host.publish_all_ports),
        (true, false, false)
    );
    assert_eq!(host.restart_policy, RestartPolicy::no());
    assert!(!host.init.unwrap_or_default(), "{host:?}");
    assert_eq!(host.console_size, None);
    let ports: BTreeMap<_, _> = host
        .port_bindings
        .iter()
        .map(|port| (port.container.to_string(), &port.bindings[..]))
        .collect();
    assert_eq!(ports.len(), 2, "{ports:?}");
    let at = |host_ip: &str, bindings: &[HostBinding]| {
        assert_eq!(bindings.len(), 1, "{bindings:?}");
        assert_eq!(bindings[0].host_ip, host_ip);
        assert!(bindings[0].host_port.is_some(), "{bindings:?}");
    };
    at("127.0.0.1", ports["80/tcp"]);
    at("0.0.0.0", ports["53/udp"]);
    assert_eq!(host.dns, ["10.0.0.1", "10.0.0.2"]);
    assert_eq!(host.dns_options, ["ndots:2"]);
    assert_eq!(host.dns_search, ["example.org"]);
    assert_eq!(host.extra_hosts, ["db:10.0.0.3", "six:fd00::3"]);
    Ok(())
}

pub(crate) async fn security(docker: Docker) -> Result<()> {
    let facts = Facts::of(docker).await?;
    let told = spec("it")
        .drop_capability("KILL")
        .drop_capability("CHOWN")
        .ipc_mode(IpcMode::Shareable);
    let security = made(docker, &told).await?.security()?;
    let mut dropped: Vec<_> = security
        .cap_drop
        .iter()
        .map(|name| name.trim_start_matches("CAP_"))
        .collect();
    dropped.sort_unstable();
    assert_eq!(dropped, facts.dropped(&["CHOWN", "KILL"]));
    let options = &security.security_options;
    assert!(
        options
            .iter()
            .any(|option| option.starts_with("no-new-privileges")),
        "{options:?}"
    );
    assert_eq!(security.ipc_mode, "shareable");
    assert!(!security.privileged);
    let none = [
        &security.cap_add,
        &security.device_cgroup_rules,
        &security.device_requests,
    ];
    assert!(none.iter().all(|list| list.is_empty()), "{security:?}");
    assert_eq!(security.devices.len(), 0, "{security:?}");
    assert!(
        ["", "private"].contains(&security.pid_mode.as_str()),
        "{security:?}"
    );
    assert!(
        ["", "private"].contains(&security.uts_mode.as_str()),
        "{security:?}"
    );
    assert_eq!(security.userns_mode, "");
    if facts.tells_hidden_paths() {
        assert!(
            security.masked_paths.contains(&"/proc/kcore".to_owned()),
            "{security:?}"
        );
        assert!(
            security.readonly_paths.contains(&"/proc/sys".to_owned()),
            "{security:?}"
        );
    }
    for (key, label) in [
        ("app-armor", security.app_armor_profile),
        ("process-label", security.process_label),
        ("mount-label", security.mount_label),
    ] {
        tell(key, label);
    }
    let other = made(docker, &spec("other").ipc_mode(IpcMode::Private)).await?;
    let told = other.security()?.ipc_mode;
    assert!(told == "private" || !facts.keeps("set-ipc-mode"), "{told}");
    Ok(())
}
