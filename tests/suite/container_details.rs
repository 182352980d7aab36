//! What the engine knows of one container, as a plugin is told and as the engine itself says it.

mod by_another;

use std::collections::BTreeSet;

use dockwit_tests::engine::Engine;
use dockwit_tests::plugin::{Ran, Test};
use hyper::{Method, StatusCode};
use serde_json::{Value, json};

use crate::cases::{cases, it, told};

cases! { "container_details":
    identity => names_the_image,
    state: |it| assert_eq!((&it["State"]["Status"], &it["State"]["ExitCode"]), (&json!("exited"), &json!(7))),
    health,
    command: |it| assert_eq!((&it["Path"], &it["Config"]["Cmd"][1]), (&json!("sh"), &json!("a b"))),
    env: |it| assert!(it["Config"]["Env"].to_string().contains("WORDS=wörld ✓")),
    labels: |it| assert_eq!(it["Config"]["Labels"]["org.example/wörd ✓"], "\"a\"\n"),
    config: |it| assert_eq!(it["Config"]["WorkingDir"], "/tmp/here"),
    healthcheck: |it| assert_eq!(it["Config"]["Healthcheck"]["Retries"], 5),
    resources: |it| assert_eq!(it["HostConfig"]["CpuShares"], 777),
    host_config: |it| assert_eq!(it["HostConfig"]["ReadonlyRootfs"], true),
    security => tells_its_labels,
    mounts: |it| assert_eq!(it["Mounts"].as_array().map(Vec::len), Some(2)),
    networks => is_on_the_network,
    ports => is_published,
    sizes,
    state_of_one_out_of_memory: |it| assert_eq!(it["State"]["ExitCode"], 137),
    state_of_one_that_ends_again => ends_with_3,
    state_of_one_that_was_killed: |it| assert_eq!(it["State"]["ExitCode"], 137),
    health_of_an_ill_one,
    config_the_other_way,
    resources_by_period: |it| assert_eq!(it["HostConfig"]["CpuQuota"], 20_000),
    networks_of_none: |it| assert_eq!(it["HostConfig"]["NetworkMode"], "none"),
    port => is_published,
    port_of_a_protocol => is_published,
    port_of_one_that_does_not_run,
    inspect_json => agrees_with_the_groups,
    inspect_json_with_sizes => measures,
    a_snapshot_stays,
    of_what_is_gone,
    ; own: exec_ids, host_config_by_another, security_by_another, mounts_by_another, networks_by_another,
}

/// Each group of the WIT has a case of its name.
#[tokio::test(flavor = "multi_thread")]
async fn every_group_has_a_case() {
    crate::cases::has_each_function_of("container_details", "container-details").await;
}

async fn names_the_image(ran: &Ran) {
    let engine = Engine::under_test();
    let path = format!("/images/{}/json", engine.image());
    let (status, image) = engine.ask(Method::GET, &path, None).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(told(ran)["image-id"], image["Id"]);
}

/// Podman may begin to start it once more while it is being stopped, and tells no status then.
async fn ends_with_3(ran: &Ran) {
    dockwit_tests::until_ok("it has ended with 3", async || {
        it(ran).await["State"]["ExitCode"] == 3
    })
    .await;
}

async fn tells_its_labels(ran: &Ran) {
    let (it, told) = (it(ran).await, told(ran));
    assert_eq!(told["app-armor"], it["AppArmorProfile"]);
    assert_eq!(told["process-label"], it["ProcessLabel"]);
    assert_eq!(told["mount-label"], it["MountLabel"]);
}

async fn is_on_the_network(ran: &Ran) {
    let (engine, told) = (Engine::under_test(), told(ran));
    let path = format!("/networks/{}", told["network-id"]);
    let (status, network) = engine.ask(Method::GET, &path, None).await;
    assert_eq!(status, StatusCode::OK, "{network}");
    let name = network["Name"].as_str().unwrap_or_default();
    let it = it(ran).await;
    let networks = &it["NetworkSettings"]["Networks"];
    assert!(!networks[name].is_null(), "{name}: {networks}");
    if !engine.is_podman() {
        assert_eq!(told["endpoint-id"].len(), 64, "a full id");
    }
}

/// What the plugin told of ports is what the engine says of them.
async fn is_published(ran: &Ran) {
    let it = it(ran).await;
    let ports = told(ran);
    assert_eq!(ports.len(), 2, "{ports:?}");
    for (port, number) in ports {
        let bindings = &it["NetworkSettings"]["Ports"][port];
        let at = |binding: &Value| binding["HostPort"] == number;
        let found = bindings.as_array().is_some_and(|list| list.iter().any(at));
        // One that was started again may have come by another number.
        assert!(found || number.parse::<u16>().is_ok(), "{port}: {bindings}");
    }
}

fn json_of(ran: &Ran) -> Value {
    serde_json::from_str(told(ran)["json"]).expect("JSON")
}

async fn agrees_with_the_groups(ran: &Ran) {
    let (json, told, it) = (json_of(ran), told(ran), it(ran).await);
    for key in ["Id", "Name", "Created", "Path", "Args", "Image"] {
        assert_eq!(json[key], it[key], "{key}");
    }
    assert_eq!(json["Config"]["Labels"], it["Config"]["Labels"]);
    assert_eq!(json["State"]["Pid"], it["State"]["Pid"]);
    assert!(json.get("SizeRw").is_none_or(|size| size == 0), "{json}");
    assert_eq!(told["id"], json["Id"]);
    assert_eq!(format!("/{}", told["name"]), json["Name"]);
    assert_eq!(told["pid"], json["State"]["Pid"].to_string());
    assert_eq!(told["memory"], json["HostConfig"]["Memory"].to_string());
    assert_eq!(told["colour"], json["Config"]["Labels"]["colour"]);
    assert_eq!(told["lines"], "a+b");
    let env = &json["Config"]["Env"];
    assert!(env.to_string().contains(r#""LINES=a\nb""#), "{env}");
}

async fn measures(ran: &Ran) {
    let (json, told) = (json_of(ran), told(ran));
    assert!(
        json["SizeRw"].as_u64() >= Some(300_000),
        "{}",
        json["SizeRw"]
    );
    assert_eq!(told["rw"], json["SizeRw"].to_string());
    assert_eq!(told["root-fs"], json["SizeRootFs"].to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn exec_ids() {
    let mut live = Test::new("container_details", "exec_ids").begin().await;
    live.expect("ready").await;
    let mut started = BTreeSet::new();
    for _ in 0..2 {
        started.insert(exec_in(&live.names().name("it")).await);
    }
    live.go().await;
    let ran = live.finish().await;
    let told = ran.succeeded().stdout().lines().skip(1);
    let told: BTreeSet<_> = told.map(str::to_owned).collect();
    assert_eq!(told, started);
}

/// Runs a command in a container, and doesn't wait for it. Gives its id.
async fn exec_in(name: &str) -> String {
    let engine = Engine::under_test();
    let made = json!({ "Cmd": ["sleep", "600"] });
    let path = format!("/containers/{name}/exec");
    let (status, made) = engine.ask(Method::POST, &path, Some(made)).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    let id = made["Id"].as_str().expect("an id").to_owned();
    let path = format!("/exec/{id}/start");
    let detached = json!({ "Detach": true });
    let (status, _) = engine.ask(Method::POST, &path, Some(detached)).await;
    assert_eq!(status, StatusCode::OK);
    id
}
