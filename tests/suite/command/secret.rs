//! Variables that the host adds, and what a plugin comes to know of them.

use std::path::Path;

use dockwit_tests::engine::{Engine, Names};
use dockwit_tests::plugin::{file, own_name};
use dockwit_tests::process::{Command, Output};

/// A word that occurs nowhere else.
const SECRET: &str = "hunter2-is-in-the-container";

/// Runs the plugin `console` under a policy, and has it make a container tell its environment.
async fn run(folder: &Path, reachable: &str) -> Output {
    let accepted = Engine::under_test().accepted();
    let policy = folder.join("policy.toml");
    let text = format!(
        "version = 1\nplugin = \"{}\"\nmissing = \"deny\"\n{accepted}\n\
         allow = [\"containers.create\", \"container.start\", \"container.wait\", \"container.logs\"]\n\
         [create]\nimages = \"any\"\nenv.DB_PASSWORD = {{ from = {{ env = \"DEV_DB_PW\" }}{reachable} }}\n\
         [wasi]\nenv = [\"IMAGE\", \"PREFIX\"]\n",
        own_name()
    );
    std::fs::write(&policy, text).expect("it is written");
    let plugin = file("console");
    let ledger = folder.join("ledger");
    let args = [
        "run".as_ref(),
        plugin.as_os_str(),
        "--policy".as_ref(),
        policy.as_os_str(),
        "--ledger".as_ref(),
        ledger.as_os_str(),
    ];
    let names = Names::new("secret");
    let command = Command::new(args)
        .env("IMAGE", Engine::under_test().image())
        .env("PREFIX", names.prefix())
        .env("DEV_DB_PW", SECRET);
    let script = "create c network=none 'sh=echo it is $DB_PASSWORD'\nstart c\nwait c\nlogs c\n\
                  create d network=none env=DB_PASSWORD:mine\n";
    command.start().finish_with(script.as_bytes()).await
}

/// `create.env.NAME.reachable` says that the plugin can come to know the value.
#[tokio::test(flavor = "multi_thread")]
async fn attack_119_a_container_tells_a_secret_only_if_that_is_said() {
    let folder = tempfile::tempdir().expect("a folder");
    let told = run(folder.path(), ", reachable = true").await;
    let lines: Vec<_> = told.ended_with(0).stdout.lines().collect();
    assert_eq!(lines[4], format!("it is {SECRET}\\n"), "{lines:?}");
    assert!(lines[5].starts_with("denied create.env"), "{lines:?}");

    let refused = run(folder.path(), "").await;
    refused
        .ended_with(125)
        .says("policy.toml:8:5: the plugin can come to know the value of DB_PASSWORD by container.logs")
        .says("say reachable = true if it may");
    assert!(!refused.stderr.contains(SECRET), "{}", refused.stderr);
    assert_eq!(refused.stdout, "", "it isn't started");
}
