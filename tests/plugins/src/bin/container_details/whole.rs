//! The snapshot as a whole: what it measures, that it stays as it was, and what it tells of what a plugin can't cause.

use dockwit::containers::ContainerDetails;
use dockwit::{ContainerStatus, Docker, Protocol, Result, TryStreamExt, stdin};
use dockwit_test_plugins::{failure, lasting, name, ran, running, spec, tell};

pub(crate) async fn sizes(docker: Docker) -> Result<()> {
    let script = "head -c 300000 /dev/zero > /file";
    let container = ran(docker, "it", script).await?;
    assert_eq!(container.inspect().await?.sizes()?, None, "not asked for");
    assert_eq!(container.inspect().size(false).await?.sizes()?, None);
    let details = container.inspect().size(true).await?;
    let sizes = details.sizes()?.expect("asked for");
    assert!((300_000..900_000).contains(&sizes.rw), "{sizes:?}");
    assert!(sizes.root_fs > sizes.rw, "{sizes:?}");
    assert_eq!(details.identity()?.name, name("it"), "the rest is there");
    let empty = docker.containers().create(&spec("empty")).await?;
    let empty = empty.inspect().size(true).await?.sizes()?.expect("sizes");
    assert!(empty.rw < 300_000, "{empty:?}");
    Ok(())
}

/// Commands are run in it by the harness, between the lines that it says.
pub(crate) async fn exec_ids(docker: Docker) -> Result<()> {
    let mut go = stdin().lines();
    let container = running(docker, "it").await?;
    let before = container.inspect().await?.exec_ids()?;
    assert_eq!(before.len(), 0, "{before:?}");
    println!("ready");
    go.try_next().await?;
    for id in container.inspect().await?.exec_ids()? {
        println!("{id}");
    }
    Ok(())
}

pub(crate) async fn inspect_json(docker: Docker) -> Result<()> {
    let made = lasting("it")
        .label("colour", "\"blue\" ✓")
        .memory("64m")
        .env_var("LINES", "a\nb");
    let container = docker.containers().create(&made).await?;
    container.start().await?;
    tell_json(&container.inspect_json().await?);
    tell_groups(&container.inspect().await?)
}

pub(crate) async fn inspect_json_with_sizes(docker: Docker) -> Result<()> {
    let container = ran(docker, "it", "head -c 300000 /dev/zero > /file").await?;
    tell_json(&container.inspect_json().size(true).await?);
    let sizes = container.inspect().size(true).await?.sizes()?;
    let sizes = sizes.expect("asked for");
    tell("rw", sizes.rw);
    tell("root-fs", sizes.root_fs);
    Ok(())
}

/// On one line: a break in JSON is between its parts.
fn tell_json(json: &str) {
    tell("json", json.replace('\n', " "));
}

fn tell_groups(details: &ContainerDetails) -> Result<()> {
    let identity = details.identity()?;
    tell("id", &identity.id);
    tell("name", &identity.name);
    tell("pid", details.state()?.pid);
    tell("memory", details.resources()?.memory);
    tell("colour", &details.labels()?["colour"]);
    let lines = details.env()?["LINES"].clone().expect("a value");
    tell("lines", lines.replace('\n', "+"));
    Ok(())
}

/// A snapshot is as it was, though its groups are read later, and though the container has gone since.
pub(crate) async fn a_snapshot_stays(docker: Docker) -> Result<()> {
    let container = running(docker, "old").await?;
    let running = container.inspect().await?;
    let pid = running.state()?.pid;
    container.rename(name("it")).await?;
    container.stop().await?;
    let stopped = container.inspect().await?;
    assert_eq!(stopped.identity()?.name, name("it"));
    assert_eq!(stopped.state()?.status, ContainerStatus::Exited);
    assert_eq!(running.identity()?.name, name("old"));
    assert_eq!(running.state()?.status, ContainerStatus::Running);
    assert_eq!(running.state()?.pid, pid);
    assert!(running.networks()?[0].ip_address.is_some());
    assert_eq!(stopped.networks()?[0].ip_address, None);
    container.remove().await?;
    assert_eq!(stopped.labels()?, running.labels()?, "read only now");
    assert_eq!(running.command()?.path, "sh");
    Ok(())
}

pub(crate) async fn of_what_is_gone(docker: Docker) -> Result<()> {
    let container = docker.containers().create(&spec("it")).await?;
    container.remove().await?;
    for error in [
        failure("container.inspect", container.inspect().await),
        failure("container.inspect", container.inspect().size(true).await),
        failure("container.inspect-json", container.inspect_json().await),
        failure("container.port", container.port(80).await),
        failure("container.port", container.port_of(80, Protocol::Tcp).await),
    ] {
        assert!(error.is_not_found(), "{error}");
        assert_eq!(error.status(), Some(404), "{error}");
    }
    Ok(())
}
