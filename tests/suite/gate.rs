//! The gate: what isn't granted is refused, before the plugin starts or when it calls, and the engine hears nothing of it.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use dockwit_host::policy::{Grants, Lacking, Missing, Verb};
use dockwit_host::runtime::BeginError;
use dockwit_tests::plugin::{Live, Test, all_but};
use dockwit_tests::proxy::Proxy;
use futures::StreamExt;

use crate::cases::told;

/// How many runs go on side by side.
const AT_ONCE: usize = 4;

async fn for_each_verb<R: Future<Output = ()>>(test: impl Fn(Verb) -> R) {
    let tests = futures::stream::iter(Verb::all().map(test));
    tests.buffer_unordered(AT_ONCE).collect::<()>().await;
    assert!(Verb::all().count() > 20, "there are verbs");
}

/// A run whose case has made what its function needs, and is about to call it.
async fn ready(verb: Verb, grants: Grants, proxy: &Proxy) -> Live {
    let test = Test::new("every_function", verb.name()).client(proxy.client());
    let mut live = test.grants(grants.missing(Missing::Deny)).begin().await;
    let line = live.line().await;
    assert_eq!(line, "ready", "`every_function` has a case for {verb}");
    live
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_granted_is_denied_and_never_sent() {
    for_each_verb(|verb| async move {
        let proxy = Proxy::start();
        let mut live = ready(verb, all_but(&[verb]), &proxy).await;
        let before = looked_around(&proxy).await;
        live.go().await;
        live.expect("denied").await;
        assert_eq!(
            (proxy.sent(), proxy.opened()),
            before,
            "{verb}: nothing is sent"
        );
        let ran = live.finish().await;
        crate::audit::tells_of_the_denial(&ran, verb);
        let told = told(ran.succeeded());
        assert_eq!((told["op"], told["rule"]), (verb.name(), "allow"));
        assert!(told["add"].contains(verb.name()), "{verb}: {}", told["add"]);
        assert_eq!(
            (proxy.sent(), proxy.opened()),
            before,
            "{verb}: nothing is sent later"
        );
    })
    .await;
}

/// What was sent and opened, once the host has looked at what earlier runs of the plugin left running.
async fn looked_around(proxy: &Proxy) -> (u64, u64) {
    let sent = || (proxy.sent(), proxy.opened());
    let mut before = sent();
    loop {
        // Longer than a loaded engine takes for an answer, as all functions are tried at once.
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        match std::mem::replace(&mut before, sent()) {
            same if same == before => return before,
            _ => {}
        }
    }
}

/// What a case calls to make what its function needs.
fn needs(verb: Verb) -> Vec<Verb> {
    use Verb::*;
    match verb {
        SystemPing | SystemVersion | SystemInfo | ContainersList | ContainersCreate => vec![],
        ContainersGet | ContainersOpen | ContainerInspect | ContainerInspectJson
        | ContainerStart | ContainerRename | ContainerRemove | ContainerWait | ContainerLogs
        | ContainerChanges | ContainerUpdate | ContainerPort => vec![ContainersCreate],
        VolumesGet | NetworksGet => vec![ContainersCreate, ContainerInspect],
        ContainerUnpause => vec![ContainersCreate, ContainerStart, ContainerPause],
        _ => vec![ContainersCreate, ContainerStart],
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_granted_is_done() {
    for_each_verb(|verb| async move {
        let proxy = Arc::new(Proxy::start());
        let grants = Grants::of(needs(verb).into_iter().chain([verb]));
        let mut live = ready(verb, grants, &proxy).await;
        let before = (proxy.sent(), proxy.changes());
        let announced = changes_when_announced(&live, verb, &proxy);
        live.go().await;
        let lacks = crate::audit::lacks(verb);
        let expected = if lacks { "not found" } else { "ok" };
        assert_eq!(live.line().await, expected, "{verb}");
        let asks_the_engine = !crate::audit::IN_LEDGER.contains(&verb);
        assert_eq!(
            proxy.sent() > before.0,
            asks_the_engine,
            "{verb}: the engine is asked"
        );
        let ran = live.finish().await;
        crate::audit::tells_of_the_call(ran.succeeded(), verb);
        let announced = announced.get().copied();
        let expected = crate::audit::is_a_write(verb).then_some(before.1);
        assert_eq!(announced, expected, "{verb}: announced before it is sent");
    })
    .await;
}

/// How many changes had been sent to the engine when the call was announced in the audit.
fn changes_when_announced(live: &Live, verb: Verb, proxy: &Arc<Proxy>) -> Arc<OnceLock<u64>> {
    let changes = Arc::new(OnceLock::new());
    let (told, proxy) = (Arc::clone(&changes), Arc::clone(proxy));
    live.audit().watch(move |line| {
        if line["event"] == "announced" && line["op"] == verb.name() {
            told.get_or_init(|| proxy.changes());
        }
        Ok(())
    });
    changes
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_more_is_not_started() {
    let test = Test::new("every_function", "system.ping");
    let proxy = Proxy::start();
    let granted = [Verb::SystemPing, Verb::ContainersList];
    let error = test
        .client(proxy.client())
        .grants(Grants::of(granted))
        .try_run()
        .await
        .err();
    let Some(BeginError::Missing(missing)) = error else {
        panic!("it is told what is missing, not {error:?}");
    };
    let expected = Verb::all().filter(|verb| !granted.contains(verb));
    let expected: Vec<_> = expected.map(Verb::name).collect();
    let missing: Vec<_> = missing.iter().map(Lacking::name).collect();
    assert_eq!(missing, expected, "all that is missing, in order");
    assert_eq!(proxy.opened(), 0, "the engine hears nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_missing_grant_is_enough_to_refuse() {
    for verb in [Verb::SystemPing, Verb::ContainerStatsStream] {
        let test = Test::new("every_function", "system.ping").grants(all_but(&[verb]));
        let error = test.try_run().await.err();
        assert!(
            matches!(&error, Some(BeginError::Missing(missing)) if missing.len() == 1 && missing[0].name() == verb.name())
        );
        let text = error.map(|error| error.to_string()).unwrap_or_default();
        assert!(text.contains(verb.name()), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_can_ask_what_it_is_granted() {
    let granted = [Verb::SystemPing, Verb::ContainerLogs];
    let none = [
        "container.nothing",
        "",
        "container-spec.set-memory",
        "run.granted",
        "CONTAINER.LOGS",
    ];
    let mut test = Test::new("every_function", "granted");
    for name in Verb::all().map(Verb::name).chain(none) {
        test = test.arg(name);
    }
    let ran = test
        .grants(Grants::of(granted).missing(Missing::Deny))
        .run()
        .await;
    let told = told(ran.succeeded());
    for verb in Verb::all() {
        assert_eq!(
            told[verb.name()],
            granted.contains(&verb).to_string(),
            "{verb}"
        );
    }
    for name in none {
        assert_eq!(told[name], "false", "{name:?} is no verb");
    }
}
