//! Lists of containers: options, filters, rows.

use std::collections::BTreeSet;
use std::time::Duration;

use dockwit::containers::{HealthStatus, List, MountKind};
use dockwit::futures::stream;
use dockwit::{
    Container, ContainerFilter, ContainerSpec, ContainerStatus, Docker, Healthcheck, HostPort,
    Protocol, RestartPolicy, Result, StreamExt, TryStreamExt, try_join,
};
use dockwit_test_plugins::{
    Facts, cases, eventually, failure, image, label, lasting, name, prefix, running, spec, tell,
};

cases! {
    only_what_runs, all, limit, size, row_is_complete, two_hundred, ancestor, before, expose, exited, health, id, is_task,
    label_filter, name_filter, network, publish, since, status, restarting, volume, other, filters_of_one_kind_widen,
    filters_of_different_kinds_narrow, labels_narrow, unknown_filter, impossible_filter, before_what_is_not_there,
    row_gives_its_container, open, open_of_an_unknown_id, open_of_no_id,
}

/// A list of this test's containers alone.
fn own(docker: Docker) -> List {
    docker.containers().list().label(label())
}

/// The names in a list, without what they begin with in this test.
async fn names(list: List) -> Result<BTreeSet<String>> {
    let rows = list.await?;
    let short = |name: &str| {
        name.strip_prefix(&prefix())
            .expect("a name of this test")
            .to_owned()
    };
    Ok(rows.iter().map(|row| short(row.name())).collect())
}

async fn expect<const N: usize>(list: List, expected: [&str; N]) -> Result<()> {
    let names = names(list).await?;
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    assert_eq!(names, expected);
    Ok(())
}

async fn create(docker: Docker, spec: ContainerSpec) -> Result<Container> {
    docker.containers().create(&spec).await
}

async fn start(docker: Docker, spec: ContainerSpec) -> Result<Container> {
    let container = create(docker, spec).await?;
    container.start().await?;
    Ok(container)
}

async fn only_what_runs(docker: Docker) -> Result<()> {
    running(docker, "up").await?;
    create(docker, lasting("down")).await?;
    expect(own(docker), ["up"]).await
}

async fn all(docker: Docker) -> Result<()> {
    running(docker, "up").await?;
    create(docker, lasting("down")).await?;
    expect(own(docker).all(true), ["down", "up"]).await
}

async fn limit(docker: Docker) -> Result<()> {
    for short_name in ["first", "second", "third"] {
        create(docker, spec(short_name)).await?;
    }
    expect(own(docker).limit(2), ["second", "third"]).await?;
    expect(own(docker).limit(1), ["third"]).await
}

async fn size(docker: Docker) -> Result<()> {
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

async fn row_is_complete(docker: Docker) -> Result<()> {
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
    assert_eq!(row.image, image());
    assert!(row.command.starts_with("sh -c "), "{}", row.command);
    assert!(
        row.created.elapsed() < Duration::from_secs(60),
        "{}",
        row.created
    );
    assert_eq!(row.label("colour"), Some("blue=green"));
    assert_eq!(
        (row.status.clone(), row.network_mode.is_empty()),
        (ContainerStatus::Running, false)
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
    assert_eq!(network[0].network, facts.default_network());
    assert!(
        network[0].ip_address.is_some() && network[0].gateway.is_some(),
        "{network:?}"
    );
    assert!(
        network[0].mac_address.is_some() && network[0].ip_prefix_length > 0,
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

async fn two_hundred(docker: Docker) -> Result<()> {
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

async fn ancestor(docker: Docker) -> Result<()> {
    create(docker, spec("it")).await?;
    expect(own(docker).all(true).ancestor(image()), ["it"]).await?;
    let image_id = own(docker).all(true).await?[0].image_id.clone();
    expect(own(docker).all(true).ancestor(image_id), ["it"]).await?;
    expect(
        own(docker)
            .all(true)
            .ancestor("dockwit-test/no-such-image:1"),
        [],
    )
    .await
}

async fn before(docker: Docker) -> Result<()> {
    for short_name in ["first", "second", "third"] {
        create(docker, spec(short_name)).await?;
    }
    expect(
        own(docker).all(true).before(name("third")),
        ["first", "second"],
    )
    .await?;
    let second = docker.containers().get(name("second")).await?;
    expect(own(docker).all(true).before(second.id()), ["first"]).await
}

async fn since(docker: Docker) -> Result<()> {
    for short_name in ["first", "second", "third"] {
        create(docker, spec(short_name)).await?;
    }
    expect(
        own(docker).all(true).since(name("first")),
        ["second", "third"],
    )
    .await?;
    expect(own(docker).all(true).since(name("third")), []).await
}

async fn expose(docker: Docker) -> Result<()> {
    start(docker, lasting("web").expose(80)).await?;
    start(docker, lasting("names").expose("53/udp")).await?;
    expect(own(docker).expose("80"), ["web"]).await?;
    expect(own(docker).expose("80/tcp"), ["web"]).await?;
    expect(own(docker).expose("50-60/udp"), ["names"]).await?;
    expect(own(docker).expose("80/udp"), []).await
}

async fn publish(docker: Docker) -> Result<()> {
    let web = start(docker, lasting("web").port(80, HostPort::any())).await?;
    start(docker, lasting("other").expose(80)).await?;
    let at = web.port(80).await?[0].host_port.expect("a port");
    expect(own(docker).publish(at.to_string()), ["web"]).await?;
    expect(own(docker).publish(format!("{at}/tcp")), ["web"]).await?;
    expect(own(docker).publish(format!("{at}/udp")), []).await
}

async fn exited(docker: Docker) -> Result<()> {
    for status in ["0", "3"] {
        let command = ["sh", "-c", "exit $0", status];
        let container = start(docker, spec(&format!("status-{status}")).command(command)).await?;
        container.wait().await?.await?;
    }
    running(docker, "up").await?;
    expect(own(docker).all(true).exited(3), ["status-3"]).await?;
    expect(
        own(docker).all(true).exited(0).status("exited"),
        ["status-0"],
    )
    .await?;
    expect(own(docker).all(true).exited(4), []).await
}

async fn health(docker: Docker) -> Result<()> {
    let often = |check: Healthcheck| check.interval(Duration::from_millis(200)).retries(1);
    start(
        docker,
        lasting("well").healthcheck(often(Healthcheck::command(["true"]))),
    )
    .await?;
    start(
        docker,
        lasting("ill").healthcheck(often(Healthcheck::command(["false"]))),
    )
    .await?;
    start(docker, lasting("unknown")).await?;
    for (health, expected) in [
        (HealthStatus::Healthy, "well"),
        (HealthStatus::Unhealthy, "ill"),
    ] {
        eventually(expected, async || {
            let names = names(own(docker).health(health.clone())).await?;
            Ok((names == BTreeSet::from([expected.to_owned()])).then_some(()))
        })
        .await?;
    }
    expect(own(docker).health("starting"), []).await?;
    expect(own(docker).health(HealthStatus::None), ["unknown"]).await
}

async fn id(docker: Docker) -> Result<()> {
    let (one, _other) = try_join!(create(docker, spec("one")), create(docker, spec("other")))?;
    expect(own(docker).all(true).id(one.id()), ["one"]).await?;
    expect(own(docker).all(true).id(&one.id()[..20]), ["one"]).await
}

async fn is_task(docker: Docker) -> Result<()> {
    create(docker, spec("it")).await?;
    expect(own(docker).all(true).is_task(false), ["it"]).await?;
    expect(own(docker).all(true).is_task(true), []).await
}

async fn label_filter(docker: Docker) -> Result<()> {
    create(docker, spec("blue").label("colour", "blue")).await?;
    create(docker, spec("red").label("colour", "red")).await?;
    create(docker, spec("none")).await?;
    expect(own(docker).all(true).label("colour"), ["blue", "red"]).await?;
    expect(own(docker).all(true).label("colour=red"), ["red"]).await
}

async fn name_filter(docker: Docker) -> Result<()> {
    create(docker, spec("one")).await?;
    create(docker, spec("other")).await?;
    let list = || docker.containers().list().all(true);
    expect(list().name(prefix()), ["one", "other"]).await?;
    expect(list().name(name("one")), ["one"]).await?;
    expect(list().name(format!("^/?{}o.*r$", prefix())), ["other"]).await
}

async fn network(docker: Docker) -> Result<()> {
    let facts = Facts::of(docker).await?;
    running(docker, "on").await?;
    start(
        docker,
        lasting("off").network_mode(dockwit::NetworkMode::None),
    )
    .await?;
    expect(own(docker).network(facts.default_network()), ["on"]).await?;
    expect(own(docker).network("no-such-network"), []).await?;
    let network_id = own(docker).name("on").await?[0].networks[0]
        .network_id
        .clone();
    expect(own(docker).network(network_id), ["on"]).await
}

async fn status(docker: Docker) -> Result<()> {
    create(docker, spec("created")).await?;
    running(docker, "running").await?;
    running(docker, "paused").await?.pause().await?;
    let exited = start(docker, spec("exited").command(["true"])).await?;
    exited.wait().await?.await?;
    let list = |status: ContainerStatus| own(docker).status(status);
    expect(list(ContainerStatus::Created), ["created"]).await?;
    expect(list(ContainerStatus::Running), ["running"]).await?;
    expect(list(ContainerStatus::Paused), ["paused"]).await?;
    expect(list(ContainerStatus::Exited), ["exited"]).await?;
    expect(list(ContainerStatus::Dead), []).await?;
    expect(list(ContainerStatus::Removing), []).await?;
    for status in ["created", "running", "paused", "exited"] {
        let row = &own(docker).status(status).await?[0];
        assert_eq!(row.status, ContainerStatus::from(status));
    }
    Ok(())
}

/// A container that ends again and again is at times about to be started again.
async fn restarting(docker: Docker) -> Result<()> {
    let failing = spec("it")
        .command(["false"])
        .restart(RestartPolicy::always());
    start(docker, failing).await?;
    let row = eventually("it is restarting", async || {
        Ok(own(docker).status(ContainerStatus::Restarting).await?.pop())
    })
    .await?;
    assert_eq!(
        (row.name(), row.status.to_string().as_str()),
        (name("it").as_str(), "restarting")
    );
    Ok(())
}

async fn volume(docker: Docker) -> Result<()> {
    create(docker, spec("data").volume("/data")).await?;
    create(docker, spec("none")).await?;
    expect(own(docker).all(true).volume("/data"), ["data"]).await?;
    expect(own(docker).all(true).volume("/elsewhere"), []).await?;
    let volume = own(docker).all(true).volume("/data").await?[0].mounts[0]
        .name
        .clone();
    expect(
        own(docker).all(true).volume(volume.expect("a name")),
        ["data"],
    )
    .await
}

async fn other(docker: Docker) -> Result<()> {
    create(docker, spec("blue").label("colour", "blue")).await?;
    create(docker, spec("red").label("colour", "red")).await?;
    let filter = ContainerFilter::Other(("label".into(), "colour=red".into()));
    expect(own(docker).all(true).filter(filter), ["red"]).await
}

async fn filters_of_one_kind_widen(docker: Docker) -> Result<()> {
    for short_name in ["one", "two", "three"] {
        create(docker, spec(short_name)).await?;
    }
    expect(
        own(docker).all(true).name(name("one")).name(name("two")),
        ["one", "two"],
    )
    .await
}

async fn filters_of_different_kinds_narrow(docker: Docker) -> Result<()> {
    create(docker, spec("one")).await?;
    running(docker, "one-up").await?;
    expect(
        own(docker).all(true).name(name("one")).status("created"),
        ["one"],
    )
    .await
}

async fn labels_narrow(docker: Docker) -> Result<()> {
    create(docker, spec("both").label("a", "1").label("b", "1")).await?;
    create(docker, spec("one").label("a", "1")).await?;
    expect(own(docker).all(true).label("a").label("b=1"), ["both"]).await
}

async fn unknown_filter(docker: Docker) -> Result<()> {
    let filter = ContainerFilter::Other(("colour".into(), "red".into()));
    let error = failure(
        "containers.list",
        docker.containers().list().filter(filter).await,
    );
    if Facts::of(docker).await?.says_invalid_of_filters() {
        assert!(error.is_invalid() && error.status() == Some(400), "{error}");
    }
    Ok(())
}

async fn impossible_filter(docker: Docker) -> Result<()> {
    let error = failure(
        "containers.list",
        docker.containers().list().status("dancing").await,
    );
    if Facts::of(docker).await?.says_invalid_of_filters() {
        assert!(error.is_invalid() && error.status() == Some(400), "{error}");
    }
    Ok(())
}

async fn before_what_is_not_there(docker: Docker) -> Result<()> {
    for list in [
        own(docker).before(name("nobody")),
        own(docker).since(name("nobody")),
    ] {
        let error = failure("containers.list", list.await);
        assert!(error.is_not_found() || error.is_engine(), "{error}");
    }
    Ok(())
}

async fn row_gives_its_container(docker: Docker) -> Result<()> {
    create(docker, spec("it")).await?;
    let rows = own(docker).all(true).await?;
    let container = rows[0].container()?;
    assert_eq!(container.id(), rows[0].id);
    assert_eq!(container.inspect().await?.identity()?.name, name("it"));
    container.remove().await?;
    expect(own(docker).all(true), []).await
}

async fn open(docker: Docker) -> Result<()> {
    create(docker, spec("it")).await?;
    let id = own(docker).all(true).await?.remove(0).id;
    let container = docker.containers().open(&id)?;
    assert_eq!(container.id(), id);
    assert_eq!(container.inspect().await?.identity()?.id, id);
    Ok(())
}

/// The second argument is the full id of a container that is there, and that this run was never told of.
async fn open_of_an_unknown_id(docker: Docker) -> Result<()> {
    let there = std::env::args().nth(2).expect("an id");
    for id in [there, "0".repeat(64)] {
        let error = failure("containers.open", docker.containers().open(id));
        assert!(error.is_not_found(), "{error}");
    }
    Ok(())
}

async fn open_of_no_id(docker: Docker) -> Result<()> {
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
