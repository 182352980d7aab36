//! The interface `run`: nothing in it reaches the engine.

use wasmtime::component::Accessor;

use super::HasDocker;
use super::ctx::DockerCtxView;
use super::wit::run::{Host, HostWithStore};
use crate::policy::Verb;

impl Host for DockerCtxView<'_> {
    fn granted(&mut self, verb: String) -> wasmtime::Result<bool> {
        Ok(verb
            .parse::<Verb>()
            .is_ok_and(|verb| self.ctx.keeper.allow(verb).is_ok()))
    }

    fn set_exit_status(&mut self, status: u8) -> wasmtime::Result<()> {
        self.ctx.exit_status = Some(status);
        Ok(())
    }
}

impl<T> HostWithStore<T> for HasDocker {
    async fn stop_requested(accessor: &Accessor<T, Self>) -> wasmtime::Result<()> {
        let stop = accessor.with(|mut access| access.get().ctx.stop.clone());
        stop.cancelled().await;
        Ok(())
    }
}
