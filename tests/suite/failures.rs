//! What a plugin is told when the engine isn't there, goes away, says nothing, or says what can't be.

mod answers;

use std::sync::Arc;
use std::time::Duration;

use dockwit_host::api::{Client, ErrorKind};
use dockwit_host::keeper::KeepError;
use dockwit_host::policy::create::Unenforced;
use dockwit_host::runtime::BeginError;
use dockwit_host::transport::{Address, Transport};
use dockwit_tests::making::{Making, written};
use dockwit_tests::plugin::{Ran, Test};
use dockwit_tests::proxy::Proxy;
use dockwit_tests::scripted::Scripted;
use dockwit_tests::until;
use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::net::UnixListener;

use self::answers::{Then, engine};
use crate::cases::{are_all_of, told};

/// An error as a plugin is told it: its kind, its verb, and words of its message.
type Failure = (&'static str, &'static str, &'static str);

#[track_caller]
fn failed(ran: &Ran, (kind, op, words): Failure) {
    let told = told(ran.succeeded());
    assert_eq!((told["kind"], told.get("op")), (kind, Some(&op)));
    // The plugin tells a message with its quotes escaped.
    let message = told["message"].replace("\\'", "'");
    assert!(message.contains(words), "{words:?} in {message}");
}

async fn run(case: &str, client: Client) -> Ran {
    let test = Test::new("failures", case).client(client);
    test.without_ledger().run().await
}

fn reach(address: &str) -> Client {
    let transport = Transport::builder(address.parse().expect("an address"));
    Client::new(transport.build().expect("a transport"))
}

/// A client that waits for an answer less long than usual.
fn impatient(address: Address) -> Client {
    let transport = Transport::builder(address).head_timeout(Duration::from_millis(300));
    Client::new(transport.build().expect("a transport"))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_is_not_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("engine.sock");
    let address = format!("unix://{}", path.display());
    let unavailable = |words| ("unavailable", "system.ping", words);

    let ran = run("ping", reach(&address)).await;
    failed(&ran, unavailable("no such socket: is the engine running?"));
    failed(&ran, unavailable("set DOCKER_HOST or --engine"));
    assert_eq!(told(&ran)["status"], "", "nobody has answered");

    drop(UnixListener::bind(&path).expect("a socket"));
    let ran = run("ping", reach(&address)).await;
    failed(
        &ran,
        unavailable("connection refused: is the engine running?"),
    );

    let ran = run("list", reach(&address)).await;
    failed(
        &ran,
        ("unavailable", "containers.list", "connection refused"),
    );
    assert_eq!(
        told(run("ten_calls", reach(&address)).await.succeeded())["failed"],
        "10"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_comes_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("engine.sock");
    let client = reach(&format!("unix://{}", path.display()));
    let ran = run("ten_calls", client.clone()).await;
    assert_eq!(told(ran.succeeded())["failed"], "10");
    let engine = Proxy::start();
    std::fs::rename(engine.path(), &path).expect("the socket is put there");
    let ran = run("ten_calls", client).await;
    assert_eq!(
        told(ran.succeeded())["failed"],
        "0",
        "a failure isn't remembered"
    );
}

/// Runs a case that says when it is in the middle of something; then the engine goes away.
async fn cut(case: &str, op: &'static str) {
    let proxy = Proxy::start();
    let test = Test::new("failures", case).client(proxy.client());
    let mut live = test.begin().await;
    live.expect("ready").await;
    assert!(proxy.connections() > 0);
    proxy.cut();
    until("the connections are closed", || proxy.connections() == 0).await;
    live.go().await;
    failed(&live.finish().await, ("unavailable", op, ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_goes_away_in_the_middle_of_logs() {
    cut("cut_while_following", "container.logs").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_goes_away_in_the_middle_of_a_wait() {
    cut("cut_while_waiting", "container.wait").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_goes_away_in_the_middle_of_stats() {
    cut("cut_while_sampling", "container.stats-stream").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_goes_away_between_calls() {
    cut("cut_between_calls", "system.ping").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_says_nothing() {
    let silent = engine("", Then::Silence);
    for (case, op) in [("list", "containers.list"), ("logs", "container.logs")] {
        let ran = run(case, impatient(silent.address())).await;
        failed(
            &ran,
            ("timeout", op, "the engine's answer took longer than 0.3"),
        );
    }
    let halting = engine(
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[{}",
        Then::Silence,
    );
    let ran = run("list", impatient(halting.address())).await;
    failed(
        &ran,
        (
            "timeout",
            "containers.list",
            "the rest of the engine's answer took longer",
        ),
    );
}

/// Not even which version it speaks.
#[tokio::test(flavor = "multi_thread")]
async fn a_socket_that_nobody_serves() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("engine.sock");
    let _listener = UnixListener::bind(&path).expect("a socket");
    let address: Address = format!("unix://{}", path.display())
        .parse()
        .expect("an address");
    for (case, op) in [("ping", "system.ping"), ("list", "containers.list")] {
        failed(
            &run(case, impatient(address.clone())).await,
            ("timeout", op, "took longer"),
        );
    }
}

/// What is a plugin's own is kept by the engine's identity, so that one can't begin without.
#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_has_things_of_its_own_is_not_started_without_an_engine() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("engine.sock");
    let address = format!("unix://{}", path.display());
    let test = Test::new("failures", "create").client(reach(&address));
    let audit = test.audit();
    let error = test.try_run().await.err();
    let Some(BeginError::Keep(KeepError::Engine(error))) = error else {
        panic!("the engine isn't there, and not: {error:?}");
    };
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    let ends: Vec<_> = audit
        .all()
        .iter()
        .map(|line| (line["event"].clone(), line["ended"].clone()))
        .collect();
    let expected = [
        ("begin".into(), Value::Null),
        ("end".into(), "not-started".into()),
    ];
    assert_eq!(ends, expected);
}

/// The engine is asked for what it can hold containers to, before a plugin is started that makes some.
#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_is_not_started_where_the_engine_holds_less_than_its_policy_says() {
    let lax = Arc::new(Making::lacking(&["PidsLimit", "SwapLimit"]));
    let engine = Scripted::start(move |asked, mut connection| {
        let answer = lax.answer(&asked).expect("nothing else is asked");
        async move {
            // Who has heard enough hangs up.
            let _ = connection.write_all(&written(&answer)).await;
        }
    });
    let test = || Test::new("failures", "create").client(engine.client());
    let error = test().try_run().await.err();
    let Some(BeginError::Keep(KeepError::Unenforced(lost))) = error else {
        panic!("it is too lax, and not: {error:?}");
    };
    let lost: Vec<_> = lost.into_iter().map(Unenforced::as_str).collect();
    assert_eq!(lost, ["swap-limit", "pids-limit"]);
    let accepted = "accept-unenforced = [\"pids-limit\", \"swap-limit\"]";
    let ran = test().policy(accepted).run().await;
    assert_eq!(told(ran.succeeded())["kind"], "none", "it can be accepted");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_case_has_a_test() {
    let tests = [
        "ping",
        "list",
        "inspect",
        "create",
        "logs",
        "stats_stream",
        "wait",
        "read_logs",
        "cut_while_following",
        "cut_while_waiting",
        "cut_while_sampling",
        "cut_between_calls",
        "ten_calls",
    ];
    are_all_of("failures", &tests).await;
}
