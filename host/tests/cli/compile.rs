//! How the command compiles a plugin: in a process of its own, which ends when it takes too long or too much, or with the command.

use std::fmt::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::Setting;
use super::components::{does, runs};

/// A component that takes a compiler seconds, and a hundred MiB.
fn heavy() -> String {
    const FUNCTIONS: u32 = 60;
    const STEPS: u32 = 4000;
    let mut core = String::new();
    for function in 0..FUNCTIONS {
        let _ = write!(core, "(func (param i64) (result i64) (local i64) ");
        for step in 0..STEPS {
            let number = step.wrapping_mul(2_654_435_761).wrapping_add(function);
            let _ = write!(
                core,
                "(local.set 1 (i64.rotl (i64.mul (local.get 0) (i64.const {number})) (local.get 1)))\
                 (if (i64.eqz (local.get 1)) (then (local.set 0 (i64.xor (local.get 0) (local.get 1)))))"
            );
        }
        core.push_str("(local.get 0))");
    }
    runs("", &core, "", "(i32.const 0)")
}

#[test]
fn limit_sandbox_compile_time_is_met() {
    let setting = Setting::new(&does("(i32.const 0)"));
    let said = setting.run(&["--set", "sandbox.compile-time=1ms"]);
    assert_eq!(said.status, Some(125), "{}", said.stderr);
    let lines: Vec<_> = said.stderr.lines().collect();
    let expected = [
        "error: the component takes too much to be compiled: sandbox.compile-time = 1ms is met",
        "hint: raise it by --set sandbox.compile-time=..., or in the policy",
    ];
    assert_eq!(lines, expected);
    // What is compiled already takes no time.
    assert_eq!(setting.run(&[]).status, Some(0));
    let said = setting.run(&["--set", "sandbox.compile-time=1ms"]);
    assert_eq!(said.status, Some(0), "{}", said.stderr);
}

#[test]
fn limit_sandbox_compile_time_ends_a_compiler_in_the_middle() {
    let setting = Setting::new(&heavy());
    let begun = Instant::now();
    let said = setting.run(&["--no-cache", "--set", "sandbox.compile-time=300ms"]);
    assert_eq!(said.status, Some(125), "{}", said.stderr);
    assert!(said.stderr.contains("sandbox.compile-time = 300ms is met"));
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[test]
fn limit_sandbox_compile_memory_is_met() {
    let setting = Setting::new(&heavy());
    let said = setting.run(&["--no-cache", "--set", "sandbox.compile-memory=64MiB"]);
    assert_eq!(said.status, Some(125), "{}", said.stderr);
    assert_eq!(
        said.stderr.lines().next().unwrap(),
        "error: the component takes too much to be compiled: sandbox.compile-memory = 64MiB is met"
    );
}

#[test]
fn what_a_compiler_has_to_say_is_told() {
    let setting = Setting::new(&does("(i64.const 0)"));
    let said = setting.run(&[]);
    assert_eq!(said.status, Some(125));
    assert!(said.stderr.contains("type mismatch"), "{}", said.stderr);
}

/// The processes that a process has started and that still run.
fn children(of: u32) -> Vec<u32> {
    let path = format!("/proc/{of}/task/{of}/children");
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let ids = text.split_whitespace();
    ids.map(|id| id.parse().unwrap()).collect()
}

fn runs_still(id: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{id}/status"));
    // One that has ended and that nobody has asked for is none.
    status.is_ok_and(|status| !status.contains("State:\tZ"))
}

fn until(what: &str, done: impl Fn() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < Duration::from_secs(30), "not yet: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn a_compiler_ends_with_the_command() {
    for signal in ["INT", "TERM", "KILL"] {
        let setting = Setting::new(&heavy());
        let mut command = setting.command(&["run", "plugin.wasm", "--no-cache"]);
        let mut command = command.stderr(Stdio::null()).spawn().unwrap();
        let id = command.id();
        until("it compiles", || !children(id).is_empty());
        let compilers = children(id);
        let killed = Command::new("kill")
            .args(["-s", signal, &id.to_string()])
            .status();
        assert!(killed.unwrap().success());
        assert!(!command.wait().unwrap().success());
        until("the compiler ends", || {
            !compilers.iter().any(|id| runs_still(*id))
        });
    }
}

#[test]
fn a_compiler_has_nothing_of_the_environment() {
    let setting = Setting::new(&heavy());
    let mut command = setting.command(&["run", "plugin.wasm", "--no-cache"]);
    let mut command = command.env("TOKEN", "hidden").spawn().unwrap();
    let id = command.id();
    let of = |child, what| {
        let text = std::fs::read(format!("/proc/{child}/{what}"));
        String::from_utf8_lossy(&text.unwrap_or_default()).into_owned()
    };
    // A child is the command itself until it becomes a compiler.
    let compiles = |child| of(child, "cmdline").contains("compile-component");
    until("it compiles", || {
        let children = children(id);
        !children.is_empty() && children.into_iter().all(compiles)
    });
    for compiler in children(id) {
        assert_eq!(of(compiler, "environ"), "");
    }
    command.kill().unwrap();
    command.wait().unwrap();
}

/// Whoever runs it by hand is no one that it compiles for.
#[test]
fn a_compiler_compiles_for_nobody_else() {
    let setting = Setting::of_bytes(b"");
    let said = setting.say(&["compile-component"]);
    assert_eq!((said.status, said.stdout.as_str()), (Some(1), ""));
    assert!(!setting.say(&["--help"]).stdout.contains("compile"));
}
