//! Looking volumes and networks up.

use dockwit::{Docker, Result};
use dockwit_test_plugins::{Facts, cases, failure, name};

cases! {
    volumes_by_name, volumes_that_are_not_there, networks_by_name_and_id, networks_that_are_not_there, the_machines_network,
}

/// The harness has made a volume `volume`.
async fn volumes_by_name(docker: Docker) -> Result<()> {
    let volume = docker.volumes().get(name("volume")).await?;
    assert_eq!(volume.name(), name("volume"));
    assert_eq!(volume.id(), name("volume"));
    let same = volume.clone();
    drop(volume);
    assert_eq!(same.id(), name("volume"));
    Ok(())
}

/// A name is a whole name, and leads nowhere else in the engine.
async fn volumes_that_are_not_there(docker: Docker) -> Result<()> {
    let whole = name("volume");
    let (start, _) = whole.split_at(whole.len() - 1);
    for nobody in [start.to_owned(), name("nobody")] {
        let error = failure("volumes.get", docker.volumes().get(nobody).await);
        assert!(error.is_not_found(), "{error}");
    }
    for text in ["", "a", ".", "..", "a b", "\n", "../volumes"] {
        let error = failure("volumes.get", docker.volumes().get(text).await);
        assert!(error.is_invalid(), "{text:?}: {error}");
    }
    Ok(())
}

/// The harness has made a network `network`.
async fn networks_by_name_and_id(docker: Docker) -> Result<()> {
    let network = docker.networks().get(name("network")).await?;
    let id = network.id();
    assert_eq!(network.name(), name("network"));
    assert!(
        id.len() == 64 && id.bytes().all(|digit| digit.is_ascii_hexdigit()),
        "{id}"
    );
    for way in [&id[..], &id[..16]] {
        let same = docker.networks().get(way).await?;
        assert_eq!((same.id(), same.name()), (id.clone(), network.name()));
    }
    Ok(())
}

async fn networks_that_are_not_there(docker: Docker) -> Result<()> {
    for nobody in [name("nobody"), "f".repeat(64)] {
        let error = failure("networks.get", docker.networks().get(nobody).await);
        assert!(error.is_not_found(), "{error}");
    }
    for text in ["", ".", "..", "../networks", "a/b"] {
        let error = failure("networks.get", docker.networks().get(text).await);
        assert!(error.is_invalid(), "{text:?}: {error}");
    }
    Ok(())
}

/// By its handle no container is put on it: that is a power of its own.
async fn the_machines_network(docker: Docker) -> Result<()> {
    if Facts::of(docker).await?.podman() {
        return Ok(());
    }
    let network = docker.networks().get("host").await?;
    let spec = dockwit_test_plugins::spec("no").network(&network);
    dockwit_test_plugins::impossible(
        "containers.create",
        "set-network",
        docker.containers().create(&spec).await,
    );
    Ok(())
}
