//! The engine as a whole: what it says of itself.

pub use crate::bindings::engine::system::{
    ComponentVersion, DriverInfo, EngineIdentity, LimitSupport, ObjectCounts, Pong, RegistryAccess,
    StorageInfo, SwarmStatus, VersionInfo,
};

use crate::bindings::engine::system as wit;
use crate::error::Result;

/// What an engine tells of itself, as it was when [`info`](crate::Docker::info) asked.
///
/// Each group is read when it is asked for, without asking the engine again. A group that can't be read fails with
/// `protocol`, and the others are not touched by it.
///
/// ```no_run
/// # async fn f(docker: dockwit::Docker) -> dockwit::Result<()> {
/// let info = docker.info().await?;
/// println!("{} of {} containers run", info.counts()?.running, info.counts()?.containers);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct SystemInfo(pub(crate) wit::SystemInfo);

/// Every group fails with `protocol` if the engine's answer can't be read there.
impl SystemInfo {
    /// Who the engine is and what it runs on.
    pub fn identity(&self) -> Result<EngineIdentity> {
        self.0.identity()
    }

    /// How many objects there are, those that the plugin may not see included.
    pub fn counts(&self) -> Result<ObjectCounts> {
        self.0.counts()
    }

    /// Where and how images and layers are kept.
    pub fn storage(&self) -> Result<StorageInfo> {
        self.0.storage()
    }

    /// What the kernel can hold a container to.
    pub fn limits(&self) -> Result<LimitSupport> {
        self.0.limits()
    }

    /// Drivers and runtimes.
    pub fn drivers(&self) -> Result<DriverInfo> {
        self.0.drivers()
    }

    /// How the engine stands to its swarm.
    pub fn swarm(&self) -> Result<SwarmStatus> {
        self.0.swarm()
    }

    /// Registries and proxies.
    pub fn registries(&self) -> Result<RegistryAccess> {
        self.0.registries()
    }

    /// The security features in force: `name=seccomp,profile=builtin`.
    pub fn security_options(&self) -> Result<Vec<String>> {
        self.0.security_options()
    }

    /// What the engine warns of.
    pub fn warnings(&self) -> Result<Vec<String>> {
        self.0.warnings()
    }
}
