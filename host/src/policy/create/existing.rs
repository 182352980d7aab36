//! The doors to what exists: what was made under wider bounds, or changed by somebody else, may be
//! stopped and removed, and no more.

use std::collections::BTreeSet;

use super::access::HostAccess;
use super::around::Around;
use super::bounds::{CreateBounds, ImageBound};
use super::check::{self, Rules, check_limits};
use super::claims::Claims;
use super::complete;
use super::limits;
use super::of_details::of_details;
use super::shape::{Limits, Shape};
use crate::api;
use crate::api::containers::{ContainerDetails, HostOptions, RestartCondition, Ulimit, UpdateSpec};
use crate::api::images::ImageDetails;
use crate::api::networks::NetworkDetails;
use crate::policy::Denial;

/// A container as it is found, with its image.
#[derive(Clone, Copy, Debug)]
pub struct Existing<'a> {
    /// What the engine knows of it.
    pub details: &'a ContainerDetails,
    /// What the engine knows of its image, looked up by its id. None if it is gone: then what runs in
    /// the container counts as its own.
    pub image: Option<&'a ImageDetails>,
}

/// Whether a container may be started, restarted, let go on, changed or entered under today's bounds.
/// Gives what it takes of the quotas.
pub fn check_existing(
    existing: Existing<'_>,
    bounds: &CreateBounds,
    access: &HostAccess,
    around: &Around<'_>,
) -> Result<Claims, Denial> {
    let Existing { details, image } = existing;
    let mut shape = existing.shape(around).map_err(unread)?;
    // At what a listed image brings, the operator has looked.
    if let (Some(image), ImageBound::Any) = (image, &bounds.images) {
        let labels = details.labels().map_err(unread)?;
        let brought = labels
            .iter()
            .filter(|label| image.config.labels.contains(label) && !label.1.is_empty());
        shape.labels.extend(brought.cloned());
    }
    let made = BTreeSet::new();
    let rules = Rules {
        bounds,
        access,
        around,
        made: &made,
    };
    check::check(&shape, &rules)?;
    Ok(Claims::of(&shape, 0))
}

impl Existing<'_> {
    pub(super) fn shape(self, around: &Around<'_>) -> api::Result<Shape> {
        of_details(self.details, self.image, &around.engine)
    }
}

fn unread(_: api::Error) -> Denial {
    let why = "the engine's answer can't be read";
    Denial::never("create", "container", "?", why)
}

/// Whether a container in scope may be put on a network in scope.
pub fn check_connect(
    network: &NetworkDetails,
    bounds: &CreateBounds,
    access: &HostAccess,
    around: &Around<'_>,
) -> Result<(), Denial> {
    let made = BTreeSet::new();
    let rules = Rules {
        bounds,
        access,
        around,
        made: &made,
    };
    check::may_join(network, &rules)
}

/// A change of a container, completed and found to be within the bounds.
#[derive(Clone, Debug)]
pub struct EffectiveUpdate {
    spec: UpdateSpec,
    claims: Claims,
}

impl EffectiveUpdate {
    /// The request to be sent.
    pub fn spec(&self) -> &UpdateSpec {
        &self.spec
    }

    /// What the container takes of the quotas afterwards.
    pub fn claims(&self) -> &Claims {
        &self.claims
    }
}

/// Completes and checks a change of a container, which must pass [`check_existing`] as it is.
pub fn check_update(
    update: &UpdateSpec,
    existing: Existing<'_>,
    bounds: &CreateBounds,
    access: &HostAccess,
    around: &Around<'_>,
) -> Result<EffectiveUpdate, Denial> {
    let before = check_existing(existing, bounds, access, around)?;
    completed(update, before, bounds, access, around)
}

/// Completes and checks a change of a container that somebody else made: what is changed is held to the bounds, what isn't
/// is that one's.
pub fn check_update_of_others(
    update: &UpdateSpec,
    existing: Existing<'_>,
    bounds: &CreateBounds,
    access: &HostAccess,
    around: &Around<'_>,
) -> Result<EffectiveUpdate, Denial> {
    let before = Claims::of(&existing.shape(around).map_err(unread)?, 0);
    let unchanged = |limit: u64, bound: u64| limit.min(bound);
    let before = Claims {
        memory: unchanged(before.memory, bounds.memory),
        nano_cpus: unchanged(before.nano_cpus, bounds.cpus),
        pids: unchanged(before.pids, bounds.pids),
        ..before
    };
    completed(update, before, bounds, access, around)
}

fn completed(
    update: &UpdateSpec,
    before: Claims,
    bounds: &CreateBounds,
    access: &HostAccess,
    around: &Around<'_>,
) -> Result<EffectiveUpdate, Denial> {
    let mut spec = update.clone();
    let host = spec.options_mut();
    // The engine would keep a limit on swap that belongs to another one on memory.
    if let (Some(memory), None) = (host.memory, host.memory_swap) {
        host.memory_swap = Some(i64::try_from(memory).unwrap_or(i64::MAX));
    }
    if host.cpu_period.is_some() {
        complete::cpus(host, bounds.cpus.min(around.engine.nano_cpus));
    }
    let made = BTreeSet::new();
    let rules = Rules {
        bounds,
        access,
        around,
        made: &made,
    };
    let after = overlaid(host, &before);
    check_limits(&after.limits(host, bounds), true, &rules)?;
    if let Some(policy) = &host.restart_policy {
        check::restart(policy, bounds)?;
    }
    let running = match &host.restart_policy {
        Some(policy) => policy.condition != RestartCondition::No,
        None => before.running,
    };
    let claims = Claims {
        memory: after.memory,
        nano_cpus: after.cpus,
        pids: after.pids,
        running,
        ..before
    };
    Ok(EffectiveUpdate { spec, claims })
}

/// What a container's limits are when some are changed.
struct After {
    memory: u64,
    cpus: u64,
    pids: u64,
}

/// A limit that is set to 0, or below, is none.
fn overlaid(host: &HostOptions, before: &Claims) -> After {
    let changed = limits::asked(host);
    let or = |asked: bool, changed: Option<u64>, before: u64| match asked {
        true => changed.unwrap_or(u64::MAX),
        false => before,
    };
    let cpus = host.nano_cpus.is_some() || host.cpu_quota.is_some();
    After {
        memory: or(host.memory.is_some(), changed.memory, before.memory),
        cpus: or(cpus, changed.cpus, before.nano_cpus),
        pids: or(host.pids_limit.is_some(), changed.pids, before.pids),
    }
}

impl After {
    /// The limits as they are checked; those that can't be changed are as they must be.
    fn limits(&self, host: &HostOptions, bounds: &CreateBounds) -> Limits {
        let finite = |limit: u64| (limit != u64::MAX).then_some(limit);
        let changed = limits::asked(host);
        let swap = match host.memory_swap {
            Some(_) => changed.memory_swap,
            None => finite(self.memory),
        };
        let limit = |name: &str, value: u64| Ulimit {
            name: name.to_owned(),
            soft: 0,
            hard: i64::try_from(value).unwrap_or(i64::MAX),
        };
        Limits {
            memory: finite(self.memory),
            memory_swap: swap,
            cpus: finite(self.cpus),
            pids: finite(self.pids),
            shm: 0,
            ulimits: vec![limit("nofile", bounds.nofile), limit("core", 0)],
            ..changed
        }
    }
}
