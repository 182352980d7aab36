//! The policy of a run: a file, or what the options say in short.

use std::path::Path;

use super::Options;
use crate::cli::failure::{self, Failure, NOT_STARTED};
use crate::cli::options::Shown;
use crate::policy::values::PluginName;
use crate::policy::{Grants, Missing, Policy, Show};

impl Options {
    pub(super) fn policy(&self) -> Result<Policy, Failure> {
        match &self.policy {
            Some(file) => read(file, NOT_STARTED),
            None => self.shorthand(),
        }
    }

    /// `--allow` and its like: a policy without a file, for a plugin called as its own file is.
    fn shorthand(&self) -> Result<Policy, Failure> {
        let name = self.plugin.file_stem().unwrap_or_default();
        let name = PluginName::near(&name.to_string_lossy());
        let policy = Policy::new(name)
            .with_grants(self.grants()?)
            .with_show(self.show());
        let directories = self.directories.iter().cloned();
        Ok(directories.fold(policy, Policy::with_directory))
    }

    fn show(&self) -> Show {
        let mut show = Show::default();
        for shown in &self.show {
            match *shown {
                Shown::Env(env) => show.env = env,
                Shown::Args(args) => show.args = args,
            }
        }
        show
    }

    fn grants(&self) -> Result<Grants, Failure> {
        let words = self
            .allow
            .iter()
            .map(|word| word.trim())
            .filter(|word| !word.is_empty());
        let grants = Grants::parse(words, self.api.as_deref()).map_err(|error| {
            let file = self.plugin.display();
            Failure::of(NOT_STARTED, &error).hint(format!(
                "`dockwit inspect {file}` tells what the plugin asks for"
            ))
        })?;
        Ok(if self.partial {
            grants.missing(Missing::Deny)
        } else {
            grants
        })
    }
}

/// Reads a policy file.
pub(in crate::cli) fn read(file: &Path, status: u8) -> Result<Policy, Failure> {
    Policy::read(file).map_err(|error| {
        let failure = Failure::new(status, failure::chain(&error));
        match error.hint() {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    })
}
