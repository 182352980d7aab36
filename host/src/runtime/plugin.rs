//! A plugin that is loaded: compiled, and all that it imports is there.

use wasmtime::component::{Component, Linker};
use wasmtime_wasi::p3::bindings::CommandPre;

use super::imports::{ImportError, Imports, RunExport};
use super::run::Run;
use super::setup::{BeginError, RunSetup};
use super::state::State;
use crate::policy::Met;
use crate::policy::values::Digest;

/// A component that can be run, any number of times and side by side.
#[derive(Clone)]
pub struct Plugin {
    command: CommandPre<State>,
    imports: std::sync::Arc<Imports>,
    digest: Digest,
    size: u64,
}

/// Why a component can't be run by this host.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// It can't be read.
    #[error(transparent)]
    Unreadable(#[from] ImportError),
    /// It was built for a newer host.
    #[error("the plugin needs a newer dockwit: this one lacks {}", .0.join(", "))]
    Newer(Vec<String>),
    /// It asks for what no plugin gets.
    #[error("the plugin imports what dockwit gives to no plugin: {}", .0.join(", "))]
    Refused(Vec<String>),
    /// It has a plain `main`, which can't wait for an engine.
    #[error(
        "the plugin has a plain `fn main()`, which can't wait for an engine; make it `#[dockwit::main] async fn main(docker: Docker)` and build it again"
    )]
    PlainMain,
    /// It is a library.
    #[error(
        "the component has nothing to run: it doesn't export `wasi:cli/run@0.3.0`, which `#[dockwit::main]` makes"
    )]
    NothingToRun,
    /// Wasmtime can't compile it.
    #[error("the component can't be compiled")]
    Compile(#[source] wasmtime::Error),
    /// It is too big to be compiled, or compiling it takes more than it may.
    #[error("the component takes too much to be compiled: {0}")]
    Limit(Met),
    /// An import has another type than this host's.
    #[error("the plugin's imports don't fit this host")]
    Link(#[source] wasmtime::Error),
}

impl LoadError {
    /// Why there is no compiled code.
    pub(super) fn of_compiler(error: wasmtime::Error) -> Self {
        match error.downcast::<Met>() {
            Ok(met) => Self::Limit(met),
            Err(error) => Self::Compile(error),
        }
    }
}

/// Whether a component, by what it imports and exports, can be run at all.
pub(super) fn check(imports: &Imports) -> Result<(), LoadError> {
    match imports.run_export() {
        RunExport::V03 => {}
        RunExport::OnlyV02 => return Err(LoadError::PlainMain),
        RunExport::None => return Err(LoadError::NothingToRun),
    }
    if !imports.unknown().is_empty() {
        return Err(LoadError::Newer(
            imports.unknown().iter().map(ToString::to_string).collect(),
        ));
    }
    if !imports.refused_wasi().is_empty() {
        return Err(LoadError::Refused(
            imports
                .refused_wasi()
                .iter()
                .map(ToString::to_string)
                .collect(),
        ));
    }
    Ok(())
}

impl Plugin {
    pub(super) fn new(
        linker: &Linker<State>,
        component: &Component,
        imports: Imports,
        bytes: &[u8],
    ) -> Result<Self, LoadError> {
        let command = linker
            .instantiate_pre(component)
            .and_then(CommandPre::new)
            .map_err(LoadError::Link)?;
        Ok(Self {
            command,
            imports: imports.into(),
            digest: Digest::of(bytes),
            size: bytes.len() as u64,
        })
    }

    /// What it asks for.
    pub fn imports(&self) -> &Imports {
        &self.imports
    }

    /// The digest of its component.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// Begins a run: holds what the plugin asks for against what it is granted, and sets up its sandbox.
    ///
    /// # Errors
    ///
    /// Fails with [`BeginError::Missing`] if it asks for more than it is granted, and the grants don't say that it may start
    /// without. Another component than the policy names, a variable or credentials that aren't there, a folder that can't be opened,
    /// paths or ports that can't be had as the policy gives them, an audit that can't be written, or Wasmtime's own bounds, are the
    /// other reasons.
    pub async fn begin(&self, setup: RunSetup) -> Result<Run, BeginError> {
        let audit = setup.begin_audit(&self.digest)?;
        let begun = match self.fits(&setup) {
            Ok(()) => Run::begin(&self.command, setup, audit.clone()).await,
            Err(error) => Err(error),
        };
        if let (Err(error), Some(audit)) = (&begun, &audit) {
            error.tell(audit);
        }
        begun
    }

    /// Whether it may be run under the policy at all.
    fn fits(&self, setup: &RunSetup) -> Result<(), BeginError> {
        if let Some(named) = setup.policy.component()
            && *named != self.digest
        {
            return Err(BeginError::Component {
                named: *named,
                found: self.digest,
            });
        }
        if let Some(found) = setup.policy.contradictions().into_iter().next() {
            return Err(BeginError::Contradiction(found));
        }
        let limit = setup.policy.sandbox().component;
        if self.size > limit.0 {
            return Err(BeginError::Limit(Met::new("sandbox.component", limit)));
        }
        let (verbs, powers) = (self.imports.verbs(), self.imports.powers());
        let missing = setup.policy.missing(verbs, powers);
        if !missing.is_empty() && !setup.policy.grants().starts_without() {
            return Err(BeginError::Missing(missing));
        }
        Ok(())
    }
}
