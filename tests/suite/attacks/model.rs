//! Against the model itself.

use std::sync::Arc;

use dockwit_tests::console::Console;
use dockwit_tests::engine::{Engine, Names};
use dockwit_tests::plugin;
use dockwit_tests::proxy::Proxy;
use hyper::Method;
use serde_json::json;

use super::{attacker, seen};
use crate::scope::foreign;

/// Today's policy holds for what yesterday's made: `[create]` as a whole.
#[tokio::test(flavor = "multi_thread")]
async fn attack_116_what_a_wider_policy_made_may_be_stopped_and_removed_no_more() {
    let name = plugin::own_name();
    let keep = "limits.on-end = \"keep\"\n";
    let wide = format!("{keep}create.memory = \"1GiB\"");
    let mut wide = Console::begin(Console::test(&wide).named(&name)).await;
    wide.done("create c network=none memory=1g").await;
    wide.done("start c").await;
    wide.done("pause c").await;
    wide.end().await;
    let mut narrow = Console::begin(Console::test(keep).named(&name)).await;
    narrow.done("get c").await;
    for door in ["unpause c", "restart c", "update c pids=10"] {
        narrow.refused(door, "denied create.memory").await;
    }
    let id = narrow.done("get c").await;
    let path = format!("/containers/{id}/unpause");
    Engine::under_test().ask(Method::POST, &path, None).await;
    narrow.done("stop c").await;
    narrow.refused("start c", "denied create.memory").await;
    narrow.done("remove c").await;
    narrow.end().await;
}

/// The same for what somebody else has changed meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn attack_116_what_somebody_changed_may_be_stopped_and_removed_no_more() {
    let mut plugin = attacker("").await;
    let id = plugin.done("create c network=none").await;
    let path = format!("/containers/{id}/update");
    let more = json!({"Memory": 2_u64 << 30, "MemorySwap": 2_u64 << 30});
    let (status, answer) = Engine::under_test()
        .ask(Method::POST, &path, Some(more))
        .await;
    assert!(status.is_success(), "{answer}");
    plugin.refused("start c", "denied create.memory").await;
    plugin.done("remove c").await;
    plugin.end().await;
}

/// Nothing of the engine's messages tells of others, unless all is in scope.
#[tokio::test(flavor = "multi_thread")]
async fn attack_141_a_conflict_does_not_tell_whose() {
    let names = Names::new("attack-141");
    let victim = foreign(&names, json!({})).await;
    let name = names.name("foreign");
    let keys = format!("create.names = [\"{name}\"]");
    let mut plugin = attacker(&keys).await;
    let told = plugin
        .refused(&format!("create {name} network=none"), "conflict")
        .await;
    assert!(!told.contains(&victim[..12]), "{told}");
    plugin.done("create c network=none").await;
    let told = plugin
        .refused(&format!("rename c {name}"), "conflict")
        .await;
    assert!(!told.contains(&victim[..12]), "{told}");
    plugin.end().await;
    let mut plugin = attacker(&format!("{keys}\nscope.containers = \"all\"")).await;
    let told = plugin
        .refused(&format!("create {name} network=none"), "conflict")
        .await;
    assert!(told.contains(&victim[..12]), "the control: {told}");
    plugin.end().await;
}

/// In the scope `own`, the ledger answers alone.
#[tokio::test(flavor = "multi_thread")]
async fn attack_142_a_look_up_asks_nobody_whether_there_is_another() {
    let names = Names::new("attack-142");
    let victim = foreign(&names, json!({})).await;
    let proxy = Arc::new(Proxy::start());
    let test = Console::test("").client(proxy.client());
    let mut plugin = Console::begin(test).await;
    let before = proxy.sent();
    for reference in [&victim[..], &names.name("foreign"), "nobody"] {
        plugin
            .refused(&format!("get {reference}"), "not found")
            .await;
    }
    assert_eq!(proxy.sent(), before, "the engine isn't asked");
    plugin.end().await;
}

/// `limits.containers` and its like count all runs of a plugin, and what was never waited for.
#[tokio::test(flavor = "multi_thread")]
async fn quotas_are_counted_over_all_runs() {
    let name = plugin::own_name();
    let keys = "limits.containers = 3\nlimits.running = 1\nlimits.memory-total = \"100MiB\"\n\
                limits.cpus-total = 2";
    let begin = async || Console::begin(Console::test(keys).named(&name)).await;
    let (mut one, mut other) = (begin().await, begin().await);
    one.done("create a network=none memory=40m cpus=0.5").await;
    other
        .done("create b network=none memory=40m cpus=0.5")
        .await;
    one.refused(
        "create c network=none memory=40m cpus=0.5",
        "quota limits.memory-total",
    )
    .await;
    one.refused(
        "create c network=none memory=10m cpus=1.5",
        "denied create.cpus",
    )
    .await;
    one.done("create c network=none memory=10m cpus=1").await;
    other
        .refused(
            "create d network=none memory=10m cpus=0.1",
            "quota limits.containers",
        )
        .await;
    one.done("remove c").await;
    one.refused(
        "create c network=none memory=60m cpus=0.5",
        "quota limits.memory-total",
    )
    .await;
    one.done("start a").await;
    other.refused("start b", "quota limits.running").await;
    one.done("stop a").await;
    other.done("start b").await;
    other
        .refused("update b memory=90m", "quota limits.memory-total")
        .await;
    other.done("update b memory=50m").await;
    one.end().await;
    other.end().await;
}

/// What ended by itself, or was removed by somebody else, makes room.
#[tokio::test(flavor = "multi_thread")]
async fn quotas_see_what_is_over() {
    let mut plugin = attacker("limits.containers = 1\nlimits.running = 1").await;
    let id = plugin.done("create a network=none command=true").await;
    plugin.done("start a").await;
    plugin.done("wait a").await;
    plugin.done("start a").await;
    let path = format!("/containers/{id}?force=1");
    Engine::under_test().ask(Method::DELETE, &path, None).await;
    plugin.done("create b network=none").await;
    plugin.done("start b").await;
    plugin.end().await;
}

/// A port stays its owner's while the container exists.
#[tokio::test(flavor = "multi_thread")]
async fn attack_145_a_port_stays_its_owners() {
    let keys =
        "create.egress = true\ncreate.ports = { ip = \"127.0.0.1\", range = \"22000-22009\" }";
    let mut one = attacker(keys).await;
    let mut other = attacker(keys).await;
    one.done("create a port=80:127.0.0.1:22003 command=true")
        .await;
    one.done("start a").await;
    one.done("wait a").await;
    let told = other
        .refused("create b port=80:127.0.0.1:22003", "conflict")
        .await;
    assert!(told.contains("22003"), "{told}");
    let id = other.done("create b port=80:127.0.0.1:22004").await;
    assert_eq!(seen(&id).await["State"]["Status"], "created");
    one.done("remove a").await;
    other.done("create c port=80:127.0.0.1:22003").await;
    one.end().await;
    other.end().await;
}
