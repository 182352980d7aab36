//! What a plugin is told of a refusal: `detail`.

use dockwit_host::policy::{Grants, Missing, Verb};
use dockwit_tests::console::Console;

/// A plugin that isn't trusted learns nothing of the policy from what it is refused; the audit has all of it.
#[tokio::test(flavor = "multi_thread")]
async fn minimal_tells_the_plugin_the_kind_alone_and_the_audit_the_rest() {
    let keys = "detail = \"minimal\"\nlimits.containers = 1\ncreate.memory = \"64MiB\"";
    let verbs = Verb::all().filter(|verb| *verb != Verb::ContainerPause);
    let grants = Grants::of(verbs).missing(Missing::Deny);
    let mut plugin = Console::begin(Console::test(keys).grants(grants)).await;
    let denied = "denied - it isn't allowed";
    let memory = plugin.ask("create big memory=65m network=none").await;
    assert_eq!(memory, denied);
    plugin.done("create one network=none").await;
    assert_eq!(plugin.ask("pause one").await, denied);
    let quota = plugin.ask("create two network=none").await;
    assert_eq!(quota, "quota - a limit of this run is met");
    let ran = plugin.end().await;
    let refused = ran.audit().all();
    let refused = refused.iter().filter(|line| line["event"] == "refused");
    let told: Vec<_> = refused
        .map(|line| (line["rule"].as_str(), line["limit"].as_str().is_some()))
        .collect();
    let expected = [
        (Some("create.memory"), true),
        (Some("allow"), false),
        (Some("limits.containers"), true),
    ];
    assert_eq!(told, expected);
}
