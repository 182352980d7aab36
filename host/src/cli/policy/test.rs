//! `dockwit policy test`.

use std::fmt;
use std::process::ExitCode;

use clap::Args;

use super::Looked;
use crate::cli::failure::{FAILED, Failure};
use crate::cli::text;
use crate::policy::{Case, Decision, Expect, Policy};

/// Decides the cases of a policy's tables [[test]] as calls are decided: a line each. Nothing is run, no engine is asked and no secret
/// is read. An image is taken to bring nothing of its own.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(in crate::cli) struct Options {
    #[command(flatten)]
    looked: Looked,
}

const AFTER_HELP: &str = "\
Examples:
  dockwit policy test devenv.toml
  A case in the policy:
    [[test]]
    call   = \"containers.create\"
    with   = { image = \"alpine\", memory = \"1GiB\" }   # options by the names of their setters
    expect = \"denied\"                                # or \"allowed\"
    rule   = \"create.images\"                         # optional: which key is to deny it

Exit status:
  0  every case is as expected; or there is none, which is said
  1  one is not, or the policy is wrong";

pub(super) fn test(options: &Options) -> Result<ExitCode, Failure> {
    let policy = options.looked.read()?;
    if policy.cases().is_empty() {
        text::print("the policy has no tests; add some as tables [[test]]\n")?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut failed = 0;
    let mut lines = String::new();
    for case in policy.cases() {
        let (met, line) = tell(&policy, case);
        failed += usize::from(!met);
        lines.push_str(&text::escape(&line));
        lines.push('\n');
    }
    let count = policy.cases().len();
    lines.push_str(&format!("{} of {count} as expected\n", count - failed));
    text::print(&lines)?;
    Ok(match failed {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::from(FAILED),
    })
}

/// Whether a case is as expected, and a line about it.
fn tell(policy: &Policy, case: &Case) -> (bool, String) {
    let decision = policy.decide(case.verb(), case.with());
    let met = case.is_met_by(&decision);
    let line = match met {
        true => format!("ok      {case}: {}", short(&decision)),
        false => format!("FAILED  {case}: {}, {}", expected(case), Told(&decision)),
    };
    (met, line)
}

fn short(decision: &Decision) -> String {
    match decision {
        Decision::Denied { rule, .. } => format!("denied by {rule}"),
        _ => "allowed".to_owned(),
    }
}

fn expected(case: &Case) -> String {
    match (case.expect(), case.rule()) {
        (Expect::Allowed, _) => "allowed is expected".to_owned(),
        (Expect::Denied, None) => "denied is expected".to_owned(),
        (Expect::Denied, Some(rule)) => format!("denied by {rule} is expected"),
    }
}

/// A decision with its reasons.
struct Told<'a>(&'a Decision);

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Decision::Allowed => f.write_str("and it is allowed"),
            Decision::Denied { rule, why, add } => {
                write!(f, "and it is denied by {rule}: {why}")?;
                match add {
                    Some(add) => write!(f, "; add: {add}"),
                    None => Ok(()),
                }
            }
            Decision::Invalid { field, why } => write!(f, "and {field} can't be: {why}"),
        }
    }
}
