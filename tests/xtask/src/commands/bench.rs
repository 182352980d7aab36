//! `cargo xtask bench`: what dockwit costs, measured on a private engine.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::cache::Cache;
use crate::commands::plugins;
use crate::engine::Engines;
use crate::generation::Generation;
use crate::guest::{Arch, Compiler};
use crate::image::{self, TEST_IMAGE};
use crate::progress::say;
use crate::workspace::Workspace;
use crate::{process, programs};

/// The package of the benchmark, and its program.
const PACKAGE: &str = "dockwit-bench";

/// The package of the plugins that are measured, and the profile that the README says to build plugins with.
const PLUGINS: &str = "dockwit-test-plugins";
const PROFILE: &str = "release";

/// Measures dockwit, against its peers, on a private docker-28.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Arguments for the benchmark's program.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// Builds all with optimization and runs the benchmark.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let workspace = Workspace::load()?;
    workspace.require(&[PACKAGE])?;
    let cache = Cache::of(&workspace)?;
    let compiler = Compiler::find(&cache)?;
    let engines =
        Engines::of_this_machine(&cache).context("the benchmark needs a private engine")?;
    let suite = engines.suite(Generation::Docker28)?;
    let layer = image::layer(engines.debian(), &cache)?;
    let docker = docker(&suite, workspace.target())?;

    let plugins = plugins::build(&workspace, &compiler, &[PLUGINS], PROFILE)?;
    say("compiling the command and the benchmark with optimization");
    let built = programs::build(
        &workspace,
        &[
            "--release",
            "--bins",
            "--package",
            "dockwit-host",
            "--package",
            PACKAGE,
        ],
    )?;
    let dockwit = programs::command(&built, "dockwit")?;

    stay_on_one_processor()?;
    let engine = engines.start(Generation::Docker28)?;
    image::import(engine.engine(), &layer, TEST_IMAGE)?;
    say(format!(
        "measuring on a private engine: {}",
        engine.engine().version()?
    ));
    let benchmark = built.iter().find(|program| program.package == PACKAGE);
    let mut command = Command::new(
        &benchmark
            .with_context(|| format!("{PACKAGE} has no program"))?
            .path,
    );
    command
        .args(&arguments.arguments)
        .env("DOCKWIT_TEST_ENGINE", engine.engine().url())
        .env("DOCKWIT_TEST_ENGINE_NAME", engine.generation().name())
        .env(
            "DOCKWIT_TEST_ENGINE_PID",
            engine.init()?.as_raw_nonzero().to_string(),
        )
        .env("DOCKWIT_TEST_PLUGINS", plugins)
        .env("DOCKWIT_TEST_IMAGE", TEST_IMAGE)
        .env("DOCKWIT_TEST_COMMAND", dockwit)
        .env("DOCKWIT_TEST_DOCKER", docker);
    process::run_well(&mut command)?;
    Ok(ExitCode::SUCCESS)
}

/// Keeps this process and all that it starts from now on, the engine as well, to one processor.
///
/// What is asked and who answers take turns anyway. On two processors each turn wakes the other one, which takes several times what
/// a call costs, more or less by chance, and most of all on virtual machines.
fn stay_on_one_processor() -> Result<()> {
    let status = fs::read_to_string("/proc/self/status")?;
    let mut lines = status.lines();
    let allowed = lines.find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
    let allowed = allowed.context("the kernel doesn't tell on which processors this may run")?;
    let first = allowed.trim().split([',', '-']).next().unwrap_or("0");
    let this = std::process::id().to_string();
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", "--pid", first, &this]);
    process::read(&mut command).context("cannot run taskset of util-linux")?;
    Ok(())
}

/// The suite's docker command: itself if the machine's C library will do, otherwise a script that runs it
/// with the suite's.
fn docker(suite: &Path, target: &Path) -> Result<PathBuf> {
    let docker = suite.join("usr/bin/docker");
    let runs = process::capture(Command::new(&docker).arg("--version"));
    if runs.is_ok_and(|output| output.status.success()) {
        return Ok(docker);
    }
    let arch = Arch::of_this_machine()?;
    let script = target.join("docker");
    let suite = suite.display();
    let text = format!(
        "#!/bin/sh\nexec '{suite}/{}' --library-path '{suite}/usr/lib/{}' '{}' \"$@\"\n",
        arch.loader,
        arch.debian,
        docker.display()
    );
    fs::write(&script, text)?;
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755))?;
    Ok(script)
}
