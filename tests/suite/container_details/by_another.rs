//! Containers that the harness makes, of what a plugin can't ask for.

use dockwit_tests::engine::{Engine, Names};
use dockwit_tests::plugin::Test;
use hyper::Method;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn host_config_by_another() {
    of_a_strange_one("host_config_by_another").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn security_by_another() {
    of_a_strange_one("security_by_another").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mounts_by_another() {
    of_a_strange_one("mounts_by_another").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn networks_by_another() {
    let mut leftovers = Leftovers::default();
    let test = Test::new("container_details", "networks_by_another");
    let (network, up) = (test.names().name("network"), test.names().name("up"));
    leftovers.0.push(format!("/networks/{network}"));
    post("/networks/create", two_ranges(&network)).await;
    post(
        &format!("/containers/create?name={up}"),
        on_the_network(&network),
    )
    .await;
    post(&format!("/containers/{up}/start"), Value::Null).await;
    test.run().await.succeeded();
}

/// Runs a case on the container `it`, which is all that a plugin can't ask for, and on `up`, which is privileged.
async fn of_a_strange_one(case: &str) {
    let mut leftovers = Leftovers::default();
    let test = Test::new("container_details", case);
    let names = test.names();
    leftovers
        .0
        .push(format!("/volumes/{}", names.name("volume")));
    let image = Engine::under_test().image();
    let bodies = [
        ("data", json!({ "Image": image })),
        ("it", strange(names)),
        (
            "up",
            json!({ "Image": image, "HostConfig": { "Privileged": true } }),
        ),
    ];
    for (name, body) in bodies {
        let path = format!("/containers/create?name={}", names.name(name));
        post(&path, body).await;
    }
    test.run().await.succeeded();
}

/// None of it is started: some of it could not be.
fn strange(names: &Names) -> Value {
    let engine = Engine::under_test();
    let mut host = json!({
        "Binds": [format!("{}:/data:ro", names.name("volume")), "/etc:/machine:ro"],
        "CapAdd": ["SYS_NICE"],
        "CgroupParent": "/dockwit-test",
        "Devices": [{ "PathOnHost": "/dev/null", "PathInContainer": "/dev/nothing", "CgroupPermissions": "rw" }],
        "LogConfig": { "Type": "json-file", "Config": { "max-file": "3" } },
        "OomKillDisable": true,
        "PidMode": "host",
        "SecurityOpt": ["no-new-privileges"],
        "UTSMode": "host",
    });
    if !engine.is_podman() {
        let more = json!({
            "CgroupnsMode": "host",
            "DeviceCgroupRules": ["c 42:* rwm"],
            "DeviceRequests": [{ "Driver": "nobody", "Count": 1, "Capabilities": [["gpu"]] }],
            "Links": [format!("{}:db", names.name("data"))],
            "Mounts": [{ "Type": "tmpfs", "Target": "/memory" }],
            "Sysctls": { "net.ipv4.ip_forward": "1" },
            "UsernsMode": "host",
            "VolumesFrom": [names.name("data")],
        });
        let more = more.as_object().cloned().unwrap_or_default();
        host.as_object_mut().expect("an object").extend(more);
    }
    json!({ "Image": engine.image(), "HostConfig": host })
}

fn two_ranges(name: &str) -> Value {
    let four = json!({ "Subnet": "10.213.77.0/24", "Gateway": "10.213.77.1" });
    let six = json!({ "Subnet": "fd00:213:77::/64", "Gateway": "fd00:213:77::1" });
    json!({ "Name": name, "EnableIPv6": true, "IPAM": { "Config": [four, six] } })
}

fn on_the_network(network: &str) -> Value {
    let addresses = json!({ "IPv4Address": "10.213.77.9", "IPv6Address": "fd00:213:77::9" });
    let endpoint = json!({ "Aliases": ["web"], "IPAMConfig": addresses });
    json!({
        "Image": Engine::under_test().image(),
        "Cmd": ["sh", "-c", "trap 'exit 0' TERM; sleep 600 & wait"],
        "HostConfig": { "NetworkMode": network },
        "NetworkingConfig": { "EndpointsConfig": { network: endpoint } },
    })
}

async fn post(path: &str, body: Value) {
    let body = (!body.is_null()).then_some(body);
    let (status, answer) = Engine::under_test().ask(Method::POST, path, body).await;
    assert!(status.is_success(), "{path}: {status}: {answer}");
}

/// Paths of what is removed when a test is over, and its containers are gone.
#[derive(Default)]
struct Leftovers(Vec<String>);

impl Drop for Leftovers {
    fn drop(&mut self) {
        let paths = std::mem::take(&mut self.0);
        let removal = move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            for path in paths {
                runtime.block_on(Engine::under_test().ask(Method::DELETE, &path, None));
            }
        };
        // On a thread of its own: a test drops this inside its own runtime.
        let removed = std::thread::spawn(removal).join();
        assert!(removed.is_ok() || std::thread::panicking());
    }
}
