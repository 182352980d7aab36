//! What the host adds to a request: defaults, what the image brings, and what it always sets.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use super::around::{Around, Engine};
use super::asked::granted_name;
use super::bounds::{
    CreateBounds, HealthBound, ImageBound, LogBound, MIN_HEALTH_INTERVAL, MIN_HEALTH_TIMEOUT,
};
use super::effective::NewVolume;
use super::shape::{ENDPOINT_MAC_ADDRESS, NPROC, START_INTERVAL, capability, clean, gives_devices};
use super::{LABEL_IMAGE, RESERVED_LABELS, Stamp, bounded_log};
use crate::api::containers::{
    CgroupnsMode, ContainerSpec, HealthTest, Healthcheck, HostOptions, IpcMode, Mount, NetworkMode,
    Options, RestartPolicy, Ulimit, Variable, VolumeMount,
};
use crate::api::images::ImageDetails;
use crate::policy::Denial;

/// The seconds that a container has to stop, if nobody says.
const STOP_TIMEOUT: u32 = 10;

/// How many digits of the nonce are in the names of what the host makes.
const SHORT_NONCE: usize = 12;

/// Completes a spec. Gives the volumes that have to be made for it.
pub(super) fn complete(
    spec: &mut ContainerSpec,
    image: &ImageDetails,
    bounds: &CreateBounds,
    around: &Around<'_>,
) -> Result<Vec<NewVolume>, Denial> {
    let stamp = &around.stamp;
    let alias = spec.name().map(str::to_owned);
    let name = match &alias {
        Some(name) => granted_name(name, bounds, &stamp.prefix)?,
        None => format!("{}container-{}", stamp.prefix, short(&stamp.nonce)),
    };
    spec.set_name(name);
    let options = spec.options_mut();
    let reference = std::mem::replace(&mut options.image, image.id.to_string());
    env(options, image, bounds);
    labels(options, image, &reference, bounds, stamp);
    health(options, image, bounds, around);
    let timeout = image
        .config
        .stop_timeout
        .and_then(|seconds| u32::try_from(seconds).ok());
    let timeout = timeout.unwrap_or(STOP_TIMEOUT).min(bounds.stop_timeout);
    options.stop_timeout.get_or_insert(timeout);
    network(options, alias, around)?;
    ports(options, image, bounds, around)?;
    let made = volumes(options, image, stamp);
    limits(&mut options.host, bounds, around);
    security(&mut options.host, bounds, &around.engine);
    Ok(made)
}

fn short(nonce: &str) -> &str {
    nonce.get(..SHORT_NONCE).unwrap_or(nonce)
}

fn env(options: &mut Options, image: &ImageDetails, bounds: &CreateBounds) {
    let set: BTreeSet<String> = options
        .env
        .iter()
        .map(|variable| variable.name.clone())
        .collect();
    let mut add = |name: &str, value: &str| {
        options.env.push(Variable {
            name: name.to_owned(),
            value: Some(value.to_owned()),
        });
    };
    const NVIDIA: &str = "NVIDIA_VISIBLE_DEVICES";
    // For devices that are asked for, the engine adds another, which counts.
    if !set.contains(NVIDIA) {
        add(NVIDIA, "void");
    }
    for variable in &image.config.env {
        let name = variable.name.as_str();
        if gives_devices(name) && name != NVIDIA && !set.contains(name) {
            add(
                name,
                if name.ends_with("_VISIBLE_DEVICES") {
                    "void"
                } else {
                    ""
                },
            );
        }
    }
    for (name, variable) in &bounds.env {
        add(name, &variable.value);
    }
}

fn labels(
    options: &mut Options,
    image: &ImageDetails,
    reference: &str,
    bounds: &CreateBounds,
    stamp: &Stamp,
) {
    let listed = matches!(bounds.images, ImageBound::Listed(_));
    for (key, _) in &image.config.labels {
        let reserved = key.starts_with(RESERVED_LABELS);
        let named = bounds.labels.iter().any(|rule| rule.is_match(key));
        // Who lists an image has looked at it; of others, other software would take orders.
        if reserved || !(listed || named) {
            options.labels.entry(key.clone()).or_default();
        }
    }
    options.labels.extend(stamp.labels());
    options
        .labels
        .insert(LABEL_IMAGE.to_owned(), reference.to_owned());
}

fn health(options: &mut Options, image: &ImageDetails, bounds: &CreateBounds, around: &Around<'_>) {
    if bounds.healthcheck == HealthBound::None {
        let none = Healthcheck {
            test: HealthTest::None,
            ..Healthcheck::default()
        };
        // What was asked for stays, so that it is refused.
        options.healthcheck.get_or_insert(none);
        return;
    }
    let Some(of_image) = &image.config.healthcheck else {
        return;
    };
    let mut check = options.healthcheck.clone().unwrap_or_default();
    raise(&mut check.interval, of_image.interval, MIN_HEALTH_INTERVAL);
    raise(&mut check.timeout, of_image.timeout, MIN_HEALTH_TIMEOUT);
    // Before, engines have none, and no way to set it.
    if around.engine.api >= START_INTERVAL {
        raise(
            &mut check.start_interval,
            of_image.start_interval,
            MIN_HEALTH_INTERVAL,
        );
    }
    if check != Healthcheck::default() {
        options.healthcheck = Some(check);
    }
}

/// Sets a time that nobody asked for if the image's is too short.
fn raise(asked: &mut Option<u64>, of_image: Option<u64>, least: u64) {
    if asked.is_none() && of_image.is_some_and(|time| time < least) {
        *asked = Some(least);
    }
}

/// Puts it on the plugin's own network, unless it names another, and names networks by their ids.
fn network(
    options: &mut Options,
    alias: Option<String>,
    around: &Around<'_>,
) -> Result<(), Denial> {
    let asked = options.host.network_mode.take();
    let network = match asked {
        mode @ Some(NetworkMode::None | NetworkMode::Host | NetworkMode::Container(_)) => {
            options.host.network_mode = mode;
            return Ok(());
        }
        Some(NetworkMode::Network(name)) => Some((around.find_network(&name), name)),
        None | Some(NetworkMode::Default) => {
            let own = around.network.as_ref();
            own.map(|network| (Some(network), network.name.clone()))
        }
    };
    if options.network_disabled == Some(true) {
        options.endpoints.clear();
        options.host.network_mode = Some(NetworkMode::None);
        return Ok(());
    }
    let Some((found, name)) = network else {
        options.host.network_mode = Some(NetworkMode::None);
        return Ok(());
    };
    let never = || Denial::never("scope.change", "network", &name, "it is not in scope");
    let found = found.ok_or_else(never)?;
    let mut endpoint = options.endpoints.remove(&name).unwrap_or_default();
    if let Some(alias) = alias
        && !endpoint.aliases.contains(&alias)
    {
        endpoint.aliases.push(alias);
    }
    // Older engines look for the network of an address by its name alone, and forget the address.
    let by_name = options.mac_address.is_some() && around.engine.api < ENDPOINT_MAC_ADDRESS;
    let key = match by_name && !around.engine.podman {
        true => found.name.clone(),
        false => found.id.clone(),
    };
    options.endpoints.insert(key.clone(), endpoint);
    options.host.network_mode = Some(NetworkMode::Network(key));
    Ok(())
}

/// Says of each published port where: at the address and, if any will do, at a free port of those
/// that the bounds have. Which, the nonce says: who asks at the same time, or again because somebody
/// else has it, comes to another.
fn ports(
    options: &mut Options,
    image: &ImageDetails,
    bounds: &CreateBounds,
    around: &Around<'_>,
) -> Result<(), Denial> {
    let Some(bound) = &bounds.ports else {
        return Ok(());
    };
    let bindings = &mut options.host.port_bindings;
    if options.host.publish_all_ports.take() == Some(true) {
        let exposed = options
            .exposed_ports
            .keys()
            .chain(&image.config.exposed_ports);
        for port in exposed {
            let at = bindings.entry(port.clone()).or_default();
            if at.is_empty() {
                at.push(Default::default());
            }
        }
    }
    let mut taken = around.ports_taken.clone();
    taken.extend(bindings.values().flatten().filter_map(|at| at.port));
    for (container, at) in bindings.iter_mut() {
        options.exposed_ports.entry(container.clone()).or_default();
        for at in at {
            at.ip.get_or_insert(bound.ip);
            if at.port.is_none() {
                let mut ports = scattered(&bound.range, &around.stamp.nonce);
                let free = ports.find(|port| *port != 0 && !taken.contains(port));
                let none = || {
                    let got = format!("{} any", bound.ip);
                    let why = format!("none is free of {bound}");
                    Denial::never("create.ports", "port", &got, &why)
                };
                let free = free.ok_or_else(none)?;
                taken.insert(free);
                at.port = Some(free);
            }
        }
    }
    Ok(())
}

/// All ports of a range, from one on that a nonce says.
fn scattered(range: &RangeInclusive<u16>, nonce: &str) -> impl Iterator<Item = u16> {
    let (first, last) = (*range.start(), *range.end());
    let count = u64::from(last.saturating_sub(first)) + 1;
    let from = u64::from_str_radix(short(nonce), 16).unwrap_or_default() % count;
    let from = first.saturating_add(u16::try_from(from).unwrap_or_default());
    (from..=last).chain(first..from)
}

/// Puts a named volume in the place of each that has no name.
fn volumes(options: &mut Options, image: &ImageDetails, stamp: &Stamp) -> Vec<NewVolume> {
    let declared = std::mem::take(&mut options.volumes);
    let mut paths: BTreeSet<String> = declared.keys().map(|path| clean(path)).collect();
    paths.extend(image.config.volumes.iter().map(|path| clean(path)));
    let tmpfs = options.host.tmpfs.keys();
    let mounted = options.host.mounts.iter().map(|mount| match mount {
        Mount::Bind(bind) => &bind.target,
        Mount::Volume(volume) => &volume.target,
    });
    for path in mounted.chain(tmpfs) {
        paths.remove(&clean(path));
    }
    let name = |at: usize| format!("{}{}-{at}", stamp.prefix, short(&stamp.nonce));
    let mut made = Vec::new();
    for mount in &mut options.host.mounts {
        if let Mount::Volume(mount) = mount
            && mount.volume.is_empty()
        {
            mount.volume = name(made.len());
            made.push(NewVolume {
                name: mount.volume.clone(),
                target: mount.target.clone(),
                driver: mount.driver.clone(),
                labels: mount.labels.clone(),
            });
        }
    }
    for target in paths {
        let volume = name(made.len());
        options.host.mounts.push(Mount::Volume(VolumeMount {
            volume: volume.clone(),
            target: target.clone(),
            ..VolumeMount::default()
        }));
        made.push(NewVolume {
            name: volume,
            target,
            driver: None,
            labels: Vec::new(),
        });
    }
    made
}

/// Sets the limits that nobody asked for.
fn limits(host: &mut HostOptions, bounds: &CreateBounds, around: &Around<'_>) {
    let signed = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    let memory = *host.memory.get_or_insert(bounds.memory);
    host.memory_swap.get_or_insert(signed(memory));
    cpus(host, bounds.cpus.min(around.engine.nano_cpus));
    host.pids_limit.get_or_insert(signed(bounds.pids));
    // Podman refuses a size where the memory isn't the container's own.
    if matches!(
        host.ipc_mode,
        None | Some(IpcMode::Private | IpcMode::Shareable)
    ) {
        host.shm_size.get_or_insert(bounds.shm);
    }
    for tmpfs in host.tmpfs.values_mut() {
        tmpfs.size.get_or_insert(memory.min(bounds.memory));
    }
    let mut ulimit = |name: &str, value: u64| {
        if !host.ulimits.iter().any(|limit| limit.name == name) {
            host.ulimits.push(Ulimit {
                name: name.to_owned(),
                soft: signed(value),
                hard: signed(value),
            });
        }
    };
    ulimit("nofile", bounds.nofile);
    ulimit("core", 0);
    // Podman, given any, forgets those that it is set up with, and takes the kernel's highest.
    if around.engine.podman {
        ulimit("nproc", NPROC);
    }
    // Podman takes what it runs with itself, if it isn't told.
    host.oom_score_adj.get_or_insert(0);
    if bounds.read_only {
        host.read_only.get_or_insert(true);
    }
    host.restart_policy.get_or_insert(RestartPolicy::default());
}

/// Engines take a number of processors, or a quota and its period, but not both.
pub(super) fn cpus(host: &mut HostOptions, bound: u64) {
    if host.nano_cpus.is_some() || host.cpu_quota.is_some() {
        return;
    }
    match host.cpu_period {
        Some(period) if period != 0 => {
            let quota = u128::from(period) * u128::from(bound) / 1_000_000_000;
            host.cpu_quota = Some(i64::try_from(quota).unwrap_or(i64::MAX));
        }
        _ => host.nano_cpus = Some(bound),
    }
}

fn security(host: &mut HostOptions, bounds: &CreateBounds, engine: &Engine) {
    const NO_NEW_PRIVILEGES: &str = "no-new-privileges";
    let set = host
        .security_options
        .iter()
        .any(|option| option == NO_NEW_PRIVILEGES);
    if !bounds.privilege_escalation && !set {
        host.security_options.push(NO_NEW_PRIVILEGES.to_owned());
    }
    let named = |names: &[String], name: &str| names.iter().any(|of| capability(of) == name);
    if !named(&host.cap_drop, "ALL") {
        let given = engine.capabilities.iter().map(String::as_str);
        for name in super::ENGINE_CAPABILITIES.into_iter().chain(given) {
            let settled = named(&host.cap_drop, name) || named(&host.cap_add, name);
            if !bounds.capabilities.contains(name) && !settled {
                host.cap_drop.push(name.to_owned());
            }
        }
    }
    host.ipc_mode.get_or_insert(IpcMode::Private);
    // Where control groups are of the first version, engines refuse the two together.
    if host.privileged != Some(true) {
        host.cgroupns_mode.get_or_insert(CgroupnsMode::Private);
    }
    if let Some(runtime) = &bounds.runtime {
        host.runtime.get_or_insert_with(|| runtime.clone());
    }
    if bounds.log == LogBound::Bounded {
        host.log.get_or_insert_with(bounded_log);
    }
}
