//! Specs, setter by setter.

use serde_json::{Value, json};

use super::{ID, Listener};
use crate::api::containers::{
    ContainerPort, ContainerSpec, HealthTest, Healthcheck, IpcMode, MAX_SPEC_SIZE, NetworkMode,
    PortBinding, RestartCondition, RestartPolicy, TmpfsMount, Ulimit, UpdateSpec,
};
use crate::api::{ErrorKind, Protocol};
use crate::transport::ApiVersion;

const CREATED: &str =
    r#"{"Id":"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef","Warnings":null}"#;

type Setter = fn(&mut ContainerSpec) -> &mut ContainerSpec;

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn port(number: u16, protocol: Protocol) -> ContainerPort {
    ContainerPort {
        port: number,
        protocol,
    }
}

fn binding(number: u16, host_ip: Option<&str>, host_port: Option<u16>) -> PortBinding {
    PortBinding {
        container: port(number, Protocol::Tcp),
        host_ip: host_ip.map(str::to_owned),
        host_port,
    }
}

fn tmpfs(target: &str, size: Option<u64>, mode: Option<u32>, exec: bool) -> TmpfsMount {
    TmpfsMount {
        target: target.to_owned(),
        size,
        mode,
        exec,
    }
}

fn ulimit(name: &str, soft: i64, hard: i64) -> Ulimit {
    Ulimit {
        name: name.to_owned(),
        soft,
        hard,
    }
}

fn restart(condition: RestartCondition, maximum_retries: u32) -> RestartPolicy {
    RestartPolicy {
        condition,
        maximum_retries,
    }
}

fn check(test: HealthTest, interval: Option<u64>) -> Healthcheck {
    Healthcheck {
        test,
        interval,
        ..Healthcheck::default()
    }
}

/// What a setter sends, of the container's configuration and of the host's.
#[tokio::test]
async fn each_setter_has_its_wire_form() {
    let mut engine = Listener::start(ApiVersion::NEWEST, CREATED);
    let cases: Vec<(Setter, Value)> = vec![
        (
            |s| s.set_command(texts(&["a", ""])),
            json!({"Cmd": ["a", ""]}),
        ),
        (|s| s.set_command(vec![]), json!({"Cmd": []})),
        (
            |s| s.set_entrypoint(texts(&["a"])),
            json!({"Entrypoint": ["a"]}),
        ),
        (|s| s.set_entrypoint(vec![]), json!({"Entrypoint": [""]})),
        (
            |s| s.add_env("A", Some("1=\n2".into())).add_env("B", None),
            json!({"Env": ["A=1=\n2", "B"]}),
        ),
        (
            |s| s.add_label("a", "1").add_label("a", "2"),
            json!({"Labels": {"a": "2"}}),
        ),
        (|s| s.set_hostname("h"), json!({"Hostname": "h"})),
        (|s| s.set_domainname("d"), json!({"Domainname": "d"})),
        (|s| s.set_user("1:2"), json!({"User": "1:2"})),
        (
            |s| s.add_group("a").add_group("7"),
            json!({"HostConfig": {"GroupAdd": ["a", "7"]}}),
        ),
        (|s| s.set_working_dir("/a"), json!({"WorkingDir": "/a"})),
        (|s| s.set_tty(true), json!({"Tty": true})),
        (|s| s.set_tty(false), json!({"Tty": false})),
        (|s| s.set_open_stdin(true), json!({"OpenStdin": true})),
        (|s| s.set_stdin_once(true), json!({"StdinOnce": true})),
        (
            |s| s.set_attach(true, false, true),
            json!({"AttachStdin": true, "AttachStdout": false, "AttachStderr": true}),
        ),
        (
            |s| s.set_console_size(24, 80),
            json!({"HostConfig": {"ConsoleSize": [24, 80]}}),
        ),
        (
            |s| s.set_stop_signal("SIGINT"),
            json!({"StopSignal": "SIGINT"}),
        ),
        (|s| s.set_stop_timeout(0), json!({"StopTimeout": 0})),
        (
            |s| s.set_shell(texts(&["bash", "-c"])),
            json!({"Shell": ["bash", "-c"]}),
        ),
        (|s| s.add_on_build("RUN x"), json!({"OnBuild": ["RUN x"]})),
        (|s| s.add_volume("/v"), json!({"Volumes": {"/v": {}}})),
        (
            |s| s.set_read_only(true),
            json!({"HostConfig": {"ReadonlyRootfs": true}}),
        ),
        (
            |s| s.add_storage_option("size", "1G"),
            json!({"HostConfig": {"StorageOpt": {"size": "1G"}}}),
        ),
        (
            |s| s.add_exposed_port(port(53, Protocol::Udp)),
            json!({"ExposedPorts": {"53/udp": {}}}),
        ),
        (
            |s| s.set_publish_all_ports(true),
            json!({"HostConfig": {"PublishAllPorts": true}}),
        ),
        (
            |s| s.set_network_mode(NetworkMode::None),
            json!({"HostConfig": {"NetworkMode": "none"}}),
        ),
        (
            |s| s.set_network_mode(NetworkMode::Default),
            json!({"HostConfig": {"NetworkMode": "default"}}),
        ),
        (
            |s| s.set_network_disabled(true),
            json!({"NetworkDisabled": true, "HostConfig": {"NetworkMode": "none"}}),
        ),
        (
            |s| s.add_dns("::1"),
            json!({"HostConfig": {"Dns": ["::1"]}}),
        ),
        (
            |s| s.add_dns_option("ndots:2"),
            json!({"HostConfig": {"DnsOptions": ["ndots:2"]}}),
        ),
        (
            |s| s.add_dns_search("a.b"),
            json!({"HostConfig": {"DnsSearch": ["a.b"]}}),
        ),
        (
            |s| {
                s.add_extra_host("a", "10.0.0.1")
                    .add_extra_host("b", "host-gateway")
                    .add_extra_host("c", "::1")
            },
            json!({"HostConfig": {"ExtraHosts": ["a:10.0.0.1", "b:host-gateway", "c:::1"]}}),
        ),
        (|s| s.set_memory(7), json!({"HostConfig": {"Memory": 7}})),
        (|s| s.set_memory(0), json!({"HostConfig": {"Memory": 0}})),
        (
            |s| s.set_memory_reservation(7),
            json!({"HostConfig": {"MemoryReservation": 7}}),
        ),
        (
            |s| s.set_memory_swap(-1),
            json!({"HostConfig": {"MemorySwap": -1}}),
        ),
        (
            |s| s.set_memory_swappiness(60),
            json!({"HostConfig": {"MemorySwappiness": 60}}),
        ),
        (|s| s.set_shm_size(7), json!({"HostConfig": {"ShmSize": 7}})),
        (
            |s| s.set_nano_cpus(7),
            json!({"HostConfig": {"NanoCpus": 7}}),
        ),
        (
            |s| s.set_cpu_shares(7),
            json!({"HostConfig": {"CpuShares": 7}}),
        ),
        (
            |s| s.set_cpu_period(7),
            json!({"HostConfig": {"CpuPeriod": 7}}),
        ),
        (
            |s| s.set_cpu_quota(-1),
            json!({"HostConfig": {"CpuQuota": -1}}),
        ),
        (
            |s| s.set_cpuset_cpus("0-3"),
            json!({"HostConfig": {"CpusetCpus": "0-3"}}),
        ),
        (
            |s| s.set_cpuset_mems("0"),
            json!({"HostConfig": {"CpusetMems": "0"}}),
        ),
        (
            |s| s.set_pids_limit(-1),
            json!({"HostConfig": {"PidsLimit": -1}}),
        ),
        (
            |s| s.set_blkio_weight(10),
            json!({"HostConfig": {"BlkioWeight": 10}}),
        ),
        (
            |s| s.add_ulimit(ulimit("nofile", 1, -1)),
            json!({"HostConfig": {"Ulimits": [{"Name": "nofile", "Soft": 1, "Hard": -1}]}}),
        ),
        (
            |s| s.set_oom_score_adj(-5),
            json!({"HostConfig": {"OomScoreAdj": -5}}),
        ),
        (
            |s| s.set_init(false),
            json!({"HostConfig": {"Init": false}}),
        ),
        (
            |s| s.set_ipc_mode(IpcMode::None),
            json!({"HostConfig": {"IpcMode": "none"}}),
        ),
        (
            |s| s.set_ipc_mode(IpcMode::Private),
            json!({"HostConfig": {"IpcMode": "private"}}),
        ),
        (
            |s| s.set_ipc_mode(IpcMode::Shareable),
            json!({"HostConfig": {"IpcMode": "shareable"}}),
        ),
        (
            |s| s.drop_capability("ALL"),
            json!({"HostConfig": {"CapDrop": ["ALL"]}}),
        ),
        (
            |s| s.set_restart_policy(restart(RestartCondition::OnFailure, 3)),
            json!({"HostConfig": {"RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 3}}}),
        ),
        (
            |s| s.set_auto_remove(true),
            json!({"HostConfig": {"AutoRemove": true}}),
        ),
        (
            |s| s.set_memory(1).set_memory(2),
            json!({"HostConfig": {"Memory": 2}}),
        ),
        (|s| s, json!({})),
    ];
    for (set, expected) in cases {
        let mut spec = ContainerSpec::new("img");
        set(&mut spec);
        let made = engine
            .client
            .containers()
            .create(&spec)
            .await
            .expect("a container");
        assert_eq!(made.id.as_str(), ID);
        let (line, mut body) = engine.heard().pop().expect("a request");
        assert_eq!(line, "POST /containers/create");
        let image = body.as_object_mut().and_then(|body| body.remove("Image"));
        assert_eq!(image, Some(json!("img")));
        assert_eq!(body, expected);
    }
}

async fn sent(engine: &mut Listener, spec: &ContainerSpec) -> (String, Value) {
    engine
        .client
        .containers()
        .create(spec)
        .await
        .expect("a container");
    engine.heard().pop().expect("a request")
}

#[tokio::test]
async fn name_and_platform_stand_in_the_query() {
    let mut engine = Listener::start(ApiVersion::OLDEST, CREATED);
    let mut spec = ContainerSpec::new("img");
    spec.set_name("a&b").set_platform("linux/arm64/v8");
    let (line, body) = sent(&mut engine, &spec).await;
    assert_eq!(
        line,
        "POST /containers/create?name=a%26b&platform=linux%2Farm64%2Fv8"
    );
    assert_eq!(body, json!({"Image": "img"}));
}

#[tokio::test]
async fn published_ports_are_exposed_as_well() {
    let mut engine = Listener::start(ApiVersion::OLDEST, CREATED);
    let mut spec = ContainerSpec::new("img");
    spec.add_port(binding(80, None, None))
        .add_port(binding(80, Some("127.0.0.1"), Some(8080)));
    let (_, body) = sent(&mut engine, &spec).await;
    let bindings = json!([
        {"HostIp": "", "HostPort": ""},
        {"HostIp": "127.0.0.1", "HostPort": "8080"},
    ]);
    assert_eq!(
        body["HostConfig"],
        json!({"PortBindings": {"80/tcp": bindings}})
    );
    assert_eq!(body["ExposedPorts"], json!({"80/tcp": {}}));
}

#[tokio::test]
async fn memory_is_mounted_without_devices_and_setuid() {
    let mut engine = Listener::start(ApiVersion::OLDEST, CREATED);
    let mut spec = ContainerSpec::new("img");
    spec.add_tmpfs(tmpfs("/a", None, None, false))
        .add_tmpfs(tmpfs("/b", Some(65536), Some(0o1777), true));
    let (_, body) = sent(&mut engine, &spec).await;
    let expected = json!({
        "/a": "rw,nosuid,nodev,noexec",
        "/b": "rw,nosuid,nodev,exec,size=65536,mode=1777",
    });
    assert_eq!(body["HostConfig"], json!({"Tmpfs": expected}));
}

#[tokio::test]
async fn health_checks_have_four_forms() {
    let mut engine = Listener::start(ApiVersion::NEWEST, CREATED);
    let all = Healthcheck {
        test: HealthTest::Command(texts(&["a", "b"])),
        interval: Some(1_000_000),
        timeout: Some(2_000_000),
        start_period: Some(3_000_000),
        start_interval: Some(4_000_000),
        retries: Some(5),
    };
    let whole = json!({
        "Test": ["CMD", "a", "b"], "Interval": 1_000_000, "Timeout": 2_000_000,
        "StartPeriod": 3_000_000, "StartInterval": 4_000_000, "Retries": 5,
    });
    for (healthcheck, expected) in [
        (all, whole),
        (check(HealthTest::Inherit, None), json!({})),
        (check(HealthTest::None, None), json!({"Test": ["NONE"]})),
        (
            check(HealthTest::Shell("a b".into()), None),
            json!({"Test": ["CMD-SHELL", "a b"]}),
        ),
    ] {
        let mut spec = ContainerSpec::new("img");
        spec.set_healthcheck(healthcheck);
        let (_, body) = sent(&mut engine, &spec).await;
        assert_eq!(body["Healthcheck"], expected);
    }
}

#[tokio::test]
async fn the_mac_address_is_where_the_engine_looks_for_it() {
    let address = "02:42:ac:11:00:99";
    for (version, network, endpoint) in [
        (ApiVersion::OLDEST, NetworkMode::Default, true),
        (ApiVersion::NEWEST, NetworkMode::Default, true),
        (ApiVersion::NEWEST, NetworkMode::None, false),
    ] {
        let mut engine = Listener::start(version, CREATED);
        let mut spec = ContainerSpec::new("img");
        spec.set_mac_address(address).set_network_mode(network);
        let (_, body) = sent(&mut engine, &spec).await;
        assert_eq!(body["MacAddress"], address);
        let networking = json!({"EndpointsConfig": {"default": {"MacAddress": address}}});
        let expected = if endpoint { networking } else { Value::Null };
        assert_eq!(body["NetworkingConfig"], expected);
    }
}

#[tokio::test]
async fn what_an_old_engine_would_overlook_is_not_sent() {
    let mut engine = Listener::start(ApiVersion::OLDEST, CREATED);
    let mut start = check(HealthTest::Inherit, None);
    start.start_interval = Some(1_000_000);
    let mut with_check = ContainerSpec::new("img");
    with_check.set_healthcheck(start);
    let mut with_console = ContainerSpec::new("img");
    with_console.set_console_size(1, 1);
    for (spec, field) in [
        (with_check, "set-healthcheck"),
        (with_console, "set-console-size"),
    ] {
        let error = engine
            .client
            .containers()
            .create(&spec)
            .await
            .expect_err("an error");
        assert_eq!(
            (error.kind(), error.field()),
            (ErrorKind::Unsupported, Some(field))
        );
        assert!(!error.sent());
    }
    assert_eq!(engine.heard(), []);
}

#[tokio::test]
async fn impossible_values_stay_in_the_spec() {
    let mut engine = Listener::start(ApiVersion::NEWEST, CREATED);
    let other = || Protocol::Other("quic".to_owned());
    let cases: Vec<(Setter, &str)> = vec![
        (|s| s.set_name(""), "set-name"),
        (|s| s.set_name("a\nb"), "set-name"),
        (|s| s.set_platform(""), "set-platform"),
        (|s| s.set_command(texts(&["a\0"])), "set-command"),
        (|s| s.set_entrypoint(texts(&["\0"])), "set-entrypoint"),
        (|s| s.add_env("", None), "add-env"),
        (|s| s.add_env("a=b", None), "add-env"),
        (|s| s.add_env("a", Some("\0".into())), "add-env"),
        (|s| s.add_label("", ""), "add-label"),
        (|s| s.set_hostname("a\n"), "set-hostname"),
        (|s| s.set_working_dir("a"), "set-working-dir"),
        (|s| s.set_stop_signal("SIG INT"), "set-stop-signal"),
        (|s| s.set_stop_signal(""), "set-stop-signal"),
        (
            |s| s.set_healthcheck(check(HealthTest::Inherit, Some(999_999))),
            "set-healthcheck",
        ),
        (
            |s| s.set_healthcheck(check(HealthTest::Inherit, Some(0))),
            "set-healthcheck",
        ),
        (
            |s| s.set_healthcheck(check(HealthTest::Inherit, Some(u64::MAX))),
            "set-healthcheck",
        ),
        (
            |s| s.set_healthcheck(check(HealthTest::Command(vec![]), None)),
            "set-healthcheck",
        ),
        (|s| s.add_volume("v:/x"), "add-volume"),
        (|s| s.add_tmpfs(tmpfs("a", None, None, false)), "add-tmpfs"),
        (
            |s| s.add_tmpfs(tmpfs("/a", Some(0), None, false)),
            "add-tmpfs",
        ),
        (
            |s| s.add_tmpfs(tmpfs("/a", Some(u64::MAX), None, false)),
            "add-tmpfs",
        ),
        (
            |s| s.add_tmpfs(tmpfs("/a", None, Some(0o10000), false)),
            "add-tmpfs",
        ),
        (|s| s.add_storage_option("", "x"), "add-storage-option"),
        (
            |s| s.add_exposed_port(port(0, Protocol::Tcp)),
            "add-exposed-port",
        ),
        (|s| s.add_port(binding(0, None, None)), "add-port"),
        (|s| s.add_port(binding(1, None, Some(0))), "add-port"),
        (
            |s| s.add_port(binding(1, Some("localhost"), None)),
            "add-port",
        ),
        (|s| s.set_mac_address("02:42:ac:11:00"), "set-mac-address"),
        (
            |s| s.set_mac_address("02:42:ac:11:00:zz"),
            "set-mac-address",
        ),
        (|s| s.add_dns("dns.example"), "add-dns"),
        (
            |s| s.add_dns_option("a\nnameserver 1.2.3.4"),
            "add-dns-option",
        ),
        (|s| s.add_dns_search(""), "add-dns-search"),
        (|s| s.add_extra_host("a", "b"), "add-extra-host"),
        (
            |s| s.add_extra_host("a:1.2.3.4", "1.2.3.4"),
            "add-extra-host",
        ),
        (|s| s.add_extra_host("a b", "1.2.3.4"), "add-extra-host"),
        (|s| s.set_memory(1 << 63), "set-memory"),
        (
            |s| s.set_memory_reservation(u64::MAX),
            "set-memory-reservation",
        ),
        (|s| s.set_shm_size(u64::MAX), "set-shm-size"),
        (|s| s.set_nano_cpus(u64::MAX), "set-nano-cpus"),
        (|s| s.set_cpu_shares(u64::MAX), "set-cpu-shares"),
        (|s| s.set_cpu_period(u64::MAX), "set-cpu-period"),
        (|s| s.set_cpuset_cpus("0\n"), "set-cpuset-cpus"),
        (|s| s.add_ulimit(ulimit("nofile", 2, 1)), "add-ulimit"),
        (|s| s.add_ulimit(ulimit("nofile", -1, 1)), "add-ulimit"),
        (|s| s.add_ulimit(ulimit("nofile", -2, 1)), "add-ulimit"),
        (|s| s.add_ulimit(ulimit("", 1, 1)), "add-ulimit"),
        (|s| s.drop_capability(""), "drop-capability"),
        (
            |s| s.set_restart_policy(restart(RestartCondition::Always, 1)),
            "set-restart-policy",
        ),
        (
            |s| s.set_restart_policy(restart(RestartCondition::Other(String::new()), 0)),
            "set-restart-policy",
        ),
    ];
    for (set, field) in cases {
        let mut spec = ContainerSpec::new("img");
        set(&mut spec);
        // What is wrong first is told, whatever comes after it.
        spec.set_name("").set_memory(1);
        assert_refused(&engine, &spec, field).await;
    }
    let mut spec = ContainerSpec::new("img");
    spec.add_exposed_port(port(1, other()));
    assert_refused(&engine, &spec, "add-exposed-port").await;
    assert_refused(&engine, &ContainerSpec::new(""), "image").await;
    assert_eq!(engine.heard(), []);
}

async fn assert_refused(engine: &Listener, spec: &ContainerSpec, field: &str) {
    assert_eq!(spec.invalid().map(|invalid| invalid.field), Some(field));
    let error = engine
        .client
        .containers()
        .create(spec)
        .await
        .expect_err("an error");
    assert_eq!(
        (error.kind(), error.field()),
        (ErrorKind::Invalid, Some(field))
    );
    assert!(!error.sent() && !error.message().is_empty());
}

#[tokio::test]
async fn a_spec_is_a_template_of_bounded_size() {
    let mut engine = Listener::start(ApiVersion::NEWEST, CREATED);
    let mut spec = ContainerSpec::new("img");
    let empty = spec.size_hint();
    for round in 0..100_000 {
        spec.set_name(format!("a{round}"))
            .add_label("round", "x".repeat(64));
    }
    assert!(spec.invalid().is_none() && spec.size_hint() < empty + 1024);
    let (line, _) = sent(&mut engine, &spec).await;
    assert_eq!(line, "POST /containers/create?name=a99999");

    let copy = spec.clone();
    for _ in 0..32 {
        spec.add_env("A", Some("x".repeat(MAX_SPEC_SIZE / 16)));
    }
    assert!(spec.size_hint() <= MAX_SPEC_SIZE);
    assert_refused(&engine, &spec, "size").await;
    assert!(copy.invalid().is_none());
    let many = (0..100_000).fold(ContainerSpec::new("img"), |mut spec, _| {
        spec.add_group("a");
        spec
    });
    assert_refused(&engine, &many, "size").await;
}

#[tokio::test]
async fn an_update_sends_what_is_set() {
    let mut engine = Listener::start(ApiVersion::OLDEST, r#"{"Warnings":["careful"]}"#);
    let mut spec = UpdateSpec::new();
    spec.set_memory(1)
        .set_memory_reservation(2)
        .set_memory_swap(-1)
        .set_nano_cpus(3)
        .set_cpu_shares(4)
        .set_cpu_period(5)
        .set_cpu_quota(6)
        .set_cpuset_cpus("0")
        .set_cpuset_mems("1")
        .set_pids_limit(7)
        .set_blkio_weight(8)
        .set_restart_policy(restart(RestartCondition::No, 0));
    let id = super::id();
    let warnings = engine
        .client
        .container(&id)
        .update(&spec)
        .await
        .expect("warnings");
    assert_eq!(warnings, ["careful"]);
    let expected = json!({
        "Memory": 1, "MemoryReservation": 2, "MemorySwap": -1, "NanoCpus": 3, "CpuShares": 4,
        "CpuPeriod": 5, "CpuQuota": 6, "CpusetCpus": "0", "CpusetMems": "1", "PidsLimit": 7,
        "BlkioWeight": 8, "RestartPolicy": {"Name": "no", "MaximumRetryCount": 0},
    });
    assert_eq!(engine.heard().pop().map(|(_, body)| body), Some(expected));
}
