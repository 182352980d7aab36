//! A plugin that asks for one function.

use dockwit::{Docker, Result};

#[dockwit::main]
async fn main(docker: Docker) -> Result<()> {
    println!("{}", docker.ping().await?.api_version);
    Ok(())
}
