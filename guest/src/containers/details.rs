//! All that is known of one container.

use super::{
    ContainerCommand, ContainerConfig, ContainerHealth, ContainerHostConfig, ContainerIdentity,
    ContainerResources, ContainerSecurity, ContainerSizes, ContainerState, Healthcheck, MountPoint,
    NetworkEndpoint, PublishedPort,
};
use std::collections::BTreeMap;

use crate::bindings::engine::containers as wit;
use crate::error::Result;

/// What the engine knows of one container, as it was when [`inspect`](super::Container::inspect) asked.
///
/// Each group is read when it is asked for, without asking the engine again. A group that can't be read fails with
/// `protocol`, and the others are not touched by it. A plugin imports only the groups that it reads.
///
/// ```no_run
/// # async fn f(web: dockwit::Container) -> dockwit::Result<()> {
/// let details = web.inspect().await?;
/// let state = details.state()?;
/// if let Some(started) = state.started_at {
///     println!("{} since {started}", state.status);
/// }
/// for network in details.networks()? {
///     println!("{}: {}", network.network, network.ip_address.unwrap_or_default());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct ContainerDetails(pub(crate) wit::ContainerDetails);

/// Every group fails with `protocol` if the engine's answer can't be read there.
impl ContainerDetails {
    /// What it is called and made of.
    pub fn identity(&self) -> Result<ContainerIdentity> {
        self.0.identity()
    }

    /// What it is doing and how it ended.
    pub fn state(&self) -> Result<ContainerState> {
        self.0.state()
    }

    /// What the health check says. None where there is none.
    pub fn health(&self) -> Result<Option<ContainerHealth>> {
        self.0.health()
    }

    /// What it runs.
    pub fn command(&self) -> Result<ContainerCommand> {
        self.0.command()
    }

    /// The environment. None is a name without a value, or with one that the policy doesn't show.
    pub fn env(&self) -> Result<BTreeMap<String, Option<String>>> {
        Ok(self.0.env()?.into_iter().collect())
    }

    /// The labels.
    pub fn labels(&self) -> Result<BTreeMap<String, String>> {
        Ok(self.0.labels()?.into_iter().collect())
    }

    /// How it was set up.
    pub fn config(&self) -> Result<ContainerConfig> {
        self.0.config()
    }

    /// The health check that it was made with. None where there is none.
    pub fn healthcheck(&self) -> Result<Option<Healthcheck>> {
        Ok(self.0.healthcheck()?.map(Into::into))
    }

    /// What it may use.
    pub fn resources(&self) -> Result<ContainerResources> {
        self.0.resources()
    }

    /// How it stands in its machine.
    pub fn host_config(&self) -> Result<ContainerHostConfig> {
        self.0.host_config()
    }

    /// What keeps it apart from its machine.
    pub fn security(&self) -> Result<ContainerSecurity> {
        self.0.security()
    }

    /// What is mounted in it.
    pub fn mounts(&self) -> Result<Vec<MountPoint>> {
        self.0.mounts()
    }

    /// The networks it is attached to.
    pub fn networks(&self) -> Result<Vec<NetworkEndpoint>> {
        self.0.networks()
    }

    /// Exposed ports, and where they are published now. Empty while it doesn't run.
    pub fn ports(&self) -> Result<Vec<PublishedPort>> {
        self.0.ports()
    }

    /// Sizes on disk. None unless they were asked for.
    pub fn sizes(&self) -> Result<Option<ContainerSizes>> {
        self.0.sizes()
    }

    /// The full ids of commands running in it.
    pub fn exec_ids(&self) -> Result<Vec<String>> {
        self.0.exec_ids()
    }
}
