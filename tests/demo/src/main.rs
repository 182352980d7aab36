//! The plugin of the demonstration: a container's whole life, told line by line.
//!
//! Takes the image as its argument, `busybox` by default; it has to be there already.

use std::time::Duration;

use dockwit::time::timeout;
use dockwit::{Container, ContainerSpec, Docker, Error, Result, StreamExt, stop_requested};

/// Says three lines within two seconds, so that there is something to follow.
const SCRIPT: &str =
    "for word in ready steady go; do echo $word; sleep 0.7; done; echo done >&2; exit 7";
const EXPECTED_STATUS: i64 = 7;
/// Long enough for a slow machine; the script takes two seconds.
const PATIENCE: Duration = Duration::from_secs(60);

#[dockwit::main]
async fn main(docker: Docker) -> Result<()> {
    let image = std::env::args().nth(1).unwrap_or_else(|| "busybox".into());
    let container = create(docker, &image).await?;
    let outcome = match timeout(PATIENCE, drive(&container)).await {
        Ok(outcome) => outcome,
        Err(elapsed) => Err(elapsed.into()),
    };
    // Whatever happened before, the engine is left as it was found.
    let removed = container.remove().force(true).await;
    outcome.and(removed)?;
    println!("removed   it is gone");
    Ok(())
}

async fn create(docker: Docker, image: &str) -> Result<Container> {
    let spec = ContainerSpec::new(image)
        .command(["sh", "-c", SCRIPT])
        .memory("64m");
    let (container, warnings) = docker.containers().create_with_warnings(&spec).await?;
    println!(
        "created   {} of {image}, 64 MiB of memory",
        short(&container.id())
    );
    for warning in warnings {
        println!("          the engine warns: {warning}");
    }
    Ok(container)
}

async fn drive(container: &Container) -> Result<()> {
    let wait = container.wait().next_exit().await?;
    container.start().await?;
    println!("started   it runs");

    let (followed, sampled) = dockwit::join!(follow(container), sample(container));
    followed?;
    sampled?;

    let exit = wait.await?;
    println!("ended     with exit status {}", exit.status_code);
    if exit.status_code == EXPECTED_STATUS {
        Ok(())
    } else {
        Err(Error::other(format!(
            "exit status {EXPECTED_STATUS} was expected"
        )))
    }
}

/// Tells what it writes while it runs.
async fn follow(container: &Container) -> Result<()> {
    let lines = container.logs().follow().await?.lines();
    let mut lines = lines.take_until(stop_requested());
    while let Some(line) = lines.next().await {
        let line = line?;
        println!(
            "{} {line}",
            if line.is_stderr() {
                "stderr   "
            } else {
                "stdout   "
            }
        );
    }
    if lines.take_result().is_some() {
        Err(Error::other("asked to stop"))
    } else {
        Ok(())
    }
}

/// Takes one sample of what it uses, while its lines come in.
async fn sample(container: &Container) -> Result<()> {
    let stats = container.stats().await?;
    println!(
        "uses      {} KiB of {} MiB memory, {:.1} % of a processor",
        stats.memory.used() >> 10,
        stats.memory.limit >> 20,
        stats.cpu_percent(),
    );
    Ok(())
}

fn short(id: &str) -> &str {
    id.get(..12).unwrap_or(id)
}
