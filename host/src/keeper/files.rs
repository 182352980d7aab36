//! Paths of the machine that containers are to have.

use std::path::Path;

use super::Fault;
use crate::api::Client;
use crate::policy::Denial;
use crate::transport::Address;

/// The rule that grants paths.
const BINDS: &str = "host-access.binds";

/// Whether each path is its own real path, so that nothing else is mounted than what the policy names. On another machine that
/// can't be looked at.
pub(super) fn check_binds<'a>(
    client: &Client,
    binds: impl Iterator<Item = &'a str>,
) -> Result<(), Fault> {
    for source in binds {
        if !matches!(client.transport().address(), Address::Unix(_)) {
            let why = "the engine is on another machine, where it can't be looked at";
            return Err(Denial::never(BINDS, "bind", source, why).into());
        }
        match std::fs::canonicalize(source) {
            Ok(real) if real == Path::new(source) => {}
            Ok(_) => {
                let why = "there is a link in its path";
                return Err(Denial::never(BINDS, "bind", source, why).into());
            }
            Err(error) => {
                return Err(Fault::Invalid {
                    field: "add-bind",
                    message: format!("{source} can't be looked at on this machine: {error}"),
                });
            }
        }
    }
    Ok(())
}
