//! Why a run isn't started, and what to do then.

use super::Options;
use crate::api::ErrorKind;
use crate::cli::failure::{self, Failure, NOT_STARTED};
use crate::cli::text;
use crate::keeper::KeepError;
use crate::policy::create::NotGiven;
use crate::policy::{Lacking, Met};
use crate::runtime::{BeginError, ImportError, LoadError};

pub(super) fn not_loaded(error: &LoadError) -> Failure {
    let failure = Failure::new(NOT_STARTED, failure::chain(error));
    match error {
        LoadError::Limit(met) => failure.hint(raise(met)),
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
            BeginError::Missing(missing) => self.missing(missing),
            BeginError::Directory { .. } => {
                failure.hint("the folder must be there before the plugin starts")
            }
            BeginError::Component { found, .. } => failure.hint(format!(
                "if it is the one that you mean, write component = \"{found}\""
            )),
            BeginError::Variable(name) => failure.hint(format!(
                "set it, or take {name} from wasi.env in the policy"
            )),
            BeginError::Limit(met) => failure.hint(raise(met)),
            BeginError::Audit(_) => failure
                .hint("what can't be audited isn't run; make room for it, or name another --audit"),
            BeginError::Keep(error) => not_kept(failure, error),
            BeginError::NoLedger
            | BeginError::Guarded { .. }
            | BeginError::Bind(_)
            | BeginError::Contradiction(_)
            | BeginError::Credentials(_)
            | BeginError::Instantiate(_) => failure,
        }
    }

    fn missing(&self, missing: &[Lacking]) -> Failure {
        let rows = missing
            .iter()
            .map(|lacking| (lacking.name(), lacking.summary()));
        let hint = match &self.policy {
            Some(file) => format!(
                "add to {}: {}; or write missing = \"deny\" to start the plugin without",
                file.display(),
                lines(missing)
            ),
            None => format!(
                "add {} to grant it, or --partial to start the plugin without",
                flags(missing)
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

fn raise(met: &Met) -> String {
    format!("raise it by --set {}=..., or in the policy", met.key)
}

fn not_kept(failure: Failure, error: &KeepError) -> Failure {
    match error {
        KeepError::Unenforced(lost) => {
            let names: Vec<_> = lost.iter().map(|what| format!("\"{what}\"")).collect();
            let names = names.join(",");
            failure.hint(format!(
                "accept it by --set 'accept-unenforced=[{names}]', or in the policy"
            ))
        }
        KeepError::Engine(error) if error.kind() == ErrorKind::Unavailable => {
            failure.hint("start the engine, or name another by --engine or DOCKER_HOST")
        }
        _ => failure,
    }
}

/// The verbs that `allow` lacks.
fn not_in_allow(missing: &[Lacking]) -> Vec<&'static str> {
    let of_allow = missing.iter().filter(|lacking| lacking.rule() == "allow");
    of_allow.map(Lacking::name).collect()
}

/// What to add to a policy file.
fn lines(missing: &[Lacking]) -> String {
    let verbs = not_in_allow(missing);
    let allow = (!verbs.is_empty()).then(|| format!("allow += \"{}\"", verbs.join("\", \"")));
    let others = missing.iter().filter(|lacking| lacking.rule() != "allow");
    let mut lines: Vec<_> = allow.into_iter().chain(others.map(Lacking::add)).collect();
    // Several may want the same.
    lines.dedup();
    lines.join("; ")
}

/// The options that say the same.
fn flags(missing: &[Lacking]) -> String {
    let verbs = not_in_allow(missing);
    let allow = (!verbs.is_empty()).then(|| format!("--allow {}", verbs.join(",")));
    let show = missing.iter().any(|lacking| lacking.rule() == "show");
    let show = show.then(|| "--show env=values,args=all".to_owned());
    let powers = missing.iter().filter_map(|lacking| match lacking {
        Lacking::Power(missing) => Some(*missing),
        _ => None,
    });
    let settings = NotGiven::settings(&powers.collect::<Vec<_>>());
    let settings = settings.iter().map(|setting| text::quoted(setting));
    let settings = settings.map(|setting| format!("--set {setting}"));
    let flags = allow.into_iter().chain(show).chain(settings);
    flags.collect::<Vec<_>>().join(" ")
}
