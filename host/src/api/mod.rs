//! The Engine API as typed functions: a typed request becomes HTTP, and its answer a typed value.
//!
//! A [`Client`] stands for one engine. Each domain has a door of its own
//! ([`system`](Client::system), [`containers`](Client::containers)), and an object is reached by
//! its full id ([`container`](Client::container)). Names, fields and cases are those of the WIT
//! package `dockwit:engine`, in Rust's case.
//!
//! What engines write differently is bridged here: `null` for an empty list, a text where a list
//! is due, fields that came or went. In rows of lists and items of streams, what newer engines
//! add, and what can't be read, is kept as JSON in `more`; one odd row never fails a list.
//!
//! This layer knows no WebAssembly and no policy.

mod error;
mod ids;
mod json;
mod stream;
#[cfg(test)]
mod tests;
mod types;

pub mod containers;
pub mod images;
pub mod networks;
pub mod system;
pub mod volumes;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::transport::{
    ApiVersion, BodyStream, HeadTimeout, Holding, Meter, Request, Response, Trace, Transport,
};

pub use self::containers::{Container, Containers};
pub use self::error::{Error, ErrorKind, Result};
pub use self::ids::{ContainerId, ImageId, NetworkId, VolumeName};
pub use self::images::Images;
pub use self::networks::{Network, Networks};
pub use self::stream::ItemStream;
pub use self::system::System;
pub use self::types::{Protocol, Timestamp};
pub use self::volumes::{Volume, Volumes};

/// A client of one engine. Clones share its connections.
#[derive(Clone, Debug)]
pub struct Client {
    transport: Transport,
}

impl Client {
    /// A client over a transport.
    pub fn new(transport: Transport) -> Self {
        Self { transport }
    }

    /// A client of the engine at an address such as `unix:///var/run/docker.sock`. Nothing is sent yet.
    ///
    /// Fails for an address that can't be one, or isn't supported.
    pub fn at(address: &str) -> Result<Self> {
        Ok(Self::new(Transport::builder(address.parse()?).build()?))
    }

    /// The same, with what the engine sends counted.
    #[must_use]
    pub fn metered(&self, meter: Arc<Meter>) -> Self {
        Self::new(self.transport.metered(meter))
    }

    /// The same, keeping account of what is sent and comes.
    #[must_use]
    pub fn traced(self, trace: Arc<Trace>) -> Self {
        Self::new(self.transport.traced(trace))
    }

    /// The same, with what it keeps in memory of answers held to a budget. It stays held until the holding is dropped.
    #[must_use]
    pub fn held_to(self, memory: Arc<Holding>) -> Self {
        Self::new(self.transport.held_to(memory))
    }

    /// The same, for requests that only go with the one that a call is about.
    #[must_use]
    pub(crate) fn beside(&self) -> Self {
        Self::new(self.transport.beside())
    }

    /// The same, which sends nothing but reads.
    #[must_use]
    pub fn reads_only(self) -> Self {
        Self::new(self.transport.reads_only())
    }

    /// What the client speaks over.
    pub fn transport(&self) -> &Transport {
        &self.transport
    }

    /// The engine as a whole.
    pub fn system(&self) -> System<'_> {
        System::new(self)
    }

    /// Containers: look up, create.
    pub fn containers(&self) -> Containers<'_> {
        Containers::new(self)
    }

    /// One container. The engine isn't asked.
    pub fn container(&self, id: &ContainerId) -> Container<'_> {
        Container::new(self, *id)
    }

    /// Images: look up.
    pub fn images(&self) -> Images<'_> {
        Images::new(self)
    }

    /// Networks: create, list.
    pub fn networks(&self) -> Networks<'_> {
        Networks::new(self)
    }

    /// One network. The engine isn't asked.
    pub fn network(&self, id: &NetworkId) -> Network<'_> {
        Network::new(self, *id)
    }

    /// Volumes: create, list.
    pub fn volumes(&self) -> Volumes<'_> {
        Volumes::new(self)
    }

    /// One volume. The engine isn't asked.
    pub fn volume<'a>(&'a self, name: &'a VolumeName) -> Volume<'a> {
        Volume::new(self, name)
    }
}

/// The filter by labels, `key` or `key=value` each, as engines take it.
fn label_filter(labels: &[&str]) -> String {
    serde_json::json!({ "label": labels }).to_string()
}

/// How much longer than usual the engine has for what keeps its disks busy: measuring and removing
/// layers, making and starting containers on a machine under load.
const SLOW: HeadTimeout = HeadTimeout::Extended(Duration::from_secs(240));

impl Client {
    /// The API version that is spoken with the engine.
    async fn api_version(&self) -> Result<ApiVersion> {
        Ok(self.transport.api_version().await?)
    }

    /// Sends a request that has no answer but its status.
    async fn send(&self, request: Request) -> Result<()> {
        self.transport.call(request).await?;
        Ok(())
    }

    /// Sends a request and reads its answer.
    async fn fetch<T>(&self, request: Request, read: impl FnOnce(Bytes) -> Result<T>) -> Result<T> {
        let read = |body, _| read(body);
        self.fetch_weighed(request, json::weigh, read).await
    }

    /// As [`fetch`](Self::fetch), of a list.
    async fn fetch_rows<T: json::Row>(&self, request: Request) -> Result<Vec<T>> {
        let read = |body: Bytes, _| json::rows(&body);
        self.fetch_weighed(request, json::weigh_list, read).await
    }

    /// As [`fetch`](Self::fetch), for who weighs the answer in a way of his own, or wants to know what it takes of memory when
    /// it is read.
    async fn fetch_weighed<T>(
        &self,
        request: Request,
        weigh: fn(&[u8]) -> Result<usize>,
        read: impl FnOnce(Bytes, usize) -> Result<T>,
    ) -> Result<T> {
        let route = request.route().clone();
        let Response { body, .. } = self.transport.call(request).await?;
        let read = || -> Result<T> {
            let weight = weigh(&body)?;
            self.transport.hold(weight)?;
            read(body, weight)
        };
        read().map_err(|error| error.at(&route))
    }

    /// Sends a request, and returns at the answer's head.
    async fn open(&self, request: Request) -> Result<BodyStream> {
        Ok(self.transport.stream(request).await?)
    }
}

impl From<Transport> for Client {
    fn from(transport: Transport) -> Self {
        Self::new(transport)
    }
}
