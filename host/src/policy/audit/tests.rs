use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

use super::sink::Lines;
use super::*;
use crate::policy::values::Digest;
use crate::policy::{Denial, Grants, MAX_GOT, Met, Policy, Verb};

/// Keeps lines in memory, as long as there is room.
#[derive(Clone, Default)]
struct Memory(Arc<Mutex<(Vec<Value>, bool)>>);

impl Memory {
    fn lines(&self) -> Vec<Value> {
        self.0.lock().unwrap().0.clone()
    }

    fn is_full(&self, full: bool) {
        self.0.lock().unwrap().1 = full;
    }

    /// The lines' events, each with its count, if it has one.
    fn events(&self) -> Vec<String> {
        let told = |line: &Value| match line["count"].as_u64() {
            Some(count) => format!("{} {count}", text(line, "op")),
            None => text(line, "event"),
        };
        self.lines().iter().map(told).collect()
    }
}

impl AuditSink for Memory {
    fn write(&self, line: &str) -> io::Result<()> {
        let mut memory = self.0.lock().unwrap();
        if memory.1 {
            return Err(ErrorKind::StorageFull.into());
        }
        assert!(line.ends_with('\n') && line.len() <= MAX_LINE, "{line}");
        assert_eq!(line.matches('\n').count(), 1, "{line}");
        memory.0.push(serde_json::from_str(line).unwrap());
        Ok(())
    }
}

fn text(line: &Value, field: &str) -> String {
    line[field].as_str().unwrap_or_default().to_owned()
}

fn begin() -> (Memory, Audit) {
    let memory = Memory::default();
    let policy: Policy = Grants::none().into();
    let component = Digest::of(b"component");
    let identity = Identity::new(&policy, Some(&component)).unwrap();
    let audit = Audit::begin(Arc::new(memory.clone()), identity, 3).unwrap();
    (memory, audit)
}

fn refuse(audit: &Audit, verb: Verb) {
    let refused = Policy::from(Grants::none()).allow(verb).unwrap_err();
    audit.refused(verb, Refusal::verb(&refused));
}

#[test]
fn a_line_has_all_that_its_run_has() {
    let (memory, audit) = begin();
    audit.end(Ended::Limit, Some(3), Some(&Met::new("limits.time", "1s")));
    let [first, last] = &memory.lines()[..] else {
        panic!("{:?}", memory.events())
    };
    assert_eq!(
        (text(first, "event"), text(last, "event")),
        ("begin".into(), "end".into())
    );
    assert_eq!(
        (&first["version"], &first["sequence"]),
        (&1.into(), &0.into())
    );
    assert_eq!(
        (&first["arguments"], &last["sequence"]),
        (&3.into(), &1.into())
    );
    for line in [first, last] {
        assert_eq!(text(line, "plugin"), "plugin");
        assert_eq!(
            text(line, "component"),
            Digest::of(b"component").to_string()
        );
        assert_eq!(
            text(line, "policy"),
            Policy::from(Grants::none()).digest().to_string()
        );
        assert_eq!(text(line, "run"), text(first, "run"));
        let time: jiff::Timestamp = text(line, "time").parse().unwrap();
        assert!(time.duration_until(jiff::Timestamp::now()).as_secs() < 60);
    }
    assert_eq!(text(last, "ended"), "limit");
    assert_eq!(
        (text(last, "rule"), text(last, "limit")),
        ("limits.time".into(), "1s".into())
    );
    assert_eq!(last["status"], 3);
}

#[test]
fn runs_have_ids_of_their_own() {
    let ids = [begin(), begin()].map(|(memory, _)| text(&memory.lines()[0], "run"));
    assert_ne!(ids[0], ids[1]);
    assert!(ids.iter().all(|id| id.len() == 16), "{ids:?}");
}

#[test]
fn equal_refusals_in_a_row_are_one_line() {
    let (memory, audit) = begin();
    for _ in 0..1000 {
        refuse(&audit, Verb::ContainerKill);
    }
    assert_eq!(memory.events(), ["begin"]);
    refuse(&audit, Verb::SystemPing);
    refuse(&audit, Verb::ContainerKill);
    let call = audit.call();
    audit
        .announce(call, Verb::ContainerStart, None, None)
        .unwrap();
    refuse(&audit, Verb::ContainerKill);
    audit.end(Ended::Success, None, None);
    let events = [
        "begin",
        "container.kill 1000",
        "system.ping 1",
        "container.kill 1",
        "announced",
        "container.kill 1",
        "end",
    ];
    assert_eq!(memory.events(), events);
    let refused = &memory.lines()[1];
    assert_eq!(text(refused, "decision"), "denied");
    assert_eq!(text(refused, "add"), "allow += \"container.kill\"");
    assert!(text(refused, "time") <= text(&memory.lines()[2], "time"));
}

#[test]
fn attack_143_a_flood_of_calls_of_all_kinds_is_one_line() {
    let (memory, audit) = begin();
    let met = Met::new("limits.calls", "10/s");
    let verbs = Verb::all().collect::<Vec<_>>();
    for &verb in verbs.iter().cycle().take(10_000) {
        audit.refused(verb, Refusal::limit(&met));
    }
    drop(audit);
    let first = Verb::all().next().unwrap();
    assert_eq!(memory.events(), ["begin", &format!("{first} 10000"), "end"]);
    assert_eq!(text(&memory.lines()[1], "decision"), "refused");
}

#[tokio::test]
async fn what_is_held_is_written_within_a_second() {
    let (memory, audit) = begin();
    refuse(&audit, Verb::ContainerKill);
    refuse(&audit, Verb::ContainerKill);
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(memory.events(), ["begin"]);
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_eq!(memory.events(), ["begin", "container.kill 2"]);
    refuse(&audit, Verb::ContainerKill);
    tokio::time::sleep(Duration::from_millis(1200)).await;
    assert_eq!(memory.events()[2..], ["container.kill 1"]);
}

#[test]
fn attack_143_values_are_escaped_and_bounded() {
    let (memory, audit) = begin();
    let nasty = "\u{1b}[31m\r\n\u{202e}\"\\{\"event\":\"end\"}".repeat(10_000);
    let denial = Denial::not_in("create.images", "image", &nasty, [&nasty, &nasty]);
    audit.refused(Verb::ContainersCreate, Refusal::value(&denial));
    let quotes = Denial::above(
        "a",
        "b",
        "\"\\".repeat(500),
        "\"\\".repeat(500),
        Some("\"".repeat(512)),
    );
    audit.refused(Verb::ContainersCreate, Refusal::value(&quotes));
    drop(audit);
    let lines = memory.lines();
    assert_eq!(lines.len(), 4, "{:?}", memory.events());
    for line in &lines[1..3] {
        assert_eq!(text(line, "event"), "refused");
        for field in ["got", "limit"] {
            assert!(text(line, field).len() <= MAX_GOT, "{line}");
            assert!(
                !text(line, field).contains(['\u{1b}', '\r', '\n', '\u{202e}']),
                "{line}"
            );
        }
    }
    assert_eq!(
        lines[1]["add"],
        Value::Null,
        "a line that long is none to add"
    );
}

#[test]
fn a_write_that_can_not_be_announced_is_refused_and_the_gap_is_seen() {
    let (memory, audit) = begin();
    memory.is_full(true);
    let call = audit.call();
    assert!(
        audit
            .announce(call, Verb::ContainerStart, None, None)
            .is_err()
    );
    assert_eq!(audit.lost(), 1);
    memory.is_full(false);
    audit.end(Ended::Success, None, None);
    let lines = memory.lines();
    assert_eq!(memory.events(), ["begin", "container.start 1", "end"]);
    assert_eq!(
        (text(&lines[1], "decision"), text(&lines[1], "rule")),
        ("refused".into(), "audit".into())
    );
    assert_eq!(lines[1]["sequence"], 2, "one is missing");
    assert_eq!(lines[2]["lost"], 1);
}

#[test]
fn without_a_first_line_there_is_no_run() {
    let memory = Memory::default();
    memory.is_full(true);
    let identity = Identity::new(&Grants::none().into(), None).unwrap();
    assert!(Audit::begin(Arc::new(memory.clone()), identity, 0).is_err());
    memory.is_full(false);
    assert!(memory.lines().is_empty());
}

#[test]
fn a_run_that_nobody_ends_was_dropped() {
    let (memory, audit) = begin();
    let also = audit.clone();
    drop(audit);
    assert_eq!(memory.events(), ["begin"]);
    drop(also);
    assert_eq!(text(&memory.lines()[1], "ended"), "dropped");
}

/// Takes so many bytes, a few at a time.
struct Small(Vec<u8>, usize);

impl Write for Small {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = self.1.saturating_sub(self.0.len());
        if room == 0 {
            return Err(ErrorKind::StorageFull.into());
        }
        let taken = bytes.len().min(room).min(7);
        self.0.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_torn_line_does_not_run_into_the_next() {
    let mut lines = Lines::new(Small(Vec::new(), 30));
    lines.append("{\"first\":1}\n").unwrap();
    assert!(lines.append("{\"second\":\"too long for it\"}\n").is_err());
    assert!(lines.append("{\"third\":1}\n").is_err());
    lines.inner().1 = 1000;
    lines.append("{\"fourth\":1}\n").unwrap();
    let text = String::from_utf8(lines.inner().0.clone()).unwrap();
    assert_eq!(
        text,
        "{\"first\":1}\n{\"second\":\"too lon\n{\"fourth\":1}\n"
    );
}

#[test]
fn a_full_device_is_an_error() {
    let file = std::fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let error = AuditFile::from(file).write("line\n").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::StorageFull);
}

#[test]
fn a_file_is_its_owners_and_is_appended_to() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.jsonl");
    for line in ["one\n", "two\n"] {
        AuditFile::open(&path).unwrap().write(line).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "one\ntwo\n");
    let mode = |path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o600);
}

#[test]
fn what_is_no_file_of_ones_own_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("file"), "").unwrap();
    symlink(at("file"), at("link")).unwrap();
    symlink(at("nothing"), at("dangling")).unwrap();
    std::fs::write(at("open"), "").unwrap();
    std::fs::set_permissions(at("open"), PermissionsExt::from_mode(0o622)).unwrap();
    let made = std::process::Command::new("mkfifo")
        .arg(at("pipe"))
        .status();
    assert!(made.unwrap().success());
    for (name, words) in [
        ("link", "it is a link"),
        ("dangling", "it is a link"),
        ("open", "others may write to it"),
        ("pipe", ""),
        ("no/file", "No such file"),
        ("", ""),
    ] {
        let error = AuditFile::open(&at(name)).unwrap_err().to_string();
        assert!(error.contains(words), "{name}: {error}");
    }
    assert!(!at("nothing").exists());
    let error = AuditFile::open("/dev/full".as_ref())
        .unwrap_err()
        .to_string();
    assert_eq!(error, "it is no ordinary file");
}

#[test]
fn the_schema_says_what_every_field_is() {
    let schema = serde_json::to_value(schema()).unwrap();
    assert_eq!(schema["unevaluatedProperties"], false, "{schema:#}");
    let mut described = 0;
    let mut todo = vec![&schema];
    while let Some(value) = todo.pop() {
        for (name, property) in value["properties"].as_object().into_iter().flatten() {
            let is_told = property.get("description").is_some() || name == "event";
            assert!(is_told, "{name}: {property:#}");
            described += 1;
        }
        todo.extend(
            value
                .as_object()
                .into_iter()
                .flatten()
                .map(|(_, value)| value),
        );
        todo.extend(value.as_array().into_iter().flatten());
    }
    assert!(described > 30, "{described}");
}
