//! What reaches the machine: what a power adds to a spec is what the engine got.

use dockwit_host::policy::{Grants, Lacking, Missing};
use dockwit_host::runtime::BeginError;
use dockwit_tests::engine::Engine;
use dockwit_tests::plugin::{Ran, Test};
use dockwit_tests::proxy::Proxy;
use serde_json::{Value, json};

use crate::cases::{cases, it, told};

cases! { "host_access":
    set_privileged: |it| assert_eq!(it["HostConfig"]["Privileged"], true),
    add_capability: |it| assert!(it["HostConfig"]["CapAdd"].to_string().contains("NET_ADMIN")),
    add_security_option: |it| assert!(it["HostConfig"]["SecurityOpt"].to_string().contains("seccomp=unconfined")),
    set_masked_paths: |it| kept(&it, "MaskedPaths", &json!(["/proc/version"])),
    set_readonly_paths: |it| kept(&it, "ReadonlyPaths", &json!(["/proc/sys"])),
    add_sysctl: |it| kept(&it, "Sysctls", &json!({ "net.ipv4.ip_default_ttl": "77" })),
    set_runtime => has_the_runtime,
    add_annotation => has_the_note,
    set_cgroup_parent: |it| assert_eq!(it["HostConfig"]["CgroupParent"], "/dockwit-parent"),
    set_network_host: |it| assert_eq!(it["HostConfig"]["NetworkMode"], "host"),
    set_ipc_host: |it| kept(&it, "IpcMode", &json!("host")),
    set_pid_host: |it| assert_eq!(it["HostConfig"]["PidMode"], "host"),
    set_uts_host: |it| assert_eq!(it["HostConfig"]["UTSMode"], "host"),
    set_userns_host: |it| kept(&it, "UsernsMode", &json!("host")),
    set_cgroupns_host: |it| kept(&it, "CgroupnsMode", &json!("host")),
    add_bind: |it| assert_eq!(it["Mounts"][0]["Source"], "/etc"),
    add_volume => has_a_labelled_volume,
    set_volume_driver: |it| kept(&it, "VolumeDriver", &json!("local")),
    add_volumes_from: |it| assert_eq!(it["Mounts"][0]["RW"], false),
    add_storage_option,
    add_device: |it| kept(&it, "Devices", &json!([
        { "PathOnHost": "/dev/null", "PathInContainer": "/dev/nothing", "CgroupPermissions": "rw" }
    ])),
    add_device_cgroup_rule: |it| kept(&it, "DeviceCgroupRules", &json!(["c 42:* rwm"])),
    add_device_request: |it| kept(&it, "DeviceRequests", &json!([
        { "Driver": "nobody", "Count": 1, "DeviceIDs": [], "Capabilities": [["gpu"]], "Options": {} }
    ])),
    add_device_env: |it| assert!(it["Config"]["Env"].to_string().contains("NVIDIA_VISIBLE_DEVICES=none")),
    set_log_driver: |it| kept(&it, "LogConfig", &json!({ "Type": "json-file", "Config": { "max-size": "1m", "max-file": "3" } })),
    add_link => links_by_name,
    add_ulimit: |it| assert!(it["HostConfig"]["Ulimits"].to_string().to_lowercase().contains("memlock")),
    set_oom_kill_disable,
    set_oom_score_adj: |it| assert_eq!(it["HostConfig"]["OomScoreAdj"], -5),
    set_cpu_shares: |it| assert_eq!(it["HostConfig"]["CpuShares"], 2_048),
    set_cpuset_cpus: |it| assert_eq!(it["HostConfig"]["CpusetCpus"], "0"),
    set_cpuset_mems: |it| assert_eq!(it["HostConfig"]["CpusetMems"], "0"),
    set_cpu_realtime_period,
    set_cpu_realtime_runtime,
    set_blkio_weight,
    add_blkio_weight_device => limits_the_device,
    add_blkio_read_bps => limits_the_device,
    add_blkio_write_bps => limits_the_device,
    add_blkio_read_iops => limits_the_device,
    add_blkio_write_iops => limits_the_device,
    set_mac_address: |it| assert!(it["NetworkSettings"]["Networks"].to_string().contains("02:42:c0:a8:00:07")),
    set_update_cpu_shares: |it| now_has(&it, "CpuShares", &json!(2_048)),
    set_update_cpuset_cpus: |it| now_has(&it, "CpusetCpus", &json!("0")),
    set_update_cpuset_mems: |it| now_has(&it, "CpusetMems", &json!("0")),
    set_update_blkio_weight => weighs_what_it_tells,
    binds_below,
    impossible_values: |it| assert_eq!(it["HostConfig"]["CpusetCpus"], ""),
    unreadable_values,
    ; own: set_endpoint_mac_address, set_endpoint_address, add_endpoint_link_local_address, add_endpoint_link,
    add_endpoint_driver_option, set_endpoint_gateway_priority,
}

/// Each power of the WIT has a case of its name.
#[tokio::test(flavor = "multi_thread")]
async fn every_power_has_a_case() {
    crate::cases::has_each_function_of_interface("host_access", "host-access").await;
}

/// Checks what the engine keeps of a power, where it keeps it: Podman doesn't keep all.
#[track_caller]
fn kept(it: &Value, key: &str, expected: &Value) {
    if !Engine::under_test().is_podman() {
        assert_eq!(&it["HostConfig"][key], expected, "{key}");
    }
}

/// Checks what the container has now, where containers can be changed.
#[track_caller]
fn now_has(it: &Value, key: &str, value: &Value) {
    if Engine::under_test().updates() {
        assert_eq!(&it["HostConfig"][key], value, "{key}");
    }
}

async fn links_by_name(ran: &Ran) {
    if !Engine::under_test().is_podman() {
        // It is on a network of the plugin's, where links are the endpoint's.
        let networks = it(ran).await["NetworkSettings"]["Networks"].to_string();
        assert!(networks.contains(":db\""), "{networks}");
    }
}

async fn has_the_runtime(ran: &Ran) {
    let runtime = json!(told(ran)["runtime"]);
    kept(&it(ran).await, "Runtime", &runtime);
}

async fn has_the_note(ran: &Ran) {
    if let Some(note) = told(ran).get("note") {
        let name = ran.names().name("it");
        let it = Engine::under_test().inspect(&name).await;
        let annotations = &it["HostConfig"]["Annotations"];
        // Asked at a version that doesn't know it, an engine may not tell it.
        let kept = annotations["com.example.note"] == *note;
        assert!(kept || annotations.is_null(), "{annotations}");
    }
}

async fn has_a_labelled_volume(ran: &Ran) {
    let it = it(ran).await;
    let name = it["Mounts"][0]["Name"].as_str().expect("a name");
    let path = format!("/volumes/{name}");
    let engine = Engine::under_test();
    let (_, volume) = engine.ask(hyper::Method::GET, &path, None).await;
    assert_eq!(volume["Driver"], "local", "{volume}");
    assert_eq!(volume["Labels"]["team"], "shop", "{volume}");
    assert_eq!(volume["Options"]["type"], "tmpfs", "{volume}");
}

/// A limit of a device is there, if the engine says that it keeps it.
async fn limits_the_device(ran: &Ran) {
    if told(ran)["kept"] != "true" || Engine::under_test().is_podman() {
        return;
    }
    let it = it(ran).await;
    let host = it["HostConfig"].as_object().expect("an object");
    let limits = host.iter().filter(|(key, _)| key.starts_with("Blkio"));
    let limits: Vec<_> = limits
        .filter(|(_, value)| value.to_string().contains("/dev/null"))
        .collect();
    // One at most: a kernel without it makes the engine drop it.
    assert!(limits.len() <= 1, "{limits:?}");
}

async fn weighs_what_it_tells(ran: &Ran) {
    let weight = it(ran).await["HostConfig"]["BlkioWeight"].to_string();
    assert_eq!(told(ran)["weight"], weight);
}

/// Runs a case on a network with the addresses that it expects.
async fn on_a_network(case: &str) -> (Ran, Value) {
    let test = Test::new("host_access", case);
    let range = Some("10.213.78.0/24");
    static ONE_AT_A_TIME: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    let _turn = ONE_AT_A_TIME.lock().await;
    test.names().make_network("network", range).await;
    let ran = test.run().await;
    ran.succeeded();
    let endpoint = Engine::under_test()
        .inspect(&ran.names().name("it"))
        .await
        .pointer_mut("/NetworkSettings/Networks")
        .and_then(|networks| {
            networks
                .get_mut(ran.names().name("network"))
                .map(Value::take)
        })
        .unwrap_or_default();
    ran.names().remove_now().await;
    (ran, endpoint)
}

#[tokio::test(flavor = "multi_thread")]
async fn set_endpoint_mac_address() {
    on_a_network("set_endpoint_mac_address").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn set_endpoint_address() {
    let (_, endpoint) = on_a_network("set_endpoint_address").await;
    if !Engine::under_test().is_podman() {
        let address = &endpoint["IPAMConfig"]["IPv4Address"];
        assert_eq!(address, "10.213.78.9", "{endpoint}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn add_endpoint_link_local_address() {
    let (_, endpoint) = on_a_network("add_endpoint_link_local_address").await;
    if !Engine::under_test().is_podman() {
        let addresses = &endpoint["IPAMConfig"]["LinkLocalIPs"];
        assert_eq!(addresses, &json!(["169.254.34.68"]), "{endpoint}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn add_endpoint_link() {
    let (_, endpoint) = on_a_network("add_endpoint_link").await;
    if !Engine::under_test().is_podman() {
        let links = endpoint["Links"].to_string();
        assert!(links.contains(":database"), "{endpoint}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn add_endpoint_driver_option() {
    let (_, endpoint) = on_a_network("add_endpoint_driver_option").await;
    if !Engine::under_test().is_podman() {
        assert_eq!(
            endpoint["DriverOpts"],
            json!({ "com.example.option": "kept" })
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn set_endpoint_gateway_priority() {
    on_a_network("set_endpoint_gateway_priority").await;
}

/// What isn't given of the machine keeps a plugin from being started, before the engine hears anything.
#[tokio::test(flavor = "multi_thread")]
async fn who_reaches_for_more_is_not_started() {
    let begin = async |machine: &'static str| {
        let proxy = Proxy::start();
        let test = Test::new("tiny_privileged", "").machine(machine);
        let outcome = test.client(proxy.client()).try_run().await;
        let missing = match outcome {
            Err(BeginError::Missing(missing)) => missing,
            Err(error) => panic!("{error}"),
            Ok(_) => panic!("it was started"),
        };
        assert_eq!((proxy.opened(), proxy.sent()), (0, 0), "nothing is sent");
        missing.iter().map(Lacking::name).collect::<Vec<_>>()
    };
    let both = ["host-access.set-privileged", "host-access.add-bind"];
    assert_eq!(begin("").await, both);
    assert_eq!(begin("host-access.privileged = true").await, both[1..]);
    let bind = "host-access.binds = [{ source = \"/elsewhere\" }]";
    assert_eq!(begin(bind).await, both[..1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_gets_on_with_less_is_started_all_the_same() {
    let test = Test::new("tiny_privileged", "").machine("");
    let grants = Grants::of([]).missing(Missing::Deny);
    let ran = test.grants(grants).run().await;
    assert!(ran.stderr().contains("denied"), "{}", ran.stderr());
}
