//! What real engines told.

use std::path::PathBuf;

use super::*;
use crate::api::system::{ComponentVersion, SystemInfo, VersionInfo};

fn recorded(engine: &str, case: &str) -> Value {
    let folder = [env!("CARGO_MANIFEST_DIR"), "tests", "recorded", engine];
    let path = folder
        .iter()
        .collect::<PathBuf>()
        .join(format!("{case}.json"));
    let text = std::fs::read_to_string(path).expect("a recorded answer");
    let record: Value = serde_json::from_str(&text).expect("JSON");
    record["body"].clone()
}

fn info(body: &Value) -> SystemInfo {
    SystemInfo::new(body.to_string().into()).expect("an answer")
}

fn version(engine: &str) -> VersionInfo {
    let body = recorded(engine, "system-version");
    let component = |of: &Value| ComponentVersion {
        name: of["Name"].as_str().unwrap_or_default().to_owned(),
        ..ComponentVersion::default()
    };
    let components = body["Components"].as_array().cloned().unwrap_or_default();
    VersionInfo {
        version: body["Version"].as_str().expect("a version").to_owned(),
        components: components.iter().map(component).collect(),
        ..VersionInfo::default()
    }
}

#[test]
fn attack_138_what_an_engine_cannot_hold_is_known() {
    let lost = |engine: &str, bounds: &CreateBounds| {
        let info = info(&recorded(engine, "system-info"));
        unenforceable(&info, &version(engine), bounds).expect("read")
    };
    assert_eq!(lost("engine-29", &bounds()), []);
    assert_eq!(lost("engine-20.10", &bounds()), []);
    assert_eq!(
        lost("podman-4.3", &bounds()),
        [Unenforced::NetworkIsolation]
    );
    let egress = CreateBounds {
        egress: true,
        ..bounds()
    };
    assert_eq!(lost("podman-4.3", &egress), []);
    let mut body = recorded("engine-29", "system-info");
    for (key, what) in [
        ("MemoryLimit", Unenforced::Memory),
        ("SwapLimit", Unenforced::Swap),
        ("CpuCfsQuota", Unenforced::Cpus),
        ("PidsLimit", Unenforced::Pids),
    ] {
        body[key] = json!(false);
        let found = unenforceable(&info(&body), &version("engine-29"), &bounds()).expect("read");
        assert_eq!(found, [what]);
        body[key] = json!(true);
    }
}

#[test]
fn the_engine_is_known_and_how_it_isolates() {
    let of = |name: &str| {
        let info = info(&recorded(name, "system-info"));
        Engine::of(&info, &version(name), ApiVersion::new(1, 41)).expect("read")
    };
    let new = of("engine-29");
    assert_eq!(
        (new.major, new.podman, new.runtime.as_str()),
        (29, false, "runc")
    );
    assert!(new.isolation().is_some_and(|of| of[0].1 == "isolated"));
    let old = of("engine-20.10");
    let inhibit = pair("com.docker.network.bridge.inhibit_ipv4", "true");
    assert_eq!(old.isolation(), Some(vec![inhibit]));
    let podman = of("podman-4.3");
    assert!(podman.podman && podman.isolation().is_none());
    assert_eq!(podman.capabilities, ENGINE_CAPABILITIES, "unless it tells");
    assert_eq!(podman.giving(&texts(&["CAP_KILL"])).capabilities, ["KILL"]);
    for engine in [new, old] {
        let mut made = network(OTHER_ID, "n", true, false);
        assert!(!is_isolated(&made));
        made.options = engine.isolation().expect("it has one");
        assert!(is_isolated(&made));
    }
}

/// A container with everything: each engine's words for what isn't allowed are understood.
#[test]
fn attack_116_a_container_of_somebody_elses_is_not_started() {
    for (name, engine) in [
        ("engine-29", engine()),
        ("engine-20.10", engine()),
        (
            "podman-4.3",
            Engine {
                capabilities: ENGINE_CAPABILITIES.map(str::to_owned).to_vec(),
                ..podman()
            },
        ),
    ] {
        let details = details(&recorded(name, "containers-inspect-rich"));
        let mut around = around();
        around.engine = engine;
        let existing = Existing {
            details: &details,
            image: None,
        };
        let mut bounds = bounds();
        let mut access = HostAccess::default();
        let mut rules = Vec::new();
        // One key after the other is granted, until nothing is left to refuse.
        while let Err(denial) = check_existing(existing, &bounds, &access, &around) {
            let rule = denial.rule.to_owned();
            assert!(
                rules.last() != Some(&rule),
                "{name}: {rule} again: {denial}"
            );
            match rule.as_str() {
                "create.images" => bounds.images = ImageBound::Any,
                "create.labels" => bounds.labels.push(LabelRule::new("*")),
                "create.healthcheck" => break,
                other => panic!("{name}: {other} {denial}"),
            }
            rules.push(rule);
        }
        assert_eq!(rules, ["create.images", "create.labels"], "{name}");
        // Its checks run each second.
        let denial = check_existing(existing, &bounds, &access, &around).expect_err(name);
        bounds.healthcheck = HealthBound::Any;
        let denial = match denial.field {
            "healthcheck" => check_existing(existing, &bounds, &access, &around).expect_err(name),
            _ => denial,
        };
        assert_eq!(denial.field, "interval", "{name}: {denial}");
        access.privileged = true;
    }
}
