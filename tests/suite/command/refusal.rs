//! What isn't granted: refused before the plugin starts, or when it calls.

use dockwit_host::policy::Verb;
use dockwit_tests::engine::Names;
use dockwit_tests::plugin::file;
use dockwit_tests::process::{Command, Output};
use dockwit_tests::proxy::Proxy;

use super::{PLUGIN, it};

/// Runs `every_function`, which asks for all that there is, with these grants.
async fn asks_for_everything(granted: &str, proxy: &Proxy) -> Output {
    let names = Names::new("everything");
    let address = proxy.address().to_string();
    let options = ["--allow", granted, "--engine", &address];
    let command = Command::run_granted("every_function", "system.ping", &names, &options);
    command.output().await
}

/// The words of `--allow` in the hint.
fn hint(output: &Output) -> String {
    let hint = output.stderr.lines().find_map(|line| {
        let words = line.strip_prefix("hint: add --allow ")?;
        words.split_whitespace().next()
    });
    hint.expect("it is told what to add").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_is_missing_is_told_before_the_engine_hears_anything() {
    let granted = [Verb::SystemPing, Verb::ContainersList];
    let missing = Verb::all().filter(|verb| !granted.contains(verb));
    let missing: Vec<_> = missing.map(Verb::name).collect();
    let proxy = Proxy::start();
    let output = asks_for_everything("system.ping,containers.list", &proxy).await;
    output
        .ended_with(125)
        .says("error: the plugin wasn't started, since it asks for what isn't granted:\n");
    let told = output
        .stderr
        .lines()
        .filter_map(|line| line.strip_prefix("  "));
    let told: Vec<_> = told.filter_map(|line| line.split_once("  ")).collect();
    let names: Vec<_> = told.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, missing, "each, in the order of the interface");
    assert!(told.iter().all(|(_, words)| !words.trim().is_empty()));
    assert_eq!(hint(&output), missing.join(","));
    assert_eq!((proxy.opened(), proxy.sent()), (0, 0), "nothing is sent");
    assert_eq!(output.stdout, "", "it isn't started");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_flag_that_the_hint_names_is_enough() {
    let names = Names::new("it");
    let grant = |words: &[&str]| {
        let options: Vec<_> = words.iter().flat_map(|words| ["--allow", words]).collect();
        Command::run_wide("tiny_create", "", &names, &options).output()
    };
    let refused = grant(&["containers.create"]).await;
    let hint = hint(refused.ended_with(125));
    assert_eq!(hint, "container.inspect,container.remove");
    let one = grant(&["containers.create,container.inspect"]).await;
    assert_eq!(self::hint(one.ended_with(125)), "container.remove");
    let started = grant(&["containers.create", &hint]).await;
    assert_eq!(started.ended_with(0).stdout, "created\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_any_grant_only_a_plugin_starts_that_asks_for_nothing() {
    let run = async |plugin: &str| {
        let run =
            ["run".as_ref(), file(plugin).into_os_string().as_os_str()].map(ToOwned::to_owned);
        Command::new(run).output().await
    };
    assert_eq!(run("tiny_nothing").await.ended_with(0).stdout, "nothing\n");
    let refused = run("tiny_ping").await;
    assert_eq!(hint(refused.ended_with(125)), "system.ping");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_may_be_started_with_less() {
    let names = Names::new("gets_on_with_less");
    let options = ["--allow", "containers.create", "--partial"];
    let command = Command::run_wide(PLUGIN, "gets_on_with_less", &names, &options);
    let output = command.output().await;
    output
        .ended_with(1)
        .says("error: denied: container.inspect: ");
    let told: Vec<_> = output.stdout.lines().collect();
    assert_eq!(told[..2], ["can-inspect=false", "can-create=true"]);
    assert!(told[2].starts_with("add="), "{told:?}");
    assert!(told[2].contains("container.inspect"), "{told:?}");
    let it = it(&names).await;
    assert_eq!(it["State"]["Status"], "created", "what is granted is done");
}
