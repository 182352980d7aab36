//! What shall change of a container, as far as it reaches the machine.

use crate::bindings::engine::{containers, host_access as wit};
use crate::containers::UpdateSpec;

/// A change that gives a container something of the machine, within [`UpdateSpec::host_access`].
///
/// ```no_run
/// use dockwit::UpdateSpec;
///
/// let pinned = UpdateSpec::new().host_access(|machine| machine.cpuset_cpus("0,1"));
/// ```
#[derive(Debug)]
#[must_use = "it is the spec, and has to be given back"]
pub struct UpdateHostAccess(UpdateSpec);

impl UpdateHostAccess {
    pub(crate) const fn new(spec: UpdateSpec) -> Self {
        Self(spec)
    }

    pub(crate) fn into_spec(self) -> UpdateSpec {
        self.0
    }

    const fn spec(&self) -> &containers::UpdateSpec {
        self.0.handle()
    }

    /// Relative weight of CPU time, also above the default, 1,024.
    ///
    /// Docker's `docker update --cpu-shares`, docker-py's `cpu_shares`. Policy: `host-access.scheduling`.
    pub fn cpu_shares(self, shares: u64) -> Self {
        wit::set_update_cpu_shares(self.spec(), shares);
        self
    }

    /// The processors it may use: `0-3`, `0,1`.
    ///
    /// Docker's `docker update --cpuset-cpus`, docker-py's `cpuset_cpus`. Policy: `host-access.scheduling`.
    pub fn cpuset_cpus(self, cpus: impl AsRef<str>) -> Self {
        wit::set_update_cpuset_cpus(self.spec(), cpus.as_ref());
        self
    }

    /// The memory nodes it may use.
    ///
    /// Docker's `docker update --cpuset-mems`, docker-py's `cpuset_mems`. Policy: `host-access.scheduling`.
    pub fn cpuset_mems(self, nodes: impl AsRef<str>) -> Self {
        wit::set_update_cpuset_mems(self.spec(), nodes.as_ref());
        self
    }

    /// Relative weight of block I/O, 10 to 1,000.
    ///
    /// Docker's `docker update --blkio-weight`, docker-py's `blkio_weight`. Policy: `host-access.scheduling`.
    pub fn blkio_weight(self, weight: u16) -> Self {
        wit::set_update_blkio_weight(self.spec(), weight);
        self
    }
}
