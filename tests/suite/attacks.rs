//! The ways around the model that are known, each tried by a plugin on a real engine. A test is named by its row.

mod bounds;
pub(crate) mod images;
mod in_flight;
mod machine;
mod model;
mod names;
mod network;
mod others;
mod protocol;
mod table;

use dockwit_tests::console::Console;
use dockwit_tests::engine::Engine;
use serde_json::Value;

/// A plugin that may make containers of any image, and what its policy says besides.
async fn attacker(keys: &str) -> Console {
    Console::of_its_own(keys).await
}

/// What the engine says of a container.
async fn seen(id: &str) -> Value {
    let seen = Engine::under_test().inspect(id).await;
    assert!(!seen.is_null(), "there is a container {id}");
    seen
}

/// Tries each of these, which must be refused, under a policy that grants nothing of the kind; and under one that does, which
/// must be done: so it is this key that decides.
async fn refused_unless(rule: &str, tries: &[&str], grant: &str) {
    let mut without = attacker("").await;
    for line in tries {
        without.refused(line, &format!("denied {rule}")).await;
    }
    assert_eq!(without.done("list").await, "", "nothing was made");
    without.end().await;
    let mut with = attacker(grant).await;
    for line in tries {
        with.done(line).await;
    }
    with.end().await;
}
