//! What a container uses of the bounds: the least of each by which it would still be allowed.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::bounds::{CreateBounds, HealthBound};
use super::check::is_nobody_special;
use super::complete;
use super::shape::{Mode, Shape};
use super::{Effective, RESERVED_LABELS};
use crate::api::containers::{ContainerSpec, IpcMode, RestartCondition, Ulimit};
use crate::api::images::ImageDetails;

/// What a container uses of the bounds.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Used {
    /// Its image, by its content: as `create.images` has it.
    pub image: String,
    /// Memory in bytes.
    pub memory: u64,
    /// Processors in billionths.
    pub cpus: u64,
    /// Processes.
    pub pids: u64,
    /// Open files of a process.
    pub nofile: u64,
    /// The size of /dev/shm in bytes.
    pub shm: u64,
    /// The ports of the machine that it is published at.
    pub ports: BTreeSet<(IpAddr, u16)>,
    /// Whether it is on a network.
    pub network: bool,
    /// Whether the engine can cut a network off from the machine.
    pub isolates: bool,
    /// The labels that were asked for.
    pub labels: BTreeSet<String>,
    /// The capabilities of the engine's default that it has.
    pub capabilities: BTreeSet<String>,
    /// Whether the engine starts it again.
    pub persist: bool,
    /// What its health check runs.
    pub healthcheck: HealthBound,
    /// Whether it runs anything but what the image says.
    pub command: bool,
    /// Whether it runs as a user with a number that isn't 0.
    pub non_root: bool,
    /// Whether its own file system can't be written to.
    pub read_only: bool,
    /// The seconds that it has to stop.
    pub stop_timeout: u32,
    /// Lines for /etc/hosts.
    pub extra_hosts: BTreeSet<String>,
    /// Name servers.
    pub dns: BTreeSet<String>,
    /// Options for the resolver.
    pub dns_options: BTreeSet<String>,
    /// Domains to search names in.
    pub dns_search: BTreeSet<String>,
    /// Kernel parameters.
    pub sysctls: BTreeSet<String>,
    /// How many volumes are made for it.
    pub volumes: usize,
}

impl Effective {
    /// What it uses of the bounds.
    pub fn used(&self) -> Used {
        let shape = self.shape();
        let options = self.spec().options();
        let tmpfs = shape.files.tmpfs.iter().filter_map(|(_, size)| *size);
        let memory = tmpfs.chain(shape.limits.memory).max().unwrap_or_default();
        let nofile = shape.limits.ulimits.iter();
        let nofile = nofile
            .filter(|limit| limit.name == "nofile")
            .map(|limit| u64::try_from(limit.hard).unwrap_or(u64::MAX))
            .max();
        let labels = options.labels.keys();
        let labels = labels.filter(|key| !key.starts_with(RESERVED_LABELS));
        let network = &shape.network;
        let set = |list: &[String]| list.iter().cloned().collect();
        let ports = self.claims().ports.into_iter();
        Used {
            image: pinned(&shape.image.reference, self.image()),
            memory,
            cpus: shape.limits.cpus.unwrap_or_default(),
            pids: shape.limits.pids.unwrap_or_default(),
            nofile: nofile.unwrap_or_default(),
            shm: shape.limits.shm,
            ports: ports.map(|at| (at.ip, at.port)).collect(),
            network: network.mode != Mode::None,
            isolates: self.engine().isolation().is_some(),
            labels: labels.cloned().collect(),
            capabilities: capabilities(shape),
            persist: shape.restart.condition != RestartCondition::No,
            healthcheck: match &shape.health {
                None => HealthBound::None,
                Some(check) if check.own => HealthBound::Any,
                Some(_) => HealthBound::Image,
            },
            command: shape.own_command.is_some(),
            non_root: is_non_root(shape),
            read_only: shape.read_only,
            stop_timeout: u32::try_from(shape.stop_timeout).unwrap_or_default(),
            extra_hosts: set(&network.extra_hosts),
            dns: set(&network.dns),
            dns_options: set(&network.dns_options),
            dns_search: set(&network.dns_search),
            sysctls: shape
                .security
                .sysctls
                .iter()
                .cloned()
                .map(|(name, _)| name)
                .collect(),
            volumes: self.volumes().len(),
        }
    }
}

/// An image by its content, as `create.images` has it: the name that it was asked for by, with what registries call its content, or
/// with its id if no registry has it.
pub fn pinned(reference: &str, image: &ImageDetails) -> String {
    let name = reference
        .split_once('@')
        .map_or(reference, |(name, _)| name);
    let repository = match name.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => repository,
        _ => name,
    };
    let is_id = image.id.as_str().ends_with(name) || image.id.as_str() == reference;
    let short_id = name.len() >= 4
        && name.bytes().all(|c| c.is_ascii_hexdigit())
        && image.id.as_str().contains(name);
    if is_id || short_id {
        return image.id.to_string();
    }
    let digests = image
        .repo_digests
        .iter()
        .filter_map(|of| of.rsplit_once('@'));
    let of_name = digests.clone().find(|(of, _)| *of == repository);
    match of_name.or_else(|| digests.clone().next()) {
        Some((_, digest)) => format!("{name}@{digest}"),
        None => format!("{name}@{}", image.id),
    }
}

/// Asks for the limits that a container gets under a policy that says nothing of them, where none are asked for: so that bounds which
/// are wide make no container large.
pub fn ask_defaults(spec: &mut ContainerSpec) {
    let bounds = CreateBounds::default();
    let signed = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    let host = &mut spec.options_mut().host;
    host.memory.get_or_insert(bounds.memory);
    host.pids_limit.get_or_insert(signed(bounds.pids));
    complete::cpus(host, bounds.cpus);
    let own = matches!(
        host.ipc_mode,
        None | Some(IpcMode::Private | IpcMode::Shareable)
    );
    if own {
        host.shm_size.get_or_insert(bounds.shm);
    }
    if !host.ulimits.iter().any(|limit| limit.name == "nofile") {
        host.ulimits.push(Ulimit {
            name: "nofile".to_owned(),
            soft: signed(bounds.nofile),
            hard: signed(bounds.nofile),
        });
    }
    host.tmpfs.values_mut().for_each(|tmpfs| {
        tmpfs.size.get_or_insert(bounds.memory);
    });
}

fn capabilities(shape: &Shape) -> BTreeSet<String> {
    shape.security.capabilities().map(str::to_owned).collect()
}

fn is_non_root(shape: &Shape) -> bool {
    let (user, group) = match shape.user.split_once(':') {
        Some((user, group)) => (user, Some(group)),
        None => (shape.user.as_str(), None),
    };
    let groups = shape.groups.iter().map(String::as_str);
    let all = std::iter::once(user).chain(group).chain(groups);
    all.into_iter().all(is_nobody_special)
}
