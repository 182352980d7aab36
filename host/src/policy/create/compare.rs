//! Whether what an engine made is what it was asked for: engines drop limits with a mere warning.

use std::collections::BTreeMap;
use std::fmt::{self, Debug};

use super::around::{Engine, Unenforced};
use super::bounds::{MIN_HEALTH_INTERVAL, MIN_HEALTH_TIMEOUT};
use super::of_details::{is_bounded, of_details};
use super::shape::{Bind, Mode, Security, Shape, clean};
use crate::api;
use crate::api::containers::{ContainerDetails, Driver, Options, RestartCondition, Ulimit};
use crate::api::images::ImageDetails;

/// Something of a container that is weaker than what was asked for, or more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What of it: `memory`, `mount`.
    pub field: &'static str,
    /// What was sent. Never a variable's value.
    pub sent: String,
    /// What the engine made.
    pub made: String,
    /// What the operator would have to accept.
    pub unenforced: Option<Unenforced>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            field, sent, made, ..
        } = self;
        write!(f, "{field} was to be {sent} and is {made}")?;
        match self.unenforced {
            Some(what) => write!(f, "; accept-unenforced = [\"{what}\"] would allow it"),
            None => Ok(()),
        }
    }
}

/// What was sent, and what it rests on.
pub(super) struct Made<'a> {
    pub(super) shape: &'a Shape,
    pub(super) options: &'a Options,
    pub(super) image: &'a ImageDetails,
    /// What the networks are called, which it is on by their ids.
    pub(super) network_names: &'a [String],
    pub(super) engine: &'a Engine,
}

/// What is found as one goes along.
#[derive(Default)]
struct Found(Vec<Difference>);

impl Found {
    fn add(
        &mut self,
        field: &'static str,
        sent: impl Debug,
        made: impl Debug,
        unenforced: Option<Unenforced>,
    ) {
        self.0.push(Difference {
            field,
            sent: format!("{sent:?}"),
            made: format!("{made:?}"),
            unenforced,
        });
    }

    /// A limit that isn't there, or is higher.
    fn limit(
        &mut self,
        field: &'static str,
        sent: Option<u64>,
        made: Option<u64>,
        what: Option<Unenforced>,
    ) {
        let height = |limit: Option<u64>| limit.unwrap_or(u64::MAX);
        if height(made) > height(sent) {
            self.add(field, sent, made, what);
        }
    }

    /// Members that were not sent.
    fn extra<T: PartialEq + Debug>(&mut self, field: &'static str, sent: &[T], made: &[T]) {
        for item in made.iter().filter(|item| !sent.contains(item)) {
            self.add(field, "nothing", item, None);
        }
    }

    /// Members that are missing.
    fn missing<T: PartialEq + Debug>(&mut self, field: &'static str, sent: &[T], made: &[T]) {
        for item in sent.iter().filter(|item| !made.contains(item)) {
            self.add(field, item, "nothing", None);
        }
    }
}

/// What of a container is weaker than what was sent, or more.
pub(super) fn differences(
    sent: &Made<'_>,
    details: &ContainerDetails,
) -> api::Result<Vec<Difference>> {
    let made = of_details(details, Some(sent.image), sent.engine)?;
    let mut found = Found::default();
    if made.image.id != sent.shape.image.id {
        found.add("image", &sent.shape.image.id, &made.image.id, None);
    }
    limits(&mut found, sent.shape, &made);
    security(&mut found, sent, &made);
    machine(&mut found, sent, &made);
    files(&mut found, sent.shape, &made);
    network(&mut found, sent, &made);
    labels(&mut found, sent, details)?;
    Ok(found.0)
}

fn limits(found: &mut Found, sent: &Shape, made: &Shape) {
    let (sent, made) = (&sent.limits, &made.limits);
    found.limit("memory", sent.memory, made.memory, Some(Unenforced::Memory));
    found.limit(
        "memory-swap",
        sent.memory_swap,
        made.memory_swap,
        Some(Unenforced::Swap),
    );
    // Some engines round what they write as a quota.
    let rounded = |cpus: Option<u64>| cpus.map(|cpus| cpus.div_ceil(100_000));
    found.limit(
        "nano-cpus",
        rounded(sent.cpus),
        rounded(made.cpus),
        Some(Unenforced::Cpus),
    );
    found.limit("pids-limit", sent.pids, made.pids, Some(Unenforced::Pids));
    // Not sent where the memory isn't the container's own.
    if sent.shm != 0 {
        found.limit("shm-size", Some(sent.shm), Some(made.shm), None);
    }
    let hard = |limits: &[Ulimit], name: &str| {
        let mut named = limits.iter().filter(|limit| limit.name == name);
        named
            .next_back()
            .and_then(|limit| u64::try_from(limit.hard).ok())
    };
    for limit in sent.ulimits.iter().filter(|limit| limit.name != "nproc") {
        let sent = hard(&sent.ulimits, &limit.name);
        let made = hard(&made.ulimits, &limit.name);
        found.limit("ulimit", sent, made, Some(Unenforced::Ulimits));
    }
    let kinds = |items: &[String]| -> Vec<String> {
        items
            .iter()
            .filter_map(|item| item.split(' ').next())
            .map(str::to_owned)
            .collect()
    };
    found.extra(
        "scheduling",
        &kinds(&sent.scheduling),
        &kinds(&made.scheduling),
    );
    found.extra("oom", &kinds(&sent.oom), &kinds(&made.oom));
}

fn security(found: &mut Found, sent: &Made<'_>, made: &Shape) {
    let (shape, engine) = (sent.shape, sent.engine);
    let (ours, theirs) = (&shape.security, &made.security);
    if theirs.privileged && !ours.privileged {
        found.add("privileged", false, true, None);
    }
    if ours.no_new_privileges && !theirs.no_new_privileges {
        found.add("no-new-privileges", true, false, None);
    }
    found.extra("security-option", &ours.options, &theirs.options);
    found.extra("capability", &ours.cap_add, &theirs.cap_add);
    let all = theirs.cap_drop.iter().any(|name| name == "ALL");
    if !all && !ours.privileged {
        found.missing(
            "dropped capability",
            &dropped(ours, engine),
            &theirs.cap_drop,
        );
    }
    if ours.own_paths && !theirs.own_paths {
        found.add("masked-paths", "the engine's", "others", None);
    }
    for (namespace, whose) in &theirs.namespaces {
        let asked = ours.namespaces.iter().any(|(of, _)| of == namespace);
        // See `check::machine`.
        if !asked && !ours.privileged {
            found.add("namespace", "its own", format!("{namespace} {whose}"), None);
        }
    }
    let parent = |shape: &Shape| shape.security.cgroup_parent.clone();
    if parent(made).is_some() && parent(made) != parent(shape) {
        found.add("cgroup-parent", parent(shape), parent(made), None);
    }
    found.extra("sysctl", &ours.sysctls, &theirs.sysctls);
    found.extra(
        "storage-option",
        &ours.storage_options,
        &theirs.storage_options,
    );
}

/// The capabilities that have to be told as dropped. Engines don't tell of those that they wouldn't have given, and Podman tells
/// one by one what all are.
fn dropped(sent: &Security, engine: &Engine) -> Vec<String> {
    let (given, named) = (&engine.capabilities, &sent.cap_drop);
    let all = named.iter().any(|name| name == "ALL");
    match (all, engine.podman) {
        (true, false) => vec!["ALL".to_owned()],
        (true, true) => {
            let kept = |name: &&String| sent.cap_add.contains(name);
            given.iter().filter(|name| !kept(name)).cloned().collect()
        }
        (false, _) => {
            let given = named.iter().filter(|name| given.contains(name));
            given.cloned().collect()
        }
    }
}

fn machine(found: &mut Found, sent: &Made<'_>, made: &Shape) {
    let shape = sent.shape;
    let paths = |shape: &Shape| -> Vec<String> {
        let devices = shape.devices.mappings.iter();
        devices.map(|device| device.host.clone()).collect()
    };
    found.extra("device", &paths(shape), &paths(made));
    found.extra(
        "device-cgroup-rule",
        &shape.devices.rules,
        &made.devices.rules,
    );
    if made.devices.requests.len() > shape.devices.requests.len() {
        let count = |shape: &Shape| shape.devices.requests.len();
        found.add("device-requests", count(shape), count(made), None);
    }
    if let Some(is) = &made.runtime {
        let same = match &shape.runtime {
            Some(asked) => asked == is || (sent.engine.podman && is == "oci"),
            None => sent.engine.is_default_runtime(is),
        };
        if !same {
            found.add("runtime", &shape.runtime, is, None);
        }
    }
    if let (Some(asked), Some(is)) = (&shape.log, &made.log)
        && !is_bounded(is, asked, sent.engine)
    {
        let name = |log: &Driver| log.name.clone();
        found.add("log", name(asked), name(is), None);
    }
    if shape.read_only && !made.read_only {
        found.add("read-only", true, false, None);
    }
    if made.restart.condition != RestartCondition::No && made.restart != shape.restart {
        found.add("restart-policy", &shape.restart, &made.restart, None);
    }
    if let (false, Some(check)) = (shape.health.is_some(), &made.health)
        && !sent.engine.podman
    {
        found.add("healthcheck", "none", check, None);
    }
    if let Some(check) = &made.health {
        for (field, time, least) in [
            ("health interval", check.interval, MIN_HEALTH_INTERVAL),
            ("health timeout", check.timeout, MIN_HEALTH_TIMEOUT),
            (
                "health start-interval",
                check.start_interval,
                MIN_HEALTH_INTERVAL,
            ),
        ] {
            if let Some(time) = time.filter(|time| *time < least) {
                found.add(field, least, time, None);
            }
        }
    }
}

fn files(found: &mut Found, sent: &Shape, made: &Shape) {
    let bind = |bind: &Bind| (bind.source.clone(), clean(&bind.target), bind.read_only);
    let binds = |shape: &Shape| -> Vec<_> { shape.files.binds.iter().map(bind).collect() };
    found.extra("bind", &binds(sent), &binds(made));
    found.missing("bind", &binds(sent), &binds(made));
    let spread = |shape: &Shape| -> Vec<_> {
        let binds = shape.files.binds.iter().filter(|bind| bind.spreads());
        binds
            .map(|bind| (bind.source.clone(), clean(&bind.target), bind.propagation))
            .collect()
    };
    found.extra("bind", &spread(sent), &spread(made));
    let volumes = |shape: &Shape| -> Vec<_> {
        let volumes = shape.files.volumes.iter();
        volumes
            .map(|of| (of.volume.clone(), clean(&of.target), of.read_only))
            .collect()
    };
    // Another container's mounts become its own.
    if sent.files.volumes_from.is_empty() {
        found.extra("volume", &volumes(sent), &volumes(made));
    }
    found.missing("volume", &volumes(sent), &volumes(made));
    let tmpfs = |shape: &Shape| -> Vec<String> {
        shape
            .files
            .tmpfs
            .iter()
            .map(|(path, _)| clean(path))
            .collect()
    };
    found.extra("tmpfs", &tmpfs(sent), &tmpfs(made));
    for (path, size) in &made.files.tmpfs {
        let is = |(of, _): &&(String, Option<u64>)| clean(of) == clean(path);
        if let Some((_, asked)) = sent.files.tmpfs.iter().find(is) {
            found.limit("tmpfs", *asked, *size, None);
        }
    }
    found.extra(
        "volumes-from",
        &sent.files.volumes_from,
        &made.files.volumes_from,
    );
    found.extra("mount", &[], &made.files.other);
}

fn network(found: &mut Found, sent: &Made<'_>, made: &Shape) {
    let (ours, theirs) = (&sent.shape.network, &made.network);
    let same = match (&ours.mode, &theirs.mode) {
        (Mode::Networks(ids), Mode::Networks(names)) => {
            let asked = |name: &String| ids.contains(name) || sent.network_names.contains(name);
            names.iter().all(asked)
        }
        (ours, theirs) => ours == theirs,
    };
    if !same {
        found.add(
            "network",
            ours.mode.to_string(),
            theirs.mode.to_string(),
            None,
        );
    }
    let published = |shape: &Shape| -> Vec<_> {
        let ports = shape.network.ports.iter();
        ports
            .map(|at| (at.container.clone(), at.ip, at.port))
            .collect()
    };
    found.extra("port", &published(sent.shape), &published(made));
    found.extra("extra-host", &ours.extra_hosts, &theirs.extra_hosts);
    found.extra("dns", &ours.dns, &theirs.dns);
    if theirs.links.len() > ours.links.len() {
        found.add("links", ours.links.len(), theirs.links.len(), None);
    }
}

/// Labels that were sent have to be there, and no others but the image's.
fn labels(found: &mut Found, sent: &Made<'_>, details: &ContainerDetails) -> api::Result<()> {
    let of_image = sent.image.config.labels.iter();
    let mut expected: BTreeMap<&str, &str> = of_image
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .collect();
    let asked = sent.options.labels.iter();
    expected.extend(asked.map(|(key, value)| (key.as_str(), value.as_str())));
    let labels = details.labels()?;
    for (key, value) in labels {
        match expected.remove(key.as_str()) {
            None => found.add("label", "none", key, None),
            Some(asked) if asked != value => found.add("label", asked, value, None),
            Some(_) => {}
        }
    }
    for (key, _) in expected {
        found.add("label", key, "none", None);
    }
    Ok(())
}
