//! Where filters of HTTP lose: the host builds each request, and what a plugin gives stays a value.

use dockwit_tests::console::Console;

use super::{attacker, seen};

/// The interface's functions, as `container.top`, with the names of their parameters.
fn functions() -> Vec<(String, Vec<String>)> {
    let mut resolve = wit_parser::Resolve::default();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
    resolve.push_dir(folder).expect("the WIT parses");
    let mut functions = Vec::new();
    for (_, interface) in &resolve.interfaces {
        for function in interface.functions.values() {
            let parameters = function
                .params
                .iter()
                .map(|parameter| parameter.name.clone());
            functions.push((function.name.clone(), parameters.collect()));
        }
    }
    assert!(functions.len() > 100, "the walk sees them");
    functions
}

fn parameters(function: &str) -> Vec<String> {
    let functions = functions();
    let found = functions.into_iter().find(|(name, _)| name == function);
    found.expect("there is such a function").1
}

/// A start has no host configuration, and `top` no arguments for `ps`.
#[test]
fn attack_054_and_063_a_start_and_a_list_of_processes_take_nothing_else() {
    assert_eq!(parameters("[method]container.start"), ["self", "options"]);
    assert_eq!(parameters("[method]container.top"), ["self"]);
}

/// What there is no function for, no plugin can ask for.
#[test]
fn attack_072_074_and_107_there_is_no_such_function() {
    for (name, _) in functions() {
        for word in ["prune", "checkpoint", "debug", "pprof", "session", "grpc"] {
            assert!(!name.contains(word), "{name}");
        }
    }
}

/// Of the engine itself there are groups of typed values, and no text of its own.
#[test]
fn attack_106_the_engine_tells_groups() {
    let functions = functions();
    let groups = functions
        .iter()
        .filter_map(|(name, _)| name.strip_prefix("[method]system-info."));
    let groups: Vec<_> = groups.collect();
    assert!(groups.contains(&"identity"), "{groups:?}");
    assert!(
        !groups.iter().any(|group| group.contains("json")),
        "{groups:?}"
    );
}

/// A reference is one segment of a path, and a value one value: neither is a way to another endpoint or parameter.
#[tokio::test(flavor = "multi_thread")]
async fn attack_109_and_111_a_value_is_no_other_parameter_and_no_other_path() {
    let mut plugin = Console::of_its_own("scope.containers = \"all\"").await;
    for reference in [
        "json", "../json", "%2e%2e", "x/json", "x?all=1", "x#y", "//", ".",
    ] {
        let told = plugin.ask(&format!("get '{reference}'")).await;
        let refused = ["not found", "invalid"];
        assert!(
            refused.iter().any(|how| told.starts_with(how)),
            "{reference}: {told}"
        );
    }
    let id = plugin.done("create c network=none").await;
    for name in ["a&name=b", "a%26b", "a b", "a\u{17f}b"] {
        plugin
            .refused(&format!("rename c '{name}'"), "invalid")
            .await;
    }
    let name = seen(&id).await["Name"].clone();
    assert!(
        name.as_str().is_some_and(|name| name.ends_with("_c")),
        "{name}"
    );
    plugin.end().await;
}

/// Keys and values are JSON of the host's, whatever is in them.
#[tokio::test(flavor = "multi_thread")]
async fn attack_110_and_112_odd_characters_stay_in_their_values() {
    let mut plugin = attacker("create.labels = [\"*\"]").await;
    let nasty = "\"},\"HostConfig\":{\"Privileged\":true},\"x\":{\"y";
    let line = format!("create c network=none 'label=k:{nasty}' env=hostconfig:\u{1b}[31m");
    let id = plugin.done(&line).await;
    let it = seen(&id).await;
    assert_eq!(it["Config"]["Labels"]["k"], nasty);
    assert_eq!(it["HostConfig"]["Privileged"], false);
    plugin.end().await;
}
