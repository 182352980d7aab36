//! What reaches the machine: expressed by `host-access` alone, and refused unless the policy names that very item.

use dockwit_tests::console::Console;
use dockwit_tests::engine::Engine;
use serde_json::json;

use super::{attacker, refused_unless, seen};

/// `host-access.privileged` grants it.
#[tokio::test(flavor = "multi_thread")]
async fn attack_001_privileged() {
    let tries = ["create - network=none privileged"];
    refused_unless(
        "host-access.privileged",
        &tries,
        "host-access.privileged = true",
    )
    .await;
}

/// `host-access.binds` grants exact paths.
#[tokio::test(flavor = "multi_thread")]
async fn attack_002_and_003_binds_are_exact_paths() {
    let tries = ["create - network=none bind=/etc:/h:ro"];
    let grant = "host-access.binds = [{ source = \"/etc\", read-only = true }]";
    refused_unless("host-access.binds", &tries, grant).await;
    let mut plugin = attacker(grant).await;
    for bind in [
        "/etc:/h",
        "/:/h:ro",
        "/etc/ssl:/h:ro",
        "/etc/../etc:/h:ro",
        "/etc/:/h:ro",
    ] {
        let told = plugin
            .ask(&format!("create - network=none bind={bind}"))
            .await;
        let refused = told.starts_with("denied host-access.binds") || told.starts_with("invalid");
        assert!(refused, "{bind}: {told}");
    }
    plugin.end().await;
}

/// `host-access.binds` lets mounts spread only where it says so; nothing is created on the machine.
#[tokio::test(flavor = "multi_thread")]
async fn attack_009_mounts_do_not_spread_and_paths_are_not_made() {
    let grant = "host-access.binds = [{ source = \"/etc\" }, { source = \"/no/such/path\" }]";
    let mut plugin = attacker(grant).await;
    let told = plugin
        .ask("create - network=none bind=/etc:/h:rshared")
        .await;
    assert!(told.starts_with("denied host-access.binds"), "{told}");
    let told = plugin
        .ask("create - network=none bind=/no/such/path:/h")
        .await;
    assert!(told.starts_with("invalid"), "{told}");
    plugin.end().await;
}

/// `host-access.volume-drivers` grants a driver's options, with their exact values.
#[tokio::test(flavor = "multi_thread")]
async fn attack_004_005_006_and_008_no_volume_is_a_bind_in_disguise() {
    let mut plugin = attacker("").await;
    for option in [
        "driver-volume=/",
        "disk-volume=/dev/vda",
        "volume-driver=other",
    ] {
        let line = format!("create - network=none {option}");
        plugin
            .refused(&line, "denied host-access.volume-drivers")
            .await;
    }
    plugin.end().await;
}

/// `host-access.devices`, `.device-requests` and `.device-cgroup-rules` grant them one by one.
#[tokio::test(flavor = "multi_thread")]
async fn attack_010_011_and_012_devices_are_named_one_by_one() {
    let tries = ["create - network=none device=/dev/null"];
    refused_unless(
        "host-access.devices",
        &tries,
        "host-access.devices = [\"/dev/null\"]",
    )
    .await;
    let tries = ["create - network=none 'device-rule=c 42:* rwm'"];
    let grant = "host-access.device-cgroup-rules = [\"c 42:* rwm\"]";
    refused_unless("host-access.device-cgroup-rules", &tries, grant).await;
    let mut plugin = attacker("").await;
    plugin
        .refused(
            "create - network=none gpus",
            "denied host-access.device-requests",
        )
        .await;
    plugin.end().await;
}

/// `host-access.capabilities` grants those beyond the default.
#[tokio::test(flavor = "multi_thread")]
async fn attack_013_capabilities_beyond_the_default_are_named() {
    let tries = ["create - network=none capability=SYS_ADMIN"];
    let grant = "host-access.capabilities = [\"SYS_ADMIN\"]";
    refused_unless("host-access.capabilities", &tries, grant).await;
    let mut plugin = attacker("").await;
    for capability in ["ALL", "CAP_SYS_PTRACE", "cap_net_admin"] {
        let line = format!("create - network=none capability={capability}");
        plugin
            .refused(&line, "denied host-access.capabilities")
            .await;
    }
    let (net_raw, mknod) = (1 << 13, 1 << 27);
    assert_eq!(bounding_set(&mut plugin).await & (net_raw | mknod), 0);
    plugin.end().await;
    let keys = "create.capabilities = [\"CHOWN\", \"KILL\"]";
    let mut plugin = attacker(keys).await;
    assert_eq!(bounding_set(&mut plugin).await, 1 | 1 << 5);
    plugin.end().await;
}

/// The capabilities that a container's processes can ever have, which asks for none, by their numbers.
async fn bounding_set(plugin: &mut Console) -> u64 {
    let script = "sh='printf %s $(grep CapBnd /proc/self/status)'";
    plugin
        .done(&format!("create caps network=none {script}"))
        .await;
    plugin.done("start caps").await;
    plugin.done("wait caps").await;
    let told = plugin.done("logs caps").await;
    let digits = told.strip_prefix("CapBnd:").expect("what was asked for");
    u64::from_str_radix(digits, 16).expect("a number")
}

/// `host-access.security-options` grants exact ones.
#[tokio::test(flavor = "multi_thread")]
async fn attack_014_015_016_and_019_profiles_are_the_engines() {
    let tries = ["create - network=none security=seccomp=unconfined"];
    let grant = "host-access.security-options = [\"seccomp=unconfined\"]";
    refused_unless("host-access.security-options", &tries, grant).await;
    let mut plugin = attacker("").await;
    for option in [
        "apparmor=unconfined",
        "label=disable",
        "label:disable",
        "disable",
        "seccomp={}",
        "writable-cgroups=true",
        "no-new-privileges=false",
        "systempaths=unconfined",
    ] {
        let line = format!("create - network=none security={option}");
        let told = plugin.ask(&line).await;
        assert!(told.starts_with("denied "), "{option}: {told}");
    }
    plugin.end().await;
}

/// `host-access.system-paths` grants it.
#[tokio::test(flavor = "multi_thread")]
async fn attack_018_hidden_paths_stay_hidden() {
    let mut plugin = attacker("").await;
    plugin
        .refused(
            "create - network=none unmasked",
            "denied host-access.system-paths",
        )
        .await;
    plugin.end().await;
}

/// `host-access.namespaces` grants those of the machine.
#[tokio::test(flavor = "multi_thread")]
async fn attack_020_to_025_namespaces_are_the_containers_own() {
    for (option, namespace) in [
        ("pid-host", "pid"),
        ("ipc-host network=none", "ipc"),
        ("uts-host network=none", "uts"),
        ("network-host", "network"),
        ("cgroupns-host network=none", "cgroup"),
        ("userns-host network=none", "user"),
    ] {
        let mut plugin = attacker("").await;
        let line = format!("create - {option}");
        plugin.refused(&line, "denied host-access.namespaces").await;
        plugin.end().await;
        let grant = format!("host-access.namespaces = [\"{namespace}\"]");
        let mut plugin = attacker(&grant).await;
        plugin.done(&line).await;
        plugin.end().await;
    }
}

/// `host-access.cgroup-parents` grants it.
#[tokio::test(flavor = "multi_thread")]
async fn attack_027_the_accounted_tree_is_not_left() {
    let mut plugin = attacker("").await;
    let line = "create - network=none cgroup-parent=/";
    plugin
        .refused(line, "denied host-access.cgroup-parents")
        .await;
    plugin.end().await;
}

/// `create.sysctls` grants the safe ones, `host-access.sysctls` the others.
#[tokio::test(flavor = "multi_thread")]
async fn attack_028_kernel_parameters_are_named() {
    let mut plugin = attacker("").await;
    let line = "create - network=none sysctl=kernel.msgmax:1";
    plugin.refused(line, "denied host-access.sysctls").await;
    plugin.end().await;
}

/// `host-access.runtimes` and `.annotations` grant them.
#[tokio::test(flavor = "multi_thread")]
async fn attack_029_and_030_the_runtime_is_the_operators() {
    let mut plugin = attacker("").await;
    let line = "create - network=none runtime=other";
    plugin.refused(line, "denied host-access.runtimes").await;
    let line = "create - network=none annotation=io.katacontainers.x:y";
    plugin.refused(line, "denied host-access.annotations").await;
    plugin.end().await;
}

/// `host-access.log-drivers` grants them, with their options.
#[tokio::test(flavor = "multi_thread")]
async fn attack_039_and_040_log_drivers_are_named() {
    let mut plugin = attacker("").await;
    for driver in ["syslog", "fluentd", "awslogs", "none"] {
        let line = format!("create - network=none log-driver={driver}");
        plugin
            .refused(&line, "denied host-access.log-drivers")
            .await;
    }
    plugin.end().await;
}

/// `host-access.oom` grants it.
#[tokio::test(flavor = "multi_thread")]
async fn attack_032_a_container_is_not_kept_from_the_killer() {
    let mut plugin = attacker("").await;
    let line = "create - network=none oom-kill-disable";
    plugin.refused(line, "denied host-access.oom").await;
    plugin.end().await;
}

/// A plugin that imports what its policy doesn't name isn't started, unless it may start without.
#[tokio::test(flavor = "multi_thread")]
async fn what_reaches_the_machine_is_checked_at_load() {
    use dockwit_host::policy::{Grants, Verb};
    use dockwit_host::runtime::BeginError;

    let all = Console::test("show = { env = \"values\", args = \"all\" }")
        .grants(Grants::of(Verb::all()));
    match all.try_run().await {
        Err(BeginError::Missing(missing)) => {
            let told = missing.iter().map(|lacking| lacking.add());
            let told: Vec<_> = told.collect();
            assert!(
                told.iter()
                    .any(|add| add.contains("host-access.privileged")),
                "{told:?}"
            );
        }
        other => panic!(
            "it is started: {:?}",
            other.map(|ran| ran.stdout().to_owned())
        ),
    }
}

/// The engine gets what was asked for, and no more: no field of a raw request exists.
#[tokio::test(flavor = "multi_thread")]
async fn attack_047_and_051_mounts_are_what_handles_stand_for() {
    let mut plugin = attacker("").await;
    let id = plugin.done("create c network=none").await;
    let it = seen(&id).await;
    let binds = &it["HostConfig"]["Binds"];
    assert!(binds.is_null() || *binds == json!([]), "{binds}");
    assert_eq!(it["Mounts"], json!([]));
    plugin.end().await;
    assert!(Engine::under_test().inspect(&id).await.is_null());
}
