//! `dockwit policy`.

use std::process::ExitCode;

use clap::Subcommand;

use super::failure::{FAILED, Failure};
use super::text;
use crate::policy;

/// What can be done with policies.
#[derive(Subcommand)]
pub(super) enum Command {
    /// Print the JSON schema of policy files: every key with what it does, for editors
    Schema,
}

pub(super) fn run(command: &Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Schema => schema(),
    }
}

fn schema() -> Result<ExitCode, Failure> {
    let schema = serde_json::to_string_pretty(&policy::schema())
        .map_err(|error| Failure::of(FAILED, &error))?;
    text::print(&format!("{schema}\n"))?;
    Ok(ExitCode::SUCCESS)
}
