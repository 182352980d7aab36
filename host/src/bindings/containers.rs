//! The interface `containers`.

use wasmtime::component::{Accessor, FutureReader, Resource, StreamReader};

use super::HasDocker;
use super::convert::Convert;
use super::ctx::DockerCtxView;
use super::error::{self, DockerResult};
use super::gate::{Pass, Wrong};
use super::streams::flow;
use super::wit::containers::{
    ContainerExit, ContainerStats, ContainerSummary, CreatedContainer, FilesystemChange, Host,
    HostBinding, HostContainer, HostContainerWithStore, HostWithStore, ListOptions, LogChunk,
    LogsOptions, ProcessList, RemoveOptions, StartOptions, StopOptions, WaitCondition,
};
use super::wit::types::{Error, Protocol};
use crate::api::containers::{ContainerDetails, ContainerSpec, UpdateSpec};
use crate::api::{ContainerId, ErrorKind};
use crate::policy::Verb;

impl Host for DockerCtxView<'_> {
    fn open(&mut self, id: String) -> DockerResult<Resource<ContainerId>> {
        let verb = Verb::ContainersOpen;
        let mut pass = self.ctx.pass(verb)?;
        let id = id.parse::<ContainerId>();
        if let Ok(id) = &id {
            pass.about(id);
        }
        let told = &self.ctx.told;
        let id = pass.local(|| match id {
            Ok(id) if told.knows(&id) => Ok(id),
            Ok(id) => Err(never_told(verb, &id)),
            Err(_) => Err(no_full_id(verb)),
        })?;
        self.table.push(id).map_err(error::bad_handle)
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
        let rows = pass
            .read(|client| async move { client.containers().list(&options).await })
            .await?;
        let show = accessor.with(|mut access| {
            let ctx = &mut access.get().ctx;
            rows.iter()
                .filter_map(|row| row.id.parse().ok())
                .for_each(|id| ctx.told.add(id));
            ctx.policy.show()
        });
        let shown = rows.into_iter().map(|row| show.row(row).convert());
        Ok(shown.collect())
    }

    async fn get(
        accessor: &Accessor<T, Self>,
        name: String,
    ) -> DockerResult<Resource<ContainerId>> {
        let pass = accessor.with(|mut access| access.get().ctx.pass(Verb::ContainersGet))?;
        let id = pass
            .read_about(
                |client| async move { client.containers().get(&name).await },
                |id| Some(id),
            )
            .await?;
        hand_out(accessor, id)
    }

    async fn create(
        accessor: &Accessor<T, Self>,
        spec: Resource<ContainerSpec>,
    ) -> DockerResult<CreatedContainer> {
        let (pass, spec) = accessor.with(|mut access| -> DockerResult<_> {
            let view = access.get();
            let pass = view.ctx.pass(Verb::ContainersCreate)?;
            // A copy, so that nothing the plugin does meanwhile changes what is checked and sent.
            let spec = view.table.get(&spec).map_err(error::bad_handle)?.clone();
            Ok((pass, spec))
        })?;
        let created = pass
            .write_about(
                |client| async move { client.containers().create(&spec).await },
                |created| Some(&created.id),
            )
            .await?;
        Ok(CreatedContainer {
            container: hand_out(accessor, created.id)?,
            warnings: created.warnings,
        })
    }
}

/// Gives the plugin a handle, and remembers that it was told the id.
fn hand_out<T>(
    accessor: &Accessor<T, HasDocker>,
    id: ContainerId,
) -> DockerResult<Resource<ContainerId>> {
    accessor.with(|mut access| {
        let view = access.get();
        view.ctx.told.add(id);
        view.table.push(id).map_err(error::bad_handle)
    })
}

impl HostContainer for DockerCtxView<'_> {
    fn id(&mut self, container: Resource<ContainerId>) -> wasmtime::Result<String> {
        Ok(self.table.get(&container)?.to_string())
    }

    fn drop(&mut self, container: Resource<ContainerId>) -> wasmtime::Result<()> {
        self.table.delete(container)?;
        Ok(())
    }
}

/// Passes the gate, and tells which container a handle stands for.
fn enter<T>(
    accessor: &Accessor<T, HasDocker>,
    verb: Verb,
    container: &Resource<ContainerId>,
) -> DockerResult<(Pass, ContainerId)> {
    accessor.with(|mut access| {
        let view = access.get();
        let id = *view.table.get(container).map_err(error::bad_handle)?;
        let mut pass = view.ctx.pass(verb)?;
        pass.about(&id);
        Ok((pass, id))
    })
}

/// As [`enter`], for a call that opens a flow.
fn enter_flow<T>(
    accessor: &Accessor<T, HasDocker>,
    verb: Verb,
    container: &Resource<ContainerId>,
) -> DockerResult<(Pass, ContainerId)> {
    accessor.with(|mut access| {
        let view = access.get();
        let id = *view.table.get(container).map_err(error::bad_handle)?;
        let mut pass = view.ctx.pass_flow(verb)?;
        pass.about(&id);
        Ok((pass, id))
    })
}

/// Functions that ask the engine for one answer. The closure's arguments: the api layer's container, and the call's own.
macro_rules! reads {
    ($($verb:ident $name:ident($($arg:ident: $kind:ty),*) -> $answer:ty => |$container:ident| $call:expr;)*) => {
        $(async fn $name(
            accessor: &Accessor<T, Self>,
            container: Resource<ContainerId>,
            $($arg: $kind),*
        ) -> DockerResult<$answer> {
            let (pass, id) = enter(accessor, Verb::$verb, &container)?;
            let answer = pass
                .read(|client| async move {
                    let $container = client.container(&id);
                    $call.await
                })
                .await?;
            Ok(answer.convert())
        })*
    };
}

/// Functions that have the engine change something. As [`reads`], but finished once they are sent.
macro_rules! writes {
    ($($verb:ident $name:ident($($arg:ident: $kind:ty),*) => |$container:ident| $call:expr;)*) => {
        $(async fn $name(
            accessor: &Accessor<T, Self>,
            container: Resource<ContainerId>,
            $($arg: $kind),*
        ) -> DockerResult<()> {
            let (pass, id) = enter(accessor, Verb::$verb, &container)?;
            pass.write(|client| async move {
                let $container = client.container(&id);
                $call.await
            })
            .await
        })*
    };
}

impl<T> HostContainerWithStore<T> for HasDocker {
    writes! {
        ContainerStart start(options: StartOptions) => |container| container.start(&options.convert());
        ContainerStop stop(options: StopOptions) => |container| container.stop(&options.convert());
        ContainerRestart restart(options: StopOptions) => |container| container.restart(&options.convert());
        ContainerKill kill(signal: Option<String>) => |container| container.kill(signal.as_deref());
        ContainerPause pause() => |container| container.pause();
        ContainerUnpause unpause() => |container| container.unpause();
        ContainerRename rename(name: String) => |container| container.rename(&name);
        ContainerRemove remove(options: RemoveOptions) => |container| container.remove(&options.convert());
        ContainerResize resize(height: u32, width: u32) => |container| container.resize(height, width);
    }

    reads! {
        ContainerInspectJson inspect_json(size: bool) -> String => |container| container.inspect_json(size);
        ContainerChanges changes() -> Vec<FilesystemChange> => |container| container.changes();
        ContainerStats stats(one_shot: bool) -> ContainerStats => |container| container.stats(one_shot);
        ContainerPort port(port: u16, protocol: Option<Protocol>) -> Vec<HostBinding> => |container| container.port(port, protocol.convert().as_ref());
    }

    async fn inspect(
        accessor: &Accessor<T, Self>,
        container: Resource<ContainerId>,
        size: bool,
    ) -> DockerResult<Resource<ContainerDetails>> {
        let (pass, id) = enter(accessor, Verb::ContainerInspect, &container)?;
        let details = pass
            .read(|client| async move { client.container(&id).inspect(size).await })
            .await?;
        accessor.with(|mut access| access.get().table.push(details).map_err(error::bad_handle))
    }

    async fn top(
        accessor: &Accessor<T, Self>,
        container: Resource<ContainerId>,
    ) -> DockerResult<ProcessList> {
        let (pass, id) = enter(accessor, Verb::ContainerTop, &container)?;
        let list = pass
            .read(|client| async move { client.container(&id).top().await })
            .await?;
        let show = accessor.with(|mut access| access.get().ctx.policy.show());
        Ok(show.processes(list).convert())
    }

    async fn update(
        accessor: &Accessor<T, Self>,
        container: Resource<ContainerId>,
        spec: Resource<UpdateSpec>,
    ) -> DockerResult<Vec<String>> {
        let (pass, id) = enter(accessor, Verb::ContainerUpdate, &container)?;
        let spec = accessor
            .with(|mut access| access.get().table.get(&spec).cloned())
            .map_err(error::bad_handle)?;
        pass.write(|client| async move { client.container(&id).update(&spec).await })
            .await
    }

    async fn wait(
        accessor: &Accessor<T, Self>,
        container: Resource<ContainerId>,
        until: WaitCondition,
    ) -> DockerResult<FutureReader<Result<ContainerExit, Error>>> {
        let (pass, id) = enter_flow(accessor, Verb::ContainerWait, &container)?;
        let (exit, flow) = pass
            .open(|client| async move { client.container(&id).wait(until.convert()).await })
            .await?;
        let told = async move {
            let exit = flow.close(exit.await);
            Ok::<_, wasmtime::Error>(exit.map(Convert::convert))
        };
        accessor
            .with(|mut store| FutureReader::new(&mut store, told))
            .map_err(error::trap)
    }

    async fn logs(
        accessor: &Accessor<T, Self>,
        container: Resource<ContainerId>,
        options: LogsOptions,
    ) -> DockerResult<(StreamReader<LogChunk>, FutureReader<Result<(), Error>>)> {
        let (pass, id) = enter_flow(accessor, Verb::ContainerLogs, &container)?;
        let options = options.convert();
        let (logs, opened) = pass
            .open(|client| async move { client.container(&id).logs(&options).await })
            .await?;
        flow(accessor, opened, logs).map_err(error::trap)
    }

    async fn stats_stream(
        accessor: &Accessor<T, Self>,
        container: Resource<ContainerId>,
    ) -> DockerResult<(
        StreamReader<ContainerStats>,
        FutureReader<Result<(), Error>>,
    )> {
        let (pass, id) = enter_flow(accessor, Verb::ContainerStatsStream, &container)?;
        let (stats, opened) = pass
            .open(|client| async move { client.container(&id).stats_stream().await })
            .await?;
        flow(accessor, opened, stats).map_err(error::trap)
    }
}
