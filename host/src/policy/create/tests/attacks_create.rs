//! Rows of section A within the sandbox's own bounds.

use super::*;
use crate::api::containers::{
    HealthTest, Healthcheck, RestartCondition, RestartPolicy, TmpfsMount, Ulimit, VolumeMount,
};

fn check(test: HealthTest, interval: u64) -> Healthcheck {
    Healthcheck {
        test,
        interval: Some(interval),
        ..Healthcheck::default()
    }
}

#[test]
fn attack_031_132_root_by_another_name() {
    let bounds = CreateBounds {
        non_root: true,
        ..bounds()
    };
    let access = HostAccess::default();
    for user in [
        "",
        "0",
        "00",
        "root",
        "app",
        "0:5",
        "-1",
        "+5",
        " 5",
        "4294967296",
        "2147483648",
        "5:0",
        "5:root",
    ] {
        let spec = asking(|s| s.set_user(user));
        let denial = decide(&spec, &bounds, &access).expect_err(user);
        assert_eq!(denial.rule, "create.non-root", "{user}");
    }
    decide(
        &asking(|s| s.set_user("1000:1000").add_group("7")),
        &bounds,
        &access,
    )
    .expect("allowed");
    for group in ["0", "disk"] {
        let spec = asking(|s| s.set_user("1000").add_group(group));
        decide(&spec, &bounds, &access).expect_err(group);
    }
    // Who says nothing is who the image says.
    let mut image = image();
    let mut with = |user: &str| {
        user.clone_into(&mut image.config.user);
        Effective::of(&spec(), &image, &bounds, &access, &around()).is_ok()
    };
    assert!(!with("") && !with("postgres") && !with("0:1") && with("999"));
}

#[test]
fn attack_033_034_limits() {
    let ulimit = |name: &str, hard| Ulimit {
        name: name.to_owned(),
        soft: 1,
        hard,
    };
    let cases = [
        ("create.memory", asking(|s| s.set_memory(1 << 40))),
        ("create.memory", asking(|s| s.set_memory(0))),
        ("create.memory", asking(|s| s.set_memory_swap(-1))),
        ("create.memory", asking(|s| s.set_memory_swap(1 << 40))),
        (
            "create.memory",
            asking(|s| s.set_memory(64 << 20).set_memory_swap(65 << 20)),
        ),
        ("create.cpus", asking(|s| s.set_nano_cpus(0))),
        ("create.cpus", asking(|s| s.set_nano_cpus(1_000_000_001))),
        ("create.cpus", asking(|s| s.set_cpu_quota(-1))),
        ("create.cpus", asking(|s| s.set_cpu_quota(100_001))),
        (
            "create.cpus",
            asking(|s| s.set_cpu_period(1_000).set_cpu_quota(1_001)),
        ),
        (
            "create.cpus",
            asking(|s| s.set_cpu_quota(i64::MAX).set_cpu_period(1)),
        ),
        ("create.pids", asking(|s| s.set_pids_limit(-1))),
        ("create.pids", asking(|s| s.set_pids_limit(0))),
        ("create.pids", asking(|s| s.set_pids_limit(257))),
        ("create.shm", asking(|s| s.set_shm_size(1 << 30))),
        (
            "create.nofile",
            asking(|s| s.add_ulimit(ulimit("nofile", -1))),
        ),
        (
            "create.nofile",
            asking(|s| s.add_ulimit(ulimit("nofile", 1 << 20))),
        ),
        (
            "create.nofile",
            asking(|s| {
                s.add_ulimit(ulimit("nofile", 5))
                    .add_ulimit(ulimit("nofile", -1))
            }),
        ),
        ("create.pids", asking(|s| s.add_ulimit(ulimit("nproc", -1)))),
    ];
    for (rule, spec) in cases {
        assert_eq!(refused(&spec), rule, "{:?}", spec.options().host);
    }
}

#[test]
fn attack_035_tmpfs() {
    let tmpfs = |size| TmpfsMount {
        target: "/t".to_owned(),
        size,
        ..TmpfsMount::default()
    };
    assert_eq!(
        refused(&asking(|s| s.add_tmpfs(tmpfs(Some(1 << 40))))),
        "create.memory"
    );
    let body = allowed(&asking(|s| s.add_tmpfs(tmpfs(None))));
    let options = body["HostConfig"]["Tmpfs"]["/t"].as_str().expect("options");
    assert!(
        options.contains("nosuid,nodev") && options.contains("size="),
        "{options}"
    );
}

#[test]
fn attack_043_restart_policy() {
    for condition in [
        RestartCondition::Always,
        RestartCondition::UnlessStopped,
        RestartCondition::OnFailure,
        RestartCondition::Other("sometimes".to_owned()),
    ] {
        let policy = RestartPolicy {
            condition,
            maximum_retries: 0,
        };
        let spec = asking(|s| s.set_restart_policy(policy));
        let effective = needs("create.persist", &spec, |b, _| b.persist = true);
        assert!(effective.claims().running);
    }
    assert!(
        !decide(&spec(), &bounds(), &HostAccess::default())
            .expect("allowed")
            .claims()
            .running
    );
}

#[test]
fn attack_044_133_health_checks() {
    const LONG: u64 = 60_000_000_000;
    for spec in [
        asking(|s| s.set_healthcheck(check(HealthTest::Shell("x".into()), LONG))),
        asking(|s| s.set_healthcheck(check(HealthTest::Command(texts(&["x"])), LONG))),
        // The shell of the image's own check is a program too.
        asking(|s| s.set_shell(texts(&["x"]))),
    ] {
        needs("create.healthcheck", &spec, |b, _| {
            b.healthcheck = HealthBound::Any
        });
    }
    let any = CreateBounds {
        healthcheck: HealthBound::Any,
        ..bounds()
    };
    let mut often = vec![check(HealthTest::Shell("x".into()), 1_000_000)];
    for field in 0..2 {
        let mut short = check(HealthTest::Shell("x".into()), LONG);
        *if field == 0 {
            &mut short.timeout
        } else {
            &mut short.start_interval
        } = Some(1_000_000);
        often.push(short);
    }
    for check in often {
        let spec = asking(|s| s.set_healthcheck(check));
        let denial = decide(&spec, &any, &HostAccess::default()).expect_err("too often");
        assert_eq!(denial.rule, "create.healthcheck");
    }
    // The image's own doesn't run where there shall be none.
    let mut image = image();
    image.config.healthcheck = Some(check(HealthTest::Shell("x".into()), LONG));
    let none = CreateBounds {
        healthcheck: HealthBound::None,
        ..bounds()
    };
    let access = HostAccess::default();
    let effective = Effective::of(&spec(), &image, &none, &access, &around()).expect("allowed");
    assert_eq!(body(&effective)["Healthcheck"], json!({"Test": ["NONE"]}));
    let again = asking(|s| s.set_healthcheck(check(HealthTest::Inherit, LONG)));
    Effective::of(&again, &image, &none, &access, &around()).expect_err("asked for again");
}

#[test]
fn attack_045_anonymous_volumes() {
    let mut image = image();
    image.config.volumes = texts(&["/var/lib/data", "/own/", "/tmpfs"]);
    let tmpfs = TmpfsMount {
        target: "/tmpfs".to_owned(),
        ..TmpfsMount::default()
    };
    let own = VolumeMount {
        volume: "p-own".to_owned(),
        target: "/own".to_owned(),
        ..VolumeMount::default()
    };
    let spec = asking(|s| s.add_volume("/anon").add_tmpfs(tmpfs).add_volume_mount(own));
    let mut around = around();
    around.volumes.insert("p-own".parse().expect("a name"));
    let access = HostAccess::default();
    let effective = Effective::of(&spec, &image, &bounds(), &access, &around).expect("allowed");
    let body = body(&effective);
    assert_eq!(body.get("Volumes"), None);
    let made: Vec<_> = effective
        .volumes()
        .iter()
        .map(|of| (of.name.as_str(), of.target.as_str()))
        .collect();
    let (first, second) = ("p-001122334455-0", "p-001122334455-1");
    assert_eq!(made, [(first, "/anon"), (second, "/var/lib/data")]);
    assert!(
        effective
            .volumes()
            .iter()
            .all(|of| of.volume_name().is_ok())
    );
    let mounts = body["HostConfig"]["Mounts"].as_array().expect("mounts");
    let mounts: Vec<_> = mounts
        .iter()
        .map(|of| (&of["Source"], &of["Target"]))
        .collect();
    let mount = |name: &str, target: &str| (json!(name), json!(target));
    let expected = [
        mount("p-own", "/own"),
        mount(first, "/anon"),
        mount(second, "/var/lib/data"),
    ];
    assert!(mounts.into_iter().eq(expected.iter().map(|(a, b)| (a, b))));
    assert_eq!(effective.claims().volumes, 2);
}

#[test]
fn attack_046_047_volumes_of_others() {
    let mount = VolumeMount {
        volume: "victim".to_owned(),
        target: "/x".to_owned(),
        ..VolumeMount::default()
    };
    assert_eq!(
        refused(&asking(|s| s.add_volume_mount(mount))),
        "scope.change"
    );
}

#[test]
fn attack_049_another_command() {
    for spec in [
        asking(|s| s.set_command(texts(&["sh"]))),
        asking(|s| s.set_entrypoint(texts(&["sh"]))),
        asking(|s| s.set_entrypoint(vec![])),
    ] {
        let bounds = CreateBounds {
            command: CommandBound::Image,
            ..bounds()
        };
        let denial = decide(&spec, &bounds, &HostAccess::default()).expect_err("refused");
        assert_eq!(denial.rule, "create.command");
        decide(&spec, &super::bounds(), &HostAccess::default()).expect("any command of the image");
    }
}

#[test]
fn attack_050_images() {
    let access = HostAccess::default();
    let with = |rules: &[&str], digests: &[&str]| {
        let mut image = image();
        image.repo_digests = texts(digests);
        let rules = rules
            .iter()
            .map(|rule| rule.parse().expect("a rule"))
            .collect();
        let bounds = CreateBounds {
            images: ImageBound::Listed(rules),
            ..bounds()
        };
        Effective::of(&spec(), &image, &bounds, &access, &around())
    };
    let listed = format!("other/name:1@{DIGEST}");
    let here = format!("postgres@{DIGEST}");
    with(&[&listed], &[&here]).expect("by its content");
    with(&[IMAGE_ID], &[]).expect("by its id");
    // The tag has been pointed at something else since.
    let denial = with(&[&listed], &["postgres@sha256:ffff"]).expect_err("another content");
    assert_eq!(
        denial.to_string(),
        format!(
            "image \"postgres:16\" is not in create.images [\"{listed}\"]; \
             add: create.images += \"postgres@sha256:ffff\""
        )
    );
    with(&[], &[&here]).expect_err("what is in the cache isn't granted");
    for tag in [
        "postgres:16",
        "postgres",
        "postgres@latest",
        "sha256:11",
        "a@sha256:zz",
    ] {
        tag.parse::<ImageRule>().expect_err(tag);
    }
    let effective = with(&[IMAGE_ID], &[]).expect("allowed");
    assert_eq!(body(&effective)["Image"], IMAGE_ID);
}

#[test]
fn attack_067_names_that_stand_for_others() {
    let mut bounds = bounds();
    let name = "055afd39f1e2";
    bounds.names = [name, OTHER_ID].map(NameRule::new).into();
    let access = HostAccess::default();
    for name in [name, OTHER_ID, "a/b", "-a", "a b", ""] {
        let mut spec = spec();
        spec.set_name(name);
        if spec.invalid().is_none() {
            let denial = decide(&spec, &bounds, &access).expect_err(name);
            assert_eq!(denial.rule, "create.names");
        }
    }
}

/// Names that a policy grants with `*` don't reach those that other plugins' objects have.
#[test]
fn attack_140_a_wide_name_reaches_no_plugins_names() {
    let mut bounds = bounds();
    let access = HostAccess::default();
    let named = |name| asking(|s| s.set_name(name));
    let name = |bounds: &CreateBounds, name| {
        let effective = decide(&named(name), bounds, &access)?;
        Ok::<_, Denial>(effective.spec().name().map(str::to_owned))
    };
    for rule in ["*", "dev*", "devenv_1f3c9d2e_db"] {
        bounds.names = vec![NameRule::new(rule)];
        let denial = name(&bounds, "devenv_1f3c9d2e_db").expect_err(rule);
        assert_eq!(denial.rule, "create.names");
    }
    bounds.names = vec![NameRule::new("web-*")];
    assert_eq!(name(&bounds, "web-1").unwrap().as_deref(), Some("web-1"));
    assert_eq!(name(&bounds, "web").unwrap().as_deref(), Some("p-web"));
    let own = name(&bounds, "devenv_1f3c9d2e_db").unwrap();
    assert_eq!(own.as_deref(), Some("p-devenv_1f3c9d2e_db"));
}

#[test]
fn attack_108_keys_are_of_a_closed_set() {
    let spec = asking(|s| {
        s.add_label("app.x", "1")
            .add_env("HostConfig", Some("{\"Privileged\":true}".to_owned()))
    });
    let effective = needs("create.labels", &spec, |b, _| {
        b.labels.push(LabelRule::new("app.*"))
    });
    let text = String::from_utf8(effective.body().expect("a body")).expect("text");
    let body: Value = serde_json::from_str(&text).expect("JSON");
    let keys: Vec<_> = body.as_object().expect("an object").keys().collect();
    assert!(
        keys.iter()
            .all(|key| key.chars().all(|c| c.is_ascii_alphabetic()))
    );
    assert_eq!(text.matches("\"HostConfig\"").count(), 1);
}
