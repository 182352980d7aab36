//! The interface `networks`.

use wasmtime::component::{Accessor, Resource};

use super::HasDocker;
use super::ctx::DockerCtxView;
use super::error::{self, DockerResult};
use super::wit::networks::{Host, HostNetwork, HostWithStore};
use crate::keeper::NetworkHandle as Network;
use crate::policy::Verb;

impl Host for DockerCtxView<'_> {}

impl<T> HostWithStore<T> for HasDocker {
    async fn get(accessor: &Accessor<T, Self>, name: String) -> DockerResult<Resource<Network>> {
        let pass = accessor.with(|mut access| access.get().ctx.pass(Verb::NetworksGet))?;
        let network = pass
            .read(|client, keeper| async move { keeper.get_network(&client, &name).await })
            .await?;
        accessor.with(|mut access| access.get().table.push(network).map_err(error::bad_handle))
    }
}

impl HostNetwork for DockerCtxView<'_> {
    fn id(&mut self, network: Resource<Network>) -> wasmtime::Result<String> {
        Ok(self.table.get(&network)?.id.to_string())
    }

    fn name(&mut self, network: Resource<Network>) -> wasmtime::Result<String> {
        Ok(self.table.get(&network)?.name.clone())
    }

    fn drop(&mut self, network: Resource<Network>) -> wasmtime::Result<()> {
        self.table.delete(network)?;
        Ok(())
    }
}
