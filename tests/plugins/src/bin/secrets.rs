//! A plugin that prints all that it is told of a container, which its harness searches for secrets.

use std::time::Duration;

use dockwit::{Docker, Healthcheck, Result};
use dockwit_test_plugins::{Facts, cases, eventually, lasting, start};

cases! { all_that_is_told }

async fn all_that_is_told(docker: Docker) -> Result<()> {
    let marker = std::env::var("MARKER").expect("the harness sets it");
    let script = format!("trap 'exit 0' TERM; : {marker}; sleep 600 & wait");
    let check = Healthcheck::shell(format!("echo {marker}")).interval(Duration::from_secs(5));
    let spec = lasting("c")
        .env([("SECRET", marker.as_str())])
        .command(["sh", "-c", &script, &marker])
        .healthcheck(check);
    let container = start(docker, &spec).await?;
    // Podman has systemd run its checks, which its private engines lack.
    let waits = !Facts::of(docker).await?.podman();
    let details = eventually("the check has run", async || {
        let details = container.inspect().await?;
        let checked = !waits
            || details
                .health()?
                .is_some_and(|health| !health.log.is_empty());
        Ok(checked.then_some(details))
    })
    .await?;
    println!("{:?}", details.identity()?);
    println!("{:?}", details.state()?);
    println!("{:?}", details.health()?);
    println!("{:?}", details.command()?);
    println!("{:?}", details.env()?);
    println!("{:?}", details.labels()?);
    println!("{:?}", details.config()?);
    println!("{:?}", details.healthcheck()?);
    println!("{:?}", details.resources()?);
    println!("{:?}", details.host_config()?);
    println!("{:?}", details.security()?);
    println!("{:?}", details.mounts()?);
    println!("{:?}", details.networks()?);
    println!("{:?}", details.ports()?);
    println!("{:?}", details.sizes()?);
    println!("{:?}", details.exec_ids()?);
    println!("{:?}", container.top().await?);
    println!("{:?}", container.changes().await?);
    for row in docker.containers().list().all(true).await? {
        if row.id == container.id() {
            println!("{row:?}");
        }
    }
    match container.inspect_json().await {
        Ok(json) => println!("{json}"),
        Err(error) => println!("{:?}", error.rule()),
    }
    Ok(())
}
