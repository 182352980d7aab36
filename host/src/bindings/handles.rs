//! What handles stand for.

use wasmtime::component::{Resource, ResourceTable};

use crate::api::{ContainerId, NetworkId, VolumeName};
use crate::keeper::NetworkHandle as Network;

/// What a handle of a container stands for.
pub(super) type Container = crate::keeper::Handle;

/// Something that a handle stands for, and that specs name.
pub(super) trait Target: 'static {
    /// As the api layer names it.
    type Name;

    fn name(&self) -> Self::Name;
}

/// What the object behind a handle is called.
pub(super) fn target<T: Target>(
    table: &ResourceTable,
    handle: &Resource<T>,
) -> wasmtime::Result<T::Name> {
    Ok(table.get(handle)?.name())
}

impl Target for Container {
    type Name = ContainerId;

    fn name(&self) -> ContainerId {
        self.id
    }
}

impl Target for Network {
    type Name = NetworkId;

    fn name(&self) -> NetworkId {
        self.id
    }
}

impl Target for VolumeName {
    type Name = Self;

    fn name(&self) -> Self {
        self.clone()
    }
}
