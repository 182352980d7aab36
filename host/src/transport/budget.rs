//! What is held in memory for somebody, all together, and how much that may be.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::error::{Error, ErrorKind, Result};

/// How much may be held in memory for somebody, all together.
#[derive(Debug)]
pub struct Budget {
    name: &'static str,
    limit: u64,
    held: AtomicU64,
}

/// A part of a [`Budget`] that is in use. It is free again when this is dropped.
#[derive(Debug)]
pub struct Holding {
    budget: Arc<Budget>,
    bytes: AtomicU64,
}

impl Budget {
    /// So many bytes, by the name that an error is to say.
    pub fn new(name: &'static str, limit: u64) -> Arc<Self> {
        Arc::new(Self {
            name,
            limit,
            held: AtomicU64::new(0),
        })
    }

    /// How many bytes are in use.
    pub fn held(&self) -> u64 {
        self.held.load(Ordering::Relaxed)
    }

    /// Nothing of it, to be added to.
    pub fn holding(self: &Arc<Self>) -> Holding {
        Holding {
            budget: Arc::clone(self),
            bytes: AtomicU64::new(0),
        }
    }

    fn take(&self, bytes: u64) -> Result<()> {
        let sum = |held: u64| held.checked_add(bytes).filter(|sum| *sum <= self.limit);
        let taken = self
            .held
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, sum);
        match taken {
            Ok(_) => Ok(()),
            Err(_) => Err(Error::answered(ErrorKind::Budget {
                name: self.name,
                limit: self.limit,
            })),
        }
    }

    fn give_back(&self, bytes: u64) {
        self.held.fetch_sub(bytes, Ordering::Relaxed);
    }
}

impl Holding {
    /// Nothing, of the same budget.
    pub fn part(&self) -> Self {
        self.budget.holding()
    }

    /// Holds more. Fails with `Budget` if there is no room, and holds what it held.
    pub fn add(&self, bytes: usize) -> Result<()> {
        let bytes = wide(bytes);
        self.budget.take(bytes)?;
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        Ok(())
    }

    /// Holds this much and no more. Fails as [`add`](Self::add) does.
    pub fn set(&mut self, bytes: usize) -> Result<()> {
        let bytes = wide(bytes);
        let held = self.bytes.get_mut();
        match bytes.checked_sub(*held) {
            Some(0) => return Ok(()),
            Some(more) => self.budget.take(more)?,
            None => self.budget.give_back(*held - bytes),
        }
        *held = bytes;
        Ok(())
    }

    /// Holds at least this much. Fails as [`add`](Self::add) does.
    pub fn reach(&mut self, bytes: usize) -> Result<()> {
        match wide(bytes) > *self.bytes.get_mut() {
            true => self.set(bytes),
            false => Ok(()),
        }
    }
}

impl Drop for Holding {
    fn drop(&mut self) {
        self.budget.give_back(*self.bytes.get_mut());
    }
}

fn wide(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_met(result: Result<()>) -> bool {
        let error = result.expect_err("there is no room");
        matches!(
            error.kind(),
            ErrorKind::Budget {
                name: "sandbox.host-memory",
                limit: 10
            }
        )
    }

    #[test]
    fn what_is_held_is_held_together_and_freed_apart() {
        let budget = Budget::new("sandbox.host-memory", 10);
        let first = budget.holding();
        let mut second = first.part();
        first.add(4).unwrap();
        second.set(6).unwrap();
        assert!(is_met(first.add(1)) && is_met(second.set(7)));
        assert_eq!(budget.held(), 10);
        second.set(2).unwrap();
        first.add(4).unwrap();
        assert_eq!(budget.held(), 10);
        drop(first);
        assert_eq!(budget.held(), 2);
        drop(second);
        assert_eq!(budget.held(), 0);
    }

    #[test]
    fn what_was_reached_stays() {
        let budget = Budget::new("sandbox.host-memory", 10);
        let mut holding = budget.holding();
        holding.reach(5).unwrap();
        holding.reach(3).unwrap();
        assert_eq!(budget.held(), 5);
        assert!(is_met(holding.reach(11)));
        assert_eq!(budget.held(), 5);
    }

    #[test]
    fn no_number_is_too_large_to_be_refused() {
        let budget = Budget::new("sandbox.host-memory", 10);
        let holding = budget.holding();
        holding.add(1).unwrap();
        assert!(is_met(holding.add(usize::MAX)));
        assert_eq!(budget.held(), 1);
    }
}
