//! `dockwit inspect`.

mod json;
mod report;
mod words;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::failure::{FAILED, Failure};
use super::{text, wasm_file};
use crate::policy::values::Digest;
use crate::runtime::Imports;

/// A component names each function that it can ever call. That list is told here in plain words; nothing is run, and no
/// engine is asked.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Options {
    /// The plugin: a WebAssembly component built for wasm32-wasip2
    plugin: PathBuf,

    /// Print one JSON object for programs
    #[arg(long)]
    json: bool,
}

const AFTER_HELP: &str = "\
Examples:
  dockwit inspect monitor.wasm
  dockwit inspect monitor.wasm --json | jq -r '.verbs | join(\",\")'";

/// A component, and what was found out about it.
struct Inspected<'a> {
    /// The file as it was named.
    file: &'a str,
    digest: Digest,
    /// In bytes.
    size: usize,
    imports: Imports,
}

/// Tells what a plugin can ask for.
pub(super) fn inspect(options: &Options) -> Result<ExitCode, Failure> {
    let component = wasm_file::read(&options.plugin, FAILED)?;
    let inspected = Inspected {
        file: &options.plugin.to_string_lossy(),
        digest: Digest::of(&component),
        size: component.len(),
        imports: wasm_file::imports(&component, FAILED)?,
    };
    let text = if options.json {
        json::render(&inspected).map_err(|error| Failure::of(FAILED, &error))?
    } else {
        report::render(&inspected)
    };
    text::print(&text)?;
    Ok(ExitCode::SUCCESS)
}
