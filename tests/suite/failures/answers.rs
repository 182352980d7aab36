//! An engine that answers what can't be.

use std::sync::Arc;

use bytes::Bytes;
use dockwit_tests::asked::Asked;
use dockwit_tests::making::{Making, written};
use dockwit_tests::plugin::{Ran, Test};
use dockwit_tests::scripted::Scripted;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

use super::{Failure, failed, run};
use crate::cases::told;

/// What follows an answer.
#[derive(Clone, Copy)]
pub(super) enum Then {
    /// The engine closes the connection.
    Close,
    /// The engine says nothing more, and keeps the connection.
    Silence,
    /// The engine says this, again and again, for as long as it is listened to.
    Flood(&'static [u8]),
}

/// An engine with one container, `it`, that gives to everything else the same answer.
pub(super) fn engine(answer: impl Into<Bytes>, then: Then) -> Scripted {
    let answer = answer.into();
    Scripted::start(move |asked, connection| {
        let answer = answer.clone();
        async move { serve(&asked, connection, &answer, then).await }
    })
}

async fn serve(asked: &Asked, mut connection: UnixStream, answer: &[u8], then: Then) {
    // Who has heard enough hangs up, and needs no more.
    if asked.line.contains("/containers/it/json") {
        let it = json!({ "Id": "5".repeat(64), "Config": { "Tty": false } });
        let _ = connection.write_all(&whole("200 OK", it.to_string())).await;
        return;
    }
    let _ = connection.write_all(answer).await;
    match then {
        Then::Close => {}
        Then::Silence => drop(connection.read_u8().await),
        Then::Flood(piece) => while connection.write_all(piece).await.is_ok() {},
    }
}

/// An engine that makes containers like any other, but answers by this.
fn maker(answer: impl Into<Bytes>) -> Scripted {
    let answer = answer.into();
    let making = Arc::new(Making::default());
    Scripted::start(move |asked, mut connection| {
        let answer = match asked.line.contains("/containers/create") {
            true => answer.clone(),
            false => {
                let answer = making.answer(&asked);
                let answer = answer.unwrap_or_else(|| panic!("{} isn't expected", asked.line));
                written(&answer).into()
            }
        };
        async move {
            let _ = connection.write_all(&answer).await;
        }
    })
}

/// What comes of making a container on it.
async fn create(answer: impl Into<Bytes>) -> Ran {
    let engine = maker(answer);
    let test = Test::new("failures", "create").client(engine.client());
    test.run().await
}

/// An answer of this status, with its length.
fn whole(status: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let length = body.len();
    let head =
        format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    [head.as_bytes(), body].concat()
}

/// Says that output comes in frames.
const TYPE: &str = "Content-Type: application/vnd.docker.multiplexed-stream\r\n";

/// The beginning of an answer that lasts for as long as the connection does.
fn flowing(body: impl AsRef<[u8]>) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\n{TYPE}Connection: close\r\n\r\n");
    [head.as_bytes(), body.as_ref()].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_of_failure_with_any_body() {
    let long = "x".repeat(1 << 20);
    let bodies: [(&[u8], &str); 9] = [
        (br#"{"message":"the disk is full"}"#, "the disk is full ("),
        (br#"{"message":"no","cause":"further"}"#, "no ("),
        (b"plain words\n", "plain words ("),
        (b"", "internal server error ("),
        (br#"{"message":""}"#, "internal server error ("),
        (b"<html><body>502</body></html>", "internal server error ("),
        (b"[1, 2", "[1, 2 ("),
        (b"bad \xff byte", "bad \u{fffd} byte ("),
        (long.as_bytes(), "xxx..."),
    ];
    for (body, words) in bodies {
        let engine = engine(whole("500 Internal Server Error", body), Then::Close);
        for (case, op) in [
            ("list", "containers.list"),
            ("logs", "container.logs"),
            ("inspect", "container.inspect"),
        ] {
            let ran = run(case, engine.client()).await;
            failed(&ran, ("engine", op, ""));
            let told = told(&ran);
            assert_eq!(told["status"], "500");
            assert!(told["message"].contains(words), "{}", told["message"]);
            assert!(told["message"].len() < 10_000, "it is bounded");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kind_is_decided_by_the_status_alone() {
    for (status, kind) in [
        (400, "invalid"),
        (401, "unauthorized"),
        (403, "unauthorized"),
        (404, "not found"),
        (409, "conflict"),
        (418, "engine"),
        (501, "unsupported"),
        (502, "engine"),
        (503, "engine"),
        (599, "engine"),
    ] {
        let misleading = json!({ "message": "Conflict. No such container: permission denied" });
        let answer = whole(&format!("{status} Whatever"), misleading.to_string());
        let ran = create(answer).await;
        failed(&ran, (kind, "containers.create", "permission denied"));
        assert_eq!(told(&ran)["status"], status.to_string());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_none() {
    let list = |kind, words| (kind, "containers.list", words);
    let answers: [(&[u8], Failure); 9] = [
        (
            b"",
            list("unavailable", "closed the connection before it answered"),
        ),
        (
            b"HTTP/1.1 200 OK\r\nContent-Le",
            list("unavailable", "closed the connection"),
        ),
        (
            b"SSH-2.0-OpenSSH_9.9\r\n\r\n",
            list("protocol", "can't be read"),
        ),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n[]",
            list("protocol", "can't be read"),
        ),
        (
            b"HTTP/1.1 200 OK\r\n\0bad: header\r\n\r\n[]",
            list("protocol", "can't be read"),
        ),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n[]",
            list("protocol", "can't be read"),
        ),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[{}",
            list("unavailable", "complete"),
        ),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n[\r\n",
            list("unavailable", "complete"),
        ),
        (
            b"HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/\r\nContent-Length: 0\r\n\r\n",
            list("protocol", "status 302"),
        ),
    ];
    for (answer, failure) in answers {
        let engine = engine(answer, Then::Close);
        let ran = run("list", engine.client()).await;
        failed(&ran, failure);
        assert_eq!(told(&ran)["status"], "");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_of_another_form() {
    let deep = "[".repeat(100_000);
    for (case, op, bodies) in [
        (
            "list",
            "containers.list",
            &["", "no JSON", "{}", "[{}", "[{}]]", "null 7", &deep][..],
        ),
        (
            "inspect",
            "container.inspect",
            &["", "[]", "{}", r#"{"Id":"#, "\u{1b}[2J", &deep],
        ),
        (
            "wait",
            "container.wait",
            &["", "[]", r#"{"StatusCode":"#, r#"{"StatusCode":"nought"}"#],
        ),
        (
            "stats_stream",
            "container.stats-stream",
            &["[", "{}}", "{}\n{\"read\":", "{}\nnonsense\n{}"],
        ),
    ] {
        for body in bodies {
            println!("{case}: {body:.40}");
            let ran = run(case, engine(flowing(body), Then::Close).client()).await;
            failed(&ran, ("protocol", op, ""));
        }
    }
}

/// JSON that is as deep as may be, and JSON that is one level deeper.
#[tokio::test(flavor = "multi_thread")]
async fn attack_135_an_answer_that_is_nested_too_deep() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    let bodies = |depth: usize| {
        let inner = nested(depth - 1);
        [
            (
                "list",
                format!("[{{\"Id\":\"1\",\"X\":{}}}]", nested(depth - 2)),
            ),
            ("stats_stream", format!("{{\"x\":{inner}}}")),
            ("wait", format!("{{\"StatusCode\":0,\"X\":{inner}}}")),
            (
                "inspect",
                format!(
                    "{{\"Id\":\"1\",\"Name\":\"/a\",\"Config\":{{\"X\":{}}}}}",
                    nested(depth - 2)
                ),
            ),
        ]
    };
    let ops = [
        "containers.list",
        "container.stats-stream",
        "container.wait",
        "container.inspect",
    ];
    for (case, body) in bodies(64) {
        let ran = run(case, engine(flowing(body), Then::Close).client()).await;
        assert_eq!(told(ran.succeeded())["kind"], "none", "{case}");
    }
    for ((case, body), op) in bodies(65).into_iter().zip(ops) {
        let ran = run(case, engine(flowing(body), Then::Close).client()).await;
        failed(&ran, ("protocol", op, "64 levels"));
    }
}

/// Whether something was made isn't known then: it is looked for, for a while, before the run is over.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_of_another_form_to_a_create() {
    let bodies = ["", "null", "[]", "{}", r#"{"Id":7}"#, r#"{"Id":"short"}"#];
    let runs = bodies.map(|body| create(flowing(body)));
    for ran in futures::future::join_all(runs).await {
        failed(&ran, ("protocol", "containers.create", ""));
        assert!(ran.outcome().left.is_empty(), "{:?}", ran.outcome().left);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_without_end() {
    const KIB: [u8; 1024] = [b' '; 1024];
    const DIGITS: [u8; 1024] = [b'1'; 1024];
    const FIELD: &[u8] = b"X-More: and more\r\n";
    let announced = "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n[";
    let begun = "HTTP/1.1 200 OK\r\n";
    let flood = Then::Flood;
    let floods: [(&str, Scripted, Failure); 6] = [
        (
            "list",
            engine(announced, Then::Silence),
            ("protocol", "containers.list", "limit"),
        ),
        (
            "list",
            engine(flowing("["), flood(&KIB)),
            ("quota", "containers.list", "sandbox.host-memory"),
        ),
        (
            "list",
            engine(begun, flood(FIELD)),
            ("protocol", "containers.list", ""),
        ),
        (
            "logs",
            engine(begun, flood(FIELD)),
            ("protocol", "container.logs", ""),
        ),
        (
            "wait",
            engine(flowing("{"), flood(&KIB)),
            ("protocol", "container.wait", "large"),
        ),
        (
            "stats_stream",
            engine(flowing("{\"read\":["), flood(&DIGITS)),
            ("protocol", "container.stats-stream", "limit"),
        ),
    ];
    for (case, engine, failure) in floods {
        failed(&run(case, engine.client()).await, failure);
    }
}

fn frame(stream: u8, length: u32, data: &[u8]) -> Vec<u8> {
    [&[stream, 0, 0, 0], &length.to_be_bytes(), data].concat()
}

/// What comes before what can't be read is read, and the failure is told after it.
#[tokio::test(flavor = "multi_thread")]
async fn a_frame_that_lies() {
    let good = frame(1, 4, b"good");
    let logs = |kind, words| (kind, "container.logs", words);
    let bodies: [(Vec<u8>, &str, Failure); 6] = [
        (
            frame(1, 9, b"short"),
            "9",
            logs("protocol", "within a frame"),
        ),
        (
            frame(2, u32::MAX, b"short"),
            "9",
            logs("protocol", "within a frame"),
        ),
        (vec![1, 0, 0], "4", logs("protocol", "within a frame")),
        (frame(1, 2, b"long"), "6", logs("protocol", "frame")),
        (
            b"no frame at all".to_vec(),
            "4",
            logs("protocol", "no frame"),
        ),
        (frame(3, 8, b"log gone"), "4", logs("engine", "log gone")),
    ];
    for (body, bytes, failure) in bodies {
        let body = [&good[..], &body].concat();
        let ran = run("read_logs", engine(flowing(&body), Then::Close).client()).await;
        failed(&ran, failure);
        assert_eq!(told(&ran)["bytes"], bytes, "{}", failure.2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_that_is_none() {
    let chunk = frame(1, 4, b"good");
    let size = chunk.len();
    let head = format!("HTTP/1.1 200 OK\r\n{TYPE}Transfer-Encoding: chunked\r\n\r\n{size:x}\r\n");
    let answer = [head.as_bytes(), &chunk, b"\r\n"].concat();
    let ran = run("read_logs", engine(answer, Then::Close).client()).await;
    failed(&ran, ("unavailable", "container.logs", "complete"));
    assert_eq!(told(&ran)["bytes"], "4");
}
