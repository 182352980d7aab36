//! `cargo xtask plugins`: the plugins, built.

use std::process::ExitCode;

use anyhow::Result;

use crate::cache::Cache;
use crate::guest::{self, Compiler};
use crate::progress::say;
use crate::workspace::Workspace;

/// The packages of plugins; those of the guest crate are its examples.
pub const PACKAGES: [&str; 3] = ["dockwit-test-plugins", "dockwit-demo", "dockwit"];

/// The profile that they are built with.
pub const PROFILE: &str = "plugin";

/// Builds the plugins of the tests, the demo and the examples, and prints the folder of the `*.wasm` files.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Builds nothing: prints the variables that make cargo build for wasm32-wasip2.
    #[arg(long)]
    env: bool,
}

/// Builds them.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let workspace = Workspace::load()?;
    let compiler = Compiler::find(&Cache::of(&workspace)?)?;
    if arguments.env {
        for (name, value) in compiler.variables() {
            println!("export {name}='{}'", value.display());
        }
        return Ok(ExitCode::SUCCESS);
    }
    println!(
        "{}",
        build(&workspace, &compiler, &PACKAGES, PROFILE)?.display()
    );
    Ok(ExitCode::SUCCESS)
}

/// Builds the plugins of these packages with a profile.
pub fn build(
    workspace: &Workspace,
    compiler: &Compiler,
    packages: &[&str],
    profile: &str,
) -> Result<std::path::PathBuf> {
    say(format!(
        "compiling {} for {}",
        packages.join(", "),
        guest::TARGET
    ));
    guest::build(workspace, compiler, packages, profile)
}
