//! Containers: look up, create, drive, watch.

mod details;
mod groups;
mod host;
mod inspect;
mod lifecycle;
mod list;
mod logs;
mod spec;
mod stats;
mod types;
mod wait;

use super::{Client, ContainerId};
use crate::transport::Request;

pub use self::details::ContainerDetails;
pub use self::lifecycle::CreatedContainer;
pub use self::logs::{LogDecoder, LogStream};
pub(super) use self::spec::endpoint_json;
pub use self::spec::{
    ContainerSpec, Empty, HostOptions, HostPort, InvalidField, MAX_SPEC_SIZE, Mount, Options,
    Tmpfs, UpdateSpec, Variable,
};
pub use self::stats::{StatsDecoder, StatsStream};
pub use self::types::*;
pub use self::wait::ExitFuture;

/// The functions on containers in general.
#[derive(Clone, Copy, Debug)]
pub struct Containers<'a> {
    client: &'a Client,
}

/// The functions on one container.
///
/// Each fails with `NotFound` if the container is gone, `Unavailable` if no engine can be reached,
/// `Timeout` if it doesn't answer in time, `Engine` if it fails, `Protocol` if its answer can't be
/// read.
#[derive(Clone, Copy, Debug)]
pub struct Container<'a> {
    client: &'a Client,
    id: ContainerId,
}

impl<'a> Containers<'a> {
    pub(super) fn new(client: &'a Client) -> Self {
        Self { client }
    }
}

impl<'a> Container<'a> {
    pub(super) fn new(client: &'a Client, id: ContainerId) -> Self {
        Self { client, id }
    }

    /// Its full id.
    pub fn id(&self) -> &ContainerId {
        &self.id
    }

    /// Fills its id into a request.
    fn at(&self, request: Request) -> Request {
        request.segment(self.id.as_str())
    }
}
