//! Waiting for a container.

use std::time::Duration;

use dockwit::time::{sleep, timeout};
use dockwit::{Docker, Result, TryStreamExt, futures::future::try_join_all, stdin};
use dockwit_test_plugins::{Facts, cases, lasting, ran, running, shell, started};

cases! {
    first_and_then_started, each_exit_status, at_once_if_it_does_not_run, until_it_does_not_run, killed, next_exit_is_not_the_last,
    next_exit_of_a_restart, until_removed, until_removed_by_itself, several, a_lost_race_loses_nothing, dropped, of_a_container_that_is_gone,
    beside_other_calls,
}

async fn first_and_then_started(docker: Docker) -> Result<()> {
    let container = docker.containers().create(&shell("c", "exit 7")).await?;
    let wait = container.wait().next_exit().await?;
    container.start().await?;
    let exit = wait.await?;
    assert_eq!((exit.status_code, exit.error.as_deref()), (7, None));
    assert!(!exit.success());
    Ok(())
}

async fn each_exit_status(docker: Docker) -> Result<()> {
    for status in [0, 1, 125, 255] {
        let name = format!("c{status}");
        let container = docker
            .containers()
            .create(&shell(&name, &format!("exit {status}")))
            .await?;
        let wait = container.wait().next_exit().await?;
        container.start().await?;
        let exit = wait.await?;
        assert_eq!((exit.status_code, exit.success()), (status, status == 0));
    }
    Ok(())
}

async fn at_once_if_it_does_not_run(docker: Docker) -> Result<()> {
    let ended = ran(docker, "ended", "exit 5").await?;
    assert_eq!(ended.wait().await?.await?.status_code, 5);
    assert_eq!(ended.wait().await?.await?.status_code, 5, "again");
    let created = docker.containers().create(&lasting("created")).await?;
    let exit = created.wait().await?.await?;
    let gives = Facts::of(docker)
        .await?
        .gives_a_status_before_the_first_run();
    let none = !gives && exit.status_code == -1;
    assert!(exit.status_code == 0 || none, "{exit:?}");
    Ok(())
}

async fn until_it_does_not_run(docker: Docker) -> Result<()> {
    let container = running(docker, "c").await?;
    let mut wait = container.wait().await?;
    let early = timeout(Duration::from_millis(300), &mut wait).await;
    assert!(early.is_err(), "it runs: {early:?}");
    container.stop().await?;
    assert_eq!(wait.await?.status_code, 0, "it was asked, not killed");
    Ok(())
}

async fn killed(docker: Docker) -> Result<()> {
    let container = running(docker, "c").await?;
    let wait = container.wait().await?;
    container.kill().await?;
    assert_eq!(wait.await?.status_code, 128 + 9);
    Ok(())
}

async fn next_exit_is_not_the_last(docker: Docker) -> Result<()> {
    let container = ran(docker, "c", "test -e /been && exit 9; touch /been; exit 3").await?;
    let mut wait = container.wait().next_exit().await?;
    let early = timeout(Duration::from_millis(300), &mut wait).await;
    assert!(early.is_err(), "the last exit isn't the next: {early:?}");
    container.start().await?;
    assert_eq!(wait.await?.status_code, 9);
    Ok(())
}

async fn next_exit_of_a_restart(docker: Docker) -> Result<()> {
    let container = running(docker, "c").await?;
    let wait = container.wait().next_exit().await?;
    container.restart().await?;
    let status = wait.await?.status_code;
    let killed = !Facts::of(docker).await?.gives_time_to_restart() && status == 137;
    assert!(status == 0 || killed, "a restart is an exit, too: {status}");
    assert!(container.inspect().await?.state()?.running);
    Ok(())
}

async fn until_removed(docker: Docker) -> Result<()> {
    let container = ran(docker, "c", "exit 6").await?;
    let mut wait = container.wait().removed().await?;
    let early = timeout(Duration::from_millis(300), &mut wait).await;
    assert!(early.is_err(), "it is there: {early:?}");
    container.remove().await?;
    let exit = wait.await?;
    // Podman has forgotten how it ended.
    if !Facts::of(docker).await?.podman() {
        assert_eq!(exit.status_code, 6);
    }
    let error = container.inspect().await.unwrap_err();
    assert!(error.is_not_found(), "{error}");
    Ok(())
}

async fn until_removed_by_itself(docker: Docker) -> Result<()> {
    let spec = shell("c", "sleep 0.3; exit 4").auto_remove(true);
    let container = docker.containers().create(&spec).await?;
    let wait = container.wait().removed().await?;
    container.start().await?;
    let exit = wait.await?;
    if !Facts::of(docker).await?.podman() {
        assert_eq!(exit.status_code, 4);
    }
    let error = container.inspect().await.unwrap_err();
    assert!(error.is_not_found(), "{error}");
    Ok(())
}

async fn several(docker: Docker) -> Result<()> {
    let container = started(docker, "c", "sleep 0.5; exit 3").await?;
    let calls = (0..5).map(|_| container.wait());
    let waits = try_join_all(calls).await?;
    let exits = try_join_all(waits).await?;
    assert_eq!(exits.len(), 5);
    assert!(exits.iter().all(|exit| exit.status_code == 3), "{exits:?}");
    Ok(())
}

async fn a_lost_race_loses_nothing(docker: Docker) -> Result<()> {
    let container = started(docker, "c", "sleep 0.5; exit 8").await?;
    let mut wait = container.wait().await?;
    let mut lost = 0;
    let exit = loop {
        match timeout(Duration::from_millis(1), &mut wait).await {
            Ok(exit) => break exit?,
            Err(_) => lost += 1,
        }
    };
    assert_eq!(exit.status_code, 8);
    assert!(lost > 10, "the race was lost often: {lost}");
    Ok(())
}

async fn dropped(docker: Docker) -> Result<()> {
    let mut input = stdin().lines();
    let container = running(docker, "c").await?;
    let mut wait = container.wait().await?;
    assert!(timeout(Duration::from_millis(20), &mut wait).await.is_err());
    println!("following");
    input.try_next().await?;
    drop(wait);
    println!("dropped");
    input.try_next().await?;
    assert!(container.inspect().await?.state()?.running);
    Ok(())
}

async fn of_a_container_that_is_gone(docker: Docker) -> Result<()> {
    let container = docker.containers().create(&lasting("c")).await?;
    container.remove().await?;
    let error = match container.wait().await {
        Err(error) => error,
        // Podman takes the call, and then says so.
        Ok(wait) => wait.await.unwrap_err(),
    };
    assert!(error.is_not_found(), "{error}");
    assert_eq!(error.op(), "container.wait");
    Ok(())
}

async fn beside_other_calls(docker: Docker) -> Result<()> {
    let container = started(docker, "c", "sleep 0.6; exit 2").await?;
    let wait = async { container.wait().await?.await };
    let others = async {
        for _ in 0..10 {
            assert!(container.inspect().await?.state()?.running);
            sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    };
    let (exit, ()) = dockwit::try_join!(wait, others)?;
    assert_eq!(exit.status_code, 2);
    Ok(())
}
