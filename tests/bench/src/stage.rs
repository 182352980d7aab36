//! The containers that are measured: 100, as long as no peer has made one more.

use std::collections::HashMap;

use anyhow::{Context, Result};
use bollard::Docker;
use bollard::models::{ContainerCreateBody, HostConfig, PortBinding};
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, ListContainersOptionsBuilder, LogsOptionsBuilder,
    RemoveContainerOptionsBuilder, WaitContainerOptions,
};
use futures::{StreamExt, TryStreamExt};

use crate::environment::{Environment, PREFIX, name};
use crate::peers::bollard::connect;

/// How many containers there are.
pub(crate) const CONTAINERS: usize = 100;

/// How many lines the log has.
pub(crate) const LINES: usize = 300_000;

/// Those with a part of their own: one is inspected, one has a log, one is started and stopped.
const PARTS: usize = 3;

/// Of the others, one in so many runs.
const RUNS: usize = 10;

/// How many are made or removed at once.
const AT_ONCE: usize = 4;

/// A program that runs until it is stopped, which it is at once.
pub(crate) const LASTING: &str = "trap 'exit 0' TERM; sleep 3600 & wait";

/// The engine that the containers are made on.
pub(crate) struct Stage {
    docker: Docker,
    image: String,
}

impl Stage {
    pub(crate) fn open(environment: &Environment) -> Result<Self> {
        Ok(Self {
            docker: connect(environment)?,
            image: environment.image.clone(),
        })
    }

    /// Makes all containers.
    pub(crate) async fn set(&self) -> Result<()> {
        eprintln!("making {CONTAINERS} containers and a log of {LINES} lines");
        self.make("inspect", LASTING, true).await?;
        self.make("switch", LASTING, false).await?;
        self.make("logs", &writing(), true).await?;
        futures::stream::iter(0..CONTAINERS - PARTS)
            .map(|number| async move {
                let runs = number % RUNS == 0;
                self.make(&format!("row-{number}"), LASTING, runs).await
            })
            .buffer_unordered(AT_ONCE)
            .try_collect::<()>()
            .await?;
        self.written().await
    }

    async fn make(&self, short_name: &str, script: &str, runs: bool) -> Result<()> {
        let name = name(short_name);
        let options = CreateContainerOptionsBuilder::new().name(&name).build();
        let body = self.body(short_name, script);
        self.docker.create_container(Some(options), body).await?;
        if runs {
            self.docker.start_container(&name, None).await?;
        }
        Ok(())
    }

    /// What containers of real life have: labels as Compose makes them, variables, a published port.
    fn body(&self, short_name: &str, script: &str) -> ContainerCreateBody {
        let port = "8080/tcp".to_owned();
        let binding = PortBinding {
            host_ip: Some("127.0.0.1".to_owned()),
            host_port: None,
        };
        let host = HostConfig {
            port_bindings: Some(HashMap::from([(port.clone(), Some(vec![binding]))])),
            memory: Some(64 << 20),
            ..HostConfig::default()
        };
        let labels = [
            ("com.docker.compose.project", "bench"),
            ("com.docker.compose.service", short_name),
            ("com.docker.compose.container-number", "1"),
            ("com.docker.compose.version", "2.40.0"),
            ("org.opencontainers.image.title", "what is measured"),
        ];
        ContainerCreateBody {
            image: Some(self.image.clone()),
            cmd: Some(["sh", "-c", script].map(str::to_owned).to_vec()),
            env: Some(vec!["TZ=UTC".to_owned(), "LEVEL=info".to_owned()]),
            labels: Some(labels.map(|(k, v)| (k.to_owned(), v.to_owned())).into()),
            exposed_ports: Some(vec![port]),
            host_config: Some(host),
            ..ContainerCreateBody::default()
        }
    }

    /// Waits for the log to be whole.
    async fn written(&self) -> Result<()> {
        let name = name("logs");
        let ended = self
            .docker
            .wait_container(&name, None::<WaitContainerOptions>);
        ended.try_collect::<Vec<_>>().await?;
        let last = LogsOptionsBuilder::new().stdout(true).tail("1").build();
        let last: Vec<_> = self.docker.logs(&name, Some(last)).try_collect().await?;
        let last = last.first().context("the log is empty")?.to_string();
        anyhow::ensure!(
            last.starts_with(&format!("{LINES} ")),
            "the log ends with {last:?}"
        );
        Ok(())
    }

    /// Removes all containers of the benchmark, those that a peer has left as well.
    pub(crate) async fn clear(&self) -> Result<()> {
        let filters = HashMap::from([("name", vec![PREFIX])]);
        let all = ListContainersOptionsBuilder::new()
            .all(true)
            .filters(&filters)
            .build();
        let rows = self.docker.list_containers(Some(all)).await?;
        futures::stream::iter(rows.into_iter().filter_map(|row| row.id))
            .map(|id| async move {
                let force = RemoveContainerOptionsBuilder::new()
                    .force(true)
                    .v(true)
                    .build();
                self.docker.remove_container(&id, Some(force)).await
            })
            .buffer_unordered(AT_ONCE)
            .try_collect::<()>()
            .await?;
        Ok(())
    }
}

/// A program that writes the log: lines as a web server's.
fn writing() -> String {
    format!(
        "seq 1 {LINES} | sed 's|$| 192.0.2.17 GET /api/v1/items?page=2 HTTP/1.1 200 5316 0.004|'"
    )
}
