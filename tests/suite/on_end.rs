//! What becomes of what a run made: `limits.on-end`, also after a run that was killed.

use dockwit_host::policy::ledger::{Kind, Object};
use dockwit_tests::console::Console;
use dockwit_tests::engine::Engine;
use dockwit_tests::plugin;
use hyper::{Method, StatusCode};
use serde_json::Value;

/// What the engine has of an owner's, by label: containers, networks, volumes.
pub(crate) async fn of_owner(label: &str) -> Vec<String> {
    let filter = format!("%7B%22label%22%3A%5B%22{label}%22%5D%7D");
    let engine = Engine::under_test();
    let ask = async |path: &str| engine.ask(Method::GET, path, None).await.1;
    let containers = ask(&format!("/containers/json?all=1&filters={filter}")).await;
    let networks = ask(&format!("/networks?filters={filter}")).await;
    let volumes = ask(&format!("/volumes?filters={filter}")).await;
    let names = |list: &Value, key: &str| {
        let list = list.as_array().cloned().unwrap_or_default();
        list.iter()
            .map(|one| one[key].to_string())
            .collect::<Vec<_>>()
    };
    let mut found = names(&containers, "Id");
    found.extend(names(&networks, "Name"));
    found.extend(names(&volumes["Volumes"], "Name"));
    found
}

/// The label of everything that a container's owner made.
pub(crate) async fn owner_label(id: &str) -> String {
    let it = Engine::under_test().inspect(id).await;
    let owner = it["Config"]["Labels"]["dockwit.owner"].as_str();
    format!("dockwit.owner={}", owner.expect("it has an owner"))
}

/// What the ledger has of a plugin on the engine under test.
pub(crate) async fn in_ledger(name: &str) -> Vec<Object> {
    let info = Engine::under_test().client().system().info().await;
    let info = info.expect("the engine tells");
    let id = info.identity().expect("an identity").id.clone();
    let owner = plugin::ledger().owner(&id, name).expect("an owner");
    let kinds = [Kind::Container, Kind::Network, Kind::Volume];
    let rows = kinds
        .into_iter()
        .map(|kind| owner.rows(kind).expect("rows"));
    rows.flatten().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn remove_leaves_nothing() {
    let test = Console::test("create.persist = true\nlimits.on-end = \"remove\"");
    let name = test.plugin_name().to_owned();
    let mut plugin = Console::begin(test).await;
    let id = plugin.done("create running volume=/data").await;
    let label = owner_label(&id).await;
    plugin.done("start running").await;
    plugin.done("create paused restart=always").await;
    plugin.done("start paused").await;
    plugin.done("pause paused").await;
    plugin.done("create made network=none").await;
    assert_eq!(of_owner(&label).await.len(), 5, "with network and volume");
    plugin.end().await;
    assert_eq!(of_owner(&label).await, Vec::<String>::new());
    assert_eq!(in_ledger(&name).await, []);
}

/// The same keys grant it: `create.persist` lets a restart policy be, and `on-end` is told in that order.
#[tokio::test(flavor = "multi_thread")]
async fn attack_134_what_would_survive_is_removed_all_the_same() {
    let mut plugin = Console::of_its_own("create.persist = true").await;
    let deaf = "sh='trap : TERM; while :; do sleep 1; done'";
    let line = format!("create deaf network=none restart=always stop-signal=CONT {deaf}");
    let id = plugin.done(&line).await;
    plugin.done("start deaf").await;
    plugin.done("pause deaf").await;
    plugin.end().await;
    assert!(Engine::under_test().inspect(&id).await.is_null());
}

#[tokio::test(flavor = "multi_thread")]
async fn stop_stops_and_keeps() {
    let mut plugin = Console::of_its_own("limits.on-end = \"stop\"").await;
    let id = plugin.done("create db network=none").await;
    plugin.done("start db").await;
    plugin.end().await;
    let it = Engine::under_test().inspect(&id).await;
    assert_eq!(it["State"]["Status"], "exited");
    removed(&id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_is_the_plugins_own_in_its_next_run() {
    let test = || Console::test("limits.on-end = \"keep\"");
    let name = plugin::own_name();
    let mut first = Console::begin(test().named(&name)).await;
    let id = first.done("create db").await;
    first.done("start db").await;
    first.end().await;
    let it = Engine::under_test().inspect(&id).await;
    assert_eq!(it["State"]["Status"], "running");

    let mut second = Console::begin(test().named(&name)).await;
    assert_eq!(second.done("get db").await, id);
    second.done("stop db").await;
    second.done("remove db").await;
    second.end().await;
    // The network is the plugin's own, too, and goes with a run that removes.
    let third = Console::begin(Console::test("").named(&name)).await;
    third.end().await;
    assert_eq!(in_ledger(&name).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_of_one_plugin_share_their_network_and_their_names() {
    let name = plugin::own_name();
    let begin = async || Console::begin(Console::test("").named(&name)).await;
    let (mut one, mut other) = (begin().await, begin().await);
    let id = one.done("create db").await;
    one.done("start db").await;
    let second = other.done("create web").await;
    other.done("start web").await;
    let network = |it: &Value| it["HostConfig"]["NetworkMode"].clone();
    let engine = Engine::under_test();
    let shared = network(&engine.inspect(&id).await);
    assert_eq!(shared, network(&engine.inspect(&second).await));
    other.refused("create db network=none", "conflict").await;
    one.end().await;
    assert!(engine.inspect(&id).await.is_null());
    assert_eq!(
        other.done("list").await,
        "web",
        "the other's are left alone"
    );
    other.end().await;
    assert_eq!(in_ledger(&name).await, []);
}

/// A run that is dropped is as one that was killed: nobody holds it any more.
#[tokio::test(flavor = "multi_thread")]
async fn the_next_run_finishes_what_was_killed() {
    let mut killed = Console::of_its_own("").await;
    let id = killed.done("create db volume=/data").await;
    let label = owner_label(&id).await;
    killed.done("start db").await;
    killed.kill();
    // Any start of dockwit on the engine does it, also of another plugin.
    let begun = tokio::time::Instant::now();
    while !of_owner(&label).await.is_empty() {
        assert!(begun.elapsed().as_secs() < 60, "it is finished");
        Console::of_its_own("").await.end().await;
    }
}

async fn removed(id: &str) {
    let path = format!("/containers/{id}?force=1&v=1");
    let (status, _) = Engine::under_test().ask(Method::DELETE, &path, None).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
}
