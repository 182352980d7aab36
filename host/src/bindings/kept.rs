//! What the host keeps in memory for a plugin, behind a handle.

#![expect(
    unreachable_pub,
    reason = "what is generated exports it again, though nowhere beyond"
)]

use std::ops::Deref;

use crate::api::containers::{ContainerSpec, UpdateSpec};
use crate::api::system::SystemInfo;
use crate::keeper::Inspected;
use crate::transport::{Holding, Result};

/// How many times a spec is there while it is on its way: the plugin's, the copy that is decided about, what that comes to, and the
/// request made of it.
const COPIES: usize = 6;

/// Something that takes memory.
pub(crate) trait Size {
    /// How much it takes, in bytes and roughly.
    fn size(&self) -> usize;
}

/// A spec, which can be emptied.
pub(crate) trait Spec: Size {
    fn empty() -> Self;
}

/// What the host keeps in memory for a plugin, held to the plugin's budget.
pub struct Kept<T> {
    value: T,
    memory: Holding,
    /// Whether there was no room for something that was added, so that nothing of the value is left.
    overfull: bool,
}

/// A spec of a plugin's.
pub type KeptSpec = Kept<ContainerSpec>;
/// A change of a plugin's.
pub type KeptUpdate = Kept<UpdateSpec>;
/// What a plugin asked for of a container.
pub type KeptDetails = Kept<Inspected>;
/// What a plugin asked for of the engine.
pub type KeptInfo = Kept<SystemInfo>;

impl<T: Size> Kept<T> {
    /// Keeps something. Fails with `Budget` if there is no room.
    pub(super) fn new(value: T, mut memory: Holding) -> Result<Self> {
        memory.set(value.size())?;
        Ok(Self {
            value,
            memory,
            overfull: false,
        })
    }
}

impl<T: Spec> Kept<T> {
    /// Keeps a spec. Where there is no room it is empty, and of no use.
    pub(super) fn spec(value: T, memory: Holding) -> Self {
        let mut spec = Self {
            value,
            memory,
            overfull: false,
        };
        spec.settle();
        spec
    }

    /// Changes the spec. A setter never fails: where there is no room it is found out when the spec is used.
    pub(super) fn change(&mut self, change: impl FnOnce(&mut T)) {
        if !self.overfull {
            change(&mut self.value);
            self.settle();
        }
    }

    fn settle(&mut self) {
        if self.memory.set(self.value.size()).is_err() {
            self.value = T::empty();
            self.overfull = true;
            // Less than it held always has room.
            let _ = self.memory.set(0);
        }
    }

    /// What is to be held while it is used; none if there was no room for all of it.
    pub(super) fn size_in_use(&self) -> Option<usize> {
        let copies = self.value.size().saturating_mul(COPIES);
        (!self.overfull).then_some(copies)
    }
}

impl<T> Deref for Kept<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl Size for ContainerSpec {
    fn size(&self) -> usize {
        size_of::<Self>().saturating_add(self.size_hint())
    }
}

impl Spec for ContainerSpec {
    fn empty() -> Self {
        Self::new("")
    }
}

impl Size for UpdateSpec {
    fn size(&self) -> usize {
        size_of::<Self>().saturating_add(self.size_hint())
    }
}

impl Spec for UpdateSpec {
    fn empty() -> Self {
        Self::new()
    }
}

impl Size for Inspected {
    fn size(&self) -> usize {
        size_of::<Self>().saturating_add(self.size_hint())
    }
}

impl Size for SystemInfo {
    fn size(&self) -> usize {
        size_of::<Self>().saturating_add(self.size_hint())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::Budget;

    fn spec(budget: &std::sync::Arc<Budget>) -> KeptSpec {
        Kept::spec(ContainerSpec::new("image"), budget.holding())
    }

    fn label(spec: &mut KeptSpec, value: &str) {
        spec.change(|spec| {
            spec.add_label("a", value);
        });
    }

    #[test]
    fn attack_135_specs_are_held_to_one_budget() {
        let budget = Budget::new("sandbox.host-memory", 100 << 10);
        let mut first = spec(&budget);
        let mut second = spec(&budget);
        let large = "x".repeat(60 << 10);
        label(&mut first, &large);
        assert!(first.size_in_use().is_some());
        label(&mut second, &large);
        assert_eq!(second.size_in_use(), None);
        let held = budget.held();
        label(&mut second, "b");
        assert!(second.options().labels.is_empty(), "nothing of it is left");
        assert_eq!(budget.held(), held, "it holds nothing more");
        drop(first);
        assert_eq!(budget.held(), 0);
        assert!(spec(&budget).size_in_use().is_some(), "there is room again");
    }
}
