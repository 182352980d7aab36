//! Changing a container: a case for each setter of the spec, named as in the WIT, and what goes wrong.

use dockwit::containers::ContainerResources;
use dockwit::{Container, ContainerSpec, Docker, RestartPolicy, Result, UpdateSpec};
use dockwit_test_plugins::{
    Facts, cases, denied, eventually, failure, impossible, lasting, spec, start, tell,
};

cases! {
    // One for each setter.
    set_memory, set_memory_reservation, set_memory_swap, set_nano_cpus, set_cpu_shares, set_cpu_period, set_cpu_quota,
    set_pids_limit, set_blkio_weight, set_restart_policy,
    // The rest.
    what_is_not_set_stays, in_force_at_once, of_one_that_has_ended, a_template, impossible_values, unreadable_values,
    refused_by_the_engine,
}

/// What is known of the container `it` after it was changed, or nothing, where containers can't be changed.
async fn changed(
    docker: Docker,
    made: &ContainerSpec,
    change: &UpdateSpec,
) -> Result<Option<Container>> {
    let container = start(docker, made).await?;
    let outcome = container.update(change).await;
    if Facts::of(docker).await?.updates() {
        outcome?;
        return Ok(Some(container));
    }
    let error = failure("container.update", outcome);
    assert!(error.is_not_found() || error.is_unsupported(), "{error}");
    Ok(None)
}

/// Checks what a change of the container `it` has changed.
async fn changes(
    docker: Docker,
    made: &ContainerSpec,
    change: &UpdateSpec,
    check: impl FnOnce(ContainerResources),
) -> Result<()> {
    if let Some(container) = changed(docker, made, change).await? {
        check(container.inspect().await?.resources()?);
    }
    Ok(())
}

fn limited() -> ContainerSpec {
    lasting("it").memory("64m").memory_swap("64m")
}

async fn set_memory(docker: Docker) -> Result<()> {
    let change = UpdateSpec::new().memory("48m");
    changes(docker, &limited(), &change, |now| {
        // No swap belongs to it: none before, and none now.
        assert_eq!((now.memory, now.memory_swap), (48 << 20, 48 << 20));
    })
    .await
}

async fn set_memory_reservation(docker: Docker) -> Result<()> {
    let change = UpdateSpec::new().memory_reservation("32m");
    changes(docker, &limited(), &change, |now| {
        assert_eq!(now.memory_reservation, 32 << 20);
    })
    .await
}

async fn set_memory_swap(docker: Docker) -> Result<()> {
    let change = UpdateSpec::new().memory("96m").memory_swap("96m");
    let Some(container) = changed(docker, &limited(), &change).await? else {
        return Ok(());
    };
    let limited = || UpdateSpec::new().memory("96m");
    for change in [limited().memory_swap("192m"), limited().memory_swap(-1)] {
        let outcome = container.update(&change).await;
        denied("container.update", "create.memory", outcome);
    }
    let now = container.inspect().await?.resources()?;
    assert_eq!((now.memory, now.memory_swap), (96 << 20, 96 << 20));
    Ok(())
}

async fn set_nano_cpus(docker: Docker) -> Result<()> {
    let change = UpdateSpec::new().cpus(0.5);
    let kept = Facts::of(docker).await?.updates_only_what_is_set();
    changes(docker, &lasting("it").cpus(0.25), &change, |now| {
        assert!(now.nano_cpus == 500_000_000 || !kept, "{now:?}");
    })
    .await
}

async fn set_cpu_shares(docker: Docker) -> Result<()> {
    let change = UpdateSpec::new().cpu_shares(333);
    changes(docker, &lasting("it").cpu_shares(512), &change, |now| {
        assert_eq!(now.cpu_shares, 333);
    })
    .await
}

async fn set_cpu_period(docker: Docker) -> Result<()> {
    let made = lasting("it").cpu_period(50_000).cpu_quota(20_000);
    let change = UpdateSpec::new().cpu_period(40_000).cpu_quota(20_000);
    changes(docker, &made, &change, |now| {
        assert_eq!((now.cpu_period, now.cpu_quota), (40_000, 20_000));
    })
    .await
}

async fn set_cpu_quota(docker: Docker) -> Result<()> {
    let made = lasting("it").cpu_period(50_000).cpu_quota(20_000);
    let change = UpdateSpec::new().cpu_period(50_000).cpu_quota(30_000);
    changes(docker, &made, &change, |now| {
        assert_eq!((now.cpu_period, now.cpu_quota), (50_000, 30_000));
    })
    .await
}

async fn set_pids_limit(docker: Docker) -> Result<()> {
    let change = UpdateSpec::new().pids_limit(55);
    let made = lasting("it").pids_limit(77);
    let Some(container) = changed(docker, &made, &change).await? else {
        return Ok(());
    };
    for beyond in [-1, 0, 100_001] {
        let change = UpdateSpec::new().pids_limit(beyond);
        let outcome = container.update(&change).await;
        denied("container.update", "create.pids", outcome);
    }
    let now = container.inspect().await?.resources()?;
    assert_eq!(now.pids_limit, Some(55));
    Ok(())
}

/// A kernel that can't do it makes the engine warn, or fail.
async fn set_blkio_weight(docker: Docker) -> Result<()> {
    let container = start(docker, &lasting("it")).await?;
    let outcome = container.update(&UpdateSpec::new().blkio_weight(400)).await;
    let weight = container.inspect().await?.resources()?.blkio_weight;
    match outcome {
        Ok(warnings) => assert!(weight == 400 || !warnings.is_empty(), "{weight}"),
        Err(error) => assert!(!error.is_protocol() && error.status().is_some(), "{error}"),
    }
    tell("weight", weight);
    Ok(())
}

async fn set_restart_policy(docker: Docker) -> Result<()> {
    let change = UpdateSpec::new().restart(RestartPolicy::on_failure(5));
    let made = lasting("it").restart(RestartPolicy::always());
    let Some(container) = changed(docker, &made, &change).await? else {
        return Ok(());
    };
    let policy =
        async || -> Result<_> { Ok(container.inspect().await?.host_config()?.restart_policy) };
    assert_eq!(policy().await?, RestartPolicy::on_failure(5));
    container
        .update(&UpdateSpec::new().restart(RestartPolicy::unless_stopped()))
        .await?;
    assert_eq!(policy().await?, RestartPolicy::unless_stopped());
    Ok(())
}

async fn what_is_not_set_stays(docker: Docker) -> Result<()> {
    let made = limited()
        .memory_reservation("32m")
        .cpu_shares(512)
        .pids_limit(77)
        .restart(RestartPolicy::on_failure(2));
    let container = start(docker, &made).await?;
    let before = container.inspect().await?.resources()?;
    let facts = Facts::of(docker).await?;
    if !facts.updates() {
        return Ok(());
    }
    let warnings = container.update(&UpdateSpec::new()).await?;
    assert_eq!(warnings, Vec::<String>::new());
    assert_eq!(container.inspect().await?.resources()?, before);
    container.update(&UpdateSpec::new().pids_limit(50)).await?;
    let details = container.inspect().await?;
    let expected = ContainerResources {
        pids_limit: Some(50),
        ..before
    };
    assert_eq!(details.resources()?, expected);
    if facts.updates_only_what_is_set() {
        let policy = details.host_config()?.restart_policy;
        assert_eq!(policy, RestartPolicy::on_failure(2));
    }
    Ok(())
}

/// A container that runs is held to the new limit: it counts how many processes it can have.
async fn in_force_at_once(docker: Docker) -> Result<()> {
    let change = UpdateSpec::new().memory("48m").pids_limit(60);
    let made = limited().pids_limit(77);
    let Some(container) = changed(docker, &made, &change).await? else {
        return Ok(());
    };
    let state = container.inspect().await?.state()?;
    assert!(state.running, "it goes on");
    let stats = container.stats().one_shot().await?;
    assert_eq!(stats.memory.limit, 48 << 20);
    if Facts::of(docker).await?.counts_up_to_the_pids_limit() {
        assert_eq!(stats.pids_limit, Some(60));
    }
    Ok(())
}

/// One that doesn't run has the new limit when it is started again.
async fn of_one_that_has_ended(docker: Docker) -> Result<()> {
    let facts = Facts::of(docker).await?;
    if !facts.updates() {
        return Ok(());
    }
    let limit = async |container: &Container| -> Result<_> {
        let details = container.inspect().await?.resources()?.pids_limit;
        let counted = container.stats().one_shot().await?.pids_limit;
        Ok(counted.map_or(details, |limit| i64::try_from(limit).ok()))
    };
    let container = docker
        .containers()
        .create(&lasting("it").pids_limit(77))
        .await?;
    container.update(&UpdateSpec::new().pids_limit(44)).await?;
    container.start().await?;
    assert_eq!(limit(&container).await?, Some(44));
    container.stop().await?;
    container.update(&UpdateSpec::new().pids_limit(33)).await?;
    container.start().await?;
    assert_eq!(limit(&container).await?, Some(33));
    Ok(())
}

/// A spec can be used for several containers, and again.
async fn a_template(docker: Docker) -> Result<()> {
    let change = UpdateSpec::new().cpu_shares(300);
    let one = start(docker, &lasting("it")).await?;
    if !Facts::of(docker).await?.updates() {
        return Ok(());
    }
    let other = start(docker, &lasting("other").cpu_shares(900)).await?;
    for container in [&one, &other, &one] {
        container.update(&change).await?;
        assert_eq!(container.inspect().await?.resources()?.cpu_shares, 300);
    }
    Ok(())
}

/// What can't be is found by the host, before the engine is asked.
async fn impossible_values(docker: Docker) -> Result<()> {
    let container = docker.containers().create(&spec("it")).await?;
    let beyond = u64::MAX;
    for (field, change) in [
        ("set-memory", UpdateSpec::new().memory(beyond)),
        ("set-cpu-shares", UpdateSpec::new().cpu_shares(beyond)),
        ("set-cpu-period", UpdateSpec::new().cpu_period(beyond)),
        ("set-cpu-shares", UpdateSpec::new().cpu_shares(1_025)),
        ("set-blkio-weight", UpdateSpec::new().blkio_weight(501)),
        (
            "set-restart-policy",
            UpdateSpec::new().restart(RestartPolicy {
                maximum_retries: 1,
                ..RestartPolicy::always()
            }),
        ),
        (
            "set-cpu-period",
            UpdateSpec::new().cpu_period(beyond).cpu_shares(beyond),
        ),
    ] {
        let outcome = container.update(&change).await;
        impossible("container.update", field, outcome);
    }
    Ok(())
}

/// What can't be read as a value is found by the guest, and told in the same way.
async fn unreadable_values(docker: Docker) -> Result<()> {
    let container = docker.containers().create(&spec("it")).await?;
    for (field, change) in [
        ("set-memory", UpdateSpec::new().memory("12q")),
        ("set-memory", UpdateSpec::new().memory(-1)),
        (
            "set-memory-reservation",
            UpdateSpec::new().memory_reservation("x"),
        ),
        ("set-memory-swap", UpdateSpec::new().memory_swap("x")),
        ("set-nano-cpus", UpdateSpec::new().cpus(-1)),
    ] {
        let outcome = container.update(&change).await;
        let got = outcome.as_ref().is_err_and(|error| error.got().is_some());
        assert!(got, "{field}");
        impossible("container.update", field, outcome);
    }
    Ok(())
}

/// What only the engine can know; and nothing of it is done.
async fn refused_by_the_engine(docker: Docker) -> Result<()> {
    let container = start(docker, &limited()).await?;
    let before = container.inspect().await?.resources()?;
    let facts = Facts::of(docker).await?;
    for (what, change) in [
        ("less memory than it takes", UpdateSpec::new().memory("1m")),
        (
            "less memory and swap than memory",
            UpdateSpec::new().memory("96m").memory_swap("80m"),
        ),
    ] {
        let updated = container.update(&change).await;
        if facts.minds_impossible_updates() {
            let error = failure("container.update", updated);
            assert_eq!(error.field(), None, "{what}: {error}");
            let kind = error.is_invalid() || error.is_engine() || error.is_conflict();
            assert!(kind, "{what}: {error}");
        }
    }
    if !facts.minds_impossible_updates() {
        return Ok(());
    }
    eventually("it is as before", async || {
        let now = container.inspect().await?.resources()?;
        Ok((now == before).then_some(()))
    })
    .await
}
