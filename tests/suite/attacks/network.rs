//! What containers reach.

use dockwit_host::api::ItemStream;
use dockwit_host::api::containers::{LogChunk, LogsOptions};
use dockwit_host::transport::{Decoder, Limits};
use dockwit_tests::engine::{Engine, Names};
use dockwit_tests::probe::{Listener, put_into};
use hyper::Method;
use serde_json::{Value, json};

use super::{attacker, seen};

/// The network that a container is on.
async fn network_of(id: &str) -> Value {
    let mode = seen(id).await["HostConfig"]["NetworkMode"].clone();
    let mode = mode.as_str().expect("a network").to_owned();
    let path = format!("/networks/{mode}");
    let (status, network) = Engine::under_test().ask(Method::GET, &path, None).await;
    assert!(status.is_success(), "{network}");
    network
}

/// `create.egress` grants more than the plugin's own, closed network.
#[tokio::test(flavor = "multi_thread")]
async fn attack_099_and_138_the_network_is_the_plugins_own_and_closed() {
    if Engine::under_test().is_podman() {
        // It has no such network: `the_engine_can_not_isolate` is its test.
        return;
    }
    let mut plugin = attacker("").await;
    let id = plugin
        .done("create c 'sh=ip route; ip -o addr show eth0'")
        .await;
    plugin.done("start c").await;
    plugin.done("wait c").await;
    let network = network_of(&id).await;
    assert_eq!(network["Internal"], true);
    assert!(network["Labels"]["dockwit.owner"].is_string());
    let options = network["Options"].to_string();
    let isolated = options.contains("\"isolated\"");
    let inhibited = options.contains("inhibit_ipv4\":\"true\"");
    assert!(isolated || inhibited, "{options}");
    // Older engines tell of a gateway, whose address nobody has.
    let routes = plugin.done("logs c").await;
    assert!(inhibited || !routes.contains("default via"), "{routes}");
    plugin.end().await;

    let mut plugin = attacker("create.egress = true").await;
    let id = plugin.done("create c").await;
    assert_eq!(network_of(&id).await["Internal"], false);
    plugin.end().await;
}

/// What was made with egress doesn't run on without.
#[tokio::test(flavor = "multi_thread")]
async fn attack_114_egress_ends_with_its_grant() {
    if Engine::under_test().is_podman() {
        return;
    }
    let name = dockwit_tests::plugin::own_name();
    let test = |keys: &str| {
        let keys = format!("limits.on-end = \"keep\"\n{keys}");
        dockwit_tests::console::Console::test(&keys).named(&name)
    };
    let mut wide = dockwit_tests::console::Console::begin(test("create.egress = true")).await;
    wide.done("create c").await;
    wide.done("start c").await;
    wide.end().await;
    let mut narrow = dockwit_tests::console::Console::begin(test("")).await;
    narrow.done("get c").await;
    narrow.refused("restart c", "denied create.egress").await;
    narrow.refused("create d", "denied create.egress").await;
    narrow.done("stop c").await;
    narrow.refused("start c", "denied create.egress").await;
    narrow.done("remove c").await;
    // With nobody on it, the network is made anew.
    let id = narrow.done("create d").await;
    assert_eq!(network_of(&id).await["Internal"], true);
    narrow.done("remove d").await;
    narrow.end().await;
    let last = dockwit_tests::console::Console::test("").named(&name);
    dockwit_tests::console::Console::begin(last)
        .await
        .end()
        .await;
}

/// The control: a network that is merely internal reaches the machine at its own gateway.
async fn plain_internal(names: &Names, tries: &str) -> String {
    let engine = Engine::under_test();
    let name = names.name("plain");
    let body = json!({"Name": name, "Internal": true});
    let (status, made) = engine
        .ask(Method::POST, "/networks/create", Some(body))
        .await;
    assert!(status.is_success(), "{made}");
    let (_, network) = engine
        .ask(Method::GET, &format!("/networks/{name}"), None)
        .await;
    let body = json!({
        "Image": engine.image(),
        "Cmd": ["sh", "-c", tries.replace("GATEWAY", &gateway(&network))],
        "HostConfig": {"NetworkMode": name},
    });
    let path = format!("/containers/create?name={}", names.name("plain"));
    let (status, made) = engine.ask(Method::POST, &path, Some(body)).await;
    assert!(status.is_success(), "{made}");
    let id = made["Id"].as_str().expect("an id");
    put_into(id).await;
    for call in ["start", "wait"] {
        let path = format!("/containers/{id}/{call}");
        engine.ask(Method::POST, &path, None).await;
    }
    let id = id.parse().expect("a full id");
    let client = engine.client();
    let options = LogsOptions {
        stdout: true,
        ..LogsOptions::default()
    };
    let logs = client.container(&id).logs(&options).await;
    let told = read(logs.expect("logs")).await;
    let path = format!("/containers/{id}?force=1");
    engine.ask(Method::DELETE, &path, None).await;
    engine
        .ask(Method::DELETE, &format!("/networks/{name}"), None)
        .await;
    told
}

async fn read(mut logs: ItemStream<impl Decoder<Item = LogChunk>>) -> String {
    let mut text = String::new();
    let limits = Limits {
        items: 64,
        bytes: 1 << 16,
    };
    loop {
        let mut batch = Vec::new();
        let read = std::future::poll_fn(|cx| logs.poll_batch(cx, &mut batch, limits)).await;
        if read.expect("logs") == 0 {
            return text;
        }
        for chunk in batch {
            text += &String::from_utf8_lossy(&chunk.data);
        }
    }
}

fn gateway(network: &Value) -> String {
    let gateway = network["IPAM"]["Config"][0]["Gateway"].as_str();
    gateway
        .expect("a gateway")
        .split('/')
        .next()
        .expect("an address")
        .to_owned()
}

/// `create.egress`, or `accept-unenforced = ["network-isolation"]`, lets containers reach the machine.
#[tokio::test(flavor = "multi_thread")]
async fn attack_138_containers_do_not_reach_the_machine() {
    const PORT: u16 = 18_138;
    if Engine::under_test().is_podman() {
        return;
    }
    let Some(_listener) = Listener::begin(PORT).await else {
        return;
    };
    let names = Names::new("attack-138");
    let tries = format!("/probe GATEWAY:{PORT} 172.17.0.1:{PORT} 127.0.0.1:{PORT}");
    let control = plain_internal(&names, &tries).await;
    assert!(
        control.contains(&format!(":{PORT} reached")),
        "the control: {control}"
    );

    let mut plugin = attacker("").await;
    // The first makes the network, so that its addresses are known.
    let id = plugin.done("create first").await;
    let gateway = gateway_of(&network_of(&id).await);
    let tries = tries.replace("GATEWAY", &gateway);
    let id = plugin.done(&format!("create c 'sh={tries}'")).await;
    put_into(&id).await;
    plugin.done("start c").await;
    plugin.done("wait c").await;
    let told = plugin.done("logs c").await;
    assert_eq!(told.matches(" not reached").count(), 3, "{told}");
    plugin.end().await;
}

/// The first address of its subnet, which engines give the machine; an isolated network tells of no gateway.
fn gateway_of(network: &Value) -> String {
    let subnet = network["IPAM"]["Config"][0]["Subnet"]
        .as_str()
        .expect("a subnet");
    let (base, _) = subnet.split_once('/').expect("a prefix");
    let (start, _) = base.rsplit_once('.').expect("an address");
    format!("{start}.1")
}
