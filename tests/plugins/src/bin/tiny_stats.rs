//! A plugin that follows what a container uses, and never asks for it once.

use dockwit::{Docker, Result, TryStreamExt};

#[dockwit::main]
async fn main(docker: Docker) -> Result<()> {
    let it = docker.containers().get("it").await?;
    let mut samples = it.stats().stream().await?;
    while let Some(sample) = samples.try_next().await? {
        println!("{}", sample.memory.used());
    }
    Ok(())
}
