//! A plugin's binary says what it can ask for: what it never calls, it doesn't import, down to the single option and group.

use dockwit_host::policy::Part;
use dockwit_host::runtime::{Imports, RunExport};
use dockwit_tests::plugin::{Test, file};

fn read(plugin: &str) -> Imports {
    let bytes = std::fs::read(file(plugin)).expect("the plugin is built");
    Imports::read(&bytes).expect("it can be read")
}

/// Compares what a plugin can ask for, set and read with what it says in its source.
#[track_caller]
fn asks_for(plugin: &str, verbs: &[&str], setters: &[&str], groups: &[&str]) {
    let imports = read(plugin);
    let names = |parts: &[&'static Part]| parts.iter().map(|part| part.name()).collect::<Vec<_>>();
    let asked: Vec<_> = imports.verbs().iter().map(|verb| verb.name()).collect();
    assert_eq!(asked, verbs, "what it can ask for");
    assert_eq!(names(imports.setters()), setters, "what it can set");
    assert_eq!(names(imports.groups()), groups, "what it can read");
    assert_eq!(imports.unknown(), [], "nothing that the host lacks");
    assert_eq!(imports.refused_wasi(), [], "nothing that no plugin gets");
    assert_eq!(imports.run_export(), RunExport::V03);
}

#[test]
fn of_a_plugin_that_asks_for_nothing() {
    asks_for("tiny_nothing", &[], &[], &[]);
}

#[test]
fn of_one_function() {
    asks_for("tiny_ping", &["system.ping"], &[], &[]);
}

#[test]
fn of_two_options_and_one_group() {
    asks_for(
        "tiny_create",
        &["container.inspect", "container.remove", "containers.create"],
        &["container-spec.set-name", "container-spec.set-memory"],
        &["container-details.state"],
    );
}

#[test]
fn of_a_builder_that_leads_to_two_functions() {
    asks_for(
        "tiny_stats",
        &["container.stats-stream", "containers.get"],
        &[],
        &[],
    );
}

#[test]
fn of_one_group_of_the_engine() {
    asks_for("tiny_info", &["system.info"], &[], &["system-info.counts"]);
}

#[test]
fn of_two_powers_over_the_machine() {
    asks_for(
        "tiny_privileged",
        &["container.remove", "containers.create"],
        &["container-spec.set-name"],
        &[],
    );
    let imports = read("tiny_privileged");
    let powers: Vec<_> = imports.powers().iter().map(|part| part.name()).collect();
    assert_eq!(
        powers,
        ["host-access.set-privileged", "host-access.add-bind"]
    );
    assert!(read("tiny_create").powers().is_empty());
}

#[test]
fn of_an_update() {
    asks_for(
        "tiny_update",
        &["container.update", "containers.list", "containers.open"],
        &["update-spec.set-pids-limit"],
        &[],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn small_plugins_run_as_they_are() {
    let ran = Test::new("tiny_nothing", "").run().await;
    assert_eq!(ran.succeeded().stdout(), "nothing\n");
    let ran = Test::new("tiny_ping", "").run().await;
    assert!(ran.succeeded().stdout().contains('.'), "a version");
    let ran = Test::new("tiny_create", "").run().await;
    assert_eq!(ran.succeeded().stdout(), "created\n");
    let ran = Test::new("tiny_info", "").run().await;
    assert!(
        ran.succeeded().stdout().trim().parse::<u64>().is_ok(),
        "a number"
    );
}
