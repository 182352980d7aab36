//! What is other people's: seen, changed, or held up.

use dockwit_tests::engine::Names;
use serde_json::json;

use super::{attacker, seen};
use crate::scope::foreign;

/// `scope.containers` grants the handle without which nothing of a container is told.
#[tokio::test(flavor = "multi_thread")]
async fn attack_062_064_and_065_nothing_is_told_of_others() {
    let names = Names::new("attack-062");
    let victim = foreign(&names, json!({})).await;
    let name = names.name("foreign");
    let mut plugin = attacker("").await;
    plugin.refused(&format!("get {name}"), "not found").await;
    plugin.refused(&format!("open {victim}"), "not found").await;
    for call in ["logs", "details", "top", "changes", "stats", "port", "wait"] {
        let line = format!("{call} {name}");
        plugin.refused(&line, "plugin").await;
    }
    plugin.end().await;
}

/// `scope.change.containers` grants it, apart from seeing.
#[tokio::test(flavor = "multi_thread")]
async fn attack_073_others_are_neither_stopped_nor_removed() {
    let names = Names::new("attack-073");
    let victim = foreign(&names, json!({})).await;
    let name = names.name("foreign");
    let mut plugin = attacker("scope.containers = \"all\"").await;
    plugin.done(&format!("get {name}")).await;
    let changes = [
        "stop",
        "kill",
        "remove",
        "remove-all",
        "pause",
        "resize",
        "restart",
        "update",
    ];
    for change in changes {
        let line = format!("{change} {name}");
        plugin
            .refused(&line, "denied scope.change.containers")
            .await;
    }
    let line = format!("rename {name} other");
    plugin
        .refused(&line, "denied scope.change.containers")
        .await;
    plugin.end().await;
    assert_eq!(seen(&victim).await["State"]["Status"], "running");
}

/// A plugin that sees all changes only what it may: `scope.change`.
#[tokio::test(flavor = "multi_thread")]
async fn attack_144_a_wide_scope_to_see_is_none_to_change() {
    let names = Names::new("attack-144");
    foreign(&names, json!({ "mine": "no" })).await;
    let name = names.name("foreign");
    let keys = "scope.containers = \"all\"\nscope.change.containers = { label = \"mine=yes\" }";
    let mut plugin = attacker(keys).await;
    plugin.done(&format!("get {name}")).await;
    plugin
        .refused(&format!("restart {name}"), "denied scope.change.containers")
        .await;
    plugin.end().await;
}
