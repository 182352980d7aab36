//! Names, ids and labels that stand for others.

use dockwit_tests::console::Console;
use dockwit_tests::engine::{Engine, Names};
use dockwit_tests::plugin;
use serde_json::json;

use super::{attacker, seen};
use crate::scope::foreign;

/// `create.names` grants names, but none that could be an id.
#[tokio::test(flavor = "multi_thread")]
async fn attack_067_no_name_is_taken_for_an_id() {
    let names = Names::new("attack-067");
    let victim = foreign(&names, json!({})).await;
    let mut plugin = attacker("create.names = [\"*\"]").await;
    for name in [&victim[..12], &victim[..], &victim[..13]] {
        let line = format!("create {name} network=none");
        plugin.refused(&line, "denied create.names").await;
    }
    let own = names.name("own");
    plugin.done(&format!("create {own} network=none")).await;
    let line = format!("rename {own} {}", &victim[..12]);
    plugin.refused(&line, "denied create.names").await;
    plugin.end().await;
    let mut plugin = attacker("").await;
    let id = plugin.done("create db network=none").await;
    let name = seen(&id).await["Name"].clone();
    let name = name.as_str().expect("a name");
    assert!(name.starts_with("/own-") && name.ends_with("_db"), "{name}");
    plugin.end().await;
}

/// A look-up gives a handle that holds the full id.
#[tokio::test(flavor = "multi_thread")]
async fn attack_068_and_069_a_handle_stands_for_one_container() {
    let mut plugin = attacker("").await;
    let first = plugin.done("create db network=none").await;
    for reference in ["../db", "db/json", "db?force=1", "%2e%2e", "db%2Fjson", ""] {
        plugin
            .refused(&format!("get '{reference}'"), "not found")
            .await;
    }
    let mut other = attacker("").await;
    other.refused("get db", "not found").await;
    other.end().await;
    // What is called so later is another one; the handle, which the plugin still calls `db`, stands for the first.
    plugin.done("rename db old").await;
    plugin.done("create new network=none").await;
    plugin.done("rename new db").await;
    plugin.done("remove db").await;
    assert_eq!(plugin.done("list").await, "db");
    assert!(Engine::under_test().inspect(&first).await.is_null());
    plugin.end().await;
}

/// Nothing grants the host's own labels.
#[tokio::test(flavor = "multi_thread")]
async fn attack_070_the_hosts_labels_can_not_be_set() {
    let mut plugin = attacker("create.labels = [\"*\"]").await;
    for key in ["dockwit.owner", "dockwit.nonce", "dockwit.anything"] {
        let line = format!("create - network=none label={key}:x");
        plugin.refused(&line, "denied create.labels").await;
    }
    plugin.end().await;
}

/// The ledger decides, whatever labels say.
#[tokio::test(flavor = "multi_thread")]
async fn attack_071_labels_make_nothing_ones_own() {
    let mut plugin = attacker("").await;
    let own = plugin.done("create db network=none").await;
    let labels = seen(&own).await["Config"]["Labels"].clone();
    let names = Names::new("attack-071");
    let forged = foreign(&names, labels).await;
    assert_eq!(plugin.done("list").await, "db");
    plugin.refused(&format!("get {forged}"), "not found").await;
    plugin
        .refused(&format!("get {}", names.name("foreign")), "not found")
        .await;
    plugin.end().await;
    assert_eq!(
        seen(&forged).await["State"]["Running"],
        true,
        "it is left alone"
    );
}

/// A plugin whose name another's begins with can't get at that one's names.
#[tokio::test(flavor = "multi_thread")]
async fn attack_140_no_prefix_begins_another() {
    let name = plugin::own_name();
    let longer = format!("{name}-b");
    let mut one = Console::begin(Console::test("").named(&name)).await;
    let mut other = Console::begin(Console::test("").named(&longer)).await;
    let first = one.done("create b-c network=none").await;
    let second = other.done("create c network=none").await;
    let called = async |id: &str| seen(id).await["Name"].as_str().expect("a name").to_owned();
    let (first, second) = (called(&first).await, called(&second).await);
    assert_ne!(first, second);
    for reference in [&first[1..], &second[1..]] {
        let mut answers = [
            one.ask(&format!("get {reference}")).await,
            other.ask(&format!("get {reference}")).await,
        ];
        answers.sort();
        assert!(answers[1].starts_with("not found"), "{answers:?}");
    }
    one.end().await;
    other.end().await;
}
