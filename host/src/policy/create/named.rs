//! Which objects a spec names, so that they can be looked up before it is decided.

use std::collections::BTreeSet;

use crate::api::containers::{
    ContainerDetails, ContainerSpec, IpcMode, Mount, MountKind, NetworkMode, PidMode,
};
use crate::api::{self, ContainerId};

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
    /// Whether it names no network, so that it is put on the plugin's own.
    pub own_network: bool,
}

impl Named {
    /// What a spec names.
    pub fn of(spec: &ContainerSpec) -> Self {
        let options = spec.options();
        let host = &options.host;
        let mut named = Self {
            image: options.image.clone(),
            own_network: matches!(host.network_mode, None | Some(NetworkMode::Default))
                && options.network_disabled != Some(true),
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
        let of_endpoints = options.endpoints.values();
        let links = of_endpoints.flat_map(|endpoint| &endpoint.links);
        named.containers.extend(links.map(|link| link.container));
        for mount in &host.mounts {
            match mount {
                Mount::Bind(bind) => {
                    named.binds.insert(bind.source.clone());
                }
                // Without a name it is made.
                Mount::Volume(volume) if volume.volume.is_empty() => {}
                Mount::Volume(volume) => {
                    named.volumes.insert(volume.volume.clone());
                }
            }
        }
        named
    }
}

impl Named {
    /// What a container that exists names.
    ///
    /// Fails with `Protocol` if the engine's answer can't be read.
    pub fn of_details(details: &ContainerDetails) -> api::Result<Self> {
        let host = details.host_config()?;
        let security = details.security()?;
        let identity = details.identity()?;
        let shared = [&host.network_mode, &security.ipc_mode, &security.pid_mode];
        let shared = shared
            .into_iter()
            .filter_map(|mode| mode.strip_prefix("container:"));
        let from = host.volumes_from.iter();
        let from = from.map(|from| from.split_once(':').map_or(from.as_str(), |(id, _)| id));
        let networks = details.networks()?.iter();
        let networks = networks.map(|endpoint| match endpoint.network_id.is_empty() {
            true => endpoint.network.clone(),
            false => endpoint.network_id.clone(),
        });
        let volumes = details.mounts()?.iter();
        let volumes = volumes.filter(|mount| mount.kind == MountKind::Volume);
        Ok(Self {
            image: identity.image_id.clone(),
            containers: shared
                .chain(from)
                .filter_map(|id| id.parse().ok())
                .collect(),
            networks: networks.collect(),
            volumes: volumes.filter_map(|mount| mount.name.clone()).collect(),
            binds: BTreeSet::new(),
            own_network: false,
        })
    }
}
