//! Signals and pauses.

use std::time::Duration;

use dockwit::time::sleep;
use dockwit::{ContainerStatus, Docker, Result};
use dockwit_test_plugins::{
    Facts, eventually, failure, impossible, lasting, ran, running, started,
};

use crate::{DEAF, forbidden_by_its_state, output, printed, printing, state};

pub(crate) async fn kill(docker: Docker) -> Result<()> {
    let container = printing(docker, DEAF, "ready\n").await?;
    let ended = container.wait().next_exit().await?;
    container.kill().await?;
    assert_eq!(ended.await?.status_code, 128 + 9);
    assert_eq!(state(&container).await?.exit_code, 128 + 9);
    assert_eq!(output(&container).await?, "ready\n", "it wasn't asked");
    Ok(())
}

pub(crate) async fn kill_by_names_and_numbers(docker: Docker) -> Result<()> {
    let container = printing(docker, DEAF, "ready\n").await?;
    let mut expected = "ready\n".to_owned();
    for (signal, word) in [
        ("USR1", "USR1"),
        ("SIGUSR1", "USR1"),
        ("10", "USR1"),
        ("INT", "INT"),
        ("2", "INT"),
        ("SIGTERM", "TERM"),
        ("15", "TERM"),
    ] {
        container.kill().signal(signal).await?;
        expected += &format!("{word}\n");
        printed(&container, &expected).await?;
    }
    assert!(state(&container).await?.running, "it lives through all");
    let ended = container.wait().next_exit().await?;
    container.kill().signal("9").await?;
    assert_eq!(ended.await?.status_code, 128 + 9);
    Ok(())
}

pub(crate) async fn kill_by_impossible_signals(docker: Docker) -> Result<()> {
    let container = running(docker, "it").await?;
    for signal in ["", "SIG TERM", "KILL?", "\n"] {
        let killed = container.kill().signal(signal).await;
        impossible("container.kill", "signal", killed);
    }
    let invalid = Facts::of(docker).await?.says_invalid_of_signals();
    for signal in ["NOPE", "SIGNOPE", "0"] {
        let error = failure("container.kill", container.kill().signal(signal).await);
        assert!(
            error.is_invalid() || (!invalid && error.is_engine()),
            "{error}"
        );
    }
    let error = failure("container.kill", container.kill().signal("999").await);
    assert!(error.is_invalid() || error.is_engine(), "{error}");
    assert!(state(&container).await?.running);
    Ok(())
}

pub(crate) async fn kill_one_that_does_not_run(docker: Docker) -> Result<()> {
    let ended = ran(docker, "it", "exit 0").await?;
    let new = docker.containers().create(&lasting("new")).await?;
    for container in [ended, new] {
        let error = failure("container.kill", container.kill().await);
        forbidden_by_its_state(docker, &error).await?;
    }
    Ok(())
}

pub(crate) async fn pause(docker: Docker) -> Result<()> {
    let script = "while :; do echo tick; sleep 0.02; done";
    let container = started(docker, "it", script).await?;
    container.pause().await?;
    let paused = state(&container).await?;
    assert_eq!(paused.status, ContainerStatus::Paused);
    assert!(paused.running && paused.paused, "{paused:?}");
    sleep(Duration::from_millis(200)).await;
    let before = output(&container).await?;
    sleep(Duration::from_millis(300)).await;
    assert_eq!(output(&container).await?, before, "it stands still");
    container.unpause().await?;
    let after = state(&container).await?;
    assert_eq!(after.status, ContainerStatus::Running);
    assert_eq!((after.paused, after.pid), (false, paused.pid));
    eventually("it goes on", async || {
        Ok((output(&container).await?.len() > before.len()).then_some(()))
    })
    .await?;
    container.pause().await
}

pub(crate) async fn pause_twice(docker: Docker) -> Result<()> {
    let container = running(docker, "it").await?;
    container.pause().await?;
    let error = failure("container.pause", container.pause().await);
    forbidden_by_its_state(docker, &error).await?;
    assert!(state(&container).await?.paused);
    Ok(())
}

pub(crate) async fn pause_one_that_does_not_run(docker: Docker) -> Result<()> {
    let ended = ran(docker, "it", "exit 0").await?;
    let new = docker.containers().create(&lasting("new")).await?;
    for container in [ended, new] {
        let error = failure("container.pause", container.pause().await);
        forbidden_by_its_state(docker, &error).await?;
    }
    Ok(())
}

pub(crate) async fn unpause_one_that_is_not_paused(docker: Docker) -> Result<()> {
    let container = running(docker, "it").await?;
    let new = docker.containers().create(&lasting("new")).await?;
    for container in [&container, &new] {
        let error = failure("container.unpause", container.unpause().await);
        assert!(error.is_conflict() || error.is_engine(), "{error}");
    }
    assert!(state(&container).await?.running);
    Ok(())
}
