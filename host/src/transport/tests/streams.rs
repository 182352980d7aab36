//! Answers that flow.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::StreamExt;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::transport::testing::{Engine, FLOW, Peer, SOON, answer};
use crate::transport::{
    Batches, Budget, Channel, ErrorKind, FrameDecoder, Frames, Framing, HeadTimeout, JsonDecoder,
    JsonValues, Limits, Request,
};

const BATCH: Limits = Limits {
    items: 64,
    bytes: 1 << 20,
};

fn logs() -> Request {
    Request::get("/containers/{id}/logs")
        .segment("web")
        .query("follow", "1")
}

/// An engine that begins to flow, plays `script`, and tells when the client has left.
fn flowing<F>(
    script: impl Fn(Peer) -> F + Clone + Send + 'static,
) -> (Engine, mpsc::UnboundedReceiver<()>)
where
    F: Future<Output = Peer> + Send + 'static,
{
    let (gone, left) = mpsc::unbounded_channel();
    let engine = Engine::start(move |mut peer| {
        let (gone, script) = (gone.clone(), script.clone());
        async move {
            peer.request().await;
            peer.send(FLOW).await;
            script(peer).await.closed().await;
            let _ = gone.send(());
        }
    });
    (engine, left)
}

#[tokio::test]
async fn pieces_come_as_they_are_sent() {
    let (engine, _left) = flowing(|mut peer| async move {
        for piece in ["a", "bc", "d"] {
            peer.chunk(piece.as_bytes()).await;
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        peer.send("0\r\nTrailer: x\r\n\r\n").await;
        peer
    });
    let mut stream = engine.transport().stream(logs()).await.expect("a stream");
    let mut pieces = Vec::new();
    while let Some(piece) = stream.next().await {
        pieces.push(piece.expect("a piece"));
    }
    assert_eq!(pieces, ["a", "bc", "d"]);
    assert!(stream.next().await.is_none(), "an end stays one");
}

#[tokio::test]
async fn other_bodies_flow_as_well() {
    for (text, pieces) in [
        (answer("200 OK", "", "whole"), 1),
        (answer("200 OK", "", ""), 0),
        ("HTTP/1.1 200 OK\r\n\r\nto the end".to_owned(), 1),
    ] {
        let engine = Engine::start(move |mut peer| {
            let text = text.clone();
            async move {
                peer.request().await;
                peer.send(text).await;
            }
        });
        let stream = engine.transport().stream(logs()).await.expect("a stream");
        let got: Vec<_> = stream.collect().await;
        assert_eq!(got.len(), pieces, "{got:?}");
        assert!(got.iter().all(Result::is_ok), "{got:?}");
    }
}

#[tokio::test]
async fn an_idle_stream_that_is_dropped_closes_at_once() {
    let (engine, mut left) = flowing(|peer| async move { peer });
    let mut stream = engine.transport().stream(logs()).await.expect("a stream");
    let idle = timeout(Duration::from_millis(30), stream.next()).await;
    assert!(
        idle.is_err() && left.try_recv().is_err(),
        "the stream is open and silent"
    );
    let dropped = Instant::now();
    drop(stream);
    timeout(SOON, left.recv())
        .await
        .expect("the engine sees the end");
    assert!(dropped.elapsed() < Duration::from_secs(1));
}

#[tokio::test]
async fn a_busy_stream_that_is_dropped_closes_at_once() {
    let (gone, mut left) = mpsc::unbounded_channel();
    let engine = Engine::start(move |mut peer| {
        let gone = gone.clone();
        async move {
            peer.request().await;
            peer.send(FLOW).await;
            while !peer.is_broken() {
                peer.chunk(&[b'x'; 1000]).await;
            }
            let _ = gone.send(());
        }
    });
    let mut stream = engine.transport().stream(logs()).await.expect("a stream");
    for _ in 0..10 {
        stream.next().await.expect("a piece").expect("a piece");
    }
    drop(stream);
    timeout(SOON, left.recv())
        .await
        .expect("the engine sees the end");
}

#[tokio::test]
async fn who_does_not_read_holds_the_engine_back() {
    let sent = Arc::new(AtomicUsize::new(0));
    let count = sent.clone();
    let (engine, _left) = flowing(move |mut peer| {
        let count = count.clone();
        async move {
            loop {
                peer.chunk(&[b'x'; 10_000]).await;
                count.fetch_add(10_000, Ordering::Relaxed);
            }
        }
    });
    let stream = engine.transport().stream(logs()).await.expect("a stream");
    tokio::time::sleep(Duration::from_millis(300)).await;
    let before = sent.load(Ordering::Relaxed);
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(
        sent.load(Ordering::Relaxed),
        before,
        "the engine is held back"
    );
    assert!(before < 2 << 20, "after {before} bytes");
    drop(stream);
}

#[tokio::test]
async fn a_silent_stream_knows_no_timeout() {
    let (engine, _left) = flowing(|mut peer| async move {
        tokio::time::sleep(Duration::from_millis(800)).await;
        peer.chunk(b"late").await;
        peer
    });
    let request = logs().head_timeout(HeadTimeout::Within(Duration::from_millis(500)));
    let mut stream = engine.transport().stream(request).await.expect("a stream");
    assert_eq!(
        stream.next().await.expect("a piece").expect("a piece"),
        "late"
    );
}

#[tokio::test]
async fn a_stream_that_is_cut_has_no_orderly_end() {
    for part in [
        "",
        "3\r\nab",
        "3\r\nabc",
        "3\r\nabc\r\n",
        "3\r\nabc\r\n0\r\n",
    ] {
        let engine = Engine::start(move |mut peer| async move {
            peer.request().await;
            peer.send(FLOW).await;
            peer.send(part).await;
        });
        let stream = engine.transport().stream(logs()).await.expect("a stream");
        let got: Vec<_> = timeout(SOON, stream.collect()).await.expect("an end");
        let error = got
            .into_iter()
            .last()
            .expect("an end")
            .expect_err("no orderly end");
        assert!(
            matches!(error.kind(), ErrorKind::Unavailable(_)),
            "{part:?}: {error}"
        );
        assert_eq!(
            error.to_string(),
            "the engine closed the connection before the answer was complete \
             (GET /containers/{id}/logs)"
        );
    }
}

#[tokio::test]
async fn a_bad_chunk_is_not_understood() {
    let engine = Engine::answering(format!("{FLOW}3\r\nabc\r\nnonsense\r\n"));
    let stream = engine.transport().stream(logs()).await.expect("a stream");
    let got: Vec<_> = timeout(SOON, stream.collect()).await.expect("an end");
    assert_eq!(got.len(), 2);
    let error = got
        .into_iter()
        .last()
        .expect("an end")
        .expect_err("no orderly end");
    assert!(matches!(error.kind(), ErrorKind::Protocol(_)), "{error}");
}

#[tokio::test]
async fn many_streams_and_calls_do_not_wait_for_each_other() {
    let engine = Engine::start(|mut peer| async move {
        while let Some(request) = peer.request().await {
            match request.contains("/logs") {
                true => peer.send(FLOW).await,
                false => peer.send(answer("200 OK", "", "ok")).await,
            }
        }
    });
    let transport = engine.transport();
    let streams: Vec<_> =
        futures::future::join_all((0..100).map(|_| transport.stream(logs()))).await;
    assert!(streams.iter().all(Result::is_ok));
    let call = timeout(SOON, transport.call(Request::get("/x")))
        .await
        .expect("in time");
    assert_eq!(call.expect("an answer").body, "ok");
}

/// A line, on the two channels in turn: those of one that came together are one piece.
fn frame(number: usize) -> Vec<u8> {
    let text = format!("line {number}\n");
    let size = u8::try_from(text.len()).expect("a short line");
    let channel = if number.is_multiple_of(2) { 1 } else { 2 };
    [&[channel, 0, 0, 0, 0, 0, 0, size], text.as_bytes()].concat()
}

#[tokio::test]
async fn frames_are_read_in_batches() {
    let (engine, mut left) = flowing(|mut peer| async move {
        for number in 0..1000 {
            let frame = frame(number);
            let (one, other) = frame.split_at(number % frame.len());
            for part in [one, other] {
                if !part.is_empty() {
                    peer.chunk(part).await;
                }
            }
        }
        peer.send("0\r\n\r\n").await;
        peer
    });
    let stream = engine.transport().stream(logs()).await.expect("a stream");
    let mut frames: Frames = Batches::new(stream, FrameDecoder::new(Framing::Multiplexed));
    let mut got = Vec::new();
    let mut batches = 0;
    loop {
        let before = got.len();
        let count = frames.next_batch(&mut got, BATCH).await.expect("a batch");
        assert_eq!(got.len() - before, count);
        assert!(count <= BATCH.items);
        if count == 0 {
            break;
        }
        batches += 1;
    }
    for (number, frame) in got.iter().enumerate() {
        let channels = [Channel::Stdout, Channel::Stderr];
        assert_eq!(frame.channel, channels[number % 2]);
        assert_eq!(frame.data, format!("line {number}\n"));
    }
    assert_eq!(got.len(), 1000);
    assert!(batches < 900, "{batches} batches");
    timeout(SOON, left.recv())
        .await
        .expect("the connection is closed at the end");
}

/// Sends a flood of lines, one after the other as an engine does.
async fn flood(peer: &mut Peer) {
    for number in 0..FLOOD {
        peer.chunk(format!("{number}\n").as_bytes()).await;
        // Others go on meanwhile, on this thread and on the reader's.
        std::thread::sleep(Duration::from_micros(20));
    }
}

/// How many lines are a flood.
const FLOOD: usize = 2000;

fn lines(pieces: &[Bytes]) -> usize {
    let numbers = pieces.concat();
    let text = String::from_utf8(numbers).expect("numbers");
    for (number, line) in text.lines().enumerate() {
        assert_eq!(line, number.to_string());
    }
    text.lines().count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_is_read_seldom_and_whole() {
    let (engine, _left) = flowing(|mut peer| async move {
        flood(&mut peer).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        peer.chunk(format!("{FLOOD}\n").as_bytes()).await;
        peer.send("0\r\n\r\n").await;
        peer
    });
    let mut stream = engine.transport().stream(logs()).await.expect("a stream");
    let mut pieces = Vec::new();
    while let Some(piece) = stream.next().await {
        pieces.push(piece.expect("a piece"));
    }
    assert_eq!(lines(&pieces), FLOOD + 1);
    assert!(pieces.len() < FLOOD / 2, "{} pieces", pieces.len());
    let last = pieces.pop().expect("a piece");
    assert_eq!(last, format!("{FLOOD}\n"), "what comes seldom comes alone");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_that_is_dropped_closes_the_connection() {
    let (engine, mut left) = flowing(|mut peer| async move {
        while !peer.is_broken() {
            flood(&mut peer).await;
        }
        peer
    });
    let mut stream = engine.transport().stream(logs()).await.expect("a stream");
    for _ in 0..100 {
        stream.next().await.expect("a piece").expect("a good one");
    }
    drop(stream);
    timeout(SOON, left.recv())
        .await
        .expect("the connection is closed at once");
}

#[tokio::test]
async fn a_batch_waits_for_one_item_and_for_no_more() {
    let (engine, _left) = flowing(|mut peer| async move {
        peer.chunk(&frame(0)).await;
        peer
    });
    let stream = engine.transport().stream(logs()).await.expect("a stream");
    let mut frames = Batches::new(stream, FrameDecoder::new(Framing::Multiplexed));
    let mut got = Vec::new();
    let count = timeout(SOON, frames.next_batch(&mut got, BATCH))
        .await
        .expect("in time");
    assert_eq!(count.expect("a batch"), 1);
}

#[tokio::test]
async fn batches_obey_their_limits() {
    let wire: Vec<u8> = (0..10).flat_map(frame).collect();
    let (engine, _left) = flowing(move |mut peer| {
        let wire = wire.clone();
        async move {
            peer.chunk(&wire).await;
            peer
        }
    });
    let stream = engine.transport().stream(logs()).await.expect("a stream");
    let mut frames = Batches::new(stream, FrameDecoder::new(Framing::Multiplexed));
    let mut got = Vec::new();
    for (limits, expected) in [
        (
            Limits {
                items: 3,
                bytes: 1000,
            },
            3,
        ),
        (
            Limits {
                items: 100,
                bytes: 8,
            },
            2,
        ),
        (Limits { items: 0, bytes: 0 }, 1),
        (
            Limits {
                items: 100,
                bytes: 1000,
            },
            4,
        ),
    ] {
        assert_eq!(
            frames.next_batch(&mut got, limits).await.expect("a batch"),
            expected
        );
    }
}

#[tokio::test]
async fn an_error_comes_after_the_items_before_it() {
    let engine = Engine::start(|mut peer| async move {
        peer.request().await;
        peer.send(FLOW).await;
        peer.chunk(b"{\"a\":1}\n{\"b\":2}\n{").await;
    });
    let stream = engine
        .transport()
        .stream(Request::get("/events"))
        .await
        .expect("a stream");
    let mut values: JsonValues = Batches::new(stream, JsonDecoder::new());
    let mut got = Vec::new();
    let error = loop {
        match values.next_batch(&mut got, BATCH).await {
            Ok(count) => assert!(count > 0, "no orderly end"),
            Err(error) => break error,
        }
    };
    assert_eq!(got, ["{\"a\":1}", "{\"b\":2}"]);
    assert!(matches!(error.kind(), ErrorKind::Unavailable(_)), "{error}");
    assert_eq!(
        values
            .next_batch(&mut got, BATCH)
            .await
            .expect("nothing more"),
        0
    );
}

#[tokio::test]
async fn a_flood_is_read_with_little_memory_at_a_time() {
    const FRAMES: usize = 3000;
    let (engine, _left) = flowing(|mut peer| async move {
        // A frame of almost 200 MB, in chunks that don't match its pieces.
        let size = u32::try_from(FRAMES * 65_000).expect("below 4 GiB");
        peer.chunk(&[&[2, 0, 0, 0][..], &size.to_be_bytes()].concat())
            .await;
        for _ in 0..FRAMES {
            peer.chunk(&[b'x'; 65_000]).await;
        }
        peer.send("0\r\n\r\n").await;
        peer
    });
    let stream = engine.transport().stream(logs()).await.expect("a stream");
    let mut frames = Batches::new(stream, FrameDecoder::new(Framing::Multiplexed));
    let mut got = Vec::new();
    let mut total = 0;
    while frames.next_batch(&mut got, BATCH).await.expect("a batch") > 0 {
        let size: usize = got.drain(..).map(|frame| frame.data.len()).sum();
        assert!(size < BATCH.bytes + (64 << 10));
        total += size;
    }
    assert_eq!(total, FRAMES * 65_000);
}

/// An engine that answers once and notes the request.
fn once(answer: String) -> (Engine, mpsc::UnboundedReceiver<String>) {
    let (heard, notes) = mpsc::unbounded_channel();
    let engine = Engine::start(move |mut peer| {
        let (heard, answer) = (heard.clone(), answer.clone());
        async move {
            let _ = heard.send(peer.request().await.unwrap_or_default());
            peer.send(answer).await;
            peer.closed().await;
        }
    });
    (engine, notes)
}

#[tokio::test]
async fn a_stream_asks_as_a_call_does() {
    let hints = "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n";
    let (engine, mut notes) = once(format!(
        "{hints}{}",
        answer("201 Created", "X-Y: z\r\nx-y: w\r\n", "ok")
    ));
    let request = Request::post("/exec/{id}/start")
        .segment("a\r\nb")
        .json("{\"Tty\":false}");
    let stream = engine.transport().stream(request).await.expect("a stream");
    assert_eq!(stream.status(), hyper::StatusCode::CREATED);
    assert_eq!(stream.headers().get_all("x-y").iter().count(), 2);
    let request = notes.recv().await.expect("a request");
    let agent = concat!("user-agent: dockwit/", env!("CARGO_PKG_VERSION"));
    let expected = [
        "POST /v1.41/exec/a%0D%0Ab/start HTTP/1.1",
        "host: docker",
        agent,
        "content-type: application/json",
        "content-length: 13",
        "",
        "{\"Tty\":false}",
    ];
    assert_eq!(request, expected.join("\r\n"));
    let (engine, mut notes) = once(answer("200 OK", "", "ok"));
    engine
        .transport()
        .stream(Request::post("/x"))
        .await
        .expect("a stream");
    assert!(
        notes
            .recv()
            .await
            .expect("a request")
            .contains("content-length: 0\r\n")
    );
}

#[tokio::test]
async fn a_stream_that_is_refused_is_an_error_with_the_engines_words() {
    let (engine, _notes) = once(answer("409 Conflict", "", "{\"message\":\"it is paused\"}"));
    let error = engine
        .transport()
        .stream(logs())
        .await
        .expect_err("a refusal");
    assert_eq!(
        error.to_string(),
        "it is paused (GET /containers/{id}/logs)"
    );
    assert_eq!(error.status(), Some(hyper::StatusCode::CONFLICT));
}

#[tokio::test]
async fn a_refusal_counts_although_the_request_was_not_read() {
    let engine = Engine::start(|mut peer| async move {
        peer.send(answer("413 Too Large", "", "too much")).await;
    });
    let request = Request::post("/x").json(vec![b' '; 4 << 20]);
    let called = timeout(SOON, engine.transport().stream(request))
        .await
        .expect("an end");
    let error = called.expect_err("a refusal");
    assert_eq!(error.to_string(), "too much (POST /x)");
}

#[tokio::test]
async fn what_is_not_http_makes_no_stream() {
    for answer in [
        format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "x".repeat(1 << 20)),
        format!("HTTP/1.1 200 OK\r\n{}\r\n", "X: y\r\n".repeat(1000)),
        "SSH-2.0-OpenSSH_9.2\r\n\r\n".to_owned(),
        "HTTP/1.1 000 None\r\n\r\n".to_owned(),
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n".to_owned(),
    ] {
        let (engine, _notes) = once(answer);
        let called = timeout(SOON, engine.transport().stream(logs()))
            .await
            .expect("an end");
        let error = called.expect_err("no stream");
        assert!(matches!(error.kind(), ErrorKind::Protocol(_)), "{error}");
        assert!(error.sent());
    }
    for part in ["", "HTTP/1.1 20"] {
        let engine = Engine::start(move |mut peer| async move {
            peer.request().await;
            peer.send(part).await;
        });
        let error = engine
            .transport()
            .stream(logs())
            .await
            .expect_err("no stream");
        assert!(matches!(error.kind(), ErrorKind::Unavailable(_)), "{error}");
        assert!(error.to_string().contains("before it answered"), "{error}");
    }
}

#[tokio::test]
async fn attack_135_a_stream_holds_no_more_than_its_budget() {
    let value = format!("{{\"a\":\"{}\"}}\n", "x".repeat(200 << 10));
    for (limit, fits) in [(4 << 20, true), (100 << 10, false)] {
        let value = value.clone();
        let (engine, _left) = flowing(move |mut peer| {
            let value = value.clone();
            async move {
                for piece in value.as_bytes().chunks(10 << 10) {
                    peer.chunk(piece).await;
                }
                peer.send("0\r\n\r\n").await;
                peer
            }
        });
        let budget = Budget::new("sandbox.host-memory", limit);
        let transport = engine.transport().held_to(Arc::new(budget.holding()));
        let stream = transport.stream(logs()).await.expect("a stream");
        assert!((4 << 10..20 << 10).contains(&budget.held()), "a silent one");
        let memory = stream.memory();
        let mut values = Batches::new(stream, JsonDecoder::new()).with_memory(memory);
        let mut got = Vec::new();
        let read = timeout(SOON, values.next_batch(&mut got, BATCH)).await;
        match read.expect("in time") {
            Ok(count) => assert!(fits && count == 1),
            Err(error) => {
                let is_met = matches!(error.kind(), ErrorKind::Budget { .. });
                assert!(!fits && is_met, "{error}");
            }
        }
        drop((values, transport));
        assert_eq!(budget.held(), 0);
    }
}
