//! A plugin that sets two options and reads one group.

use dockwit::{ContainerSpec, Docker, Result};
use dockwit_test_plugins::{image, name};

#[dockwit::main]
async fn main(docker: Docker) -> Result<()> {
    let spec = ContainerSpec::new(image()).name(name("it")).memory("32m");
    let it = docker.containers().create(&spec).await?;
    println!("{}", it.inspect().await?.state()?.status);
    it.remove().await
}
