//! What is mounted.

use super::process::driver_line;
use super::{Checked, Rules, switched};
use crate::policy::Denial;
use crate::policy::create::of_details::propagation;
use crate::policy::create::shape::{Bind, Shape, clean};

pub(super) fn check(shape: &Shape, rules: &Rules<'_>) -> Checked {
    let files = &shape.files;
    for mount in &files.binds {
        bind(mount, rules)?;
    }
    if let Some(path) = files.other.first() {
        let why = "it is of a kind that isn't known";
        return Err(Denial::never("host-access", "mount", path, why));
    }
    let names = files.volumes.iter().map(|volume| volume.volume.as_str());
    for name in names {
        let owned = rules.around.volumes.iter().any(|of| of.as_str() == name);
        if !owned && !rules.made.contains(name) {
            return Err(Denial::never(
                "scope.change",
                "volume",
                name,
                "it is not in scope",
            ));
        }
    }
    let own = files
        .volumes
        .iter()
        .filter_map(|volume| volume.driver.as_ref());
    let own = own.map(|driver| (driver.name.as_str(), &driver.options[..]));
    let common = files.volume_driver.as_deref().map(|name| (name, &[][..]));
    for (name, options) in own.chain(common) {
        let access = &rules.access.volume_drivers;
        if !access.iter().any(|of| of.allows(name, options)) {
            let rule = "host-access.volume-drivers";
            let names = access.iter().map(|of| &of.name);
            let denial = Denial::not_in(rule, "volume-driver", name, names);
            return Err(denial.adding(Some(driver_line(rule, name))));
        }
    }
    for (path, size) in &files.tmpfs {
        let limit = rules.bounds.memory;
        match size {
            Some(size) if *size <= limit => {}
            Some(size) => {
                let needed = Some(size.to_string());
                return Err(Denial::above("create.memory", "tmpfs", size, limit, needed));
            }
            None => return Err(Denial::above("create.memory", "tmpfs", path, limit, None)),
        }
    }
    volumes_from(shape, rules)
}

fn bind(bind: &Bind, rules: &Rules<'_>) -> Checked {
    let access = &rules.access.binds;
    let exact = |source: &str| source == bind.source && clean(source) == source;
    let allowed = |of: &crate::policy::create::BindAccess| {
        exact(&of.source)
            && (bind.is_read_only() || !of.read_only)
            && (!bind.spreads() || of.propagation == bind.propagation)
    };
    match access.iter().any(allowed) {
        true => Ok(()),
        false => {
            let sources = access.iter().map(|of| &of.source);
            let denial = Denial::not_in("host-access.binds", "bind", &bind.source, sources);
            let spreads = bind.spreads().then_some(bind.propagation.as_str());
            let spreads = spreads.map(|word| format!(", propagation = \"{word}\""));
            let line = format!(
                "host-access.binds += {{ source = {}, read-only = {}{} }}",
                crate::policy::quoted(&bind.source),
                bind.is_read_only(),
                spreads.unwrap_or_default(),
            );
            Err(denial.adding((bind.source.len() <= crate::policy::MAX_GOT).then_some(line)))
        }
    }
}

/// The mounts of another container count as asked for.
fn volumes_from(shape: &Shape, rules: &Rules<'_>) -> Checked {
    for id in &shape.files.volumes_from {
        switched(
            "host-access.volumes-from",
            "volumes-from",
            Some(id),
            rules.access.volumes_from,
        )?;
        let never = |why| Denial::never("scope.change", "container", id, why);
        let container = rules.around.find_container(id);
        let container = container.ok_or_else(|| never("it is not in scope"))?;
        let mounts = container.mounts().map_err(|_| never("it can't be read"))?;
        for mount in mounts {
            if mount.kind == crate::api::containers::MountKind::Bind {
                bind(
                    &Bind {
                        source: mount.source.clone(),
                        target: mount.destination.clone(),
                        read_only: !mount.writable,
                        writable_below: false,
                        propagation: propagation(&mount.propagation),
                    },
                    rules,
                )?;
            }
        }
    }
    Ok(())
}
