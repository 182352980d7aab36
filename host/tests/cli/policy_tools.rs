//! The tools for policies: `dockwit policy explain`, `dockwit policy test`.

use serde_json::Value;

use super::{Said, Setting};

const LEAST: &str = "version = 1\nplugin = \"devenv\"\n";

fn with(policy: &str) -> Setting {
    let setting = Setting::of_bytes(b"");
    std::fs::write(setting.path("policy.toml"), format!("{LEAST}{policy}")).unwrap();
    setting
}

fn say(policy: &str, args: &[&str]) -> Said {
    let words = [&["policy"], args, &["policy.toml"]].concat();
    with(policy).say(&words)
}

#[test]
fn a_policy_is_explained_with_what_is_denied_and_every_default() {
    let policy = "api = \"0.1.0\"\nallow = [\"container.*\"]\ndeny = [\"container.kill\"]\n[create]\nmemory = \"1GiB\"";
    let said = say(policy, &["explain"]);
    assert_eq!((said.status, said.stderr.as_str()), (Some(0), ""));
    let has = |line: &str| said.stdout.lines().any(|of| of == line);
    for line in [
        "The plugin devenv may call",
        "  deny = [\"container.kill\"]",
        "  memory = \"1GiB\"",
        "  pids = 256  (default)",
        "  images = []  (default)",
        "  ports  (not said)",
        "  containers = \"own\"  (default)",
        "  on-end = \"remove\"  (default)",
        "  privileged = false  (default)",
        "  detail = \"full\"  (default)",
    ] {
        assert!(has(line), "{line}\n{}", said.stdout);
    }
    let (may, rest) = said.stdout.split_once("It is denied").unwrap();
    assert!(may.contains("container.start ") && !may.contains("container.kill"));
    assert!(rest.contains("container.kill"));
    for table in [
        "[scope]",
        "[scope.change]",
        "[create]",
        "[host-access]",
        "[limits]",
        "[sandbox]",
    ] {
        assert!(rest.contains(&format!("\n{table}  ")), "{table}");
    }
}

#[test]
fn a_policy_that_grants_nothing_is_explained_as_such() {
    let said = say("", &["explain"]);
    assert!(
        said.stdout
            .starts_with("The plugin devenv may call\n  nothing\n\nIt is denied"),
        "{}",
        said.stdout
    );
}

#[test]
fn programs_get_the_effective_policy() {
    let setting = with("api = \"0.1.0\"\nallow = [\"containers.*\"]");
    let said = setting.say(&[
        "policy",
        "explain",
        "policy.toml",
        "--json",
        "--set",
        "limits.time=20m",
    ]);
    assert_eq!(said.status, Some(0));
    let policy: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(policy["limits"]["time"], "20m");
    assert_eq!(policy["create"]["memory"], "512MiB");
    let allow = policy["allow"].as_array().unwrap();
    assert!(allow.contains(&"containers.create".into()), "{allow:?}");
}

#[test]
fn explaining_and_testing_need_no_secret_and_tell_what_is_wrong() {
    let secret = "[create]\nenv.A = { from = { env = \"NONE\" }, reachable = true }";
    for command in ["explain", "test"] {
        assert_eq!(say(secret, &[command]).status, Some(0));
        let said = say("alow = []", &[command]);
        assert_eq!(said.status, Some(1));
        assert!(
            said.stderr
                .starts_with("error: policy.toml:3:1: there is no key `alow`"),
            "{}",
            said.stderr
        );
    }
}

const TESTED: &str = "\
allow = [\"containers.create\"]
[create]
images = [\"postgres:16@sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc\"]
[[test]]
call   = \"containers.create\"
with   = { image = \"alpine\" }
expect = \"denied\"
[[test]]
call   = \"containers.create\"
with   = { image = \"postgres:16\" }
expect = \"allowed\"
";

#[test]
fn a_policy_is_tested_by_its_cases() {
    let said = say(TESTED, &["test"]);
    assert_eq!((said.status, said.stderr.as_str()), (Some(0), ""));
    assert_eq!(
        said.stdout,
        "ok      containers.create with { image = \"alpine\" }: denied by create.images\n\
         ok      containers.create with { image = \"postgres:16\" }: allowed\n\
         2 of 2 as expected\n"
    );
}

#[test]
fn a_case_that_is_not_as_expected_is_told_with_what_would_make_it_so() {
    let policy = format!(
        "{TESTED}[[test]]\ncall = \"container.start\"\nexpect = \"allowed\"\n\
         [[test]]\ncall = \"containers.create\"\nwith = {{ memory = \"1GiB\" }}\nexpect = \"denied\"\nrule = \"create.cpus\""
    );
    let said = say(&policy, &["test"]);
    assert_eq!(said.status, Some(1));
    for line in [
        "FAILED  container.start: allowed is expected, and it is denied by allow: container.start isn't granted; add: allow += \"container.start\"",
        "FAILED  containers.create with { memory = \"1GiB\" }: denied by create.cpus is expected, and it is denied by create.memory: ",
        "2 of 4 as expected",
    ] {
        assert!(said.stdout.contains(line), "{line}\n{}", said.stdout);
    }
}

#[test]
fn a_policy_without_cases_says_so() {
    let said = say("", &["test"]);
    assert_eq!(said.status, Some(0));
    assert!(
        said.stdout.starts_with("the policy has no tests"),
        "{}",
        said.stdout
    );
}

#[test]
fn what_needs_no_pin_needs_no_engine() {
    for policy in ["", "create.images = \"any\"", TESTED] {
        let said = say(policy, &["pin"]);
        assert_eq!((said.status, said.stderr.as_str()), (Some(0), ""));
        assert_eq!(said.stdout, "every image is named by its content\n");
    }
    let said = say("create = [", &["pin"]);
    assert_eq!(said.status, Some(1));
    assert!(
        said.stderr.starts_with("error: policy.toml:3:"),
        "{}",
        said.stderr
    );
    let said = with("create.images = [\"postgres:16\"]").say(&[
        "policy",
        "pin",
        "policy.toml",
        "--engine",
        "unix:///nowhere/none.sock",
    ]);
    assert_eq!(said.status, Some(1));
    assert!(said.stderr.contains("no such socket"), "{}", said.stderr);
}

/// Lines of an audit of the plugin `devenv`.
fn replay(policy: &str, lines: &[&str]) -> Said {
    let setting = with(policy);
    let line =
        |rest: &&str| format!("{{\"version\":1,\"run\":\"0\",\"plugin\":\"devenv\",{rest}}}\n");
    let audit: String = lines.iter().map(line).collect();
    std::fs::write(setting.path("audit.jsonl"), audit).unwrap();
    setting.say(&["policy", "replay", "audit.jsonl", "policy.toml"])
}

#[test]
fn an_audit_is_decided_again_by_another_policy() {
    let lines = [
        "\"event\":\"call\",\"call\":1,\"op\":\"container.kill\"",
        "\"event\":\"call\",\"call\":2,\"op\":\"containers.create\"",
        "\"event\":\"refused\",\"op\":\"containers.create\",\"decision\":\"denied\",\"rule\":\"create.images\",\"field\":\"image\",\"got\":\"postgres:16\",\"count\":2",
        "\"event\":\"refused\",\"op\":\"containers.create\",\"decision\":\"refused\",\"rule\":\"limits.containers\",\"count\":1",
    ];
    let said = replay(TESTED, &lines);
    assert_eq!((said.status, said.stderr.as_str()), (Some(1), ""));
    for line in [
        "denied now   container.kill  1 call; add: allow += \"container.kill\"",
        "allowed now  containers.create  2 calls, denied by create.images before, as far as the audit tells",
        "alike        1 call",
        "note: 1 of these, what was asked for isn't told",
        "note: 1 not decided",
    ] {
        assert!(said.stdout.contains(line), "{line}\n{}", said.stdout);
    }
    let said = replay(TESTED, &lines[1..2]);
    assert_eq!(said.status, Some(0), "{}", said.stdout);
}

#[test]
fn what_is_no_audit_is_told_by_its_line() {
    let said = replay(TESTED, &["\"event\":\"end\"", "\"event\":"]);
    assert_eq!(said.status, Some(2));
    assert!(
        said.stderr
            .starts_with("error: audit.jsonl:2: it is no line of an audit: "),
        "{}",
        said.stderr
    );
    let said = with("").say(&["policy", "replay", "none.jsonl", "policy.toml"]);
    assert_eq!(said.status, Some(2));
    let said = replay("alow = []", &[]);
    assert_eq!(said.status, Some(2));
}
