//! The least policy that would have allowed a run, learnt while it ran inside a wide one.

mod text;

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Verb;
use super::create::{Claims, HealthBound, Used};

/// Remembers what a run uses of its policy. Clones remember together.
///
/// # Examples
///
/// ```
/// use dockwit_host::policy::{Learner, Policy, Verb};
///
/// let learner = Learner::new();
/// learner.called(Verb::ContainersList);
/// let text = learner.policy(&Policy::new("monitor".parse()?), &[Verb::ContainersList], &[])?;
/// let least = Policy::parse(&text)?;
/// assert!(least.grants().allow(Verb::ContainersList));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Learner(Arc<Mutex<Uses>>);

/// What was used.
#[derive(Clone, Debug, Default)]
struct Uses {
    verbs: BTreeSet<Verb>,
    /// The most of each, once a container was made or changed.
    most: Option<Most>,
    /// How many containers there are now, and were at most.
    containers: u64,
    at_once: u64,
    /// How many volumes were made.
    volumes: u64,
}

/// The most that any container used.
#[derive(Clone, Debug)]
struct Most {
    images: BTreeSet<String>,
    names: BTreeSet<String>,
    memory: u64,
    cpus: u64,
    pids: u64,
    nofile: u64,
    shm: u64,
    ports: BTreeSet<(IpAddr, u16)>,
    network: bool,
    isolates: bool,
    labels: BTreeSet<String>,
    capabilities: BTreeSet<String>,
    persist: bool,
    healthcheck: HealthBound,
    command: bool,
    non_root: bool,
    read_only: bool,
    stop_timeout: u32,
    extra_hosts: BTreeSet<String>,
    dns: BTreeSet<String>,
    dns_options: BTreeSet<String>,
    dns_search: BTreeSet<String>,
    sysctls: BTreeSet<String>,
}

impl Default for Most {
    /// Of nothing, all that is tight holds.
    fn default() -> Self {
        Self {
            images: BTreeSet::new(),
            names: BTreeSet::new(),
            memory: 0,
            cpus: 0,
            pids: 0,
            nofile: 0,
            shm: 0,
            ports: BTreeSet::new(),
            network: false,
            isolates: true,
            labels: BTreeSet::new(),
            capabilities: BTreeSet::new(),
            persist: false,
            healthcheck: HealthBound::None,
            command: false,
            non_root: true,
            read_only: true,
            stop_timeout: 0,
            extra_hosts: BTreeSet::new(),
            dns: BTreeSet::new(),
            dns_options: BTreeSet::new(),
            dns_search: BTreeSet::new(),
            sysctls: BTreeSet::new(),
        }
    }
}

impl Learner {
    /// Nothing is used yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A verb was called, and allowed.
    pub fn called(&self, verb: Verb) {
        self.uses().verbs.insert(verb);
    }

    /// A container was made; with its name, if that was granted as it is.
    pub fn made(&self, used: Used, name: Option<&str>) {
        let mut uses = self.uses();
        uses.containers += 1;
        uses.at_once = uses.at_once.max(uses.containers);
        uses.volumes = uses.volumes.saturating_add(used.volumes as u64);
        let most = uses.most.get_or_insert_default();
        most.names.extend(name.map(str::to_owned));
        most.add(used);
    }

    /// A container was changed, and takes this now.
    pub fn changed(&self, claims: &Claims) {
        let mut uses = self.uses();
        let most = uses.most.get_or_insert_default();
        most.memory = most.memory.max(finite(claims.memory));
        most.cpus = most.cpus.max(finite(claims.nano_cpus));
        most.pids = most.pids.max(finite(claims.pids));
        most.persist |= claims.running;
    }

    /// A container is gone.
    pub fn removed(&self) {
        let mut uses = self.uses();
        uses.containers = uses.containers.saturating_sub(1);
    }

    fn uses(&self) -> MutexGuard<'_, Uses> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Most {
    fn add(&mut self, used: Used) {
        self.images.insert(used.image);
        self.memory = self.memory.max(used.memory);
        self.cpus = self.cpus.max(used.cpus);
        self.pids = self.pids.max(used.pids);
        self.nofile = self.nofile.max(used.nofile);
        self.shm = self.shm.max(used.shm);
        self.ports.extend(used.ports);
        self.network |= used.network;
        self.isolates &= used.isolates;
        self.labels.extend(used.labels);
        self.capabilities.extend(used.capabilities);
        self.persist |= used.persist;
        self.healthcheck = match (self.healthcheck, used.healthcheck) {
            (HealthBound::Any, _) | (_, HealthBound::Any) => HealthBound::Any,
            (HealthBound::Image, _) | (_, HealthBound::Image) => HealthBound::Image,
            _ => HealthBound::None,
        };
        self.command |= used.command;
        self.non_root &= used.non_root;
        self.read_only &= used.read_only;
        self.stop_timeout = self.stop_timeout.max(used.stop_timeout);
        self.extra_hosts.extend(used.extra_hosts);
        self.dns.extend(used.dns);
        self.dns_options.extend(used.dns_options);
        self.dns_search.extend(used.dns_search);
        self.sysctls.extend(used.sysctls);
    }
}

/// What is without a limit is bounded by the policy all the same.
fn finite(amount: u64) -> u64 {
    if amount == u64::MAX { 0 } else { amount }
}

#[cfg(test)]
mod tests;
