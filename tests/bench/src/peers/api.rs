//! The host's api layer, used natively.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use dockwit_host::api::containers::{
    ContainerSpec, ContainerSummary, ListOptions, LogsOptions, RemoveOptions, StartOptions,
    StopOptions,
};
use dockwit_host::api::{Client, ContainerId};
use dockwit_host::transport::{Limits, Transport};
use futures::future::LocalBoxFuture;

use super::{Peer, timed};
use crate::environment::{Environment, name};
use crate::rows::Row;
use crate::stage::{CONTAINERS, LINES};

/// How much of a log is taken at a time.
const BATCH: Limits = Limits {
    items: 256,
    bytes: 256 << 10,
};

pub(crate) struct Api {
    client: Client,
    image: String,
    inspected: ContainerId,
    written: ContainerId,
    switched: ContainerId,
}

/// A client with connections of its own.
pub(crate) fn connect(environment: &Environment) -> Result<Client> {
    let transport = Transport::builder(environment.engine.parse()?).build()?;
    Ok(Client::new(transport))
}

impl Api {
    pub(crate) async fn new(environment: &Environment) -> Result<Self> {
        let client = connect(environment)?;
        Ok(Self {
            inspected: client.containers().get(&name("inspect")).await?,
            written: client.containers().get(&name("logs")).await?,
            switched: client.containers().get(&name("switch")).await?,
            image: environment.image.clone(),
            client,
        })
    }

    /// The version that is spoken with the engine: `1.51`.
    pub(crate) async fn version(&self) -> Result<String> {
        Ok(self.client.transport().api_version().await?.to_string())
    }

    async fn act(&self, row: Row) -> Result<()> {
        match row {
            Row::Ping => {
                let pong = self.client.system().ping().await?;
                ensure!(!pong.api_version.is_empty());
                Ok(())
            }
            Row::Inspect => self.inspect().await,
            Row::List => self.list().await,
            Row::Logs => self.logs().await,
            Row::Create => self.create().await,
            Row::Start => self.start().await,
            Row::Run => bail!("it is no command"),
        }
    }

    async fn inspect(&self) -> Result<()> {
        let details = self
            .client
            .container(&self.inspected)
            .inspect(false)
            .await?;
        let identity = details.identity()?;
        ensure!(identity.name.ends_with("inspect") && !identity.image.is_empty());
        ensure!(details.state()?.running);
        ensure!(!details.config()?.hostname.is_empty());
        ensure!(!details.labels()?.is_empty());
        Ok(())
    }

    async fn list(&self) -> Result<()> {
        let all = ListOptions {
            all: true,
            ..ListOptions::default()
        };
        let rows = self.client.containers().list(&all).await?;
        ensure!(rows.len() == CONTAINERS);
        ensure!(rows.iter().map(size).all(|size| size > 0));
        Ok(())
    }

    async fn logs(&self) -> Result<()> {
        let container = self.client.container(&self.written);
        let mut logs = container.logs(&LogsOptions::default()).await?;
        let (mut count, mut bytes, mut batch) = (0, 0, Vec::new());
        while logs.next_batch(&mut batch, BATCH).await? > 0 {
            for chunk in batch.drain(..) {
                count += chunk.data.iter().filter(|&&byte| byte == b'\n').count();
                bytes += chunk.data.len();
            }
        }
        ensure!(count == LINES && bytes > count, "{count} lines");
        Ok(())
    }

    async fn create(&self) -> Result<()> {
        let mut spec = ContainerSpec::new(&self.image);
        spec.set_name(name("api"))
            .add_label("dockwit-bench", "passing")
            .set_command(vec!["true".to_owned()]);
        let created = self.client.containers().create(&spec).await?;
        let container = self.client.container(&created.id);
        container
            .remove(&RemoveOptions::default())
            .await
            .context("it can't be removed")
    }

    async fn start(&self) -> Result<()> {
        let container = self.client.container(&self.switched);
        container.start(&StartOptions::default()).await?;
        Ok(container.stop(&StopOptions::default()).await?)
    }
}

impl Peer for Api {
    fn times(&mut self, row: Row, count: usize) -> LocalBoxFuture<'_, Result<Vec<Duration>>> {
        let this = &*self;
        Box::pin(timed(count, async move || this.act(row).await))
    }
}

/// Touches what a row holds.
fn size(row: &ContainerSummary) -> usize {
    let names: usize = row.names.iter().map(String::len).sum();
    let labels: usize = row.labels.iter().map(|(k, v)| k.len() + v.len()).sum();
    row.id.len() + names + row.image.len() + row.status_text.len() + labels
}
