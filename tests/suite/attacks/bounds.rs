//! What containers may take and may be.

use dockwit_tests::engine::Engine;
use serde_json::{Value, json};

use super::{attacker, refused_unless, seen};

/// `create.privilege-escalation` grants it.
#[tokio::test(flavor = "multi_thread")]
async fn attack_017_programs_gain_no_privileges() {
    let told = "sh='grep NoNewPrivs /proc/self/status'";
    for (keys, expected) in [("", "1"), ("create.privilege-escalation = true", "0")] {
        let mut plugin = attacker(keys).await;
        let id = plugin.done(&format!("create c network=none {told}")).await;
        plugin.done("start c").await;
        plugin.done("wait c").await;
        let logs = plugin.done("logs c").await;
        assert!(
            logs.contains(&format!("NoNewPrivs:\\t{expected}")),
            "{logs}"
        );
        let options = &seen(&id).await["HostConfig"]["SecurityOpt"];
        assert_eq!(
            options.to_string().contains("no-new-privileges"),
            expected == "1"
        );
        plugin.end().await;
    }
}

/// `create.non-root` rules it out.
#[tokio::test(flavor = "multi_thread")]
async fn attack_031_and_132_a_user_is_a_number_that_is_not_0() {
    let mut plugin = attacker("create.non-root = true").await;
    for user in [
        "",
        "user=0",
        "user=00",
        "user=root",
        "user=0:0",
        "user=nobody",
        "user=+0",
    ] {
        let line = format!("create - network=none {user}");
        plugin.refused(&line, "denied create.non-root").await;
    }
    plugin.done("create c network=none user=1000:1000").await;
    plugin.end().await;
}

/// The row's own test, since a name of a user is what it is about.
#[tokio::test(flavor = "multi_thread")]
async fn attack_132_a_name_may_be_root() {
    let mut plugin = attacker("create.non-root = true").await;
    plugin
        .refused("create - network=none user=app", "denied create.non-root")
        .await;
    plugin.end().await;
}

/// `host-access.oom` grants it.
#[tokio::test(flavor = "multi_thread")]
async fn attack_032_the_machine_is_not_killed_first() {
    let tries = ["create - network=none oom-score=-500"];
    refused_unless("host-access.oom", &tries, "host-access.oom = true").await;
    let mut plugin = attacker("").await;
    let id = plugin.done("create c network=none").await;
    let host = &seen(&id).await["HostConfig"];
    assert_eq!(host["OomScoreAdj"], 0);
    assert_ne!(host["OomKillDisable"], true);
    plugin.end().await;
}

/// `host-access.ulimits`, `host-access.scheduling`, `create.nofile` grant them.
#[tokio::test(flavor = "multi_thread")]
async fn attack_033_limits_and_scheduling_are_not_raised() {
    let tries = ["create - network=none memlock=1024"];
    let grant = "host-access.ulimits = { memlock = 1024 }";
    refused_unless("host-access.ulimits", &tries, grant).await;
    let tries = ["create - network=none cpuset=0"];
    let grant = "host-access.scheduling = true";
    refused_unless("host-access.scheduling", &tries, grant).await;
    let mut plugin = attacker("create.nofile = 500").await;
    let id = plugin.done("create c network=none").await;
    let limits = seen(&id).await["HostConfig"]["Ulimits"].clone();
    let limit = |name: &str, value: u64| {
        let name = Engine::under_test().name_of_limit(name);
        json!({"Name": name, "Soft": value, "Hard": value})
    };
    let set = limits.as_array().expect("limits");
    assert!(set.contains(&limit("nofile", 500)), "{set:?}");
    assert!(set.contains(&limit("core", 0)), "{set:?}");
    plugin
        .refused("create - network=none nofile=501", "denied create.nofile")
        .await;
    plugin.end().await;
}

/// `create.memory`, `create.cpus`, `create.pids`, `create.shm` grant them.
#[tokio::test(flavor = "multi_thread")]
async fn attack_034_there_is_always_a_limit() {
    let mut plugin = attacker("").await;
    let id = plugin.done("create c network=none").await;
    let host = seen(&id).await["HostConfig"].clone();
    assert_eq!(host["Memory"], 512 << 20);
    assert_eq!(host["MemorySwap"], 512 << 20);
    assert_eq!(host["NanoCpus"], 1_000_000_000);
    assert_eq!(host["PidsLimit"], 256);
    assert_eq!(host["ShmSize"], 64 << 20);
    for (option, rule) in [
        ("memory=513m", "create.memory"),
        ("memory=0", "create.memory"),
        ("memory-swap=-1", "create.memory"),
        ("memory-swap=1g", "create.memory"),
        ("cpus=1.5", "create.cpus"),
        ("cpus=0", "create.cpus"),
        ("pids=257", "create.pids"),
        ("pids=-1", "create.pids"),
        ("pids=0", "create.pids"),
        ("shm=65m", "create.shm"),
        ("tmpfs=/t:600m", "create.memory"),
    ] {
        let line = format!("create - network=none {option}");
        plugin.refused(&line, &format!("denied {rule}")).await;
    }
    plugin.end().await;
}

/// `create.memory` is what one may have at most.
#[tokio::test(flavor = "multi_thread")]
async fn attack_035_memory_that_is_mounted_is_bounded_and_plain() {
    let mut plugin = attacker("").await;
    let id = plugin.done("create c network=none tmpfs=/t").await;
    let options = seen(&id).await["HostConfig"]["Tmpfs"]["/t"].clone();
    let options = options.as_str().expect("options");
    for option in ["nosuid", "nodev", "size="] {
        assert!(options.contains(option), "{options}");
    }
    plugin.end().await;
}

/// `create.extra-hosts` and `create.dns` grant them.
#[tokio::test(flavor = "multi_thread")]
async fn attack_037_and_038_names_are_resolved_as_the_engine_does() {
    let tries = ["create - host=registry.example:10.0.0.1"];
    let grant = "create.extra-hosts = [\"registry.example:10.0.0.1\"]";
    refused_unless("create.extra-hosts", &tries, grant).await;
    let mut plugin = attacker("").await;
    let line = "create - host=me:host-gateway";
    plugin.refused(line, "denied create.extra-hosts").await;
    plugin.end().await;
}

/// `create.dns` grants it.
#[tokio::test(flavor = "multi_thread")]
async fn attack_038_name_servers_are_the_engines() {
    refused_unless(
        "create.dns",
        &["create - dns=10.0.0.1"],
        "create.dns = [\"10.0.0.1\"]",
    )
    .await;
}

/// `create.log` decides; no option names a driver in the sandbox.
#[tokio::test(flavor = "multi_thread")]
async fn attack_039_and_040_output_goes_to_bounded_files() {
    let mut plugin = attacker("").await;
    let id = plugin.done("create c network=none").await;
    let log = seen(&id).await["HostConfig"]["LogConfig"].clone();
    assert_eq!(log["Type"], "json-file");
    let engine = Engine::under_test();
    let bounds = match engine.rotates_logs() {
        true => json!({"max-file": "2", "max-size": "10m"}),
        false => json!("10MB"),
    };
    assert_eq!(engine.bounds_of_log(&id).await, bounds);
    plugin.end().await;
}

/// `host-access.storage-options` grants it.
#[tokio::test(flavor = "multi_thread")]
async fn attack_041_the_disk_quota_is_the_operators() {
    let mut plugin = attacker("").await;
    let line = "create - network=none storage=size:100g";
    plugin
        .refused(line, "denied host-access.storage-options")
        .await;
    plugin.end().await;
}

/// `create.ports` grants them, with `create.egress`.
#[tokio::test(flavor = "multi_thread")]
async fn attack_042_ports_of_the_machine_are_granted_by_address_and_range() {
    let mut plugin = attacker("").await;
    plugin
        .refused("create - port=80:127.0.0.1:8080", "denied create.ports")
        .await;
    plugin.end().await;
    let keys =
        "create.egress = true\ncreate.ports = { ip = \"127.0.0.1\", range = \"21000-21001\" }";
    let mut plugin = attacker(keys).await;
    for port in [
        "0.0.0.0:21000",
        "127.0.0.1:20999",
        "127.0.0.1:22",
        "127.0.0.2:21000",
    ] {
        plugin
            .refused(&format!("create - port=80:{port}"), "denied create.ports")
            .await;
    }
    let id = plugin.done("create c expose=80 publish-all").await;
    let bindings = seen(&id).await["HostConfig"]["PortBindings"]["80/tcp"].clone();
    let at = |port| json!([{"HostIp": "127.0.0.1", "HostPort": port}]);
    assert!([at("21000"), at("21001")].contains(&bindings), "{bindings}");
    plugin.end().await;
}

/// `create.persist` grants it.
#[tokio::test(flavor = "multi_thread")]
async fn attack_043_nothing_is_started_again() {
    let tries = ["create - network=none restart=always"];
    refused_unless("create.persist", &tries, "create.persist = true").await;
}

/// `create.healthcheck` grants it.
#[tokio::test(flavor = "multi_thread")]
async fn attack_044_a_health_check_is_code() {
    let tries = ["create - network=none health=5000"];
    refused_unless("create.healthcheck", &tries, "create.healthcheck = \"any\"").await;
}

/// Nothing grants it.
#[tokio::test(flavor = "multi_thread")]
async fn attack_133_health_checks_have_five_seconds_between_them() {
    let mut plugin = attacker("create.healthcheck = \"any\"").await;
    for interval in [1, 1000, 4999] {
        let line = format!("create - network=none health={interval}");
        plugin.refused(&line, "denied create.healthcheck").await;
    }
    plugin.end().await;
}

/// What an image or a plugin declares as volumes is the plugin's own, by name, and counts.
#[tokio::test(flavor = "multi_thread")]
async fn attack_045_and_046_no_volume_is_anonymous() {
    let mut plugin = attacker("limits.volumes = 2").await;
    let id = plugin
        .done("create c network=none volume=/one volume=/two")
        .await;
    let it = seen(&id).await;
    let mounts = it["Mounts"].as_array().expect("mounts");
    assert_eq!(mounts.len(), 2);
    for mount in mounts {
        let name = mount["Name"].as_str().expect("a volume");
        assert!(name.starts_with("own-"), "{name}");
    }
    plugin
        .refused(
            "create - network=none volume=/three",
            "quota limits.volumes",
        )
        .await;
    plugin.end().await;
}

/// `create.command = "image"` rules it out.
#[tokio::test(flavor = "multi_thread")]
async fn attack_049_the_image_says_what_runs() {
    let mut plugin = attacker("create.command = \"image\"").await;
    for option in ["command=id", "entrypoint=id command=-u"] {
        let line = format!("create - network=none {option}");
        plugin.refused(&line, "denied create.command").await;
    }
    plugin.end().await;
}

/// `host-access.endpoints` grants it.
#[tokio::test(flavor = "multi_thread")]
async fn attack_052_no_address_is_taken_over() {
    let tries = ["create - mac=02:42:c0:a8:00:09"];
    let grant = "host-access.endpoints = true";
    refused_unless("host-access.endpoints", &tries, grant).await;
}

/// The ceilings of `[create]` hold for changes.
#[tokio::test(flavor = "multi_thread")]
async fn attack_055_a_change_is_no_way_above_the_ceilings() {
    let mut plugin = attacker("").await;
    let id = plugin.done("create c network=none memory=64m").await;
    plugin.done("start c").await;
    for (option, rule) in [
        ("memory=1g", "create.memory"),
        ("memory-swap=-1", "create.memory"),
        ("cpus=2", "create.cpus"),
        ("pids=1000", "create.pids"),
        ("pids=-1", "create.pids"),
        ("cpuset=0", "host-access.scheduling"),
        ("restart=always", "create.persist"),
    ] {
        plugin
            .refused(&format!("update c {option}"), &format!("denied {rule}"))
            .await;
    }
    let updated = plugin.updated("update c memory=128m").await;
    let memory = if updated { 128 << 20 } else { 64 << 20 };
    let host = seen(&id).await["HostConfig"].clone();
    assert_eq!(host["Memory"], memory);
    assert_eq!(host["MemorySwap"], memory);
    plugin.end().await;
}

/// `create.labels` grants them; those of the host nothing does.
#[tokio::test(flavor = "multi_thread")]
async fn attack_121_labels_give_no_orders_to_other_software() {
    let tries = ["create - network=none label=ofelia.job-exec.x.command:id"];
    refused_unless("create.labels", &tries, "create.labels = [\"ofelia.*\"]").await;
}

/// `host-access.env` grants them.
#[tokio::test(flavor = "multi_thread")]
async fn attack_131_no_device_comes_by_the_environment() {
    let tries = [
        "create - network=none device-env=NVIDIA_VISIBLE_DEVICES:all",
        "create - network=none device-env=NVIDIA_DRIVER_CAPABILITIES:all",
    ];
    let grant = "host-access.env = [\"NVIDIA_VISIBLE_DEVICES\", \"NVIDIA_DRIVER_CAPABILITIES\"]";
    refused_unless("host-access.env", &tries, grant).await;
    let mut plugin = attacker("").await;
    let id = plugin.done("create c network=none").await;
    let env = seen(&id).await["Config"]["Env"].clone();
    let void = Value::from("NVIDIA_VISIBLE_DEVICES=void");
    assert!(
        env.as_array().is_some_and(|env| env.contains(&void)),
        "{env}"
    );
    plugin.end().await;
}
