//! What a container writes: read whole, in part, as it comes, and let go of.

use std::time::Duration;

use dockwit::containers::Logs;
use dockwit::time::{interval, timeout};
use dockwit::{
    Container, Docker, LogChunk, OutputStream, Result, StreamExt, Timestamp, TryStreamExt, stdin,
};
use dockwit_test_plugins::{Facts, cases, name, ran, shell, started};

cases! {
    both_streams, one_stream_alone, neither_stream, follow_until_exit, follow_tells_what_is_written_now,
    tail, since_and_until, timestamps, terminal, any_bytes, a_long_line, a_line_beyond_the_longest,
    a_line_over_frames, every_line_beside_a_timer, every_line_of_a_flood_beside_a_timer, dropped_while_following,
    dropped_in_mid_read, held_back, a_hundred_megabytes, read_to_end_is_bounded, of_a_container_that_never_ran,
    of_a_container_that_is_gone, follow_from_two_sides,
}

/// More than any of these logs holds.
const LIMIT: usize = 4 << 20;

async fn text(logs: Logs) -> Result<String> {
    logs.await?.read_to_string(LIMIT).await
}

async fn both_streams(docker: Docker) -> Result<()> {
    let container = ran(docker, "c", "echo out; echo err >&2; echo more").await?;
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut chunks = container.logs().await?;
    while let Some(chunk) = chunks.try_next().await? {
        match chunk.stream {
            OutputStream::Stdout => out.extend(chunk.data),
            OutputStream::Stderr => err.extend(chunk.data),
            OutputStream::Console => panic!("there is no terminal"),
        }
    }
    assert_eq!((&out[..], &err[..]), (&b"out\nmore\n"[..], &b"err\n"[..]));
    assert!(chunks.next().await.is_none(), "the end stays the end");
    Ok(())
}

async fn one_stream_alone(docker: Docker) -> Result<()> {
    let container = ran(docker, "c", "echo out; echo err >&2").await?;
    let out: Vec<LogChunk> = container.logs().stderr(false).await?.try_collect().await?;
    assert!(!out.is_empty() && out.iter().all(|chunk| chunk.stream == OutputStream::Stdout));
    assert_eq!(text(container.logs().stderr(false)).await?, "out\n");
    let err: Vec<LogChunk> = container.logs().stdout(false).await?.try_collect().await?;
    assert!(!err.is_empty() && err.iter().all(LogChunk::is_stderr));
    assert_eq!(text(container.logs().stdout(false)).await?, "err\n");
    Ok(())
}

async fn neither_stream(docker: Docker) -> Result<()> {
    let container = ran(docker, "c", "echo out").await?;
    let error = container
        .logs()
        .stdout(false)
        .stderr(false)
        .await
        .unwrap_err();
    assert!(error.is_invalid(), "{error}");
    assert_eq!(error.op(), "container.logs");
    Ok(())
}

async fn follow_until_exit(docker: Docker) -> Result<()> {
    let script = "echo 1; sleep 0.3; echo 2; sleep 0.3; echo 3; exit 4";
    let container = started(docker, "c", script).await?;
    let lines = container.logs().follow().await?.lines();
    let lines: Vec<_> = lines.map_ok(|line| line.to_string()).try_collect().await?;
    assert_eq!(lines, ["1", "2", "3"]);
    assert_eq!(container.wait().await?.await?.status_code, 4);
    Ok(())
}

async fn follow_tells_what_is_written_now(docker: Docker) -> Result<()> {
    let script = "trap 'echo asked; exit 0' USR1; echo ready; while :; do sleep 0.05; done";
    let container = started(docker, "c", script).await?;
    let mut lines = container.logs().follow().await?.lines();
    assert_eq!(lines.try_next().await?.expect("a line").text(), "ready");
    let silence = timeout(Duration::from_millis(300), lines.next()).await;
    assert!(silence.is_err(), "nothing was written: {silence:?}");
    container.kill().signal("USR1").await?;
    assert_eq!(lines.try_next().await?.expect("a line").text(), "asked");
    assert!(lines.try_next().await?.is_none(), "it has ended");
    Ok(())
}

async fn tail(docker: Docker) -> Result<()> {
    let container = ran(docker, "c", "for i in 1 2 3 4 5; do echo $i; done").await?;
    assert_eq!(text(container.logs().tail(2)).await?, "4\n5\n");
    assert_eq!(text(container.logs().tail(0)).await?, "");
    assert_eq!(text(container.logs().tail(99)).await?, "1\n2\n3\n4\n5\n");
    assert_eq!(text(container.logs().follow().tail(1)).await?, "5\n");
    Ok(())
}

async fn since_and_until(docker: Docker) -> Result<()> {
    let container = ran(docker, "c", "echo early; sleep 2.2; echo late").await?;
    let stamped = text(container.logs().timestamps(true)).await?;
    let early = stamped.split_whitespace().next().expect("a moment");
    // Engines compare whole seconds in places, so the moment between is a whole second, away from both.
    let early = container_seconds(&container, early).await?;
    let between = Timestamp::from_unix(early + 1, 0);
    assert_eq!(text(container.logs().since(between)).await?, "late\n");
    assert_eq!(text(container.logs().until(between)).await?, "early\n");
    let far = Timestamp::from_unix(early + 3_600, 0);
    assert_eq!(text(container.logs().since(far)).await?, "");
    assert_eq!(text(container.logs().until(far)).await?, "early\nlate\n");
    Ok(())
}

/// The second in which the container was started, which the first line must agree with.
async fn container_seconds(container: &Container, first_line: &str) -> Result<i64> {
    let started = container
        .inspect()
        .await?
        .state()?
        .started_at
        .expect("it was started");
    let minute = &started.to_string()[..15];
    assert_eq!(&first_line[..15], minute, "ten minutes are the same");
    Ok(started.unix_seconds() + 1)
}

async fn timestamps(docker: Docker) -> Result<()> {
    let container = ran(docker, "c", "echo one; echo two").await?;
    let stamped = text(container.logs().timestamps(true)).await?;
    let lines: Vec<_> = stamped
        .lines()
        .map(|line| line.split_once(' ').expect("a moment"))
        .collect();
    assert_eq!(
        lines.iter().map(|(_, text)| *text).collect::<Vec<_>>(),
        ["one", "two"]
    );
    let fractions = Facts::of(docker).await?.stamps_logs_with_fractions();
    for (moment, _) in &lines {
        assert!(
            moment.len() >= 20 && moment.as_bytes()[10] == b'T',
            "RFC 3339: {moment}"
        );
        assert_eq!(moment.contains('.'), fractions, "{moment}");
    }
    assert!(lines[0].0 <= lines[1].0, "in order");
    Ok(())
}

async fn terminal(docker: Docker) -> Result<()> {
    let spec = shell("c", "echo out; echo err >&2").tty(true);
    let container = docker.containers().create(&spec).await?;
    let ended = container.wait().next_exit().await?;
    container.start().await?;
    ended.await?;
    let chunks: Vec<LogChunk> = container.logs().await?.try_collect().await?;
    assert!(!chunks.is_empty());
    assert!(
        chunks
            .iter()
            .all(|chunk| chunk.stream == OutputStream::Console)
    );
    let data: Vec<u8> = chunks.into_iter().flat_map(|chunk| chunk.data).collect();
    assert_eq!(String::from_utf8_lossy(&data), "out\r\nerr\r\n");
    let lines = container.logs().await?.lines();
    let lines: Vec<_> = lines.map_ok(|line| line.to_string()).try_collect().await?;
    assert_eq!(lines, ["out", "err"], "a line ends with \\r\\n, too");
    Ok(())
}

/// Of a container that the harness has made, with a log driver that keeps bytes.
async fn any_bytes(docker: Docker) -> Result<()> {
    let container = docker.containers().get(name("bytes")).await?;
    let bytes = container.logs().await?.read_to_end(LIMIT).await?;
    assert_eq!(bytes, b"a\xff\x00\xc3(\n\x80");
    let mut lines = container.logs().await?.lines();
    assert_eq!(
        lines.try_next().await?.expect("a line").data,
        b"a\xff\x00\xc3("
    );
    assert_eq!(lines.try_next().await?.expect("a rest").data, b"\x80");
    assert!(lines.try_next().await?.is_none());
    Ok(())
}

/// A line of so many bytes, then a short one.
fn long(bytes: usize) -> String {
    format!("head -c {bytes} /dev/zero | tr '\\0' x; echo; echo short")
}

async fn a_long_line(docker: Docker) -> Result<()> {
    let length = 200_000;
    let container = ran(docker, "c", &long(length)).await?;
    let chunks: Vec<LogChunk> = container.logs().await?.try_collect().await?;
    assert!(
        chunks.iter().all(|chunk| chunk.data.len() <= 64 << 10),
        "a piece is at most 64 KiB"
    );
    let mut lines = container.logs().await?.lines();
    let line = lines.try_next().await?.expect("a line");
    assert_eq!(
        (line.data.len(), line.data.iter().all(|byte| *byte == b'x')),
        (length, true)
    );
    assert_eq!(lines.try_next().await?.expect("a line").text(), "short");
    assert!(lines.try_next().await?.is_none());
    Ok(())
}

async fn a_line_beyond_the_longest(docker: Docker) -> Result<()> {
    let surplus = 1_000;
    let container = ran(docker, "c", &long(dockwit::MAX_LINE_BYTES + surplus)).await?;
    let lines = container.logs().await?.lines();
    let lengths: Vec<_> = lines.map_ok(|line| line.data.len()).try_collect().await?;
    assert_eq!(lengths, [dockwit::MAX_LINE_BYTES, surplus, "short".len()]);
    Ok(())
}

/// Against an engine that splits where it likes.
async fn a_line_over_frames(docker: Docker) -> Result<()> {
    let container = docker.containers().get("split").await?;
    let lines = container.logs().await?.lines();
    let lines: Vec<_> = lines
        .map_ok(|line| format!("{}{line}", if line.is_stderr() { "!" } else { "" }))
        .try_collect()
        .await?;
    assert_eq!(lines, ["one", "!bad", "two", "", "three", "!worse"]);
    Ok(())
}

/// Reads lines that are a number each, always losing or winning against the timer, and tells how often it lost.
async fn race(logs: Logs, period: Duration, count: u32) -> Result<u32> {
    let mut lines = logs.await?.lines();
    let mut timer = interval(period);
    let (mut expected, mut lost) = (0, 0);
    loop {
        dockwit::select! {
            line = lines.next() => match line {
                Some(line) => {
                    assert_eq!(line?.text(), expected.to_string(), "every line once, in order");
                    expected += 1;
                }
                None => break,
            },
            _ = timer.next() => lost += 1,
        }
    }
    assert_eq!(expected, count, "every line");
    Ok(lost)
}

async fn every_line_beside_a_timer(docker: Docker) -> Result<()> {
    let script = "i=0; while [ $i -lt 300 ]; do echo $i; i=$((i+1)); usleep 3000; done";
    let container = started(docker, "c", script).await?;
    let lost = race(container.logs().follow(), Duration::from_millis(3), 300).await?;
    assert!(
        lost > 50,
        "the timer fires about as often as lines come: {lost}"
    );
    Ok(())
}

async fn every_line_of_a_flood_beside_a_timer(docker: Docker) -> Result<()> {
    const FLOOD: &str = "seq 0 19999";
    let logs = match Facts::of(docker).await?.follows_a_flood() {
        true => started(docker, "c", FLOOD).await?.logs().follow(),
        false => ran(docker, "c", FLOOD).await?.logs(),
    };
    let lost = race(logs, Duration::from_micros(50), 20_000).await?;
    assert!(lost > 0, "the timer fires");
    Ok(())
}

/// A container that writes one line and then nothing for ever.
const SILENT: &str = "echo ready; sleep 1000";

async fn dropped_while_following(docker: Docker) -> Result<()> {
    let mut input = stdin().lines();
    let container = started(docker, "c", SILENT).await?;
    let mut chunks = container.logs().follow().await?;
    chunks.try_next().await?.expect("it says that it is ready");
    println!("following");
    input.try_next().await?;
    drop(chunks);
    println!("dropped");
    input.try_next().await?;
    docker.ping().await?;
    Ok(())
}

async fn dropped_in_mid_read(docker: Docker) -> Result<()> {
    let mut input = stdin().lines();
    let container = started(docker, "c", SILENT).await?;
    let mut chunks = container.logs().follow().await?;
    chunks.try_next().await?.expect("it says that it is ready");
    let silence = timeout(Duration::from_millis(100), chunks.next()).await;
    assert!(silence.is_err(), "a read is in flight: {silence:?}");
    println!("following");
    input.try_next().await?;
    drop(chunks);
    println!("dropped");
    input.try_next().await?;
    docker.ping().await?;
    Ok(())
}

/// About 20 MB in lines of 1,000 bytes.
const MUCH: &str = "yes $(printf '%0999d' 7) | head -n 20000";

async fn held_back(docker: Docker) -> Result<()> {
    let mut input = stdin().lines();
    let container = ran(docker, "c", MUCH).await?;
    let mut chunks = container.logs().await?;
    let mut bytes = chunks.try_next().await?.expect("a first piece").data.len();
    println!("reading slowly");
    input.try_next().await?;
    while let Some(chunk) = chunks.try_next().await? {
        bytes += chunk.data.len();
    }
    assert_eq!(bytes, 20_000_000);
    Ok(())
}

async fn a_hundred_megabytes(docker: Docker) -> Result<()> {
    let script = "yes $(printf '%0999d' 7) | head -n 100000";
    let container = ran(docker, "c", script).await?;
    println!("begin");
    let mut chunks = container.logs().await?;
    let (mut bytes, mut ends) = (0, 0);
    while let Some(chunk) = chunks.try_next().await? {
        bytes += chunk.data.len();
        ends += chunk.data.iter().filter(|byte| **byte == b'\n').count();
    }
    println!("end");
    assert_eq!((bytes, ends), (100_000_000, 100_000));
    container.remove().await
}

async fn read_to_end_is_bounded(docker: Docker) -> Result<()> {
    let container = ran(docker, "c", "seq 1000").await?;
    let error = container.logs().await?.read_to_end(100).await.unwrap_err();
    assert!(error.is_quota(), "{error}");
    assert_eq!(error.limit(), Some("100"));
    docker.ping().await?;
    Ok(())
}

async fn of_a_container_that_never_ran(docker: Docker) -> Result<()> {
    let container = docker.containers().create(&shell("c", "echo out")).await?;
    assert_eq!(text(container.logs()).await?, "");
    Ok(())
}

async fn of_a_container_that_is_gone(docker: Docker) -> Result<()> {
    let container = ran(docker, "c", "echo out").await?;
    container.remove().await?;
    let error = container.logs().await.unwrap_err();
    assert!(error.is_not_found(), "{error}");
    assert_eq!((error.op(), error.status()), ("container.logs", Some(404)));
    Ok(())
}

async fn follow_from_two_sides(docker: Docker) -> Result<()> {
    let container = started(docker, "c", "for i in 1 2 3; do echo $i; sleep 0.2; done").await?;
    let (one, other) = dockwit::try_join!(
        text(container.logs().follow()),
        text(container.clone().logs().follow()),
    )?;
    assert_eq!((one.as_str(), other.as_str()), ("1\n2\n3\n", "1\n2\n3\n"));
    Ok(())
}
