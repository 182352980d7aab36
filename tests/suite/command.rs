//! The command `dockwit`, run as people run it, on a real engine. What it says without one is tested beside it.

mod cache;
mod engine;
mod inspect;
mod learn;
mod machine;
mod pin;
mod plan;
mod refusal;
mod reread;
mod secret;
mod status;
mod stop;

use dockwit_tests::engine::{Engine, Names};
use dockwit_tests::process::{Command, Output};
use serde_json::Value;

use crate::cases::are_all_of;

/// The plugin that is there for these tests.
const PLUGIN: &str = "command";

/// Runs a case of it to its end, with these options.
async fn run(case: &str, options: &[&str]) -> (Output, Names) {
    let names = Names::new(case);
    let output = Command::run_with(PLUGIN, case, &names, options);
    (output.output().await, names)
}

/// What the engine says of the case's container.
async fn it(names: &Names) -> Value {
    Engine::under_test().inspect(&names.name("it")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_case_has_a_test() {
    let tests = [
        "writes_a_file",
        "only_reads_files",
        "stays_in_its_folder",
        "has_no_folder",
        "has_no_network",
        "copies_its_input",
        "prints_until_it_fails",
        "prints_on",
        "tidies_up",
        "follows_on",
        "gets_on_with_less",
    ];
    are_all_of(PLUGIN, &tests).await;
}
