//! The audit: each call has its lines, nothing secret is in them, and what can't be audited isn't done.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use dockwit_host::policy::{Grants, Missing, Verb, audit};
use dockwit_tests::audit::{Lines, check};
use dockwit_tests::console::Console;
use dockwit_tests::engine::{Engine, Names};
use dockwit_tests::plugin::{Ran, Test};
use dockwit_tests::process::Command;
use dockwit_tests::proxy::Proxy;
use serde_json::{Value, json};

use crate::cases::told;

const PLUGIN: &str = "audit";

/// What is handed over where no line may have it.
const SECRET: &str = "hunter2-is-nobodys-business";

/// The events that a call of a function has, if all goes well.
fn events(verb: Verb) -> [&'static str; 2] {
    use Verb::*;
    match verb {
        SystemPing | SystemVersion | SystemInfo | VolumesGet | NetworksGet | ContainersList
        | ContainersGet | ContainersOpen | ContainerInspect | ContainerInspectJson
        | ContainerTop | ContainerChanges | ContainerStats | ContainerPort => ["call", ""],
        ContainerWait | ContainerLogs | ContainerStatsStream => ["opened", "closed"],
        _ => ["announced", "call"],
    }
}

/// What is found out without the engine, of what is the plugin's own.
pub(crate) const IN_LEDGER: [Verb; 2] = [Verb::ContainersGet, Verb::ContainersOpen];

/// Whether a function has the engine change something.
pub(crate) fn is_a_write(verb: Verb) -> bool {
    events(verb)[0] == "announced"
}

/// Whether the engine lacks a function: the one that is younger than the oldest engine.
pub(crate) fn lacks(verb: Verb) -> bool {
    verb == Verb::ContainerUpdate && !Engine::under_test().updates()
}

/// A call that was let through has its lines.
pub(crate) fn tells_of_the_call(ran: &Ran, verb: Verb) {
    let events = events(verb);
    let events: Vec<_> = events.into_iter().filter(|e| !e.is_empty()).collect();
    let lines = ran.audit().of(verb.name());
    assert_eq!(ran.audit().events(verb.name()), events, "{verb}");
    for line in &lines {
        assert_eq!(
            (&line["decision"], &line["rule"]),
            (&"allowed".into(), &"allow".into())
        );
        assert_eq!(
            line["call"], lines[0]["call"],
            "{verb}: one number for the call"
        );
        let is_of_one = verb.name().starts_with("container.");
        let id = line["object"]["id"].as_str().unwrap_or_default();
        assert!(!is_of_one || id.len() == 64, "{verb}: {line}");
        let is_sent = !IN_LEDGER.contains(&verb) && line["event"] != "announced";
        assert_eq!(line["route"].is_string(), is_sent, "{verb}: {line}");
        assert_eq!(line["method"].is_string(), is_sent, "{verb}: {line}");
        assert_eq!(line["status"].is_u64(), is_sent, "{verb}: {line}");
        let is_of_the_change = line["method"] != "GET" && line["method"] != "HEAD";
        assert!(!is_a_write(verb) || is_of_the_change, "{verb}: {line}");
        let outcome = match line["event"].as_str() {
            Some("announced") => Value::Null,
            Some("closed") => "cancelled".into(),
            _ if lacks(verb) => "failed".into(),
            _ => "ok".into(),
        };
        assert_eq!(line["outcome"], outcome, "{verb}: {line}");
    }
}

/// A call that was denied has one line, which says what to add.
pub(crate) fn tells_of_the_denial(ran: &Ran, verb: Verb) {
    let [line] = &ran.audit().of(verb.name())[..] else {
        panic!("{verb}: {:?}", ran.audit().of(verb.name()))
    };
    assert_eq!(
        (&line["event"], &line["decision"]),
        (&"refused".into(), &"denied".into())
    );
    assert_eq!(
        (&line["rule"], &line["count"]),
        (&"allow".into(), &1.into())
    );
    assert_eq!(
        (&line["got"], &line["add"]),
        (&verb.name().into(), &verb.line_to_add().into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn attack_143_what_is_secret_is_in_no_line() {
    let test = Test::new(PLUGIN, "secrets")
        .env("SECRET", SECRET)
        .arg(SECRET);
    let ran = test.run().await;
    let lines = ran.succeeded().audit().all();
    let id = told(&ran)["id"];
    for line in &lines {
        let text = line.to_string();
        assert!(!text.contains("hunter2"), "{text}");
        assert!(
            !text.contains('?') && !text.contains("test-busybox"),
            "{text}"
        );
    }
    assert_eq!(lines[0]["arguments"], 3);
    let created = &ran.audit().of("containers.create")[1];
    assert_eq!(
        (&created["object"]["id"], &created["status"]),
        (&id.into(), &201.into())
    );
    assert_eq!(
        (&created["method"], &created["route"]),
        (&"POST".into(), &"/containers/create".into())
    );
    assert!(created["sent"].as_u64() > Some(100), "{created}");
    let [opened, closed] = &ran.audit().of("container.logs")[..] else {
        panic!("{lines:#?}")
    };
    assert_eq!(
        (&opened["outcome"], &closed["outcome"]),
        (&"ok".into(), &"ok".into())
    );
    assert_eq!(closed["route"], "/containers/{id}/logs");
    assert!(
        closed["received"].as_u64() > Some(SECRET.len() as u64),
        "{closed}"
    );
    let failed = ran.audit().of("containers.get");
    assert_eq!(
        (&failed[0]["error"], &failed[0]["status"]),
        (&"not-found".into(), &404.into())
    );
}

/// What a container comes to is told of all doors, from what was decided; and nothing of what it is given to keep.
#[tokio::test(flavor = "multi_thread")]
async fn attack_143_what_a_container_comes_to_is_told_without_its_secrets() {
    let podman = Engine::under_test().is_podman();
    let keys = "create.labels = [\"*\"]\ncreate.memory = \"64MiB\"\ncreate.egress = true\n\
        create.ports = { ip = \"127.0.0.1\", range = \"21500-21600\" }\n\
        host-access.binds = [{ source = \"/etc\", read-only = true }]\n\
        host-access.capabilities = [\"NET_ADMIN\", \"SYS_TIME\"]";
    let mut plugin = Console::of_its_own(keys).await;
    let secrets = format!("env=A:{SECRET} label=a:{SECRET} sh='sleep 600; echo {SECRET}'");
    let create = format!(
        "create db port=80:21555 bind=/etc:/mnt/etc:ro volume=/data tmpfs=/tmp capability=NET_ADMIN {secrets}"
    );
    let id = plugin.done(&create).await;
    plugin.done("start db").await;
    plugin.updated("update db memory=32m").await;
    plugin
        .refused("create x memory=65m", "denied create.memory")
        .await;
    let made = Engine::under_test().inspect(&id).await;
    let ran = plugin.end().await;
    for line in ran.audit().all() {
        let text = line.to_string();
        assert!(!text.contains("hunter2"), "{text}");
    }
    let created = &ran.audit().of("containers.create")[1];
    let facts = &created["effective"];
    assert_eq!(created["object"]["id"], id.as_str());
    assert_eq!(facts["image"].as_str(), made["Image"].as_str());
    assert_eq!(
        (&facts["memory"], &facts["pids"]),
        (&(64 << 20).into(), &256.into())
    );
    assert_eq!(facts["nano-cpus"], 1_000_000_000);
    let network = facts["networks"][0].as_str().expect("one");
    assert!(network.len() == 64, "by its id: {network}");
    assert_eq!(facts["ports"], json!(["127.0.0.1:21555/tcp"]));
    assert_eq!(
        facts["powers"],
        json!(["host-access.binds", "host-access.capabilities"])
    );
    let mounts = facts["mounts"].as_array().expect("a list");
    assert_eq!(
        mounts[0],
        json!({ "kind": "bind", "source": "/etc", "target": "/mnt/etc", "read-only": true })
    );
    let volume = &mounts[1];
    assert_eq!(
        (&volume["kind"], &volume["target"]),
        (&"volume".into(), &"/data".into())
    );
    let named = |mount: &Value| mount["Name"] == volume["source"];
    assert!(
        podman
            || made["Mounts"]
                .as_array()
                .is_some_and(|all| all.iter().any(named))
    );
    let announced = &ran.audit().of("containers.create")[0];
    assert_eq!(
        announced["effective"]["mounts"], facts["mounts"],
        "before it is sent"
    );
    let started = &ran.audit().of("container.start")[0];
    assert_eq!(started["effective"]["image"], facts["image"]);
    assert_eq!(started["effective"]["powers"], facts["powers"]);
    let updated = &ran.audit().of("container.update")[0];
    assert_eq!(updated["effective"]["memory"], 32 << 20);
    let refused = &ran.audit().of("containers.create")[2];
    assert_eq!(refused["event"], "refused");
    assert_eq!(refused["effective"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn attack_143_what_can_not_be_audited_is_not_written() {
    let proxy = Proxy::start();
    let test = Test::new(PLUGIN, "unaudited").client(proxy.client());
    let audit = test.audit();
    let mut live = test.begin().await;
    live.expect("ready").await;
    let is_full = Arc::new(AtomicBool::new(true));
    let full = Arc::clone(&is_full);
    audit.watch(move |_| match full.load(Ordering::SeqCst) {
        true => Err(io::ErrorKind::StorageFull.into()),
        false => Ok(()),
    });
    live.go().await;
    live.expect("refused").await;
    is_full.store(false, Ordering::SeqCst);
    live.go().await;
    let ran = live.finish().await;
    ran.succeeded();
    assert!(audit.of("system.ping").is_empty(), "these lines are lost");
    let lines = audit.of("containers.create");
    assert_eq!(audit.events("containers.create")[..], ["announced", "call"]);
    // Before it: the first line of the run, two reads, the write and its refusal.
    assert_eq!(lines[0]["sequence"], 5, "the gap is seen");
    assert_eq!(audit.all().last().map(|end| &end["lost"]), Some(&4.into()));
    assert_eq!(ran.outcome().unaudited, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn equal_refusals_are_one_line() {
    let grants = Grants::of([Verb::SystemPing]).missing(Missing::Deny);
    let ran = Test::new(PLUGIN, "refusals").grants(grants).run().await;
    let lines = ran.succeeded().audit().of("system.version");
    let counts: Vec<_> = lines
        .iter()
        .filter_map(|line| line["count"].as_u64())
        .collect();
    assert_eq!(counts.iter().sum::<u64>(), 1001, "{counts:?}");
    // A second ends a line; a slow machine may take some for the thousand calls.
    assert!((2..20).contains(&counts.len()), "{counts:?}");
    assert_eq!(
        counts.last(),
        Some(&1),
        "a call that is let through ends a line"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_started_is_told_of() {
    let test = Test::new(PLUGIN, "refusals").grants(Grants::of([Verb::SystemPing]));
    let audit = test.audit();
    assert!(test.try_run().await.is_err());
    let lines = audit.all();
    let [begin, refused @ .., end] = &lines[..] else {
        panic!("{lines:#?}")
    };
    assert_eq!(
        (&begin["event"], &end["ended"]),
        (&"begin".into(), &"not-started".into())
    );
    assert!(
        refused
            .iter()
            .any(|line| line["got"] == "containers.create"),
        "{refused:#?}"
    );
    assert!(refused.iter().all(|line| line["decision"] == "denied"));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_audit_there_is_no_run() {
    let test = Test::new(PLUGIN, "refusals");
    let audit: Lines = test.audit();
    audit.watch(|_| Err(io::ErrorKind::StorageFull.into()));
    let error = test.try_run().await.err().map(|error| error.to_string());
    assert_eq!(error.as_deref(), Some("the audit can't be written"));
}

/// The command's options that have a case of the plugin audited.
async fn command(case: &str, place: &str) -> dockwit_tests::process::Output {
    let names = Names::new(case);
    let secret = format!("SECRET={SECRET}");
    let options = [
        "--env",
        &secret,
        "--show",
        "env=values,args=all",
        "--audit",
        place,
    ];
    let command = Command::run_with(PLUGIN, case, &names, &options);
    command.arg(SECRET).output().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_appends_to_a_file_that_is_its_owners() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("audit.jsonl");
    let place = file.to_str().expect("a text");
    for _ in 0..2 {
        command("secrets", place).await.ended_with(0);
    }
    let text = std::fs::read_to_string(&file).expect("a file");
    let lines: Vec<_> = text.lines().map(|line| check(line).expect(line)).collect();
    let ends = lines.iter().filter(|line| line["event"] == "end");
    assert!(
        ends.clone()
            .all(|end| end["ended"] == "success" && end["lost"] == 0)
    );
    assert_eq!(ends.count(), 2);
    assert_ne!(lines[0]["run"], lines[lines.len() - 1]["run"]);
    assert_eq!(
        (&lines[0]["plugin"], &lines[0]["arguments"]),
        (&"audit".into(), &3.into())
    );
    assert!(!text.contains("hunter2"), "{text}");
    let mode = std::fs::metadata(&file)
        .expect("a file")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_tells_it_on_standard_error() {
    let output = command("secrets", "-").await;
    let lines = output.ended_with(0).stderr.lines();
    let lines: Vec<_> = lines.map(|line| check(line).expect(line)).collect();
    assert_eq!(lines[lines.len() - 1]["ended"], "success");
    assert!(lines.iter().any(|line| line["op"] == "containers.create"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_prints_the_schema() {
    let output = Command::new(["audit", "schema"]).output().await;
    let printed: Value = serde_json::from_str(&output.ended_with(0).stdout).expect("JSON");
    assert_eq!(&printed, audit::schema().as_value());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_case_has_a_test() {
    crate::cases::are_all_of(PLUGIN, &["secrets", "unaudited", "refusals"]).await;
}
