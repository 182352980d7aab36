//! The engine as a whole.

mod info;
mod podman;
mod types;
mod version;

use super::json::weigh;
use super::{Client, Result};
use crate::transport::{Request, Response};

pub use self::info::SystemInfo;
pub use self::types::*;

/// The functions on the engine as a whole.
#[derive(Clone, Copy, Debug)]
pub struct System<'a> {
    client: &'a Client,
}

impl<'a> System<'a> {
    pub(super) fn new(client: &'a Client) -> Self {
        Self { client }
    }

    /// Asks whether the engine is there: `GET /_ping`.
    ///
    /// Fails with `Unavailable` if no engine can be reached, with `Timeout` if it doesn't answer.
    pub async fn ping(&self) -> Result<Pong> {
        let request = Request::get("/_ping").unversioned();
        let Response { headers, .. } = self.client.transport.call(request).await?;
        Ok(version::pong(&headers))
    }

    /// Tells the versions of the engine and of its parts: `GET /version`.
    ///
    /// Fails with `Unavailable` if no engine can be reached, with `Protocol` if its answer can't be
    /// read.
    pub async fn version(&self) -> Result<VersionInfo> {
        let request = Request::get("/version");
        self.client
            .fetch(request, |body| super::json::row(&body))
            .await
    }

    /// Asks the engine about itself: `GET /info`.
    ///
    /// Fails with `Unavailable` if no engine can be reached, with `Protocol` if its answer can't be
    /// read.
    pub async fn info(&self) -> Result<SystemInfo> {
        let request = Request::get("/info");
        self.client
            .fetch_weighed(request, weigh, SystemInfo::of)
            .await
    }

    /// The capabilities that Podman gives containers by default, `CAP_CHOWN`: `GET /libpod/info`, as
    /// only its own interface tells them.
    ///
    /// Fails with `NotFound` on any other engine, with `Protocol` if its answer can't be read.
    pub async fn podmans_capabilities(&self) -> Result<Vec<String>> {
        let request = Request::get("/libpod/info");
        self.client
            .fetch(request, |body| podman::capabilities(&body))
            .await
    }
}
