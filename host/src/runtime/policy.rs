//! The policy of a run that goes on.

use std::sync::Arc;
use std::time::Instant;

use crate::keeper::{Keeper, OtherPlugin, WeakKeeper};
use crate::policy::audit::{Audit, WeakAudit};
use crate::policy::values::Time;
use crate::policy::{Narrowed, Policy};

/// The policy of a run, to be narrowed while that goes on. It keeps nothing of the run alive.
#[derive(Clone)]
pub struct PolicyHandle {
    keeper: WeakKeeper,
    audit: Option<WeakAudit>,
}

/// Why a run's policy can't be narrowed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NarrowError {
    /// The run is over.
    #[error("the run is over")]
    Over,
    /// The policy is another plugin's.
    #[error(transparent)]
    OtherPlugin(#[from] OtherPlugin),
}

impl PolicyHandle {
    pub(super) fn new(keeper: &Keeper, audit: Option<&Audit>) -> Self {
        Self {
            keeper: keeper.downgrade(),
            audit: audit.map(Audit::downgrade),
        }
    }

    /// The policy that is in force now; none once the run is over.
    pub fn now(&self) -> Option<Arc<Policy>> {
        Some(self.keeper.upgrade()?.policy())
    }

    /// Narrows it to what a newer policy allows as well, whole, from the next call on. Streams and waits end at once whose verb or
    /// container isn't granted any more; what the newer one allows beyond that waits for the next run.
    ///
    /// # Errors
    ///
    /// Fails if the run is over, or the policy another plugin's; nothing has changed then.
    pub fn narrow(&self, newer: &Policy) -> Result<Narrowed, NarrowError> {
        let keeper = self.keeper.upgrade().ok_or(NarrowError::Over)?;
        let audit = self.audit.as_ref().and_then(WeakAudit::upgrade);
        let narrowed = keeper.narrow_telling(newer, |policy| {
            if let Some(audit) = &audit {
                audit.narrowed(policy);
            }
        });
        Ok(narrowed?)
    }
}

/// Returns when a run has lasted as long as it may, by the policy that is in force then.
pub(super) async fn out_of_time(keeper: &Keeper) -> Time {
    let begun = Instant::now();
    let mut changes = keeper.changes();
    loop {
        let time = keeper.policy().limits().time;
        tokio::select! {
            () = tokio::time::sleep(time.0.saturating_sub(begun.elapsed())) => return time,
            _ = changes.changed() => {}
        }
    }
}
