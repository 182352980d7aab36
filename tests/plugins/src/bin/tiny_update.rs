//! A plugin that changes one limit of all containers.

use dockwit::{Docker, Result, UpdateSpec};

#[dockwit::main]
async fn main(docker: Docker) -> Result<()> {
    let spec = UpdateSpec::new().pids_limit(100);
    for row in docker.containers().list().await? {
        row.container()?.update(&spec).await?;
    }
    Ok(())
}
