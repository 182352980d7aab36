//! What a run's store holds, and the functions that are linked to it.

use wasmtime::Engine;
use wasmtime::component::{Linker, ResourceTable};
use wasmtime_wasi::cli::{WasiCli, WasiCliView};
use wasmtime_wasi::clocks::{WasiClocks, WasiClocksView};
use wasmtime_wasi::p3::bindings::{cli, clocks};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use super::sandbox::Bounds;
use crate::bindings::{self, DockerCtx, DockerCtxView, DockerView};

pub(super) struct State {
    pub(super) docker: DockerCtx,
    pub(super) wasi: WasiCtx,
    pub(super) table: ResourceTable,
    pub(super) bounds: Bounds,
}

impl DockerView for State {
    fn docker(&mut self) -> DockerCtxView<'_> {
        DockerCtxView {
            ctx: &mut self.docker,
            table: &mut self.table,
        }
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

/// Links `dockwit:engine`, WASI 0.2, and of WASI 0.3 what doesn't block a plugin where 0.2 would: the monotonic clock and
/// standard input.
pub(super) fn linker(engine: &Engine) -> wasmtime::Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    bindings::add_to_linker(&mut linker)?;
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    clocks::types::add_to_linker::<_, WasiClocks>(&mut linker, State::clocks)?;
    clocks::monotonic_clock::add_to_linker::<_, WasiClocks>(&mut linker, State::clocks)?;
    cli::stdin::add_to_linker::<_, WasiCli>(&mut linker, State::cli)?;
    Ok(linker)
}
