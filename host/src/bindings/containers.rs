//! The interface `containers`.

use wasmtime::component::{Accessor, FutureReader, Resource, StreamReader};

use super::HasDocker;
use super::convert::Convert;
use super::ctx::{DockerCtx, DockerCtxView};
use super::error::{self, DockerResult};
use super::gate::{Pass, Wrong};
use super::kept::{KeptDetails, KeptSpec, KeptUpdate};
use super::streams::flow;
use super::wit::containers::{
    ContainerExit, ContainerStats, ContainerSummary, CreatedContainer, FilesystemChange, Host,
    HostBinding, HostContainer, HostContainerWithStore, HostWithStore, ListOptions, LogChunk,
    LogsOptions, ProcessList, RemoveOptions, StartOptions, StopOptions, WaitCondition,
};
use super::wit::types::{Error, Protocol};
use crate::api::containers::{ContainerSpec, UpdateSpec};
use crate::api::{Client, ContainerId, ErrorKind};
use crate::keeper::{Handle, Listed};
use crate::policy::Verb;

impl Host for DockerCtxView<'_> {
    fn open(&mut self, id: String) -> DockerResult<Resource<Handle>> {
        let verb = Verb::ContainersOpen;
        let mut pass = self.ctx.pass(verb)?;
        let id = id.parse::<ContainerId>();
        if let Ok(id) = &id {
            pass.about(id);
        }
        let told = &self.ctx.told;
        let handle = pass.local(|| match id {
            Ok(id) => told.handle(&id).ok_or_else(|| never_told(verb, &id)),
            Err(_) => Err(no_full_id(verb)),
        })?;
        self.table.push(handle).map_err(error::bad_handle)
    }
}

fn no_full_id(verb: Verb) -> Wrong {
    Wrong {
        kind: ErrorKind::Invalid,
        field: "id",
        error: error::invalid(verb, "id", "a full id is 64 hexadecimal digits"),
    }
}

fn never_told(verb: Verb, id: &ContainerId) -> Wrong {
    let message =
        format!("this run was never told of a container {id}; look it up with `containers.get`");
    Wrong {
        kind: ErrorKind::NotFound,
        field: "id",
        error: error::not_found(verb, message),
    }
}

impl<T> HostWithStore<T> for HasDocker {
    async fn list(
        accessor: &Accessor<T, Self>,
        options: ListOptions,
    ) -> DockerResult<Vec<ContainerSummary>> {
        let pass = accessor.with(|mut access| access.get().ctx.pass(Verb::ContainersList))?;
        let options = options.convert();
        let Listed { mut rows, handles } = pass
            .read(|client, keeper| async move { keeper.list(&client, &options).await })
            .await?;
        let show = accessor.with(|mut access| {
            let ctx = &mut access.get().ctx;
            ctx.tell(handles);
            ctx.show()
        });
        show.rows(&mut rows);
        Ok(rows.convert())
    }

    async fn get(accessor: &Accessor<T, Self>, name: String) -> DockerResult<Resource<Handle>> {
        let pass = accessor.with(|mut access| access.get().ctx.pass(Verb::ContainersGet))?;
        let handle = pass
            .read_about(
                |client, keeper| async move { keeper.get(&client, &name).await },
                |handle| Some(&handle.id),
            )
            .await?;
        hand_out(accessor, handle)
    }

    async fn create(
        accessor: &Accessor<T, Self>,
        spec: Resource<KeptSpec>,
    ) -> DockerResult<CreatedContainer> {
        let (pass, spec) = accessor.with(|mut access| -> DockerResult<_> {
            let view = access.get();
            let spec = view.table.get(&spec).map_err(error::bad_handle)?;
            let pass = view.ctx.pass(Verb::ContainersCreate)?.may_use(spec)?;
            // A copy, so that nothing the plugin does meanwhile changes what is checked and sent.
            Ok((pass, ContainerSpec::clone(spec)))
        })?;
        let created = pass
            .write(|errand, keeper| async move { keeper.create(&errand, &spec).await })
            .await?;
        Ok(CreatedContainer {
            container: hand_out(accessor, created.handle)?,
            warnings: created.warnings,
        })
    }
}

/// Gives the plugin a handle, and remembers that it was told the id.
fn hand_out<T>(
    accessor: &Accessor<T, HasDocker>,
    handle: Handle,
) -> DockerResult<Resource<Handle>> {
    accessor.with(|mut access| {
        let view = access.get();
        view.ctx.tell([handle]);
        view.table.push(handle).map_err(error::bad_handle)
    })
}

impl HostContainer for DockerCtxView<'_> {
    fn id(&mut self, container: Resource<Handle>) -> wasmtime::Result<String> {
        Ok(self.table.get(&container)?.id.to_string())
    }

    fn drop(&mut self, container: Resource<Handle>) -> wasmtime::Result<()> {
        self.table.delete(container)?;
        Ok(())
    }
}

/// How a call on a container passes the gate.
type Gate = fn(&mut DockerCtx, Verb) -> Result<Pass, Error>;

/// Passes the gate, and tells which container a handle stands for.
async fn enter<T>(
    accessor: &Accessor<T, HasDocker>,
    verb: Verb,
    gate: Gate,
    container: &Resource<Handle>,
) -> DockerResult<(Pass, Handle)> {
    let (pass, handle) = accessor.with(|mut access| -> DockerResult<_> {
        let view = access.get();
        let handle = *view.table.get(container).map_err(error::bad_handle)?;
        let mut pass = gate(view.ctx, verb)?;
        pass.about(&handle.id);
        Ok((pass, handle))
    })?;
    let (pass, now) = pass.in_scope(handle).await?;
    if now != handle {
        accessor.with(|mut access| {
            if let Ok(held) = access.get().table.get_mut(container) {
                *held = now;
            }
        });
    }
    Ok((pass, now))
}

/// As [`enter`], for a call that changes the container.
async fn enter_to_change<T>(
    accessor: &Accessor<T, HasDocker>,
    verb: Verb,
    container: &Resource<Handle>,
) -> DockerResult<(Pass, Handle)> {
    let (pass, handle) = enter(accessor, verb, DockerCtx::pass, container).await?;
    Ok((pass.may_change(handle)?, handle))
}

/// Functions that ask the engine for one answer. The closure's arguments: the api layer's container, and the call's own.
macro_rules! reads {
    ($($verb:ident $name:ident($($arg:ident: $kind:ty),*) -> $answer:ty => |$container:ident| $call:expr;)*) => {
        $(async fn $name(
            accessor: &Accessor<T, Self>,
            container: Resource<Handle>,
            $($arg: $kind),*
        ) -> DockerResult<$answer> {
            let (pass, handle) = enter(accessor, Verb::$verb, DockerCtx::pass, &container).await?;
            let answer = pass
                .read(|client, _| async move {
                    let $container = client.container(&handle.id);
                    $call.await
                })
                .await?;
            Ok(answer.convert())
        })*
    };
}

/// Functions that have the engine change something, by a way of the keeper's: finished once they are sent.
macro_rules! writes {
    ($($way:ident { $($verb:ident $name:ident($($arg:ident: $kind:ty),*) => |$container:ident| $call:expr;)* })*) => {
        $($(async fn $name(
            accessor: &Accessor<T, Self>,
            container: Resource<Handle>,
            $($arg: $kind),*
        ) -> DockerResult<()> {
            let (pass, handle) = enter_to_change(accessor, Verb::$verb, &container).await?;
            pass.write(|errand, keeper| async move {
                let call = async |client: &Client| {
                    let $container = client.container(&handle.id);
                    $call.await
                };
                keeper.$way(&errand, handle, call).await
            })
            .await
        })*)*
    };
}

impl<T> HostContainerWithStore<T> for HasDocker {
    writes! {
        let_on {
            ContainerStart start(options: StartOptions) => |container| container.start(&options.convert());
            ContainerRestart restart(options: StopOptions) => |container| container.restart(&options.convert());
            ContainerUnpause unpause() => |container| container.unpause();
        }
        change {
            ContainerStop stop(options: StopOptions) => |container| container.stop(&options.convert());
            ContainerKill kill(signal: Option<String>) => |container| container.kill(signal.as_deref());
            ContainerPause pause() => |container| container.pause();
            ContainerResize resize(height: u32, width: u32) => |container| container.resize(height, width);
        }
    }

    reads! {
        ContainerInspectJson inspect_json(size: bool) -> String => |container| container.inspect_json(size);
        ContainerChanges changes() -> Vec<FilesystemChange> => |container| container.changes();
        ContainerStats stats(one_shot: bool) -> ContainerStats => |container| container.stats(one_shot);
        ContainerPort port(port: u16, protocol: Option<Protocol>) -> Vec<HostBinding> => |container| container.port(port, protocol.convert().as_ref());
    }

    async fn rename(
        accessor: &Accessor<T, Self>,
        container: Resource<Handle>,
        name: String,
    ) -> DockerResult<()> {
        let (pass, handle) = enter_to_change(accessor, Verb::ContainerRename, &container).await?;
        pass.write(|errand, keeper| async move { keeper.rename(&errand, handle, &name).await })
            .await
    }

    async fn remove(
        accessor: &Accessor<T, Self>,
        container: Resource<Handle>,
        options: RemoveOptions,
    ) -> DockerResult<()> {
        let (pass, handle) = enter_to_change(accessor, Verb::ContainerRemove, &container).await?;
        let options = options.convert();
        pass.write(|errand, keeper| async move { keeper.remove(&errand, handle, &options).await })
            .await
    }

    async fn inspect(
        accessor: &Accessor<T, Self>,
        container: Resource<Handle>,
        size: bool,
    ) -> DockerResult<Resource<KeptDetails>> {
        let (pass, handle) = enter(
            accessor,
            Verb::ContainerInspect,
            DockerCtx::pass,
            &container,
        )
        .await?;
        let details = pass
            .read_to_keep(
                |client, keeper| async move { keeper.inspect(&client, handle, size).await },
            )
            .await?;
        accessor.with(|mut access| access.get().table.push(details).map_err(error::bad_handle))
    }

    async fn top(
        accessor: &Accessor<T, Self>,
        container: Resource<Handle>,
    ) -> DockerResult<ProcessList> {
        let (pass, handle) =
            enter(accessor, Verb::ContainerTop, DockerCtx::pass, &container).await?;
        let list = pass
            .read(|client, _| async move { client.container(&handle.id).top().await })
            .await?;
        let show = accessor.with(|mut access| access.get().ctx.show());
        Ok(show.processes(list).convert())
    }

    async fn update(
        accessor: &Accessor<T, Self>,
        container: Resource<Handle>,
        spec: Resource<KeptUpdate>,
    ) -> DockerResult<Vec<String>> {
        let (pass, handle) = enter_to_change(accessor, Verb::ContainerUpdate, &container).await?;
        let (pass, spec) = accessor.with(|mut access| -> DockerResult<_> {
            let view = access.get();
            let spec = view.table.get(&spec).map_err(error::bad_handle)?;
            Ok((pass.may_use(spec)?, UpdateSpec::clone(spec)))
        })?;
        pass.write(|errand, keeper| async move { keeper.update(&errand, handle, &spec).await })
            .await
    }

    async fn wait(
        accessor: &Accessor<T, Self>,
        container: Resource<Handle>,
        until: WaitCondition,
    ) -> DockerResult<FutureReader<Result<ContainerExit, Error>>> {
        let (pass, handle) = enter(
            accessor,
            Verb::ContainerWait,
            DockerCtx::pass_flow,
            &container,
        )
        .await?;
        let (exit, flow) = pass
            .open(handle, |client| async move {
                client.container(&handle.id).wait(until.convert()).await
            })
            .await?;
        let told = async move {
            let exit = flow.last(exit).await;
            Ok::<_, wasmtime::Error>(exit.map(Convert::convert))
        };
        accessor
            .with(|mut store| FutureReader::new(&mut store, told))
            .map_err(error::trap)
    }

    async fn logs(
        accessor: &Accessor<T, Self>,
        container: Resource<Handle>,
        options: LogsOptions,
    ) -> DockerResult<(StreamReader<LogChunk>, FutureReader<Result<(), Error>>)> {
        let (pass, handle) = enter(
            accessor,
            Verb::ContainerLogs,
            DockerCtx::pass_flow,
            &container,
        )
        .await?;
        let options = options.convert();
        let (logs, opened) = pass
            .open(handle, |client| async move {
                client.container(&handle.id).logs(&options).await
            })
            .await?;
        flow(accessor, opened, logs).map_err(error::trap)
    }

    async fn stats_stream(
        accessor: &Accessor<T, Self>,
        container: Resource<Handle>,
    ) -> DockerResult<(
        StreamReader<ContainerStats>,
        FutureReader<Result<(), Error>>,
    )> {
        let (pass, handle) = enter(
            accessor,
            Verb::ContainerStatsStream,
            DockerCtx::pass_flow,
            &container,
        )
        .await?;
        let (stats, opened) = pass
            .open(handle, |client| async move {
                client.container(&handle.id).stats_stream().await
            })
            .await?;
        flow(accessor, opened, stats).map_err(error::trap)
    }
}
