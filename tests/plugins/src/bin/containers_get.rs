//! Looking containers up.

use dockwit::{Docker, Result, join};
use dockwit_test_plugins::{Facts, cases, failure, name, running, spec};

cases! {
    by_name, by_id, by_the_first_digits, of_what_is_not_there, of_what_is_no_name, of_another_path, clones_are_the_same,
    stays_with_its_container, gone,
}

async fn by_name(docker: Docker) -> Result<()> {
    let made = docker.containers().create(&spec("it")).await?;
    let found = docker.containers().get(name("it")).await?;
    assert_eq!(found.id(), made.id());
    assert_eq!(found.inspect().await?.identity()?.name, name("it"));
    Ok(())
}

async fn by_id(docker: Docker) -> Result<()> {
    let made = docker.containers().create(&spec("it")).await?;
    let found = docker.containers().get(made.id()).await?;
    assert_eq!(found.id(), made.id());
    Ok(())
}

async fn by_the_first_digits(docker: Docker) -> Result<()> {
    let made = docker.containers().create(&spec("it")).await?;
    let found = docker.containers().get(&made.id()[..16]).await?;
    assert_eq!(found.id(), made.id());
    Ok(())
}

async fn of_what_is_not_there(docker: Docker) -> Result<()> {
    for nobody in [name("nobody"), "f".repeat(64)] {
        let error = failure("containers.get", docker.containers().get(nobody).await);
        assert!(
            error.is_not_found() && error.status() == Some(404),
            "{error}"
        );
    }
    Ok(())
}

async fn of_what_is_no_name(docker: Docker) -> Result<()> {
    for text in ["", ".", "..", "a b", "\n", "ä", "%2e%2e"] {
        let error = failure("containers.get", docker.containers().get(text).await);
        assert!(
            error.is_invalid() || error.is_not_found(),
            "{text:?}: {error}"
        );
    }
    Ok(())
}

/// A name is a name, and leads nowhere else in the engine.
async fn of_another_path(docker: Docker) -> Result<()> {
    docker.containers().create(&spec("it")).await?;
    let it = name("it");
    for text in [
        format!("x/../{it}"),
        format!("{it}/json?size=1&"),
        format!("{it}?size=1"),
        format!("{it}#"),
        "../images/".to_owned(),
        format!("..%2fcontainers%2f{it}"),
    ] {
        let error = failure("containers.get", docker.containers().get(&text).await);
        assert!(
            error.is_invalid() || error.is_not_found(),
            "{text:?}: {error}"
        );
    }
    Ok(())
}

async fn clones_are_the_same(docker: Docker) -> Result<()> {
    let one = running(docker, "it").await?;
    let other = one.clone();
    assert_eq!(one.id(), other.id());
    drop(one);
    let (one, two) = join!(other.inspect(), other.inspect());
    assert_eq!(one?.identity()?, two?.identity()?);
    Ok(())
}

/// A handle stands for its container, whatever becomes of the name.
async fn stays_with_its_container(docker: Docker) -> Result<()> {
    docker
        .containers()
        .create(&spec("it").label("which", "first"))
        .await?;
    let first = docker.containers().get(name("it")).await?;
    first.rename(name("old")).await?;
    let second = docker
        .containers()
        .create(&spec("it").label("which", "second"))
        .await?;
    assert_ne!(first.id(), second.id());
    assert_eq!(first.inspect().await?.labels()?["which"], "first");
    assert_eq!(first.inspect().await?.identity()?.name, name("old"));
    first.remove().await?;
    let error = failure("container.inspect", first.inspect().await);
    assert!(error.is_not_found(), "{error}");
    assert_eq!(docker.containers().get(name("it")).await?.id(), second.id());
    Ok(())
}

/// Every function on a container that is gone says so.
async fn gone(docker: Docker) -> Result<()> {
    let it = docker.containers().create(&spec("it")).await?;
    it.remove().await?;
    assert_eq!(it.id().len(), 64);
    let update = dockwit::UpdateSpec::new().cpu_shares(512);
    for error in [
        failure("container.inspect", it.inspect().await),
        failure("container.inspect-json", it.inspect_json().await),
        failure("container.start", it.start().await),
        failure("container.stop", it.stop().await),
        failure("container.restart", it.restart().await),
        failure("container.kill", it.kill().await),
        failure("container.pause", it.pause().await),
        failure("container.unpause", it.unpause().await),
        failure("container.remove", it.remove().await),
        failure("container.wait", it.wait().await),
        failure("container.logs", it.logs().await),
        failure("container.top", it.top().await),
        failure("container.stats", it.stats().await),
        failure("container.stats-stream", it.stats().stream().await),
        failure("container.resize", it.resize(24, 80).await),
        failure("container.update", it.update(&update).await),
        failure("container.port", it.port(80).await),
    ] {
        assert!(
            error.is_not_found() && error.status() == Some(404),
            "{error}"
        );
    }
    // It isn't the plugin's own any more, so that the engine isn't asked.
    let error = failure("container.rename", it.rename(name("new")).await);
    assert!(error.is_not_found() && error.status().is_none(), "{error}");
    let error = failure("container.changes", it.changes().await);
    let says = Facts::of(docker).await?.says_not_found_of_changes();
    assert!(
        error.is_not_found() || (!says && error.is_engine()),
        "{error}"
    );
    Ok(())
}
