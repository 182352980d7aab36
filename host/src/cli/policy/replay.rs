//! `dockwit policy replay`.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::Looked;
use crate::cli::failure::{FAILED, Failure, USAGE};
use crate::cli::text;
use crate::policy::audit::{Differing, Replay, Replayed};

/// Reads an audit, and tells which of its calls would be decided otherwise under this policy. Of verbs that is exact. What a container
/// was made with is no part of an audit, beyond the one value that a refusal names; nor is what is in scope, and what limits had left.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(in crate::cli) struct Options {
    /// The audit: what `dockwit run --audit` wrote
    audit: PathBuf,

    #[command(flatten)]
    looked: Looked,
}

const AFTER_HELP: &str = "\
Examples:
  dockwit policy replay audit.jsonl narrower.toml
  dockwit policy replay audit.jsonl devenv.toml --set create.memory=1GiB

Exit status:
  0  every call would be decided as it was, as far as the audit tells
  1  one would be decided otherwise
  2  the audit or the policy can't be read";

pub(super) fn replay(options: &Options) -> Result<ExitCode, Failure> {
    let policy = options.looked.read_or(USAGE)?;
    let name = options.audit.display();
    let unread = |error: &dyn std::fmt::Display| {
        Failure::new(USAGE, format!("{name} can't be read: {error}"))
    };
    let file = File::open(&options.audit).map_err(|error| unread(&error))?;
    let mut replay = Replay::new(&policy);
    for (index, line) in BufReader::new(file).lines().enumerate() {
        let line = line.map_err(|error| unread(&error))?;
        replay
            .line(&line)
            .map_err(|error| Failure::new(USAGE, format!("{name}:{}: {error}", index + 1)))?;
    }
    let replayed = replay.finish();
    text::print(&render(&replayed))?;
    Ok(match replayed.differs() {
        true => ExitCode::from(FAILED),
        false => ExitCode::SUCCESS,
    })
}

fn render(replayed: &Replayed) -> String {
    let mut lines = Vec::new();
    for Differing { op, why, count, .. } in &replayed.denied_now {
        lines.push(format!("denied now   {op}  {}; add: {why}", calls(*count)));
    }
    for Differing { op, why, count, .. } in &replayed.allowed_now {
        let far = match why.as_str() {
            "allow" | "show" => "",
            _ => ", as far as the audit tells",
        };
        lines.push(format!(
            "allowed now  {op}  {}, denied by {why} before{far}",
            calls(*count)
        ));
    }
    lines.push(format!("alike        {}", calls(replayed.alike)));
    for (count, what) in [
        (
            replayed.creates,
            "of these, what was asked for isn't told, so that bounds of containers weren't held against it: containers.create",
        ),
        (
            replayed.untold,
            "not decided, since the audit doesn't tell enough of them (limits, scopes, other values)",
        ),
        (replayed.others, "lines are about other plugins"),
    ] {
        if count > 0 {
            lines.push(format!("note: {count} {what}"));
        }
    }
    lines.iter().fold(String::new(), |text, line| {
        text + &text::escape(line) + "\n"
    })
}

fn calls(count: u64) -> String {
    match count {
        1 => "1 call".to_owned(),
        _ => format!("{count} calls"),
    }
}
