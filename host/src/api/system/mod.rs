//! The engine as a whole.

mod types;

use super::Client;

pub use self::types::*;

/// The functions on the engine as a whole.
#[derive(Clone, Copy, Debug)]
pub struct System<'a> {
    client: &'a Client,
}

impl<'a> System<'a> {
    pub(super) fn new(client: &'a Client) -> Self {
        Self { client }
    }
}
