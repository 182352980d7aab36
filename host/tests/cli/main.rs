//! The command, as far as it needs no engine: what it says, and what it ends with.

mod audit;
mod compile;
mod components;
mod inspect;
mod learn;
mod policy;
mod policy_tools;
mod run;

use std::path::PathBuf;
use std::process::{Command, Output};

use tempfile::TempDir;

/// A folder with a plugin in it, and a home of its own for the command.
struct Setting {
    folder: TempDir,
}

/// What a command said and ended with.
struct Said {
    status: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Setting {
    /// A plugin in the text format.
    fn new(component: &str) -> Self {
        Self::of_bytes(&wat::parse_str(component).unwrap())
    }

    fn of_bytes(file: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("plugin.wasm"), file).unwrap();
        Self { folder }
    }

    /// The command in that folder, with nothing of the caller's environment.
    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dockwit"));
        command
            .args(args)
            .current_dir(self.folder.path())
            .env_clear()
            .env("HOME", self.folder.path().join("home"));
        command
    }

    fn run(&self, args: &[&str]) -> Said {
        let words: Vec<_> = ["run", "plugin.wasm"].iter().chain(args).copied().collect();
        self.say(&words)
    }

    fn say(&self, args: &[&str]) -> Said {
        self.command(args).output().unwrap().into()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        Self {
            status: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

#[test]
fn the_version_names_that_of_the_interface() {
    let said = Setting::of_bytes(b"").say(&["--version"]);
    assert_eq!(said.status, Some(0));
    assert!(said.stdout.starts_with("dockwit "), "{}", said.stdout);
    assert!(
        said.stdout.contains("(dockwit:engine 0.1.0)"),
        "{}",
        said.stdout
    );
}

#[test]
fn help_has_examples_and_tells_the_statuses() {
    let setting = Setting::of_bytes(b"");
    let said = setting.say(&["run", "--help"]);
    assert_eq!(said.status, Some(0));
    for word in [
        "--allow",
        "--partial",
        "Examples:",
        "Exit status:",
        "125",
        "134",
        "DOCKER_HOST",
    ] {
        assert!(said.stdout.contains(word), "{word}: {}", said.stdout);
    }
    assert!(setting.say(&["--help"]).stdout.contains("dockwit inspect"));
}

#[test]
fn a_wrong_option_is_told_from_a_plugins_status() {
    let setting = Setting::of_bytes(b"");
    assert_eq!(setting.run(&["--no-such-option"]).status, Some(125));
    assert_eq!(
        setting.say(&["inspect", "--no-such-option"]).status,
        Some(2)
    );
    assert_eq!(setting.say(&[]).status, Some(2));
}
