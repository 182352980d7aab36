//! Stops and restarts.

use std::time::{Duration, Instant};

use dockwit::{ContainerStatus, Docker, Result};
use dockwit_test_plugins::{Facts, failure, impossible, lasting, ran, running, shell, start};

use crate::{DEAF, WILLING, output, printed, printing, state};

pub(crate) async fn stop(docker: Docker) -> Result<()> {
    let container = printing(docker, WILLING, "ready\n").await?;
    container.stop().await?;
    let state = state(&container).await?;
    assert_eq!(state.status, ContainerStatus::Exited);
    assert!(!state.running && state.pid == 0, "{state:?}");
    assert_eq!(state.exit_code, 0, "it was asked, not killed");
    assert!(state.finished_at > state.started_at, "{state:?}");
    Ok(())
}

pub(crate) async fn stop_again(docker: Docker) -> Result<()> {
    let container = ran(docker, "it", "exit 4").await?;
    let before = state(&container).await?;
    container.stop().await?;
    container.stop().timeout(Duration::ZERO).await?;
    assert_eq!(state(&container).await?, before, "nothing has changed");
    let never_started = docker.containers().create(&lasting("new")).await?;
    never_started.stop().await?;
    let status = state(&never_started).await?.status;
    assert_ne!(status, ContainerStatus::Running);
    Ok(())
}

pub(crate) async fn stop_with_timeout(docker: Docker) -> Result<()> {
    let container = printing(docker, DEAF, "ready\n").await?;
    let begun = Instant::now();
    // Rounded up to 2 s.
    container
        .stop()
        .timeout(Duration::from_millis(1_200))
        .await?;
    let took = begun.elapsed();
    assert!(
        took >= Duration::from_millis(1_900) && took < Duration::from_secs(9),
        "{took:?}"
    );
    assert_eq!(state(&container).await?.exit_code, 128 + 9);
    assert_eq!(
        output(&container).await?,
        "ready\nTERM\n",
        "asked, then killed"
    );
    Ok(())
}

pub(crate) async fn stop_without_timeout(docker: Docker) -> Result<()> {
    let script = "trap 'sleep 1.5; exit 5' TERM; echo ready; sleep 600 & wait";
    let made = shell("it", script).stop_timeout(Duration::ZERO);
    let container = start(docker, &made).await?;
    printed(&container, "ready\n").await?;
    let stopped = container.stop().without_timeout().await;
    if Facts::of(docker).await?.can_wait_for_ever_on_a_stop() {
        stopped?;
        assert_eq!(state(&container).await?.exit_code, 5);
    } else {
        assert!(failure("container.stop", stopped).is_invalid());
        container.stop().await?;
    }
    Ok(())
}

pub(crate) async fn stop_with_a_signal(docker: Docker) -> Result<()> {
    let script = "trap 'exit 3' INT; trap 'exit 4' TERM; echo ready; sleep 600 & wait";
    let container = printing(docker, script, "ready\n").await?;
    let facts = Facts::of(docker).await?;
    let stop = container.stop().timeout(Duration::from_secs(10));
    let stopped = stop.signal("INT").await;
    if facts.has_console_size_and_stop_signal() {
        stopped?;
        let expected = if facts.minds_the_signal_of_a_stop() {
            3
        } else {
            4
        };
        assert_eq!(state(&container).await?.exit_code, expected);
    } else {
        too_old_for_a_signal("container.stop", stopped);
        assert!(state(&container).await?.running, "nothing was sent");
        container.stop().timeout(Duration::from_secs(10)).await?;
        assert_eq!(state(&container).await?.exit_code, 4);
    }
    Ok(())
}

pub(crate) fn too_old_for_a_signal(op: &str, outcome: Result<()>) {
    let error = failure(op, outcome);
    assert!(error.is_unsupported(), "{error}");
    assert_eq!((error.field(), error.status()), (Some("signal"), None));
}

pub(crate) async fn stop_with_its_own_signal(docker: Docker) -> Result<()> {
    let script = "trap 'exit 3' INT; trap 'exit 4' TERM; echo ready; sleep 600 & wait";
    let container = start(docker, &shell("it", script).stop_signal("SIGINT")).await?;
    printed(&container, "ready\n").await?;
    container.stop().timeout(Duration::from_secs(10)).await?;
    assert_eq!(state(&container).await?.exit_code, 3);
    Ok(())
}

pub(crate) async fn stop_with_impossible_signals(docker: Docker) -> Result<()> {
    let container = running(docker, "it").await?;
    for signal in ["", "SIG TERM", "TERM&t=1", "\n"] {
        let stopped = container.stop().signal(signal).await;
        impossible("container.stop", "signal", stopped);
        let restarted = container.restart().signal(signal).await;
        impossible("container.restart", "signal", restarted);
    }
    if Facts::of(docker).await?.minds_the_signal_of_a_stop() {
        let stopped = container.stop().signal("NOPE").await;
        let error = failure("container.stop", stopped);
        assert!(error.is_invalid() || error.is_engine(), "{error}");
    }
    assert!(state(&container).await?.running);
    Ok(())
}

pub(crate) async fn restart(docker: Docker) -> Result<()> {
    let container = printing(docker, WILLING, "ready\n").await?;
    let before = state(&container).await?;
    container.restart().await?;
    let after = state(&container).await?;
    assert!(after.running && after.pid != before.pid, "{after:?}");
    assert!(after.started_at > before.started_at, "{after:?}");
    let count = container.inspect().await?.identity()?.restart_count;
    assert_eq!(count, 0, "only the engine's own restarts are counted");
    Ok(())
}

pub(crate) async fn restart_a_stopped_one(docker: Docker) -> Result<()> {
    let made = shell("it", WILLING);
    let container = docker.containers().create(&made).await?;
    container.restart().await?;
    assert!(state(&container).await?.running);
    printed(&container, "ready\n").await?;
    container.stop().await?;
    container.restart().await?;
    assert!(state(&container).await?.running);
    Ok(())
}

pub(crate) async fn restart_with_timeout(docker: Docker) -> Result<()> {
    let container = printing(docker, DEAF, "ready\n").await?;
    let begun = Instant::now();
    container.restart().timeout(Duration::from_secs(1)).await?;
    let took = begun.elapsed();
    assert!(
        took >= Duration::from_millis(900) && took < Duration::from_secs(8),
        "{took:?}"
    );
    printed(&container, "ready\nTERM\nready\n").await
}

pub(crate) async fn restart_with_a_signal(docker: Docker) -> Result<()> {
    let container = printing(docker, DEAF, "ready\n").await?;
    let facts = Facts::of(docker).await?;
    let restart = container
        .restart()
        .signal("SIGINT")
        .timeout(Duration::from_secs(1));
    let restarted = restart.await;
    if facts.has_console_size_and_stop_signal() {
        restarted?;
        let signal = if facts.minds_the_signal_of_a_stop() {
            "INT"
        } else {
            "TERM"
        };
        printed(&container, &format!("ready\n{signal}\nready\n")).await
    } else {
        too_old_for_a_signal("container.restart", restarted);
        Ok(())
    }
}
