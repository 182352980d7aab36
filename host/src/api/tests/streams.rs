//! Answers that flow, and end as they shouldn't.

use std::pin::pin;
use std::time::Duration;

use futures::{FutureExt, StreamExt};
use tokio::time::timeout;

use super::{ENGINES, case, id};
use crate::api::containers::{ContainerStats, LogStream, LogsOptions, WaitCondition};
use crate::api::{Client, ErrorKind};
use crate::transport::testing::{Engine, Peer, SOON};
use crate::transport::{ApiVersion, Limits};

const FLOW: &str = "HTTP/1.1 200 OK\r\n\
    Content-Type: application/vnd.docker.multiplexed-stream\r\n\
    Transfer-Encoding: chunked\r\n\r\n";

const BATCH: Limits = Limits {
    items: 2,
    bytes: 1 << 20,
};

/// An engine that plays a script after the head of its answer, and a client of it.
fn flowing<F>(script: impl Fn(Peer) -> F + Clone + Send + 'static) -> (Engine, Client)
where
    F: Future<Output = ()> + Send + 'static,
{
    let engine = Engine::start(move |mut peer| {
        let script = script.clone();
        async move {
            peer.request().await;
            peer.send(FLOW).await;
            script(peer).await;
        }
    });
    let transport = engine.builder().api_version(ApiVersion::NEWEST).build();
    let client = Client::new(transport.expect("a transport"));
    (engine, client)
}

fn frame(stream: u8, text: &str) -> Vec<u8> {
    let size = u8::try_from(text.len()).expect("a short text");
    [&[stream, 0, 0, 0, 0, 0, 0, size], text.as_bytes()].concat()
}

async fn logs(client: &Client) -> LogStream {
    let id = id();
    let stream = client.container(&id).logs(&LogsOptions::default()).await;
    stream.expect("a stream")
}

#[tokio::test]
async fn batches_and_single_items_are_the_same_flow() {
    let (_engine, client) = flowing(|mut peer| async move {
        // In turn, as those of one stream that come together are one piece.
        let frame = |at: u8| frame(1 + at % 2, &at.to_string());
        let frames: Vec<_> = (0..5).flat_map(frame).collect();
        peer.chunk(&frames).await;
        peer.send("0\r\n\r\n").await;
        peer.closed().await;
    });
    let mut stream = logs(&client).await;
    let mut found = Vec::new();
    assert_eq!(
        stream.next_batch(&mut found, BATCH).await.expect("a batch"),
        2
    );
    found.push(stream.next().await.expect("an item").expect("a chunk"));
    assert_eq!(
        stream.next_batch(&mut found, BATCH).await.expect("a batch"),
        2
    );
    assert_eq!(
        stream.next_batch(&mut found, BATCH).await.expect("the end"),
        0
    );
    assert!(stream.next().await.is_none());
    let texts: Vec<_> = found.iter().map(|chunk| chunk.data.clone()).collect();
    assert_eq!(texts, ["0", "1", "2", "3", "4"]);
}

#[tokio::test]
async fn an_engine_that_goes_away_is_unavailable() {
    let (_engine, client) = flowing(|mut peer| async move {
        peer.chunk(&frame(1, "whole")).await;
        peer.chunk(frame(2, "half").get(..9).unwrap_or_default())
            .await;
    });
    let mut stream = logs(&client).await;
    assert!(stream.next().await.expect("an item").is_ok());
    let error = stream.next().await.expect("an item").expect_err("an error");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    let route = error.route().expect("a route").to_string();
    assert_eq!(route, "GET /containers/{id}/logs");
    assert!(stream.next().await.is_none());

    let (_engine, client) = flowing(|mut peer| async move {
        peer.chunk(b" ").await;
    });
    let id = id();
    let wait = client.container(&id).wait(WaitCondition::NextExit).await;
    let error = wait.expect("the head").await.expect_err("an error");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
}

#[tokio::test]
async fn an_end_within_a_frame_is_no_end() {
    let (_engine, client) = flowing(|mut peer| async move {
        peer.chunk(frame(2, "half").get(..9).unwrap_or_default())
            .await;
        peer.send("0\r\n\r\n").await;
        peer.closed().await;
    });
    let items: Vec<_> = logs(&client).await.collect().await;
    let [Ok(part), Err(error)] = &items[..] else {
        panic!("what came of the frame, and an error: {items:?}")
    };
    assert_eq!(
        (&part.data[..], error.kind()),
        (&b"h"[..], ErrorKind::Protocol)
    );
}

#[tokio::test]
async fn an_error_among_the_output_is_the_engines() {
    let (_engine, client) = flowing(|mut peer| async move {
        peer.chunk(&frame(3, "log driver broke")).await;
        peer.closed().await;
    });
    let error = logs(&client)
        .await
        .next()
        .await
        .expect("an item")
        .expect_err("an error");
    assert_eq!(
        (error.kind(), error.message()),
        (ErrorKind::Engine, "log driver broke")
    );
}

#[tokio::test]
async fn readings_come_as_they_are_made_without_an_end() {
    let reading = case(ENGINES[1], "containers-stats-once").json.to_string();
    let (_engine, client) = flowing(move |mut peer| {
        let reading = reading.clone();
        async move {
            let (start, end) = reading.split_at(reading.len() / 2);
            while !peer.is_broken() {
                peer.chunk(start.as_bytes()).await;
                tokio::time::sleep(Duration::from_millis(1)).await;
                peer.chunk(end.as_bytes()).await;
                peer.chunk(b"\n{\"read\":7,\"new\":1}\r\n").await;
            }
        }
    });
    let id = id();
    let mut stream = client
        .container(&id)
        .stats_stream()
        .await
        .expect("a stream");
    for _ in 0..50 {
        let whole: ContainerStats = stream.next().await.expect("an item").expect("a reading");
        assert!(whole.cpu.total_usage > 0);
        let odd = stream.next().await.expect("an item").expect("a reading");
        assert_eq!((odd.read, odd.more.len()), (None, 2));
    }
}

#[tokio::test]
async fn a_reading_that_is_none_ends_the_stream() {
    let (_engine, client) = flowing(|mut peer| async move {
        peer.chunk(b"{} [1] {}").await;
        peer.closed().await;
    });
    let id = id();
    let stream = client
        .container(&id)
        .stats_stream()
        .await
        .expect("a stream");
    let items: Vec<_> = stream
        .map(|item| item.map_err(|error| error.kind()))
        .collect()
        .await;
    assert_eq!(
        items,
        [Ok(ContainerStats::default()), Err(ErrorKind::Protocol)]
    );
}

#[tokio::test]
async fn a_wait_waits_until_it_is_over() {
    let (_engine, client) = flowing(|mut peer| async move {
        tokio::time::sleep(Duration::from_millis(50)).await;
        peer.chunk(b"{\"StatusCode\":137,").await;
        peer.chunk(b"\"Error\":{\"Message\":\"oh\"}}\n").await;
        peer.send("0\r\n\r\n").await;
        peer.closed().await;
    });
    let id = id();
    let wait = client.container(&id).wait(WaitCondition::NotRunning).await;
    let mut wait = pin!(wait.expect("the head"));
    assert!(wait.as_mut().now_or_never().is_none(), "it is not over yet");
    let exit = timeout(SOON, wait)
        .await
        .expect("in time")
        .expect("an exit");
    assert_eq!((exit.status_code, exit.error.as_deref()), (137, Some("oh")));

    let (_engine, client) = flowing(|mut peer| async move {
        while !peer.is_broken() {
            peer.chunk(&[b' '; 4096]).await;
        }
    });
    let wait = client.container(&id).wait(WaitCondition::NotRunning).await;
    let error = wait.expect("the head").await.expect_err("an error");
    assert_eq!(error.kind(), ErrorKind::Protocol);
}

/// Podman before 5 answers who follows when there is something to tell.
#[tokio::test]
async fn who_follows_on_an_older_engine_waits_for_the_first_output() {
    let patience = Duration::from_millis(500);
    let setting = case(ENGINES[2], "containers-inspect-rich").http();
    let engine = Engine::start(move |mut peer| {
        let setting = setting.clone();
        async move {
            while let Some(request) = peer.request().await {
                if request.contains("/json") {
                    peer.send(&setting).await;
                    continue;
                }
                tokio::time::sleep(2 * patience).await;
                peer.send(FLOW).await;
                peer.send("0\r\n\r\n").await;
            }
        }
    });
    let client = |version| {
        let builder = engine.builder().head_timeout(patience);
        let transport = builder.api_version(version).build();
        Client::new(transport.expect("a transport"))
    };
    let (old, new) = (client(ApiVersion::OLDEST), client(ApiVersion::NEWEST));
    let id = id();
    let follows = LogsOptions {
        follow: true,
        ..LogsOptions::default()
    };
    let stream = old.container(&id).logs(&follows).await;
    assert!(stream.is_ok(), "it waits: {:?}", stream.err());
    for (client, options) in [(&old, &LogsOptions::default()), (&new, &follows)] {
        let error = client.container(&id).logs(options).await.err();
        assert_eq!(error.map(|error| error.kind()), Some(ErrorKind::Timeout));
    }
}
