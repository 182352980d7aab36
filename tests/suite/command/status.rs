//! What the command ends with, and what it says then.

use dockwit_tests::engine::Names;
use dockwit_tests::process::{Command, Output};

async fn ends(case: &str) -> Output {
    let names = Names::new(case);
    Command::run("guest_runtime", case, &names).output().await
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_the_plugins_own() {
    for (case, status) in [
        ("exit_success", 0),
        ("exit_three", 3),
        ("exit_set", 9),
        ("exit_process", 1),
    ] {
        let output = ends(case).await;
        assert_eq!(output.ended_with(status).stderr, "", "{case}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_is_one_line_and_the_status_1() {
    let output = ends("exit_error").await;
    let said = "error: plugin: as it is meant to\n";
    assert_eq!(output.ended_with(1).stderr, said);
    let output = ends("exit_engine_error").await;
    output
        .ended_with(1)
        .says("error: not found: containers.get: ");
    assert_eq!(output.stderr.lines().count(), 1);
    let output = ends("exit_set_and_error").await;
    assert_eq!(output.ended_with(9).stderr, said);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_is_a_trap_after_its_message() {
    let output = ends("panic").await;
    output.ended_with(134).says("as it is meant to");
    let (panic, report) = output
        .stderr
        .split_once("error: the plugin trapped: ")
        .expect("it is told");
    assert!(panic.contains("guest_runtime.rs"), "where it was");
    assert!(
        report.contains("\nhint: a panic ends like this"),
        "{report}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_plugin_prints_before_its_end_is_there() {
    let names = Names::new("it");
    let output = Command::run("tiny_create", "", &names).output().await;
    assert_eq!(output.ended_with(0).stdout, "created\n");
    assert_eq!(output.stderr, "");
}
