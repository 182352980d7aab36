//! `dockwit policy`.

mod explain;
mod pin;
mod replay;
mod test;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::failure::{FAILED, Failure};
use super::{run, text};
use crate::policy::{self, Explained, Policy, Setting};

/// What can be done with policies.
#[derive(Subcommand)]
pub(super) enum Command {
    /// Print the JSON schema of policy files: every key with what it does, for editors
    Schema,
    /// Tell a policy in words, with every default that holds
    Explain(explain::Options),
    /// Decide the cases that a policy has in its tables [[test]], without an engine
    Test(test::Options),
    /// Name the images of a policy by their content instead of by tags
    Pin(pin::Options),
    /// Tell which calls of an audit another policy would have decided otherwise
    Replay(replay::Options),
}

pub(super) fn run(command: &Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Schema => schema(),
        Command::Explain(options) => explain::explain(options),
        Command::Test(options) => test::test(options),
        Command::Pin(options) => pin::pin(options),
        Command::Replay(options) => replay::replay(options),
    }
}

fn schema() -> Result<ExitCode, Failure> {
    let schema = serde_json::to_string_pretty(&policy::schema())
        .map_err(|error| Failure::of(FAILED, &error))?;
    text::print(&format!("{schema}\n"))?;
    Ok(ExitCode::SUCCESS)
}

/// A policy that is looked at, and not run under: no secret is read.
#[derive(Args)]
struct Looked {
    /// The policy, in TOML
    policy: PathBuf,

    /// Set a key of the policy, as `dockwit run` does
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<Setting>,
}

impl Looked {
    fn read(&self) -> Result<Policy, Failure> {
        self.read_or(FAILED)
    }

    fn read_or(&self, status: u8) -> Result<Policy, Failure> {
        let reader = run::policy::reader(&self.settings).without_values();
        let policy = reader.read(&self.policy);
        policy.map_err(|error| run::policy::refused(&error, status))
    }

    fn explain(&self) -> Result<Explained, Failure> {
        let reader = run::policy::reader(&self.settings).without_values();
        let explained = reader.explain(&self.policy);
        explained.map_err(|error| run::policy::refused(&error, FAILED))
    }
}
