//! Agreeing on the API's version.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::future::join_all;
use tokio::time::timeout;

use crate::transport::testing::{Engine, SOON, answer};
use crate::transport::{ApiVersion, ErrorKind, Request, Transport};

/// An engine that answers pings by number, and anything else with its path.
fn engine(ping: impl Fn(usize) -> String + Send + Sync + 'static) -> (Engine, Arc<AtomicUsize>) {
    let pings = Arc::new(AtomicUsize::new(0));
    let (count, ping) = (pings.clone(), Arc::new(ping));
    let engine = Engine::start(move |mut peer| {
        let (count, ping) = (count.clone(), ping.clone());
        async move {
            while let Some(request) = peer.request().await {
                let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
                let text = match path.as_str() {
                    "/_ping" => ping(count.fetch_add(1, Ordering::Relaxed)),
                    path => answer("200 OK", "", path),
                };
                peer.send(text).await;
            }
        }
    });
    (engine, pings)
}

fn version(text: &str) -> String {
    answer("200 OK", &format!("Api-Version: {text}\r\n"), "OK")
}

async fn path(transport: &Transport) -> String {
    let response = transport
        .call(Request::get("/info"))
        .await
        .expect("an answer");
    String::from_utf8_lossy(&response.body).into_owned()
}

#[tokio::test]
async fn fifty_calls_at_once_ask_once() {
    let (engine, pings) = engine(|_| version("1.44"));
    let transport = engine.builder().build().expect("a transport");
    let paths = join_all((0..50).map(|_| path(&transport))).await;
    assert!(paths.iter().all(|path| path == "/v1.44/info"), "{paths:?}");
    assert_eq!(path(&transport.clone()).await, "/v1.44/info");
    assert_eq!(
        transport.api_version().await.expect("a version"),
        ApiVersion::new(1, 44)
    );
    assert_eq!(pings.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_fixed_version_is_not_asked_for() {
    let (engine, pings) = engine(|_| version("1.55"));
    let transport = engine.builder().api_version(ApiVersion::new(1, 43)).build();
    assert_eq!(path(&transport.expect("a transport")).await, "/v1.43/info");
    assert_eq!(pings.load(Ordering::Relaxed), 0);
    let old = engine
        .builder()
        .api_version(ApiVersion::new(1, 40))
        .build()
        .expect_err("too old");
    assert!(matches!(old.kind(), ErrorKind::Unsupported(_)));
}

#[tokio::test]
async fn a_failure_is_told_to_all_who_wait_and_then_forgotten() {
    let (engine, pings) = engine(|number| match number {
        0 => answer("503 Service Unavailable", "", r#"{"message":"starting"}"#),
        _ => version("1.47"),
    });
    let transport = engine.builder().build().expect("a transport");
    let calls = join_all((0..10).map(|_| transport.call(Request::get("/info")))).await;
    for call in calls {
        let error = call.expect_err("no version yet");
        assert_eq!(error.to_string(), "starting (GET /_ping)");
    }
    assert_eq!(pings.load(Ordering::Relaxed), 1);
    assert_eq!(path(&transport).await, "/v1.47/info");
}

#[tokio::test]
async fn an_engine_that_is_too_old_is_told_so() {
    let (engine, _) = engine(|_| version("1.40"));
    let transport = engine.builder().build().expect("a transport");
    let error = transport
        .call(Request::get("/info"))
        .await
        .expect_err("too old");
    assert!(matches!(error.kind(), ErrorKind::Unsupported(_)));
    let text = error.to_string();
    assert!(text.contains("1.40") && text.contains("1.41"), "{text}");
}

#[tokio::test]
async fn a_question_that_nobody_waits_for_is_withdrawn() {
    let (gone, mut left) = tokio::sync::mpsc::unbounded_channel();
    let engine = Engine::start(move |mut peer| {
        let gone = gone.clone();
        async move {
            peer.request().await;
            peer.closed().await;
            let _ = gone.send(());
        }
    });
    let transport = engine.builder().build().expect("a transport");
    let waiting = timeout(
        std::time::Duration::from_millis(50),
        transport.api_version(),
    )
    .await;
    assert!(waiting.is_err());
    timeout(SOON, left.recv())
        .await
        .expect("the engine sees the end");
}

#[tokio::test]
async fn requests_without_version_need_none() {
    let (engine, pings) = engine(|_| version("1.40"));
    let transport = engine.builder().build().expect("a transport");
    let request = Request::get("/version").unversioned();
    assert_eq!(
        transport.call(request).await.expect("an answer").body,
        "/version"
    );
    assert_eq!(pings.load(Ordering::Relaxed), 0);
}
