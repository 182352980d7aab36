//! Against the model itself.

use std::sync::Arc;

use dockwit_host::keeper::Plan;
use dockwit_host::policy::{Grants, Missing, Verb};
use dockwit_tests::console::Console;
use dockwit_tests::engine::{Engine, Names};
use dockwit_tests::plugin;
use dockwit_tests::proxy::Proxy;
use hyper::{Method, StatusCode};
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
    let engine = Engine::under_test();
    let (status, answer) = engine.ask(Method::POST, &path, Some(more)).await;
    if engine.updates() {
        assert!(status.is_success(), "{answer}");
        plugin.refused("start c", "denied create.memory").await;
    } else {
        // Nobody changes it there.
        assert_eq!(status, StatusCode::NOT_FOUND, "{answer}");
        plugin.done("start c").await;
    }
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
    other.updated("update b memory=50m").await;
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
    let keep = format!("{keys}\nlimits.on-end = \"keep\"");
    let name = plugin::own_name();
    let mut one = Console::begin(Console::test(&keep).named(&name)).await;
    one.done("create a port=80:127.0.0.1:22003 command=true")
        .await;
    one.done("start a").await;
    one.done("wait a").await;
    let other =
        "create.egress = true\ncreate.ports = { ip = \"0.0.0.0\", range = \"22009-22019\" }";
    let refused = || async { not_begun(Console::test(other)).await };
    let told = refused().await;
    let words = format!("the plugin {name} has 127.0.0.1 22000-22009");
    assert!(told.contains("0.0.0.0 22009-22019"), "{told}");
    assert!(told.contains(&words), "{told}");
    // What would become of it is told as it is.
    let aside = tempfile::tempdir().expect("a folder");
    let plan = Plan::new(aside.path().join("copy"), |_| {});
    let planned = not_begun(Console::test(other).plan(plan)).await;
    assert!(planned.contains(&words), "{planned}");
    one.end().await;
    // Its container is there, though it doesn't run, nor does the plugin.
    assert!(refused().await.contains(&words), "{told}");
    let mut again = Console::begin(Console::test(keys).named(&name)).await;
    again.done("get a").await;
    again.done("remove a").await;
    again.end().await;
    let mut other = Console::begin(Console::test(other)).await;
    let id = other.done("create b port=80:0.0.0.0:22009").await;
    assert_eq!(seen(&id).await["State"]["Status"], "created");
    other.end().await;
}

/// The same for a plugin that makes nothing, and of which nothing else is kept: others know of its `wasi.dirs`.
#[tokio::test(flavor = "multi_thread")]
async fn attack_126_a_plugin_that_makes_nothing_writes_below_no_bind() {
    let folder = Engine::under_test().shared_folder();
    let top = folder.path().canonicalize().expect("a path");
    std::fs::create_dir(top.join("inner")).expect("a folder");
    let writes = format!("wasi.dirs = [{{ host = {top:?}, guest = \"/a\" }}]");
    let writer = || {
        let pings = Grants::of([Verb::SystemPing]).missing(Missing::Deny);
        Console::test(&writes).grants(pings)
    };
    let bind = format!(
        "host-access.binds = [{{ source = {:?}, read-only = true }}]",
        top.join("inner")
    );
    let one = Console::begin(writer()).await;
    let told = not_begun(Console::test(&bind)).await;
    assert!(told.contains("wasi.dirs of the plugin"), "{told}");
    one.end().await;
    let other = attacker(&bind).await;
    let told = not_begun(writer()).await;
    assert!(told.contains("which lies below"), "{told}");
    other.end().await;
    // One that was killed counts no more.
    let killed = Console::begin(writer()).await;
    killed.kill();
    dockwit_tests::until_ok("it is forgotten", async || {
        Console::test(&bind).try_run().await.is_ok()
    })
    .await;
}

/// `create.env.NAME.reachable` is needed in policies that are made in Rust, too: here the grants are.
#[tokio::test(flavor = "multi_thread")]
async fn attack_119_a_policy_of_rust_is_held_to_what_files_are() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("pw");
    std::fs::write(&file, "hunter2").expect("a file");
    let keys = |reachable: bool| {
        format!("create.env.PW = {{ from = {{ file = {file:?} }}, reachable = {reachable} }}")
    };
    let told = not_begun(Console::test(&keys(false))).await;
    assert!(told.contains("say reachable = true if it may"), "{told}");
    let mut plugin = attacker(&keys(true)).await;
    plugin
        .done("create c network=none 'sh=echo it is $PW'")
        .await;
    plugin.done("start c").await;
    plugin.done("wait c").await;
    assert_eq!(plugin.done("logs c").await, "it is hunter2\\n");
    plugin.end().await;
}

/// Why a plugin isn't started.
pub(super) async fn not_begun(test: dockwit_tests::plugin::Test) -> String {
    match test.try_run().await {
        Err(error) => error.to_string(),
        Ok(ran) => panic!("it is started: {}", ran.stdout()),
    }
}

/// `host-access.binds` gives no path below one that anybody writes to: he could put a link in its place.
#[tokio::test(flavor = "multi_thread")]
async fn attack_126_no_link_is_put_into_the_path_of_anothers_bind() {
    let folder = Engine::under_test().shared_folder();
    let top = folder.path().canonicalize().expect("a path");
    std::fs::create_dir_all(top.join("data/inner")).expect("a folder");
    std::fs::create_dir(top.join("data/real")).expect("a folder");
    let bind = |path: &str, read_only: bool| {
        let path = top.join(path);
        format!("host-access.binds = [{{ source = {path:?}, read-only = {read_only} }}]")
    };
    let mut victim = attacker(&bind("data/inner", true)).await;
    let line = format!("bind={}:/h:ro", top.join("data/inner").display());
    let create = |name: &str| format!("create {name} network=none {line}");
    victim.done(&create("c")).await;
    for keys in [
        bind("data", false),
        format!("wasi.dirs = [{{ host = {top:?}, guest = \"/a\" }}]"),
    ] {
        let told = not_begun(Console::test(&keys)).await;
        assert!(told.contains("which lies below"), "{told}");
    }
    // Who only reads puts no links anywhere.
    attacker(&bind("data", true)).await.end().await;
    // Somebody else, outside of all plugins, puts one there: the next create looks again, and so does a start.
    std::fs::remove_dir(top.join("data/inner")).expect("it is empty");
    std::os::unix::fs::symlink("real", top.join("data/inner")).expect("a link");
    for line in [create("d"), "start c".to_owned()] {
        let told = victim.refused(&line, "denied host-access.binds").await;
        assert!(told.contains("there is a link in its path"), "{told}");
    }
    victim.end().await;
    // Whoever begins now isn't started.
    let told = not_begun(Console::test(&bind("data/inner", true))).await;
    assert!(told.contains("there is a link in its path"), "{told}");
}
