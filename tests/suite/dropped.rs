//! What a plugin lets go of ends at once, though it would last for ever.

use dockwit_tests::plugin::Test;
use dockwit_tests::proxy::Proxy;
use dockwit_tests::until;

/// Runs a case that has something open when it says `following`, and has dropped it when it says `dropped`: its connection to
/// the engine must be closed then, and the plugin go on.
pub(crate) async fn closes_at_once(plugin: &str, case: &str) {
    let proxy = Proxy::start();
    let mut live = Test::new(plugin, case).client(proxy.client()).begin().await;
    live.expect("following").await;
    let before = proxy.connections();
    live.go().await;
    live.expect("dropped").await;
    until("the connection is closed", || proxy.connections() < before).await;
    assert!(!live.is_over(), "the plugin goes on");
    live.go().await;
    live.finish().await.succeeded();
}
