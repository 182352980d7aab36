//! Containers that run a script.

use dockwit::{Container, ContainerSpec, Docker, Result};

use crate::spec;

/// A container that runs this line of the shell.
#[must_use]
pub fn shell(short_name: &str, script: &str) -> ContainerSpec {
    spec(short_name).command(["sh", "-c", script])
}

/// The same, made and started.
///
/// # Errors
/// It can't be made or started.
pub async fn started(docker: Docker, short_name: &str, script: &str) -> Result<Container> {
    start(docker, &shell(short_name, script)).await
}

/// The same, and it has ended.
///
/// # Errors
/// It can't be made, started or waited for.
pub async fn ran(docker: Docker, short_name: &str, script: &str) -> Result<Container> {
    let container = docker
        .containers()
        .create(&shell(short_name, script))
        .await?;
    let ended = container.wait().next_exit().await?;
    container.start().await?;
    ended.await?;
    Ok(container)
}

/// A container of this spec, started.
///
/// # Errors
/// It can't be made or started.
pub async fn start(docker: Docker, spec: &ContainerSpec) -> Result<Container> {
    let container = docker.containers().create(spec).await?;
    container.start().await?;
    Ok(container)
}
