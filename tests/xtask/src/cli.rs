//! The command line.

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::commands::{bench, demo, engine, plugins, test};
use crate::process::{self, Interrupted};
use crate::progress::say;

/// The status of a command that was interrupted, as shells count it.
const INTERRUPTED: u8 = 130;

/// The tasks of the project.
///
/// Each makes sure of what it needs, below the target folder, and leaves nothing running.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    Demo(demo::Arguments),
    Test(test::Arguments),
    Engine(engine::Arguments),
    Bench(bench::Arguments),
    Plugins(plugins::Arguments),
}

/// Does what the command line says.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    match process::end_on_signals().and_then(|()| perform(arguments.task)) {
        Ok(code) => code,
        Err(error) if error.is::<Interrupted>() => {
            say("interrupted: all that was started has been ended");
            ExitCode::from(INTERRUPTED)
        }
        Err(error) => {
            say(format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn perform(task: Task) -> Result<ExitCode> {
    match task {
        Task::Demo(arguments) => demo::run(&arguments),
        Task::Test(arguments) => test::run(&arguments),
        Task::Bench(arguments) => bench::run(&arguments),
        Task::Engine(arguments) => engine::run(&arguments),
        Task::Plugins(arguments) => plugins::run(&arguments),
    }
}
