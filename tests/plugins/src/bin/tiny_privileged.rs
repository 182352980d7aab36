//! A plugin that asks for two powers over the machine.

use dockwit::{ContainerSpec, Docker, Result};
use dockwit_test_plugins::{image, name};

#[dockwit::main]
async fn main(docker: Docker) -> Result<()> {
    let spec = ContainerSpec::new(image())
        .name(name("it"))
        .host_access(|machine| machine.privileged().bind("/etc:/machine:ro"));
    docker.containers().create(&spec).await?.remove().await?;
    println!("reached");
    Ok(())
}
