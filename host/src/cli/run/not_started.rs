//! Why a run isn't started, and what to do then.

use super::Options;
use crate::cli::failure::{self, Failure, NOT_STARTED};
use crate::cli::text;
use crate::policy::Verb;
use crate::runtime::{BeginError, ImportError, LoadError};

pub(super) fn not_loaded(error: &LoadError) -> Failure {
    let failure = Failure::new(NOT_STARTED, failure::chain(error));
    match error {
        LoadError::Newer(_) => failure.hint("update dockwit, or build the plugin with an older crate `dockwit`"),
        LoadError::Refused(_) => failure.hint(
            "build it with the crate `dockwit` alone; its `time` and `stdin()` take the place of WASI 0.3",
        ),
        LoadError::Unreadable(ImportError::NotWasm) => {
            failure.hint("name the file that `cargo build --target wasm32-wasip2` makes")
        }
        _ => failure,
    }
}

impl Options {
    pub(super) fn not_begun(&self, error: &BeginError) -> Failure {
        let failure = Failure::of(NOT_STARTED, error);
        match error {
            BeginError::Missing(verbs) => self.missing(verbs),
            BeginError::Directory { .. } => {
                failure.hint("the folder must be there before the plugin starts")
            }
            BeginError::Component { found, .. } => failure.hint(format!(
                "if it is the one that you mean, write component = \"{found}\""
            )),
            BeginError::Variable(name) => failure.hint(format!(
                "set it, or take {name} from wasi.env in the policy"
            )),
            BeginError::Limit(met) => {
                failure.hint(format!("a policy sets {}; see --policy", met.key))
            }
            BeginError::Instantiate(_) => failure,
        }
    }

    fn missing(&self, verbs: &[Verb]) -> Failure {
        let rows = verbs.iter().map(|verb| (verb.name(), verb.summary()));
        let names: Vec<_> = verbs.iter().map(|verb| verb.name()).collect();
        let hint = match &self.policy {
            Some(file) => format!(
                "add to allow in {}: \"{}\"; or write missing = \"deny\" to start the plugin without",
                file.display(),
                names.join("\", \"")
            ),
            None => format!(
                "add --allow {} to grant it, or --partial to start the plugin without",
                names.join(",")
            ),
        };
        Failure::new(
            NOT_STARTED,
            "the plugin wasn't started, since it asks for what isn't granted:",
        )
        .details(text::columns(rows).collect())
        .hint(hint)
    }
}
