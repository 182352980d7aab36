//! What a container is doing, how it ended, and what its health check says.

use std::time::Duration;

use dockwit::containers::{ContainerHealth, ContainerState, HealthStatus};
use dockwit::{Container, ContainerStatus, Docker, Healthcheck, RestartPolicy, Result};
use dockwit_test_plugins::{Facts, eventually, lasting, ran, shell, spec, start, started};

use crate::is_now;

/// The shortest time between two health checks.
const OFTEN: Duration = Duration::from_secs(5);

async fn read(container: &Container) -> Result<ContainerState> {
    container.inspect().await?.state()
}

/// From its making to its end.
pub(crate) async fn state(docker: Docker) -> Result<()> {
    let made = shell("it", "trap 'exit 7' TERM; echo ready; sleep 600 & wait");
    let container = docker.containers().create(&made).await?;
    let new = read(&container).await?;
    assert_eq!(new.status, ContainerStatus::Created);
    assert_eq!(flags(&new), [false; 5]);
    assert_eq!((new.pid, new.exit_code, new.error.as_str()), (0, 0, ""));
    assert_eq!((new.started_at, new.finished_at), (None, None));

    container.start().await?;
    let up = read(&container).await?;
    assert_eq!(up.status, ContainerStatus::Running);
    assert_eq!(flags(&up), [true, false, false, false, false]);
    assert!(up.pid > 1, "{up:?}");
    assert_eq!((up.exit_code, up.error.as_str()), (0, ""));
    is_now(up.started_at);
    assert_eq!(up.finished_at, None);

    container.pause().await?;
    let frozen = read(&container).await?;
    assert_eq!(frozen.status, ContainerStatus::Paused);
    assert_eq!(flags(&frozen), [true, true, false, false, false]);
    assert_eq!((frozen.pid, frozen.started_at), (up.pid, up.started_at));

    container.unpause().await?;
    eventually("it listens", async || {
        let output = container.logs().await?.read_to_string(1 << 10).await?;
        Ok((output == "ready\n").then_some(()))
    })
    .await?;
    container.stop().timeout(Duration::from_secs(10)).await?;
    let down = read(&container).await?;
    assert_eq!(down.status, ContainerStatus::Exited);
    assert_eq!(flags(&down), [false; 5]);
    assert_eq!((down.pid, down.exit_code, down.error.as_str()), (0, 7, ""));
    assert_eq!(down.started_at, up.started_at);
    is_now(down.finished_at);
    assert!(down.finished_at > down.started_at, "{down:?}");
    Ok(())
}

/// Running, paused, restarting, out of memory, dead.
const fn flags(state: &ContainerState) -> [bool; 5] {
    [
        state.running,
        state.paused,
        state.restarting,
        state.oom_killed,
        state.dead,
    ]
}

pub(crate) async fn state_of_one_that_was_killed(docker: Docker) -> Result<()> {
    let container = started(docker, "it", "sleep 600").await?;
    let ended = container.wait().next_exit().await?;
    container.kill().signal("KILL").await?;
    ended.await?;
    let state = read(&container).await?;
    assert_eq!((state.exit_code, state.oom_killed), (137, false));
    let other = ran(docker, "other", "exit 255").await?;
    assert_eq!(read(&other).await?.exit_code, 255);
    Ok(())
}

pub(crate) async fn state_of_one_out_of_memory(docker: Docker) -> Result<()> {
    let greedy = shell("it", "a=aaaaaaaa; while :; do a=$a$a; done")
        .memory("16m")
        .memory_swap("16m");
    let container = docker.containers().create(&greedy).await?;
    let ended = container.wait().next_exit().await?;
    container.start().await?;
    ended.await?;
    let state = read(&container).await?;
    assert_eq!((state.running, state.exit_code), (false, 137));
    if Facts::of(docker).await?.tells_out_of_memory() {
        assert!(state.oom_killed, "{state:?}");
    }
    Ok(())
}

/// A container that ends again and again is started again and again, later each time.
pub(crate) async fn state_of_one_that_ends_again(docker: Docker) -> Result<()> {
    let failing = shell("it", "exit 3").restart(RestartPolicy::always());
    let container = start(docker, &failing).await?;
    let tells = Facts::of(docker).await?.tells_restarting();
    let (count, state) = eventually("it is restarting", async || {
        let details = container.inspect().await?;
        let count = details.identity()?.restart_count;
        let state = details.state()?;
        let seen = count > 1 && (state.restarting || !tells);
        Ok(seen.then_some((count, state)))
    })
    .await?;
    if tells {
        assert_eq!(state.status, ContainerStatus::Restarting);
        assert_eq!((state.exit_code, state.pid), (3, 0));
        is_now(state.finished_at);
    }
    container.stop().await?;
    let details = container.inspect().await?;
    assert!(details.identity()?.restart_count >= count);
    let state = details.state()?;
    assert_eq!(flags(&state), [false; 5]);
    assert_eq!(state.exit_code, 3);
    Ok(())
}

/// What it says once as many checks were run as the case waits for.
async fn checked(container: &Container, checks: usize) -> Result<ContainerHealth> {
    eventually("it was checked", async || {
        let health = container.inspect().await?.health()?;
        Ok(health.filter(|health| health.log.len() >= checks))
    })
    .await
}

pub(crate) async fn health(docker: Docker) -> Result<()> {
    let without = start(docker, &lasting("without")).await?;
    assert_eq!(without.inspect().await?.health()?, None);
    let check = Healthcheck::shell("echo fine; echo ✓ >&2").interval(OFTEN);
    let container = start(docker, &lasting("it").healthcheck(check)).await?;
    let before = container.inspect().await?.health()?.expect("its health");
    if before.log.is_empty() {
        assert_eq!(before.status, HealthStatus::Starting);
    }
    if !Facts::of(docker).await?.runs_health_checks() {
        return Ok(());
    }
    let health = checked(&container, 2).await?;
    assert_eq!(health.status, HealthStatus::Healthy);
    assert_eq!(health.failing_streak, 0);
    for probe in &health.log {
        assert_eq!(probe.exit_code, 0, "{probe:?}");
        assert!(
            probe.output.contains("fine\n") && probe.output.contains('✓'),
            "{probe:?}"
        );
        is_now(probe.start);
        is_now(probe.end);
        assert!(probe.end >= probe.start, "{probe:?}");
    }
    assert!(health.log[1].start > health.log[0].start, "{health:?}");
    Ok(())
}

pub(crate) async fn health_of_an_ill_one(docker: Docker) -> Result<()> {
    let check = Healthcheck::command(["sh", "-c", "echo ill; exit 1"])
        .interval(OFTEN)
        .retries(2);
    let made = spec("it").command(["sleep", "600"]).healthcheck(check);
    let container = start(docker, &made).await?;
    if !Facts::of(docker).await?.runs_health_checks() {
        let health = container.inspect().await?.health()?.expect("its health");
        assert_eq!(health.status, HealthStatus::Starting);
        return Ok(());
    }
    let first = checked(&container, 1).await?;
    assert!(first.failing_streak >= 1, "{first:?}");
    let health = checked(&container, 3).await?;
    assert_eq!(health.status, HealthStatus::Unhealthy);
    assert!(health.failing_streak >= 3, "{health:?}");
    let probe = &health.log[0];
    assert_eq!((probe.exit_code, probe.output.as_str()), (1, "ill\n"));
    Ok(())
}
