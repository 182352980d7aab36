//! The engine, as a plugin has it.

use crate::bindings::engine::system as wit;
use crate::containers::Containers;
use crate::error::Result;
use crate::networks::Networks;
use crate::system::{Pong, SystemInfo, VersionInfo};
use crate::volumes::Volumes;

/// The Docker Engine, as far as this plugin's policy reaches.
///
/// [`#[dockwit::main]`](macro@crate::main) hands it in. It is nothing but the right to call: copies are free, and all do the
/// same.
///
/// ```no_run
/// use dockwit::{Docker, Result};
///
/// #[dockwit::main]
/// async fn main(docker: Docker) -> Result<()> {
///     let version = docker.version().await?;
///     println!("engine {}, API {}", version.version, version.api_version);
///     Ok(())
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Docker {
    _private: (),
}

impl Docker {
    pub(crate) const fn new() -> Self {
        Self { _private: () }
    }

    /// Containers: list, look up, create.
    #[must_use]
    pub const fn containers(self) -> Containers {
        Containers::new()
    }

    /// Volumes: look up.
    #[must_use]
    pub const fn volumes(self) -> Volumes {
        Volumes::new()
    }

    /// Networks: look up.
    #[must_use]
    pub const fn networks(self) -> Networks {
        Networks::new()
    }

    /// Asks whether the engine is there: `GET /_ping`. Needs the grant `system.ping`.
    ///
    /// # Errors
    /// `unavailable` if no engine can be reached, `timeout` if it doesn't answer.
    pub async fn ping(self) -> Result<Pong> {
        wit::ping().await
    }

    /// Tells the versions of the engine and of its parts: `GET /version`. Needs the grant `system.version`.
    ///
    /// # Errors
    /// `unavailable` if no engine can be reached, `protocol` if its answer can't be read.
    pub async fn version(self) -> Result<VersionInfo> {
        wit::version().await
    }

    /// Asks the engine about itself: `GET /info`. Needs the grant `system.info`.
    ///
    /// # Errors
    /// `unavailable` if no engine can be reached, `protocol` if its answer can't be read.
    pub async fn info(self) -> Result<SystemInfo> {
        wit::info().await.map(SystemInfo)
    }
}
