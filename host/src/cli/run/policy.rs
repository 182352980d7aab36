//! The policy of a run: a file, or what the options say in short.

use serde::Serialize;

use super::Options;
use crate::cli::failure::{self, Failure, NOT_STARTED};
use crate::cli::options::Shown;
use crate::policy::values::PluginName;
use crate::policy::{Grants, Missing, Policy, PolicyError, PolicyReader, Setting, Show, Verb};

impl Options {
    pub(super) fn policy(&self) -> Result<Policy, Failure> {
        match &self.policy {
            Some(file) => {
                let read = reader(&self.settings).read(file);
                read.map_err(|error| refused(&error, NOT_STARTED))
            }
            None => self.shorthand(),
        }
    }

    /// `--allow` and its like: a policy without a file, for a plugin called as its own file is.
    fn shorthand(&self) -> Result<Policy, Failure> {
        let text = self.text()?;
        let policy = reader(&self.settings).parse(&text);
        let policy = policy.map_err(|error| refused(&error, NOT_STARTED))?;
        let directories = self.directories.iter().cloned();
        Ok(directories.fold(policy, Policy::with_directory))
    }

    /// What the options say, as a file would.
    fn text(&self) -> Result<String, Failure> {
        let name = self.plugin.file_stem().unwrap_or_default();
        let keys = Shorthand {
            version: 1,
            plugin: PluginName::near(&name.to_string_lossy()),
            allow: self.grants()?.verbs().map(Verb::name).collect(),
            missing: match self.partial {
                true => Missing::Deny,
                false => Missing::Refuse,
            },
            show: self.show(),
        };
        toml::to_string(&keys).map_err(|error| Failure::of(NOT_STARTED, &error))
    }

    pub(super) fn show(&self) -> Show {
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
        Grants::parse(words, self.api.as_deref()).map_err(|error| {
            let file = self.plugin.display();
            Failure::of(NOT_STARTED, &error).hint(format!(
                "`dockwit inspect {file}` tells what the plugin asks for"
            ))
        })
    }
}

/// The keys of a policy that options have for.
#[derive(Serialize)]
struct Shorthand {
    version: u32,
    plugin: PluginName,
    allow: Vec<&'static str>,
    missing: Missing,
    show: Show,
}

/// Reads policies with these keys set besides, and with this process's environment.
pub(in crate::cli) fn reader(settings: &[Setting]) -> PolicyReader<'static> {
    let reader = PolicyReader::new().environment(|name| std::env::var(name).ok());
    settings.iter().cloned().fold(reader, PolicyReader::set)
}

/// Why a policy can't be taken.
pub(in crate::cli) fn refused(error: &PolicyError, status: u8) -> Failure {
    let failure = Failure::new(status, failure::chain(error));
    match error.hint() {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}
