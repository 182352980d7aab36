//! What a container may use, what it may do, and what happens when it ends.

use dockwit::{Docker, IpcMode, RestartPolicy, Result, Ulimit};
use dockwit_test_plugins::{Facts, denied, failure, lasting, running, shell, spec, start, tell};

use crate::{host_config, it, resources};

pub(crate) async fn set_memory(docker: Docker) -> Result<()> {
    assert_eq!(
        resources(docker, &spec("it").memory("64m")).await?.memory,
        64 << 20
    );
    Ok(())
}

pub(crate) async fn set_memory_reservation(docker: Docker) -> Result<()> {
    let resources = resources(
        docker,
        &spec("it").memory("64m").memory_reservation(32 << 20),
    )
    .await?;
    assert_eq!(resources.memory_reservation, 32 << 20);
    Ok(())
}

pub(crate) async fn set_memory_swap(docker: Docker) -> Result<()> {
    let limited = |name| spec(name).memory("64m");
    let beyond = || limited("beyond");
    for made in [beyond().memory_swap("96m"), beyond().memory_swap(-1)] {
        let outcome = docker.containers().create(&made).await;
        denied("containers.create", "create.memory", outcome);
    }
    let swap = resources(docker, &limited("it").memory_swap("64m"))
        .await?
        .memory_swap;
    assert_eq!(swap, 64 << 20);
    Ok(())
}

/// A kernel that can't do it makes the engine warn and drop it.
pub(crate) async fn set_memory_swappiness(docker: Docker) -> Result<()> {
    let (container, warnings) = docker
        .containers()
        .create_with_warnings(&spec("it").memory_swappiness(42))
        .await?;
    let warns = Facts::of(docker).await?.warns_of_what_the_kernel_lacks();
    let swappiness = container.inspect().await?.resources()?.memory_swappiness;
    assert!(
        swappiness == Some(42) || !warnings.is_empty() || !warns,
        "{swappiness:?} {warnings:?}"
    );
    let beyond = docker
        .containers()
        .create(&spec("beyond").memory_swappiness(101))
        .await;
    if warns {
        let error = failure("containers.create", beyond);
        assert!(error.is_invalid() || !warnings.is_empty(), "{error}");
    }
    Ok(())
}

pub(crate) async fn set_shm_size(docker: Docker) -> Result<()> {
    assert_eq!(
        resources(docker, &spec("it").shm_size("8m"))
            .await?
            .shm_size,
        8 << 20
    );
    Ok(())
}

pub(crate) async fn set_nano_cpus(docker: Docker) -> Result<()> {
    assert_eq!(
        resources(docker, &spec("it").cpus(0.5)).await?.nano_cpus,
        500_000_000
    );
    Ok(())
}

pub(crate) async fn set_cpu_shares(docker: Docker) -> Result<()> {
    assert_eq!(
        resources(docker, &spec("it").cpu_shares(512))
            .await?
            .cpu_shares,
        512
    );
    Ok(())
}

pub(crate) async fn set_cpu_period(docker: Docker) -> Result<()> {
    assert_eq!(
        resources(docker, &spec("it").cpu_period(50_000))
            .await?
            .cpu_period,
        50_000
    );
    Ok(())
}

pub(crate) async fn set_cpu_quota(docker: Docker) -> Result<()> {
    assert_eq!(
        resources(docker, &spec("it").cpu_quota(25_000))
            .await?
            .cpu_quota,
        25_000
    );
    Ok(())
}

pub(crate) async fn set_pids_limit(docker: Docker) -> Result<()> {
    assert_eq!(
        resources(docker, &spec("it").pids_limit(77))
            .await?
            .pids_limit,
        Some(77)
    );
    for beyond in [-1, 0, 100_001] {
        let made = spec("beyond").pids_limit(beyond);
        let outcome = docker.containers().create(&made).await;
        denied("containers.create", "create.pids", outcome);
    }
    Ok(())
}

/// A kernel that can't do it makes the engine warn and drop it.
pub(crate) async fn set_blkio_weight(docker: Docker) -> Result<()> {
    let (container, warnings) = docker
        .containers()
        .create_with_warnings(&spec("it").blkio_weight(500))
        .await?;
    let weight = container.inspect().await?.resources()?.blkio_weight;
    let warns = Facts::of(docker).await?.warns_of_what_the_kernel_lacks();
    assert!(
        weight == 500 || (weight == 0 && (!warnings.is_empty() || !warns)),
        "{weight} {warnings:?}"
    );
    tell("weight", weight);
    Ok(())
}

pub(crate) async fn add_ulimit(docker: Docker) -> Result<()> {
    let made = spec("it")
        .ulimit("nofile", 512, 1_024)
        .ulimit("nproc", 5_000, 10_000)
        .ulimit("core", 0, 0);
    let ulimits = resources(docker, &made).await?.ulimits;
    for (name, soft, hard) in [
        ("nofile", 512, 1_024),
        ("nproc", 5_000, 10_000),
        ("core", 0, 0),
    ] {
        let expected = Ulimit {
            name: name.into(),
            soft,
            hard,
        };
        assert!(ulimits.contains(&expected), "{ulimits:?}");
    }
    Ok(())
}

pub(crate) async fn set_oom_score_adj(docker: Docker) -> Result<()> {
    assert_eq!(
        resources(docker, &spec("it").oom_score_adj(123))
            .await?
            .oom_score_adj,
        123
    );
    Ok(())
}

pub(crate) async fn set_init(docker: Docker) -> Result<()> {
    let has = Facts::of(docker).await?.has_an_init();
    let made = spec("it").init(has);
    assert_eq!(
        host_config(docker, &made).await?.init.unwrap_or_default(),
        has
    );
    if !has {
        let without = docker.containers().create(&spec("init").init(true)).await;
        assert!(failure("containers.create", without).is_engine());
    }
    let without = host_config(docker, &spec("without").init(false)).await?;
    assert!(!without.init.unwrap_or_default());
    Ok(())
}

pub(crate) async fn set_ipc_mode(docker: Docker) -> Result<()> {
    let facts = Facts::of(docker).await?;
    for (short_name, mode, word) in [
        ("it", IpcMode::Shareable, "shareable"),
        ("private", IpcMode::Private, "private"),
        ("none", IpcMode::None, "none"),
    ] {
        let told = it(docker, &spec(short_name).ipc_mode(mode)).await?;
        let told = told.security()?.ipc_mode;
        assert!(
            told == word || !facts.keeps("set-ipc-mode"),
            "{told}, not {word}"
        );
    }
    Ok(())
}

pub(crate) async fn drop_capability(docker: Docker) -> Result<()> {
    let dropped = it(
        docker,
        &spec("it").drop_capability("KILL").drop_capability("CHOWN"),
    )
    .await?
    .security()?
    .cap_drop;
    let mut dropped: Vec<_> = dropped
        .iter()
        .map(|name| name.trim_start_matches("CAP_"))
        .collect();
    dropped.sort_unstable();
    let facts = Facts::of(docker).await?;
    assert_eq!(dropped, facts.dropped(&["CHOWN", "KILL"]));
    Ok(())
}

/// What is dropped, and what is kept of it.
pub(crate) async fn add_capability(docker: Docker) -> Result<()> {
    let made = spec("it").drop_capability("ALL").capability("CHOWN");
    let made = made.command(["sh", "-c", "chown 1 /tmp && ! chroot / true"]);
    let container = docker.containers().create(&made).await?;
    let ended = container.wait().next_exit().await?;
    container.start().await?;
    assert!(
        ended.await?.success(),
        "it may do the one and not the other"
    );
    Ok(())
}

pub(crate) async fn set_no_new_privileges(docker: Docker) -> Result<()> {
    let script = "grep NoNewPrivs /proc/self/status";
    let asked = shell("it", script).no_new_privileges(true);
    for made in [asked, shell("unasked", script)] {
        let container = docker.containers().create(&made).await?;
        let ended = container.wait().next_exit().await?;
        container.start().await?;
        ended.await?;
        let output = container.logs().await?.read_to_string(1 << 10).await?;
        assert_eq!(output.trim().rsplit('\t').next(), Some("1"), "{output}");
    }
    let off = shell("off", script).no_new_privileges(false);
    denied(
        "containers.create",
        "create.privilege-escalation",
        docker.containers().create(&off).await,
    );
    Ok(())
}

pub(crate) async fn add_sysctl(docker: Docker) -> Result<()> {
    let script = "cat /proc/sys/net/ipv4/ip_unprivileged_port_start";
    let made = shell("it", script).sysctl("net.ipv4.ip_unprivileged_port_start", "79");
    let container = docker.containers().create(&made).await?;
    let ended = container.wait().next_exit().await?;
    container.start().await?;
    ended.await?;
    let output = container.logs().await?.read_to_string(1 << 10).await?;
    assert_eq!(output, "79\n");
    Ok(())
}

/// Two that share memory between processes.
pub(crate) async fn set_ipc_container(docker: Docker) -> Result<()> {
    let other = lasting("other").ipc_mode(IpcMode::Shareable);
    let other = start(docker, &other).await?;
    let told = it(docker, &spec("it").share_ipc(&other))
        .await?
        .security()?;
    assert_eq!(told.ipc_mode, format!("container:{}", other.id()));
    Ok(())
}

/// One that sees the processes of another.
pub(crate) async fn set_pid_container(docker: Docker) -> Result<()> {
    let other = running(docker, "other").await?;
    let made = shell("it", "ps").share_pid(&other);
    let container = docker.containers().create(&made).await?;
    let ended = container.wait().next_exit().await?;
    container.start().await?;
    ended.await?;
    let output = container.logs().await?.read_to_string(1 << 16).await?;
    assert!(output.contains("sleep 600"), "{output}");
    Ok(())
}

pub(crate) async fn set_cgroupns_private(docker: Docker) -> Result<()> {
    let told = it(docker, &spec("it").cgroupns_private())
        .await?
        .security()?;
    let kept = Facts::of(docker).await?.tells_strange_options();
    assert!(told.cgroupns_mode == "private" || !kept, "{told:?}");
    Ok(())
}

pub(crate) async fn set_restart_policy(docker: Docker) -> Result<()> {
    for (short_name, policy) in [
        ("it", RestartPolicy::on_failure(3)),
        ("always", RestartPolicy::always()),
        ("unless-stopped", RestartPolicy::unless_stopped()),
        ("no", RestartPolicy::no()),
    ] {
        let read = host_config(docker, &spec(short_name).restart(policy.clone()))
            .await?
            .restart_policy;
        assert_eq!(read, policy);
    }
    Ok(())
}

pub(crate) async fn set_auto_remove(docker: Docker) -> Result<()> {
    docker
        .containers()
        .create(&spec("it").auto_remove(true))
        .await?;
    let passing = docker
        .containers()
        .create(&spec("passing").auto_remove(true).command(["true"]))
        .await?;
    assert!(passing.inspect().await?.host_config()?.auto_remove);
    let removed = passing.wait().removed().await?;
    passing.start().await?;
    removed.await?;
    assert!(failure("container.inspect", passing.inspect().await).is_not_found());
    Ok(())
}
