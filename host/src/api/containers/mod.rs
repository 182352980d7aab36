//! Containers: look up, create, drive, watch.

mod spec;
mod types;

use super::{Client, ContainerId};

pub use self::spec::{ContainerSpec, InvalidField, MAX_SPEC_SIZE, UpdateSpec};
pub use self::types::*;

/// The functions on containers in general.
#[derive(Clone, Copy, Debug)]
pub struct Containers<'a> {
    client: &'a Client,
}

/// The functions on one container.
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
}
