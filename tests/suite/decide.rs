//! Whoever decides in Rust beside the policy.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use dockwit_host::policy::create::Candidate;
use dockwit_host::policy::{Decide, Denial, NotAllowed, Object, Policy, Verb};
use dockwit_tests::console::Console;
use dockwit_tests::engine::{Engine, Names};
use serde_json::json;

use crate::scope::foreign;

/// Refuses containers that say whose they are, with too much memory, or of an image; and no stop while it is night.
#[derive(Default)]
struct House {
    night: AtomicBool,
    image: OnceLock<String>,
    hidden: String,
}

impl Decide for House {
    fn call(&self, verb: Verb) -> Result<(), NotAllowed> {
        match verb == Verb::ContainerStop && self.night.load(Ordering::SeqCst) {
            true => Err(NotAllowed::new(verb, "house.night")),
            false => Ok(()),
        }
    }

    fn sees(&self, object: &Object<'_>) -> bool {
        object.name != self.hidden
    }

    fn changes(&self, object: &Object<'_>) -> bool {
        !object.labels.iter().any(|(key, _)| key == "house.fixed")
    }

    fn container(&self, container: &Candidate<'_>) -> Result<(), Denial> {
        if self
            .image
            .get()
            .is_some_and(|image| image == container.image_id())
        {
            let why = "the house has something against it";
            return Err(Denial::never(
                "house.images",
                "image",
                container.image_id(),
                why,
            ));
        }
        if container.claims().memory > 100 << 20 {
            let memory = container.claims().memory;
            return Err(Denial::above(
                "house.memory",
                "memory",
                memory,
                100 << 20,
                None,
            ));
        }
        match container.labels().iter().find(|(key, _)| key == "team") {
            Some((_, team)) if team != "blue" => {
                Err(Denial::not_in("house.teams", "label", team, ["blue"]))
            }
            _ => Ok(()),
        }
    }
}

async fn beside(decider: Arc<dyn Decide>, keys: &str) -> Console {
    let keys = format!("create.labels = [\"*\"]\n{keys}");
    Console::begin(Console::test(&keys).decide(decider)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_is_refused_by_what_it_comes_to() {
    let mut plugin = beside(Arc::new(House::default()), "create.memory = \"64MiB\"").await;
    let refused = plugin
        .refused("create x network=none label=team:red", "denied house.teams")
        .await;
    assert!(
        refused.contains("\"red\" is not in house.teams"),
        "{refused}"
    );
    plugin.done("create y network=none label=team:blue").await;
    // The policy holds all the same.
    plugin
        .refused("create x network=none memory=65m", "denied create.memory")
        .await;
    let lines = plugin.live().audit().of("containers.create");
    assert_eq!(lines[0]["rule"], "house.teams");
    assert_eq!(lines[0]["add"], "house.teams += \"red\"");
    plugin.end().await;

    // By defaults that the policy gives, which nobody has asked for.
    let mut plugin = beside(Arc::new(House::default()), "create.memory = \"128MiB\"").await;
    plugin
        .refused("create x network=none", "denied house.memory")
        .await;
    plugin.done("create x network=none memory=64m").await;
    plugin.done("start x").await;
    plugin
        .refused("update x memory=120m", "denied house.memory")
        .await;
    plugin.updated("update x memory=80m").await;
    plugin.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_is_refused_by_its_image_at_each_door() {
    let house = Arc::new(House::default());
    let mut plugin = beside(house.clone(), "create.memory = \"64MiB\"").await;
    plugin.done("create x network=none").await;
    plugin.done("start x").await;
    let engine = Engine::under_test();
    let image = engine.client().images().inspect(engine.image()).await;
    let image = image.expect("it is there").id.to_string();
    house.image.set(image).expect("it was none");
    let denied = "denied house.images";
    plugin.refused("create y network=none", denied).await;
    plugin.refused("restart x", denied).await;
    plugin.refused("update x memory=60m", denied).await;
    plugin.done("stop x").await;
    plugin.refused("start x", denied).await;
    plugin.done("remove x").await;
    plugin.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verb_is_refused_while_it_is_night() {
    let house = Arc::new(House::default());
    let mut plugin = beside(house.clone(), "create.memory = \"64MiB\"").await;
    plugin.done("create db network=none").await;
    plugin.done("start db").await;
    house.night.store(true, Ordering::SeqCst);
    plugin.refused("stop db", "denied house.night").await;
    house.night.store(false, Ordering::SeqCst);
    plugin.done("stop db").await;
    plugin.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_it_does_not_see_is_as_what_does_not_exist() {
    let (names, others) = (Names::new("decide-seen"), Names::new("decide-fixed"));
    foreign(&names, json!({})).await;
    foreign(&others, json!({ "house.fixed": "1" })).await;
    let (hidden, fixed) = (names.name("foreign"), others.name("foreign"));
    let house = House {
        hidden: hidden.clone(),
        ..House::default()
    };
    let all = "scope = { containers = \"all\", change = { containers = \"all\" } }";
    let mut plugin = beside(Arc::new(house), all).await;
    plugin.refused(&format!("get {hidden}"), "not found").await;
    let listed = plugin.done("list").await;
    assert!(!listed.split(',').any(|name| name == hidden), "{listed}");
    plugin.done(&format!("get {fixed}")).await;
    plugin.done(&format!("top {fixed}")).await;
    plugin
        .refused(&format!("pause {fixed}"), "denied scope.change.containers")
        .await;
    plugin.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_policy_holds_it_to_what_both_allow() {
    let ceiling = Policy::parse(
        "version = 1\nplugin = \"ceiling\"\napi = \"0.1.0\"\nallow = [\"containers.*\", \"container.*\"]\ndeny = [\"container.kill\"]\ncreate.images = \"any\"\ncreate.memory = \"64MiB\"\naccept-unenforced = [\"network-isolation\"]",
    );
    let ceiling = Arc::new(ceiling.expect("a policy"));
    let mut plugin = beside(ceiling, "create.memory = \"128MiB\"").await;
    plugin
        .refused("create x network=none", "denied create.memory")
        .await;
    plugin
        .refused(
            "create x network=none memory=60m label=a:1",
            "denied create.labels",
        )
        .await;
    plugin.done("create x network=none memory=60m").await;
    plugin.done("start x").await;
    plugin.refused("kill x", "denied allow").await;
    plugin.end().await;
}
