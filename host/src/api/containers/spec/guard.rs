//! What keeps a spec possible and small.

use std::collections::BTreeMap;

use super::held::Held;
use crate::api::{Error, Result};

/// The most that a spec holds, in bytes. The engine's own limits on arguments and environment are
/// of this order, and a plugin's spec stays in the host's memory.
pub const MAX_SPEC_SIZE: usize = 1 << 20;

/// The first impossible value that a setter was given.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InvalidField {
    /// The setter's name, as in the interface: `set-memory`; `size` where the whole is too large.
    pub field: &'static str,
    /// Why it can't be.
    pub message: String,
}

/// A value as a check leaves it, or why it is impossible.
pub(super) type Checked<T> = Result<T, String>;

/// The size of a spec, and the first that is wrong with it.
#[derive(Clone, Debug, Default)]
pub(super) struct Guard {
    size: usize,
    invalid: Option<InvalidField>,
}

impl Guard {
    pub(super) fn size(&self) -> usize {
        self.size
    }

    pub(super) fn invalid(&self) -> Option<&InvalidField> {
        self.invalid.as_ref()
    }

    /// Puts a value in the place of an earlier one.
    pub(super) fn set<T: Held>(
        &mut self,
        field: &'static str,
        value: Checked<T>,
        slot: &mut Option<T>,
    ) {
        let freed = slot.as_ref().map_or(0, Held::held);
        if let Some(value) = self.accept(field, value, freed) {
            *slot = Some(value);
        }
    }

    /// Adds a value to those before.
    pub(super) fn add<T: Held>(
        &mut self,
        field: &'static str,
        value: Checked<T>,
        list: &mut Vec<T>,
    ) {
        if let Some(value) = self.accept(field, value, 0) {
            list.push(value);
        }
    }

    /// Adds a value under a key, in the place of an earlier one under the same.
    pub(super) fn insert<K: Held + Ord, T: Held>(
        &mut self,
        field: &'static str,
        entry: Checked<(K, T)>,
        map: &mut BTreeMap<K, T>,
    ) {
        let freed = match &entry {
            Ok((key, _)) => map.get(key).map_or(0, |old| key.held() + old.held()),
            Err(_) => 0,
        };
        if let Some((key, value)) = self.accept(field, entry, freed) {
            map.insert(key, value);
        }
    }

    /// Fails with what is wrong, if something is.
    pub(super) fn check(&self) -> Result<()> {
        match &self.invalid {
            None => Ok(()),
            Some(invalid) => Err(Error::invalid(invalid.field, invalid.message.clone())),
        }
    }

    /// Takes a value if it is possible, and there is room when `freed` bytes have gone.
    pub(super) fn accept<T: Held>(
        &mut self,
        field: &'static str,
        value: Checked<T>,
        freed: usize,
    ) -> Option<T> {
        let value = match value {
            Ok(value) => value,
            Err(message) => {
                self.refuse(field, message);
                return None;
            }
        };
        let size = self.size.saturating_sub(freed).saturating_add(value.held());
        if size > MAX_SPEC_SIZE {
            self.refuse("size", format!("it holds more than {MAX_SPEC_SIZE} bytes"));
            return None;
        }
        self.size = size;
        Some(value)
    }

    pub(super) fn refuse(&mut self, field: &'static str, message: String) {
        self.invalid.get_or_insert(InvalidField { field, message });
    }
}
