//! The doors to what exists, and what is read back of what was made.

use super::*;
use crate::api::containers::UpdateSpec;

pub(super) fn check_told(
    told: &Value,
    bounds: &CreateBounds,
    around: &Around<'_>,
) -> Result<Claims, Denial> {
    let details = details(told);
    let image = image();
    let existing = Existing {
        details: &details,
        image: Some(&image),
    };
    check_existing(existing, bounds, &HostAccess::default(), around)
}

/// Changes of what an engine tells: where, to what, and which key refuses it at the doors and whether
/// a comparison finds it.
fn tampered() -> Vec<(&'static str, Value, &'static str)> {
    vec![
        ("/HostConfig/Memory", json!(0), "create.memory"),
        ("/HostConfig/Memory", json!(1_u64 << 40), "create.memory"),
        ("/HostConfig/MemorySwap", json!(-1), "create.memory"),
        ("/HostConfig/MemorySwap", json!(0), "create.memory"),
        ("/HostConfig/NanoCpus", json!(0), "create.cpus"),
        ("/HostConfig/PidsLimit", json!(null), "create.pids"),
        ("/HostConfig/PidsLimit", json!(-1), "create.pids"),
        ("/HostConfig/ShmSize", json!(1_u64 << 40), "create.shm"),
        ("/HostConfig/Ulimits", json!([]), "create.nofile"),
        (
            "/HostConfig/Privileged",
            json!(true),
            "host-access.privileged",
        ),
        (
            "/HostConfig/SecurityOpt",
            json!([]),
            "create.privilege-escalation",
        ),
        (
            "/HostConfig/SecurityOpt",
            json!(["no-new-privileges", "seccomp=unconfined"]),
            "host-access.security-options",
        ),
        (
            "/HostConfig/CapAdd",
            json!(["SYS_ADMIN"]),
            "host-access.capabilities",
        ),
        ("/HostConfig/CapDrop", json!([]), "create.capabilities"),
        (
            "/HostConfig/PidMode",
            json!("host"),
            "host-access.namespaces",
        ),
        (
            "/HostConfig/UTSMode",
            json!("host"),
            "host-access.namespaces",
        ),
        (
            "/HostConfig/IpcMode",
            json!("host"),
            "host-access.namespaces",
        ),
        (
            "/HostConfig/IpcMode",
            json!("ns:/proc/1/ns/ipc"),
            "host-access.namespaces",
        ),
        (
            "/HostConfig/CgroupnsMode",
            json!("host"),
            "host-access.namespaces",
        ),
        (
            "/HostConfig/NetworkMode",
            json!("host"),
            "host-access.namespaces",
        ),
        (
            "/HostConfig/CgroupParent",
            json!("/x"),
            "host-access.cgroup-parents",
        ),
        (
            "/HostConfig/MaskedPaths",
            json!([]),
            "host-access.system-paths",
        ),
        ("/HostConfig/Runtime", json!("evil"), "host-access.runtimes"),
        (
            "/HostConfig/Devices",
            json!([{"PathOnHost": "/dev/sda", "PathInContainer": "/d", "CgroupPermissions": "r"}]),
            "host-access.devices",
        ),
        (
            "/HostConfig/DeviceCgroupRules",
            json!(["a *:* rwm"]),
            "host-access.device-cgroup-rules",
        ),
        (
            "/HostConfig/DeviceRequests",
            json!([{"Driver": "nvidia", "Count": -1}]),
            "host-access.device-requests",
        ),
        (
            "/HostConfig/Sysctls",
            json!({"kernel.x": "1"}),
            "host-access.sysctls",
        ),
        (
            "/HostConfig/RestartPolicy",
            json!({"Name": "always"}),
            "create.persist",
        ),
        (
            "/HostConfig/LogConfig",
            json!({"Type": "syslog"}),
            "host-access.log-drivers",
        ),
        (
            "/HostConfig/PortBindings",
            json!({"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "80"}]}),
            "create.ports",
        ),
        (
            "/HostConfig/ExtraHosts",
            json!(["db:192.0.2.1"]),
            "create.extra-hosts",
        ),
        (
            "/HostConfig/VolumesFrom",
            json!(["victim"]),
            "host-access.volumes-from",
        ),
        (
            "/HostConfig/Links",
            json!(["/victim:/p-x/db"]),
            "host-access.links",
        ),
        ("/HostConfig/OomKillDisable", json!(true), "host-access.oom"),
        (
            "/HostConfig/CpusetCpus",
            json!("0"),
            "host-access.scheduling",
        ),
        (
            "/Mounts",
            json!([{"Type": "bind", "Source": "/", "Destination": "/h", "RW": false}]),
            "host-access.binds",
        ),
        (
            "/Mounts",
            json!([{"Type": "volume", "Name": "victim", "Destination": "/v", "RW": true}]),
            "scope.change",
        ),
        (
            "/Mounts",
            json!([{"Type": "image", "Destination": "/v"}]),
            "host-access",
        ),
        (
            "/NetworkSettings/Networks",
            json!({"bridge": {"NetworkID": OTHER_ID}}),
            "scope.change",
        ),
        (
            "/Config/Labels",
            json!({"traefik.enable": "true"}),
            "create.labels",
        ),
        ("/Image", json!(DIGEST.replace('c', "d")), "create.images"),
    ]
}

#[test]
fn attack_116_what_was_changed_since_is_not_started() {
    let told = told(&allowed(&spec()), &image());
    let claims =
        check_told(&told, &bounds(), &around()).unwrap_or_else(|denial| panic!("{denial}"));
    assert_eq!(
        claims,
        decide(&spec(), &bounds(), &HostAccess::default())
            .expect("allowed")
            .claims()
    );
    for (at, value, rule) in tampered() {
        let mut told = told.clone();
        put(&mut told, at, value);
        if at == "/Image" {
            // Another image has another digest too; its id alone isn't listed.
            let details = details(&told);
            let existing = Existing {
                details: &details,
                image: None,
            };
            let denial = check_existing(existing, &bounds(), &HostAccess::default(), &around());
            assert_eq!(denial.expect_err(at).rule, rule);
            continue;
        }
        let denial = check_told(&told, &bounds(), &around()).expect_err(at);
        assert_eq!(denial.rule, rule, "{at}: {denial}");
    }
}

pub(super) fn put(told: &mut Value, at: &str, value: Value) {
    let (parent, key) = at.rsplit_once('/').expect("a path");
    let parent = match parent {
        "" => told,
        path => told.pointer_mut(path).expect("it is there"),
    };
    parent[key] = value;
}

#[test]
fn attack_116_what_a_wider_policy_made_is_not_started_under_a_narrower() {
    let wide = CreateBounds {
        memory: 4 << 30,
        pids: 1_000,
        persist: true,
        privilege_escalation: true,
        healthcheck: HealthBound::Any,
        ..bounds()
    };
    let specs = [
        asking(|s| s.set_memory(1 << 30)),
        asking(|s| s.set_pids_limit(300)),
        spec(),
    ];
    for spec in specs {
        let effective = decide(&spec, &wide, &HostAccess::default()).expect("allowed");
        let told = told(&body(&effective), &image());
        check_told(&told, &wide, &around()).unwrap_or_else(|denial| panic!("{denial}"));
        check_told(&told, &bounds(), &around()).expect_err("under the narrower");
    }
}

#[test]
fn attack_136_what_was_made_is_compared_with_what_was_sent() {
    let mut image = image();
    image.config.labels = vec![pair("of.image", "1")];
    image.config.volumes = texts(&["/data"]);
    let access = HostAccess::default();
    let effective = Effective::of(&spec(), &image, &bounds(), &access, &around()).expect("allowed");
    let told = told(&body(&effective), &image);
    assert_eq!(effective.compare(&details(&told)).expect("read"), []);
    for (at, value, _) in tampered() {
        let mut told = told.clone();
        put(&mut told, at, value);
        let found = effective.compare(&details(&told)).expect("read");
        assert!(!found.is_empty(), "{at}");
    }
    for (at, value) in [
        ("/Mounts", json!([])),
        ("/Config/Labels", json!({})),
        ("/Config/Labels/dockwit.owner", json!("somebody")),
        ("/Config/Labels/extra", json!("1")),
        ("/Mounts/0/Name", json!("another")),
        ("/Mounts/0/Destination", json!("/elsewhere")),
        ("/HostConfig/Tmpfs", json!({"/x": "rw"})),
    ] {
        let mut told = told.clone();
        put(&mut told, at, value);
        assert!(
            !effective.compare(&details(&told)).expect("read").is_empty(),
            "{at}"
        );
    }
}

#[test]
fn attack_136_what_the_operator_accepts_is_no_difference() {
    let mut around = around();
    let access = HostAccess::default();
    let lost = |told: &mut Value| {
        put(told, "/HostConfig/MemorySwap", json!(-1));
        put(told, "/HostConfig/PidsLimit", json!(null));
    };
    let effective = Effective::of(&spec(), &image(), &bounds(), &access, &around).expect("allowed");
    let mut told = told(&body(&effective), &image());
    lost(&mut told);
    let found = effective.compare(&details(&told)).expect("read");
    let what: Vec<_> = found.iter().filter_map(|of| of.unenforced).collect();
    assert_eq!(what, [Unenforced::Swap, Unenforced::Pids]);
    around.accepted = what.into_iter().collect();
    let effective = Effective::of(&spec(), &image(), &bounds(), &access, &around).expect("allowed");
    assert_eq!(effective.compare(&details(&told)).expect("read"), []);
    check_told(&told, &bounds(), &around).expect("accepted");
}

#[test]
fn attack_055_update() {
    let told = told(&allowed(&asking(|s| s.set_memory(64 << 20))), &image());
    let details = details(&told);
    let image = image();
    let existing = Existing {
        details: &details,
        image: Some(&image),
    };
    let update = |set: fn(&mut UpdateSpec) -> &mut UpdateSpec| {
        let mut spec = UpdateSpec::new();
        set(&mut spec);
        check_update(
            &spec,
            existing,
            &bounds(),
            &HostAccess::default(),
            &around(),
        )
    };
    type Set = fn(&mut UpdateSpec) -> &mut UpdateSpec;
    let cases: [(&str, Set); 9] = [
        ("create.memory", |u| u.set_memory(1 << 40)),
        ("create.memory", |u| u.set_memory(0)),
        ("create.memory", |u| u.set_memory_swap(-1)),
        ("create.memory", |u| u.set_memory_swap(65 << 20)),
        ("create.cpus", |u| u.set_nano_cpus(2_000_000_000)),
        ("create.cpus", |u| u.set_cpu_quota(-1)),
        ("create.pids", |u| u.set_pids_limit(0)),
        ("host-access.scheduling", |u| u.set_cpuset_cpus("0")),
        ("create.persist", |u| {
            u.set_restart_policy(crate::api::containers::RestartPolicy {
                condition: crate::api::containers::RestartCondition::Always,
                maximum_retries: 0,
            })
        }),
    ];
    for (rule, set) in cases {
        assert_eq!(update(set).expect_err(rule).rule, rule);
    }
    let effective = update(|u| u.set_memory(32 << 20)).expect("less");
    assert_eq!(effective.claims().memory, 32 << 20);
    let sent: Value =
        serde_json::from_slice(&effective.spec().body().expect("a body")).expect("JSON");
    assert_eq!(sent, json!({"Memory": 32 << 20, "MemorySwap": 32 << 20}));
    let claims = update(|u| u.set_cpu_shares(10))
        .expect("a weight")
        .claims()
        .clone();
    assert_eq!(
        (claims.memory, claims.nano_cpus, claims.pids),
        (64 << 20, 1_000_000_000, 256)
    );
}

#[test]
fn what_engines_add_of_themselves_is_no_difference() {
    use crate::api::containers::{IpcMode, PidMode};
    let access = HostAccess {
        namespaces: Namespace::ALL.into(),
        ..HostAccess::default()
    };
    let host = asking(|s| s.set_pid_mode(PidMode::Host).set_ipc_mode(IpcMode::Host));
    let effective = decide(&host, &bounds(), &access).expect("allowed");
    let mut opened = told(&body(&effective), &image());
    let options = json!(["no-new-privileges", "label=disable"]);
    put(&mut opened, "/HostConfig/SecurityOpt", options.clone());
    put(&mut opened, "/HostConfig/ShmSize", json!(1_u64 << 40));
    assert_eq!(effective.compare(&details(&opened)).expect("read"), []);
    // To what has nothing of the machine's, nobody adds that.
    let effective = decide(&spec(), &bounds(), &access).expect("allowed");
    let mut plain = told(&body(&effective), &image());
    put(&mut plain, "/HostConfig/SecurityOpt", options);
    assert_eq!(effective.compare(&details(&plain)).expect("read").len(), 1);
}
