//! A development environment: services that are made when they aren't there yet, and stopped at the end. It runs under
//! `devenv.toml`.
//!
//! Takes the services as arguments, as NAME=IMAGE,PORT; without, a database and a cache.

use dockwit::{Container, ContainerSpec, Docker, Error, HostPort, Result, stop_requested};

const SERVICES: [&str; 2] = ["db=postgres:16,5432", "cache=redis:7,6379"];

#[dockwit::main]
async fn main(docker: Docker) -> Result<()> {
    let mut services: Vec<String> = std::env::args().skip(1).collect();
    if services.is_empty() {
        services = SERVICES.map(str::to_owned).to_vec();
    }
    for service in &services {
        let service = Service::parse(service)?;
        let container = service.container(docker).await?;
        container.start().await?;
        for at in container.port(service.port).await? {
            let port = at.host_port.unwrap_or_default();
            println!("{} is at {}:{port}", service.name, at.host_ip);
        }
    }
    stop_requested().await;
    println!("stopping; what they hold is there again next time");
    Ok(())
}

struct Service<'a> {
    name: &'a str,
    image: &'a str,
    port: u16,
}

impl<'a> Service<'a> {
    fn parse(text: &'a str) -> Result<Self> {
        let parts = || {
            let (name, rest) = text.split_once('=')?;
            let (image, port) = rest.rsplit_once(',')?;
            let port = port.parse().ok()?;
            Some(Self { name, image, port })
        };
        parts().ok_or_else(|| Error::other(format!("{text} is no NAME=IMAGE,PORT")))
    }

    /// That of the run before, or a new one. Others' containers of this name are never seen.
    async fn container(&self, docker: Docker) -> Result<Container> {
        match docker.containers().get(self.name).await {
            Err(error) if error.is_not_found() => self.create(docker).await,
            found => found,
        }
    }

    async fn create(&self, docker: Docker) -> Result<Container> {
        println!("making {} of {}", self.name, self.image);
        let spec = ContainerSpec::new(self.image)
            .name(self.name)
            .port(self.port, HostPort::any());
        docker.containers().create(&spec).await
    }
}
