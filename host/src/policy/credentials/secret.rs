//! What is not to be told.

use std::fmt;
use std::hint::black_box;

use serde::{Deserialize, Deserializer};

/// A text that is secret: `Debug` hides it, and its memory is written over when it is dropped. What a library copied on the way is
/// beyond its reach.
#[derive(Default)]
pub struct Secret(String);

impl Secret {
    /// This text, which is kept nowhere else.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself: for whom it is meant.
    pub fn expose(&self) -> &str {
        &self.0
    }

    pub(super) fn is_some(&self) -> bool {
        !self.0.is_empty()
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        let mut bytes = std::mem::take(&mut self.0).into_bytes();
        bytes.resize(bytes.capacity(), 0);
        bytes.fill(0);
        // Somebody might look: so it is done, though nobody does.
        black_box(&bytes);
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from).map(Self)
    }
}
