//! What Podman does otherwise: what it tells of a container is no more than was asked for, and no less.

use super::existing::{check_told, put};
use super::*;

/// What Podman was asked for under bounds that grant privileges, and what it tells of that.
fn on_podman(spec: &ContainerSpec, change: impl FnOnce(&mut Value)) -> Vec<&'static str> {
    let mut around = around();
    around.engine = podman();
    around.accepted.insert(Unenforced::NetworkIsolation);
    let access = HostAccess {
        privileged: true,
        ..HostAccess::default()
    };
    let effective = Effective::of(spec, &image(), &bounds(), &access, &around).expect("allowed");
    let mut told = told(&body(&effective), &image());
    put(&mut told, "/HostConfig/Runtime", json!("oci"));
    put(&mut told, "/HostConfig/CapDrop", json!([]));
    change(&mut told);
    let found = effective.compare(&details(&told)).expect("read");
    found.iter().map(|of| of.field).collect()
}

#[test]
fn attack_001_podman_says_of_what_is_privileged_what_it_sees() {
    let options = json!(["no-new-privileges", "unmask=all"]);
    let privileged = asking(|s| s.set_privileged(true));
    let bare = |told: &mut Value| put(told, "/HostConfig/SecurityOpt", options.clone());
    assert!(on_podman(&privileged, bare).is_empty());
    // Of anything else it is more than was asked for.
    assert_eq!(on_podman(&spec(), bare), ["security-option"]);
    let more = json!(["no-new-privileges", "unmask=all", "seccomp=unconfined"]);
    let more = |told: &mut Value| put(told, "/HostConfig/SecurityOpt", more);
    assert_eq!(on_podman(&privileged, more), ["security-option"]);
    let unasked = |told: &mut Value| {
        put(told, "/HostConfig/Privileged", json!(true));
        bare(told);
    };
    assert!(on_podman(&spec(), unasked).contains(&"privileged"));
}

#[test]
fn attack_013_podman_tells_one_by_one_what_was_dropped() {
    assert!(on_podman(&spec(), |_| ()).is_empty());
    let asked = asking(|s| s.drop_capability("ALL").add_capability("CHOWN"));
    let told = |dropped: Value| on_podman(&asked, |told| put(told, "/HostConfig/CapDrop", dropped));
    let but = |kept: &[&str]| {
        let mut given = podmans_capabilities();
        given.retain(|name| !kept.contains(&name.as_str()));
        json!(given)
    };
    assert!(told(but(&["CHOWN"])).is_empty());
    assert!(told(json!(["ALL"])).is_empty());
    assert_eq!(told(but(&["CHOWN", "KILL"])), ["dropped capability"]);
    assert_eq!(told(json!([])).len(), podmans_capabilities().len() - 1);
}

/// What a Podman gives by default is set on its machine: what the bounds don't have of it is dropped, and missed where it isn't.
#[test]
fn attack_013_what_a_podman_is_set_to_give_is_dropped() {
    let mut around = around();
    let given = ["CAP_CHOWN", "CAP_NET_RAW", "CAP_SYS_ADMIN"].map(str::to_owned);
    around.engine = podman().giving(&given);
    around.accepted.insert(Unenforced::NetworkIsolation);
    let access = HostAccess::default();
    let effective = Effective::of(&spec(), &image(), &bounds(), &access, &around).expect("allowed");
    let body = body(&effective);
    let sent = &body["HostConfig"]["CapDrop"];
    assert_eq!(sent, &json!(["MKNOD", "NET_RAW", "SYS_ADMIN"]));
    let mut told = told(&body, &image());
    put(&mut told, "/HostConfig/Runtime", json!("oci"));
    for (dropped, missing, rule) in [
        (json!(["NET_RAW", "SYS_ADMIN"]), 0, None),
        (json!(["NET_RAW"]), 1, Some("host-access.capabilities")),
        (json!([]), 2, Some("create.capabilities")),
    ] {
        put(&mut told, "/HostConfig/CapDrop", dropped);
        let found = effective.compare(&details(&told)).expect("read");
        assert_eq!(found.len(), missing, "{found:?}");
        let denied = check_told(&told, &bounds(), &around).err();
        assert_eq!(denied.map(|denial| denial.rule), rule);
    }
}

/// Podman doesn't tell the check of an image, so that nothing of it can be raised before.
#[test]
fn attack_133_a_check_that_runs_too_often_is_found() {
    let check = |key: &str, time: u64| {
        let mut check = json!({"Test": ["CMD-SHELL", "true"]});
        check[key] = json!(time);
        on_podman(&spec(), |told| put(told, "/Config/Healthcheck", check))
    };
    for (key, least, field) in [
        ("Interval", MIN_HEALTH_INTERVAL, "health interval"),
        ("Timeout", MIN_HEALTH_TIMEOUT, "health timeout"),
        (
            "StartInterval",
            MIN_HEALTH_INTERVAL,
            "health start-interval",
        ),
    ] {
        assert_eq!(check(key, least - 1), [field]);
        assert!(check(key, least).is_empty(), "{key}");
    }
}

#[test]
fn podmans_own_memory_is_no_difference() {
    let mut around = around();
    around.engine = podman();
    around.accepted.insert(Unenforced::NetworkIsolation);
    let bounds = CreateBounds {
        read_only: true,
        ..bounds()
    };
    let access = HostAccess::default();
    let effective = Effective::of(&spec(), &image(), &bounds, &access, &around).expect("allowed");
    let mut told = told(&body(&effective), &image());
    put(&mut told, "/HostConfig/Runtime", json!("oci"));
    put(
        &mut told,
        "/HostConfig/Tmpfs",
        json!({"/run": "rw,rprivate,nosuid,nodev,tmpcopyup"}),
    );
    assert_eq!(effective.compare(&details(&told)).expect("read"), []);
    put(&mut told, "/HostConfig/Tmpfs", json!({"/elsewhere": "rw"}));
    assert_eq!(effective.compare(&details(&told)).expect("read").len(), 1);
}
