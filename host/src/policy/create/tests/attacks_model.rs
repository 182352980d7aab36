//! Rows against the model itself, as far as a decision alone can meet them.

use super::*;
use crate::api::containers::{MAX_SPEC_SIZE, NetworkMode, Variable};

fn on(network: &str) -> ContainerSpec {
    asking(|s| s.set_network_mode(NetworkMode::Network(network.to_owned())))
}

#[test]
fn attack_114_138_networks_that_lead_further() {
    let access = HostAccess::default();
    let decide_on = |joined: NetworkDetails, bounds: &CreateBounds, accept: bool| {
        let spec = on(&joined.id);
        let mut around = around();
        around.networks.push(joined);
        if accept {
            around.accepted.insert(Unenforced::NetworkIsolation);
        }
        Effective::of(&spec, &image(), bounds, &access, &around)
    };
    let egress = CreateBounds {
        egress: true,
        ..bounds()
    };
    for (internal, isolated) in [(false, false), (false, true), (true, false)] {
        let network = || network(OTHER_ID, "n", internal, isolated);
        let denial = decide_on(network(), &bounds(), false).expect_err("it leads further");
        assert_eq!(denial.rule, "create.egress");
        decide_on(network(), &egress, false).expect("with egress");
        // Whoever accepts that the machine is reached doesn't accept that all else is.
        assert_eq!(decide_on(network(), &bounds(), true).is_ok(), internal);
    }
    decide_on(network(OTHER_ID, "n", true, true), &bounds(), false).expect("closed");
    let mut around = around();
    let rest = (&bounds(), &access);
    let open = network(OTHER_ID, "n", false, false);
    check_connect(&open, rest.0, rest.1, &around).expect_err("connect");
    check_connect(
        around.network.as_ref().expect("its own"),
        rest.0,
        rest.1,
        &around,
    )
    .expect("own");
    // The plugin's own network may have been made under a wider policy.
    around.network = Some(network(NETWORK_ID, "p-default", false, false));
    let denial = Effective::of(&spec(), &image(), rest.0, rest.1, &around).expect_err("its own");
    assert_eq!(denial.rule, "create.egress");
}

#[test]
fn attack_114_the_network_of_a_container_with_egress() {
    let access = HostAccess::default();
    let spec =
        asking(|s| s.set_network_mode(NetworkMode::Container(OTHER_ID.parse().expect("an id"))));
    let mut other = told(&allowed(&super::spec()), &image());
    other["NetworkSettings"]["Networks"] = json!({"open": {"NetworkID": OTHER_ID}});
    let other = details(&other);
    let mut around = around();
    around.containers = vec![&other];
    around
        .networks
        .push(network(OTHER_ID, "open", false, false));
    let denial = Effective::of(&spec, &image(), &bounds(), &access, &around).expect_err("refused");
    assert_eq!(denial.rule, "create.egress");
}

#[test]
fn attack_117_a_spec_that_changes_after_it_was_decided() {
    let mut spec = asking(|s| s.set_memory(64 << 20));
    let effective = decide(&spec, &bounds(), &HostAccess::default()).expect("allowed");
    let before = body(&effective);
    spec.set_privileged(true).set_memory(1 << 40);
    assert_eq!(body(&effective), before);
    assert_eq!(before["HostConfig"]["Memory"], 64 << 20);
}

#[test]
fn attack_070_071_121_labels() {
    for key in ["dockwit.owner", "dockwit.x"] {
        let spec = asking(|s| s.add_label(key, "me"));
        let mut all = bounds();
        all.labels.push(LabelRule::new("*"));
        let denial = decide(&spec, &all, &HostAccess::default()).expect_err(key);
        assert_eq!((denial.rule, &denial.add), ("create.labels", &None));
    }
    for key in [
        "ofelia.enabled",
        "traefik.enable",
        "com.docker.compose.project",
        "apple",
    ] {
        let spec = asking(|s| s.add_label(key, "1"));
        let mut some = bounds();
        some.labels.push(LabelRule::new("app.*"));
        decide(&spec, &some, &HostAccess::default()).expect_err(key);
        needs("create.labels", &spec, |b, _| {
            b.labels.push(LabelRule::new(key))
        });
    }
    let mut image = image();
    image.config.labels = vec![
        pair("dockwit.owner", "somebody"),
        pair("dockwit.other", "x"),
        pair("ofelia.job", "x"),
        pair("app.a", "x"),
    ];
    let labels = |images: ImageBound| {
        let bounds = CreateBounds {
            images,
            labels: vec![LabelRule::new("app.*")],
            ..bounds()
        };
        let access = HostAccess::default();
        let effective = Effective::of(&spec(), &image, &bounds, &access, &around());
        body(&effective.expect("allowed"))["Labels"].clone()
    };
    let any = labels(ImageBound::Any);
    assert_eq!(
        (&any["dockwit.owner"], &any["dockwit.other"]),
        (&json!("owner-id"), &json!(""))
    );
    // Sent as nothing, the image's doesn't count; left out, it does.
    assert_eq!((&any["ofelia.job"], any.get("app.a")), (&json!(""), None));
    let listed = labels(bounds().images);
    assert_eq!(
        (&listed["dockwit.other"], listed.get("ofelia.job")),
        (&json!(""), None)
    );
}

#[test]
fn attack_048_131_devices_by_environment() {
    for name in [
        "NVIDIA_VISIBLE_DEVICES",
        "NVIDIA_DRIVER_CAPABILITIES",
        "AMD_VISIBLE_DEVICES",
    ] {
        let spec = asking(|s| s.add_env(name, Some("all".to_owned())));
        let effective = needs("host-access.env", &spec, |_, a| {
            a.env.insert(name.to_owned());
        });
        assert!(
            body(&effective)["Env"]
                .to_string()
                .contains(&format!("{name}=all"))
        );
        // Nor is what the host sets to be had away.
        refused(&asking(|s| s.add_env(name, None)));
    }
}

#[test]
fn attack_119_a_variable_that_the_host_adds() {
    let secret = HostVariable {
        value: "hunter2".to_owned(),
        reachable: true,
    };
    let bounds = CreateBounds {
        env: [("PASSWORD".to_owned(), secret)].into(),
        ..bounds()
    };
    for value in [None, Some("x".to_owned())] {
        let spec = asking(|s| s.add_env("PASSWORD", value));
        let denial = decide(&spec, &bounds, &HostAccess::default()).expect_err("the host's");
        assert_eq!(denial.rule, "create.env");
        assert!(!denial.to_string().contains("hunter"));
    }
    // The image has one of that name: the host's counts, since it is sent.
    let mut image = image();
    image.config.env = vec![Variable {
        name: "PASSWORD".to_owned(),
        value: Some("image".to_owned()),
    }];
    let access = HostAccess::default();
    let effective = Effective::of(&spec(), &image, &bounds, &access, &around()).expect("allowed");
    assert!(
        body(&effective)["Env"]
            .to_string()
            .contains("PASSWORD=hunter2")
    );
}

#[test]
fn a_variable_without_a_value_is_not_the_engines_own() {
    let mut around = around();
    around.engine = podman();
    let access = HostAccess::default();
    for name in ["AWS_SECRET_ACCESS_KEY", "*", "AWS_*"] {
        let spec = asking(|s| s.add_env(name, None));
        let denial = Effective::of(&spec, &image(), &bounds(), &access, &around).expect_err(name);
        assert_eq!(denial.rule, "create.env");
    }
    allowed(&asking(|s| s.add_env("PATH", None)));
    refused(&asking(|s| s.add_env("*", None)));
}

#[test]
fn attack_134_never_stopped() {
    let spec = asking(|s| s.set_stop_timeout(u32::MAX));
    needs("create.stop-timeout", &spec, |b, _| {
        b.stop_timeout = u32::MAX
    });
    let mut image = image();
    for seconds in [-1, 1 << 40] {
        image.config.stop_timeout = Some(seconds);
        let access = HostAccess::default();
        let effective = Effective::of(&spec_(), &image, &bounds(), &access, &around());
        let sent = body(&effective.expect("allowed"))["StopTimeout"].clone();
        assert_eq!(sent, 10, "{seconds}");
    }
    image.config.stop_timeout = Some(3_600);
    let access = HostAccess::default();
    let effective = Effective::of(&spec_(), &image, &bounds(), &access, &around());
    assert_eq!(body(&effective.expect("allowed"))["StopTimeout"], 60);
}

fn spec_() -> ContainerSpec {
    super::spec()
}

#[test]
fn attack_135_a_spec_is_bounded_with_all_options() {
    use crate::api::containers::{BindMount, DeviceRequest, Driver, Endpoint};
    let long = "x".repeat(64 << 10);
    let path = format!("/{long}");
    type Add<'a> = Box<dyn Fn(&mut ContainerSpec) + 'a>;
    let adds: Vec<Add<'_>> = vec![
        Box::new(|s| {
            s.add_security_option(long.clone());
        }),
        Box::new(|s| {
            s.add_bind(BindMount {
                source: path.clone(),
                target: path.clone(),
                ..BindMount::default()
            });
        }),
        Box::new(|s| {
            s.add_device_request(DeviceRequest {
                ids: vec![long.clone()],
                ..DeviceRequest::default()
            });
        }),
        Box::new(|s| {
            let key = format!("{}{long}", s.size_hint());
            s.add_annotation(key, "x");
        }),
        Box::new(|s| {
            let key = format!("{}{long}", s.size_hint());
            s.add_endpoint(key, Endpoint::default());
        }),
        Box::new(|s| {
            s.add_volume_mount(crate::api::containers::VolumeMount {
                volume: "v".to_owned(),
                target: path.clone(),
                driver: Some(Driver {
                    name: long.clone(),
                    options: vec![(long.clone(), long.clone())],
                }),
                ..Default::default()
            });
        }),
    ];
    for add in adds {
        let mut spec = spec_();
        for _ in 0..32 {
            add(&mut spec);
        }
        assert!(spec.size_hint() <= MAX_SPEC_SIZE);
        assert_eq!(spec.invalid().map(|invalid| invalid.field), Some("size"));
    }
}
