//! `dockwit run`.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use super::Setting;
use super::components::{PLAIN_MAIN, does, pauses, runs, sets_its_status};

#[test]
fn the_plugins_status_is_the_commands() {
    assert_eq!(
        Setting::new(&does("(i32.const 0)")).run(&[]).status,
        Some(0)
    );
    assert_eq!(
        Setting::new(&does("(i32.const 1)")).run(&[]).status,
        Some(1)
    );
    assert_eq!(Setting::new(&sets_its_status()).run(&[]).status, Some(7));
}

#[test]
fn a_trap_has_a_status_of_its_own() {
    let said = Setting::new(&does("(unreachable)")).run(&[]);
    assert_eq!(said.status, Some(134));
    assert!(
        said.stderr.starts_with("error: the plugin trapped: "),
        "{}",
        said.stderr
    );
    assert!(said.stderr.contains("unreachable"), "{}", said.stderr);
    assert!(said.stderr.contains("  at run\n"), "{}", said.stderr);
}

#[test]
fn a_plugin_that_asks_for_more_is_not_started_and_all_that_is_missing_is_told() {
    let said = Setting::new(&pauses()).run(&["--allow", "containers.list,container.start"]);
    assert_eq!(said.status, Some(125));
    let lines: Vec<_> = said.stderr.lines().collect();
    assert!(
        lines[0].starts_with("error: the plugin wasn't started"),
        "{}",
        said.stderr
    );
    assert!(
        lines[1].starts_with("  container.pause    "),
        "{}",
        said.stderr
    );
    assert!(
        lines[2].starts_with("  container.unpause  "),
        "{}",
        said.stderr
    );
    assert!(
        lines[3].starts_with("hint: add --allow container.pause,container.unpause "),
        "{}",
        said.stderr
    );
}

/// A scope that speaks of nothing that is the plugin's own, so that no engine is asked before the plugin asks it.
const ALL: [&str; 4] = [
    "--set",
    "scope.containers=all",
    "--set",
    "scope.change.containers=all",
];

#[test]
fn a_plugin_that_gets_on_with_less_is_started_with_less() {
    let setting = Setting::new(&pauses());
    assert_eq!(setting.run(&["--partial"]).status, Some(0));
    let granted = ["--allow", "container.pause", "--allow", "container.unpause"];
    assert_eq!(setting.run(&[&granted[..], &ALL].concat()).status, Some(0));
}

#[test]
fn grants_that_are_not_understood_grant_nothing() {
    let setting = Setting::new(&does("(i32.const 0)"));
    for (args, words) in [
        (
            vec!["--allow", "container.lgos"],
            "did you mean `container.logs`?",
        ),
        (
            vec!["--allow", "container.*"],
            "needs the version of the interface",
        ),
        (
            vec!["--allow", "nothing.*", "--api", "0.1.0"],
            "fits the pattern",
        ),
        (
            vec!["--allow", "container.*", "--api", "newest"],
            "is no version",
        ),
    ] {
        let said = setting.run(&args);
        assert_eq!(said.status, Some(125));
        assert!(said.stderr.contains(words), "{}", said.stderr);
        assert!(
            said.stderr.contains("hint: `dockwit inspect plugin.wasm`"),
            "{}",
            said.stderr
        );
    }
    let patterns = ["--allow", "container.*, system.ping", "--api", "0.1.0"];
    assert_eq!(setting.run(&[&patterns[..], &ALL].concat()).status, Some(0));
}

#[test]
fn what_can_not_be_run_is_refused_with_what_to_do() {
    let newer = runs(
        r#"(import "dockwit:engine/run@0.1.3" (instance (export "later" (func))))"#,
        "",
        "",
        "(i32.const 0)",
    );
    let refused = runs(
        r#"(import "wasi:cli/environment@0.3.0" (instance (export "get-arguments" (func))))"#,
        "",
        "",
        "(i32.const 0)",
    );
    for (component, words) in [
        (PLAIN_MAIN, "#[dockwit::main]"),
        ("(component)", "nothing to run"),
        (&newer, "dockwit:engine/run@0.1.3 `later`"),
        (&refused, "wasi:cli/environment@0.3.0 `get-arguments`"),
        ("(module)", "build it for the target wasm32-wasip2"),
    ] {
        let said = Setting::new(component).run(&[]);
        assert_eq!(said.status, Some(125), "{}", said.stderr);
        assert!(said.stderr.starts_with("error: "), "{}", said.stderr);
        assert!(said.stderr.contains(words), "{}", said.stderr);
    }
}

#[test]
fn folders_and_variables_must_be_there() {
    let setting = Setting::new(&does("(i32.const 0)"));
    for (args, words) in [
        (["--dir", "none::/data"], "the folder none can't be opened"),
        (["--dir", "/data"], "HOST::GUEST"),
        (["--env", "UNSET"], "UNSET isn't set here"),
        (["--grace", "soon"], "10s"),
        (
            ["--engine", "nowhere"],
            "the engine of --engine can't be used",
        ),
    ] {
        let said = setting.run(&args);
        assert_eq!(said.status, Some(125), "{}", said.stderr);
        assert!(said.stderr.contains(words), "{}", said.stderr);
    }
    std::fs::create_dir(setting.path("given")).unwrap();
    let given = [
        "--dir",
        "given::/data",
        "--env",
        "A=b",
        "--env",
        "HOME",
        "--",
        "one",
        "--two",
    ];
    assert_eq!(setting.run(&given).status, Some(0));
}

#[test]
fn docker_host_is_honoured_and_the_option_goes_first() {
    let setting = Setting::new(&does("(i32.const 0)"));
    let with = |args: &[&str], host: &str| {
        let mut command = setting.command(args);
        command.env("DOCKER_HOST", host).output().unwrap()
    };
    let wrong = with(&["run", "plugin.wasm"], "nowhere");
    assert_eq!(wrong.status.code(), Some(125));
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("the engine of DOCKER_HOST"));
    let engine = ["run", "plugin.wasm", "--engine", "unix:///run/none.sock"];
    assert_eq!(with(&engine, "nowhere").status.code(), Some(0));
    assert_eq!(with(&["run", "plugin.wasm"], "").status.code(), Some(0));
}

#[test]
fn compiled_code_is_kept_unless_told_otherwise() {
    let setting = Setting::new(&does("(i32.const 0)"));
    let code = setting.path("home/.cache/dockwit/code");
    assert_eq!(setting.run(&["--no-cache"]).status, Some(0));
    assert!(!code.exists());
    assert_eq!(setting.run(&[]).status, Some(0));
    assert_eq!(std::fs::read_dir(&code).unwrap().count(), 1);
    assert!(
        setting
            .path("home/.local/share/dockwit/code-cache.key")
            .exists()
    );
    std::fs::write(code.join("another"), "not ours").unwrap();
    assert_eq!(setting.run(&[]).status, Some(0));
}

#[test]
fn without_a_home_all_works_without_a_cache() {
    let setting = Setting::new(&does("(i32.const 0)"));
    let mut command = setting.command(&["run", "plugin.wasm"]);
    assert_eq!(
        command
            .env("HOME", "/dev/null")
            .output()
            .unwrap()
            .status
            .code(),
        Some(0)
    );
}

#[test]
fn the_hosts_own_log_is_silent_unless_asked_for() {
    let setting = Setting::new(&does("(i32.const 0)"));
    assert_eq!(setting.run(&[]).stderr, "");
    let mut command = setting.command(&["run", "plugin.wasm"]);
    command
        .env("HOME", setting.path("other-home"))
        .env("DOCKWIT_LOG", "dockwit_host=debug");
    let log = String::from_utf8(command.output().unwrap().stderr).unwrap();
    assert!(log.contains("compiling"), "{log}");
    assert!(!log.contains('\u{1b}'), "{log}");
}

const ENDLESS: &str = "(loop $again (br $again)) (i32.const 0)";

/// A plugin that computes without end, and the signals that reach the command meanwhile.
struct Running {
    child: Child,
    stderr: BufReader<std::process::ChildStderr>,
}

impl Running {
    fn start(mut command: Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        Self { child, stderr }
    }

    /// Waits until the command has taken over the signals: till then they would simply end it.
    fn wait_until_ready(&self) {
        let status = format!("/proc/{}/status", self.child.id());
        let deadline = Instant::now() + Duration::from_secs(30);
        while !catches_sigterm(&std::fs::read_to_string(&status).unwrap()) {
            assert!(Instant::now() < deadline, "the plugin didn't start");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-s", name, &id])
                .status()
                .unwrap()
                .success()
        );
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stderr.read_line(&mut line).unwrap();
        line
    }

    fn end(mut self) -> (ExitStatus, String) {
        let mut rest = String::new();
        self.stderr.read_to_string(&mut rest).unwrap();
        (self.child.wait().unwrap(), rest)
    }
}

/// Whether bit 14 of the mask of caught signals is set, that of SIGTERM.
fn catches_sigterm(status: &str) -> bool {
    let mask = status
        .lines()
        .find_map(|line| line.strip_prefix("SigCgt:"))
        .unwrap();
    u64::from_str_radix(mask.trim(), 16).unwrap() & (1 << 14) != 0
}

fn endless(grace: &str) -> (Setting, Running) {
    let setting = Setting::new(&does(ENDLESS));
    let running = Running::start(setting.command(&["run", "plugin.wasm", "--grace", grace]));
    running.wait_until_ready();
    (setting, running)
}

#[test]
fn a_plugin_that_does_not_stop_is_ended_after_its_grace_period() {
    for (signal, status) in [("INT", 130), ("TERM", 143)] {
        let (_setting, mut running) = endless("100ms");
        running.signal(signal);
        let asked = running.line();
        assert!(
            asked.starts_with("dockwit: asked the plugin to stop; it has 100ms"),
            "{asked}"
        );
        let (ended, rest) = running.end();
        assert_eq!(ended.code(), Some(status));
        assert!(rest.starts_with("error: the plugin didn't stop"), "{rest}");
    }
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let (_setting, mut running) = endless("1h");
    running.signal("INT");
    running.line();
    running.signal("TERM");
    let (ended, rest) = running.end();
    assert_eq!(ended.code(), Some(130));
    assert_eq!(rest, "dockwit: ended the plugin\n");
}
