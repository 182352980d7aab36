//! How much: memory, processors, processes, files.

use super::{Checked, Rules, switched};
use crate::api::containers::{RestartCondition, RestartPolicy, Ulimit};
use crate::policy::Denial;
use crate::policy::create::CreateBounds;
use crate::policy::create::around::Unenforced;
use crate::policy::create::shape::{Limits, NPROC};

/// Whether limits are within the bounds.
pub(in crate::policy::create) fn check_limits(
    limits: &Limits,
    read_only: bool,
    rules: &Rules<'_>,
) -> Checked {
    let bounds = rules.bounds;
    let held = |what| !rules.around.accepted.contains(&what);
    if held(Unenforced::Memory) {
        at_most("create.memory", "memory", limits.memory, bounds.memory)?;
    }
    if held(Unenforced::Swap) && held(Unenforced::Memory) {
        // As much as the memory, so that there is no swap.
        let limit = limits.memory.unwrap_or(bounds.memory).min(bounds.memory);
        let swap = at_most("create.memory", "memory-swap", limits.memory_swap, limit);
        swap.map_err(|denial| denial.adding(None))?;
    }
    if held(Unenforced::Cpus) {
        at_most("create.cpus", "nano-cpus", limits.cpus, bounds.cpus).map_err(|denial| {
            let cpus = |cpus: u64| format!("create.cpus = {}", cpus as f64 / 1e9);
            denial.adding(limits.cpus.map(cpus))
        })?;
    }
    if held(Unenforced::Pids) {
        at_most("create.pids", "pids-limit", limits.pids, bounds.pids)?;
    }
    at_most("create.shm", "shm-size", Some(limits.shm), bounds.shm)?;
    if held(Unenforced::Ulimits) {
        ulimits(&limits.ulimits, rules)?;
    }
    let access = rules.access;
    let first = |found: &'_ [String]| found.first().cloned();
    let scheduling = first(&limits.scheduling);
    switched(
        "host-access.scheduling",
        "scheduling",
        scheduling.as_deref(),
        access.scheduling,
    )?;
    switched(
        "host-access.oom",
        "oom",
        first(&limits.oom).as_deref(),
        access.oom,
    )?;
    if bounds.read_only && !read_only {
        return Err(Denial::switch(
            "create.read-only",
            "read-only",
            "false",
            "true",
            "false",
        ));
    }
    Ok(())
}

/// A number that must be there and within a bound.
fn at_most(rule: &'static str, field: &'static str, got: Option<u64>, limit: u64) -> Checked {
    match got {
        Some(got) if got <= limit => Ok(()),
        Some(got) => Err(Denial::above(
            rule,
            field,
            got,
            limit,
            Some(got.to_string()),
        )),
        None => Err(Denial::above(rule, field, "no limit", limit, None)),
    }
}

fn ulimits(ulimits: &[Ulimit], rules: &Rules<'_>) -> Checked {
    let bounds = rules.bounds;
    // The engine takes the last of a name.
    let hard = |name: &str| {
        let mut of_name = ulimits.iter().filter(|limit| limit.name == name);
        of_name
            .next_back()
            .map(|limit| u64::try_from(limit.hard).unwrap_or(u64::MAX))
    };
    at_most("create.nofile", "nofile", hard("nofile"), bounds.nofile)?;
    for limit in ulimits {
        let got = u64::try_from(limit.hard).unwrap_or(u64::MAX);
        match limit.name.as_str() {
            "nofile" => at_most("create.nofile", "nofile", Some(got), bounds.nofile)?,
            "nproc" => at_most("create.pids", "nproc", Some(got), bounds.pids.max(NPROC))?,
            "core" if got == 0 => {}
            name => {
                let allowed = rules.access.ulimits.get(name).copied();
                let allowed = allowed.map(|limit| u64::try_from(limit).unwrap_or(u64::MAX));
                if allowed.is_none_or(|allowed| got > allowed) {
                    let names = rules.access.ulimits.keys();
                    let denial = Denial::not_in("host-access.ulimits", "ulimit", name, names);
                    let key = crate::policy::quoted(name);
                    let line = format!("host-access.ulimits.{key} = {}", limit.hard);
                    return Err(denial.adding(Some(line)));
                }
            }
        }
    }
    if hard("core") != Some(0) && !rules.access.ulimits.contains_key("core") {
        return Err(Denial::not_in(
            "host-access.ulimits",
            "ulimit",
            "core",
            rules.access.ulimits.keys(),
        ));
    }
    Ok(())
}

/// Whether the engine may start it again.
pub(in crate::policy::create) fn restart(policy: &RestartPolicy, bounds: &CreateBounds) -> Checked {
    let condition = match &policy.condition {
        RestartCondition::No => None,
        condition => Some(condition.as_str()),
    };
    switched(
        "create.persist",
        "restart-policy",
        condition,
        bounds.persist,
    )
}
