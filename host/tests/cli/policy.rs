//! Policies: `dockwit run --policy`, `dockwit check`, `dockwit policy`.

use super::components::{does, pauses, reaches, runs};
use super::{Said, Setting};

const LEAST: &str = "version = 1\nplugin = \"test\"\n";

fn with(component: &str, policy: &str) -> Setting {
    let setting = Setting::new(component);
    std::fs::write(setting.path("policy.toml"), format!("{LEAST}{policy}")).unwrap();
    setting
}

fn run(component: &str, policy: &str) -> Said {
    with(component, policy).run(&["--policy", "policy.toml"])
}

fn check(component: &str, policy: &str) -> Said {
    with(component, policy).say(&["check", "plugin.wasm", "policy.toml"])
}

/// A scope that speaks of nothing that is the plugin's own, so that no engine is asked before the plugin asks it.
const ALL: &str = "scope = { containers = \"all\", change = { containers = \"all\" } }\n";

#[test]
fn a_plugin_is_started_under_a_policy_that_grants_what_it_asks_for() {
    let said = run(
        &pauses(),
        &format!("{ALL}allow = [\"container.pause\", \"container.unpause\"]"),
    );
    assert_eq!((said.status, said.stderr.as_str()), (Some(0), ""));
    let said = run(&pauses(), "missing = \"deny\"");
    assert_eq!((said.status, said.stderr.as_str()), (Some(0), ""));
}

#[test]
fn a_plugin_that_asks_for_more_is_not_started_and_the_line_to_add_is_told() {
    let said = run(&pauses(), "allow = [\"container.pause\"]");
    assert_eq!(said.status, Some(125));
    assert!(
        said.stderr.contains("\n  container.unpause  "),
        "{}",
        said.stderr
    );
    assert!(
        said.stderr
            .contains("hint: add to policy.toml: allow += \"container.unpause\""),
        "{}",
        said.stderr
    );
}

#[test]
fn a_wrong_policy_is_told_with_its_place_and_starts_nothing() {
    for (policy, words) in [
        (
            "alow = []",
            "error: policy.toml:3:1: there is no key `alow`\nhint: did you mean `allow`?",
        ),
        (
            "allow = [\"container.lgos\"]",
            "error: policy.toml:3:10: there is no verb",
        ),
        ("allow = 1", "error: policy.toml:3:9: "),
        (
            "[limits]\ncalls = \"many\"",
            "error: policy.toml:4:9: `many` is no rate",
        ),
    ] {
        let said = run(&does("(i32.const 0)"), policy);
        assert_eq!(said.status, Some(125));
        assert!(said.stderr.starts_with(words), "{}", said.stderr);
    }
    let said = Setting::new(&does("(i32.const 0)")).run(&["--policy", "none.toml"]);
    assert_eq!(said.status, Some(125));
    assert!(
        said.stderr
            .starts_with("error: none.toml: it can't be read"),
        "{}",
        said.stderr
    );
}

#[test]
fn a_policy_and_its_shorthand_are_not_given_together() {
    let setting = with(&does("(i32.const 0)"), "");
    for option in [
        ["--allow", "system.ping"],
        ["--dir", ".::/a"],
        ["--env", "A=b"],
        ["--api", "0.1.0"],
        ["--show", "env=names"],
    ] {
        let said = setting.run(&[&["--policy", "policy.toml"], &option[..]].concat());
        assert_eq!(said.status, Some(125));
        assert!(
            said.stderr.contains("cannot be used with"),
            "{}",
            said.stderr
        );
    }
}

#[test]
fn a_setting_takes_the_place_of_a_key_of_the_file() {
    let loops = does("(loop $l (br $l)) (i32.const 0)");
    let setting = with(&loops, "[limits]\ntime = \"1h\"");
    let said = setting.run(&["--policy", "policy.toml", "--set", "limits.time=50ms"]);
    assert_eq!(said.status, Some(134));
    assert!(
        said.stderr.contains("limits.time = 50ms is met"),
        "{}",
        said.stderr
    );
    assert!(
        said.stderr
            .contains("hint: raise it by --set limits.time=..."),
        "{}",
        said.stderr
    );
}

#[test]
fn a_setting_is_given_without_a_file_too() {
    let setting = Setting::new(&pauses());
    let said = setting.run(&[
        "--allow",
        "container.pause",
        "--set",
        "create.images=any",
        "--set",
        "create.egress=true",
        "--set",
        "create.ports={ip=\"127.0.0.1\",range=\"8000-8010\"}",
        "--set",
        "missing=deny",
        "--set",
        "scope.containers=all",
        "--set",
        "scope.change.containers=all",
    ]);
    assert_eq!((said.status, said.stderr.as_str()), (Some(0), ""));
}

#[test]
fn a_wrong_setting_is_told_by_its_key_and_starts_nothing() {
    let setting = with(&does("(i32.const 0)"), "");
    for file in [&[][..], &["--policy", "policy.toml"]] {
        for (option, words) in [
            (
                "create.imags=any",
                "error: the setting create.imags: there is no key `create.imags`\nhint: did you mean `create.images`?",
            ),
            (
                "limits.time=never",
                "error: the setting limits.time: `never` is no length of time",
            ),
            (
                "create.ports={ip=\"::1\",range=\"1-2\"}",
                "error: the setting create.ports: a port is published by",
            ),
            (
                "images",
                "error: invalid value 'images' for '--set <KEY=VALUE>': write KEY=VALUE",
            ),
        ] {
            let said = setting.run(&[file, &["--set", option]].concat());
            assert_eq!(said.status, Some(125));
            assert!(said.stderr.starts_with(words), "{}", said.stderr);
        }
    }
}

#[test]
fn attack_119_a_variable_for_containers_that_is_reachable_is_said_to_be() {
    let setting = Setting::new(&does("(i32.const 0)"));
    let run = |options: &[&str]| {
        let options = [&["run", "plugin.wasm"], options].concat();
        let mut command = setting.command(&options);
        Said::from(command.env("DB_PW", "hunter2").output().unwrap())
    };
    let secret = "create.env.PW={from={env=\"DB_PW\"}}";
    let said = run(&["--set", secret, "--allow", "containers.create"]);
    assert_eq!(said.status, Some(125));
    assert!(
        said.stderr
            .starts_with("error: the setting create.env.PW: the plugin can come to know"),
        "{}",
        said.stderr
    );
    assert!(!said.stderr.contains("hunter2"), "{}", said.stderr);
    let reachable = ["--set", secret, "--set", "create.env.PW.reachable=true"];
    // Then it is the engine that is missing.
    let said = run(&[&reachable[..], &["--allow", "containers.create"]].concat());
    assert!(
        said.stderr.starts_with("error: the engine can't be asked"),
        "{}",
        said.stderr
    );
    assert_eq!(run(&["--set", secret]).status, Some(0));
    let unset = ["--set", "create.env.PW={from={env=\"UNSET\"}}"];
    assert_eq!(run(&unset).status, Some(125));
}

#[test]
fn a_policy_for_another_component_is_not_used() {
    let digest = format!("component = \"sha256:{}\"", "0".repeat(64));
    let said = run(&does("(i32.const 0)"), &digest);
    assert_eq!(said.status, Some(125));
    let right = said
        .stderr
        .lines()
        .find_map(|line| line.strip_prefix("hint: if it is the one that you mean, write "))
        .unwrap_or_else(|| panic!("{}", said.stderr));
    assert_eq!(run(&does("(i32.const 0)"), right).status, Some(0));
    assert_eq!(check(&does("(i32.const 0)"), &digest).status, Some(1));
    assert_eq!(check(&does("(i32.const 0)"), right).status, Some(0));
}

#[test]
fn files_and_variables_are_those_of_the_policy() {
    let component = does("(i32.const 0)");
    let said = run(
        &component,
        "[wasi]\ndirs = [{ host = \"none\", guest = \"/a\" }]",
    );
    assert_eq!(said.status, Some(125));
    assert!(
        said.stderr.contains("the folder none can't be opened"),
        "{}",
        said.stderr
    );
    let said = run(&component, "[wasi]\nenv = [\"UNSET\"]");
    assert_eq!(said.status, Some(125));
    assert!(
        said.stderr.contains("the variable UNSET"),
        "{}",
        said.stderr
    );
    let folder = tempfile::tempdir().unwrap();
    let given = format!(
        "[wasi]\ndirs = [{{ host = {:?}, guest = \"/a\" }}]\nenv = [\"HOME\"]",
        folder.path()
    );
    assert_eq!(run(&component, &given).status, Some(0));
}

#[test]
fn a_check_tells_missing_grants_as_errors_and_unused_ones_as_warnings() {
    let said = check(
        &pauses(),
        "allow = [\"container.pause\", \"container.kill\"]",
    );
    assert_eq!(said.status, Some(1));
    assert!(
        said.stdout
            .starts_with("error: not granted: container.unpause  "),
        "{}",
        said.stdout
    );
    assert!(
        said.stdout
            .ends_with("warning: granted, and never asked for: container.kill\n"),
        "{}",
        said.stdout
    );
    let said = check(&pauses(), "missing = \"deny\"");
    assert_eq!(said.status, Some(0));
    assert_eq!(
        said.stdout.matches("warning: not granted").count(),
        2,
        "{}",
        said.stdout
    );
    let said = check(
        &pauses(),
        "allow = [\"container.pause\", \"container.unpause\"]",
    );
    assert_eq!(said.status, Some(0));
    assert_eq!(
        said.stdout,
        "the policy grants what the plugin asks for, and no more\n"
    );
}

#[test]
fn attack_126_a_check_tells_where_one_grant_takes_what_others_hold() {
    let policy = "[host-access]\nbinds = [{ source = \"/var\", read-only = true }]";
    let setting = with(&does("(i32.const 0)"), policy);
    let check = |options: &[&str]| {
        let options = [&["check", "plugin.wasm", "policy.toml"], options].concat();
        setting.say(&options)
    };
    let said = check(&[]);
    assert_eq!(said.status, Some(0));
    assert!(
        said.stdout
            .starts_with("warning: host-access.binds: /var has the engine's socket"),
        "{}",
        said.stdout
    );
    assert!(said.stdout.contains("this is root"), "{}", said.stdout);
    let said = check(&["--set", "host-access.binds=[]"]);
    assert!(
        said.stdout.starts_with("the policy grants"),
        "{}",
        said.stdout
    );
    let said = check(&["--set", "scope.change.volumes=all"]);
    assert!(
        said.stdout
            .contains("warning: scope.change.volumes = \"all\" may reach more"),
        "{}",
        said.stdout
    );
    let said = check(&["--set", "scope.change.volumes=mine"]);
    assert_eq!(said.status, Some(1));
    assert!(
        said.stderr
            .starts_with("error: the setting scope.change.volumes: "),
        "{}",
        said.stderr
    );
}

#[test]
fn a_check_needs_no_secret() {
    let policy = "create.env.PW = { from = { env = \"UNSET\" } }";
    assert_eq!(check(&does("(i32.const 0)"), policy).status, Some(0));
    assert_eq!(run(&does("(i32.const 0)"), policy).status, Some(125));
}

#[test]
fn the_schema_of_policies_is_printed() {
    let said = Setting::of_bytes(b"").say(&["policy", "schema"]);
    assert_eq!(said.status, Some(0));
    let schema: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    assert!(schema["properties"]["allow"]["description"].is_string());
}

/// A plugin with a memory of its own, of so many pages at first.
fn with_memory(pages: u32, body: &str) -> String {
    runs("", &format!("(memory {pages})"), "", body)
}

#[test]
fn limit_sandbox_memory() {
    let grows = with_memory(1, "(drop (memory.grow (i32.const 100))) (i32.const 0)");
    assert_eq!(run(&grows, "").status, Some(0));
    let said = run(&grows, "[sandbox]\nmemory = \"1MiB\"");
    assert_eq!(said.status, Some(134));
    assert!(
        said.stderr
            .starts_with("error: the plugin was ended: sandbox.memory = 1MiB is met\n"),
        "{}",
        said.stderr
    );
    let said = run(
        &with_memory(100, "(i32.const 0)"),
        "[sandbox]\nmemory = \"1MiB\"",
    );
    assert_eq!(said.status, Some(125));
    assert!(
        said.stderr.contains("sandbox.memory = 1MiB is met"),
        "{}",
        said.stderr
    );
}

#[test]
fn limit_sandbox_table_elements() {
    let table = |size: u32| runs("", &format!("(table {size} funcref)"), "", "(i32.const 0)");
    assert_eq!(
        run(&table(10), "[sandbox]\ntable-elements = 10").status,
        Some(0)
    );
    let said = run(&table(11), "[sandbox]\ntable-elements = 10");
    assert_eq!(said.status, Some(125));
    assert!(
        said.stderr.contains("sandbox.table-elements = 10 is met"),
        "{}",
        said.stderr
    );
}

#[test]
fn limit_sandbox_cpu() {
    let said = run(
        &does("(loop $l (br $l)) (i32.const 0)"),
        "[sandbox]\ncpu = \"50ms\"",
    );
    assert_eq!(said.status, Some(134));
    assert!(
        said.stderr
            .starts_with("error: the plugin was ended: sandbox.cpu = 50ms is met\n"),
        "{}",
        said.stderr
    );
}

#[test]
fn limit_time() {
    let said = run(
        &does("(loop $l (br $l)) (i32.const 0)"),
        "[limits]\ntime = \"50ms\"",
    );
    assert_eq!(said.status, Some(134));
    assert!(
        said.stderr.contains("limits.time = 50ms is met"),
        "{}",
        said.stderr
    );
}

#[test]
fn limit_sandbox_component() {
    let component = does("(i32.const 0)");
    let said = run(&component, "[sandbox]\ncomponent = \"100B\"");
    assert_eq!(said.status, Some(125));
    assert!(
        said.stderr.contains("sandbox.component = 100B is met"),
        "{}",
        said.stderr
    );
}

/// What of the machine isn't given is told before the plugin starts, with what would give it.
#[test]
fn a_plugin_that_reaches_the_machine_is_started_with_each_key_set() {
    let setting = Setting::new(&reaches());
    let said = setting.run(&[]);
    assert_eq!(said.status, Some(125));
    let lines: Vec<_> = said.stderr.lines().collect();
    assert!(
        lines[1].starts_with("  host-access.set-privileged  "),
        "{}",
        said.stderr
    );
    assert!(
        lines[2].starts_with("  host-access.set-pid-host    "),
        "{}",
        said.stderr
    );
    assert!(
        lines[3].starts_with(
            "hint: add --set 'host-access.namespaces=[\"pid\"]' --set host-access.privileged=true to grant it"
        ),
        "{}",
        said.stderr
    );
    let privileged = ["--set", "host-access.privileged=true"];
    let said = setting.run(&privileged);
    assert_eq!(said.status, Some(125));
    assert!(!said.stderr.contains("set-privileged"), "{}", said.stderr);
    let other = ["--set", "host-access.namespaces=[\"uts\"]"];
    let said = setting.run(&[&privileged[..], &other].concat());
    assert_eq!(said.status, Some(125), "another namespace is another power");
    let both = ["--set", "host-access.namespaces=[\"pid\"]"];
    let said = setting.run(&[&privileged[..], &both].concat());
    assert_eq!((said.status, said.stderr.as_str()), (Some(0), ""));
    assert_eq!(setting.run(&["--partial"]).status, Some(0));
}

#[test]
fn a_policy_file_is_told_the_lines_that_give_the_machine() {
    let said = run(&reaches(), "host-access.privileged = true");
    assert_eq!(said.status, Some(125));
    assert!(
        said.stderr
            .contains("policy.toml: host-access.namespaces += \"pid\"; or write missing"),
        "{}",
        said.stderr
    );
    let said = check(&reaches(), "host-access.privileged = true");
    assert_eq!(said.status, Some(1));
    assert!(
        said.stdout.contains(
            "error: not granted: host-access.set-pid-host  Lets it see and signal all processes of the machine; \
             host-access.namespaces += \"pid\"\n"
        ),
        "{}",
        said.stdout
    );
    let given = "missing = \"deny\"\nhost-access.privileged = true";
    let said = check(&reaches(), given);
    assert_eq!(said.status, Some(0));
    assert!(
        said.stdout
            .contains("warning: not granted: host-access.set-pid-host"),
        "{}",
        said.stdout
    );
}

/// `wasi.dirs` gives folders, but none with the command's own files.
#[test]
fn attack_125_the_commands_own_files_are_not_given() {
    let component = does("(i32.const 0)");
    for (given, what) in [
        ("host = \".\", guest = \"/a\"", "the plugin's component"),
        (
            "host = \".\", guest = \"/a\", read-only = true",
            "the ledger",
        ),
        (
            "host = \"/\", guest = \"/a\", read-only = true",
            "the ledger",
        ),
    ] {
        let said = run(&component, &format!("[wasi]\ndirs = [{{ {given} }}]"));
        assert_eq!(said.status, Some(125));
        assert!(said.stderr.contains(what), "{}", said.stderr);
    }
}

/// Credentials are read when a run begins: what isn't there is told by its name, and nothing secret with it.
#[test]
fn credentials_that_cannot_be_had_are_told_when_the_run_begins() {
    use std::os::unix::fs::PermissionsExt;

    let team = |from: &str| {
        let policy = format!("[credentials.team]\nregistry = \"r.example.com\"\nfrom = {from}");
        with(&does("(i32.const 0)"), &policy)
    };
    let run = |setting: &Setting, token: &str| {
        let path = format!("{}:/usr/bin:/bin", setting.path("bin").display());
        let mut command = setting.command(&["run", "plugin.wasm", "--policy", "policy.toml"]);
        command.env("DOCKER_CONFIG", setting.path("docker"));
        Said::from(
            command
                .env("PATH", path)
                .env("TOKEN", token)
                .output()
                .unwrap(),
        )
    };
    let refused = |setting: &Setting, token: &str, words: &str| {
        let said = run(setting, token);
        assert_eq!(said.status, Some(125), "{}", said.stderr);
        let begins = format!("error: credentials.team: {words}");
        assert!(said.stderr.starts_with(&begins), "{}", said.stderr);
        assert!(!said.stderr.contains("hunter2"), "{}", said.stderr);
    };
    let good = "{\"username\":\"me\",\"password\":\"hunter2\"}";

    let variable = team("{ env = \"TOKEN\" }");
    assert_eq!(run(&variable, good).status, Some(0));
    refused(
        &variable,
        "hunter2",
        "the variable TOKEN isn't the object of JSON",
    );
    refused(
        &team("{ env = \"UNSET\" }"),
        good,
        "the host's environment has no \"UNSET\"",
    );

    let file = team("{ file = \"team.json\" }");
    refused(&file, "", "the file team.json can't be read");
    std::fs::write(file.path("team.json"), good).unwrap();
    assert_eq!(run(&file, "").status, Some(0));

    let docker = team("{ docker-config = true }");
    std::fs::create_dir(docker.path("docker")).unwrap();
    let config = docker.path("docker/config.json");
    std::fs::write(
        &config,
        "{\"auths\":{\"other.com\":{\"auth\":\"aHVudGVyMg==\"}}}",
    )
    .unwrap();
    let entry = format!("{} has no entry for r.example.com", config.display());
    refused(&docker, "", &entry);
    std::fs::write(&config, "{\"credsStore\":\"test\"}").unwrap();
    refused(&docker, "", "docker-credential-test can't be started");
    let helper = docker.path("bin/docker-credential-test");
    std::fs::create_dir(docker.path("bin")).unwrap();
    // It has the environment of the command.
    let script =
        "#!/bin/sh\necho \"{\\\"Username\\\":\\\"me\\\",\\\"Secret\\\":\\\"$TOKEN\\\"}\"\n";
    std::fs::write(&helper, script).unwrap();
    std::fs::set_permissions(&helper, std::fs::Permissions::from_mode(0o700)).unwrap();
    assert_eq!(run(&docker, "hunter2").status, Some(0));
}

#[test]
fn credentials_are_told_by_where_they_are_from() {
    let policy =
        "[credentials.team]\nregistry = \"r.example.com\"\nfrom = { file = \"team.json\" }";
    let setting = with(&does("(i32.const 0)"), policy);
    let said = setting.say(&["policy", "explain", "policy.toml"]);
    let line = "credentials team: r.example.com, from the file team.json, nothing uses it until pull and push are there";
    assert!(said.stdout.contains(line), "{}", said.stdout);
    let said = setting.say(&["check", "plugin.wasm", "policy.toml"]);
    assert_eq!(said.status, Some(0));
    assert_eq!(
        said.stdout,
        "warning: granted, and never asked for: credentials.team; nothing uses it until pull and push are there\n"
    );
}

/// `wasi.dirs` gives no folder with Docker's configuration or with the file of credentials.
#[test]
fn attack_125_credentials_and_dockers_configuration_are_not_given() {
    let setting = with(
        &does("(i32.const 0)"),
        "[wasi]\ndirs = [{ host = \"docker\", guest = \"/a\", read-only = true }]",
    );
    std::fs::create_dir(setting.path("docker")).unwrap();
    let mut command = setting.command(&["run", "plugin.wasm", "--policy", "policy.toml"]);
    let said = Said::from(
        command
            .env("DOCKER_CONFIG", setting.path("docker"))
            .output()
            .unwrap(),
    );
    assert_eq!(said.status, Some(125));
    assert!(
        said.stderr.contains("Docker's configuration"),
        "{}",
        said.stderr
    );
}

/// `host-access.binds` gives real paths, and on another machine only by the operator's word.
#[test]
fn attack_126_a_check_tells_of_paths_that_cannot_be_mounted() {
    let setting = with(&does("(i32.const 0)"), "");
    let top = setting.path("").canonicalize().unwrap();
    std::fs::create_dir(top.join("real")).unwrap();
    std::os::unix::fs::symlink("real", top.join("link")).unwrap();
    let check = |bind: &str, more: &str, engine: &str| {
        let bind = format!(
            "host-access.binds=[{{source={:?},read-only=true}}]",
            top.join(bind)
        );
        let options = [
            "check",
            "plugin.wasm",
            "policy.toml",
            "--set",
            &bind,
            "--set",
            more,
        ];
        let mut command = setting.command(&options);
        Said::from(command.env("DOCKER_HOST", engine).output().unwrap())
    };
    let (unverified, none) = ("host-access.binds-unverified=true", "limits.containers=1");
    let (here, remote) = ("unix:///nowhere/x.sock", "tcp://10.0.0.5:2375");
    let said = check("link", none, here);
    assert_eq!(said.status, Some(1));
    assert!(
        said.stdout.contains("there is a link in its path"),
        "{}",
        said.stdout
    );
    assert_eq!(check("real", none, here).status, Some(0));
    let said = check("real", none, remote);
    assert_eq!(said.status, Some(1));
    assert!(
        said.stdout.contains("write binds-unverified = true"),
        "{}",
        said.stdout
    );
    let said = check("link", unverified, remote);
    assert_eq!(said.status, Some(0));
    assert!(
        said.stdout
            .contains("nobody looks what these paths are there"),
        "{}",
        said.stdout
    );
}
