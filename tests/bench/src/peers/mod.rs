//! Those who do the same.

pub(crate) mod api;
pub(crate) mod bollard;
pub(crate) mod command;
pub(crate) mod floor;
pub(crate) mod plugin;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use futures::future::LocalBoxFuture;

use crate::environment::Environment;
use crate::rows::Row;

/// The peers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub(crate) enum Name {
    /// Raw bytes, read over a connection that is kept, and not looked at.
    Floor,
    /// The host's api layer, used natively.
    Api,
    /// A plugin through dockwit, under a policy and with a ledger.
    Plugin,
    /// The same, with an audit.
    Audited,
    /// Bollard.
    Bollard,
    /// The docker command, as a process.
    Docker,
    /// `dockwit run` with a plugin that lists containers.
    Run,
    /// `docker ps --all`.
    Ps,
}

impl Name {
    /// What a reader is told.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Floor => "floor",
            Self::Api => "api layer",
            Self::Plugin => "plugin",
            Self::Audited => "audited",
            Self::Bollard => "Bollard",
            Self::Docker => "docker",
            Self::Run => "dockwit run",
            Self::Ps => "docker ps",
        }
    }
}

/// Who does what a row asks.
pub(crate) trait Peer {
    /// Does it so many times, and tells how long each took.
    fn times(&mut self, row: Row, count: usize) -> LocalBoxFuture<'_, Result<Vec<Duration>>>;

    /// The most memory of each process that was a peer, in bytes.
    fn peaks(&self) -> Vec<f64> {
        Vec::new()
    }

    /// Ends it.
    fn finish(self: Box<Self>) -> LocalBoxFuture<'static, Result<()>> {
        Box::pin(async { Ok(()) })
    }
}

/// All of them, each with connections of its own.
pub(crate) struct Peers(BTreeMap<Name, Box<dyn Peer>>);

impl Peers {
    pub(crate) async fn new(environment: &Environment) -> Result<Self> {
        let api = api::Api::new(environment).await?;
        let floor = floor::Floor::new(environment, &api.version().await?)?;
        let plugin = plugin::Plugin::begin(environment, false).await?;
        let audited = plugin::Plugin::begin(environment, true).await?;
        Ok(Self(BTreeMap::from([
            (Name::Floor, Box::new(floor) as Box<dyn Peer>),
            (Name::Api, Box::new(api)),
            (Name::Plugin, Box::new(plugin)),
            (Name::Audited, Box::new(audited)),
            (
                Name::Bollard,
                Box::new(bollard::Bollard::new(environment).await?),
            ),
            (Name::Docker, Box::new(command::docker(environment)?)),
            (Name::Run, Box::new(command::dockwit_run(environment)?)),
            (Name::Ps, Box::new(command::docker(environment)?)),
        ])))
    }

    pub(crate) async fn times(
        &mut self,
        name: Name,
        row: Row,
        count: usize,
    ) -> Result<Vec<Duration>> {
        let peer = self.0.get_mut(&name).context("there is no such peer")?;
        peer.times(row, count).await
    }

    pub(crate) fn peaks(&self, name: Name) -> Vec<f64> {
        self.0
            .get(&name)
            .map(|peer| peer.peaks())
            .unwrap_or_default()
    }

    pub(crate) async fn finish(self) -> Result<()> {
        for peer in self.0.into_values() {
            peer.finish().await?;
        }
        Ok(())
    }
}

/// Does something so many times, and tells how long each took.
async fn timed(count: usize, mut act: impl AsyncFnMut() -> Result<()>) -> Result<Vec<Duration>> {
    let mut times = Vec::with_capacity(count);
    for _ in 0..count {
        let begun = Instant::now();
        act().await?;
        times.push(begun.elapsed());
    }
    Ok(times)
}
