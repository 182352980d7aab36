//! Paths of the machine that containers are to have.

use std::path::Path;

use super::{Fault, is_here};
use crate::api::Client;
use crate::policy::Denial;
use crate::policy::create::HostAccess;

/// The rule that grants paths.
const BINDS: &str = "host-access.binds";

/// Whether each path is its own real path, so that nothing else is mounted than what the policy names. On another machine that
/// can't be looked at: there they are what the operator takes them for.
pub(super) fn check_binds<'a>(
    client: &Client,
    access: &HostAccess,
    binds: impl Iterator<Item = &'a str>,
) -> Result<(), Fault> {
    for source in binds {
        if is_here(client) {
            as_it_is(source)?;
        } else if !access.binds_unverified {
            let rule = "host-access.binds-unverified";
            return Err(Denial::switch(rule, "bind", source, "false", "true").into());
        }
    }
    Ok(())
}

fn as_it_is(source: &str) -> Result<(), Fault> {
    match std::fs::canonicalize(source) {
        Ok(real) if real == Path::new(source) => Ok(()),
        Ok(_) => {
            let why = "there is a link in its path";
            Err(Denial::never(BINDS, "bind", source, why).into())
        }
        Err(error) => Err(Fault::Invalid {
            field: "add-bind",
            message: format!("{source} can't be looked at on this machine: {error}"),
        }),
    }
}
