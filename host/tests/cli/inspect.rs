//! `dockwit inspect`.

use super::Setting;
use super::components::{DRIVES, PLAIN_MAIN, does, reaches};

fn report(component: &str) -> String {
    let said = Setting::new(component).say(&["inspect", "plugin.wasm"]);
    assert_eq!((said.status, said.stderr.as_str()), (Some(0), ""));
    said.stdout
}

/// The lines below a title.
fn section<'a>(report: &'a str, title: &str) -> Vec<&'a str> {
    let lines = report.lines().skip_while(|line| *line != title).skip(1);
    lines
        .take_while(|line| line.starts_with("  "))
        .map(str::trim)
        .collect()
}

#[test]
fn what_a_plugin_asks_for_sets_and_reads_is_told_in_words() {
    let report = report(DRIVES);
    let asks = section(&report, "It asks for");
    assert_eq!(asks.len(), 4, "{report}");
    for (line, verb) in asks.iter().zip([
        "system.ping",
        "container.inspect",
        "container.logs",
        "containers.list",
    ]) {
        let summary = line
            .strip_prefix(verb)
            .unwrap_or_else(|| panic!("{verb}: {report}"));
        assert!(!summary.trim().is_empty(), "{report}");
    }
    assert!(
        section(&report, "It sets")[0].starts_with("container-spec.set-memory "),
        "{report}"
    );
    assert!(
        section(&report, "It reads")[0].starts_with("container-details.state "),
        "{report}"
    );
}

#[test]
fn what_it_can_not_do_is_told_too() {
    let report = report(DRIVES);
    let cannot = section(&report, "It can't");
    for deed in [
        "make containers",
        "remove containers",
        "read the environment of containers",
    ] {
        assert!(cannot.contains(&deed), "{deed}: {report}");
    }
    assert!(
        cannot.last().unwrap().starts_with("reach the machine"),
        "{report}"
    );
    assert!(!cannot.contains(&"read logs"), "{report}");
}

#[test]
fn what_reaches_the_machine_is_told_with_its_keys() {
    // Inspecting doesn't look at the types of functions.
    let binds = reaches().replace("set-privileged", "add-bind");
    let report = report(&binds);
    let reaches_by = section(&report, "It reaches the machine");
    assert_eq!(reaches_by.len(), 2, "{report}");
    for (line, function, key) in [
        (
            reaches_by[0],
            "host-access.set-pid-host ",
            "(host-access.namespaces)",
        ),
        (
            reaches_by[1],
            "host-access.add-bind ",
            "(host-access.binds)",
        ),
    ] {
        assert!(line.starts_with(function) && line.ends_with(key), "{line}");
    }
    assert_eq!(
        section(&report, "It can't").last(),
        Some(&"reach more of the machine: no privileged containers, none of its devices")
    );
    assert_eq!(
        section(&report, "To run it"),
        [
            "dockwit run plugin.wasm --set 'host-access.binds=[{ source = \"<path>\", read-only = true }]' \
             --set 'host-access.namespaces=[\"pid\"]'"
        ]
    );
    let said = Setting::new(&binds).say(&["inspect", "--json", "plugin.wasm"]);
    let json: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(
        json["host_access"],
        serde_json::json!(["host-access.set-pid-host", "host-access.add-bind"])
    );
}

#[test]
fn what_has_all_powers_is_not_said_to_lack_any() {
    let report = report(&reaches());
    let cannot = section(&report, "It can't");
    assert!(
        !cannot.iter().any(|line| line.contains("machine")),
        "{report}"
    );
}

#[test]
fn the_line_that_runs_it_is_ready_to_be_copied() {
    assert_eq!(
        section(&report(DRIVES), "To run it"),
        [
            "dockwit run plugin.wasm --allow system.ping,container.inspect,container.logs,containers.list"
        ]
    );
    assert_eq!(
        section(&report(&does("(i32.const 0)")), "To run it"),
        ["dockwit run plugin.wasm"]
    );
}

#[test]
fn files_are_said_to_be_there_only_if_given() {
    let report = report(DRIVES);
    assert!(report.contains("files; most plugins do"), "{report}");
    assert!(report.contains("--dir"), "{report}");
}

#[test]
fn what_keeps_it_from_being_run_is_told_in_place_of_the_line() {
    let plain = report(PLAIN_MAIN);
    assert!(plain.contains("#[dockwit::main]"), "{plain}");
    assert!(section(&plain, "To run it").is_empty(), "{plain}");

    let newer = report(
        r#"(component (import "dockwit:engine/containers@0.1.3" (instance
          (export "list-all" (func async)))))"#,
    );
    assert!(
        newer.contains("dockwit:engine/containers@0.1.3 `list-all`"),
        "{newer}"
    );
}

#[test]
fn programs_get_json_with_keys_that_stay() {
    let said = Setting::new(DRIVES).say(&["inspect", "--json", "plugin.wasm"]);
    let report: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    assert!(report["component"].as_str().unwrap().starts_with("sha256:"));
    assert!(report["size"].as_u64().unwrap() > 100);
    assert_eq!(report["interface"], "0.1.0");
    assert_eq!(
        report["verbs"],
        serde_json::json!([
            "system.ping",
            "container.inspect",
            "container.logs",
            "containers.list"
        ])
    );
    assert_eq!(
        report["setters"],
        serde_json::json!(["container-spec.set-memory"])
    );
    assert_eq!(
        report["groups"],
        serde_json::json!(["container-details.state"])
    );
    assert_eq!(report["host_access"], serde_json::json!([]));
    assert_eq!(report["unknown"], serde_json::json!([]));
    assert_eq!(report["refused"], serde_json::json!([]));
    assert_eq!(
        report["wasi"][0]["interface"],
        "wasi:filesystem/types@0.2.6"
    );
    assert_eq!(report["wasi"][0]["function"], "filesystem-error-code");
    assert_eq!(report["run"], "0.3");
}

#[test]
fn a_file_that_is_no_component_is_refused_in_one_line() {
    for (file, words) in [
        (
            wat::parse_str("(module)").unwrap(),
            "this is a core module, not a component",
        ),
        (b"#!/bin/sh".to_vec(), "this is no WebAssembly component"),
        (
            b"\0asm\x0d\0\x01\0\xff".to_vec(),
            "the component is damaged",
        ),
    ] {
        let said = Setting::of_bytes(&file).say(&["inspect", "plugin.wasm"]);
        assert_eq!(said.status, Some(1));
        assert!(
            said.stderr.starts_with(&format!("error: {words}")),
            "{}",
            said.stderr
        );
    }
    let said = Setting::of_bytes(b"").say(&["inspect", "none.wasm"]);
    assert!(
        said.stderr.starts_with("error: none.wasm can't be read: "),
        "{}",
        said.stderr
    );
}
