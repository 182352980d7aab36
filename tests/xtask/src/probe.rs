//! The program that tests put into containers to try what they reach: linked statically, since nothing of the machine is there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::process;

const SOURCE: &str = "tests/probe/probe.rs";

/// Compiles it, if it is older than its source.
pub fn build(root: &Path) -> Result<PathBuf> {
    let folder = root.join("target/probe");
    let (source, program) = (root.join(SOURCE), folder.join("probe"));
    if is_newer(&program, &source) {
        return Ok(program);
    }
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut command = Command::new(rustc);
    command
        .args(["--edition", "2024", "-O", "-C", "strip=symbols"])
        .args(["-C", "target-feature=+crt-static", "-o"])
        .args([&program, &source]);
    process::run_well(&mut command).context("cannot compile the probe")?;
    Ok(program)
}

fn is_newer(program: &Path, source: &Path) -> bool {
    let time = |path: &Path| fs::metadata(path).and_then(|metadata| metadata.modified());
    matches!((time(program), time(source)), (Ok(program), Ok(source)) if program > source)
}
