//! Lists of containers.

use dockwit_tests::engine::{Engine, Names};
use dockwit_tests::plugin::{Ran, Test};
use hyper::{Method, StatusCode};
use serde_json::json;

use crate::cases::{cases, told};

cases! { "containers_list":
    only_what_runs,
    all,
    limit,
    size,
    row_is_complete => tells_what_the_engine_says,
    two_hundred => lists_two_hundred,
    ancestor,
    before,
    expose,
    exited,
    health,
    id,
    is_task,
    label_filter,
    name_filter,
    network,
    publish,
    since,
    status,
    restarting,
    volume,
    other,
    filters_of_one_kind_widen,
    filters_of_different_kinds_narrow,
    labels_narrow,
    unknown_filter,
    impossible_filter,
    before_what_is_not_there,
    row_gives_its_container => is_gone,
    open,
    open_of_no_id,
    ; own: open_of_an_unknown_id,
}

async fn tells_what_the_engine_says(ran: &Ran) {
    let it = crate::cases::it(ran).await;
    let told = told(ran);
    assert_eq!(told["id"], it["Id"]);
    assert_eq!(told["image-id"], it["Image"]);
    let port = &it["NetworkSettings"]["Ports"]["80/tcp"][0]["HostPort"];
    assert_eq!(told["host-port"], *port);
    // It is told of by its short name.
    let volume = it["Mounts"][0]["Name"].as_str().unwrap_or_default();
    assert!(
        volume.ends_with(&format!("_{}", told["volume"])),
        "{volume}"
    );
    let networks = it["NetworkSettings"]["Networks"]
        .as_object()
        .expect("networks");
    let addresses: Vec<_> = networks
        .values()
        .map(|network| &network["IPAddress"])
        .collect();
    assert_eq!(addresses, [told["ip-address"]]);
    let (_, rows) = Engine::under_test()
        .ask(Method::GET, "/containers/json", None)
        .await;
    let row = rows
        .as_array()
        .expect("rows")
        .iter()
        .find(|row| row["Id"] == it["Id"]);
    assert_eq!(
        told["created"],
        row.expect("its row")["Created"].to_string()
    );
}

async fn lists_two_hundred(ran: &Ran) {
    assert_eq!(told(ran)["rows"], "200");
}

async fn is_gone(ran: &Ran) {
    let it = Engine::under_test().inspect(&ran.names().name("it")).await;
    assert!(it.is_null(), "{it}");
}

#[tokio::test(flavor = "multi_thread")]
async fn open_of_an_unknown_id() {
    let names = Names::new("stranger");
    let engine = Engine::under_test();
    let path = format!("/containers/create?name={}", names.name("it"));
    let body = json!({ "Image": engine.image() });
    let (status, made) = engine.ask(Method::POST, &path, Some(body)).await;
    assert_eq!(status, StatusCode::CREATED);
    let ran = Test::new("containers_list", "open_of_an_unknown_id")
        .arg(made["Id"].as_str().expect("an id"))
        .run()
        .await;
    ran.succeeded();
}
