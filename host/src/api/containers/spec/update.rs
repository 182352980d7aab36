//! Requests to change a container.

use super::check;
use super::guard::{Guard, InvalidField};
use super::limits::limit_setters;
use super::options::HostOptions;
use crate::api::containers::types::RestartPolicy;
use crate::api::{Error, Result};

/// What shall change of a container, option by option; what isn't set stays.
///
/// Setters behave as those of [`ContainerSpec`](super::ContainerSpec), and mean the same.
#[derive(Clone, Debug, Default)]
pub struct UpdateSpec {
    guard: Guard,
    host: HostOptions,
}

impl UpdateSpec {
    /// Nothing changes yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The first impossible value that a setter was given.
    pub fn invalid(&self) -> Option<&InvalidField> {
        self.guard.invalid()
    }

    /// Says of a value that it is impossible, as a setter does; for those who allow fewer values.
    pub fn set_impossible(&mut self, field: &'static str, message: impl Into<String>) -> &mut Self {
        self.guard.refuse(field, message.into());
        self
    }

    /// What it takes of memory, in bytes and roughly.
    pub fn size_hint(&self) -> usize {
        self.guard.size()
    }

    /// The options that were set.
    pub fn options(&self) -> &HostOptions {
        &self.host
    }

    /// The options, to be completed. What is put in isn't checked and isn't counted.
    pub fn options_mut(&mut self) -> &mut HostOptions {
        &mut self.host
    }

    /// Fails with `Invalid` if something is impossible.
    pub(crate) fn check(&self) -> Result<()> {
        self.guard.check()
    }

    /// The request's body. Fails with `Invalid` if a value is impossible.
    pub fn body(&self) -> Result<Vec<u8>> {
        self.guard.check()?;
        serde_json::to_vec(&self.host).map_err(|error| Error::invalid("spec", error.to_string()))
    }
}

limit_setters! { UpdateSpec: host }
