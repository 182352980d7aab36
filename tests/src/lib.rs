//! The harness of the suite: a real engine, plugins that are run against it, and what stands between the two.

pub mod asked;
pub mod audit;
pub mod console;
pub mod engine;
mod facts;
pub mod making;
pub mod meddling;
pub mod plugin;
pub mod probe;
pub mod process;
pub mod proxy;
pub mod schema;
pub mod scripted;
mod socket;

use std::time::{Duration, Instant};

/// How long that may take which happens at once: much longer than it does, much shorter than for ever.
pub const AT_ONCE: Duration = Duration::from_secs(5);

/// As [`until`], of what has to be waited for to be seen.
///
/// # Panics
///
/// Panics if it doesn't happen.
pub async fn until_ok(what: &str, mut done: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !done().await {
        assert!(begun.elapsed() < AT_ONCE, "it takes too long until {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Waits for something that happens at once.
///
/// # Panics
///
/// Panics if it doesn't.
pub async fn until(what: &str, mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < AT_ONCE, "it takes too long until {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
