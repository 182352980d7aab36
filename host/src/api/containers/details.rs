//! What the engine knows of one container.

use bytes::Bytes;

use super::groups;
use super::list::NetworkPart;
use super::types::{
    ContainerCommand, ContainerConfig, ContainerHealth, ContainerHostConfig, ContainerIdentity,
    ContainerResources, ContainerSecurity, ContainerSizes, ContainerState, Healthcheck, MountPoint,
    NetworkEndpoint, PublishedPort,
};
use crate::api::Result;
use crate::api::json::{Group, Snapshot};

/// What the engine knows of one container, as it was when asked.
///
/// It keeps the engine's answer. Each group is read when it is asked for first. A group that can't
/// be read fails with `Protocol`, and the others are not touched by it.
#[derive(Debug)]
pub struct ContainerDetails {
    snapshot: Snapshot,
    size: usize,
    identity: Group<ContainerIdentity>,
    state: Group<ContainerState>,
    health: Group<Option<ContainerHealth>>,
    command: Group<ContainerCommand>,
    env: Group<Vec<(String, Option<String>)>>,
    labels: Group<Vec<(String, String)>>,
    config: Group<ContainerConfig>,
    healthcheck: Group<Option<Healthcheck>>,
    resources: Group<ContainerResources>,
    host_config: Group<ContainerHostConfig>,
    security: Group<ContainerSecurity>,
    mounts: Group<Vec<MountPoint>>,
    networks: Group<Vec<NetworkEndpoint>>,
    ports: Group<Vec<PublishedPort>>,
    sizes: Group<Option<ContainerSizes>>,
    exec_ids: Group<Vec<String>>,
}

impl ContainerDetails {
    #[cfg(test)]
    pub(crate) fn new(bytes: Bytes) -> Result<Self> {
        let weight = crate::api::json::weigh(&bytes)?;
        Self::of(bytes, weight)
    }

    /// Takes an answer that takes so many bytes when all of it is read.
    pub(crate) fn of(bytes: Bytes, weight: usize) -> Result<Self> {
        Ok(Self {
            size: bytes.len().saturating_add(weight),
            snapshot: Snapshot::new(bytes)?,
            identity: Group::new(),
            state: Group::new(),
            health: Group::new(),
            command: Group::new(),
            env: Group::new(),
            labels: Group::new(),
            config: Group::new(),
            healthcheck: Group::new(),
            resources: Group::new(),
            host_config: Group::new(),
            security: Group::new(),
            mounts: Group::new(),
            networks: Group::new(),
            ports: Group::new(),
            sizes: Group::new(),
            exec_ids: Group::new(),
        })
    }

    /// The engine's own JSON.
    pub fn text(&self) -> &str {
        self.snapshot.text()
    }

    /// What it takes of memory when all of it is read, in bytes and roughly.
    pub fn size_hint(&self) -> usize {
        self.size
    }

    /// What it is called and made of.
    pub fn identity(&self) -> Result<&ContainerIdentity> {
        self.snapshot
            .read(&self.identity, &["Id"], |groups::Identity(group)| group)
    }

    /// What it is doing and how it ended.
    pub fn state(&self) -> Result<&ContainerState> {
        self.snapshot
            .read(&self.state, &["State"], |group: groups::State| group.state)
    }

    /// What the health check says. None where there is none.
    pub fn health(&self) -> Result<Option<&ContainerHealth>> {
        let health = self
            .snapshot
            .read(&self.health, &["State"], |group: groups::Health| {
                group.health
            });
        health.map(Option::as_ref)
    }

    /// What it runs.
    pub fn command(&self) -> Result<&ContainerCommand> {
        self.snapshot
            .read(&self.command, &["Config"], |groups::Command(group)| group)
    }

    /// The environment: names with values. None is a name without a value.
    pub fn env(&self) -> Result<&[(String, Option<String>)]> {
        let env = self
            .snapshot
            .read(&self.env, &["Config"], |group: groups::Env| {
                group.variables()
            });
        env.map(Vec::as_slice)
    }

    /// The labels.
    pub fn labels(&self) -> Result<&[(String, String)]> {
        let labels = self
            .snapshot
            .read(&self.labels, &["Config"], |group: groups::Labels| {
                group.labels
            });
        labels.map(Vec::as_slice)
    }

    /// How it was set up.
    pub fn config(&self) -> Result<&ContainerConfig> {
        self.snapshot
            .read(&self.config, &["Config"], |groups::Config(group)| group)
    }

    /// The health check that it was made with. None where there is none.
    pub fn healthcheck(&self) -> Result<Option<&Healthcheck>> {
        let read = |group: groups::Check| group.healthcheck;
        let check = self.snapshot.read(&self.healthcheck, &["Config"], read);
        check.map(Option::as_ref)
    }

    /// What it may use.
    pub fn resources(&self) -> Result<&ContainerResources> {
        let read = |groups::Resources(group)| group;
        self.snapshot.read(&self.resources, &["HostConfig"], read)
    }

    /// How it stands in its machine.
    pub fn host_config(&self) -> Result<&ContainerHostConfig> {
        let read = |groups::HostConfig(group)| group;
        self.snapshot.read(&self.host_config, &["HostConfig"], read)
    }

    /// What keeps it apart from its machine.
    pub fn security(&self) -> Result<&ContainerSecurity> {
        let read = |groups::Security(group)| group;
        self.snapshot.read(&self.security, &["HostConfig"], read)
    }

    /// What is mounted in it.
    pub fn mounts(&self) -> Result<&[MountPoint]> {
        let mounts = self
            .snapshot
            .read(&self.mounts, &[], |group: groups::Mounts| group.mounts);
        mounts.map(Vec::as_slice)
    }

    /// The networks it is attached to.
    pub fn networks(&self) -> Result<&[NetworkEndpoint]> {
        let read = |groups::Networks(NetworkPart { networks })| {
            let named = |(network, on)| NetworkEndpoint { network, ..on };
            networks.into_iter().map(named).collect()
        };
        let networks = self
            .snapshot
            .read(&self.networks, &["NetworkSettings"], read);
        networks.map(Vec::as_slice)
    }

    /// Exposed ports, and where they are published now. Empty while it doesn't run.
    pub fn ports(&self) -> Result<&[PublishedPort]> {
        let read = |group: groups::Ports| group.ports;
        let ports = self.snapshot.read(&self.ports, &["NetworkSettings"], read);
        ports.map(Vec::as_slice)
    }

    /// Sizes on disk. None unless they were asked for.
    pub fn sizes(&self) -> Result<Option<&ContainerSizes>> {
        let sizes = self
            .snapshot
            .read(&self.sizes, &[], |group: groups::Sizes| group.sizes());
        sizes.map(Option::as_ref)
    }

    /// The full ids of commands running in it.
    pub fn exec_ids(&self) -> Result<&[String]> {
        let ids = self
            .snapshot
            .read(&self.exec_ids, &[], |group: groups::ExecIds| group.ids);
        ids.map(Vec::as_slice)
    }
}
