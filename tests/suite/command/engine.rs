//! Which engine it is that the plugin drives.

use std::path::Path;

use dockwit_tests::engine::Names;
use dockwit_tests::meddling::over_tcp;
use dockwit_tests::process::{Command, Output};
use dockwit_tests::proxy::Proxy;

/// Where an engine is that isn't named.
const DEFAULT: &str = "/var/run/docker.sock";

fn ping(options: &[&str]) -> Command {
    let names = Names::new("ping");
    Command::run_with("tiny_ping", "", &names, options)
}

#[track_caller]
fn has_an_answer(output: &Output) {
    output.ended_with(0);
    let version = output.stdout.trim();
    assert!(version.starts_with("1."), "{version}");
}

#[tokio::test(flavor = "multi_thread")]
async fn docker_host_names_it() {
    let proxy = Proxy::start();
    let address = proxy.address().to_string();
    has_an_answer(&ping(&[]).env("DOCKER_HOST", address).output().await);
    assert!(proxy.opened() > 0, "it is asked where it was named");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_option_goes_before_docker_host() {
    let (named, other) = (Proxy::start(), Proxy::start());
    let address = named.address().to_string();
    let command = ping(&["--engine", &address]);
    let command = command.env("DOCKER_HOST", other.address().to_string());
    has_an_answer(&command.output().await);
    assert!(named.opened() > 0 && other.opened() == 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn over_tcp_it_is_the_same() {
    let address = over_tcp().await.to_string();
    let by_option = ping(&["--engine", &address]).without_env("DOCKER_HOST");
    has_an_answer(&by_option.output().await);
    has_an_answer(&ping(&[]).env("DOCKER_HOST", address).output().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_name_it_is_the_one_at_the_default_socket() {
    let output = ping(&[]).without_env("DOCKER_HOST").output().await;
    if Path::new(DEFAULT).exists() {
        has_an_answer(&output);
    } else {
        output.ended_with(1).says(DEFAULT);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_is_not_there_is_told_with_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let socket = folder.path().join("none.sock");
    let address = format!("unix://{}", socket.display());
    let output = ping(&["--engine", &address]).output().await;
    output
        .ended_with(1)
        .says("error: unavailable: system.ping: cannot connect to the engine at unix://")
        .says(&socket.display().to_string())
        .says("no such socket: is the engine running? set DOCKER_HOST or --engine");
    assert_eq!(output.stderr.lines().count(), 1);
    assert_eq!(output.stdout, "");
}

/// What is the plugin's own is known by the engine's identity, so that it isn't started.
#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_has_things_of_its_own_is_not_started_without_an_engine() {
    let address = "unix:///nowhere/none.sock";
    let names = Names::new("it");
    let options = ["--engine", address];
    let output = Command::run_with("tiny_create", "", &names, &options);
    let output = output.output().await;
    output
        .ended_with(125)
        .says("error: the engine can't be asked what it is: cannot connect to the engine at unix:///nowhere/none.sock")
        .says("hint: start the engine, or name another by --engine or DOCKER_HOST");
    assert_eq!(output.stderr.lines().count(), 2);
    assert_eq!(output.stdout, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_where_nobody_listens_is_told() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("tcp://{}", listener.local_addr().expect("its number"));
    drop(listener);
    let output = ping(&["--engine", &address]).output().await;
    output
        .ended_with(1)
        .says(&address)
        .says("connection refused: is the engine running?");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_never_asks_runs_without_an_engine() {
    let names = Names::new("nothing");
    let none = ["--engine", "unix:///nowhere/none.sock"];
    let output = Command::run_with("tiny_nothing", "", &names, &none);
    let output = output.output().await;
    assert_eq!(output.ended_with(0).stdout, "nothing\n");
    assert_eq!(output.stderr, "");
}
