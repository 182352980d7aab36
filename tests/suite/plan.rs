//! A run that is planned: reads are real, writes are decided and told, and nothing is sent.

use std::sync::{Arc, Mutex};

use dockwit_host::keeper::Plan;
use dockwit_tests::console::Console;
use dockwit_tests::engine::Engine;
use dockwit_tests::proxy::Proxy;

use crate::on_end::in_ledger;

/// What a plan told.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

impl Lines {
    fn plan(&self, folder: &tempfile::TempDir) -> Plan {
        let lines = self.clone();
        Plan::new(folder.path().join("copy"), move |line| {
            lines.0.lock().expect("nobody panics").push(line.to_owned());
        })
    }

    /// What was told since this was asked last.
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().expect("nobody panics"))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_planned_is_decided_and_told_and_never_sent() {
    let (proxy, lines) = (Proxy::start(), Lines::default());
    let folder = tempfile::tempdir().expect("a folder");
    let test = Console::test("limits.containers = 2").client(proxy.client());
    let name = test.plugin_name().to_owned();
    let mut plugin = Console::begin(test.plan(lines.plan(&folder))).await;

    let id = plugin.done("create web volume=/data memory=64m").await;
    let told = lines.take();
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(told[0].starts_with("containers.create makes the volume "));
    assert!(told[1].starts_with("containers.create makes the network "));
    assert!(told[2].starts_with(&format!("containers.create {id} name=")));
    assert!(told[2].contains(" memory=\"67108864\" "), "{}", told[2]);

    let before = proxy.sent();
    for (line, verb) in [
        ("start web", "container.start"),
        ("pause web", "container.pause"),
        ("unpause web", "container.unpause"),
        ("rename web api", "container.rename"),
        ("stop web", "container.stop"),
    ] {
        plugin.done(line).await;
        assert_eq!(lines.take(), [format!("{verb} {id}")]);
    }
    assert_eq!(plugin.done("get api").await, id, "it is known by its name");
    assert_eq!(
        proxy.sent(),
        before,
        "nothing is asked about what is planned"
    );

    for line in [
        "details web",
        "logs web",
        "wait web",
        "update web memory=32m",
    ] {
        plugin.refused(line, "not found").await;
    }
    plugin
        .refused("create big memory=1g", "denied create.memory")
        .await;
    plugin.done("create two network=none").await;
    plugin
        .refused("create three network=none", "quota limits.containers")
        .await;
    let told = lines.take();
    let refused: Vec<_> = told
        .iter()
        .filter(|line| line.contains(" is refused: "))
        .collect();
    assert_eq!(refused.len(), 3, "{told:?}");
    plugin.done("remove api").await;
    plugin.refused("get api", "not found").await;
    plugin.done("create three network=none").await;

    let ran = plugin.finish().await;
    assert!(ran.outcome().success() && ran.outcome().left.is_empty());
    assert_eq!(ran.audit().all(), Vec::<serde_json::Value>::new());
    assert_eq!(proxy.changes(), 0, "nothing is sent");
    assert_eq!(in_ledger(&name).await, [], "the ledger isn't written to");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_there_stays_as_it_is() {
    let (proxy, lines) = (Proxy::start(), Lines::default());
    let folder = tempfile::tempdir().expect("a folder");
    let test = Console::test("").client(proxy.client());
    let name = test.plugin_name().to_owned();
    let mut real = Console::begin(test).await;
    let id = real.done("create web network=none").await;
    real.done("start web").await;
    let before = proxy.changes();
    assert!(before > 0, "a run that isn't planned sends");
    let owned = in_ledger(&name).await;

    let test = Console::test("").client(proxy.client()).named(&name);
    let mut planned = Console::begin(test.plan(lines.plan(&folder))).await;
    assert_eq!(planned.done("get web").await, id, "reads are real");
    for line in [
        "update web pids=50",
        "stop web",
        "start web",
        "restart web",
        "kill web",
    ] {
        // The oldest engines have no function for the first.
        planned.done(line).await;
    }
    planned
        .refused("update web memory=1g", "denied create.memory")
        .await;
    planned.done("remove web").await;
    planned.refused("get web", "not found").await;
    let told = lines.take();
    assert_eq!(told.len(), 7, "{told:?}");
    assert!(planned.finish().await.outcome().success());

    assert_eq!(proxy.changes(), before, "nothing is sent");
    assert_eq!(in_ledger(&name).await, owned);
    let it = Engine::under_test().inspect(&id).await;
    assert_eq!(it["State"]["Running"], true);
    real.end().await;
}

/// Others' containers are in scope and may be changed without a ledger of what is whose.
#[tokio::test(flavor = "multi_thread")]
async fn others_containers_are_not_changed_either() {
    let lines = Lines::default();
    let folder = tempfile::tempdir().expect("a folder");
    let mut owner = Console::of_its_own("").await;
    let id = owner.done("create it network=none").await;
    owner.done("start it").await;
    let wide = "scope.containers = \"all\"\nscope.change.containers = \"all\"";
    let test = Console::test(wide).plan(lines.plan(&folder));
    let mut planned = Console::begin(test).await;
    planned.done(&format!("get {id}")).await;
    for command in ["pause", "stop", "remove"] {
        planned.done(&format!("{command} {id}")).await;
    }
    assert_eq!(lines.take().len(), 3);
    assert!(planned.finish().await.outcome().success());
    assert_eq!(
        Engine::under_test().inspect(&id).await["State"]["Running"],
        true
    );
    owner.end().await;
}
