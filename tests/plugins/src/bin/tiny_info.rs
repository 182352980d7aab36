//! A plugin that reads one group of what the engine tells of itself.

use dockwit::{Docker, Result};

#[dockwit::main]
async fn main(docker: Docker) -> Result<()> {
    println!("{}", docker.info().await?.counts()?.containers);
    Ok(())
}
