//! Embeds the interface in a program of one's own: a store, a linker, and a component that exports
//! `wasi:cli/run@0.3.0`, with WASI as the program sees fit. Who wants no store of their own takes `runtime` instead.
//!
//! `cargo run --example embed -- plugin.wasm`

use dockwit_host::api::Client;
use dockwit_host::bindings::{self, DockerCtx, DockerCtxView, DockerView};
use dockwit_host::policy::Policy;
use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{Engine, Store};
use wasmtime_wasi::p3::bindings::Command;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

/// What is a plugin's own takes a ledger, and a keeper in the policy's place: `DockerCtxBuilder::keeper`.
const POLICY: &str = r#"
version = 1
plugin = "embedded"
allow = ["system.ping", "containers.list"]
scope.containers = "all"
"#;

struct State {
    docker: DockerCtx,
    wasi: WasiCtx,
    table: ResourceTable,
}

impl DockerView for State {
    fn docker(&mut self) -> DockerCtxView<'_> {
        let (ctx, table) = (&mut self.docker, &mut self.table);
        DockerCtxView { ctx, table }
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        let (ctx, table) = (&mut self.wasi, &mut self.table);
        WasiCtxView { ctx, table }
    }
}

#[tokio::main]
async fn main() -> wasmtime::Result<()> {
    let file = std::env::args().nth(1).expect("a component's path");
    let engine = Engine::default();
    let mut linker = Linker::new(&engine);
    bindings::add_to_linker(&mut linker)?;
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wasmtime_wasi::p3::add_to_linker(&mut linker)?;

    let docker = DockerCtx::builder(Client::at("unix:///var/run/docker.sock")?)
        .policy(Policy::parse(POLICY)?)
        .build();
    let writes = docker.writes();
    let wasi = WasiCtx::builder().inherit_stdio().build();
    let table = ResourceTable::new();
    let state = State {
        docker,
        wasi,
        table,
    };
    let mut store = Store::new(&engine, state);

    let component = Component::from_file(&engine, file)?;
    let plugin = Command::instantiate_async(&mut store, &component, &linker).await?;
    let result = store
        .run_concurrent(async |store| plugin.wasi_cli_run().call_run(store).await)
        .await??;
    drop(store);
    writes.settled().await;
    result.map_err(|()| wasmtime::Error::msg("the plugin failed"))
}
