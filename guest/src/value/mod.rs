//! Values as people write them: `"128m"`, `["A=1"]`, `"53/udp"`. What can't be read is kept with its reason until a call
//! would use it.

use std::fmt;

mod pair;
mod port;
mod size;
mod words;

pub use self::{
    pair::{EnvVar, Label},
    port::{HostPort, PortSpec},
    size::Size,
    words::Words,
};

/// Why a value can't be used: the value as it was given, and what is wrong with it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Unusable {
    pub(crate) got: String,
    pub(crate) reason: &'static str,
}

impl Unusable {
    pub(crate) fn new(got: impl fmt::Display, reason: &'static str) -> Self {
        Self {
            got: got.to_string(),
            reason,
        }
    }
}
