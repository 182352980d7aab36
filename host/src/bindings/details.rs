//! Snapshots: the groups of what the engine told, each read when it is asked for. One line a group; after an arrow stands
//! what may be told of it.

use wasmtime::component::Resource;

use super::convert::Convert;
use super::ctx::DockerCtxView;
use super::error::{self, DockerResult};
use super::kept::{KeptDetails, KeptInfo};
use super::wit::containers::{
    ContainerCommand, ContainerConfig, ContainerHealth, ContainerHostConfig, ContainerIdentity,
    ContainerResources, ContainerSecurity, ContainerSizes, ContainerState, Healthcheck,
    HostContainerDetails, MountPoint, NetworkEndpoint, PublishedPort,
};
use super::wit::system::{
    DriverInfo, EngineIdentity, HostSystemInfo, LimitSupport, ObjectCounts, RegistryAccess,
    StorageInfo, SwarmStatus,
};
use crate::policy::Verb;

macro_rules! groups {
    ($snapshot:ty, $verb:expr; $($group:ident -> $kind:ty $(=> $by:ident.$shown:ident)?,)*) => {
        $(fn $group(&mut self, snapshot: Resource<$snapshot>) -> DockerResult<$kind> {
            let snapshot = self.table.get(&snapshot).map_err(error::bad_handle)?;
            match snapshot.$group() {
                Ok(group) => {
                    // What may be told of it.
                    $(let group = self.ctx.$by().$shown(group);)?
                    Ok(group.convert())
                }
                Err(error) => Err(error::of_engine(self.ctx.keeper(), $verb, &error).into()),
            }
        })*

        fn drop(&mut self, snapshot: Resource<$snapshot>) -> wasmtime::Result<()> {
            self.table.delete(snapshot)?;
            Ok(())
        }
    };
}

impl HostContainerDetails for DockerCtxView<'_> {
    groups! { KeptDetails, Verb::ContainerInspect;
        identity -> ContainerIdentity => keeper.identity,
        state -> ContainerState,
        health -> Option<ContainerHealth> => show.health,
        command -> ContainerCommand => show.command,
        env -> Vec<(String, Option<String>)> => show.env,
        labels -> Vec<(String, String)>,
        config -> ContainerConfig => show.config,
        healthcheck -> Option<Healthcheck> => show.healthcheck,
        resources -> ContainerResources,
        host_config -> ContainerHostConfig => keeper.host_config,
        security -> ContainerSecurity,
        mounts -> Vec<MountPoint> => keeper.mounts,
        networks -> Vec<NetworkEndpoint> => keeper.networks,
        ports -> Vec<PublishedPort>,
        sizes -> Option<ContainerSizes>,
        exec_ids -> Vec<String>,
    }
}

impl HostSystemInfo for DockerCtxView<'_> {
    groups! { KeptInfo, Verb::SystemInfo;
        identity -> EngineIdentity,
        counts -> ObjectCounts,
        storage -> StorageInfo,
        limits -> LimitSupport,
        drivers -> DriverInfo,
        swarm -> SwarmStatus,
        registries -> RegistryAccess,
        security_options -> Vec<String>,
        warnings -> Vec<String>,
    }
}
