//! What changes between what was checked and what the engine makes.

use std::time::Duration;

use dockwit_tests::console::Console;
use dockwit_tests::engine::Engine;
use dockwit_tests::meddling::{Meddling, client_over_tcp};
use serde_json::{Value, json};

use super::{model::not_begun, seen};

/// The spec is copied before the call first waits, so `create.memory` and `host-access` hold for what is sent.
#[tokio::test(flavor = "multi_thread")]
async fn attack_117_what_is_sent_is_the_spec_as_it_was_when_it_was_called() {
    let slow = Meddling::start(|passing| async {
        let image = passing.line.starts_with("GET ") && passing.line.contains("/images/");
        if image {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        passing
    });
    let test = Console::test("create.labels = [\"*\"]\nhost-access.privileged = true");
    let mut plugin = Console::begin(test.client(slow.client())).await;
    let id = plugin
        .done(
            "create-and-change c network=none memory=64m label=when:called then memory=128m label=when:later label=more:1 \
             privileged",
        )
        .await;
    let it = seen(&id).await;
    assert_eq!(it["HostConfig"]["Memory"], 64 << 20);
    assert_eq!(it["HostConfig"]["Privileged"], false);
    assert_eq!(it["Config"]["Labels"]["when"], "called");
    assert_eq!(it["Config"]["Labels"]["more"], Value::Null);
    let ran = plugin.end().await;
    // What was audited is what was sent.
    let told = ran.audit().of("containers.create");
    assert!(
        told.iter()
            .all(|line| !line.to_string().contains("134217728")),
        "{told:?}"
    );
}

/// The control: what is set before the call is sent.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_set_before_the_call_is_sent() {
    let test = Console::test("create.labels = [\"*\"]\nhost-access.privileged = true");
    let mut plugin = Console::begin(test).await;
    let id = plugin
        .done("create c network=none memory=128m label=more:1 privileged")
        .await;
    let it = seen(&id).await;
    assert_eq!(it["HostConfig"]["Memory"], 128 << 20);
    assert_eq!(it["HostConfig"]["Privileged"], true);
    assert_eq!(it["Config"]["Labels"]["more"], "1");
    plugin.end().await;
}

/// A change of a request between host and engine, and what the host finds of it.
type Change = (&'static str, fn(&mut Value), &'static str);

fn without(body: &mut Value, keys: &[&str]) {
    for key in keys {
        let host = body["HostConfig"].as_object_mut();
        host.expect("a configuration").remove(*key);
    }
}

const CHANGES: &[Change] = &[
    (
        "memory",
        |body| without(body, &["Memory", "MemorySwap"]),
        "memory",
    ),
    ("processes", |body| without(body, &["PidsLimit"]), "pids"),
    ("processors", |body| without(body, &["NanoCpus"]), "cpus"),
    (
        "privileges",
        |body| without(body, &["SecurityOpt"]),
        "no-new-privileges",
    ),
    (
        "capabilities",
        |body| without(body, &["CapDrop"]),
        "dropped capability",
    ),
    (
        "a mount",
        |body| body["HostConfig"]["Binds"] = json!(["/etc:/h:ro"]),
        "bind",
    ),
    (
        "a network",
        |body| body["HostConfig"]["NetworkMode"] = json!("bridge"),
        "network",
    ),
    (
        "a label",
        |body| without_label(body, "dockwit.owner"),
        "label",
    ),
];

fn without_label(body: &mut Value, label: &str) {
    let labels = body["Labels"].as_object_mut();
    labels.expect("labels").remove(label);
}

/// What the engine didn't do as it was asked is read back: `accept-unenforced` alone lets it be.
#[tokio::test(flavor = "multi_thread")]
async fn attack_136_what_the_engine_drops_or_adds_is_found_and_removed() {
    if Engine::under_test().is_podman() {
        // Which of these it tells differs from version to version; the model's tests have all of them.
        return;
    }
    for (what, change, found) in CHANGES {
        let meddling = Meddling::start(move |mut passing| async move {
            if passing.is("POST", "/containers/create") {
                passing.change(change);
            }
            passing
        });
        let mut control = Console::begin(Console::test("")).await;
        control.done("create c network=none").await;
        control.end().await;
        let mut plugin = Console::begin(Console::test("").client(meddling.client())).await;
        let told = plugin
            .refused("create c network=none", "unsupported ")
            .await;
        assert!(told.contains(found), "{what}: {told}");
        assert_eq!(plugin.done("list").await, "", "{what}: it is removed");
        let ran = plugin.end().await;
        let lines = ran.audit().of("containers.create");
        let line = lines.last().expect("it is told");
        assert_eq!(line["error"], "unsupported", "{what}: {line}");
        let id = line["object"]["id"].as_str().expect("which one it was");
        let gone = Engine::under_test().inspect(id).await;
        assert!(gone.is_null(), "{what}: {gone}");
    }
}

/// `host-access.binds-unverified` grants paths on a machine where nobody can look at them: exactly as they are named.
#[tokio::test(flavor = "multi_thread")]
async fn attack_126_binds_on_another_machine_are_the_operators_word() {
    let folder = Engine::under_test().shared_folder();
    let top = folder.path().canonicalize().expect("a path");
    std::fs::create_dir(top.join("real")).expect("a folder");
    std::os::unix::fs::symlink("real", top.join("link")).expect("a link");
    let link = top.join("link");
    let binds = format!("host-access.binds = [{{ source = {link:?}, read-only = true }}]");
    let create = format!("create c network=none bind={}:/h:ro", link.display());
    let far = client_over_tcp().await;
    let told = not_begun(Console::test(&binds).client(far.clone())).await;
    assert!(told.contains("write binds-unverified = true"), "{told}");
    let unverified = format!("{binds}\nhost-access.binds-unverified = true");
    let mut plugin = Console::begin(Console::test(&unverified).client(far)).await;
    let id = plugin.done(&create).await;
    assert_eq!(seen(&id).await["Mounts"][0]["Source"], json!(link));
    let other = create.replace("link", "real");
    plugin.refused(&other, "denied host-access.binds").await;
    plugin.end().await;
    // On this machine it is looked at all the same.
    let told = not_begun(Console::test(&unverified)).await;
    assert!(told.contains("there is a link in its path"), "{told}");
}
