//! Making containers: what a setter sets is what the engine got.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use dockwit_tests::asked::Asked;
use dockwit_tests::engine::Engine;
use dockwit_tests::making::{self, Making, written};
use dockwit_tests::plugin::Test;
use dockwit_tests::scripted::Scripted;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

use crate::cases::{cases, told};

cases! { "containers_create":
    new => names_the_image,
    set_name: |it| assert_eq!(keys(&it["Config"]["Labels"]), ["dockwit.image", "dockwit.nonce", "dockwit.owner", "dockwit.run"]),
    set_platform: |it| assert_eq!(it["Platform"], "linux"),
    set_command: |it| assert_eq!(it["Config"]["Cmd"], json!(["echo", "a b", ""])),
    set_entrypoint: |it| assert_eq!(it["Config"]["Entrypoint"], json!(["echo", "hello"])),
    add_env: |it| assert!(has_all(&it["Config"]["Env"], &["COLOUR=blue=green", "EMPTY=", "LINES=a\nb", "ONE=1"])),
    add_label: |it| assert_eq!(it["Config"]["Labels"]["c"], "x=y"),
    set_hostname: |it| assert_eq!(it["Config"]["Hostname"], "box"),
    set_domainname: |it| kept(&it, "/Config/Domainname", &json!("example.org")),
    set_user: |it| assert_eq!(it["Config"]["User"], "65534:0"),
    add_group: |it| assert_eq!(it["HostConfig"]["GroupAdd"], json!(["123", "nobody"])),
    set_working_dir: |it| assert_eq!(it["Config"]["WorkingDir"], "/tmp"),
    set_tty: |it| assert_eq!(it["Config"]["Tty"], true),
    set_open_stdin: |it| assert_eq!(it["Config"]["OpenStdin"], true),
    set_stdin_once: |it| kept(&it, "/Config/StdinOnce", &json!(true)),
    set_attach: |it| kept(&it, "/Config/AttachStdin", &json!(true)),
    set_console_size: |it| assert_eq!(it["Config"]["Tty"], true),
    set_stop_signal: |it| assert!(["SIGINT", "2"].contains(&text(&it["Config"]["StopSignal"]).as_str())),
    set_stop_timeout: |it| assert_eq!(it["Config"]["StopTimeout"], 3),
    set_healthcheck: |it| {
        let check = &it["Config"]["Healthcheck"];
        kept(&it, "/Config/Healthcheck/Test", &json!(["CMD", "test", "-e", "/a b"]));
        assert_eq!((&check["Interval"], &check["Retries"]), (&json!(7_000_000_000_u64), &json!(4)));
        assert_eq!((&check["Timeout"], &check["StartPeriod"]), (&json!(1_500_000_000), &json!(9_000_000_000_u64)));
    },
    set_shell: |it| kept(&it, "/Config/Shell", &json!(["/bin/sh", "-ec"])),
    add_on_build: |it| kept(&it, "/Config/OnBuild", &json!(["RUN true", "RUN echo two"])),
    add_volume: |it| assert_eq!(it["Mounts"].as_array().map(Vec::len), Some(2)),
    add_tmpfs: |it| assert_eq!(keys(&it["HostConfig"]["Tmpfs"]), ["/run", "/scratch"]),
    set_read_only: |it| assert_eq!(it["HostConfig"]["ReadonlyRootfs"], true),
    add_exposed_port: |it| {
        let ports = keys(&it["Config"]["ExposedPorts"]);
        assert_eq!(ports[..2], ["53/udp", "80/tcp"]);
        assert_eq!(ports.contains(&"9/sctp"), Engine::under_test().exposes_sctp());
    },
    add_port => publishes_the_port,
    set_publish_all_ports: |it| {
        assert_eq!(it["HostConfig"]["PublishAllPorts"], false);
        assert_eq!(keys(&it["HostConfig"]["PortBindings"]), ["80/tcp"]);
    },
    set_network_mode: |it| assert_eq!(it["HostConfig"]["NetworkMode"], "none"),
    set_network_disabled: |it| assert_eq!(it["HostConfig"]["NetworkMode"], "none"),
    set_network_container: |it| assert!(text(&it["HostConfig"]["NetworkMode"]).starts_with("container:")),
    add_dns: |it| assert_eq!(it["HostConfig"]["Dns"], json!(["10.0.0.1", "fd00::1"])),
    add_dns_option: |it| assert_eq!(it["HostConfig"]["DnsOptions"], json!(["ndots:2", "rotate"])),
    add_dns_search: |it| assert_eq!(it["HostConfig"]["DnsSearch"], json!(["example.org", "example.net"])),
    add_extra_host: |it| assert_eq!(it["HostConfig"]["ExtraHosts"][0], "db:10.0.0.2"),
    set_memory: |it| assert_eq!(it["HostConfig"]["Memory"], 64 << 20),
    set_memory_reservation: |it| assert_eq!(it["HostConfig"]["MemoryReservation"], 32 << 20),
    set_memory_swap: |it| assert_eq!(it["HostConfig"]["MemorySwap"], 64 << 20),
    set_memory_swappiness,
    set_shm_size: |it| assert_eq!(it["HostConfig"]["ShmSize"], 8 << 20),
    set_nano_cpus: |it| assert_eq!(it["HostConfig"]["NanoCpus"], 500_000_000),
    set_cpu_shares: |it| assert_eq!(it["HostConfig"]["CpuShares"], 512),
    set_cpu_period: |it| assert_eq!(it["HostConfig"]["CpuPeriod"], 50_000),
    set_cpu_quota: |it| assert_eq!(it["HostConfig"]["CpuQuota"], 25_000),
    set_pids_limit: |it| assert_eq!(it["HostConfig"]["PidsLimit"], 77),
    set_blkio_weight => weighs_what_the_engine_says,
    add_ulimit: |it| assert!(it["HostConfig"]["Ulimits"].to_string().replace("RLIMIT_NOFILE", "nofile").contains(r#"{"Hard":1024,"Name":"nofile","Soft":512}"#)),
    set_oom_score_adj: |it| assert_eq!(it["HostConfig"]["OomScoreAdj"], 123),
    set_init: |it| kept(&it, "/HostConfig/Init", &json!(true)),
    set_ipc_mode: |it| assert_eq!(it["HostConfig"]["IpcMode"], "shareable"),
    set_ipc_container: |it| assert!(text(&it["HostConfig"]["IpcMode"]).starts_with("container:")),
    set_pid_container: |it| assert!(text(&it["HostConfig"]["PidMode"]).starts_with("container:")),
    set_cgroupns_private: |it| kept(&it, "/HostConfig/CgroupnsMode", &json!("private")),
    add_capability,
    set_no_new_privileges: |it| assert!(it["HostConfig"]["SecurityOpt"].to_string().contains("no-new-privileges")),
    add_sysctl: |it| kept(&it, "/HostConfig/Sysctls", &json!({ "net.ipv4.ip_unprivileged_port_start": "79" })),
    drop_capability: |it| {
        let dropped = it["HostConfig"]["CapDrop"].to_string();
        assert!(dropped.contains("CHOWN") && dropped.contains("KILL"), "{dropped}");
    },
    set_restart_policy: |it| {
        assert_eq!(it["HostConfig"]["RestartPolicy"], json!({ "Name": "on-failure", "MaximumRetryCount": 3 }));
    },
    set_auto_remove: |it| assert_eq!(it["HostConfig"]["AutoRemove"], true),
    defaults,
    what_is_set_is_in_force,
    healthchecks: |it| assert_eq!(it["Config"]["Healthcheck"]["Test"], json!(["CMD-SHELL", "exit 0"])),
    command_as_text: |it| assert_eq!(it["Config"]["Cmd"], json!(["sh", "-c", "echo \"a b\""])),
    a_template: |it| assert_eq!(it["HostConfig"]["Memory"], 32 << 20),
    the_last_set_counts: |it| assert_eq!(it["Config"]["Hostname"], "last"),
    impossible_values,
    values_of_host_access,
    unreadable_values,
    the_first_impossible_value,
    a_spec_too_large,
    refused_by_the_engine,
    refused_by_the_host,
    start_interval,
    no_such_image,
    name_in_use,
    warnings,
    ; own: everything, add_volume_mount, a_folder_of_a_volume, set_network, add_network_alias,
}

#[tokio::test(flavor = "multi_thread")]
async fn add_volume_mount() {
    let ran = with_a_volume("add_volume_mount").await;
    let it = crate::cases::it(&ran).await;
    assert_eq!(it["Mounts"][0]["Name"], ran.names().name("volume"));
    assert_eq!(it["Mounts"][0]["RW"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_of_a_volume() {
    with_a_volume("a_folder_of_a_volume").await;
}

async fn with_a_volume(case: &str) -> dockwit_tests::plugin::Ran {
    let test = Test::new("containers_create", case);
    test.names().make_volume("volume").await;
    let ran = test.run().await;
    ran.succeeded();
    ran
}

#[tokio::test(flavor = "multi_thread")]
async fn set_network() {
    on_a_network("set_network").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn add_network_alias() {
    on_a_network("add_network_alias").await;
}

async fn on_a_network(case: &str) {
    let test = Test::new("containers_create", case);
    test.names().make_network("network", None).await;
    let ran = test.run().await;
    ran.succeeded();
    let it = crate::cases::it(&ran).await;
    let on = &it["NetworkSettings"]["Networks"][ran.names().name("network")];
    assert!(has_all(&on["Aliases"], &["db"]), "{on}");
}

/// Checks what the engine keeps of a spec, where it keeps it: Podman doesn't keep all.
#[track_caller]
fn kept(it: &Value, pointer: &str, expected: &Value) {
    if !Engine::under_test().is_podman() {
        assert_eq!(it.pointer(pointer), Some(expected), "{pointer}");
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn keys(object: &Value) -> Vec<&str> {
    let keys: BTreeSet<_> = object
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, _)| key.as_str())
        .collect();
    keys.into_iter().collect()
}

fn has_all(list: &Value, expected: &[&str]) -> bool {
    let list = list.as_array().expect("a list");
    expected.iter().all(|item| list.contains(&json!(item)))
}

async fn names_the_image(ran: &dockwit_tests::plugin::Ran) {
    let it = crate::cases::it(ran).await;
    assert_eq!(it["Image"], told(ran)["image-id"]);
}

async fn publishes_the_port(ran: &dockwit_tests::plugin::Ran) {
    let it = crate::cases::it(ran).await;
    let expected = json!([{ "HostIp": "127.0.0.1", "HostPort": told(ran)["host-port"] }]);
    assert_eq!(it["HostConfig"]["PortBindings"]["81/tcp"], expected);
    assert_eq!(it["NetworkSettings"]["Ports"]["81/tcp"], expected);
}

async fn weighs_what_the_engine_says(ran: &dockwit_tests::plugin::Ran) {
    let it = crate::cases::it(ran).await;
    assert_eq!(
        it["HostConfig"]["BlkioWeight"].to_string(),
        told(ran)["weight"]
    );
}

/// Each setter of the WIT has a case of its name.
#[tokio::test(flavor = "multi_thread")]
async fn every_setter_has_a_case() {
    crate::cases::has_each_function_of("containers_create", "container-spec").await;
}

/// What an engine has to say of every setter at once can't be had from a real one.
#[tokio::test(flavor = "multi_thread")]
async fn everything() {
    let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
    let seen = Arc::clone(&asked);
    let making = Arc::new(Making::warning(&["one", "two"]));
    let engine = Scripted::start(move |request, mut connection| {
        let answer = making.answer(&request);
        let answer = answer.unwrap_or_else(|| panic!("{} isn't expected", request.line));
        seen.lock().expect("nobody panics here").push(request);
        async move {
            let written = connection.write_all(&written(&answer)).await;
            written.expect("the client listens");
        }
    });
    let ran = Test::new("containers_create", "everything")
        .client(engine.client())
        .run()
        .await;
    ran.succeeded();
    let asked = asked.lock().expect("nobody panics here");
    is_no_more_than_needed(&asked);
    let is_create = |asked: &&Asked| asked.line.contains("/containers/create?");
    let create = asked.iter().find(is_create).expect("it is made");
    assert!(create.line.contains("_it&"), "{}", create.line);
    assert!(
        create.line.contains("platform=linux%2Farm64%2Fv8"),
        "{}",
        create.line
    );
    let mut body: Value = serde_json::from_slice(&create.body).expect("JSON");
    let labels = body["Labels"].as_object_mut().expect("labels");
    for host in ["dockwit.owner", "dockwit.run", "dockwit.nonce"] {
        assert!(labels.remove(host).is_some(), "{host}");
    }
    let options = body["HostConfig"].as_object_mut().expect("options");
    let mounts = options.remove("Mounts").unwrap_or_default();
    let volume = (&mounts[0]["Type"], &mounts[0]["Target"]);
    assert_eq!(volume, (&json!("volume"), &json!("/data")));
    let ports = body["HostConfig"]["PortBindings"]
        .as_object_mut()
        .expect("ports");
    for at in [ports["80/tcp"][1].take(), ports["53/udp"][0].take()] {
        assert_eq!(at["HostIp"], "0.0.0.0");
        let chosen = at["HostPort"]
            .as_str()
            .and_then(|port| port.parse::<u16>().ok());
        assert!(chosen.is_some_and(|port| port > 0), "{at}");
    }
    assert_eq!(body, everything_as_the_engine_takes_it());
}

/// What a create costs that is the first of its run, and has a volume: nothing is asked twice.
fn is_no_more_than_needed(asked: &[Asked]) {
    let begins = |asked: &Asked, words: &str| asked.line.starts_with(words);
    let expected = [
        "GET /v1.51/info",
        "GET /v1.51/version",
        "GET /v1.51/images/image:1/json",
        "POST /v1.51/volumes/create",
        "POST /v1.51/networks/create",
        "GET /v1.51/networks/",
        "POST /v1.51/containers/create?",
        "GET /v1.51/containers/",
    ];
    let lines: Vec<_> = asked.iter().map(|asked| &asked.line).collect();
    assert_eq!(asked.len(), expected.len(), "{lines:#?}");
    // The first two are asked together.
    let (first, rest) = asked.split_at(2);
    assert!(
        first.iter().any(|asked| begins(asked, expected[0])),
        "{lines:#?}"
    );
    assert!(
        first.iter().any(|asked| begins(asked, expected[1])),
        "{lines:#?}"
    );
    for (asked, expected) in rest.iter().zip(&expected[2..]) {
        assert!(begins(asked, expected), "{expected}: {lines:#?}");
    }
}

fn everything_as_the_engine_takes_it() -> Value {
    json!({
        "Image": making::IMAGE,
        "Cmd": ["run", "it"],
        "Entrypoint": ["/entry"],
        "Env": ["A=1", "B", "NVIDIA_VISIBLE_DEVICES=void"],
        "Labels": { "key": "value", "dockwit.image": "image:1" },
        "Hostname": "host",
        "Domainname": "domain",
        "User": "1:2",
        "WorkingDir": "/work",
        "Tty": true,
        "OpenStdin": true,
        "StdinOnce": true,
        "AttachStdin": true,
        "AttachStdout": false,
        "AttachStderr": true,
        "StopSignal": "SIGINT",
        "StopTimeout": 6,
        "Healthcheck": {
            "Test": ["CMD-SHELL", "true || false"],
            "Interval": 6_000_000_000_u64,
            "Timeout": 2_000_000_000_u64,
            "StartPeriod": 3_000_000_000_u64,
            "StartInterval": 5_000_000_000_u64,
            "Retries": 4,
        },
        "Shell": ["sh", "-c"],
        "OnBuild": ["RUN true"],
        "ExposedPorts": { "53/udp": {}, "80/tcp": {} },
        "NetworkDisabled": false,
        "NetworkingConfig": {
            "EndpointsConfig": { making::NETWORK: { "Aliases": ["it"] } },
        },
        "HostConfig": host_config_as_the_engine_takes_it(),
    })
}

fn host_config_as_the_engine_takes_it() -> Value {
    json!({
        "GroupAdd": ["3"],
        "ConsoleSize": [24, 80],
        "Tmpfs": { "/tmp": "rw,nosuid,nodev,noexec,size=4096,mode=755" },
        "ReadonlyRootfs": true,
        "PortBindings": {
            "80/tcp": [{ "HostIp": "127.0.0.1", "HostPort": "8080" }, null],
            "53/udp": [null],
        },
        "NetworkMode": making::NETWORK,
        "Dns": ["10.0.0.1"],
        "DnsOptions": ["ndots:2"],
        "DnsSearch": ["example.org"],
        "ExtraHosts": ["db:10.0.0.2"],
        "Memory": 64 << 20,
        "MemoryReservation": 32 << 20,
        "MemorySwap": 64 << 20,
        "MemorySwappiness": 10,
        "ShmSize": 1 << 20,
        "NanoCpus": 1_500_000_000,
        "CpuShares": 7,
        "CpuPeriod": 1_000,
        "CpuQuota": 900,
        "PidsLimit": 8,
        "BlkioWeight": 9,
        "Ulimits": [
            { "Name": "nofile", "Soft": 1, "Hard": 2 },
            { "Name": "core", "Soft": 0, "Hard": 0 },
        ],
        "OomScoreAdj": 5,
        "Init": true,
        "IpcMode": "private",
        "CgroupnsMode": "private",
        "CapAdd": ["CHOWN"],
        "CapDrop": ["ALL"],
        "SecurityOpt": ["no-new-privileges"],
        "Sysctls": { "net.ipv4.tcp_syncookies": "1" },
        "LogConfig": { "Type": "json-file", "Config": { "max-file": "2", "max-size": "10m" } },
        "RestartPolicy": { "Name": "on-failure", "MaximumRetryCount": 2 },
        "AutoRemove": false,
    })
}
