//! Which objects a spec names, so that they can be looked up before it is decided.

use std::collections::BTreeSet;

use crate::api::ContainerId;
use crate::api::containers::{ContainerSpec, IpcMode, Mount, NetworkMode, PidMode};

/// The objects that a spec names. Those that aren't in scope are left out of what is looked up, and
/// then the spec is refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// The image, as it was asked for.
    pub image: String,
    /// Containers whose namespaces, mounts or names it has.
    pub containers: BTreeSet<ContainerId>,
    /// Networks, by id or name.
    pub networks: BTreeSet<String>,
    /// Volumes, by name.
    pub volumes: BTreeSet<String>,
    /// Paths of the machine, which have to be real ones.
    pub binds: BTreeSet<String>,
}

impl Named {
    /// What a spec names.
    pub fn of(spec: &ContainerSpec) -> Self {
        let options = spec.options();
        let host = &options.host;
        let mut named = Self {
            image: options.image.clone(),
            networks: options.endpoints.keys().cloned().collect(),
            ..Self::default()
        };
        match &host.network_mode {
            Some(NetworkMode::Container(id)) => named.containers.extend([*id]),
            Some(NetworkMode::Network(network)) => named.networks.extend([network.clone()]),
            None | Some(NetworkMode::Default | NetworkMode::None | NetworkMode::Host) => {}
        }
        if let Some(IpcMode::Container(id)) = &host.ipc_mode {
            named.containers.insert(*id);
        }
        if let Some(PidMode::Container(id)) = &host.pid_mode {
            named.containers.insert(*id);
        }
        named
            .containers
            .extend(host.links.iter().map(|link| link.container));
        named
            .containers
            .extend(host.volumes_from.iter().map(|from| from.container));
        for mount in &host.mounts {
            match mount {
                Mount::Bind(bind) => named.binds.insert(bind.source.clone()),
                Mount::Volume(volume) => named.volumes.insert(volume.volume.clone()),
            };
        }
        named
    }
}
