//! Bollard, as its documentation says to use it. It opens a connection for each call.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use bollard::models::{ContainerCreateBody, ContainerSummary};
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, ListContainersOptionsBuilder, LogsOptionsBuilder,
};
use bollard::{API_DEFAULT_VERSION, Docker};
use futures::TryStreamExt;
use futures::future::LocalBoxFuture;

use super::{Peer, timed};
use crate::environment::{Environment, name};
use crate::rows::Row;
use crate::stage::{CONTAINERS, LINES};

/// How long it may wait for an answer, in seconds.
const TIMEOUT: u64 = 60;

pub(crate) struct Bollard {
    docker: Docker,
    image: String,
    inspected: String,
    written: String,
    switched: String,
}

/// A client.
pub(crate) fn connect(environment: &Environment) -> Result<Docker> {
    Ok(Docker::connect_with_unix(
        &environment.socket,
        TIMEOUT,
        API_DEFAULT_VERSION,
    )?)
}

impl Bollard {
    pub(crate) async fn new(environment: &Environment) -> Result<Self> {
        let docker = connect(environment)?.negotiate_version().await?;
        Ok(Self {
            inspected: id(&docker, "inspect").await?,
            written: id(&docker, "logs").await?,
            switched: id(&docker, "switch").await?,
            image: environment.image.clone(),
            docker,
        })
    }

    async fn act(&self, row: Row) -> Result<()> {
        match row {
            Row::Ping => {
                ensure!(self.docker.ping().await? == "OK");
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
        let details = self.docker.inspect_container(&self.inspected, None).await?;
        let config = details.config.context("no configuration")?;
        ensure!(details.name.is_some_and(|name| name.ends_with("inspect")));
        ensure!(config.image.is_some_and(|image| !image.is_empty()));
        ensure!(details.state.and_then(|state| state.running) == Some(true));
        ensure!(config.hostname.is_some_and(|name| !name.is_empty()));
        ensure!(config.labels.is_some_and(|labels| !labels.is_empty()));
        Ok(())
    }

    async fn list(&self) -> Result<()> {
        let all = ListContainersOptionsBuilder::new().all(true).build();
        let rows = self.docker.list_containers(Some(all)).await?;
        ensure!(rows.len() == CONTAINERS);
        ensure!(rows.iter().map(size).all(|size| size > 0));
        Ok(())
    }

    async fn logs(&self) -> Result<()> {
        let both = LogsOptionsBuilder::new().stdout(true).stderr(true).build();
        let mut logs = std::pin::pin!(self.docker.logs(&self.written, Some(both)));
        let (mut count, mut bytes) = (0, 0);
        while let Some(chunk) = logs.try_next().await? {
            let data = chunk.as_ref();
            count += usize::from(data.ends_with(b"\n"));
            bytes += data.len();
        }
        ensure!(count == LINES && bytes > count, "{count} lines");
        Ok(())
    }

    async fn create(&self) -> Result<()> {
        let options = CreateContainerOptionsBuilder::new()
            .name(&name("bollard"))
            .build();
        let label = ("dockwit-bench".to_owned(), "passing".to_owned());
        let body = ContainerCreateBody {
            image: Some(self.image.clone()),
            labels: Some([label].into()),
            cmd: Some(vec!["true".to_owned()]),
            ..ContainerCreateBody::default()
        };
        let created = self.docker.create_container(Some(options), body).await?;
        Ok(self.docker.remove_container(&created.id, None).await?)
    }

    async fn start(&self) -> Result<()> {
        self.docker.start_container(&self.switched, None).await?;
        Ok(self.docker.stop_container(&self.switched, None).await?)
    }
}

impl Peer for Bollard {
    fn times(&mut self, row: Row, count: usize) -> LocalBoxFuture<'_, Result<Vec<Duration>>> {
        let this = &*self;
        Box::pin(timed(count, async move || this.act(row).await))
    }
}

async fn id(docker: &Docker, short_name: &str) -> Result<String> {
    let details = docker.inspect_container(&name(short_name), None).await?;
    details.id.context("the engine tells no id")
}

/// Touches what a row holds.
fn size(row: &ContainerSummary) -> usize {
    let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    let names = row.names.iter().flatten().map(String::len).sum::<usize>();
    let labels = row.labels.iter().flatten();
    let labels: usize = labels.map(|(k, v)| k.len() + v.len()).sum();
    text(&row.id) + names + text(&row.image) + text(&row.status) + labels
}
