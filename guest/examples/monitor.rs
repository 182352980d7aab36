//! A read-only monitor: what the containers that it may see are doing, and what they use of the machine. It runs under
//! `monitor.toml`.
//!
//! Looks once in ten seconds until it is asked to stop, or as often as its argument says.

use std::time::Duration;

use dockwit::time::interval;
use dockwit::{Container, Docker, FutureExt, Result, futures, select, stop_requested};

const PERIOD: Duration = Duration::from_secs(10);

#[dockwit::main]
async fn main(docker: Docker) -> Result<()> {
    let rounds = std::env::args().nth(1).and_then(|count| count.parse().ok());
    let engine = docker.version().await?;
    println!("engine {}, API {}", engine.version, engine.api_version);

    let mut clock = interval(PERIOD);
    let mut stop = stop_requested().fuse();
    for _ in 0..rounds.unwrap_or(usize::MAX) {
        select! {
            () = clock.tick().fuse() => look(docker).await?,
            () = stop => break,
        }
    }
    Ok(())
}

/// Tells of all containers at once, so that one which answers late holds no other up.
async fn look(docker: Docker) -> Result<()> {
    let rows = docker.containers().list().await?;
    let lines = rows.iter().map(|row| async {
        match docker.containers().get(&row.id).await {
            Ok(container) => used(row.name(), &container).await,
            Err(error) => Err(error),
        }
    });
    for line in futures::future::join_all(lines).await {
        match line {
            Ok(line) => println!("{line}"),
            Err(error) if error.is_not_found() => {} // it has ended meanwhile
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

async fn used(name: &str, container: &Container) -> Result<String> {
    let details = container.inspect().await?;
    let stats = container.stats().await?;
    Ok(format!(
        "{name:24} {:10} {:6.1} % {:8} KiB, {} variables",
        details.state()?.status.to_string(),
        stats.cpu_percent(),
        stats.memory.used() >> 10,
        details.env()?.len(),
    ))
}
