//! The interface `volumes`.

use wasmtime::component::{Accessor, Resource};

use super::HasDocker;
use super::ctx::DockerCtxView;
use super::error::{self, DockerResult};
use super::wit::volumes::{Host, HostVolume, HostWithStore};
use crate::api::VolumeName;
use crate::policy::Verb;

impl Host for DockerCtxView<'_> {}

impl<T> HostWithStore<T> for HasDocker {
    async fn get(accessor: &Accessor<T, Self>, name: String) -> DockerResult<Resource<VolumeName>> {
        let pass = accessor.with(|mut access| access.get().ctx.pass(Verb::VolumesGet))?;
        let volume = pass
            .read(|client, keeper| async move { keeper.get_volume(&client, &name).await })
            .await?;
        accessor.with(|mut access| access.get().table.push(volume).map_err(error::bad_handle))
    }
}

impl HostVolume for DockerCtxView<'_> {
    fn id(&mut self, volume: Resource<VolumeName>) -> wasmtime::Result<String> {
        Ok(self.table.get(&volume)?.to_string())
    }

    fn name(&mut self, volume: Resource<VolumeName>) -> wasmtime::Result<String> {
        let name = self.table.get(&volume)?.as_str();
        Ok(self.ctx.keeper().shown_name(name).to_owned())
    }

    fn drop(&mut self, volume: Resource<VolumeName>) -> wasmtime::Result<()> {
        self.table.delete(volume)?;
        Ok(())
    }
}
