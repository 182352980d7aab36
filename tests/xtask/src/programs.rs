//! The programs of a native build: test programs and commands, as cargo tells of them.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::process;
use crate::workspace::Workspace;

/// An executable that cargo built.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Program {
    /// The name of its package.
    pub package: String,
    /// The folder of its package.
    pub folder: PathBuf,
    /// The name of the target: of a library's unit tests, the library's.
    pub target: String,
    /// Whether it runs tests.
    pub is_test: bool,
    /// The file.
    pub path: PathBuf,
}

/// Builds with `cargo build` and these arguments, and tells of every executable.
pub fn build(workspace: &Workspace, arguments: &[&str]) -> Result<Vec<Program>> {
    let mut command = workspace.cargo();
    command
        .args(["build", "--message-format=json-render-diagnostics"])
        .args(arguments);
    Ok(read(&process::read_while_shown(&mut command)?))
}

/// The command of that name among what was built.
pub fn command<'a>(programs: &'a [Program], name: &str) -> Result<&'a Path> {
    let found = programs
        .iter()
        .find(|program| !program.is_test && program.target == name);
    found
        .map(|program| program.path.as_path())
        .with_context(|| format!("cargo built no command {name}"))
}

fn read(messages: &str) -> Vec<Program> {
    messages
        .lines()
        .filter_map(|line| read_message(&serde_json::from_str(line).ok()?))
        .collect()
}

fn read_message(message: &Value) -> Option<Program> {
    let folder = Path::new(message["manifest_path"].as_str()?).parent()?;
    // `path+file:///folder/name#0.1.0` or `path+file:///folder#name@0.1.0`
    let (url, fragment) = message["package_id"].as_str()?.rsplit_once('#')?;
    let package = match fragment.split_once('@') {
        Some((name, _)) => name,
        None => url.rsplit_once('/')?.1,
    };
    Some(Program {
        package: package.to_owned(),
        folder: folder.to_owned(),
        target: message["target"]["name"].as_str()?.to_owned(),
        is_test: message["profile"]["test"].as_bool()?,
        path: message["executable"].as_str()?.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn executables_are_told_from_libraries_and_scripts() {
        let messages = concat!(
            r#"{"reason":"compiler-artifact","package_id":"path+file:///w/host#dockwit-host@0.1.0","#,
            r#""manifest_path":"/w/host/Cargo.toml","target":{"name":"dockwit"},"#,
            r#""profile":{"test":false},"executable":"/w/target/debug/dockwit"}"#,
            "\n",
            r#"{"reason":"compiler-artifact","package_id":"path+file:///w/xtask#0.1.0","#,
            r#""manifest_path":"/w/xtask/Cargo.toml","target":{"name":"engine"},"#,
            r#""profile":{"test":true},"executable":"/w/target/debug/deps/engine-1"}"#,
            "\n",
            r#"{"reason":"compiler-artifact","package_id":"registry+https://example#bytes@1.0.0","#,
            r#""manifest_path":"/r/Cargo.toml","target":{"name":"bytes"},"#,
            r#""profile":{"test":false},"executable":null}"#,
            "\n",
            r#"{"reason":"build-finished","success":true}"#,
        );
        let programs = read(messages);
        assert_eq!(programs.len(), 2);
        assert_eq!(
            command(&programs, "dockwit").unwrap(),
            Path::new("/w/target/debug/dockwit")
        );
        assert_eq!(
            (programs[1].package.as_str(), programs[1].is_test),
            ("xtask", true)
        );
        assert!(command(&programs, "engine").is_err());
    }
}
