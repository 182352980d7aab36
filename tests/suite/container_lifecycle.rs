//! What is done with a container from its start to its removal.

use dockwit_tests::engine::Engine;
use dockwit_tests::plugin::Ran;
use hyper::{Method, StatusCode};
use serde_json::Value;

use crate::cases::{cases, told};

cases! { "container_lifecycle":
    start_one: |it| assert_eq!(status(&it), "running"),
    start_again: |it| assert_eq!(status(&it), "running"),
    start_after_its_end: |it| assert_eq!(it["State"]["ExitCode"], 3),
    start_with_detach_keys: |it| assert_eq!(status(&it), "running"),
    start_what_is_not_there: |it| assert_eq!(it["State"]["Running"], false),
    start_a_paused_one: |it| assert_eq!(status(&it), "paused"),
    stop: |it| assert_eq!(status(&it), "exited"),
    stop_again: |it| assert_eq!((status(&it), &it["State"]["ExitCode"]), ("exited", &4.into())),
    stop_with_timeout: |it| assert_eq!((status(&it), &it["State"]["ExitCode"]), ("exited", &137.into())),
    stop_without_timeout: |it| assert_eq!(status(&it), "exited"),
    stop_with_a_signal: |it| assert_eq!(status(&it), "exited"),
    stop_with_its_own_signal: |it| assert_eq!((status(&it), &it["State"]["ExitCode"]), ("exited", &3.into())),
    stop_with_impossible_signals: |it| assert_eq!(status(&it), "running"),
    restart: |it| assert_eq!(status(&it), "running"),
    restart_a_stopped_one: |it| assert_eq!(status(&it), "running"),
    restart_with_timeout: |it| assert_eq!(status(&it), "running"),
    restart_with_a_signal: |it| assert_eq!(status(&it), "running"),
    kill: |it| assert_eq!((status(&it), &it["State"]["ExitCode"]), ("exited", &137.into())),
    kill_by_names_and_numbers: |it| assert_eq!((status(&it), &it["State"]["ExitCode"]), ("exited", &137.into())),
    kill_by_impossible_signals: |it| assert_eq!(status(&it), "running"),
    kill_one_that_does_not_run: |it| assert_eq!(status(&it), "exited"),
    pause: |it| assert_eq!(status(&it), "paused"),
    pause_twice: |it| assert_eq!(status(&it), "paused"),
    pause_one_that_does_not_run: |it| assert_eq!(status(&it), "exited"),
    unpause_one_that_is_not_paused: |it| assert_eq!(status(&it), "running"),
    rename: |it| assert_eq!(status(&it), "running"),
    rename_to_a_name_in_use,
    rename_to_its_own_name,
    rename_to_what_is_no_name,
    remove => is_gone,
    remove_a_running_one: |it| assert_eq!(status(&it), "running"),
    remove_by_force => is_gone,
    remove_a_paused_one => is_gone,
    remove_with_volumes => is_gone_with_its_volume,
    remove_without_volumes => leaves_its_volume,
}

fn status(it: &Value) -> &str {
    it["State"]["Status"].as_str().unwrap_or_default()
}

async fn is_gone(ran: &Ran) {
    let it = Engine::under_test().inspect(&ran.names().name("it")).await;
    assert!(it.is_null(), "{it}");
}

async fn is_gone_with_its_volume(ran: &Ran) {
    is_gone(ran).await;
    let (status, volume) = volume(ran, Method::GET).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "{volume}");
}

async fn leaves_its_volume(ran: &Ran) {
    is_gone(ran).await;
    let (status, volume) = self::volume(ran, Method::GET).await;
    assert_eq!(status, StatusCode::OK, "{volume}");
    let (status, volume) = self::volume(ran, Method::DELETE).await;
    assert_eq!(status, StatusCode::NO_CONTENT, "{volume}");
}

/// Asks for the volume that the plugin told of, by its whole name.
async fn volume(ran: &Ran, method: Method) -> (StatusCode, Value) {
    let short = told(ran)["volume"];
    let engine = Engine::under_test();
    let filter = format!("%7B%22name%22%3A%5B%22{short}%22%5D%7D");
    let path = format!("/volumes?filters={filter}");
    let (_, listed) = engine.ask(Method::GET, &path, None).await;
    let listed = listed["Volumes"].as_array().cloned().unwrap_or_default();
    let names: Vec<_> = listed.iter().filter_map(|of| of["Name"].as_str()).collect();
    match names[..] {
        [] => (StatusCode::NOT_FOUND, Value::Null),
        [name] if name.ends_with(&format!("_{short}")) => {
            engine.ask(method, &format!("/volumes/{name}"), None).await
        }
        _ => panic!("{names:?} for {short}"),
    }
}
