//! Places at which a test kills the host, to see what is left.

use crate::policy::ledger::Kind;

/// All of them: `kind.moment`, or the call and the moment.
pub const POINTS: &[&str] = &[
    "container.reserved",
    "container.announced",
    "container.answered",
    "container.recorded",
    "container.compared",
    "network.announced",
    "network.answered",
    "network.recorded",
    "volume.announced",
    "volume.answered",
    "volume.recorded",
    "start.claimed",
    "start.announced",
    "start.answered",
    "remove.announced",
    "remove.answered",
    "remove.forgotten",
];

/// The variable that names the point at which the process ends itself, as by SIGKILL.
#[cfg(feature = "kill-points")]
const VARIABLE: &str = "DOCKWIT_KILL_AT";

/// Passes the point of an object that is being made.
pub(super) fn point(kind: Kind, moment: &str) {
    pass(kind.as_str(), moment);
}

/// Passes a point of a call.
#[cfg(feature = "kill-points")]
pub(super) fn pass(what: &str, moment: &str) {
    let point = format!("{what}.{moment}");
    debug_assert!(POINTS.contains(&point.as_str()), "{point} isn't listed");
    if std::env::var(VARIABLE).is_ok_and(|at| at == point) {
        // No destructor runs, no buffer is written, no lock is let go of by this process.
        rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL)
            .ok();
        std::process::abort();
    }
}

#[cfg(not(feature = "kill-points"))]
pub(super) fn pass(_what: &str, _moment: &str) {}
