//! Each crate can be packaged on its own, with the interface in it.

use std::path::{Path, PathBuf};
use std::process::Command;

const CRATES: [&str; 3] = ["dockwit-macros", "dockwit", "dockwit-host"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .current_dir(root())
        .args(arguments)
        .output()
        .expect("cargo runs");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo {arguments:?}: {stderr}");
    String::from_utf8(output.stdout).expect("cargo prints text")
}

#[test]
fn the_crates_can_be_packaged() {
    let folder = tempfile::tempdir().expect("a folder");
    let target = folder.path().to_str().expect("a path in UTF-8");
    let mut arguments = vec![
        "package",
        "--no-verify",
        "--allow-dirty",
        "--target-dir",
        target,
    ];
    arguments.extend(CRATES.iter().flat_map(|name| ["--package", name]));
    cargo(&arguments);
    for name in CRATES {
        let file = folder.path().join(format!(
            "package/{name}-{}.crate",
            env!("CARGO_PKG_VERSION")
        ));
        assert!(file.is_file(), "{} is made", file.display());
    }
}

#[test]
fn the_interface_is_in_each_package_that_is_built_from_it() {
    let domains = std::fs::read_dir(root().join("wit")).expect("the interface's folder");
    let files: Vec<_> = domains
        .map(|entry| {
            entry
                .expect("a file")
                .file_name()
                .into_string()
                .expect("a name in UTF-8")
        })
        .collect();
    for name in ["dockwit", "dockwit-host"] {
        let packaged = cargo(&["package", "--list", "--allow-dirty", "--package", name]);
        for file in &files {
            let path = format!("wit/{file}");
            assert!(
                packaged.lines().any(|line| line == path),
                "{name} has {path}"
            );
        }
    }
}
