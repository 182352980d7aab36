//! `dockwit run --audit` and `dockwit audit`, as far as they need no engine.

use std::fs::OpenOptions;
use std::os::unix::fs::{PermissionsExt, symlink};

use serde_json::Value;

use super::components::{does, pauses, reaches, sets_its_status};
use super::{Said, Setting};

fn lines(text: &str) -> Vec<Value> {
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    lines.collect()
}

fn audit(setting: &Setting) -> Vec<Value> {
    lines(&std::fs::read_to_string(setting.path("audit.jsonl")).unwrap())
}

const AUDIT: [&str; 2] = ["--audit", "audit.jsonl"];

#[test]
fn a_run_has_a_beginning_and_an_end() {
    for (component, status, ended) in [
        (does("(i32.const 0)"), 0, "success"),
        (does("(i32.const 1)"), 1, "failure"),
        (does("(unreachable)"), 134, "trapped"),
        (sets_its_status(), 7, "success"),
    ] {
        let setting = Setting::new(&component);
        let said = setting.run(&[&AUDIT[..], &["--env", "A=hunter2", "--", "hunter2"]].concat());
        assert_eq!(said.status, Some(status), "{}", said.stderr);
        let lines = audit(&setting);
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert_eq!(
            (&lines[0]["event"], &lines[0]["arguments"]),
            (&"begin".into(), &2.into())
        );
        assert_eq!(
            (&lines[1]["event"], &lines[1]["ended"]),
            (&"end".into(), &ended.into())
        );
        let set = if status == 7 { 7.into() } else { Value::Null };
        assert_eq!(lines[1]["status"], set);
        assert!(!format!("{lines:?}").contains("hunter2"));
        let path = setting.path("audit.jsonl");
        assert_eq!(
            std::fs::metadata(path).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
}

#[test]
fn the_policy_of_a_file_is_told_by_the_files_digest() {
    let setting = Setting::new(&does("(loop $l (br $l)) (i32.const 0)"));
    let policy = "version = 1\nplugin = \"endless\"\n[limits]\ntime = \"50ms\"";
    std::fs::write(setting.path("p.toml"), policy).unwrap();
    let said = setting.run(&[&AUDIT[..], &["--policy", "p.toml"]].concat());
    assert_eq!(said.status, Some(134));
    let lines = audit(&setting);
    let digest = dockwit_host::policy::values::Digest::of(policy.as_bytes());
    assert_eq!(lines[1]["policy"], digest.to_string());
    assert_eq!(
        (&lines[1]["plugin"], &lines[1]["ended"]),
        (&"endless".into(), &"limit".into())
    );
    assert_eq!(
        (&lines[1]["rule"], &lines[1]["limit"]),
        (&"limits.time".into(), &"50ms".into())
    );
}

#[test]
fn what_is_not_started_is_told() {
    let setting = Setting::new(&pauses());
    let said = setting.run(&[&AUDIT[..], &["--allow", "container.pause"]].concat());
    assert_eq!(said.status, Some(125));
    let lines = audit(&setting);
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert_eq!(
        (&lines[1]["op"], &lines[1]["decision"]),
        (&"container.unpause".into(), &"denied".into())
    );
    assert_eq!(lines[1]["add"], "allow += \"container.unpause\"");
    assert_eq!(
        (&lines[2]["ended"], &lines[2]["rule"]),
        (&"not-started".into(), &"allow".into())
    );
}

#[test]
fn standard_error_is_a_place_for_it() {
    let said = Setting::new(&does("(i32.const 0)")).run(&["--audit", "-"]);
    let told: Vec<_> = lines(&said.stderr);
    assert_eq!(told.len(), 2, "{told:?}");
}

#[test]
fn what_can_not_be_audited_is_not_run() {
    let setting = Setting::new(&does("(i32.const 0)"));
    symlink(setting.path("other"), setting.path("audit.jsonl")).unwrap();
    let refused = |said: &Said, words: &str| {
        assert_eq!(said.status, Some(125), "{}", said.stderr);
        assert!(said.stderr.contains(words), "{}", said.stderr);
    };
    refused(
        &setting.run(&AUDIT),
        "the audit can't go to audit.jsonl: it is a link",
    );
    refused(
        &setting.run(&["--audit", "/dev/full"]),
        "it is no ordinary file",
    );
    refused(&setting.run(&["--audit", "no/file"]), "No such file");
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut command = setting.command(&["run", "plugin.wasm", "--audit", "-"]);
    let output = command.stderr(full).output().unwrap();
    assert_eq!(output.status.code(), Some(125));
}

#[test]
fn the_schema_is_printed() {
    let said = Setting::of_bytes(b"").say(&["audit", "schema"]);
    assert_eq!(said.status, Some(0));
    let schema: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(schema["properties"]["version"]["const"], 1);
}

/// A power over the machine that isn't given is told as a verb is that isn't granted.
#[test]
fn a_plugin_that_reaches_the_machine_and_may_not_is_on_record() {
    let setting = Setting::new(&reaches());
    let said = setting.run(&[&AUDIT[..], &["--set", "host-access.privileged=true"]].concat());
    assert_eq!(said.status, Some(125));
    let lines = audit(&setting);
    let refused = &lines[1];
    for (key, value) in [
        ("event", "refused"),
        ("op", "host-access.set-pid-host"),
        ("decision", "denied"),
        ("rule", "host-access.namespaces"),
        ("add", "host-access.namespaces += \"pid\""),
    ] {
        assert_eq!(refused[key], value, "{refused}");
    }
    assert_eq!(lines[2]["ended"], "not-started", "{lines:?}");
}
