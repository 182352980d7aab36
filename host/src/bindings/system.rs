//! The interface `system`.

use wasmtime::component::{Accessor, Resource};

use super::HasDocker;
use super::convert::Convert;
use super::ctx::DockerCtxView;
use super::error::{DockerError, DockerResult};
use super::kept::KeptInfo;
use super::wit::system::{Host, HostWithStore, Pong, VersionInfo};
use super::wit::types;
use crate::policy::Verb;

impl types::Host for DockerCtxView<'_> {
    fn convert_error(&mut self, error: DockerError) -> wasmtime::Result<types::Error> {
        error.downcast()
    }
}

impl Host for DockerCtxView<'_> {}

impl<T> HostWithStore<T> for HasDocker {
    async fn ping(accessor: &Accessor<T, Self>) -> DockerResult<Pong> {
        let pass = accessor.with(|mut access| access.get().ctx.pass(Verb::SystemPing))?;
        pass.read(|client, _| async move { client.system().ping().await })
            .await
            .map(Convert::convert)
    }

    async fn version(accessor: &Accessor<T, Self>) -> DockerResult<VersionInfo> {
        let pass = accessor.with(|mut access| access.get().ctx.pass(Verb::SystemVersion))?;
        pass.read(|client, _| async move { client.system().version().await })
            .await
            .map(Convert::convert)
    }

    async fn info(accessor: &Accessor<T, Self>) -> DockerResult<Resource<KeptInfo>> {
        let pass = accessor.with(|mut access| access.get().ctx.pass(Verb::SystemInfo))?;
        let info = pass
            .read_to_keep(|client, _| async move { client.system().info().await })
            .await?;
        accessor.with(|mut access| {
            access
                .get()
                .table
                .push(info)
                .map_err(super::error::bad_handle)
        })
    }
}
