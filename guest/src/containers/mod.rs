//! Containers: list, look up, create, drive, watch.

mod calls;
mod container;
mod details;
mod healthcheck;
mod kinds;
mod list;
mod logs;
mod mount;
mod spec;
mod stats;
mod tmpfs;
mod update;
mod wait;

pub use self::{
    calls::{Inspect, InspectJson, Kill, Remove, Restart, Start, Stop},
    container::Container,
    details::ContainerDetails,
    healthcheck::{HealthTest, Healthcheck},
    list::List,
    logs::{LogLine, LogLines, LogStream, Logs},
    mount::VolumeMount,
    spec::ContainerSpec,
    stats::{Stats, StatsStream},
    tmpfs::Tmpfs,
    update::UpdateSpec,
    wait::{Wait, WaitCall},
};
pub use crate::bindings::engine::{
    containers::{
        BlkioEntry, ChangeKind, ContainerCommand, ContainerConfig, ContainerExit, ContainerFilter,
        ContainerHealth, ContainerHostConfig, ContainerIdentity, ContainerPort, ContainerResources,
        ContainerSecurity, ContainerSizes, ContainerState, ContainerStats, ContainerStatus,
        ContainerSummary, CpuStats, FilesystemChange, HealthProbe, HealthStatus, HostBinding,
        InterfaceStats, IpcMode, LogChunk, MemoryStats, MountKind, MountPoint, NetworkEndpoint,
        NetworkMode, NetworkSummary, OutputStream, PortSummary, ProcessList, PublishedPort,
        RestartCondition, RestartPolicy, Ulimit, WaitCondition,
    },
    types::Protocol,
};

use crate::bindings::engine::containers as wit;
use crate::error::Result;

/// The engine's containers. Had by [`Docker::containers`](crate::Docker::containers).
#[derive(Clone, Copy, Debug)]
pub struct Containers {
    _private: (),
}

impl Containers {
    pub(crate) const fn new() -> Self {
        Self { _private: () }
    }

    /// Lists containers, by default those that run: `GET /containers/json`. Needs the grant `containers.list`.
    ///
    /// ```no_run
    /// # async fn f(docker: dockwit::Docker) -> dockwit::Result<()> {
    /// for row in docker.containers().list().all(true).label("app=web").await? {
    ///     println!("{} {}: {}", row.short_id(), row.name(), row.status_text);
    ///     row.container()?.remove().force(true).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `invalid` if a filter is.
    pub fn list(self) -> List {
        List::new()
    }

    /// Looks a container up by name, id, or the first digits of an id: `GET /containers/{id}/json`. Needs the grant
    /// `containers.get`.
    ///
    /// # Errors
    /// `not-found` if there is none.
    pub async fn get(self, name: impl Into<String>) -> Result<Container> {
        wit::get(name.into()).await.map(Container::new)
    }

    /// Makes a handle of a full id that this run was told, in a row of a list or elsewhere; the engine isn't asked. Needs
    /// the grant `containers.open`.
    ///
    /// # Errors
    /// `invalid` if it is no full id, `not-found` if this run was never told of it.
    pub fn open(self, id: impl AsRef<str>) -> Result<Container> {
        wit::open(id.as_ref()).map(Container::new)
    }

    /// Makes a container, and doesn't start it: `POST /containers/create`. Needs the grant `containers.create`.
    ///
    /// The engine's warnings are dropped; [`create_with_warnings`](Self::create_with_warnings) gives them.
    ///
    /// ```no_run
    /// # async fn f(docker: dockwit::Docker) -> dockwit::Result<()> {
    /// use dockwit::ContainerSpec;
    ///
    /// let spec = ContainerSpec::new("nginx:1")
    ///     .name("web")
    ///     .memory("128m")
    ///     .env([("TZ", "UTC")])
    ///     .port(80, 8080);
    /// docker.containers().create(&spec).await?.start().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `not-found` if the engine doesn't have the image, `conflict` if the name is in use, `invalid` if a value is
    /// impossible; which one, [`field`](crate::Error::field) says. `engine` if Podman finds it so. `unsupported` if the engine made it
    /// weaker than it was asked for: it is removed then.
    pub async fn create(self, spec: &ContainerSpec) -> Result<Container> {
        Ok(self.create_with_warnings(spec).await?.0)
    }

    /// Makes a container as [`create`](Self::create) does, and gives what the engine warned of as well. Needs the grant
    /// `containers.create`.
    ///
    /// # Errors
    /// Those of [`create`](Self::create).
    pub async fn create_with_warnings(
        self,
        spec: &ContainerSpec,
    ) -> Result<(Container, Vec<String>)> {
        let created = wit::create(spec.usable("containers.create")?).await?;
        Ok((Container::new(created.container), created.warnings))
    }
}
