//! What a plugin is told when the engine fails, in one way or another.

use dockwit::time::sleep;
use dockwit::{Container, Docker, Error, Result, StreamExt, TryStreamExt, stdin};
use dockwit_test_plugins::{cases, lasting, shell, start, started, tell};
use std::time::Duration;

cases! {
    ping, list, inspect, create, logs, stats_stream, wait, read_logs, cut_while_following, cut_while_waiting, cut_while_sampling,
    cut_between_calls, ten_calls,
}

/// Tells an error, or that there was none.
fn outcome<T>(outcome: Result<T>) -> Result<()> {
    match outcome {
        Ok(_) => tell("kind", "none"),
        Err(error) => tell_error(&error),
    }
    Ok(())
}

fn tell_error(error: &Error) {
    tell("kind", error.kind());
    tell("op", error.op());
    tell(
        "status",
        error
            .status()
            .map(|status| status.to_string())
            .unwrap_or_default(),
    );
    tell("message", error.message().escape_debug());
}

async fn ping(docker: Docker) -> Result<()> {
    outcome(docker.ping().await)
}

async fn list(docker: Docker) -> Result<()> {
    outcome(docker.containers().list().all(true).await)
}

async fn create(docker: Docker) -> Result<()> {
    outcome(docker.containers().create(&lasting("c")).await)
}

/// A container of an engine that answers at least this.
async fn it(docker: Docker) -> Result<Container> {
    docker.containers().get("it").await
}

/// An answer of many parts is read as they are asked for.
async fn inspect(docker: Docker) -> Result<()> {
    let details = it(docker).await?.inspect().await;
    outcome(details.and_then(|details| details.identity()))
}

async fn logs(docker: Docker) -> Result<()> {
    outcome(it(docker).await?.logs().await)
}

async fn stats_stream(docker: Docker) -> Result<()> {
    let samples = it(docker).await?.stats().stream().await?;
    outcome(samples.try_for_each(|_| async { Ok(()) }).await)
}

async fn wait(docker: Docker) -> Result<()> {
    outcome(it(docker).await?.wait().await?.await)
}

/// Reads logs to their end, and tells what came before it.
async fn read_logs(docker: Docker) -> Result<()> {
    let mut chunks = it(docker).await?.logs().await?;
    let mut bytes = 0;
    while let Some(chunk) = chunks.next().await {
        match chunk {
            Ok(chunk) => bytes += chunk.data.len(),
            Err(error) => tell_error(&error),
        }
    }
    tell("bytes", bytes);
    Ok(())
}

/// Says that it is in the middle of something, and waits until the harness has seen to it that it fails.
async fn cut() -> Result<()> {
    let mut input = stdin().lines();
    println!("ready");
    input.try_next().await.map(drop)
}

async fn cut_while_following(docker: Docker) -> Result<()> {
    let container = started(docker, "c", "echo one; sleep 600").await?;
    let mut lines = container.logs().follow().await?.lines();
    assert_eq!(lines.try_next().await?.expect("a line").text(), "one");
    cut().await?;
    let error = lines
        .next()
        .await
        .expect("it doesn't just end")
        .unwrap_err();
    tell_error(&error);
    assert!(lines.next().await.is_none(), "an error is told once");
    Ok(())
}

async fn cut_while_waiting(docker: Docker) -> Result<()> {
    let container = start(docker, &lasting("c")).await?;
    let wait = container.wait().await?;
    cut().await?;
    outcome(wait.await)
}

async fn cut_while_sampling(docker: Docker) -> Result<()> {
    let container = start(docker, &lasting("c")).await?;
    let mut samples = container.stats().stream().await?;
    samples.try_next().await?.expect("a sample");
    cut().await?;
    let end = loop {
        match samples.next().await.expect("it doesn't just end") {
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    tell_error(&end);
    Ok(())
}

async fn cut_between_calls(docker: Docker) -> Result<()> {
    docker.containers().create(&shell("c", "true")).await?;
    cut().await?;
    outcome(docker.ping().await)
}

/// Ten calls in a row, whatever becomes of each.
async fn ten_calls(docker: Docker) -> Result<()> {
    let mut failed = 0;
    for _ in 0..10 {
        if docker.ping().await.is_err() {
            failed += 1;
        }
        sleep(Duration::from_millis(1)).await;
    }
    tell("failed", failed);
    Ok(())
}
