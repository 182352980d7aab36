//! What a container writes: what a plugin reads of it, and what that costs engine and host.

use std::time::Duration;

use dockwit_tests::asked::Asked;
use dockwit_tests::engine::{Engine, Names};
use dockwit_tests::plugin::Test;
use dockwit_tests::process::Command;
use dockwit_tests::proxy::Proxy;
use dockwit_tests::scripted::Scripted;
use hyper::Method;
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;

use crate::cases::cases;

cases! { "container_logs":
    both_streams,
    one_stream_alone,
    neither_stream,
    follow_until_exit,
    follow_tells_what_is_written_now,
    tail,
    since_and_until,
    timestamps,
    terminal,
    a_long_line,
    a_line_beyond_the_longest,
    every_line_beside_a_timer,
    every_line_of_a_flood_beside_a_timer,
    read_to_end_is_bounded,
    of_a_container_that_never_ran,
    of_a_container_that_is_gone,
    follow_from_two_sides;
    own: any_bytes, a_line_over_frames, dropped_while_following, dropped_in_mid_read, held_back, a_hundred_megabytes
}

/// The engine's usual log driver keeps text; this is one that keeps bytes.
#[tokio::test(flavor = "multi_thread")]
async fn any_bytes() {
    let test = Test::new("container_logs", "any_bytes");
    let engine = Engine::under_test();
    let driver = if engine.is_podman() {
        "k8s-file"
    } else {
        "local"
    };
    let name = test.names().name("bytes");
    let body = json!({
        "Image": engine.image(),
        "Cmd": ["sh", "-c", r"printf 'a\377\000\303(\n\200'"],
        "HostConfig": { "LogConfig": { "Type": driver } },
    });
    let path = format!("/containers/create?name={name}");
    let (status, made) = engine.ask(Method::POST, &path, Some(body)).await;
    assert!(status.is_success(), "{made}");
    for path in ["start", "wait"] {
        let (status, answer) = engine
            .ask(Method::POST, &format!("/containers/{name}/{path}"), None)
            .await;
        assert!(status.is_success(), "{path}: {answer}");
    }
    test.run().await.succeeded();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_over_frames() {
    let engine =
        Scripted::start(|asked, connection| async move { split(&asked, connection).await });
    let test = Test::new("container_logs", "a_line_over_frames").client(engine.client());
    test.without_ledger().run().await.succeeded();
}

/// An engine with one container, whose log comes in frames that end where lines don't, and frames that come in pieces.
async fn split(asked: &Asked, mut connection: UnixStream) {
    if !asked.line.contains("/logs") {
        let body = json!({ "Id": "5".repeat(64), "Config": { "Tty": false } });
        return answer(
            &mut connection,
            "application/json",
            body.to_string().as_bytes(),
        )
        .await;
    }
    let frames: [(u8, &str); 6] = [
        (1, "o"),
        (2, "ba"),
        (1, "ne\ntw"),
        (2, "d\nworse"),
        (1, "o\n\nth"),
        (1, "ree\n"),
    ];
    let mut body = Vec::new();
    for (stream, text) in frames {
        body.extend([stream, 0, 0, 0]);
        body.extend((text.len() as u32).to_be_bytes());
        body.extend(text.as_bytes());
    }
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.multiplexed-stream\r\nConnection: close\r\n\r\n";
    let _ = connection.write_all(head.as_bytes()).await;
    // Three bytes at a time: a frame's header comes in pieces, too.
    for piece in body.chunks(3) {
        let _ = connection.write_all(piece).await;
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

async fn answer(connection: &mut UnixStream, kind: &str, body: &[u8]) {
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let _ = connection.write_all(head.as_bytes()).await;
    let _ = connection.write_all(body).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dropped_while_following() {
    crate::dropped::closes_at_once("container_logs", "dropped_while_following").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dropped_in_mid_read() {
    crate::dropped::closes_at_once("container_logs", "dropped_in_mid_read").await;
}

/// Otherwise, what is written first is gone when more comes than is kept.
const UNBOUNDED: &str = "create.log=\"engine\"";

/// What may be under way of a log that nobody reads: what sockets, proxy and host hold.
const UNDER_WAY: u64 = 4 << 20;

#[tokio::test(flavor = "multi_thread")]
async fn held_back() {
    let proxy = Proxy::start();
    let mut live = Test::new("container_logs", "held_back")
        .client(proxy.client())
        .policy(UNBOUNDED)
        .begin()
        .await;
    live.expect("reading slowly").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let received = proxy.received();
    assert!(
        received > 1_000,
        "the log has begun to come: {received} bytes"
    );
    assert!(
        received < UNDER_WAY,
        "the engine is held back: {received} bytes"
    );
    live.go().await;
    live.finish().await.succeeded();
    assert!(proxy.received() > 20_000_000, "in the end all has come");
}

/// How much more memory reading a log of 100 MB may take than beginning to.
const FLAT: u64 = 24 << 20;

/// In a process of its own, so that nothing but this fills its memory.
#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_megabytes() {
    let names = Names::new("a_hundred_megabytes");
    let unbounded = ["--set", UNBOUNDED];
    let command = Command::run_with("container_logs", "a_hundred_megabytes", &names, &unbounded);
    let mut command = command.start();
    command.expect("begin").await;
    let memory = command.memory();
    let before = memory.resident();
    let mut most = before;
    {
        let end = command.expect("end");
        tokio::pin!(end);
        let mut look = tokio::time::interval(Duration::from_millis(5));
        loop {
            tokio::select! {
                () = &mut end => break,
                _ = look.tick() => most = most.max(memory.resident()),
            }
        }
    }
    command.finish().await.ended_with(0);
    assert!(before > 0, "memory can be measured");
    assert!(most - before < FLAT, "from {before} to {most} bytes");
}
