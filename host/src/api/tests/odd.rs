//! Answers that no engine should give, and some do.

use serde_json::{Value, json};

use super::{ENGINES, case};
use crate::api::ErrorKind;
use crate::api::containers::{
    ContainerDetails, ContainerStats, ContainerStatus, ContainerSummary, HealthStatus, MountKind,
};
use crate::api::json::{row, rows};
use crate::api::system::SystemInfo;

/// Values, of which each type is the wrong one somewhere.
fn wrong_values() -> [Value; 7] {
    [
        json!(null),
        json!(true),
        json!(-1.5),
        json!("text"),
        json!([["x"]]),
        json!({"x": {"y": 1}}),
        json!(18_446_744_073_709_551_615_u64),
    ]
}

fn read(list: &Value) -> Vec<ContainerSummary> {
    rows(list.to_string().as_bytes()).expect("a list")
}

#[test]
fn no_field_of_a_row_can_spoil_a_list() {
    for engine in ENGINES {
        let list = case(engine, "containers-list-all").json;
        let expected = read(&list);
        let fields: Vec<_> = list[0]
            .as_object()
            .expect("a row")
            .keys()
            .cloned()
            .collect();
        for field in fields {
            for wrong in wrong_values() {
                let mut list = list.clone();
                list[0][&field] = wrong.clone();
                let rows = read(&list);
                assert_eq!(rows.len(), expected.len(), "{field}: {wrong}");
                assert_eq!(rows[1..], expected[1..], "{field}: {wrong}");
                assert!(
                    field == "Id" || rows[0].id == expected[0].id,
                    "{field}: {wrong}"
                );
            }
        }
    }
}

#[test]
fn what_cannot_be_read_is_kept() {
    let list = json!([{
        "Id": "a",
        "State": {"odd": 1},
        "Ports": [{"PrivatePort": 80, "Type": "tcp"}, {"PrivatePort": "x"}, 7],
        "Labels": {"a": "b", "c": 1},
        "NetworkSettings": {"Networks": {"n": {"MacAddress": 999, "IPAddress": "10.0.0.1"}}},
        "SizeRw": -1,
        "New": {"a": [1, 2]},
        "Nothing": null,
    }]);
    let rows = read(&list);
    let row = &rows[0];
    assert_eq!(
        (row.id.as_str(), &row.status),
        ("a", &ContainerStatus::Other(String::new()))
    );
    assert_eq!(row.ports.len(), 2, "what is no port at all is left out");
    assert_eq!(
        (row.ports[0].container_port, row.ports[1].container_port),
        (80, 0)
    );
    assert_eq!(row.labels, [("a".to_owned(), "b".to_owned())]);
    assert_eq!(row.networks[0].ip_address.as_deref(), Some("10.0.0.1"));
    let mut more: Vec<_> = row
        .more
        .iter()
        .map(|(k, v)| (k.as_str(), v.as_str()))
        .collect();
    more.sort_unstable();
    let kept = [
        ("Labels.c", "1"),
        ("NetworkSettings.Networks.n.MacAddress", "999"),
        ("New", r#"{"a":[1,2]}"#),
        ("Ports.1.PrivatePort", r#""x""#),
        ("Ports.2", "7"),
        ("SizeRw", "-1"),
        ("State", r#"{"odd":1}"#),
    ];
    assert_eq!(more, kept);
}

#[test]
fn rows_that_are_none_are_still_there() {
    let rows = read(&json!([1, {"Id": "a"}, null, "x", []]));
    let found: Vec<_> = rows
        .iter()
        .map(|row| (row.id.as_str(), row.more.len()))
        .collect();
    assert_eq!(found, [("", 1), ("a", 0), ("", 0), ("", 1), ("", 1)]);
    assert_eq!(read(&json!(null)), []);
    assert_eq!(read(&json!([])), []);
}

#[test]
fn what_is_no_list_is_an_error() {
    let mut deep = vec![b'['; 100_000];
    deep.extend(vec![b']'; 100_000]);
    let texts: [&[u8]; 6] = [b"", b"{}", b"[{\"Id\":", b"[1]x", b"\"[]\"", b"[[[["];
    for text in texts {
        let error = rows::<ContainerSummary>(text).expect_err("no list");
        assert_eq!(error.kind(), ErrorKind::Protocol, "{error}");
    }
    // Nothing reads as deep as that, and nothing breaks.
    assert_eq!(
        rows::<ContainerSummary>(&deep)
            .map(|rows| rows.len())
            .unwrap_or(1),
        1
    );
    let value: Result<ContainerStats, _> = row(&deep);
    assert_eq!(value.expect_err("no object").kind(), ErrorKind::Protocol);
}

#[test]
fn attack_135_nothing_deeper_than_its_bound_is_kept_of_a_list() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    let lists = |depth: usize| {
        let kept = nested(depth - 2);
        [
            format!("[{{\"Id\":\"a\",\"X\":{kept}}}]"),
            // This one is read field by field.
            format!("[{{\"Id\":7,\"X\":{kept}}}]"),
        ]
    };
    let read = |list: &String| rows::<ContainerSummary>(list.as_bytes());
    assert!(lists(64).iter().all(|list| read(list).is_ok()));
    for list in lists(65) {
        let error = read(&list).expect_err("it is too deep");
        assert_eq!(error.kind(), ErrorKind::Protocol, "{list}");
    }
}

#[test]
fn text_that_is_no_utf8_costs_no_row() {
    let rows: Vec<ContainerSummary> =
        rows(b"[{\"Id\":\"a\",\"Command\":\"x\xff\"},{\"Id\":\"b\"}]").expect("a list");
    assert_eq!(
        (rows[0].command.as_str(), rows[1].id.as_str()),
        ("x\u{fffd}", "b")
    );
}

#[test]
fn nothing_and_the_unknown_are_understood() {
    let rows = read(&json!([{
        "Id": "a", "Names": null, "Ports": null, "Labels": null, "Mounts": [{"Type": "quantum"}],
        "State": "dreaming", "Health": {"Status": "poorly"}, "NetworkSettings": {"Networks": null},
        "HostConfig": null, "Created": "2026-11-24T18:18:13Z",
    }]));
    let row = &rows[0];
    assert_eq!(row.status, ContainerStatus::Other("dreaming".to_owned()));
    assert_eq!(row.health, Some(HealthStatus::Other("poorly".to_owned())));
    assert_eq!(row.mounts[0].kind, MountKind::Other("quantum".to_owned()));
    assert_eq!(
        (row.created.seconds, &row.more),
        (1_795_544_293, &Vec::new())
    );
}

#[test]
fn no_field_of_a_reading_can_spoil_it() {
    let reading = case(ENGINES[0], "containers-stats-once").json;
    let expected: ContainerStats = row(reading.to_string().as_bytes()).expect("a reading");
    for field in reading.as_object().expect("an object").keys() {
        for wrong in wrong_values() {
            let mut reading = reading.clone();
            reading[field] = wrong;
            let stats: ContainerStats = row(reading.to_string().as_bytes()).expect("a reading");
            assert!(field == "cpu_stats" || stats.cpu == expected.cpu, "{field}");
            assert!(
                field == "memory_stats" || stats.memory == expected.memory,
                "{field}"
            );
        }
    }
}

fn details(json: &Value) -> ContainerDetails {
    ContainerDetails::new(json.to_string().into()).expect("UTF-8")
}

/// The groups that can't be read.
fn failures(details: &ContainerDetails) -> Vec<&'static str> {
    let results = [
        ("identity", details.identity().err()),
        ("state", details.state().err()),
        ("health", details.health().err()),
        ("command", details.command().err()),
        ("env", details.env().err()),
        ("labels", details.labels().err()),
        ("config", details.config().err()),
        ("healthcheck", details.healthcheck().err()),
        ("resources", details.resources().err()),
        ("host-config", details.host_config().err()),
        ("security", details.security().err()),
        ("mounts", details.mounts().err()),
        ("networks", details.networks().err()),
        ("ports", details.ports().err()),
        ("sizes", details.sizes().err()),
        ("exec-ids", details.exec_ids().err()),
    ];
    let failed = |(name, error): (&'static str, Option<crate::api::Error>)| {
        let error = error?;
        assert_eq!(error.kind(), ErrorKind::Protocol);
        Some(name)
    };
    results.into_iter().filter_map(failed).collect()
}

#[test]
fn an_odd_group_spoils_no_other() {
    let whole = case(ENGINES[0], "containers-inspect-rich").json;
    assert_eq!(failures(&details(&whole)), [""; 0]);
    let odd: [(&str, Value, &[&str]); 13] = [
        ("/State", json!("running"), &["state", "health"]),
        ("/State/Pid", json!("x"), &["state"]),
        ("/State/StartedAt", json!(7), &[]),
        ("/State/Health", json!([]), &["health"]),
        ("/Config/Env", json!({"A": 1}), &["env"]),
        ("/Config/Labels", json!([1]), &["labels"]),
        ("/Config/Tty", json!("yes"), &["config"]),
        ("/Config/Cmd", json!(7), &["command"]),
        ("/Config/Healthcheck/Test", json!(7), &["healthcheck"]),
        ("/HostConfig/Privileged", json!("no"), &["security"]),
        ("/HostConfig/MemorySwappiness", json!(-1), &[]),
        ("/NetworkSettings/Ports", json!({"x/tcp": null}), &["ports"]),
        (
            "/HostConfig",
            json!(null),
            &["resources", "host-config", "security"],
        ),
    ];
    for (path, value, groups) in odd {
        let mut json = whole.clone();
        *json.pointer_mut(path).expect(path) = value;
        assert_eq!(failures(&details(&json)), groups, "{path}");
    }
}

#[test]
fn one_text_stands_for_a_list_of_one() {
    let json = json!({"Config": {"Cmd": "sh", "Entrypoint": []}, "Path": "sh", "Args": null});
    let details = details(&json);
    let command = details.command().expect("a command");
    assert_eq!(command.command.as_deref(), Some(&["sh".to_owned()][..]));
    assert_eq!((&command.entrypoint, command.args.len()), (&None, 0));
}

#[test]
fn an_entrypoint_that_was_taken_away_is_none() {
    let details = details(&json!({"Config": {"Cmd": ["sh"], "Entrypoint": [""]}}));
    assert_eq!(details.command().expect("a command").entrypoint, None);
}

#[test]
fn the_program_is_none_of_its_arguments() {
    let of = |args: &[&str], words: &[&str]| {
        let config = json!({"Cmd": words, "Entrypoint": []});
        let details = details(&json!({"Path": words[0], "Args": args, "Config": config}));
        details.command().expect("a command").args.clone()
    };
    assert_eq!(of(&["true"], &["true"]), [""; 0]);
    assert_eq!(of(&["echo", "a"], &["echo", "a"]), ["a"]);
    assert_eq!(of(&["echo"], &["echo", "echo"]), ["echo"]);
}

#[test]
fn a_snapshot_of_nonsense_fails_group_by_group() {
    for text in ["", "[]", "{\"Id\":", "null"] {
        let details = ContainerDetails::new(text.into()).expect("UTF-8");
        assert_eq!(failures(&details).len(), 16, "{text}");
        let info = SystemInfo::new(text.into()).expect("UTF-8");
        assert!(info.limits().is_err() && info.identity().is_err());
    }
    assert!(ContainerDetails::new(b"\xff"[..].into()).is_err());
    assert_eq!(
        failures(&ContainerDetails::new("{}".into()).expect("UTF-8")).len(),
        13
    );
}
