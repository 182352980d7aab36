//! What a plugin sees, and what of it it changes: `scope`.

use dockwit_tests::console::Console;
use dockwit_tests::engine::{Engine, Names};
use hyper::Method;
use serde_json::{Value, json};

/// A container that nobody's plugin made.
pub(crate) async fn foreign(names: &Names, labels: Value) -> String {
    let words = Engine::under_test().first_words();
    let script = format!("{words}trap 'exit 0' TERM; sleep 600 & wait");
    let body = json!({
        "Image": Engine::under_test().image(),
        "Cmd": ["sh", "-c", script],
        "Labels": labels,
        "HostConfig": {"NetworkMode": "none"},
    });
    let path = format!("/containers/create?name={}", names.name("foreign"));
    let (status, made) = Engine::under_test()
        .ask(Method::POST, &path, Some(body))
        .await;
    assert!(status.is_success(), "{made}");
    let id = made["Id"].as_str().expect("an id").to_owned();
    let path = format!("/containers/{id}/start");
    let (status, _) = Engine::under_test().ask(Method::POST, &path, None).await;
    assert!(status.is_success());
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_plugin_made_is_its_own_and_no_others() {
    let mut one = Console::of_its_own("").await;
    let mut other = Console::of_its_own("").await;
    let id = one.done("create db network=none").await;
    assert_eq!(one.done("list").await, "db");
    assert_eq!(other.done("list").await, "");
    assert_eq!(one.done("get db").await, id);
    assert_eq!(one.done(&format!("get {}", &id[..12])).await, id);
    assert_eq!(one.done("name db").await, "db");
    other.refused("get db", "not found").await;
    other.done("create db network=none").await;
    assert_eq!(other.done("list").await, "db");
    one.end().await;
    other.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_out_of_scope_is_as_what_does_not_exist() {
    let names = Names::new("out-of-scope");
    let id = foreign(&names, json!({})).await;
    for keys in [
        "",
        "scope.containers = { label = \"mine\" }",
        "scope.containers = { name = [\"mine\"] }",
    ] {
        let mut plugin = Console::of_its_own(keys).await;
        for reference in [&id[..], &id[..12], &names.name("foreign")] {
            let there = plugin
                .refused(&format!("get {reference}"), "not found")
                .await;
            let other = format!("0{}", &reference[1..]);
            let nowhere = plugin.refused(&format!("get {other}"), "not found").await;
            assert_eq!(
                there.replace(reference, "X"),
                nowhere.replace(&other, "X"),
                "{keys}"
            );
        }
        plugin.refused(&format!("open {id}"), "not found").await;
        plugin
            .refused(&format!("list since={id}"), "not found")
            .await;
        assert_eq!(plugin.done("list").await, "");
        plugin.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scope_by_label_sees_and_changes_apart() {
    let names = Names::new("by-label");
    let label = names.name("label");
    let id = foreign(&names, json!({ label.as_str(): "yes" })).await;
    let name = names.name("foreign");
    let sees = format!("scope.containers = {{ label = \"{label}=yes\" }}\n");
    let mut reader = Console::of_its_own(&sees).await;
    assert_eq!(reader.done("list").await, name);
    assert_eq!(reader.done(&format!("get {name}")).await, id);
    reader.done(&format!("stats {name}")).await;
    for change in [
        "stop", "restart", "kill", "pause", "remove", "rename", "resize", "update",
    ] {
        let line = format!("{change} {name}");
        reader
            .refused(&line, "denied scope.change.containers")
            .await;
    }
    reader.end().await;

    let changes = format!("{sees}scope.change.containers = {{ label = \"{label}\" }}");
    let mut changer = Console::of_its_own(&changes).await;
    changer.done(&format!("get {name}")).await;
    changer.done(&format!("restart {name}")).await;
    changer.done(&format!("stop {name}")).await;
    changer.done(&format!("remove {name}")).await;
    changer.refused(&format!("get {name}"), "not found").await;
    changer.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scope_by_name_reaches_whole_names() {
    let names = Names::new("by-name");
    let id = foreign(&names, json!({})).await;
    let name = names.name("foreign");
    let keys = format!("scope.containers = {{ name = [\"{name}\", \"other\"] }}");
    let mut plugin = Console::of_its_own(&keys).await;
    assert_eq!(plugin.done("list").await, name);
    assert_eq!(plugin.done(&format!("get {}", &id[..12])).await, id);
    plugin
        .refused(&format!("get {}", &name[..name.len() - 1]), "not found")
        .await;
    plugin.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_is_seen_by_its_name_and_ones_own_by_the_short_one() {
    let names = Names::new("all");
    foreign(&names, json!({})).await;
    let mut plugin = Console::of_its_own("scope.containers = \"all\"").await;
    let id = plugin.done("create db network=none").await;
    let listed = plugin.done("list").await;
    let listed: Vec<_> = listed.split(',').collect();
    assert!(
        listed.contains(&"db") && listed.contains(&names.name("foreign").as_str()),
        "{listed:?}"
    );
    assert_eq!(plugin.done("get db").await, id);
    let whole = Engine::under_test().inspect(&id).await["Name"].clone();
    let whole = whole
        .as_str()
        .expect("a name")
        .trim_start_matches('/')
        .to_owned();
    assert!(
        whole.ends_with("_db") && whole.starts_with("own-"),
        "{whole}"
    );
    assert_eq!(plugin.done(&format!("get {whole}")).await, id);
    plugin
        .refused(&format!("stop {}", names.name("foreign")), "plugin")
        .await;
    plugin.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_by_name_fit_the_short_one() {
    let mut plugin = Console::of_its_own("").await;
    plugin.done("create db network=none").await;
    plugin.done("create db2 network=none").await;
    assert_eq!(plugin.done("list name=db").await, "db,db2");
    assert_eq!(plugin.done("list name=^db$").await, "db");
    assert_eq!(plugin.done("list name=^/db$").await, "db");
    assert_eq!(plugin.done("list since=db").await, "db2");
    assert_eq!(plugin.done("list limit=1").await, "db2");
    plugin.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_name_is_short_too() {
    let mut plugin = Console::of_its_own("").await;
    let id = plugin.done("create db network=none").await;
    plugin.done("rename db web").await;
    assert_eq!(plugin.done("get web").await, id);
    plugin.refused("get db", "not found").await;
    plugin.done("create db network=none").await;
    plugin.refused("rename db web", "conflict").await;
    assert_eq!(plugin.done("list").await, "db,web");
    plugin.end().await;
}
