//! Ordinary exchanges.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use hyper::{Method, StatusCode};
use tokio::time::timeout;

use crate::transport::testing::{Engine, FLOW, SOON, answer};
use crate::transport::{Budget, ErrorKind, HeadTimeout, Request, Transport};

fn get() -> Request {
    Request::get("/x")
}

/// An engine that notes what it was asked.
fn listening(answer: String) -> (Engine, Arc<Mutex<Vec<String>>>) {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let notes = heard.clone();
    let engine = Engine::start(move |mut peer| {
        let (notes, answer) = (notes.clone(), answer.clone());
        async move {
            while let Some(request) = peer.request().await {
                notes.lock().expect("notes").push(request);
                peer.send(&answer).await;
            }
        }
    });
    (engine, heard)
}

#[tokio::test]
async fn a_request_is_what_it_was_built_of_and_nothing_else() {
    let (engine, heard) = listening(answer("200 OK", "X-Y: z\r\n", "{}"));
    let nasty = "\r\nX-Evil: 1\r\n\r\nGET / HTTP/1.1\u{1b}[31m";
    let request = Request::new(Method::POST, "/containers/{id}/rename")
        .segment(nasty.trim_end_matches("GET / HTTP/1.1\u{1b}[31m"))
        .query("name", nasty)
        .json("{\"a\":1}");
    let response = engine.transport().call(request).await.expect("an answer");
    assert_eq!(response.status, StatusCode::OK);
    assert_eq!(response.headers.get("x-y").expect("a header"), "z");
    assert_eq!(response.body, "{}");
    let heard = heard.lock().expect("notes").concat();
    let (head, body) = heard.split_once("\r\n\r\n").expect("a head");
    assert_eq!(body, "{\"a\":1}");
    let mut lines: Vec<_> = head.lines().collect();
    let first = lines.remove(0);
    let name = "%0D%0AX-Evil%3A%201%0D%0A%0D%0AGET%20%2F%20HTTP%2F1.1%1B%5B31m";
    let id = "%0D%0AX-Evil%3A%201%0D%0A%0D%0A";
    assert_eq!(
        first,
        format!("POST /v1.41/containers/{id}/rename?name={name} HTTP/1.1")
    );
    lines.sort_unstable();
    let agent = format!("user-agent: dockwit/{}", env!("CARGO_PKG_VERSION"));
    assert_eq!(
        lines,
        [
            "content-length: 7",
            "content-type: application/json",
            "host: docker",
            &agent
        ]
    );
}

#[tokio::test]
async fn connections_are_used_again() {
    let engine = Engine::answering(answer("200 OK", "", "ok"));
    let transport = engine.transport();
    for _ in 0..20 {
        transport.clone().call(get()).await.expect("an answer");
    }
    assert_eq!(engine.accepted(), 1);
}

#[tokio::test]
async fn the_connection_of_an_error_is_used_again() {
    let engine = Engine::answering(answer("404 Not Found", "", "none"));
    let transport = engine.transport();
    for _ in 0..3 {
        transport.call(get()).await.expect_err("there is none");
    }
    assert_eq!(engine.accepted(), 1);
}

#[tokio::test]
async fn a_connection_is_not_used_again_after_what_ends_it_or_is_out_of_step() {
    let ok = answer("200 OK", "", "ok");
    for odd in [
        answer("200 OK", "connection: close\r\n", "ok"),
        answer("200 OK", "Connection: x, Close\r\n", "ok"),
        ok.replace("HTTP/1.1", "HTTP/1.0"),
        format!("{ok}more"),
        format!("{ok}{ok}"),
    ] {
        let engine = Engine::answering(odd.clone());
        let transport = engine.transport();
        for _ in 0..3 {
            let answer = transport.call(get()).await.expect("an answer");
            assert_eq!(answer.body, "ok", "{odd}");
        }
        assert_eq!(engine.accepted(), 3, "{odd}");
    }
}

#[tokio::test]
async fn as_many_connections_are_kept_as_was_set() {
    let engine = Engine::answering(answer("200 OK", "", "ok"));
    let builder = engine
        .builder()
        .api_version(crate::transport::ApiVersion::OLDEST)
        .max_idle(0);
    let transport = builder.build().expect("a transport");
    for _ in 0..3 {
        transport.call(get()).await.expect("an answer");
    }
    assert_eq!(engine.accepted(), 3);
}

#[tokio::test]
async fn a_connection_that_the_engine_has_closed_is_replaced() {
    let engine = Engine::start(|mut peer| async move {
        peer.request().await;
        peer.send(answer("200 OK", "", "ok")).await;
    });
    let transport = engine.transport();
    for _ in 0..5 {
        transport.call(get()).await.expect("an answer");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(engine.accepted(), 5);
}

#[tokio::test]
async fn a_hundred_calls_at_once() {
    let engine = Engine::answering(answer("200 OK", "", "ok"));
    let transport = engine.transport();
    let calls = (0..100).map(|_| transport.call(get()));
    for response in futures::future::join_all(calls).await {
        assert_eq!(response.expect("an answer").body, "ok");
    }
}

#[tokio::test]
async fn informational_answers_are_passed_over() {
    let engine = Engine::answering(format!(
        "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n{}",
        answer("200 OK", "", "ok")
    ));
    assert_eq!(
        engine
            .transport()
            .call(get())
            .await
            .expect("an answer")
            .body,
        "ok"
    );
}

#[tokio::test]
async fn not_modified_is_an_answer() {
    let engine = Engine::answering("HTTP/1.1 304 Not Modified\r\n\r\n");
    let transport = engine.transport();
    for _ in 0..2 {
        let response = transport.call(get()).await.expect("an answer");
        assert_eq!(response.status, StatusCode::NOT_MODIFIED);
        assert!(response.body.is_empty());
    }
    assert_eq!(engine.accepted(), 1);
}

#[tokio::test]
async fn other_statuses_below_400_are_not_understood() {
    for head in [
        "301 Moved\r\nLocation: /y",
        "101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp",
    ] {
        let engine = Engine::answering(format!("HTTP/1.1 {head}\r\n\r\n"));
        let calling = timeout(SOON, engine.transport().call(get()))
            .await
            .expect("an end");
        let error = calling.expect_err("no answer");
        assert!(matches!(error.kind(), ErrorKind::Protocol(_)), "{error}");
        let streaming = timeout(SOON, engine.transport().stream(get()))
            .await
            .expect("an end");
        assert!(streaming.is_err());
    }
}

#[tokio::test]
async fn a_body_may_trickle_for_longer_than_any_timeout() {
    let engine = Engine::start(|mut peer| async move {
        peer.request().await;
        peer.send(FLOW).await;
        for _ in 0..30 {
            peer.chunk(b"x").await;
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        peer.send("0\r\n\r\n").await;
    });
    let request = get().head_timeout(HeadTimeout::Within(Duration::from_millis(500)));
    let response = engine.transport().call(request).await.expect("an answer");
    assert_eq!(response.body, "x".repeat(30));
}

#[tokio::test]
async fn the_limit_of_a_body_is_exact() {
    let announced = answer("200 OK", "", "0123456789");
    let flowing = format!("{FLOW}5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n");
    let at_once = format!("{FLOW}a\r\n0123456789\r\n0\r\n\r\n");
    for body in [announced, flowing, at_once] {
        let engine = Engine::answering(body);
        let response = engine
            .transport()
            .call(get().body_limit(10))
            .await
            .expect("it fits");
        assert_eq!(response.body, "0123456789");
        let error = engine
            .transport()
            .call(get().body_limit(9))
            .await
            .expect_err("too large");
        assert!(
            matches!(error.kind(), ErrorKind::TooLarge { limit: 9, .. }),
            "{error}"
        );
        assert!(error.sent());
    }
}

#[tokio::test]
async fn a_large_body_arrives_whole() {
    let text: String = (0..200_000).map(|n| format!("{n},")).collect();
    let engine = Engine::answering(answer("200 OK", "", &text));
    let response = engine.transport().call(get()).await.expect("an answer");
    assert!(response.body == text);
}

#[tokio::test]
async fn a_dropped_call_closes_its_connection() {
    for head in [String::new(), format!("{FLOW}1\r\nx\r\n")] {
        let (gone, mut left) = tokio::sync::mpsc::unbounded_channel();
        let engine = Engine::start(move |mut peer| {
            let (gone, head) = (gone.clone(), head.clone());
            async move {
                peer.request().await;
                peer.send(head).await;
                peer.closed().await;
                let _ = gone.send(());
            }
        });
        let transport = engine.transport();
        let call = timeout(Duration::from_millis(50), transport.call(get())).await;
        assert!(call.is_err(), "there is no end to wait for");
        timeout(SOON, left.recv())
            .await
            .expect("the engine sees the end");
    }
}

/// Nobody is asked: the engine isn't even there.
#[tokio::test]
async fn what_reads_only_sends_no_change() {
    let address = "unix:///nowhere/none.sock".parse().unwrap();
    let engine = Transport::builder(address).build().unwrap().reads_only();
    for request in [Request::post("/containers/create"), Request::delete("/x")] {
        let error = engine.call(request).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Unsupported(_)), "{error}");
        assert!(!error.sent());
    }
    let reads = [Request::get("/info"), Request::post("/wait").reading()];
    for request in reads {
        let error = engine.call(request).await.unwrap_err();
        assert!(
            !matches!(error.kind(), ErrorKind::Unsupported(_)),
            "{error}"
        );
    }
}

/// An engine that announces nothing true about an answer that has no end, and notes how much of it was taken.
fn endless() -> (Engine, Arc<Mutex<usize>>) {
    let taken = Arc::new(Mutex::new(0));
    let notes = taken.clone();
    let engine = Engine::start(move |mut peer| {
        let notes = notes.clone();
        async move {
            peer.request().await;
            peer.send(FLOW).await;
            let piece = [b'x'; 4 << 10];
            while !peer.is_broken() {
                peer.chunk(&piece).await;
                *notes.lock().expect("notes") += piece.len();
            }
        }
    });
    (engine, taken)
}

#[tokio::test]
async fn attack_135_an_answer_beyond_the_budget_is_not_read_on() {
    const LIMIT: u64 = 1 << 20;
    let (engine, taken) = endless();
    let budget = Budget::new("sandbox.host-memory", LIMIT);
    let transport = engine.transport().held_to(Arc::new(budget.holding()));
    let error = transport.call(get()).await.expect_err("it has no end");
    let budget_is_met = matches!(error.kind(), ErrorKind::Budget { limit: LIMIT, .. });
    assert!(budget_is_met, "{error}");
    // What lies in the socket and in the connection's buffers was sent, too.
    let taken = *taken.lock().expect("notes");
    assert!(taken < 2 << 20, "{taken} bytes");
    drop(transport);
    assert_eq!(budget.held(), 0);
}

#[tokio::test]
async fn what_was_read_is_held_as_long_as_its_call() {
    let text = "x".repeat(300_000);
    let engine = Engine::answering(answer("200 OK", "", &text));
    let budget = Budget::new("sandbox.host-memory", 800_000);
    let transport = engine.transport().held_to(Arc::new(budget.holding()));
    for _ in 0..2 {
        transport.call(get()).await.expect("there is room");
    }
    assert!(budget.held() >= 600_000, "{}", budget.held());
    transport.call(get()).await.expect_err("there is no room");
    drop(transport);
    let transport = engine.transport().held_to(Arc::new(budget.holding()));
    transport.call(get()).await.expect("there is room again");
}
