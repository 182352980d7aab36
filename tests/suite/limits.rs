//! The limits of a run: each is met, says which it is, and others go on beside it.

use std::time::Duration;

use dockwit_host::runtime::End;
use dockwit_tests::plugin::{Ran, Test};
use dockwit_tests::scripted::{Asked, Scripted};
use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;

use crate::cases::told;

async fn under(case: &str, keys: &str) -> Ran {
    Test::new("limits", case).policy(keys).run().await
}

/// The limit that ended a run.
fn ended_by(ran: &Ran) -> String {
    match &ran.outcome().end {
        End::Limit(met) => met.to_string(),
        end => panic!("{end:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn limit_calls() {
    under("calls", "limits.calls = \"10/h\"").await.succeeded();
}

#[tokio::test(flavor = "multi_thread")]
async fn limit_in_flight() {
    // An engine so slow that all calls are made before the first is answered.
    let engine = Scripted::start(|_: Asked, mut connection: UnixStream| async move {
        tokio::time::sleep(Duration::from_secs(3)).await;
        let version = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}";
        let _ = connection.write_all(version.as_bytes()).await;
    });
    let test = Test::new("limits", "in_flight").client(engine.client());
    let test = test.policy("limits.in-flight = 4");
    let ran = test.without_ledger().run().await;
    ran.succeeded();
    assert_eq!(told(&ran)["refused"], "16");
}

#[tokio::test(flavor = "multi_thread")]
async fn attack_075_limit_streams() {
    under("streams", "limits.streams = 2").await.succeeded();
}

#[tokio::test(flavor = "multi_thread")]
async fn limit_stream_bytes() {
    let ran = under("stream_bytes", "limits.stream-bytes = \"100KiB\"").await;
    let told = &ran.succeeded().audit().of("container.logs")[1];
    assert_eq!(
        (&told["event"], &told["error"]),
        (&"closed".into(), &"quota".into())
    );
    assert_eq!(told["rule"], "limits.stream-bytes");
    assert_eq!(told["limit"], 100 << 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn limit_bytes() {
    under("bytes", "limits.bytes = \"100KiB\"")
        .await
        .succeeded();
}

#[tokio::test(flavor = "multi_thread")]
async fn limit_sandbox_handles() {
    let ran = under("handles", "sandbox.handles = 50").await;
    assert_eq!(ended_by(&ran), "sandbox.handles = 50 is met");
}

#[tokio::test(flavor = "multi_thread")]
async fn limit_sandbox_output() {
    let ran = under("output", "sandbox.output = \"1MiB\"").await;
    assert_eq!(ended_by(&ran), "sandbox.output = 1MiB is met");
    let written = ran.stdout().len();
    assert!((900 << 10..=1 << 20).contains(&written), "{written}");
}

#[tokio::test(flavor = "multi_thread")]
async fn limit_sandbox_call_bytes() {
    let ran = under("call_bytes", "sandbox.call-bytes = \"50KiB\"").await;
    assert!(
        matches!(ran.outcome().end, End::Trapped(_)),
        "{:?}",
        ran.outcome()
    );
}

/// A plugin that computes without an end takes no turn of another's.
#[tokio::test(flavor = "multi_thread")]
async fn others_go_on_beside_a_plugin_that_meets_its_limits() {
    let (greedy, modest) = tokio::join!(
        under("output", "sandbox.output = \"1MiB\""),
        under("calls", "limits.calls = \"10/h\""),
    );
    assert_eq!(ended_by(&greedy), "sandbox.output = 1MiB is met");
    modest.succeeded();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_case_has_a_test() {
    let tests = [
        "calls",
        "in_flight",
        "streams",
        "stream_bytes",
        "bytes",
        "handles",
        "output",
        "call_bytes",
    ];
    crate::cases::are_all_of("limits", &tests).await;
}
