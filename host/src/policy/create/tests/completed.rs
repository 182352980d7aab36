//! What is sent whether or not it was asked for.

use super::*;
use crate::api::Protocol;
use crate::api::containers::{
    ContainerPort, HealthTest, Healthcheck, PortBinding, TmpfsMount, Variable,
};

#[test]
fn a_plain_spec_gets_all_that_the_host_sets() {
    let body = allowed(&spec());
    assert_eq!(body["Image"], IMAGE_ID);
    assert_eq!(
        body["Labels"],
        json!({
            "dockwit.owner": "owner-id", "dockwit.run": "run-id", "dockwit.nonce": NONCE,
            "dockwit.image": "postgres:16",
        })
    );
    assert_eq!(body["Env"], json!(["NVIDIA_VISIBLE_DEVICES=void"]));
    assert_eq!(body["StopTimeout"], 10);
    let expected = json!({
        "Memory": 536_870_912, "MemorySwap": 536_870_912, "NanoCpus": 1_000_000_000,
        "PidsLimit": 256, "ShmSize": 67_108_864, "OomScoreAdj": 0,
        "Ulimits": [
            {"Name": "nofile", "Soft": 16_384, "Hard": 16_384},
            {"Name": "core", "Soft": 0, "Hard": 0},
        ],
        "CapDrop": ["MKNOD", "NET_RAW"], "SecurityOpt": ["no-new-privileges"],
        "IpcMode": "private", "CgroupnsMode": "private",
        "LogConfig": {"Type": "json-file", "Config": {"max-size": "10m", "max-file": "2"}},
        "RestartPolicy": {"Name": "no", "MaximumRetryCount": 0}, "NetworkMode": NETWORK_ID,
    });
    assert_eq!(body["HostConfig"], expected);
    assert_eq!(
        body["NetworkingConfig"],
        json!({"EndpointsConfig": {NETWORK_ID: {}}})
    );
}

#[test]
fn each_setting_of_the_host_has_its_key() {
    let bounds = CreateBounds {
        memory: 64 << 20,
        cpus: 250_000_000,
        pids: 10,
        nofile: 100,
        shm: 1 << 20,
        privilege_escalation: true,
        capabilities: ENGINE_CAPABILITIES.into_iter().map(str::to_owned).collect(),
        runtime: Some("runsc".to_owned()),
        log: LogBound::Engine,
        healthcheck: HealthBound::None,
        read_only: true,
        stop_timeout: 3,
        ..bounds()
    };
    let body = body(&decide(&spec(), &bounds, &HostAccess::default()).expect("allowed"));
    let host = &body["HostConfig"];
    assert_eq!(host["Memory"], 64 << 20);
    assert_eq!(host["MemorySwap"], 64 << 20);
    assert_eq!(host["NanoCpus"], 250_000_000);
    assert_eq!(host["PidsLimit"], 10);
    assert_eq!(host["Ulimits"][0]["Hard"], 100);
    assert_eq!(host["ShmSize"], 1 << 20);
    assert_eq!(host["SecurityOpt"], Value::Null);
    assert_eq!(host["CapDrop"], Value::Null);
    assert_eq!(host["Runtime"], "runsc");
    assert_eq!(host["LogConfig"], Value::Null);
    assert_eq!(host["ReadonlyRootfs"], true);
    assert_eq!(body["Healthcheck"], json!({"Test": ["NONE"]}));
    assert_eq!(body["StopTimeout"], 3);
}

#[test]
fn names_have_the_owners_prefix_unless_they_are_granted() {
    let name = |spec: &ContainerSpec, bounds: &CreateBounds| {
        let effective = decide(spec, bounds, &HostAccess::default()).expect("allowed");
        effective.spec().name().map(str::to_owned)
    };
    let named = asking(|s| s.set_name("db"));
    assert_eq!(name(&named, &bounds()).as_deref(), Some("p-db"));
    assert_eq!(
        name(&spec(), &bounds()).as_deref(),
        Some("p-container-001122334455")
    );
    let mut granted = bounds();
    granted.names.push(NameRule::new("db"));
    assert_eq!(name(&named, &granted).as_deref(), Some("db"));
    let aliases = &allowed(&named)["NetworkingConfig"]["EndpointsConfig"][NETWORK_ID]["Aliases"];
    assert_eq!(*aliases, json!(["db"]));
}

#[test]
fn a_port_that_nobody_chose_is_one_of_the_bounds() {
    let bounds = CreateBounds {
        ports: Some(PortBound {
            ip: "127.0.0.1".parse().expect("an address"),
            range: 20_000..=20_002,
        }),
        egress: true,
        ..bounds()
    };
    let port = |port| ContainerPort {
        port,
        protocol: Protocol::Tcp,
    };
    let mut image = image();
    image.config.exposed_ports = vec![port(80), port(81)];
    let mut around = around();
    around.ports_taken.insert(20_000);
    let spec = asking(|s| {
        s.set_publish_all_ports(true).add_port(PortBinding {
            container: port(80),
            host_ip: None,
            host_port: Some(20_001),
        })
    });
    let access = HostAccess::default();
    let effective = Effective::of(&spec, &image, &bounds, &access, &around).expect("allowed");
    let ports = json!({
        "80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "20001"}],
        "81/tcp": [{"HostIp": "127.0.0.1", "HostPort": "20002"}],
    });
    let sent = body(&effective);
    assert_eq!(sent["HostConfig"]["PortBindings"], ports);
    assert_eq!(sent["ExposedPorts"], json!({"80/tcp": {}, "81/tcp": {}}));
    assert_eq!(sent["HostConfig"]["PublishAllPorts"], Value::Null);
    assert_eq!(effective.claims().ports.len(), 2);
    around.ports_taken.insert(20_002);
    let denial = Effective::of(&spec, &image, &bounds, &access, &around).expect_err("none is left");
    assert_eq!(denial.rule, "create.ports");
}

#[test]
fn limits_in_another_form_are_completed_in_it() {
    let body = allowed(&asking(|s| s.set_cpu_period(50_000)));
    assert_eq!(body["HostConfig"]["CpuQuota"], 50_000);
    assert_eq!(body["HostConfig"]["NanoCpus"], Value::Null);
    let body = allowed(&asking(|s| s.set_cpu_quota(20_000)));
    assert_eq!(body["HostConfig"]["CpuQuota"], 20_000);
    let body = allowed(&asking(|s| s.set_memory(64 << 20)));
    assert_eq!(body["HostConfig"]["MemorySwap"], 64 << 20);
    let tmpfs = TmpfsMount {
        target: "/t".to_owned(),
        ..TmpfsMount::default()
    };
    let body = allowed(&asking(|s| s.add_tmpfs(tmpfs)));
    assert_eq!(
        body["HostConfig"]["Tmpfs"]["/t"],
        "rw,nosuid,nodev,noexec,size=536870912"
    );
}

#[test]
fn variables_of_the_host_are_added_and_never_told() {
    let secret = HostVariable {
        value: "hunter2".to_owned(),
        reachable: true,
    };
    let bounds = CreateBounds {
        env: [("PASSWORD".to_owned(), secret)].into(),
        ..bounds()
    };
    let spec = asking(|s| {
        let argument = texts(&["--token=hunter3"]);
        s.add_env("A", Some("hunter4".to_owned()))
            .set_command(argument)
    });
    let effective = decide(&spec, &bounds, &HostAccess::default()).expect("allowed");
    let env = body(&effective)["Env"].clone();
    assert_eq!(
        env,
        json!([
            "A=hunter4",
            "NVIDIA_VISIBLE_DEVICES=void",
            "PASSWORD=hunter2"
        ])
    );
    let told = format!("{effective:?} {} {:?}", effective.facts(), bounds);
    assert!(!told.contains("hunter"), "{told}");
}

#[test]
fn what_an_image_brings_is_raised_to_the_floors() {
    let mut image = image();
    image.config.healthcheck = Some(Healthcheck {
        test: HealthTest::Shell("true".to_owned()),
        interval: Some(1_000_000),
        timeout: Some(1_000_000),
        start_interval: Some(1_000_000),
        ..Healthcheck::default()
    });
    let send = |around: &Around<'_>| {
        let access = HostAccess::default();
        body(&Effective::of(&spec(), &image, &bounds(), &access, around).expect("allowed"))
    };
    let raised = json!({
        "Interval": MIN_HEALTH_INTERVAL, "Timeout": MIN_HEALTH_TIMEOUT,
        "StartInterval": MIN_HEALTH_INTERVAL,
    });
    assert_eq!(send(&around())["Healthcheck"], raised);
    // An engine that has no such interval isn't sent one.
    let mut old = around();
    old.engine.api = ApiVersion::new(1, 41);
    let sent = send(&old)["Healthcheck"].clone();
    assert_eq!(
        sent,
        json!({"Interval": MIN_HEALTH_INTERVAL, "Timeout": MIN_HEALTH_TIMEOUT})
    );
}

#[test]
fn a_variable_of_an_image_that_gives_devices_is_emptied() {
    let mut image = image();
    let variable = |name: &str| Variable {
        name: name.to_owned(),
        value: Some("all".to_owned()),
    };
    image.config.env = [
        "NVIDIA_VISIBLE_DEVICES",
        "NVIDIA_DRIVER_CAPABILITIES",
        "AMD_VISIBLE_DEVICES",
        "PATH",
    ]
    .map(variable)
    .into();
    let access = HostAccess::default();
    let effective = Effective::of(&spec(), &image, &bounds(), &access, &around()).expect("allowed");
    let expected = json!([
        "NVIDIA_VISIBLE_DEVICES=void",
        "NVIDIA_DRIVER_CAPABILITIES=",
        "AMD_VISIBLE_DEVICES=void",
    ]);
    assert_eq!(body(&effective)["Env"], expected);
}

#[test]
fn contradictions_are_found_at_load() {
    let found = |change: fn(&mut CreateBounds)| -> Vec<&str> {
        let mut bounds = bounds();
        change(&mut bounds);
        bounds
            .contradictions()
            .iter()
            .map(|found| found.key)
            .collect()
    };
    assert_eq!(found(|_| {}), Vec::<&str>::new());
    let ports = |b: &mut CreateBounds| {
        b.ports = Some(PortBound {
            ip: "127.0.0.1".parse().expect("an address"),
            range: 1..=2,
        });
    };
    assert_eq!(found(ports), ["create.ports"]);
    let capability = |b: &mut CreateBounds| {
        b.capabilities.insert("SYS_ADMIN".to_owned());
    };
    assert_eq!(found(capability), ["create.capabilities"]);
    let sysctl = |b: &mut CreateBounds| {
        b.sysctls.insert("kernel.core_pattern".to_owned());
    };
    assert_eq!(found(sysctl), ["create.sysctls"]);
    assert_eq!(
        found(|b| b.labels.push(LabelRule::new("dockwit.*"))),
        ["create.labels"]
    );
}

#[test]
fn podman_is_told_what_it_would_forget_or_refuse() {
    use crate::api::containers::IpcMode;
    let mut around = around();
    around.engine = podman();
    around.accepted.insert(Unenforced::NetworkIsolation);
    let access = HostAccess {
        namespaces: [Namespace::Ipc].into(),
        ..HostAccess::default()
    };
    let send = |spec: &ContainerSpec| {
        body(&Effective::of(spec, &image(), &bounds(), &access, &around).expect("allowed"))
    };
    let sent = send(&spec());
    let nproc = json!({"Name": "nproc", "Soft": 16_384, "Hard": 16_384});
    assert_eq!(sent["HostConfig"]["Ulimits"][2], nproc);
    assert_eq!(sent["HostConfig"]["ShmSize"], 64 << 20);
    let shared = send(&asking(|s| s.set_ipc_mode(IpcMode::Host)));
    assert_eq!(shared["HostConfig"].get("ShmSize"), None);
}

/// Older engines compare the network's name with that of the container's mode, before they give it the address.
#[test]
fn an_address_on_an_older_engine_goes_by_the_networks_name() {
    let access = HostAccess {
        endpoints: true,
        ..HostAccess::default()
    };
    let spec = asking(|s| s.set_mac_address("02:42:c0:a8:00:07"));
    let mode = |api| {
        let mut around = around();
        around.engine.api = api;
        let effective = Effective::of(&spec, &image(), &bounds(), &access, &around);
        body(&effective.expect("allowed"))["HostConfig"]["NetworkMode"].clone()
    };
    let own = around().network.expect("its own");
    assert_eq!(mode(ApiVersion::new(1, 41)), own.name.as_str());
    assert_eq!(mode(ApiVersion::new(1, 44)), own.id.as_str());
}
