//! `dockwit audit`.

use std::process::ExitCode;

use clap::Subcommand;

use super::failure::{FAILED, Failure};
use super::text;
use crate::policy::audit;

/// What can be done with audits.
#[derive(Subcommand)]
pub(super) enum Command {
    /// Print the JSON schema of the lines of an audit: every field with what it is
    Schema,
}

pub(super) fn run(command: &Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Schema => schema(),
    }
}

fn schema() -> Result<ExitCode, Failure> {
    let schema = serde_json::to_string_pretty(&audit::schema())
        .map_err(|error| Failure::of(FAILED, &error))?;
    text::print(&format!("{schema}\n"))?;
    Ok(ExitCode::SUCCESS)
}
