//! The engine as a whole.

use dockwit::{Docker, Result};
use dockwit_test_plugins::{Facts, cases, lasting, ran, running, tell};

cases! {
    ping, version, info_identity, info_counts, info_storage, info_limits, info_drivers, info_swarm, info_registries,
    info_security_options, info_warnings, info_is_a_snapshot,
}

async fn ping(docker: Docker) -> Result<()> {
    let pong = docker.ping().await?;
    tell("api-version", &pong.api_version);
    tell("os-type", &pong.os_type);
    tell("experimental", pong.experimental);
    tell("builder-version", pong.builder_version.unwrap_or_default());
    tell("swarm", pong.swarm.unwrap_or_default());
    assert_eq!(pong.api_version, docker.version().await?.api_version);
    Ok(())
}

async fn version(docker: Docker) -> Result<()> {
    let version = docker.version().await?;
    tell("version", &version.version);
    tell("api-version", &version.api_version);
    tell(
        "min-api-version",
        version.min_api_version.unwrap_or_default(),
    );
    tell("git-commit", &version.git_commit);
    tell("go-version", &version.go_version);
    tell("os", &version.os);
    tell("arch", &version.arch);
    tell("kernel-version", &version.kernel_version);
    tell("build-time", version.build_time.unwrap_or_default());
    tell("experimental", version.experimental);
    tell("platform", version.platform.unwrap_or_default());
    for component in &version.components {
        let details: Vec<_> = component
            .details
            .iter()
            .map(|(key, value)| format!("{key}:{value}"))
            .collect();
        let name = format!("component.{}", component.name);
        tell(
            &name,
            format!("{}\t{}", component.version, details.join(" ")).replace('\n', " "),
        );
    }
    Ok(())
}

async fn info_identity(docker: Docker) -> Result<()> {
    let identity = docker.info().await?.identity()?;
    tell("id", &identity.id);
    tell("name", &identity.name);
    tell("server-version", &identity.server_version);
    tell("operating-system", &identity.operating_system);
    tell("os-type", &identity.os_type);
    tell("architecture", &identity.architecture);
    tell("kernel-version", &identity.kernel_version);
    tell("cpus", identity.cpus);
    tell("memory", identity.memory);
    tell("experimental", identity.experimental);
    tell("live-restore", identity.live_restore);
    tell("labels", identity.labels.join(","));
    let clock = identity.system_time.expect("the engine tells its clock");
    let apart = clock
        .unix_seconds()
        .abs_diff(dockwit::Timestamp::now().unix_seconds());
    assert!(apart < 60, "the engine is on this machine: {clock}");
    Ok(())
}

async fn info_counts(docker: Docker) -> Result<()> {
    running(docker, "running").await?;
    running(docker, "paused").await?.pause().await?;
    docker.containers().create(&lasting("created")).await?;
    ran(docker, "exited", "true").await?;
    let counts = docker.info().await?.counts()?;
    assert!(
        counts.running >= 1 && counts.stopped >= 1 && counts.images >= 1,
        "{counts:?}"
    );
    if Facts::of(docker).await?.counts_paused() {
        assert!(counts.paused >= 1, "{counts:?}");
    }
    assert!(counts.containers >= 4, "{counts:?}");
    Ok(())
}

async fn info_storage(docker: Docker) -> Result<()> {
    let storage = docker.info().await?.storage()?;
    tell("driver", &storage.driver);
    tell("root-dir", &storage.root_dir);
    let status: Vec<_> = storage
        .driver_status
        .iter()
        .map(|(key, value)| format!("{key}:{value}"))
        .collect();
    tell("driver-status", status.join(";"));
    Ok(())
}

async fn info_limits(docker: Docker) -> Result<()> {
    let limits = docker.info().await?.limits()?;
    tell("cgroup-driver", &limits.cgroup_driver);
    tell("cgroup-version", &limits.cgroup_version);
    tell("memory-limit", limits.memory_limit);
    tell("swap-limit", limits.swap_limit);
    tell("cpu-cfs-period", limits.cpu_cfs_period);
    tell("cpu-cfs-quota", limits.cpu_cfs_quota);
    tell("cpu-shares", limits.cpu_shares);
    tell("cpuset", limits.cpuset);
    tell("pids-limit", limits.pids_limit);
    tell("oom-kill-disable", limits.oom_kill_disable);
    Ok(())
}

async fn info_drivers(docker: Docker) -> Result<()> {
    let drivers = docker.info().await?.drivers()?;
    tell("logging-driver", &drivers.logging_driver);
    tell("log", drivers.log.join(","));
    tell("volume", drivers.volume.join(","));
    tell("network", drivers.network.join(","));
    tell("authorization", drivers.authorization.join(","));
    tell("default-runtime", &drivers.default_runtime);
    assert!(
        drivers.runtimes.contains(&drivers.default_runtime),
        "{drivers:?}"
    );
    tell("runtimes", drivers.runtimes.len());
    Ok(())
}

async fn info_swarm(docker: Docker) -> Result<()> {
    let swarm = docker.info().await?.swarm()?;
    tell("local-node-state", &swarm.local_node_state);
    assert!(!swarm.control_available);
    assert_eq!(
        (swarm.node_id, swarm.error, swarm.managers, swarm.nodes),
        (None, None, None, None)
    );
    Ok(())
}

async fn info_registries(docker: Docker) -> Result<()> {
    let registries = docker.info().await?.registries()?;
    tell("index-server", &registries.index_server);
    tell("insecure", registries.insecure.join(","));
    tell("mirrors", registries.mirrors.join(","));
    tell("http-proxy", registries.http_proxy.unwrap_or_default());
    tell("https-proxy", registries.https_proxy.unwrap_or_default());
    tell("no-proxy", registries.no_proxy.unwrap_or_default());
    Ok(())
}

async fn info_security_options(docker: Docker) -> Result<()> {
    tell(
        "security-options",
        docker.info().await?.security_options()?.join(";"),
    );
    Ok(())
}

async fn info_warnings(docker: Docker) -> Result<()> {
    tell("warnings", docker.info().await?.warnings()?.join(";"));
    Ok(())
}

/// What it tells doesn't change while it is read.
async fn info_is_a_snapshot(docker: Docker) -> Result<()> {
    let info = docker.info().await?;
    let before = info.counts()?;
    running(docker, "another").await?;
    assert_eq!(info.counts()?, before);
    Ok(())
}
