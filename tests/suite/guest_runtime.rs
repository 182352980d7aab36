//! The run of a plugin: time, input, arguments, several things at once, and its end.

use std::time::{Duration, Instant};

use dockwit_host::runtime::End;
use dockwit_tests::AT_ONCE;
use dockwit_tests::plugin::{Ran, Test};
use tokio_util::sync::CancellationToken;

use crate::cases::{cases, told};

cases! { "guest_runtime":
    sleep_waits,
    sleeps_are_concurrent,
    a_thousand_sleeps,
    sleep_beside_calls,
    timeout_ends_what_takes_too_long,
    timeout_lets_through,
    an_interval_keeps_its_beat,
    stdin_closed,
    a_hundred_calls,
    clones,
    a_dropped_call,
    not_asked_to_stop,
    two_at_once_are_not_twice_as_long,
    nothing_of_wasi;
    own: stdin_lines, stdin_bytes_beside_a_timer, stdin_dropped_in_mid_read, stdin_beside_calls, args_and_env, stop_is_asked,
    stop_is_ignored, stop_in_an_endless_loop
}

fn test(case: &str) -> Test {
    Test::new("guest_runtime", case)
}

#[tokio::test(flavor = "multi_thread")]
async fn stdin_lines() {
    let ran = test("stdin_lines")
        .stdin("one\r\n\ntw\u{f6}\nlast")
        .run()
        .await;
    assert_eq!(told(ran.succeeded())["lines"], "one||tw\u{f6}|last");
}

#[tokio::test(flavor = "multi_thread")]
async fn stdin_bytes_beside_a_timer() {
    let mut live = test("stdin_bytes_beside_a_timer").begin().await;
    live.expect("ready").await;
    for number in 0..2_000_u32 {
        live.give(&number.to_le_bytes()).await;
        if number % 10 == 0 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
    live.finish().await.succeeded();
}

#[tokio::test(flavor = "multi_thread")]
async fn stdin_dropped_in_mid_read() {
    let mut live = test("stdin_dropped_in_mid_read").begin().await;
    live.expect("dropped").await;
    live.finish().await.succeeded();
}

#[tokio::test(flavor = "multi_thread")]
async fn stdin_beside_calls() {
    let mut live = test("stdin_beside_calls").begin().await;
    live.expect("ready").await;
    live.expect("ten calls").await;
    live.go().await;
    live.finish().await.succeeded();
}

#[tokio::test(flavor = "multi_thread")]
async fn args_and_env() {
    let ran = test("args_and_env")
        .arg("")
        .arg("two words")
        .arg("--flag=\u{fc}")
        .env("GREETING", "gr\u{fc}\u{df}e")
        .run()
        .await;
    let told = told(ran.succeeded());
    assert_eq!(
        told["args"],
        "guest_runtime|args_and_env||two words|--flag=\u{fc}"
    );
    assert_eq!(
        told["env"], "ENGINE|GREETING|IMAGE|PREFIX",
        "nothing of the machine's own"
    );
    assert_eq!(told["GREETING"], "gr\u{fc}\u{df}e");
}

/// Runs to an end of the plugin's own choice.
async fn ends(case: &str) -> (Ran, Option<u8>) {
    let ran = test(case).run().await;
    let status = ran.outcome().exit_status;
    (ran, status)
}

#[tokio::test(flavor = "multi_thread")]
async fn exits_with_success() {
    let (ran, status) = ends("exit_success").await;
    assert!(matches!(ran.outcome().end, End::Success) && ran.outcome().success());
    assert_eq!((status, ran.stderr()), (None, ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn exits_with_a_status() {
    let (ran, status) = ends("exit_three").await;
    assert!(matches!(ran.outcome().end, End::Failure) && !ran.outcome().success());
    assert_eq!((status, ran.stderr()), (Some(3), ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn exits_with_a_status_that_was_set_before() {
    let (ran, status) = ends("exit_set").await;
    assert!(matches!(ran.outcome().end, End::Success) && !ran.outcome().success());
    assert_eq!(status, Some(9));
    let (ran, status) = ends("exit_set_and_error").await;
    assert!(matches!(ran.outcome().end, End::Failure));
    assert_eq!(status, Some(9));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_is_printed_once() {
    let (ran, status) = ends("exit_error").await;
    assert!(matches!(ran.outcome().end, End::Failure));
    assert_eq!(
        (status, ran.stderr()),
        (None, "error: plugin: as it is meant to\n")
    );
    let (ran, _) = ends("exit_engine_error").await;
    assert_eq!(ran.stderr().lines().count(), 1);
    assert!(
        ran.stderr()
            .starts_with("error: not found: containers.get: ")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_exits_fails() {
    let (ran, status) = ends("exit_process").await;
    assert!(
        matches!(ran.outcome().end, End::Failure),
        "{:?}",
        ran.outcome()
    );
    assert_eq!(status, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_is_a_trap_with_a_message() {
    let (ran, _) = ends("panic").await;
    assert!(
        matches!(ran.outcome().end, End::Trapped(_)),
        "{:?}",
        ran.outcome()
    );
    assert!(!ran.outcome().success());
    assert!(
        ran.stderr().contains("as it is meant to"),
        "the message is to be read"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn stop_is_asked() {
    let stop = CancellationToken::new();
    let mut live = test("stop_is_asked")
        .stop(stop.clone(), Duration::from_secs(60))
        .begin()
        .await;
    live.expect("ready").await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!live.is_over());
    stop.cancel();
    live.expect("asked").await;
    let ran = live.finish().await;
    assert!(ran.succeeded().stdout().ends_with("there was time\n"));
}

/// A plugin that was asked to stop, and doesn't, is ended: after its time, and not before.
async fn is_ended(case: &str) {
    let grace = Duration::from_millis(500);
    let stop = CancellationToken::new();
    let mut live = test(case).stop(stop.clone(), grace).begin().await;
    live.expect("ready").await;
    tokio::time::sleep(grace * 2).await;
    assert!(!live.is_over(), "nobody has asked it");
    let asked = Instant::now();
    stop.cancel();
    let ran = live.finish().await;
    assert!(
        matches!(ran.outcome().end, End::Ended),
        "{:?}",
        ran.outcome()
    );
    assert!(
        asked.elapsed() >= grace,
        "it has had its time: {:?}",
        asked.elapsed()
    );
    assert!(
        asked.elapsed() < grace + AT_ONCE,
        "it is ended: {:?}",
        asked.elapsed()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn stop_is_ignored() {
    is_ended("stop_is_ignored").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stop_in_an_endless_loop() {
    is_ended("stop_in_an_endless_loop").await;
}

/// Plugins that only compute don't hold up one that waits, though there are more of them than processors.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn endless_loops_let_others_have_their_turn() {
    let stop = CancellationToken::new();
    let mut loops = Vec::new();
    for _ in 0..4 {
        let test = test("stop_in_an_endless_loop").stop(stop.clone(), Duration::ZERO);
        loops.push(test.begin().await);
    }
    for live in &mut loops {
        live.expect("ready").await;
    }
    test("sleeps_are_concurrent").run().await.outcome();
    test("timeout_lets_through").run().await.succeeded();
    stop.cancel();
    for live in loops {
        assert!(matches!(live.finish().await.outcome().end, End::Ended));
    }
}
