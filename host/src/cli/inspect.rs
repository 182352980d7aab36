//! `dockwit inspect`.

mod json;
mod report;
mod words;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use sha2::{Digest, Sha256};

use super::failure::{FAILED, Failure};
use super::wasm_file;
use crate::runtime::{ImportError, Imports};

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
    /// `sha256:` and the digest.
    digest: String,
    /// In bytes.
    size: usize,
    imports: Imports,
}

/// Tells what a plugin can ask for.
pub(super) fn inspect(options: &Options) -> Result<ExitCode, Failure> {
    let component = wasm_file::read(&options.plugin, FAILED)?;
    let inspected = Inspected {
        file: &options.plugin.to_string_lossy(),
        digest: digest(&component),
        size: component.len(),
        imports: Imports::read(&component).map_err(|error| unreadable(&error))?,
    };
    let text = if options.json {
        json::render(&inspected).map_err(|error| Failure::of(FAILED, &error))?
    } else {
        report::render(&inspected)
    };
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::of(FAILED, &error)),
        _ => Ok(ExitCode::SUCCESS),
    }
}

fn unreadable(error: &ImportError) -> Failure {
    let failure = Failure::of(FAILED, error);
    match error {
        ImportError::NotWasm => {
            failure.hint("name the file that `cargo build --target wasm32-wasip2` makes")
        }
        _ => failure,
    }
}

fn digest(component: &[u8]) -> String {
    use std::fmt::Write;
    let mut text = String::from("sha256:");
    for byte in Sha256::digest(component) {
        // Writing to a string doesn't fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
