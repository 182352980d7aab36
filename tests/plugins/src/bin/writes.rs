//! Writes that the plugin loses its interest in, in one way or another, while they are under way.

use dockwit::futures::poll;
use dockwit::time::sleep;
use dockwit::{Container, Docker, FutureExt, Result};
use dockwit_test_plugins::{cases, lasting};
use std::pin::pin;
use std::time::Duration;

cases! { create_dropped, start_dropped, create_trapped, start_stopped, create_left, list_dropped }

async fn create_dropped(docker: Docker) -> Result<()> {
    let created = docker.containers().create(&lasting("it")).now_or_never();
    assert!(created.is_none(), "the engine takes its time");
    println!("dropped");
    Ok(())
}

async fn it(docker: Docker) -> Result<Container> {
    docker.containers().get("it").await
}

async fn start_dropped(docker: Docker) -> Result<()> {
    let started = it(docker).await?.start().now_or_never();
    assert!(started.is_none(), "the engine takes its time");
    println!("dropped");
    Ok(())
}

async fn create_trapped(docker: Docker) -> Result<()> {
    let spec = lasting("it");
    let create = pin!(docker.containers().create(&spec));
    assert!(poll!(create).is_pending(), "the engine takes its time");
    println!("dropped");
    panic!("as it is meant to")
}

/// Takes no notice of being asked to stop.
async fn start_stopped(docker: Docker) -> Result<()> {
    let container = it(docker).await?;
    let start = pin!(container.start());
    assert!(poll!(start).is_pending(), "the engine takes its time");
    println!("dropped");
    sleep(Duration::from_secs(1_000)).await;
    Ok(())
}

/// Returns with the call still open.
async fn create_left(docker: Docker) -> Result<()> {
    let spec = lasting("it");
    let mut create = Box::pin(async move { docker.containers().create(&spec).await });
    assert!(poll!(&mut create).is_pending(), "the engine takes its time");
    println!("dropped");
    std::mem::forget(create);
    Ok(())
}

async fn list_dropped(docker: Docker) -> Result<()> {
    let list = docker.containers().list().now_or_never();
    assert!(list.is_none(), "the engine takes its time");
    println!("dropped");
    sleep(Duration::from_secs(1_000)).await;
    Ok(())
}
