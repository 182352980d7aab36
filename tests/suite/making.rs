//! What becomes of a request for a container between plugin and engine, where a plugin would be surprised otherwise.

use dockwit_tests::console::Console;
use dockwit_tests::engine::Engine;
use hyper::Method;

use crate::on_end::{of_owner, owner_label};

/// Otherwise a range of two ports would be used up by one container.
#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_is_chosen_is_the_one_that_is_taken() {
    let keys =
        "create.egress = true\ncreate.ports = { ip = \"127.0.0.1\", range = \"24601-24602\" }";
    let mut plugin = Console::of_its_own(keys).await;
    let mut ports = Vec::new();
    for name in ["one", "other"] {
        let id = plugin
            .done(&format!("create {name} expose=80 publish-all"))
            .await;
        let it = Engine::under_test().inspect(&id).await;
        let at = &it["HostConfig"]["PortBindings"]["80/tcp"][0];
        ports.push(at["HostPort"].as_str().expect("a port").to_owned());
    }
    ports.sort();
    assert_eq!(ports, ["24601", "24602"]);
    plugin
        .refused("create third expose=80 publish-all", "denied create.ports")
        .await;
    plugin.done("start one").await;
    plugin.done("start other").await;
    plugin.end().await;
}

/// Runs that choose at the same time, of a range with no port to spare.
#[tokio::test(flavor = "multi_thread")]
async fn ports_that_are_chosen_at_the_same_time_are_different() {
    let keys =
        "create.egress = true\ncreate.ports = { ip = \"127.0.0.1\", range = \"24611-24614\" }";
    let name = dockwit_tests::plugin::own_name();
    let mut plugins = Vec::new();
    for _ in 0..4 {
        plugins.push(Console::begin(Console::test(keys).named(&name)).await);
    }
    let made = plugins
        .iter_mut()
        .map(|plugin| plugin.done("create - expose=80 publish-all"));
    futures::future::join_all(made).await;
    for plugin in plugins {
        plugin.end().await;
    }
}

/// Filters by what is the plugin's own take the names that it knows.
#[tokio::test(flavor = "multi_thread")]
async fn filters_take_the_short_names_of_networks_and_volumes() {
    for keys in ["", "scope.containers = \"all\""] {
        let mut plugin = Console::of_its_own(keys).await;
        let id = plugin.done("create db volume=/data").await;
        plugin.done("create alone network=none").await;
        assert_eq!(plugin.done("list network=default").await, "db");
        let it = Engine::under_test().inspect(&id).await;
        let volume = it["Mounts"][0]["Name"].as_str().expect("a name");
        let (_, short) = volume.rsplit_once('_').expect("a whole name");
        assert_eq!(plugin.done(&format!("list volume={short}")).await, "db");
        // The beginning of an id is no name.
        let beginning = &id[..1];
        let line = format!("list name=^{beginning} network={beginning}");
        match Engine::under_test().takes_beginnings_of_networks() {
            true => {
                let told = plugin.ask(&line).await;
                let several = told.starts_with("engine ");
                assert!(several || !told.contains(' '), "names: {told}");
            }
            false => drop(plugin.done(&line).await),
        }
        plugin.end().await;
    }
}

/// The engine takes anonymous volumes along with a container that removes itself; so the host does those in their place.
#[tokio::test(flavor = "multi_thread")]
async fn volumes_of_containers_that_remove_themselves_are_not_left_over() {
    let keys = "limits.volumes = 1\nlimits.containers = 1\nlimits.on-end = \"stop\"";
    let mut plugin = Console::of_its_own(keys).await;
    let mut label = String::new();
    for round in 0..3 {
        let line = format!("create job{round} network=none auto-remove volume=/data sh='sleep 1'");
        let id = plugin.done(&line).await;
        label = owner_label(&id).await;
        plugin.done(&format!("start job{round}")).await;
        plugin.done(&format!("wait job{round}")).await;
        until_gone(&id).await;
    }
    plugin.end().await;
    assert_eq!(of_owner(&label).await, Vec::<String>::new());
}

async fn until_gone(id: &str) {
    for _ in 0..100 {
        if Engine::under_test().inspect(id).await.is_null() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("{id} removes itself");
}

/// What somebody else has removed takes no room.
#[tokio::test(flavor = "multi_thread")]
async fn volumes_that_are_gone_make_room() {
    let keys = "limits.volumes = 1\nlimits.containers = 2";
    let mut plugin = Console::of_its_own(keys).await;
    let id = plugin.done("create one network=none volume=/data").await;
    plugin
        .refused(
            "create other network=none volume=/data",
            "quota limits.volumes",
        )
        .await;
    let engine = Engine::under_test();
    let it = engine.inspect(&id).await;
    let volume = it["Mounts"][0]["Name"].as_str().expect("a name");
    plugin.done("remove one").await;
    let path = format!("/volumes/{volume}");
    let (status, _) = engine.ask(Method::DELETE, &path, None).await;
    assert!(status.is_success());
    plugin.done("create other network=none volume=/data").await;
    plugin.end().await;
}

/// A container that can't be made leaves nothing: of its volumes, those that were made already are removed.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_made_leaves_no_volumes() {
    let mut plugin = Console::of_its_own("limits.volumes = 2").await;
    let id = plugin.done("create one network=none volume=/data").await;
    let label = owner_label(&id).await;
    let line = "create other network=none volume=/a volume=/b";
    plugin.refused(line, "quota limits.volumes").await;
    assert_eq!(of_owner(&label).await.len(), 2, "one, and its volume");
    plugin.done("create other network=none volume=/data").await;
    plugin.end().await;
}

/// A call may take several requests: the audit has the one that did it.
#[tokio::test(flavor = "multi_thread")]
async fn the_audit_tells_of_the_request_that_did_it() {
    let mut plugin = Console::of_its_own("").await;
    let id = plugin.done("create c volume=/data").await;
    plugin.done("start c").await;
    plugin.done("remove-all c").await;
    let ran = plugin.end().await;
    let told = |op: &str| {
        let lines = ran.audit().of(op);
        let line = lines.last().expect("it is told");
        let exchange = ["method", "route", "status"].map(|key| line[key].to_string());
        (line["object"]["id"].clone(), exchange.join(" "))
    };
    for (op, exchange) in [
        ("containers.create", "\"POST\" \"/containers/create\" 201"),
        ("container.start", "\"POST\" \"/containers/{id}/start\" 204"),
        ("container.remove", "\"DELETE\" \"/containers/{id}\" 204"),
    ] {
        assert_eq!(told(op), (id.as_str().into(), exchange.to_owned()));
    }
}

/// Names are told as the plugin gave them.
#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_taken_is_told_as_it_was_given() {
    let mut plugin = Console::of_its_own("").await;
    plugin.done("create db network=none").await;
    plugin.done("create web network=none").await;
    let taken = "conflict - the name `db` is taken";
    plugin.refused("create db network=none", taken).await;
    plugin.refused("rename web db", taken).await;
    plugin.end().await;
}
