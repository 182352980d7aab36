//! Ctrl-C and SIGTERM: the plugin is asked to stop, and is ended if it doesn't.

use std::time::{Duration, Instant};

use dockwit_tests::engine::Names;
use dockwit_tests::process::{Command, Process};
use dockwit_tests::proxy::Proxy;
use dockwit_tests::{AT_ONCE, until};
use rustix::process::Signal;

use super::{PLUGIN, it};
use crate::writes::Slow;

/// Both signals, and the status of a command whose plugin had to be ended after them.
const SIGNALS: [(Signal, i32); 2] = [(Signal::INT, 130), (Signal::TERM, 143)];

/// Longer than any test runs.
const LONG: &str = "--grace=1h";

async fn ready(plugin: &str, case: &str, names: &Names, options: &[&str]) -> Process {
    let mut process = Command::run_with(plugin, case, names, options).start();
    process.expect("ready").await;
    process
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_is_asked_ends_as_it_likes() {
    for (signal, _) in SIGNALS {
        let names = Names::new("stop_is_asked");
        let mut process = ready("guest_runtime", "stop_is_asked", &names, &[LONG]).await;
        process.signal(signal);
        process.expect("asked").await;
        process.expect("there was time").await;
        let output = process.finish().await;
        output
            .ended_with(0)
            .says("dockwit: asked the plugin to stop; it has 1h, and a second signal ends it\n");
        assert_eq!(output.stderr.lines().count(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_is_asked_tidies_up() {
    for (signal, _) in SIGNALS {
        let names = Names::new("tidies_up");
        let mut process = ready(PLUGIN, "tidies_up", &names, &[LONG]).await;
        assert_eq!(it(&names).await["State"]["Running"], true);
        process.signal(signal);
        process.expect("removed").await;
        process.finish().await.ended_with(5);
        assert!(it(&names).await.is_null(), "its container is gone");
    }
}

/// Runs a case that doesn't stop, and asks it to: it has its time, and no more.
async fn is_ended(plugin: &str, case: &str, options: &[&str]) {
    const GRACE: Duration = Duration::from_millis(700);
    for (signal, status) in SIGNALS {
        let names = Names::new(case);
        let options = [options, &["--grace=700ms"]].concat();
        let process = ready(plugin, case, &names, &options).await;
        let asked = Instant::now();
        process.signal(signal);
        let output = process.finish().await;
        let took = asked.elapsed();
        assert!(took >= GRACE, "it has had its time: {took:?}");
        assert!(took < GRACE + AT_ONCE, "it is ended: {took:?}");
        output
            .ended_with(status)
            .says("error: the plugin didn't stop within its grace period and was ended\n")
            .says(
                "hint: a plugin learns of it by `stop_requested()`; --grace gives it more time\n",
            );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_waits_for_something_else_is_ended() {
    is_ended("guest_runtime", "stop_is_ignored", &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_only_computes_is_ended() {
    is_ended("guest_runtime", "stop_in_an_endless_loop", &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_follows_logs_is_ended_and_its_connection_closed() {
    let proxy = Proxy::start();
    let address = proxy.address().to_string();
    is_ended(PLUGIN, "follows_on", &["--engine", &address]).await;
    until("the connections are closed", || proxy.connections() == 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_waits_for_input_is_ended() {
    let case = "stdin_bytes_beside_a_timer";
    let names = Names::new(case);
    let mut process = ready("guest_runtime", case, &names, &["--grace=100ms"]).await;
    process.signal(Signal::TERM);
    process.ends_within(AT_ONCE).await;
    process.finish().await.ended_with(143);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_ends_it_at_once() {
    for (signal, status) in SIGNALS {
        let names = Names::new("stop_is_ignored");
        let mut process = ready("guest_runtime", "stop_is_ignored", &names, &[LONG]).await;
        process.signal(signal);
        process.until_it_says("asked the plugin to stop").await;
        process.signal(Signal::INT);
        process.ends_within(AT_ONCE).await;
        let output = process.finish().await;
        output
            .ended_with(status)
            .says("dockwit: ended the plugin\n");
    }
}

/// A plugin whose output nobody reads is stopped like any other.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_pipe_keeps_nothing_from_being_ended() {
    let names = Names::new("prints_on");
    let mut process = Command::run_with(PLUGIN, "prints_on", &names, &["--grace=100ms"]).start();
    process.expect("a line").await;
    // The time in which it fills the pipe; if it were too short, the test would only see less.
    tokio::time::sleep(Duration::from_millis(500)).await;
    process.signal(Signal::TERM);
    process.ends_within(AT_ONCE).await;
    let output = process.finish().await;
    output.ended_with(143).says("the plugin didn't stop");
    assert!(output.stdout.len() > 10_000, "the pipe was full");
}

/// Signals a plugin that has a start under way, until it is ended; the engine hasn't answered yet.
async fn ended_in_mid_write(slow: &Slow, names: &Names) -> Process {
    let options = [LONG, "--engine", &slow.address()];
    let mut process = Command::run_with("writes", "start_stopped", names, &options).start();
    process.expect("dropped").await;
    slow.asked().await;
    process.signal(Signal::INT);
    process.until_it_says("asked the plugin to stop").await;
    process.signal(Signal::INT);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(process.is_alive(), "it waits for what it has sent");
    assert!(!slow.abandoned(), "which goes on");
    process
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_to_the_engine_is_finished_first() {
    let slow = Slow::new("/start");
    let names = Names::new("start_stopped");
    let mut process = ended_in_mid_write(&slow, &names).await;
    slow.release();
    process.ends_within(AT_ONCE).await;
    let output = process.finish().await;
    output.ended_with(130).says("dockwit: ended the plugin\n");
    assert!(!slow.abandoned(), "the engine has answered");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_third_signal_does_not_wait_for_that() {
    let slow = Slow::new("/start");
    let names = Names::new("start_stopped");
    let mut process = ended_in_mid_write(&slow, &names).await;
    process.signal(Signal::TERM);
    process.ends_within(AT_ONCE).await;
    let output = process.finish().await;
    output
        .ended_with(130)
        .says("dockwit: left what the plugin has sent to the engine; the next run looks what became of it\n");
    until("the connection is closed", || slow.abandoned()).await;
}
