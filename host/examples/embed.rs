//! Embeds the interface in a program of one's own: a store, a linker, and a component that exports
//! `wasi:cli/run@0.3.0`, with WASI as the program sees fit. Who wants no store of their own takes `runtime` instead.
//!
//! `cargo run --example embed -- plugin.wasm`

use dockwit_host::api::Client;
use dockwit_host::bindings::{self, DockerCtx, DockerCtxView, DockerView};
use dockwit_host::policy::Grants;
use dockwit_host::transport::Transport;
use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{Config, Engine, Store};
use wasmtime_wasi::p3::bindings::Command;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

struct State {
    docker: DockerCtx,
    wasi: WasiCtx,
    table: ResourceTable,
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

#[tokio::main]
async fn main() -> wasmtime::Result<()> {
    let file = std::env::args().nth(1).expect("a component's path");
    let mut config = Config::new();
    config.wasm_component_model_async(true);
    let engine = Engine::new(&config)?;

    let mut linker = Linker::new(&engine);
    bindings::add_to_linker(&mut linker)?;
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wasmtime_wasi::p3::add_to_linker(&mut linker)?;

    let transport = Transport::builder("unix:///var/run/docker.sock".parse()?).build()?;
    let docker = DockerCtx::builder(Client::new(transport))
        .grants(Grants::parse(["system.ping", "containers.list"], None)?)
        .build();
    let writes = docker.writes();
    let wasi = WasiCtx::builder().inherit_stdio().build();
    let mut store = Store::new(
        &engine,
        State {
            docker,
            wasi,
            table: ResourceTable::new(),
        },
    );

    let component = Component::from_file(&engine, file)?;
    let plugin = Command::instantiate_async(&mut store, &component, &linker).await?;
    let result = store
        .run_concurrent(async |store| plugin.wasi_cli_run().call_run(store).await)
        .await??;
    drop(store);
    writes.settled().await;
    result.map_err(|()| wasmtime::Error::msg("the plugin failed"))
}
