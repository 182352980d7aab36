//! The plugin that the benchmark measures: does what a line of standard input asks, so many times, and answers with a line
//! of nanoseconds, one number each. It measures by itself, so that neither its start nor the talk with it counts.

use std::time::Instant;

use dockwit::{
    Container, ContainerSpec, ContainerSummary, Docker, Error, Result, TryStreamExt, stdin,
};
use dockwit_test_plugins::{image, name};

#[dockwit::main]
async fn main(docker: Docker) -> Result<()> {
    let bench = Bench::new(docker).await?;
    let mut requests = stdin().lines();
    while let Some(request) = requests.try_next().await? {
        let (action, count) = request
            .split_once(' ')
            .ok_or_else(|| Error::other("what, and how often?"))?;
        let count = count.parse().map_err(|_| Error::other("how often?"))?;
        let mut times = Vec::with_capacity(count);
        for _ in 0..count {
            let begun = Instant::now();
            bench.act(action).await?;
            times.push(begun.elapsed().as_nanos().to_string());
        }
        println!("{}", times.join(" "));
    }
    Ok(())
}

/// The containers, which the benchmark has made and named.
struct Bench {
    docker: Docker,
    inspected: Container,
    written: Container,
    switched: Container,
}

impl Bench {
    async fn new(docker: Docker) -> Result<Self> {
        let containers = docker.containers();
        Ok(Self {
            docker,
            inspected: containers.get(name("inspect")).await?,
            written: containers.get(name("logs")).await?,
            switched: containers.get(name("switch")).await?,
        })
    }

    async fn act(&self, action: &str) -> Result<()> {
        match action {
            "ping" => self.docker.ping().await.map(drop),
            "inspect" => self.inspect().await,
            "list" => self.list().await,
            "logs" => self.logs().await,
            "create" => self.create().await,
            "start" => self.start().await,
            other => Err(Error::other(format!("there is no action {other:?}"))),
        }
    }

    /// Reads what a plugin mostly wants to know of a container.
    async fn inspect(&self) -> Result<()> {
        let details = self.inspected.inspect().await?;
        let identity = details.identity()?;
        assert!(identity.name.ends_with("inspect") && !identity.image.is_empty());
        assert!(details.state()?.running);
        assert!(!details.config()?.hostname.is_empty());
        assert!(!details.labels()?.is_empty());
        Ok(())
    }

    async fn list(&self) -> Result<()> {
        let rows = self.docker.containers().list().all(true).await?;
        assert_eq!(rows.len(), 100);
        assert!(rows.iter().map(size).all(|size| size > 0));
        Ok(())
    }

    async fn logs(&self) -> Result<()> {
        let (mut count, mut bytes) = (0, 0);
        let mut lines = self.written.logs().await?.lines();
        while let Some(line) = lines.try_next().await? {
            count += 1;
            bytes += line.data.len();
        }
        assert!(count == 300_000 && bytes > count);
        Ok(())
    }

    async fn create(&self) -> Result<()> {
        let spec = ContainerSpec::new(image())
            .name(name("plugin"))
            .label("dockwit-bench", "passing")
            .command(["true"]);
        let container = self.docker.containers().create(&spec).await?;
        container.remove().await
    }

    async fn start(&self) -> Result<()> {
        self.switched.start().await?;
        self.switched.stop().await
    }
}

/// Touches what a row holds.
fn size(row: &ContainerSummary) -> usize {
    let labels: usize = row
        .labels
        .iter()
        .map(|(key, value)| key.len() + value.len())
        .sum();
    row.id.len() + row.name().len() + row.image.len() + row.status_text.len() + labels
}
