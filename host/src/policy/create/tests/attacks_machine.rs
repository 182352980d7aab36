//! Rows of section A that reach the machine by other ways than its files and devices: each is refused,
//! and named by the key that allows it.

use super::*;
use crate::api::containers::{
    CgroupnsMode, Driver, Endpoint, HostNamespace, IpcMode, Link, NetworkMode, PidMode,
    ThrottleDevice, Ulimit,
};

fn driver(name: &str, options: &[(&str, &str)]) -> Driver {
    Driver {
        name: name.to_owned(),
        options: options
            .iter()
            .map(|(key, value)| pair(key, value))
            .collect(),
    }
}

#[test]
fn attack_017_privileges_by_set_user_id() {
    for option in [
        "no-new-privileges=false",
        "no-new-privileges:false",
        "no-new-privileges=0",
    ] {
        let spec = asking(|s| s.add_security_option(option));
        needs("create.privilege-escalation", &spec, |b, _| {
            b.privilege_escalation = true
        });
    }
    let body = allowed(&asking(|s| s.add_security_option("no-new-privileges")));
    assert_eq!(
        body["HostConfig"]["SecurityOpt"],
        json!(["no-new-privileges"])
    );
}

#[test]
fn attack_018_masked_paths() {
    for spec in [
        asking(|s| s.set_masked_paths(vec![])),
        asking(|s| s.set_readonly_paths(vec![])),
    ] {
        needs("host-access.system-paths", &spec, |_, a| {
            a.system_paths = true
        });
    }
}

#[test]
fn attack_020_021_022_023_024_025_namespaces_of_the_machine() {
    type Set = fn(&mut ContainerSpec) -> &mut ContainerSpec;
    let cases: [(Namespace, Set); 6] = [
        (Namespace::Pid, |s| s.set_pid_mode(PidMode::Host)),
        (Namespace::Ipc, |s| s.set_ipc_mode(IpcMode::Host)),
        (Namespace::Uts, |s| s.set_uts_mode(HostNamespace::Host)),
        (Namespace::User, |s| s.set_userns_mode(HostNamespace::Host)),
        (Namespace::Cgroup, |s| {
            s.set_cgroupns_mode(CgroupnsMode::Host)
        }),
        (Namespace::Network, |s| {
            s.set_network_mode(NetworkMode::Host)
        }),
    ];
    for (namespace, set) in cases {
        let spec = asking(set);
        needs("host-access.namespaces", &spec, |_, a| {
            a.namespaces.insert(namespace);
        });
        let mut others: std::collections::BTreeSet<_> = Namespace::ALL.into();
        others.remove(&namespace);
        let access = HostAccess {
            namespaces: others,
            ..HostAccess::default()
        };
        decide(&spec, &bounds(), &access).expect_err("another's namespace is granted");
    }
}

#[test]
fn attack_020_021_026_namespaces_of_a_container() {
    type Set = fn(&mut ContainerSpec) -> &mut ContainerSpec;
    let cases: [(&str, &str, Set); 3] = [
        ("pid", "PidMode", |s| {
            s.set_pid_mode(PidMode::Container(OTHER_ID.parse().expect("an id")))
        }),
        ("ipc", "IpcMode", |s| {
            s.set_ipc_mode(IpcMode::Container(OTHER_ID.parse().expect("an id")))
        }),
        ("network", "NetworkMode", |s| {
            s.set_network_mode(NetworkMode::Container(OTHER_ID.parse().expect("an id")))
        }),
    ];
    for (name, key, set) in cases {
        let spec = asking(set);
        assert_eq!(refused(&spec), "scope.change", "{name}");
        let mut other = told(&allowed(&super::spec()), &image());
        let decide_with = |other: &Value| {
            let other = details(other);
            let mut around = around();
            around.containers = vec![&other];
            Effective::of(&spec, &image(), &bounds(), &HostAccess::default(), &around)
        };
        decide_with(&other).expect(name);
        // Its namespace may be the machine's, or a third one's.
        other["HostConfig"][key] = json!("host");
        let denial = decide_with(&other).expect_err(name);
        assert_eq!(denial.rule, "host-access.namespaces", "{name}");
        other["HostConfig"][key] = json!(format!("container:{NETWORK_ID}"));
        assert_eq!(
            decide_with(&other).expect_err(name).rule,
            "scope.change",
            "{name}"
        );
    }
}

#[test]
fn attack_027_cgroup_parent() {
    let spec = asking(|s| s.set_cgroup_parent("/"));
    needs("host-access.cgroup-parents", &spec, |_, a| {
        a.cgroup_parents.insert("/".to_owned());
    });
}

#[test]
fn attack_028_sysctls() {
    let spec = asking(|s| s.add_sysctl("net.ipv4.tcp_syncookies", "1"));
    needs("create.sysctls", &spec, |b, _| {
        b.sysctls.insert("net.ipv4.tcp_syncookies".to_owned());
    });
    let spec = asking(|s| s.add_sysctl("kernel.core_pattern", "|/x"));
    needs("host-access.sysctls", &spec, |_, a| {
        a.sysctls.insert("kernel.core_pattern".to_owned());
    });
}

#[test]
fn attack_029_030_runtime_and_annotations() {
    let spec = asking(|s| s.set_runtime("evil"));
    needs("host-access.runtimes", &spec, |_, a| {
        a.runtimes.insert("evil".to_owned());
    });
    let bounds = CreateBounds {
        runtime: Some("runsc".to_owned()),
        ..bounds()
    };
    let denial = decide(
        &asking(|s| s.set_runtime("runc")),
        &bounds,
        &HostAccess::default(),
    );
    assert_eq!(
        denial.expect_err("the operator's is another").rule,
        "host-access.runtimes"
    );
    let spec = asking(|s| s.add_annotation("run.oci.handler", "krun"));
    needs("host-access.annotations", &spec, |_, a| {
        a.annotations.insert("run.oci.handler".to_owned());
    });
}

#[test]
fn attack_032_033_scheduling_and_oom() {
    for spec in [
        asking(|s| s.set_oom_score_adj(-1)),
        asking(|s| s.set_oom_kill_disable(true)),
    ] {
        needs("host-access.oom", &spec, |_, a| a.oom = true);
    }
    let at = ThrottleDevice {
        path: "/dev/sda".to_owned(),
        rate: 1,
    };
    for spec in [
        asking(|s| s.set_cpu_shares(2_048)),
        asking(|s| s.set_cpuset_cpus("0")),
        asking(|s| s.set_cpu_realtime_runtime(1)),
        asking(|s| s.set_blkio_weight(1_000)),
        asking(|s| s.add_blkio_read_bps(at)),
    ] {
        needs("host-access.scheduling", &spec, |_, a| a.scheduling = true);
    }
    for (name, rule) in [
        ("memlock", "host-access.ulimits"),
        ("rtprio", "host-access.ulimits"),
        ("core", "host-access.ulimits"),
    ] {
        let limit = Ulimit {
            name: name.to_owned(),
            soft: 1,
            hard: 5,
        };
        let spec = asking(|s| s.add_ulimit(limit));
        needs(rule, &spec, |_, a| {
            a.ulimits.insert(name.to_owned(), 5);
        });
        let access = HostAccess {
            ulimits: [(name.to_owned(), 4)].into(),
            ..HostAccess::default()
        };
        decide(&spec, &bounds(), &access).expect_err(name);
    }
}

#[test]
fn attack_036_links() {
    let link = Link {
        container: OTHER_ID.parse().expect("an id"),
        alias: "db".to_owned(),
    };
    let spec = asking(|s| s.add_link(link));
    assert_eq!(refused(&spec), "host-access.links");
    let access = HostAccess {
        links: true,
        ..HostAccess::default()
    };
    let denial = decide(&spec, &bounds(), &access).expect_err("it is not in scope");
    assert_eq!(denial.rule, "scope.change");
}

#[test]
fn attack_039_040_log_drivers() {
    for (name, options) in [
        (
            "syslog",
            &[("syslog-address", "unixgram:///var/run/docker.sock")][..],
        ),
        ("json-file", &[("max-size", "1t")]),
        ("json-file", &[]),
        ("none", &[]),
        (
            "awslogs",
            &[("awslogs-credentials-endpoint", "/secret-path")],
        ),
    ] {
        let spec = asking(|s| s.set_log(driver(name, options)));
        let effective = needs("host-access.log-drivers", &spec, |_, a| {
            a.log_drivers.push(DriverAccess {
                name: name.to_owned(),
                options: options
                    .iter()
                    .map(|(key, value)| pair(key, value))
                    .collect(),
            });
        });
        assert_eq!(body(&effective)["HostConfig"]["LogConfig"]["Type"], name);
        let denial = decide(&spec, &bounds(), &HostAccess::default()).expect_err(name);
        assert!(!denial.to_string().contains("secret"), "{denial}");
    }
}

/// The engine's own driver may be asked for, and not told where to write.
#[test]
fn attack_039_options_of_the_engines_own_log_driver() {
    let bounds = CreateBounds {
        log: LogBound::Engine,
        ..bounds()
    };
    let decide = |name: &str, options: &[(&str, &str)]| {
        let spec = asking(|s| s.set_log(driver(name, options)));
        decide(&spec, &bounds, &HostAccess::default())
    };
    decide("json-file", &[]).expect("what the engine has");
    let denial = decide("json-file", &[("max-size", "1t")]).expect_err("its own options");
    assert_eq!(denial.rule, "host-access.log-drivers");
}

/// By its id, the machine's own network is no name that engines know for it.
#[test]
fn attack_025_097_the_machines_network_by_its_id() {
    let mut around = around();
    let mut host = network(OTHER_ID, "host", false, false);
    host.driver = "host".to_owned();
    around.networks.push(host.clone());
    let spec = asking(|s| s.set_network_mode(NetworkMode::Network(OTHER_ID.to_owned())));
    let bounds = CreateBounds {
        egress: true,
        ..bounds()
    };
    let decide =
        |access: &HostAccess| Effective::of(&spec, &image(), &bounds, access, &around).map(drop);
    let denial = decide(&HostAccess::default()).expect_err("the machine's");
    assert_eq!(denial.rule, "host-access.namespaces");
    let access = HostAccess {
        namespaces: [Namespace::Network].into(),
        ..HostAccess::default()
    };
    assert_eq!(decide(&access), Ok(()));
}

/// Who is linked on one network has to be in scope as well.
#[test]
fn attack_026_links_of_an_endpoint_are_of_containers_in_scope() {
    let mut around = around();
    around.networks.push(network(OTHER_ID, "p-net", true, true));
    let link = Link {
        container: OTHER_ID.parse().expect("an id"),
        alias: "db".to_owned(),
    };
    let on = OTHER_ID.parse().expect("an id");
    let spec = asking(|s| {
        s.set_network_mode(NetworkMode::Network(OTHER_ID.to_owned()))
            .add_endpoint_link(&on, link)
    });
    let named = Named::of(&spec);
    assert!(named.containers.contains(&OTHER_ID.parse().expect("an id")));
    let access = HostAccess {
        endpoints: true,
        ..HostAccess::default()
    };
    let denial = Effective::of(&spec, &image(), &bounds(), &access, &around);
    assert_eq!(denial.expect_err("it isn't").rule, "scope.change");
}

#[test]
fn attack_041_storage_options() {
    let spec = asking(|s| s.add_storage_option("size", "100G"));
    needs("host-access.storage-options", &spec, |_, a| {
        a.storage_options.insert("size=100G".to_owned());
    });
}

#[test]
fn attack_052_fixed_addresses() {
    let own = network(OTHER_ID, "p-net", true, true);
    let endpoint = Endpoint {
        addresses: vec!["172.17.0.1".parse().expect("an address")],
        ..Endpoint::default()
    };
    let on = |s: &mut ContainerSpec| {
        s.set_network_mode(NetworkMode::Network(OTHER_ID.to_owned()));
    };
    for spec in [
        asking(|s| {
            on(s);
            s.add_endpoint(OTHER_ID, endpoint)
        }),
        asking(|s| {
            on(s);
            s.set_mac_address("02:42:ac:11:00:01")
        }),
    ] {
        let mut around = around();
        around.networks.push(own.clone());
        let decide =
            |access: &HostAccess| Effective::of(&spec, &image(), &bounds(), access, &around);
        let denial = decide(&HostAccess::default()).expect_err("refused");
        assert_eq!(denial.rule, "host-access.endpoints");
        let access = HostAccess {
            endpoints: true,
            ..HostAccess::default()
        };
        decide(&access).expect("allowed");
    }
}
