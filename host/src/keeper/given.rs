//! What of the machine a run's policy gives, as the ledger keeps it.

use crate::api::Client;
use crate::policy::ledger::{Given, GivenBy, GivenPath, PortSpan};
use crate::policy::paths::real;
use crate::policy::{Policy, Verb};
use crate::transport::Address;

/// Whether an engine is on this machine, so that its paths can be looked at.
pub(crate) fn is_here(client: &Client) -> bool {
    matches!(client.transport().address(), Address::Unix(_))
}

/// All of it, on an engine that is on this machine, or isn't.
pub(super) fn of(policy: &Policy, here: bool) -> Given {
    let mut given = folders(policy);
    given.here = here;
    // Who makes no containers comes to no ports and mounts no paths.
    if policy.allow(Verb::ContainersCreate).is_err() {
        return given;
    }
    given.ports = policy
        .create()
        .ports
        .iter()
        .map(|bound| PortSpan {
            ip: bound.ip,
            first: *bound.range.start(),
            last: *bound.range.end(),
        })
        .collect();
    let binds = policy.host_access().binds.iter().map(|bind| GivenPath {
        by: GivenBy::Bind,
        path: bind.source.as_str().into(),
        writable: !bind.read_only,
    });
    given.paths.extend(binds);
    given
}

/// The folders that the plugin itself may write to.
pub(super) fn folders(policy: &Policy) -> Given {
    let writable = policy
        .directories()
        .iter()
        .filter(|directory| !directory.read_only);
    let paths = writable.map(|directory| GivenPath {
        by: GivenBy::Folder,
        path: real(&directory.host),
        writable: true,
    });
    Given {
        paths: paths.collect(),
        ..Given::default()
    }
}
