//! What shall change of a container.

use super::RestartPolicy;
use super::spec::nano_cpus;
use crate::bindings::engine::containers as wit;
use crate::error::Result;
use crate::host_access::UpdateHostAccess;
use crate::native;
use crate::value::{Size, Unusable};
use crate::verdict::Verdict;

/// What shall change of a container, option by option: what isn't set stays. Used by
/// [`Container::update`](super::Container::update), as often as you like.
///
/// A value that can't be read makes the update that would use it fail, as with a
/// [`ContainerSpec`](super::ContainerSpec).
///
/// ```no_run
/// use dockwit::{RestartPolicy, UpdateSpec};
///
/// let calmer = UpdateSpec::new().cpus(0.5).restart(RestartPolicy::unless_stopped());
/// ```
#[derive(Debug)]
pub struct UpdateSpec {
    wit: wit::UpdateSpec,
    verdict: Verdict,
}

impl Default for UpdateSpec {
    fn default() -> Self {
        Self::new()
    }
}

impl UpdateSpec {
    /// Nothing changes yet.
    #[must_use]
    pub fn new() -> Self {
        native::needs_host();
        Self {
            wit: wit::UpdateSpec::new(),
            verdict: Verdict::default(),
        }
    }

    /// Memory at most: a number of bytes, or `"128m"`. Raising it above the limit of memory and swap needs that raised, too.
    #[must_use]
    pub fn memory(self, size: impl Into<Size>) -> Self {
        self.read(
            "set-memory",
            size.into().unsigned(),
            wit::UpdateSpec::set_memory,
        )
    }

    /// Memory that it is brought back to when the machine is short.
    #[must_use]
    pub fn memory_reservation(self, size: impl Into<Size>) -> Self {
        let size = size.into().unsigned();
        self.read(
            "set-memory-reservation",
            size,
            wit::UpdateSpec::set_memory_reservation,
        )
    }

    /// Memory and swap together at most; -1 is without a limit.
    #[must_use]
    pub fn memory_swap(self, size: impl Into<Size>) -> Self {
        self.read(
            "set-memory-swap",
            size.into().signed(),
            wit::UpdateSpec::set_memory_swap,
        )
    }

    /// Processors at most: `2`, `0.5`. Not together with period or quota.
    #[must_use]
    pub fn cpus(self, cpus: impl Into<f64>) -> Self {
        self.read(
            "set-nano-cpus",
            nano_cpus(cpus.into()),
            wit::UpdateSpec::set_nano_cpus,
        )
    }

    /// Relative weight of CPU time, at most 1,024; more is [`UpdateHostAccess::cpu_shares`].
    #[must_use]
    pub fn cpu_shares(self, shares: u64) -> Self {
        self.wit.set_cpu_shares(shares);
        self
    }

    /// The CPU scheduler's period in microseconds.
    #[must_use]
    pub fn cpu_period(self, microseconds: u64) -> Self {
        self.wit.set_cpu_period(microseconds);
        self
    }

    /// CPU time within a period in microseconds.
    #[must_use]
    pub fn cpu_quota(self, microseconds: i64) -> Self {
        self.wit.set_cpu_quota(microseconds);
        self
    }

    /// The number of processes at most; -1 is without a limit.
    #[must_use]
    pub fn pids_limit(self, limit: i64) -> Self {
        self.wit.set_pids_limit(limit);
        self
    }

    /// Relative weight of block I/O, 10 to 500; more is [`UpdateHostAccess::blkio_weight`].
    #[must_use]
    pub fn blkio_weight(self, weight: u16) -> Self {
        self.wit.set_blkio_weight(weight);
        self
    }

    /// When the engine starts it again: a [`RestartPolicy`], or a condition alone.
    #[must_use]
    pub fn restart(self, policy: impl Into<RestartPolicy>) -> Self {
        self.wit.set_restart_policy(&policy.into());
        self
    }

    /// Gives it something of the machine. Each is a power of its own, with a key of its own in the policy.
    #[must_use]
    pub fn host_access(self, give: impl FnOnce(UpdateHostAccess) -> UpdateHostAccess) -> Self {
        give(UpdateHostAccess::new(self)).into_spec()
    }

    pub(crate) const fn handle(&self) -> &wit::UpdateSpec {
        &self.wit
    }

    /// The spec, unless a value in it can't be used.
    pub(crate) fn usable(&self, op: &str) -> Result<&wit::UpdateSpec> {
        self.verdict.check(op).map(|()| &self.wit)
    }

    /// Sets an option, if its value could be read.
    fn read<T>(
        mut self,
        field: &'static str,
        value: Result<T, Unusable>,
        set: impl FnOnce(&wit::UpdateSpec, T),
    ) -> Self {
        if let Some(value) = self.verdict.note(field, value) {
            set(&self.wit, value);
        }
        self
    }
}
