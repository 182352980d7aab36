//! Which values of options stay inside a container. The setters of `container-spec` and `update-spec` take these alone; whoever
//! wants others has to import the function of `host-access`, so that the binary says it.

use super::bounds::{ENGINE_CAPABILITIES, SAFE_SYSCTLS};
use super::shape::{self, BLKIO_WEIGHT, CPU_SHARES};

/// Why a value isn't for a setter: the function that it is for.
type Inside = Result<(), String>;

fn beyond(value: impl std::fmt::Display, function: &str) -> Inside {
    Err(format!("{value} is for host-access.{function}"))
}

/// A capability that the engine gives by default.
pub(crate) fn capability(name: &str) -> Inside {
    match ENGINE_CAPABILITIES.contains(&shape::capability(name).as_str()) {
        true => Ok(()),
        false => beyond(format_args!("{name:?}"), "add-capability"),
    }
}

/// A kernel parameter that concerns nothing but a container's own namespaces.
pub(crate) fn sysctl(name: &str) -> Inside {
    match SAFE_SYSCTLS.contains(&name) {
        true => Ok(()),
        false => beyond(format_args!("{name:?}"), "add-sysctl"),
    }
}

/// A variable that gives no devices.
pub(crate) fn variable(name: &str) -> Inside {
    match shape::gives_devices(name) {
        true => beyond(format_args!("{name:?}"), "add-device-env"),
        false => Ok(()),
    }
}

/// A variable that gives devices: the others stay inside.
pub(crate) fn device_variable(name: &str) -> Inside {
    match shape::gives_devices(name) {
        true => Ok(()),
        false => Err(format!("{name:?} gives no devices")),
    }
}

/// A weight of CPU time that isn't above what others have.
pub(crate) fn cpu_shares(shares: u64) -> Inside {
    match shares > CPU_SHARES {
        true => beyond(shares, "set-cpu-shares"),
        false => Ok(()),
    }
}

/// As [`cpu_shares`], of an update.
pub(crate) fn update_cpu_shares(shares: u64) -> Inside {
    match shares > CPU_SHARES {
        true => beyond(shares, "set-update-cpu-shares"),
        false => Ok(()),
    }
}

/// A weight of block I/O that isn't above what others have.
pub(crate) fn blkio_weight(weight: u16) -> Inside {
    match weight > BLKIO_WEIGHT {
        true => beyond(weight, "set-blkio-weight"),
        false => Ok(()),
    }
}

/// As [`blkio_weight`], of an update.
pub(crate) fn update_blkio_weight(weight: u16) -> Inside {
    match weight > BLKIO_WEIGHT {
        true => beyond(weight, "set-update-blkio-weight"),
        false => Ok(()),
    }
}

/// A score by which others aren't ended first.
pub(crate) fn oom_score_adj(score: i32) -> Inside {
    match score < 0 {
        true => beyond(score, "set-oom-score-adj"),
        false => Ok(()),
    }
}

/// A limit that has a bound of its own in every policy.
pub(crate) fn ulimit(name: &str, hard: i64) -> Inside {
    match (name, hard) {
        ("nofile" | "nproc", _) | ("core", 0) => Ok(()),
        _ => beyond(format_args!("{name:?} of {hard}"), "add-ulimit"),
    }
}
