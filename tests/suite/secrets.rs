//! Environments and command lines: told as far as the policy shows them, wherever they occur.

use dockwit_host::policy::Missing;
use dockwit_host::policy::{Grants, Verb};
use dockwit_tests::plugin::{Ran, Test};

/// A word that occurs nowhere else.
const MARKER: &str = "hunter2-is-the-secret";

async fn told(keys: &str) -> Ran {
    let all = Grants::of(Verb::all()).missing(Missing::Deny);
    let test = Test::new("secrets", "all_that_is_told").grants(all);
    let ran = test.env("MARKER", MARKER).policy(keys).run().await;
    ran.succeeded();
    ran
}

/// `show.env` and `show.args` are the keys that grant it.
#[tokio::test(flavor = "multi_thread")]
async fn attack_118_secrets_are_hidden_wherever_they_occur() {
    let ran = told("").await;
    let leaks: Vec<_> = ran
        .stdout()
        .lines()
        .filter(|line| line.contains(MARKER))
        .collect();
    assert!(leaks.is_empty(), "{leaks:#?}");
    assert!(ran.stdout().contains("\"SECRET\""), "the name is told");
    assert!(
        ran.stdout().ends_with("Some(\"show\")\n"),
        "{}",
        ran.stdout()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_hidden_where_the_policy_shows_nothing() {
    let ran = told("show.env = \"none\"").await;
    assert!(!ran.stdout().contains("SECRET"), "{}", ran.stdout());
}

/// The control: each place that is searched does hold the secret.
#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_told_where_the_policy_shows_them() {
    let ran = told("show = { env = \"values\", args = \"all\" }").await;
    let places = ran.stdout().lines().filter(|line| line.contains(MARKER));
    let places = places.count();
    // Command, environment, health check, processes, row, the engine's own text; and health where checks are run.
    assert!(places >= 6, "{places} places: {}", ran.stdout());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_case_has_a_test() {
    crate::cases::are_all_of("secrets", &["all_that_is_told"]).await;
}
