//! Making containers: what a setter sets is what the engine got.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use dockwit_tests::plugin::Test;
use dockwit_tests::scripted::{Asked, Scripted};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;

use crate::cases::{cases, told};

cases! { "containers_create":
    new => names_the_image,
    set_name: |it| assert_eq!(it["Config"]["Labels"], json!({})),
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
    add_volume: |it| kept(&it, "/Config/Volumes", &json!({ "/data": {}, "/more": {} })),
    add_tmpfs: |it| assert_eq!(keys(&it["HostConfig"]["Tmpfs"]), ["/run", "/scratch"]),
    set_read_only: |it| assert_eq!(it["HostConfig"]["ReadonlyRootfs"], true),
    add_storage_option,
    add_exposed_port: |it| assert_eq!(keys(&it["Config"]["ExposedPorts"]), ["53/udp", "80/tcp", "9/sctp"]),
    add_port => publishes_the_port,
    set_publish_all_ports: |it| kept(&it, "/HostConfig/PublishAllPorts", &json!(true)),
    set_network_mode: |it| assert_eq!(it["HostConfig"]["NetworkMode"], "none"),
    set_network_disabled: |it| assert_eq!(it["HostConfig"]["NetworkMode"], "none"),
    set_mac_address: |it| assert!(it["NetworkSettings"]["Networks"].to_string().contains("02:42:c0:a8:00:07")),
    add_dns: |it| assert_eq!(it["HostConfig"]["Dns"], json!(["10.0.0.1", "fd00::1"])),
    add_dns_option: |it| assert_eq!(it["HostConfig"]["DnsOptions"], json!(["ndots:2", "rotate"])),
    add_dns_search: |it| assert_eq!(it["HostConfig"]["DnsSearch"], json!(["example.org", "example.net"])),
    add_extra_host: |it| assert_eq!(it["HostConfig"]["ExtraHosts"][0], "db:10.0.0.2"),
    set_memory: |it| assert_eq!(it["HostConfig"]["Memory"], 64 << 20),
    set_memory_reservation: |it| assert_eq!(it["HostConfig"]["MemoryReservation"], 32 << 20),
    set_memory_swap: |it| assert_eq!(it["HostConfig"]["MemorySwap"], 96 << 20),
    set_memory_swappiness,
    set_shm_size: |it| assert_eq!(it["HostConfig"]["ShmSize"], 8 << 20),
    set_nano_cpus: |it| assert_eq!(it["HostConfig"]["NanoCpus"], 500_000_000),
    set_cpu_shares: |it| assert_eq!(it["HostConfig"]["CpuShares"], 512),
    set_cpu_period: |it| assert_eq!(it["HostConfig"]["CpuPeriod"], 50_000),
    set_cpu_quota: |it| assert_eq!(it["HostConfig"]["CpuQuota"], 25_000),
    set_cpuset_cpus: |it| assert_eq!(it["HostConfig"]["CpusetCpus"], "0"),
    set_cpuset_mems: |it| assert_eq!(it["HostConfig"]["CpusetMems"], "0"),
    set_pids_limit: |it| assert_eq!(it["HostConfig"]["PidsLimit"], 77),
    set_blkio_weight => weighs_what_the_engine_says,
    add_ulimit: |it| assert!(it["HostConfig"]["Ulimits"].to_string().replace("RLIMIT_NOFILE", "nofile").contains(r#"{"Hard":1024,"Name":"nofile","Soft":512}"#)),
    set_oom_score_adj: |it| assert_eq!(it["HostConfig"]["OomScoreAdj"], 123),
    set_init: |it| kept(&it, "/HostConfig/Init", &json!(true)),
    set_ipc_mode: |it| assert_eq!(it["HostConfig"]["IpcMode"], "shareable"),
    drop_capability: |it| assert_eq!(it["HostConfig"]["CapDrop"].as_array().map(Vec::len), Some(2)),
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
    unreadable_values,
    the_first_impossible_value,
    a_spec_too_large,
    refused_by_the_engine,
    start_interval,
    no_such_image,
    name_in_use,
    warnings,
    ; own: everything,
}

/// Checks what the engine keeps of a spec, where it keeps it: Podman doesn't keep all.
#[track_caller]
fn kept(it: &Value, pointer: &str, expected: &Value) {
    if !dockwit_tests::engine::Engine::under_test().is_podman() {
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
    let engine = Scripted::start(move |request, connection| {
        seen.lock().expect("nobody panics here").push(request);
        answer_created(connection)
    });
    let ran = Test::new("containers_create", "everything")
        .client(engine.client())
        .run()
        .await;
    ran.succeeded();
    let asked = asked.lock().expect("nobody panics here");
    let [create] = &asked[..] else {
        panic!("{asked:?}")
    };
    assert!(
        create.line.starts_with("POST /v1.51/containers/create?"),
        "{}",
        create.line
    );
    assert!(create.line.contains("name=it"), "{}", create.line);
    assert!(
        create.line.contains("platform=linux%2Farm64%2Fv8"),
        "{}",
        create.line
    );
    let body: Value = serde_json::from_slice(&create.body).expect("JSON");
    assert_eq!(body, everything_as_the_engine_takes_it());
}

async fn answer_created(mut connection: UnixStream) {
    let body = json!({ "Id": "a".repeat(64), "Warnings": ["one", "two"] }).to_string();
    let answer = format!(
        "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    connection
        .write_all(answer.as_bytes())
        .await
        .expect("the client listens");
}

fn everything_as_the_engine_takes_it() -> Value {
    json!({
        "Image": "image:1",
        "Cmd": ["run", "it"],
        "Entrypoint": ["/entry"],
        "Env": ["A=1", "B"],
        "Labels": { "key": "value" },
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
            "Interval": 1_000_000_000_u64,
            "Timeout": 2_000_000_000_u64,
            "StartPeriod": 3_000_000_000_u64,
            "StartInterval": 4_000_000_000_u64,
            "Retries": 5,
        },
        "Shell": ["sh", "-c"],
        "OnBuild": ["RUN true"],
        "Volumes": { "/data": {} },
        "ExposedPorts": { "53/udp": {}, "80/tcp": {} },
        "NetworkDisabled": false,
        "MacAddress": "02:42:ac:11:00:02",
        "NetworkingConfig": { "EndpointsConfig": { "default": { "MacAddress": "02:42:ac:11:00:02" } } },
        "HostConfig": host_config_as_the_engine_takes_it(),
    })
}

fn host_config_as_the_engine_takes_it() -> Value {
    json!({
        "GroupAdd": ["3"],
        "ConsoleSize": [24, 80],
        "Tmpfs": { "/tmp": "rw,nosuid,nodev,noexec,size=4096,mode=755" },
        "ReadonlyRootfs": true,
        "StorageOpt": { "size": "1G" },
        "PortBindings": {
            "80/tcp": [{ "HostIp": "127.0.0.1", "HostPort": "8080" }, { "HostIp": "", "HostPort": "" }],
        },
        "PublishAllPorts": true,
        "NetworkMode": "default",
        "Dns": ["10.0.0.1"],
        "DnsOptions": ["ndots:2"],
        "DnsSearch": ["example.org"],
        "ExtraHosts": ["db:10.0.0.2"],
        "Memory": 64 << 20,
        "MemoryReservation": 32 << 20,
        "MemorySwap": -1,
        "MemorySwappiness": 10,
        "ShmSize": 1 << 20,
        "NanoCpus": 1_500_000_000,
        "CpuShares": 7,
        "CpuPeriod": 1_000,
        "CpuQuota": -1,
        "CpusetCpus": "0-3",
        "CpusetMems": "0",
        "PidsLimit": 8,
        "BlkioWeight": 9,
        "Ulimits": [{ "Name": "nofile", "Soft": 1, "Hard": 2 }],
        "OomScoreAdj": -5,
        "Init": true,
        "IpcMode": "private",
        "CapDrop": ["ALL"],
        "RestartPolicy": { "Name": "on-failure", "MaximumRetryCount": 2 },
        "AutoRemove": false,
    })
}
