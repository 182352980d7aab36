//! Whether a shape is within the bounds: the same for a request and for what exists.

mod files;
mod limits;
mod machine;
mod network;
mod process;

use std::collections::BTreeSet;

use super::around::Around;
use super::shape::Shape;
use super::{CreateBounds, HostAccess};
use crate::policy::Denial;

pub(super) use self::limits::{check_limits, restart};
pub(super) use self::network::may_join;
pub(super) use self::process::{is_nobody_special, label, log_denial};

/// The rules that a shape is held against.
#[derive(Clone, Copy)]
pub(super) struct Rules<'a> {
    pub(super) bounds: &'a CreateBounds,
    pub(super) access: &'a HostAccess,
    pub(super) around: &'a Around<'a>,
    /// The volumes that are made with it.
    pub(super) made: &'a BTreeSet<String>,
}

type Checked = Result<(), Denial>;

/// Fails with the first thing that isn't allowed.
pub(super) fn check(shape: &Shape, rules: &Rules<'_>) -> Checked {
    process::check(shape, rules)?;
    check_limits(&shape.limits, shape.read_only, rules)?;
    limits::restart(&shape.restart, rules.bounds)?;
    machine::check(shape, rules)?;
    files::check(shape, rules)?;
    network::check(&shape.network, rules)
}

/// A value that must be in a list.
fn listed(
    rule: &'static str,
    field: &'static str,
    got: &str,
    allowed: &BTreeSet<String>,
) -> Checked {
    match allowed.contains(got) {
        true => Ok(()),
        false => Err(Denial::not_in(rule, field, got, allowed)),
    }
}

/// A thing that a switch must allow.
fn switched(rule: &'static str, field: &'static str, got: Option<&str>, on: bool) -> Checked {
    match got {
        Some(got) if !on => Err(Denial::switch(rule, field, got, "false", "true")),
        _ => Ok(()),
    }
}

/// A list as TOML has it.
fn toml_list<'a>(items: impl IntoIterator<Item = &'a str>) -> String {
    let items: Vec<_> = items.into_iter().map(crate::policy::quoted).collect();
    format!("[{}]", items.join(", "))
}
