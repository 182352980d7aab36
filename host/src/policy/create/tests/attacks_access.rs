//! Rows of section A that reach the machine: each is refused, and named by the key that allows it.

use super::*;
use crate::api::containers::{
    BindMount, BindPropagation, BindRecursion, DeviceMapping, DeviceRequest, Driver, VolumeMount,
    VolumesFrom,
};

fn bind(source: &str, read_only: bool) -> BindMount {
    BindMount {
        source: source.to_owned(),
        target: "/h".to_owned(),
        read_only,
        ..BindMount::default()
    }
}

fn volume(name: &str, driver: Option<Driver>) -> VolumeMount {
    VolumeMount {
        volume: name.to_owned(),
        target: "/v".to_owned(),
        driver,
        ..VolumeMount::default()
    }
}

fn driver(name: &str, options: &[(&str, &str)]) -> Driver {
    Driver {
        name: name.to_owned(),
        options: options
            .iter()
            .map(|(key, value)| pair(key, value))
            .collect(),
    }
}

fn device(path: &str) -> DeviceMapping {
    DeviceMapping {
        host: path.to_owned(),
        container: "/dev/x".to_owned(),
        permissions: "rwm".to_owned(),
    }
}

/// The same with a volume that is in scope.
fn with_volume(spec: &ContainerSpec, access: &HostAccess) -> Result<Effective, Denial> {
    let mut around = around();
    around.volumes.insert("p-data".parse().expect("a name"));
    Effective::of(spec, &image(), &bounds(), access, &around)
}

#[test]
fn attack_001_privileged() {
    let spec = asking(|s| s.set_privileged(true));
    let effective = needs("host-access.privileged", &spec, |_, a| a.privileged = true);
    let host = &body(&effective)["HostConfig"];
    assert_eq!(host["Privileged"], true);
    assert_eq!(host["Memory"], 512 << 20);
}

#[test]
fn attack_002_bind() {
    let spec = asking(|s| s.add_bind(bind("/srv/data", false)));
    let item = |source: &str, read_only| BindAccess {
        source: source.to_owned(),
        read_only,
        ..BindAccess::default()
    };
    needs("host-access.binds", &spec, |_, a| {
        a.binds.push(item("/srv/data", false))
    });
    // Not for writing what may be read, and nothing beside it, above it or by another way.
    let access = HostAccess {
        binds: vec![item("/srv/data", true), item("/srv/../etc", false)],
        ..HostAccess::default()
    };
    for (source, read_only) in [
        ("/srv/data", false),
        ("/srv/data/x", true),
        ("/srv", true),
        ("/", true),
        ("/srv/data/", true),
        ("/srv//data", true),
        ("/srv/data/../data", true),
        ("/srv/../etc", true),
    ] {
        let denial = decide(
            &asking(|s| s.add_bind(bind(source, read_only))),
            &bounds(),
            &access,
        );
        assert_eq!(denial.expect_err(source).rule, "host-access.binds");
    }
    let read = asking(|s| s.add_bind(bind("/srv/data", true)));
    let effective = decide(&read, &bounds(), &access).expect("allowed");
    assert_eq!(effective.binds().collect::<Vec<_>>(), ["/srv/data"]);
    assert_eq!(
        body(&effective)["HostConfig"]["Mounts"][0]["ReadOnly"],
        true
    );
}

#[test]
fn attack_003_009_a_bind_has_one_form_and_spreads_only_as_named() {
    let spec = asking(|s| s.add_bind(bind("/srv", true)));
    let access = HostAccess {
        binds: vec![BindAccess {
            source: "/srv".to_owned(),
            read_only: true,
            ..BindAccess::default()
        }],
        ..HostAccess::default()
    };
    let body = body(&decide(&spec, &bounds(), &access).expect("allowed"));
    assert_eq!(body["HostConfig"].get("Binds"), None);
    let mount = json!({
        "Type": "bind", "Source": "/srv", "Target": "/h", "ReadOnly": true,
        "BindOptions": {"Propagation": "rprivate"},
    });
    assert_eq!(body["HostConfig"]["Mounts"], json!([mount]));

    let spreading = |propagation| {
        asking(|s| {
            s.add_bind(BindMount {
                propagation,
                ..bind("/srv", true)
            })
        })
    };
    let slave = spreading(BindPropagation::Rslave);
    let denial = decide(&slave, &bounds(), &access).expect_err("it spreads");
    let line =
        r#"host-access.binds += { source = "/srv", read-only = true, propagation = "rslave" }"#;
    assert_eq!(denial.add.as_deref(), Some(line));
    let access = HostAccess {
        binds: vec![BindAccess {
            propagation: BindPropagation::Rslave,
            ..access.binds[0].clone()
        }],
        ..HostAccess::default()
    };
    decide(&slave, &bounds(), &access).expect("named");
    decide(&spec, &bounds(), &access).expect("it doesn't spread at all");
    let shared = spreading(BindPropagation::Rshared);
    decide(&shared, &bounds(), &access).expect_err("it spreads otherwise");
}

/// What is below a path that may only be read may only be read as well.
#[test]
fn attack_002_mounts_below_a_bind_are_not_written_to_instead() {
    let access = HostAccess {
        binds: vec![BindAccess {
            source: "/srv".to_owned(),
            read_only: true,
            ..BindAccess::default()
        }],
        ..HostAccess::default()
    };
    for (recursion, allowed) in [
        (BindRecursion::Enabled, true),
        (BindRecursion::Disabled, true),
        (BindRecursion::Readonly, true),
        (BindRecursion::Writable, false),
    ] {
        let spec = asking(|s| {
            s.add_bind(BindMount {
                recursion,
                ..bind("/srv", true)
            })
        });
        let decided = decide(&spec, &bounds(), &access);
        assert_eq!(decided.is_ok(), allowed, "{recursion:?}");
    }
}

/// A volume that is made for one container is the plugin's own, whatever makes it.
#[test]
fn attack_005_008_a_new_volume_of_a_driver_is_named_and_owned() {
    let nfs = driver("nfs", &[("share", "a")]);
    let spec = asking(|s| {
        s.add_new_volume(VolumeMount {
            target: "/v".to_owned(),
            labels: vec![pair("app.x", "1")],
            driver: Some(nfs.clone()),
            ..VolumeMount::default()
        })
        .add_volume("/anonymous")
    });
    let bounds = CreateBounds {
        labels: vec![LabelRule::new("app.*")],
        ..bounds()
    };
    let denial = decide(&spec, &bounds, &HostAccess::default()).expect_err("a driver");
    assert_eq!(denial.rule, "host-access.volume-drivers");
    let access = HostAccess {
        volume_drivers: vec![DriverAccess {
            name: "nfs".to_owned(),
            options: [pair("share", "a")].into(),
        }],
        ..HostAccess::default()
    };
    let effective = decide(&spec, &bounds, &access).expect("named");
    let [new, anonymous] = effective.volumes() else {
        panic!("two: {:?}", effective.volumes());
    };
    assert_ne!(new.name, anonymous.name);
    assert!(new.name.starts_with("p-"), "{}", new.name);
    assert_eq!((&new.driver, &anonymous.driver), (&Some(nfs), &None));
    // Those by which it is known are put on it when it is made, with an intent of its own.
    assert_eq!(new.labels, [pair("app.x", "1")]);
    let mounts = &body(&effective)["HostConfig"]["Mounts"];
    assert_eq!(mounts[0]["Source"], new.name.as_str());
    let claimed = spec.options().host.mounts.len();
    assert_eq!(claimed, 1, "the spec itself stays as it was");
    let reserved = asking(|s| {
        s.add_new_volume(VolumeMount {
            target: "/v".to_owned(),
            labels: vec![pair(LABEL_OWNER, "x")],
            ..VolumeMount::default()
        })
    });
    assert_eq!(refused(&reserved), "create.labels");
}

#[test]
fn attack_005_006_a_volume_with_the_options_of_a_bind() {
    for options in [
        &[("type", "none"), ("o", "bind"), ("device", "/")][..],
        &[("type", "ext4"), ("device", "/dev/vda")],
    ] {
        let spec = asking(|s| s.add_volume_mount(volume("p-data", Some(driver("local", options)))));
        let denial = with_volume(&spec, &HostAccess::default()).expect_err("refused");
        assert_eq!(denial.rule, "host-access.volume-drivers");
        let access = |options: &[(&str, &str)]| HostAccess {
            volume_drivers: vec![DriverAccess {
                name: "local".to_owned(),
                options: options
                    .iter()
                    .map(|(key, value)| pair(key, value))
                    .collect(),
            }],
            ..HostAccess::default()
        };
        with_volume(&spec, &access(&options[1..])).expect_err("an option that isn't named");
        with_volume(&spec, &access(options)).expect("allowed");
    }
}

#[test]
fn attack_007_volumes_from() {
    let from = VolumesFrom {
        container: OTHER_ID.parse().expect("an id"),
        read_only: true,
    };
    let spec = asking(|s| s.add_volumes_from(from));
    assert_eq!(refused(&spec), "host-access.volumes-from");
    let access = HostAccess {
        volumes_from: true,
        ..HostAccess::default()
    };
    let victim = decide(&spec, &bounds(), &access).expect_err("it is not in scope");
    assert_eq!(victim.rule, "scope.change");
    // One in scope must not bring a path of the machine that isn't allowed.
    let mut other = told(&allowed(&super::spec()), &image());
    let mut around = around();
    let plain = details(&other);
    around.containers = vec![&plain];
    Effective::of(&spec, &image(), &bounds(), &access, &around).expect("allowed");
    other["Mounts"] = json!([{"Type": "bind", "Source": "/", "Destination": "/h", "RW": true}]);
    let bound = details(&other);
    around.containers = vec![&bound];
    let denial = Effective::of(&spec, &image(), &bounds(), &access, &around).expect_err("refused");
    assert_eq!(denial.rule, "host-access.binds");
}

#[test]
fn attack_008_volume_driver() {
    let spec = asking(|s| s.set_volume_driver("sshfs"));
    needs("host-access.volume-drivers", &spec, |_, a| {
        a.volume_drivers.push(DriverAccess {
            name: "sshfs".to_owned(),
            ..DriverAccess::default()
        });
    });
}

#[test]
fn attack_010_device() {
    let spec = asking(|s| s.add_device(device("/dev/kvm")));
    let item = |path: &str, permissions: &str| DeviceAccess {
        path: path.to_owned(),
        permissions: permissions.to_owned(),
    };
    needs("host-access.devices", &spec, |_, a| {
        a.devices.push(item("/dev/kvm", "rwm"))
    });
    let access = HostAccess {
        devices: vec![item("/dev/kvm", "r"), item("/dev/sd", "rwm")],
        ..HostAccess::default()
    };
    for path in ["/dev/kvm", "/dev/sda"] {
        decide(&asking(|s| s.add_device(device(path))), &bounds(), &access).expect_err(path);
    }
}

#[test]
fn attack_011_device_request() {
    let request = |count, ids: &[&str]| DeviceRequest {
        driver: "nvidia".to_owned(),
        count,
        ids: texts(ids),
        capabilities: vec![texts(&["gpu"])],
        options: Vec::new(),
    };
    let item = DeviceRequestAccess {
        driver: "nvidia".to_owned(),
        count: 1,
        ids: ["0".to_owned()].into(),
        capabilities: ["gpu".to_owned()].into(),
    };
    let spec = asking(|s| s.add_device_request(request(1, &[])));
    needs("host-access.device-requests", &spec, |_, a| {
        a.device_requests.push(item.clone())
    });
    let access = HostAccess {
        device_requests: vec![item],
        ..HostAccess::default()
    };
    decide(
        &asking(|s| s.add_device_request(request(0, &["0"]))),
        &bounds(),
        &access,
    )
    .expect("its id");
    let mut more = request(1, &[]);
    more.capabilities.push(texts(&["utility"]));
    let mut options = request(1, &[]);
    options.options.push(pair("a", "b"));
    for request in [
        request(-1, &[]),
        request(2, &[]),
        request(0, &["1"]),
        more,
        options,
    ] {
        decide(
            &asking(|s| s.add_device_request(request)),
            &bounds(),
            &access,
        )
        .expect_err("more");
    }
}

#[test]
fn attack_012_device_cgroup_rule() {
    let spec = asking(|s| s.add_device_cgroup_rule("b 8:0 rwm"));
    needs("host-access.device-cgroup-rules", &spec, |_, a| {
        a.device_cgroup_rules.insert("b 8:0 rwm".to_owned());
    });
}

#[test]
fn attack_013_capabilities() {
    for name in ["SYS_ADMIN", "cap_sys_admin", "ALL"] {
        let spec = asking(|s| s.add_capability(name));
        let granted = if name == "ALL" { "ALL" } else { "SYS_ADMIN" };
        needs("host-access.capabilities", &spec, |_, a| {
            a.capabilities.insert(granted.to_owned());
        });
    }
    // What the host takes away of the default isn't to be had by asking, nor by dropping all.
    for spec in [
        asking(|s| s.add_capability("NET_RAW")),
        asking(|s| s.add_capability("CAP_NET_RAW").drop_capability("ALL")),
    ] {
        needs("create.capabilities", &spec, |b, _| {
            b.capabilities.insert("NET_RAW".to_owned());
        });
    }
    let less = allowed(&asking(|s| {
        s.drop_capability("ALL").add_capability("CHOWN")
    }));
    assert_eq!(less["HostConfig"]["CapDrop"], json!(["ALL"]));
}

#[test]
fn attack_014_015_016_019_security_options() {
    for option in [
        "seccomp=unconfined",
        "seccomp={}",
        "apparmor=unconfined",
        "apparmor:weak",
        "label=disable",
        "disable",
        "systempaths=unconfined",
        "writable-cgroups=true",
        "unmask=ALL",
    ] {
        let spec = asking(|s| s.add_security_option(option));
        needs("host-access.security-options", &spec, |_, a| {
            a.security_options.insert(option.to_owned());
        });
    }
}
