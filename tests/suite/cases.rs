//! Tests that are cases of a plugin.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use dockwit_tests::plugin::{Ran, Test};

/// Makes a test of each case of a plugin: it must succeed. What the harness sees of it with its own eyes is checked
/// besides: by an `async fn(&Ran)`, or by an expression on what the engine itself says of the container `it`.
///
/// One more test compares the cases with those that the plugin has, so that none is left out. Cases after `own:` have
/// tests that are written out.
macro_rules! cases {
    (
        $plugin:literal:
        $($case:ident $(=> $check:path)? $(: |$it:ident| $seen:expr)?),* $(,)?
        $(; own: $($own:ident),* $(,)?)?
    ) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                let ran = dockwit_tests::plugin::Test::new($plugin, stringify!($case)).run().await;
                ran.succeeded();
                $($check(&ran).await;)?
                $(
                    let $it = crate::cases::it(&ran).await;
                    $seen;
                )?
            }
        )*

        #[tokio::test(flavor = "multi_thread")]
        async fn every_case_has_a_test() {
            let tests = [$(stringify!($case),)* $($(stringify!($own),)*)?];
            crate::cases::are_all_of($plugin, &tests).await;
        }
    };
}

pub(crate) use cases;

/// What the engine says of the run's container `it`.
pub(crate) async fn it(ran: &Ran) -> serde_json::Value {
    let it = dockwit_tests::engine::Engine::under_test()
        .inspect(&ran.names().name("it"))
        .await;
    assert!(!it.is_null(), "there is a container `it`");
    it
}

/// What the plugin told: values by their keys.
pub(crate) fn told(ran: &Ran) -> BTreeMap<&str, &str> {
    ran.stdout()
        .lines()
        .filter_map(|line| line.split_once('='))
        .collect()
}

async fn list_of(plugin: &str) -> Ran {
    Test::new(plugin, "--list").without_ledger().run().await
}

/// Compares the cases that have a test with those that the plugin has.
pub(crate) async fn are_all_of(plugin: &str, tests: &[&str]) {
    let ran = list_of(plugin).await;
    let cases: BTreeSet<&str> = ran.succeeded().stdout().lines().collect();
    let tests: BTreeSet<&str> = tests.iter().copied().collect();
    assert_eq!(cases, tests, "the cases of {plugin}, and its tests");
}

/// Checks that a plugin has a case named as each function of a resource, so that a new one can't go without.
pub(crate) async fn has_each_function_of(plugin: &str, resource: &str) {
    let method = format!("[method]{resource}.");
    let functions = functions(|_, name| name.strip_prefix(&method).map(str::to_owned));
    has_each_of(plugin, functions).await;
}

/// Checks that a plugin has a case named as each function of an interface.
pub(crate) async fn has_each_function_of_interface(plugin: &str, interface: &str) {
    let functions = functions(|of, name| (of == interface).then(|| name.to_owned()));
    has_each_of(plugin, functions).await;
}

/// Functions of the WIT, by what becomes of the names of their interfaces and their own.
fn functions(pick: impl Fn(&str, &str) -> Option<String>) -> BTreeSet<String> {
    let mut resolve = wit_parser::Resolve::default();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
    resolve.push_dir(folder).expect("the WIT parses");
    let mut functions = BTreeSet::new();
    for (_, interface) in &resolve.interfaces {
        let of = interface.name.as_deref().unwrap_or_default();
        let names = interface.functions.keys();
        let picked = names.filter_map(|name| pick(of, name));
        functions.extend(picked.map(|name| name.replace('-', "_")));
    }
    functions
}

async fn has_each_of(plugin: &str, functions: BTreeSet<String>) {
    assert!(functions.len() > 5, "the walk sees them: {functions:?}");
    let ran = list_of(plugin).await;
    let cases: BTreeSet<String> = ran.stdout().lines().map(str::to_owned).collect();
    let without: Vec<_> = functions.difference(&cases).collect();
    assert!(without.is_empty(), "functions without a case: {without:?}");
}
