//! `dockwit check`.

mod defeats;
mod folders;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::failure::{FAILED, Failure};
use super::{engine, run, text, wasm_file};
use crate::policy::values::Digest;
use crate::policy::{Lacking, Policy, Setting, Verb};
use crate::runtime::Imports;
use crate::transport::Address;

/// Tells what the plugin asks for and isn't granted, what is granted and never asked for, and where one grant takes what others
/// hold. Nothing is run, no engine is asked, and no secret is read.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Options {
    /// The plugin: a WebAssembly component built for wasm32-wasip2
    plugin: PathBuf,

    /// The policy, in TOML
    policy: PathBuf,

    /// Set a key of the policy, as `dockwit run` does
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<Setting>,
}

const AFTER_HELP: &str = "\
Examples:
  dockwit check monitor.wasm monitor.toml
  dockwit check monitor.wasm monitor.toml --set scope.containers=all

Exit status:
  0  the plugin would be started; there may be warnings
  1  it would not";

/// What is wrong with a policy for a plugin.
#[derive(Default)]
struct Findings {
    errors: Vec<String>,
    warnings: Vec<String>,
}

pub(super) fn check(options: &Options) -> Result<ExitCode, Failure> {
    let component = wasm_file::read(&options.plugin, FAILED)?;
    let imports = wasm_file::imports(&component, FAILED)?;
    let policy = run::policy::reader(&options.settings).without_values();
    let policy = policy.read(&options.policy);
    let policy = policy.map_err(|error| run::policy::refused(&error, FAILED))?;
    let mut findings = Findings::of(&imports, &Digest::of(&component), &policy);
    let engine = engine::address();
    findings.binds(&policy, &engine);
    let defeats = defeats::of(&policy, &engine);
    findings.warnings.extend(defeats);
    text::print(&findings.render())?;
    Ok(match findings.errors.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::from(FAILED),
    })
}

impl Findings {
    fn of(imports: &Imports, digest: &Digest, policy: &Policy) -> Self {
        let mut findings = Self::default();
        findings.component(digest, policy);
        findings.missing(imports, policy);
        findings.unused(imports, policy);
        findings.left_out(policy.left_out());
        findings
    }

    fn component(&mut self, digest: &Digest, policy: &Policy) {
        if policy.component().is_some_and(|named| named != digest) {
            self.errors.push(format!(
                "the policy is for another component; write component = \"{digest}\" if it is this one"
            ));
        }
    }

    fn missing(&mut self, imports: &Imports, policy: &Policy) {
        let told = |lacking: Lacking| {
            let (name, summary) = (lacking.name(), lacking.summary());
            format!("not granted: {name}  {summary}; {}", lacking.add())
        };
        let missing = policy.missing(imports.verbs(), imports.powers());
        let missing = missing.into_iter().map(told);
        match policy.grants().starts_without() {
            true => self.warnings.extend(missing),
            false => self.errors.extend(missing),
        }
    }

    fn unused(&mut self, imports: &Imports, policy: &Policy) {
        let unused = policy
            .grants()
            .verbs()
            .filter(|verb| !imports.verbs().contains(verb));
        self.warnings
            .extend(unused.map(|verb| format!("granted, and never asked for: {verb}")));
        let credentials = policy.credentials().keys();
        self.warnings.extend(credentials.map(|name| {
            format!("granted, and never asked for: credentials.{name}; nothing uses it until pull and push are there")
        }));
    }

    /// What patterns would grant, were they written for this host's version of the interface.
    fn left_out(&mut self, newer: impl Iterator<Item = Verb>) {
        self.warnings.extend(newer.map(|verb| {
            format!(
                "not granted by a pattern, since it came with version {}: {verb}; add it to allow, or raise api",
                verb.since()
            )
        }));
    }

    /// Paths for containers that the engine can't be given.
    fn binds(&mut self, policy: &Policy, engine: &Address) {
        let wrong = policy.wrong_binds(matches!(engine, Address::Unix(_)));
        self.errors.extend(wrong.iter().map(ToString::to_string));
    }

    fn render(&self) -> String {
        let errors = self.errors.iter().map(|line| ("error", line));
        let warnings = self.warnings.iter().map(|line| ("warning", line));
        let lines = errors.chain(warnings);
        let mut text: String = lines
            .map(|(kind, line)| format!("{kind}: {}\n", text::escape(line)))
            .collect();
        if text.is_empty() {
            text.push_str("the policy grants what the plugin asks for, and no more\n");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attack_144_what_newer_versions_would_add_is_told() {
        let mut findings = Findings::default();
        findings.left_out([Verb::ContainerLogs].into_iter());
        assert_eq!(
            findings.render(),
            "warning: not granted by a pattern, since it came with version 0.1.0: container.logs; add it to allow, or raise api\n"
        );
    }
}
