//! A policy that is narrowed while its run goes on: what is narrower holds for the next call, and ends what flows; what is wider
//! waits for the next run.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use dockwit_host::policy::{Grants, Missing, Narrowed, Policy, Verb};
use dockwit_host::runtime::{End, NarrowError};
use dockwit_tests::console::{Console, MAKES};
use dockwit_tests::engine::{Engine, Names};
use dockwit_tests::meddling::Meddling;
use dockwit_tests::plugin::all_but;
use dockwit_tests::until;
use serde_json::json;

use crate::scope::foreign;

/// A policy of the console's plugin with these keys, that grants all but these verbs.
fn newer(console: &mut Console, keys: &str, but: &[Verb]) -> Policy {
    let now = console.live().policy().now().expect("it runs");
    let text = format!("version = 1\nplugin = \"{}\"\n{MAKES}{keys}", now.plugin());
    let policy = Policy::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    policy
        .with_grants(all_but(but).missing(Missing::Deny))
        .with_accept_unenforced(now.accept_unenforced().clone())
}

fn narrow(console: &mut Console, keys: &str, but: &[Verb]) -> Narrowed {
    let newer = newer(console, keys, but);
    let narrowed = console.live().policy().narrow(&newer);
    narrowed.expect("it is the plugin's")
}

/// The ways in which something of a container flows, each with its verb.
const FLOWS: [(&str, Verb); 3] = [
    ("follow", Verb::ContainerLogs),
    ("watch", Verb::ContainerStatsStream),
    ("await", Verb::ContainerWait),
];

/// `allow` is the key that grants a verb.
#[tokio::test(flavor = "multi_thread")]
async fn a_verb_that_is_taken_away_is_denied_at_the_next_call() {
    let mut plugin = Console::of_its_own("").await;
    plugin.done("create db network=none").await;
    plugin.done("start db").await;
    let told = narrow(&mut plugin, "", &[Verb::ContainerStop]);
    assert_eq!(
        (&told.keys[..], &told.waiting[..]),
        (&["allow"][..], &[][..])
    );
    let refused = plugin.refused("stop db", "denied allow").await;
    assert!(refused.contains("container.stop"), "{refused}");
    plugin.done("kill db").await;
    plugin.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_flows_ends_when_its_verb_is_taken_away() {
    for (flow, verb) in FLOWS {
        let mut plugin = Console::of_its_own("").await;
        let words = Engine::under_test().first_words();
        let create = format!("create db network=none sh='{words}sleep 600'");
        plugin.done(&create).await;
        plugin.done("start db").await;
        assert_eq!(plugin.ask(&format!("{flow} db")).await, "following");
        // Another's verb ends nothing.
        narrow(&mut plugin, "", &[Verb::ContainerTop]);
        narrow(&mut plugin, "", &[Verb::ContainerTop, verb]);
        let ended = plugin.live().line().await;
        assert!(ended.starts_with("denied allow"), "{flow}: {ended}");
        let lines = plugin.live().audit().of(verb.name());
        let [opened, closed] = &lines[..] else {
            panic!("{flow}: {lines:#?}")
        };
        assert_eq!(
            (&closed["event"], &closed["error"], &closed["rule"]),
            (&"closed".into(), &"denied".into(), &"allow".into())
        );
        assert_ne!(opened["policy"], closed["policy"], "by which it is denied");
        plugin.end().await;
    }
}

/// The same where an engine answers only when there is something to tell.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_about_to_flow_ends_when_its_verb_is_taken_away() {
    let asked = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&asked);
    let slow = Meddling::start(move |passing| {
        let follows = passing.line.contains("follow=1");
        seen.fetch_or(follows, Ordering::SeqCst);
        async move {
            if follows {
                std::future::pending::<()>().await;
            }
            passing
        }
    });
    let test = Console::test("").client(slow.client());
    let mut plugin = Console::begin(test).await;
    plugin.done("create db network=none").await;
    plugin.done("start db").await;
    plugin.live().give(b"follow db\n").await;
    until("the log is asked for", || asked.load(Ordering::SeqCst)).await;
    narrow(&mut plugin, "", &[Verb::ContainerLogs]);
    let ended = plugin.live().line().await;
    assert!(ended.starts_with("denied allow"), "{ended}");
    let ran = plugin.end().await;
    let lines = ran.audit().of("container.logs");
    let [line] = &lines[..] else {
        panic!("{lines:#?}")
    };
    let denied = (&"denied".into(), &"allow".into());
    assert_eq!((&line["decision"], &line["rule"]), denied);
}

/// `scope.containers` is the key that grants what is seen.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_looked_up_under_a_scope_that_is_gone_is_refused() {
    let names = Names::new("narrowed-scope");
    let (wide, narrow_to) = (names.name("wide"), names.name("narrow"));
    foreign(&names, json!({ wide.as_str(): "yes" })).await;
    let name = names.name("foreign");
    let scope = |label: &str| format!("scope.containers = {{ label = \"{label}\" }}");
    for (flow, verb) in FLOWS {
        let mut plugin = Console::of_its_own(&scope(&wide)).await;
        plugin.done(&format!("get {name}")).await;
        assert_eq!(plugin.ask(&format!("{flow} {name}")).await, "following");
        let told = narrow(&mut plugin, &scope(&narrow_to), &[]);
        assert_eq!(told.keys, ["scope.containers"]);
        let ended = plugin.live().line().await;
        let denied = "denied scope.containers";
        assert!(ended.starts_with(denied), "{flow}: {ended}");
        plugin.refused(&format!("top {name}"), denied).await;
        plugin.refused(&format!("details {name}"), denied).await;
        plugin.refused(&format!("get {name}"), "not found").await;
        assert_eq!(plugin.done("list").await, "");
        let closed = &plugin.live().audit().of(verb.name())[1];
        assert_eq!(closed["rule"], "scope.containers");
        plugin.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_both_scopes_goes_on() {
    let names = Names::new("narrowed-both");
    let (one, other) = (names.name("one"), names.name("other"));
    foreign(
        &names,
        json!({ one.as_str(): "yes", other.as_str(): "yes" }),
    )
    .await;
    let name = names.name("foreign");
    let scope = |label: &str| format!("scope.containers = {{ label = \"{label}\" }}");
    let mut plugin = Console::of_its_own(&scope(&one)).await;
    plugin.done(&format!("get {name}")).await;
    narrow(&mut plugin, &scope(&other), &[]);
    plugin.done(&format!("top {name}")).await;
    plugin.done(&format!("get {name}")).await;
    assert_eq!(plugin.done("list").await, name);
    narrow(&mut plugin, "", &[]);
    plugin
        .refused(&format!("top {name}"), "denied scope.containers")
        .await;
    plugin.done("create db network=none").await;
    plugin.end().await;
}

/// `scope.change.containers` is the key that grants what is changed.
#[tokio::test(flavor = "multi_thread")]
async fn what_may_not_be_changed_any_more_is_seen_all_the_same() {
    let names = Names::new("narrowed-change");
    foreign(&names, json!({})).await;
    let name = names.name("foreign");
    let sees = "scope.containers = \"all\"\n";
    let changes = format!("{sees}scope.change.containers = \"all\"\n");
    let mut plugin = Console::of_its_own(&changes).await;
    plugin.done(&format!("get {name}")).await;
    plugin.done(&format!("pause {name}")).await;
    plugin.done(&format!("unpause {name}")).await;
    narrow(&mut plugin, sees, &[]);
    let denied = "denied scope.change.containers";
    plugin.refused(&format!("pause {name}"), denied).await;
    plugin.done(&format!("top {name}")).await;
    plugin.end().await;
}

/// `create.memory` is the key that grants memory.
#[tokio::test(flavor = "multi_thread")]
async fn narrower_bounds_hold_for_what_is_made_and_for_what_is_let_run() {
    let mut plugin = Console::of_its_own("create.memory = \"128MiB\"").await;
    plugin.done("create wide network=none").await;
    plugin.done("start wide").await;
    let told = narrow(&mut plugin, "create.memory = \"64MiB\"", &[]);
    assert_eq!(told.keys, ["create.memory"]);
    let denied = "denied create.memory";
    plugin
        .refused("create x network=none memory=100m", denied)
        .await;
    plugin.refused("restart wide", denied).await;
    plugin.done("stop wide").await;
    plugin.refused("start wide", denied).await;
    plugin.done("remove wide").await;
    // What isn't asked for is what is left.
    plugin.done("create narrow network=none").await;
    plugin.done("start narrow").await;
    let told = narrow(&mut plugin, "create.memory = \"1GiB\"", &[]);
    assert_eq!(
        (&told.keys[..], &told.waiting[..]),
        (&[][..], &["create.memory"][..])
    );
    plugin
        .refused("create x network=none memory=100m", denied)
        .await;
    plugin.end().await;
}

/// `limits.containers`, `limits.streams` and `show.env` are the keys.
#[tokio::test(flavor = "multi_thread")]
async fn narrower_limits_and_less_to_be_told_hold() {
    let mut plugin = Console::of_its_own("show = { env = \"values\", args = \"all\" }").await;
    plugin.done("create db network=none env=A:hunter2").await;
    plugin.done("start db").await;
    assert!(plugin.done("details db").await.contains("hunter2"));
    let keys = "limits.containers = 1\nlimits.streams = 0";
    narrow(&mut plugin, keys, &[]);
    assert!(!plugin.done("details db").await.contains("hunter2"));
    plugin.refused("inspect-json db", "denied show").await;
    plugin
        .refused("create x network=none", "quota limits.containers")
        .await;
    plugin.refused("follow db", "quota limits.streams").await;
    plugin.end().await;
}

/// `limits.time` is the key.
#[tokio::test(flavor = "multi_thread")]
async fn less_time_ends_the_run() {
    let mut plugin = Console::of_its_own("").await;
    narrow(&mut plugin, "limits.time = \"1ms\"", &[]);
    until("the run is over", || plugin.live().is_over()).await;
    let ran = plugin.finish().await;
    assert!(
        matches!(&ran.outcome().end, End::Limit(met) if met.to_string() == "limits.time = 1ms is met"),
        "{:?}",
        ran.outcome().end
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wider_waits_for_the_next_run() {
    let names = Names::new("narrowed-wider");
    foreign(&names, json!({})).await;
    let test = Console::test("").grants(all_but(&[Verb::ContainerTop]).missing(Missing::Deny));
    let mut plugin = Console::begin(test).await;
    plugin.done("create db network=none").await;
    plugin.done("start db").await;
    let told = narrow(&mut plugin, "scope.containers = \"all\"", &[]);
    assert_eq!(told.keys, [""; 0]);
    assert_eq!(told.waiting, ["allow", "scope.containers"]);
    plugin.refused("top db", "denied allow").await;
    assert_eq!(plugin.done("list").await, "db");
    let ran = plugin.end().await;
    let lines = ran.audit().all();
    let policies = lines.iter().map(|line| &line["policy"]);
    assert!(policies.clone().all(|of| *of == lines[0]["policy"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_have_the_policy_that_is_in_force() {
    let mut plugin = Console::of_its_own("").await;
    plugin.done("create db network=none").await;
    let newer = newer(&mut plugin, "limits.streams = 1", &[]);
    plugin.live().policy().narrow(&newer).expect("narrowed");
    plugin.done("start db").await;
    let handle = plugin.live().policy().clone();
    let ran = plugin.end().await;
    let digest = |op: &str| ran.audit().of(op)[0]["policy"].clone();
    assert_eq!(digest("container.start"), newer.digest().to_string());
    assert_ne!(digest("containers.create"), digest("container.start"));
    assert!(matches!(handle.narrow(&newer), Err(NarrowError::Over)));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_plugins_policy_narrows_nothing() {
    let mut plugin = Console::of_its_own("").await;
    let other = Policy::new("other".parse().expect("a name")).with_grants(Grants::none());
    let refused = plugin.live().policy().narrow(&other);
    assert!(matches!(refused, Err(NarrowError::OtherPlugin(_))));
    plugin.done("list").await;
    plugin.end().await;
}
