//! What can only be seen in what was asked for, before the host's own is added to it.

use std::collections::BTreeSet;

use super::RESERVED_LABELS;
use super::access::HostAccess;
use super::around::Around;
use super::bounds::CreateBounds;
use super::check::{label, log_denial};
use super::of_details::is_bounded;
use super::shape::{clean, gives_devices};
use crate::api::containers::{ContainerSpec, Driver, Mount, NetworkMode, Options};
use crate::policy::{Denial, ledger};

/// Checks what was asked for, as it was asked for.
pub(super) fn check(
    spec: &ContainerSpec,
    bounds: &CreateBounds,
    access: &HostAccess,
    around: &Around<'_>,
) -> Result<(), Denial> {
    let options = spec.options();
    if let Some(name) = spec.name() {
        granted_name(name, bounds, &around.stamp.prefix)?;
    }
    for key in options.labels.keys() {
        reserved(key)?;
        label(key, bounds)?;
    }
    for mount in &options.host.mounts {
        if let Mount::Volume(volume) = mount {
            volume
                .labels
                .iter()
                .try_for_each(|(key, _)| reserved(key).and_then(|()| label(key, bounds)))?;
        }
    }
    env(options, bounds, access, around)?;
    if let Some(log) = &options.host.log {
        self::log(log, access, around)?;
    }
    switches(options, bounds)?;
    endpoints(options)?;
    paths(options)
}

fn reserved(key: &str) -> Result<(), Denial> {
    match key.starts_with(RESERVED_LABELS) {
        true => Err(Denial::never(
            "create.labels",
            "label",
            key,
            "it is the host's own",
        )),
        false => Ok(()),
    }
}

/// The whole name that a container gets which is to be called so. One that could be taken for an id would stand in another's
/// place.
pub fn granted_name(name: &str, bounds: &CreateBounds, prefix: &str) -> Result<String, Denial> {
    let inner = |c: u8| c.is_ascii_alphanumeric() || b"_.-".contains(&c);
    let possible = name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.bytes().all(inner)
        && name.len() <= 128;
    let never = |why| Err(Denial::never("create.names", "name", name, why));
    if !possible {
        return never("a name has letters, digits, `_`, `.` and `-`, at most 128");
    }
    let whole = match bounds.grants_name(name) {
        true if ledger::is_prefixed(name) => return never("it looks like a plugin's own"),
        true => name.to_owned(),
        false => format!("{prefix}{name}"),
    };
    let digits = |c: u8| c.is_ascii_hexdigit();
    match whole.len() >= 12 && whole.bytes().all(digits) {
        true => never("it could be an id"),
        false => Ok(whole),
    }
}

fn env(
    options: &Options,
    bounds: &CreateBounds,
    access: &HostAccess,
    around: &Around<'_>,
) -> Result<(), Denial> {
    for variable in &options.env {
        let name = &variable.name;
        if bounds.env.contains_key(name) {
            return Err(Denial::never("create.env", "env", name, "the host adds it"));
        }
        if gives_devices(name) && !access.env.contains(name) {
            return Err(Denial::not_in("host-access.env", "env", name, &access.env));
        }
        // Podman takes its value from its own environment, and all of that for `*`.
        let taken = variable.value.is_none() && (around.engine.podman || name.ends_with('*'));
        if taken {
            let why = "without a value it would be the engine's own";
            return Err(Denial::never("create.env", "env", name, why));
        }
        // Podman cuts these off.
        if name.contains(char::is_whitespace) {
            return Err(Denial::never(
                "create.env",
                "env",
                name,
                "it has a space in it",
            ));
        }
    }
    Ok(())
}

/// Options of the driver that the engine takes by default: what exists is told with the engine's own, so that others can only be
/// seen here.
fn log(log: &Driver, access: &HostAccess, around: &Around<'_>) -> Result<(), Denial> {
    let bounded = is_bounded(log, &super::bounded_log(), &around.engine);
    let mut named = access.log_drivers.iter();
    let allowed = bounded || named.any(|of| of.allows(&log.name, &log.options));
    match log.options.is_empty() || allowed {
        true => Ok(()),
        false => Err(log_denial(log, access)),
    }
}

/// What the host would turn off is said to be refused, rather than turned off in silence.
fn switches(options: &Options, bounds: &CreateBounds) -> Result<(), Denial> {
    if bounds.read_only && options.host.read_only == Some(false) {
        return Err(Denial::switch(
            "create.read-only",
            "read-only",
            "false",
            "true",
            "false",
        ));
    }
    let zero = [
        ("create.memory", "memory", options.host.memory),
        ("create.cpus", "nano-cpus", options.host.nano_cpus),
    ];
    for (rule, field, value) in zero {
        if value == Some(0) {
            return Err(Denial::never(rule, field, "0", "it is no limit at all"));
        }
    }
    Ok(())
}

/// Endpoints belong to the network that it is on, and there is one.
fn endpoints(options: &Options) -> Result<(), Denial> {
    let on = match &options.host.network_mode {
        Some(NetworkMode::Network(network)) => Some(network),
        _ => None,
    };
    match options
        .endpoints
        .keys()
        .find(|network| Some(*network) != on)
    {
        Some(network) => {
            let why = "it is put on one network when it is made, and on others by connect";
            Err(Denial::never("create.egress", "endpoint", network, why))
        }
        None => Ok(()),
    }
}

/// Two things at one path: which of them is mounted, engines decide each in its way.
fn paths(options: &Options) -> Result<(), Denial> {
    let mounts = options.host.mounts.iter().map(|mount| match mount {
        Mount::Bind(bind) => &bind.target,
        Mount::Volume(volume) => &volume.target,
    });
    let mut seen = BTreeSet::new();
    for path in mounts.chain(options.host.tmpfs.keys()) {
        let path = clean(path);
        if path == "/" {
            return Err(Denial::never(
                "create.images",
                "mount",
                &path,
                "it would hide the image",
            ));
        }
        if !seen.insert(path.clone()) {
            return Err(Denial::never(
                "create.images",
                "mount",
                &path,
                "it is mounted twice",
            ));
        }
    }
    Ok(())
}
