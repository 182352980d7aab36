//! Options, and what rows tell.

use std::collections::BTreeSet;
use std::time::Duration;

use dockwit::containers::MountKind;
use dockwit::futures::stream;
use dockwit::{
    Container, ContainerStatus, Docker, HostPort, Protocol, Result, StreamExt, TryStreamExt,
};
use dockwit_test_plugins::{
    Facts, OWN_NETWORK, failure, image, lasting, name, running, spec, tell,
};

use crate::{create, expect, own, start};

pub(crate) async fn only_what_runs(docker: Docker) -> Result<()> {
    running(docker, "up").await?;
    create(docker, lasting("down")).await?;
    expect(own(docker), ["up"]).await
}

pub(crate) async fn all(docker: Docker) -> Result<()> {
    running(docker, "up").await?;
    create(docker, lasting("down")).await?;
    expect(own(docker).all(true), ["down", "up"]).await
}

pub(crate) async fn limit(docker: Docker) -> Result<()> {
    for short_name in ["first", "second", "third"] {
        create(docker, spec(short_name)).await?;
    }
    expect(own(docker).limit(2), ["second", "third"]).await?;
    expect(own(docker).limit(1), ["third"]).await
}

pub(crate) async fn size(docker: Docker) -> Result<()> {
    let fills = ["sh", "-c", "head -c 100000 /dev/zero > /file"];
    let container = start(docker, spec("it").command(fills)).await?;
    container.wait().await?.await?;
    let rows = own(docker).all(true).await?;
    assert_eq!((rows[0].size_rw, rows[0].size_root_fs), (None, None));
    let rows = own(docker).all(true).size(true).await?;
    let (written, whole) = (
        rows[0].size_rw.expect("a size"),
        rows[0].size_root_fs.expect("a size"),
    );
    assert!((100_000..1_000_000).contains(&written), "{written}");
    assert!(whole >= written, "{whole}");
    Ok(())
}

pub(crate) async fn row_is_complete(docker: Docker) -> Result<()> {
    let facts = Facts::of(docker).await?;
    let made = lasting("it")
        .label("colour", "blue=green")
        .port(80, HostPort::any_at("127.0.0.1"))
        .expose("53/udp")
        .volume("/data");
    let container = start(docker, made).await?;
    let rows = own(docker).await?;
    let [row] = &rows[..] else {
        panic!("{} rows", rows.len())
    };
    assert_eq!(row.id, container.id());
    assert_eq!(row.short_id(), &container.id()[..12]);
    assert_eq!(row.names, [name("it")]);
    assert_eq!(row.image, image(), "as it was asked for");
    assert!(row.command.starts_with("sh -c "), "{}", row.command);
    assert!(
        row.created.elapsed() < Duration::from_secs(60),
        "{}",
        row.created
    );
    assert_eq!(row.label("colour"), Some("blue=green"));
    assert_eq!(
        (row.status.clone(), row.network_mode.as_str()),
        (
            ContainerStatus::Running,
            if facts.podman() { "" } else { OWN_NETWORK }
        )
    );
    assert!(row.status_text.starts_with("Up "), "{}", row.status_text);

    let published = row
        .ports
        .iter()
        .find(|port| port.container_port == 80)
        .expect("port 80");
    assert_eq!(
        (published.host_ip.as_deref(), &published.protocol),
        (Some("127.0.0.1"), &Protocol::Tcp)
    );
    assert!(
        published.host_port.is_some_and(|port| port > 0),
        "{published:?}"
    );
    let exposed = row.ports.iter().find(|port| port.container_port == 53);
    if let Some(exposed) = exposed.or_else(|| (!facts.podman()).then(|| panic!("port 53"))) {
        assert_eq!(
            (exposed.host_port, &exposed.protocol),
            (None, &Protocol::Udp)
        );
    }

    let network = &row.networks[..];
    assert_eq!(network.len(), 1, "{network:?}");
    assert_eq!(network[0].network, OWN_NETWORK);
    assert!(
        network[0].ip_address.is_some() && network[0].mac_address.is_some(),
        "{network:?}"
    );

    let [mount] = &row.mounts[..] else {
        panic!("{:?}", row.mounts)
    };
    assert_eq!(
        (&mount.kind, mount.destination.as_str(), mount.writable),
        (&MountKind::Volume, "/data", true)
    );
    assert!(mount.name.is_some(), "{mount:?}");
    tell("id", &row.id);
    tell("image-id", &row.image_id);
    tell("created", row.created.unix_seconds());
    tell("host-port", published.host_port.unwrap_or_default());
    tell("volume", mount.name.as_deref().unwrap_or_default());
    tell(
        "ip-address",
        network[0].ip_address.as_deref().unwrap_or_default(),
    );
    Ok(())
}

pub(crate) async fn two_hundred(docker: Docker) -> Result<()> {
    let made: Vec<Container> = stream::iter(0..200)
        .map(|number| {
            create(
                docker,
                spec(&format!("{number:03}")).label("number", number.to_string()),
            )
        })
        .buffer_unordered(8)
        .try_collect()
        .await?;
    let rows = own(docker).all(true).await?;
    let made: BTreeSet<_> = made.iter().map(Container::id).collect();
    let listed: BTreeSet<_> = rows.iter().map(|row| row.id.clone()).collect();
    assert_eq!((made.len(), rows.len()), (200, 200));
    assert_eq!(made, listed);
    for row in &rows {
        let number = row.label("number").expect("each has its number");
        assert_eq!(row.name(), name(&format!("{number:0>3}")));
    }
    tell("rows", rows.len());
    stream::iter(&rows)
        .map(|row| async { row.container()?.remove().await })
        .buffer_unordered(8)
        .try_collect::<()>()
        .await?;
    expect(own(docker).all(true), []).await
}

pub(crate) async fn row_gives_its_container(docker: Docker) -> Result<()> {
    create(docker, spec("it")).await?;
    let rows = own(docker).all(true).await?;
    let container = rows[0].container()?;
    assert_eq!(container.id(), rows[0].id);
    assert_eq!(container.inspect().await?.identity()?.name, name("it"));
    container.remove().await?;
    expect(own(docker).all(true), []).await
}

pub(crate) async fn open(docker: Docker) -> Result<()> {
    create(docker, spec("it")).await?;
    let id = own(docker).all(true).await?.remove(0).id;
    let container = docker.containers().open(&id)?;
    assert_eq!(container.id(), id);
    assert_eq!(container.inspect().await?.identity()?.id, id);
    Ok(())
}

/// The second argument is the full id of a container that is there, and that this run was never told of.
pub(crate) async fn open_of_an_unknown_id(docker: Docker) -> Result<()> {
    let there = std::env::args().nth(2).expect("an id");
    for id in [there, "0".repeat(64)] {
        let error = failure("containers.open", docker.containers().open(id));
        assert!(error.is_not_found(), "{error}");
    }
    Ok(())
}

pub(crate) async fn open_of_no_id(docker: Docker) -> Result<()> {
    let container = create(docker, spec("it")).await?;
    for id in [
        &container.id()[..12],
        &name("it"),
        "",
        &"g".repeat(64),
        &"A".repeat(64),
    ] {
        dockwit_test_plugins::impossible("containers.open", "id", docker.containers().open(id));
    }
    Ok(())
}
