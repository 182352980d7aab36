//! `dockwit policy explain`.

use std::process::ExitCode;

use clap::Args;

use super::Looked;
use crate::cli::failure::{FAILED, Failure};
use crate::cli::text;
use crate::policy::{Explained, ExplainedKey, ExplainedTable, Policy, Verb};

/// Tells what a plugin may call under a policy and what is denied to it, then each key with its value and what it does, as in the
/// file. What the file doesn't say is marked as a default: it holds all the same.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(in crate::cli) struct Options {
    #[command(flatten)]
    looked: Looked,

    /// Print the policy as one JSON object, with everything said: patterns as the calls that they grant, and defaults
    #[arg(long)]
    json: bool,
}

const AFTER_HELP: &str = "\
Examples:
  dockwit policy explain monitor.toml
  dockwit policy explain monitor.toml --json | jq .limits";

/// How wide a line of names is.
const WIDTH: usize = 100;

pub(super) fn explain(options: &Options) -> Result<ExitCode, Failure> {
    let explained = options.looked.explain()?;
    match options.json {
        true => {
            let json = serde_json::to_string_pretty(&explained.effective)
                .map_err(|error| Failure::of(FAILED, &error))?;
            text::print(&format!("{json}\n"))?;
        }
        false => text::print(&render(&explained))?,
    }
    Ok(ExitCode::SUCCESS)
}

fn render(explained: &Explained) -> String {
    let mut lines = calls(explained);
    lines.extend(credentials(&explained.policy));
    for table in &explained.tables {
        lines.push(String::new());
        lines.extend(section(table));
    }
    lines.iter().fold(String::new(), |text, line| {
        text + &text::escape(line) + "\n"
    })
}

/// What may be called, and what not.
fn calls(explained: &Explained) -> Vec<String> {
    let policy = &explained.policy;
    let (allowed, denied): (Vec<_>, Vec<_>) =
        Verb::all().partition(|verb| policy.allow(*verb).is_ok());
    let mut lines = vec![format!("The plugin {} may call", policy.plugin())];
    match allowed.is_empty() {
        true => lines.push("  nothing".to_owned()),
        false => {
            let rows = allowed.iter().map(|verb| (verb.name(), verb.summary()));
            lines.extend(text::columns(rows).map(|line| format!("  {line}")));
        }
    }
    if !denied.is_empty() {
        lines.push(String::new());
        lines.push("It is denied, and the engine never hears of it".to_owned());
        lines.extend(wrapped(denied.iter().map(|verb| verb.name())));
    }
    lines
}

/// Whose credentials are sent where.
fn credentials(policy: &Policy) -> Vec<String> {
    let told = policy.credentials().iter().map(|(name, rule)| {
        format!(
            "  credentials {name}: {}, from {}, nothing uses it until pull and push are there",
            rule.registry, rule.from
        )
    });
    let told: Vec<_> = told.collect();
    let title = "The host has for it, and shows it none of it".to_owned();
    match told.is_empty() {
        true => told,
        false => [String::new(), title].into_iter().chain(told).collect(),
    }
}

/// Names, as many in a line as fit.
fn wrapped<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for name in names {
        match lines.last_mut() {
            Some(line) if line.len() + name.len() + 2 <= WIDTH => {
                line.push_str(", ");
                line.push_str(name);
            }
            _ => lines.push(format!("  {name}")),
        }
    }
    lines
}

fn section(table: &ExplainedTable) -> Vec<String> {
    let title = match table.name.as_str() {
        "" => "At the top".to_owned(),
        name => format!("[{name}]"),
    };
    let mut lines = vec![format!("{title}  {}", table.what)];
    for key in &table.keys {
        lines.push(format!("  {}", assignment(key)));
        lines.push(format!("      {}", key.what));
    }
    lines
}

/// `memory = "512MiB"  (default)`.
fn assignment(key: &ExplainedKey) -> String {
    let name = &key.name;
    match (&key.value, key.said) {
        (Some(value), true) => format!("{name} = {value}"),
        (Some(value), false) => format!("{name} = {value}  (default)"),
        (None, _) => format!("{name}  (not said)"),
    }
}
