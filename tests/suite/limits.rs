//! The limits of a run: each is met, says which it is, and others go on beside it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use dockwit_host::runtime::End;
use dockwit_tests::asked::Asked;
use dockwit_tests::console::Console;
use dockwit_tests::plugin::{Ran, Test};
use dockwit_tests::scripted::Scripted;
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

const HOST_MEMORY: &str = "sandbox.host-memory = \"1MiB\"";

#[tokio::test(flavor = "multi_thread")]
async fn attack_135_limit_host_memory_of_snapshots() {
    let ran = under("snapshots", HOST_MEMORY).await;
    let kept: usize = told(ran.succeeded())["kept"].parse().expect("a number");
    assert!((5..200).contains(&kept), "{kept}");
    let refused = ran.audit().of("container.inspect");
    let refused = refused
        .iter()
        .find(|line| line["rule"] == "sandbox.host-memory");
    assert!(refused.is_some(), "{:?}", ran.audit().all());
}

#[tokio::test(flavor = "multi_thread")]
async fn attack_135_limit_host_memory_of_specs() {
    under("specs", HOST_MEMORY).await.succeeded();
}

/// A list without an end, whose length nobody announced, is not read on.
#[tokio::test(flavor = "multi_thread")]
async fn attack_135_limit_host_memory_of_a_list() {
    const ROW: &[u8] = br#"{"Id":"0123456789abcdef"},"#;
    let sent = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&sent);
    let engine = Scripted::start(move |_: Asked, mut connection: UnixStream| {
        let count = Arc::clone(&count);
        async move {
            let rows = ROW.repeat(100);
            let head = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n[";
            let mut sent = connection.write_all(head).await;
            while sent.is_ok() {
                count.fetch_add(rows.len(), Ordering::Relaxed);
                sent = connection.write_all(&rows).await;
            }
        }
    });
    let test = Test::new("limits", "list").client(engine.client());
    let ran = test.policy(HOST_MEMORY).without_ledger().run().await;
    ran.succeeded();
    // What lies in the socket was sent, too.
    let sent = sent.load(Ordering::Relaxed);
    assert!(sent < 3 << 20, "{sent} bytes");
}

/// Asks for something till it is refused, which a measurement that is some seconds old doesn't yet.
async fn refused_in_time(plugin: &mut Console, line: &str, how: &str) {
    let begun = Instant::now();
    loop {
        let answer = plugin.ask(line).await;
        if answer.starts_with(how) {
            return;
        }
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "{line}: {answer}"
        );
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// Makes a container that writes 3 MiB to a path, and runs it to its end.
async fn fills(plugin: &mut Console, name: &str, path: &str, options: &str) {
    let script = format!("sh='dd if=/dev/zero of={path} bs=1048576 count=3 2>/dev/null'");
    plugin
        .done(&format!("create {name} network=none {options} {script}"))
        .await;
    plugin.done(&format!("start {name}")).await;
    plugin.done(&format!("wait {name}")).await;
}

/// `limits.disk` is measured, so that what runs isn't held to it; nothing more is made or started.
#[tokio::test(flavor = "multi_thread")]
async fn attack_137_limit_disk() {
    const MET: &str = "quota limits.disk ";
    for (path, options) in [("/file", ""), ("/data/file", "volume=/data")] {
        let mut plugin = Console::of_its_own("limits.disk = \"2MiB\"\n").await;
        fills(&mut plugin, "c", path, options).await;
        refused_in_time(&mut plugin, "create - network=none", MET).await;
        plugin.refused("start c", MET).await;
        plugin.done("remove-all c").await;
        // There is room again once that is measured.
        let begun = Instant::now();
        while plugin.ask("create - network=none").await.starts_with(MET) {
            assert!(begun.elapsed() < Duration::from_secs(60));
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        plugin.end().await;
    }
}

/// Waits for the audit to tell that the host has stopped a container.
async fn stopped_by_the_host(plugin: &mut Console, id: &str) {
    let begun = Instant::now();
    loop {
        let lines = plugin.live().audit().all();
        if let Some(line) = lines.iter().find(|line| line["event"] == "stopped") {
            assert_eq!(line["rule"], "limits.container-time");
            assert_eq!(
                (&line["limit"], &line["outcome"]),
                (&"2s".into(), &"ok".into())
            );
            assert_eq!(line["object"]["id"], id);
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{lines:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn limit_container_time() {
    let mut plugin = Console::of_its_own("limits.container-time = \"2s\"\n").await;
    let id = plugin.done("create c network=none").await;
    let begun = Instant::now();
    plugin.done("start c").await;
    assert_eq!(plugin.done("wait c").await, "0", "it was asked to end");
    assert!(begun.elapsed() > Duration::from_secs(1));
    stopped_by_the_host(&mut plugin, &id).await;
    plugin.done("start c").await;
    plugin.end().await;
}

/// One that doesn't listen, and is started again whenever it ends, is killed and stays so.
#[tokio::test(flavor = "multi_thread")]
async fn limit_container_time_of_one_that_goes_on() {
    let keys = "create.persist = true\nlimits.container-time = \"2s\"\n";
    let mut plugin = Console::of_its_own(keys).await;
    let goes_on = "restart=always stop-timeout=1 sh='trap \"\" TERM; sleep 600 & wait; wait'";
    let id = plugin
        .done(&format!("create c network=none {goes_on}"))
        .await;
    plugin.done("start c").await;
    stopped_by_the_host(&mut plugin, &id).await;
    let state = &dockwit_tests::engine::Engine::under_test()
        .inspect(&id)
        .await["State"];
    assert_eq!(state["Running"], false, "{state}");
    plugin.end().await;
}

/// What an earlier run left running is held to today's limit.
#[tokio::test(flavor = "multi_thread")]
async fn limit_container_time_of_what_an_earlier_run_left() {
    let test = Console::test("limits.on-end = \"keep\"\n");
    let name = test.plugin_name().to_owned();
    let mut first = Console::begin(test).await;
    let id = first.done("create c network=none").await;
    first.done("start c").await;
    first.end().await;
    let test = Console::test("limits.container-time = \"2s\"\n").named(&name);
    let mut second = Console::begin(test).await;
    stopped_by_the_host(&mut second, &id).await;
    second.done("get c").await;
    second.done("remove c").await;
    second.end().await;
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
        "snapshots",
        "specs",
        "list",
    ];
    crate::cases::are_all_of("limits", &tests).await;
}
