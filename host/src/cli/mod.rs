//! The command `dockwit`: runs plugins and tells what they ask for. One user of the library among others.

mod audit;
mod check;
mod engine;
mod failure;
mod inspect;
mod options;
mod output;
mod policy;
mod run;
mod signals;
mod text;
mod wasm_file;

use std::io::{self, IsTerminal};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::runtime::compile;

const VERSION: &str = concat!(
    env!("CARGO_PKG_VERSION"),
    " (dockwit:engine ",
    env!("DOCKWIT_INTERFACE_VERSION"),
    ")"
);

/// Runs WebAssembly plugins that drive a Docker Engine, each only as far as it is granted.
#[derive(Parser)]
#[command(name = "dockwit", version = VERSION, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run a plugin
    Run(Box<run::Options>),
    /// Tell what a plugin can ask for, without running it
    Inspect(inspect::Options),
    /// Hold a plugin against a policy, without running it
    Check(check::Options),
    /// Work on policies
    #[command(subcommand)]
    Policy(policy::Command),
    /// Work on audits
    #[command(subcommand)]
    Audit(audit::Command),
    /// Compile what standard input gives, for the process that asks
    #[command(name = COMPILE, hide = true)]
    Compile,
}

/// What the command calls itself by to compile a component.
const COMPILE: &str = "compile-component";

const EXAMPLES: &str = "\
Examples:
  What does it want?
    dockwit inspect monitor.wasm
  Run it, and grant it that much:
    dockwit run monitor.wasm --allow containers.list,container.logs
  Keep that in a file:
    dockwit check monitor.wasm monitor.toml && dockwit run monitor.wasm --policy monitor.toml";

/// Runs the command with the arguments and the environment of this process.
pub fn main() -> ExitCode {
    if std::env::var_os(LOG).is_some() {
        log();
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let result = match &cli.command {
        Command::Run(options) => run::run(options),
        Command::Inspect(options) => inspect::inspect(options),
        Command::Check(options) => check::check(options),
        Command::Policy(command) => policy::run(command),
        Command::Audit(command) => audit::run(command),
        Command::Compile => Ok(compile::serve()),
    };
    result.unwrap_or_else(|failure| failure.report())
}

/// Help and the version are no failures; a wrong option of `run` must not be taken for a status of the plugin.
fn usage(error: &clap::Error) -> ExitCode {
    // Nobody is left to be told if that fails.
    let _ = error.print();
    let is_run = std::env::args_os()
        .nth(1)
        .is_some_and(|command| command == "run");
    match (error.use_stderr(), is_run) {
        (false, _) => ExitCode::SUCCESS,
        (true, true) => ExitCode::from(failure::NOT_STARTED),
        (true, false) => ExitCode::from(failure::USAGE),
    }
}

/// The variable that switches the host's own log on: `debug`, `dockwit_host=trace`.
const LOG: &str = "DOCKWIT_LOG";

fn log() {
    let filter = tracing_subscriber::EnvFilter::from_env(LOG);
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .init();
}
