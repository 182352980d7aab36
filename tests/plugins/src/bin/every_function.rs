//! Every function of the interface, one a run: what it needs is made first, then, when the harness says so, exactly that
//! function is called, and its outcome told. The argument is the function's verb.

use dockwit::futures::future::LocalBoxFuture;
use dockwit::{Container, Docker, FutureExt, Result, TryStreamExt, UpdateSpec, granted, stdin};
use dockwit_test_plugins::{case, lasting, name, running, spec, start, tell};

#[dockwit::main]
async fn main(docker: Docker) -> Result<()> {
    let verb = case();
    if verb == "granted" {
        std::env::args()
            .skip(2)
            .for_each(|verb| tell(&verb, granted(&verb)));
        return Ok(());
    }
    let mut input = stdin().lines();
    let Some(call) = prepare(docker, &verb).await? else {
        println!("no case");
        return Ok(());
    };
    println!("ready");
    input.try_next().await?;
    let Err(error) = call.await else {
        println!("ok");
        return Ok(());
    };
    println!("{}", error.kind());
    tell("op", error.op());
    tell("rule", error.rule().unwrap_or_default());
    tell("add", error.add().unwrap_or_default());
    Ok(())
}

type Call = LocalBoxFuture<'static, Result<()>>;

async fn prepare(docker: Docker, verb: &str) -> Result<Option<Call>> {
    let call = match verb {
        "system.ping" => async move { docker.ping().await.map(drop) }.boxed_local(),
        "system.version" => async move { docker.version().await.map(drop) }.boxed_local(),
        "system.info" => async move { docker.info().await.map(drop) }.boxed_local(),
        "volumes.get" => {
            let spec = spec("it").volume("/data");
            let details = docker.containers().create(&spec).await?.inspect().await?;
            let name = details.mounts()?.remove(0).name.unwrap_or_default();
            async move { docker.volumes().get(name).await.map(drop) }.boxed_local()
        }
        "networks.get" => {
            let details = created(docker).await?.inspect().await?;
            let name = details.networks()?.remove(0).network;
            async move { docker.networks().get(name).await.map(drop) }.boxed_local()
        }
        "containers.list" => {
            async move { docker.containers().list().await.map(drop) }.boxed_local()
        }
        "containers.create" => {
            let spec = lasting("it");
            async move { docker.containers().create(&spec).await.map(drop) }.boxed_local()
        }
        "containers.get" => {
            created(docker).await?;
            async move { docker.containers().get(name("it")).await.map(drop) }.boxed_local()
        }
        "containers.open" => {
            let id = created(docker).await?.id();
            async move { docker.containers().open(id).map(drop) }.boxed_local()
        }
        _ => return of_a_container(docker, verb).await,
    };
    Ok(Some(call))
}

async fn of_a_container(docker: Docker, verb: &str) -> Result<Option<Call>> {
    let it = match verb {
        "container.start"
        | "container.remove"
        | "container.wait"
        | "container.rename"
        | "container.logs"
        | "container.changes"
        | "container.port"
        | "container.inspect"
        | "container.inspect-json"
        | "container.update" => created(docker).await?,
        "container.resize" => start(docker, &lasting("it").tty(true)).await?,
        "container.unpause" => {
            let it = running(docker, "it").await?;
            it.pause().await?;
            it
        }
        _ => running(docker, "it").await?,
    };
    let call = match verb {
        "container.inspect" => async move { it.inspect().await.map(drop) }.boxed_local(),
        "container.inspect-json" => async move { it.inspect_json().await.map(drop) }.boxed_local(),
        "container.start" => async move { it.start().await }.boxed_local(),
        "container.stop" => async move { it.stop().await }.boxed_local(),
        "container.restart" => async move { it.restart().await }.boxed_local(),
        "container.kill" => async move { it.kill().await }.boxed_local(),
        "container.pause" => async move { it.pause().await }.boxed_local(),
        "container.unpause" => async move { it.unpause().await }.boxed_local(),
        "container.rename" => async move { it.rename(name("other")).await }.boxed_local(),
        "container.remove" => async move { it.remove().await }.boxed_local(),
        "container.wait" => async move { it.wait().await.map(drop) }.boxed_local(),
        "container.logs" => async move { it.logs().await.map(drop) }.boxed_local(),
        "container.top" => async move { it.top().await.map(drop) }.boxed_local(),
        "container.changes" => async move { it.changes().await.map(drop) }.boxed_local(),
        "container.stats" => async move { it.stats().one_shot().await.map(drop) }.boxed_local(),
        "container.stats-stream" => {
            async move { it.stats().stream().await.map(drop) }.boxed_local()
        }
        "container.resize" => async move { it.resize(40, 100).await }.boxed_local(),
        "container.update" => {
            let spec = UpdateSpec::new().cpu_shares(512);
            async move { it.update(&spec).await.map(drop) }.boxed_local()
        }
        "container.port" => async move { it.port(80).await.map(drop) }.boxed_local(),
        _ => return Ok(None),
    };
    Ok(Some(call))
}

async fn created(docker: Docker) -> Result<Container> {
    docker
        .containers()
        .create(&spec("it").command("sleep 600"))
        .await
}
