use super::*;
use crate::policy::create::CreateBounds;
use crate::policy::{Policy, PolicyReader, Show, ShowArgs, ShowEnv};

const IMAGE: &str =
    "busybox:1@sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc";

fn used() -> Used {
    let wide: CreateBounds = CreateBounds::default();
    Used {
        image: IMAGE.to_owned(),
        memory: 64 << 20,
        cpus: 500_000_000,
        pids: 100,
        nofile: 1024,
        shm: 1 << 20,
        ports: BTreeSet::new(),
        network: false,
        isolates: true,
        labels: BTreeSet::new(),
        capabilities: wide.capabilities,
        persist: false,
        healthcheck: HealthBound::None,
        command: false,
        non_root: false,
        read_only: false,
        stop_timeout: 10,
        extra_hosts: BTreeSet::new(),
        dns: BTreeSet::new(),
        dns_options: BTreeSet::new(),
        dns_search: BTreeSet::new(),
        sysctls: BTreeSet::new(),
        volumes: 0,
    }
}

fn ceiling(keys: &str) -> Policy {
    let text = format!("version = 1\nplugin = \"p\"\n{keys}");
    PolicyReader::new().parse(&text).unwrap()
}

fn learnt(learner: &Learner, ceiling: &Policy, asked: &[Verb]) -> (Policy, String) {
    let text = learner.policy(ceiling, asked, &[]).unwrap();
    let policy = Policy::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    (policy, text)
}

#[test]
fn of_a_run_that_did_nothing_nothing_is_learnt() {
    let (policy, text) = learnt(&Learner::new(), &ceiling(""), &[Verb::SystemPing]);
    assert!(Verb::all().all(|verb| policy.allow(verb).is_err()));
    assert!(policy.grants().starts_without());
    assert_eq!(policy.create(), &CreateBounds::default(), "{text}");
    assert_eq!(policy.limits().containers, 0);
    assert!(text.starts_with("# "));
}

#[test]
fn the_most_of_each_is_learnt_and_no_more() {
    let learner = Learner::new();
    learner.called(Verb::ContainersCreate);
    let port = |port| ("127.0.0.1".parse().unwrap(), port);
    let first = Used {
        ports: [port(8080)].into(),
        network: true,
        labels: ["app.x".to_owned()].into(),
        volumes: 1,
        ..used()
    };
    let second = Used {
        memory: 128 << 20,
        ports: [port(8090)].into(),
        network: true,
        persist: true,
        command: true,
        healthcheck: HealthBound::Any,
        ..used()
    };
    learner.made(first, None);
    learner.removed();
    learner.made(second, Some("web"));
    let asked = [Verb::ContainersCreate];
    let (policy, text) = learnt(&learner, &ceiling("create.egress = true"), &asked);
    let create = policy.create();
    assert_eq!(create.memory, 128 << 20);
    assert_eq!((create.cpus, create.pids), (500_000_000, 100));
    assert_eq!(create.ports.as_ref().unwrap().range, 8080..=8090);
    assert!(create.egress && create.persist && !create.non_root);
    assert!(create.grants_name("web") && !create.grants_name("db"));
    assert!(create.labels.iter().any(|rule| rule.is_match("app.x")));
    assert_eq!(create.labels.len(), 1);
    assert_eq!(create.healthcheck, HealthBound::Any);
    let limits = policy.limits();
    assert_eq!(
        (limits.containers, limits.networks, limits.volumes),
        (1, 1, 1)
    );
    assert_eq!(limits.memory_total.0, 128 << 20);
    assert!(!policy.grants().starts_without());
    assert!(!text.contains("missing"), "{text}");
}

#[test]
fn tight_switches_hold_only_if_they_did_for_all() {
    let tight = Used {
        non_root: true,
        read_only: true,
        ..used()
    };
    let learner = Learner::new();
    learner.made(tight.clone(), None);
    let (policy, _) = learnt(&learner, &ceiling(""), &[]);
    let create = policy.create();
    assert!(create.non_root && create.read_only && !create.egress);
    assert_eq!(create.command, crate::policy::create::CommandBound::Image);
    learner.made(used(), None);
    let (policy, _) = learnt(&learner, &ceiling(""), &[]);
    assert!(!policy.create().non_root && !policy.create().read_only);
    assert_eq!(policy.limits().containers, 2);
}

/// A container that names no network is on the plugin's own: whether it needs what is beyond can't be seen.
#[test]
fn a_network_reaches_as_far_as_it_did_and_that_is_said() {
    let learner = Learner::new();
    learner.made(
        Used {
            network: true,
            ..used()
        },
        None,
    );
    let (wide, text) = learnt(&learner, &ceiling("create.egress = true"), &[]);
    assert!(wide.create().egress);
    assert!(text.contains("Try it without"), "{text}");
    let (tight, _) = learnt(&learner, &ceiling(""), &[]);
    assert!(!tight.create().egress);
}

#[test]
fn a_change_counts_as_what_a_container_uses() {
    let learner = Learner::new();
    learner.made(used(), None);
    learner.changed(&Claims {
        memory: 1 << 30,
        nano_cpus: u64::MAX,
        pids: 200,
        running: true,
        ..Claims::default()
    });
    let (policy, _) = learnt(&learner, &ceiling(""), &[]);
    let create = policy.create();
    assert_eq!(
        (create.memory, create.cpus, create.pids),
        (1 << 30, 500_000_000, 200)
    );
    assert!(create.persist);
}

#[test]
fn what_is_not_learnt_is_as_it_was() {
    let learner = Learner::new();
    learner.called(Verb::ContainersList);
    let ceiling = ceiling(
        "scope.containers = \"all\"\nlimits.time = \"20m\"\nlimits.on-end = \"stop\"\ndetail = \"minimal\"\nwasi.env = [\"A\"]\nshow = { env = \"none\" }",
    );
    let (policy, text) = learnt(&learner, &ceiling, &[Verb::ContainersList]);
    assert_eq!(policy.scope(), ceiling.scope());
    assert_eq!(policy.limits().time, ceiling.limits().time);
    assert_eq!(policy.limits().on_end, ceiling.limits().on_end);
    assert_eq!(policy.detail(), ceiling.detail());
    assert_eq!(policy.variables(), ["A"]);
    assert_eq!(
        (policy.show().env, policy.show().args),
        (ShowEnv::None, ShowArgs::Program)
    );
    assert_ne!(policy.show(), Show::default());
    assert!(
        !text.contains("stream-bytes"),
        "defaults aren't said: {text}"
    );
}
