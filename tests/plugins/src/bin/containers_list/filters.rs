//! Filters.

use std::collections::BTreeSet;
use std::time::Duration;

use dockwit::containers::{HealthStatus, List};
use dockwit::{
    ContainerFilter, ContainerStatus, Docker, Healthcheck, HostPort, RestartPolicy, Result,
    try_join,
};
use dockwit_test_plugins::{
    Facts, OWN_NETWORK, eventually, failure, image, lasting, name, prefix, running, spec,
};

use crate::{create, expect, names, own, start};

pub(crate) async fn ancestor(docker: Docker) -> Result<()> {
    create(docker, spec("it")).await?;
    let image = Facts::of(docker).await?.name_of_image(&image());
    expect(own(docker).all(true).ancestor(image), ["it"]).await?;
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

pub(crate) async fn before(docker: Docker) -> Result<()> {
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

pub(crate) async fn since(docker: Docker) -> Result<()> {
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

/// Checks that a filter which the engine doesn't know is refused; whether it does.
async fn knows(docker: Docker, filter: &str, list: List) -> Result<bool> {
    let knows = Facts::of(docker).await?.knows_filter(filter);
    if !knows {
        let error = failure("containers.list", list.await);
        assert!(error.is_engine() || error.is_invalid(), "{error}");
    }
    Ok(knows)
}

pub(crate) async fn expose(docker: Docker) -> Result<()> {
    if !knows(docker, "expose", own(docker).expose("80")).await? {
        return Ok(());
    }
    start(docker, lasting("web").expose(80)).await?;
    start(docker, lasting("names").expose("53/udp")).await?;
    expect(own(docker).expose("80"), ["web"]).await?;
    expect(own(docker).expose("80/tcp"), ["web"]).await?;
    expect(own(docker).expose("50-60/udp"), ["names"]).await?;
    expect(own(docker).expose("80/udp"), []).await
}

pub(crate) async fn publish(docker: Docker) -> Result<()> {
    if !knows(docker, "publish", own(docker).publish("80")).await? {
        return Ok(());
    }
    let web = start(docker, lasting("web").port(80, HostPort::any())).await?;
    start(docker, lasting("other").expose(80)).await?;
    let at = web.port(80).await?[0].host_port.expect("a port");
    expect(own(docker).publish(at.to_string()), ["web"]).await?;
    expect(own(docker).publish(format!("{at}/tcp")), ["web"]).await?;
    expect(own(docker).publish(format!("{at}/udp")), []).await
}

pub(crate) async fn exited(docker: Docker) -> Result<()> {
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

pub(crate) async fn health(docker: Docker) -> Result<()> {
    let often = |check: Healthcheck| check.interval(Duration::from_secs(5)).retries(1);
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
    if !Facts::of(docker).await?.runs_health_checks() {
        return expect(own(docker).health("starting"), ["ill", "well"]).await;
    }
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

pub(crate) async fn id(docker: Docker) -> Result<()> {
    let (one, _other) = try_join!(create(docker, spec("one")), create(docker, spec("other")))?;
    expect(own(docker).all(true).id(one.id()), ["one"]).await?;
    expect(own(docker).all(true).id(&one.id()[..20]), ["one"]).await
}

pub(crate) async fn is_task(docker: Docker) -> Result<()> {
    if !knows(docker, "is-task", own(docker).is_task(false)).await? {
        return Ok(());
    }
    create(docker, spec("it")).await?;
    expect(own(docker).all(true).is_task(false), ["it"]).await?;
    expect(own(docker).all(true).is_task(true), []).await
}

pub(crate) async fn label_filter(docker: Docker) -> Result<()> {
    create(docker, spec("blue").label("colour", "blue")).await?;
    create(docker, spec("red").label("colour", "red")).await?;
    create(docker, spec("none")).await?;
    expect(own(docker).all(true).label("colour"), ["blue", "red"]).await?;
    expect(own(docker).all(true).label("colour=red"), ["red"]).await
}

pub(crate) async fn name_filter(docker: Docker) -> Result<()> {
    create(docker, spec("one")).await?;
    create(docker, spec("other")).await?;
    let list = || docker.containers().list().all(true);
    expect(list().name(prefix()), ["one", "other"]).await?;
    expect(list().name(name("one")), ["one"]).await?;
    expect(list().name(format!("^/?{}o.*r$", prefix())), ["other"]).await
}

pub(crate) async fn network(docker: Docker) -> Result<()> {
    running(docker, "on").await?;
    start(
        docker,
        lasting("off").network_mode(dockwit::NetworkMode::None),
    )
    .await?;
    expect(own(docker).network(OWN_NETWORK), ["on"]).await?;
    expect(own(docker).network("no-such-network"), []).await?;
    let network_id = own(docker).name("on").await?[0].networks[0]
        .network_id
        .clone()
        .unwrap_or_default();
    expect(own(docker).network(network_id), ["on"]).await
}

pub(crate) async fn status(docker: Docker) -> Result<()> {
    create(docker, spec("created")).await?;
    running(docker, "running").await?;
    running(docker, "paused").await?.pause().await?;
    let exited = start(docker, spec("exited").command(["true"])).await?;
    exited.wait().await?.await?;
    let list = |status: ContainerStatus| own(docker).status(status);
    // Who waits is told sooner than who lists.
    eventually("it is listed as exited", async || {
        Ok(list(ContainerStatus::Exited).await?.pop())
    })
    .await?;
    expect(list(ContainerStatus::Created), ["created"]).await?;
    expect(list(ContainerStatus::Running), ["running"]).await?;
    expect(list(ContainerStatus::Paused), ["paused"]).await?;
    expect(list(ContainerStatus::Exited), ["exited"]).await?;
    if Facts::of(docker).await?.lists_restarting_and_dead() {
        expect(list(ContainerStatus::Dead), []).await?;
        expect(list(ContainerStatus::Removing), []).await?;
    }
    for status in ["created", "running", "paused", "exited"] {
        let row = &own(docker).status(status).await?[0];
        assert_eq!(row.status, ContainerStatus::from(status));
    }
    Ok(())
}

/// A container that ends again and again is at times about to be started again.
pub(crate) async fn restarting(docker: Docker) -> Result<()> {
    let failing = spec("it")
        .command(["false"])
        .restart(RestartPolicy::always());
    start(docker, failing).await?;
    if !Facts::of(docker).await?.lists_restarting_and_dead() {
        let listed = own(docker).status(ContainerStatus::Restarting).await;
        failure("containers.list", listed);
        return Ok(());
    }
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

pub(crate) async fn volume(docker: Docker) -> Result<()> {
    create(docker, spec("data").volume("/data")).await?;
    create(docker, spec("none")).await?;
    if Facts::of(docker).await?.finds_volumes_by_path() {
        expect(own(docker).all(true).volume("/data"), ["data"]).await?;
    }
    expect(own(docker).all(true).volume("/elsewhere"), []).await?;
    let data = docker.containers().get(name("data")).await?;
    let volume = data.inspect().await?.mounts()?[0].name.clone();
    expect(
        own(docker).all(true).volume(volume.expect("a name")),
        ["data"],
    )
    .await
}

pub(crate) async fn other(docker: Docker) -> Result<()> {
    create(docker, spec("blue").label("colour", "blue")).await?;
    create(docker, spec("red").label("colour", "red")).await?;
    let filter = ContainerFilter::Other(("label".into(), "colour=red".into()));
    expect(own(docker).all(true).filter(filter), ["red"]).await
}

pub(crate) async fn filters_of_one_kind_widen(docker: Docker) -> Result<()> {
    for short_name in ["one", "two", "three"] {
        create(docker, spec(short_name)).await?;
    }
    expect(
        own(docker).all(true).name(name("one")).name(name("two")),
        ["one", "two"],
    )
    .await
}

pub(crate) async fn filters_of_different_kinds_narrow(docker: Docker) -> Result<()> {
    create(docker, spec("one")).await?;
    running(docker, "one-up").await?;
    expect(
        own(docker).all(true).name(name("one")).status("created"),
        ["one"],
    )
    .await
}

pub(crate) async fn labels_narrow(docker: Docker) -> Result<()> {
    create(docker, spec("both").label("a", "1").label("b", "1")).await?;
    create(docker, spec("one").label("a", "1")).await?;
    expect(own(docker).all(true).label("a").label("b=1"), ["both"]).await
}

pub(crate) async fn unknown_filter(docker: Docker) -> Result<()> {
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

pub(crate) async fn impossible_filter(docker: Docker) -> Result<()> {
    let error = failure(
        "containers.list",
        docker.containers().list().status("dancing").await,
    );
    if Facts::of(docker).await?.says_invalid_of_filters() {
        assert!(error.is_invalid() && error.status() == Some(400), "{error}");
    }
    Ok(())
}

pub(crate) async fn before_what_is_not_there(docker: Docker) -> Result<()> {
    for list in [
        own(docker).before(name("nobody")),
        own(docker).since(name("nobody")),
    ] {
        let error = failure("containers.list", list.await);
        assert!(error.is_not_found() || error.is_engine(), "{error}");
    }
    Ok(())
}
