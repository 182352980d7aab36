//! `[limits]`, what of it is counted in the ledger.

use super::super::ledger::{OnEnd, Quotas};
use super::*;

#[test]
fn each_total_is_a_quota() {
    let quotas = |text: &str| read(&format!("[limits]\n{text}")).limits().quotas();
    let default = Quotas {
        containers: Some(64),
        running: Some(32),
        memory_total: Some(8 << 30),
        cpus_total: Some(16_000_000_000),
        networks: Some(8),
        volumes: Some(32),
    };
    assert_eq!(quotas(""), default);
    type Change = fn(&mut Quotas);
    let keys: [(&str, Change); 7] = [
        ("containers = 4", |q| q.containers = Some(4)),
        ("running = 0", |q| q.running = Some(0)),
        ("memory-total = \"2GiB\"", |q| {
            q.memory_total = Some(2 << 30)
        }),
        ("cpus-total = 0.25", |q| q.cpus_total = Some(250_000_000)),
        ("networks = 1", |q| q.networks = Some(1)),
        ("volumes = 2", |q| q.volumes = Some(2)),
        ("time = \"1m\"", |_| {}),
    ];
    for (text, change) in keys {
        let mut expected = default.clone();
        change(&mut expected);
        assert_eq!(quotas(text), expected, "{text}");
    }
}

#[test]
fn what_is_measured_has_defaults() {
    let limits = read("").limits().clone();
    assert_eq!(limits.disk.to_string(), "16GiB");
    assert_eq!(limits.container_time.to_string(), "24h");
    let sandbox = read("").sandbox().clone();
    assert_eq!(sandbox.host_memory.to_string(), "64MiB");
    assert_eq!(sandbox.compile_time.to_string(), "2m");
    assert_eq!(sandbox.compile_memory.to_string(), "4GiB");
}

#[test]
fn what_becomes_of_what_was_made_has_one_word() {
    assert_eq!(read("").limits().on_end, OnEnd::Remove);
    for on_end in [OnEnd::Remove, OnEnd::Stop, OnEnd::Keep] {
        let policy = read(&format!("limits.on-end = \"{}\"", on_end.as_str()));
        assert_eq!(policy.limits().on_end, on_end);
    }
}

#[test]
fn what_is_wrong_has_its_place() {
    all_wrong(
        "limits",
        &[
            ("containers = -1", 14, ""),
            ("running = \"1\"", 11, ""),
            ("memory-total = \"1.5GiB\"", 16, "is no size"),
            ("cpus-total = \"1\"", 14, "a number of processors"),
            ("networks = 1.5", 12, ""),
            ("volumes = true", 11, ""),
            ("disk = \"much\"", 8, "is no size"),
            ("container-time = \"0s\"", 18, "no length of time"),
            ("on-end = \"delete\"", 10, "remove"),
            ("on_end = \"keep\"", 1, "no key `limits.on_end`"),
        ],
    );
}
