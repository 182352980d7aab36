//! Commands: a process, or two, each time.

use std::time::Duration;

use anyhow::{Context, Result};
use futures::future::LocalBoxFuture;

use super::Peer;
use crate::children::Child;
use crate::environment::{Environment, name};
use crate::rows::Row;

pub(crate) struct Command {
    /// What is run for a row, one after the other.
    lines: Vec<(Row, Vec<Child>)>,
    peaks: Vec<f64>,
}

/// The docker command.
pub(crate) fn docker(environment: &Environment) -> Result<Command> {
    let folder = environment.scratch.path().join("docker");
    std::fs::create_dir_all(&folder)?;
    let docker = Child::new(&environment.docker)
        .env("DOCKER_HOST", &environment.engine)
        .env("DOCKER_CONFIG", &folder);
    let line = |words: &[&str]| docker.clone().args(words.iter().copied());
    let made = name("docker");
    let label = "dockwit-bench=passing";
    let create = ["create", "--name", &made, "--label", label];
    let switched = name("switch");
    let lines = vec![
        (Row::Inspect, vec![line(&["inspect", &name("inspect")])]),
        (Row::List, vec![line(&["ps", "--all"])]),
        (Row::Logs, vec![line(&["logs", &name("logs")])]),
        (
            Row::Create,
            vec![
                line(&create).args([&environment.image, "true"]),
                line(&["rm", &made]),
            ],
        ),
        (
            Row::Start,
            vec![line(&["start", &switched]), line(&["stop", &switched])],
        ),
        (Row::Run, vec![line(&["ps", "--all"])]),
    ];
    Ok(Command::new(lines))
}

/// `dockwit run` with a plugin that lists all containers, and a cache of its own.
pub(crate) fn dockwit_run(environment: &Environment) -> Result<Command> {
    let home = environment.scratch.path().join("home");
    std::fs::create_dir_all(&home)?;
    let run = Child::new(&environment.dockwit)
        .args(["run"])
        .args([environment.plugin("tiny_list")])
        .args(["--allow", "containers.list"])
        .args(["--set", "scope.containers=all", "--engine"])
        .args([&environment.engine])
        .env("HOME", &home)
        .env("XDG_CACHE_HOME", home.join("cache"))
        .env("XDG_DATA_HOME", home.join("data"));
    Ok(Command::new(vec![(Row::Run, vec![run])]))
}

impl Command {
    fn new(lines: Vec<(Row, Vec<Child>)>) -> Self {
        Self {
            lines,
            peaks: Vec::new(),
        }
    }

    async fn time(&mut self, row: Row) -> Result<Duration> {
        let found = self.lines.iter().find(|(of, _)| *of == row);
        let (_, children) = found.context("it has no such command")?;
        let mut time = Duration::ZERO;
        for child in children {
            let usage = child.run().await?;
            time += usage.time;
            #[expect(clippy::cast_precision_loss, reason = "megabytes")]
            self.peaks.push(usage.memory as f64);
        }
        Ok(time)
    }
}

impl Peer for Command {
    fn times(&mut self, row: Row, count: usize) -> LocalBoxFuture<'_, Result<Vec<Duration>>> {
        Box::pin(async move {
            let mut times = Vec::with_capacity(count);
            for _ in 0..count {
                times.push(self.time(row).await?);
            }
            Ok(times)
        })
    }

    fn peaks(&self) -> Vec<f64> {
        self.peaks.clone()
    }
}
