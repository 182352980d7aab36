//! Renames and removals.

use dockwit::{Docker, Result};
use dockwit_test_plugins::{Facts, failure, name, ran, running, spec, tell};

use crate::{DEAF, forbidden_by_its_state, printing, state};

pub(crate) async fn rename(docker: Docker) -> Result<()> {
    let container = running(docker, "old").await?;
    container.rename(name("it")).await?;
    assert_eq!(container.inspect().await?.identity()?.name, name("it"));
    assert!(state(&container).await?.running, "it doesn't mind");
    let found = docker.containers().get(name("it")).await?;
    assert_eq!(found.id(), container.id());
    let old = docker.containers().get(name("old")).await;
    assert!(failure("containers.get", old).is_not_found());
    Ok(())
}

pub(crate) async fn rename_to_a_name_in_use(docker: Docker) -> Result<()> {
    let container = docker.containers().create(&spec("it")).await?;
    docker.containers().create(&spec("other")).await?;
    let renamed = container.rename(name("other")).await;
    let error = failure("container.rename", renamed);
    assert!(error.is_conflict(), "{error}");
    assert_eq!(error.status(), None, "the engine isn't asked");
    assert_eq!(container.inspect().await?.identity()?.name, name("it"));
    Ok(())
}

pub(crate) async fn rename_to_its_own_name(docker: Docker) -> Result<()> {
    let container = docker.containers().create(&spec("it")).await?;
    let renamed = container.rename(name("it")).await;
    if Facts::of(docker).await?.minds_an_unchanged_name() {
        let error = failure("container.rename", renamed);
        assert!(error.is_invalid() && error.status() == Some(400), "{error}");
    } else {
        renamed?;
    }
    assert_eq!(container.inspect().await?.identity()?.name, name("it"));
    Ok(())
}

pub(crate) async fn rename_to_what_is_no_name(docker: Docker) -> Result<()> {
    let container = docker.containers().create(&spec("it")).await?;
    let invalid = Facts::of(docker).await?.says_invalid_of_specs();
    for bad in ["", "a b", "ä", "../other", "x&force=1"] {
        let error = failure("container.rename", container.rename(bad).await);
        assert!(
            error.is_invalid() || (!invalid && error.is_engine()),
            "{bad:?}: {error}"
        );
    }
    assert_eq!(container.inspect().await?.identity()?.name, name("it"));
    Ok(())
}

pub(crate) async fn remove(docker: Docker) -> Result<()> {
    let new = docker.containers().create(&spec("it")).await?;
    new.remove().await?;
    assert!(failure("container.inspect", new.inspect().await).is_not_found());
    let ended = ran(docker, "it", "exit 1").await?;
    ended.remove().await?;
    assert!(failure("container.inspect", ended.inspect().await).is_not_found());
    let found = docker.containers().get(name("it")).await;
    assert!(failure("containers.get", found).is_not_found());
    Ok(())
}

pub(crate) async fn remove_a_running_one(docker: Docker) -> Result<()> {
    let container = running(docker, "it").await?;
    for call in [
        container.remove(),
        container.remove().volumes(true).force(false),
    ] {
        let error = failure("container.remove", call.await);
        forbidden_by_its_state(docker, &error).await?;
    }
    assert!(state(&container).await?.running);
    Ok(())
}

pub(crate) async fn remove_by_force(docker: Docker) -> Result<()> {
    let container = printing(docker, DEAF, "ready\n").await?;
    container.remove().force(true).await?;
    assert!(failure("container.inspect", container.inspect().await).is_not_found());
    let new = docker.containers().create(&spec("it")).await?;
    new.remove().force(true).await?;
    assert!(failure("container.inspect", new.inspect().await).is_not_found());
    Ok(())
}

pub(crate) async fn remove_a_paused_one(docker: Docker) -> Result<()> {
    let container = running(docker, "it").await?;
    container.pause().await?;
    let error = failure("container.remove", container.remove().await);
    forbidden_by_its_state(docker, &error).await?;
    container.remove().force(true).await?;
    assert!(failure("container.inspect", container.inspect().await).is_not_found());
    Ok(())
}

pub(crate) async fn remove_with_volumes(docker: Docker) -> Result<()> {
    tell("volume", volume_of_removed(docker, true).await?);
    Ok(())
}

pub(crate) async fn remove_without_volumes(docker: Docker) -> Result<()> {
    tell("volume", volume_of_removed(docker, false).await?);
    Ok(())
}

/// The name of the anonymous volume that a container had, which is removed now.
pub(crate) async fn volume_of_removed(docker: Docker, volumes: bool) -> Result<String> {
    let made = spec("it").volume("/data");
    let container = docker.containers().create(&made).await?;
    let mounts = container.inspect().await?.mounts()?;
    container.remove().volumes(volumes).await?;
    Ok(mounts[0].name.clone().expect("a volume has a name"))
}
