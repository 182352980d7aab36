//! `dockwit run --plan`.

use dockwit_tests::engine::Names;
use dockwit_tests::process::Command;
use dockwit_tests::proxy::Proxy;

#[tokio::test(flavor = "multi_thread")]
async fn what_would_be_done_is_told_and_no_ledger_is_made() {
    let proxy = Proxy::start();
    let home = tempfile::tempdir().expect("a folder");
    let names = Names::new("planned");
    let options = [
        "--plan",
        "--set",
        "create.images=any",
        "--set",
        "create.names=[\"*\"]",
    ];
    let command = Command::run_with("tiny_create", "", &names, &options);
    let command = command
        .env("HOME", home.path())
        .env("DOCKER_HOST", proxy.address().to_string());
    let output = command.output().await;
    // It looks at what it made, which isn't there.
    output
        .ended_with(1)
        .says("plan: containers.create ")
        .says("error: not found: container.inspect: ");
    assert_eq!(proxy.changes(), 0, "nothing is sent");
    let ledger = home.path().join(".local/share/dockwit/ledger");
    assert!(!ledger.exists(), "nothing is written");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_has_no_audit_and_teaches_nothing() {
    let names = Names::new("planned");
    for other in [["--audit", "-"], ["--learn", "out.toml"]] {
        let options = [&["--plan"], &other[..]].concat();
        let output = Command::run_granted("tiny_nothing", "", &names, &options);
        output
            .output()
            .await
            .ended_with(125)
            .says("cannot be used with");
    }
}
