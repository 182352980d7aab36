//! What was learnt, as a policy's text.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde::Serialize;

use super::{Learner, Most, Uses};
use crate::policy::create::{CommandBound, CreateBounds, HealthBound, LogBound, Unenforced};
use crate::policy::file::values::{Cpus, PluginName, Size};
use crate::policy::{Detail, Limits, Missing, Part, Policy, PolicyError, Scope, Show, Verb};

/// The keys of the least policy. What is as it is by default isn't said.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Least<'a> {
    version: u32,
    plugin: &'a PluginName,
    allow: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    missing: Option<Missing>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<Detail>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    accept_unenforced: &'a BTreeSet<Unenforced>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'a Scope>,
    #[serde(skip_serializing_if = "Option::is_none")]
    create: Option<LeastCreate<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    wasi: Option<LeastWasi<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    show: Option<Show>,
    limits: toml::Table,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct LeastCreate<'a> {
    images: &'a BTreeSet<String>,
    memory: Size,
    cpus: Cpus,
    pids: u64,
    nofile: u64,
    shm: Size,
    egress: bool,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    names: &'a BTreeSet<String>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    labels: &'a BTreeSet<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    privilege_escalation: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    capabilities: Option<&'a BTreeSet<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    runtime: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    log: Option<LogBound>,
    persist: bool,
    healthcheck: HealthBound,
    command: CommandBound,
    non_root: bool,
    read_only: bool,
    stop_timeout: u32,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    extra_hosts: &'a BTreeSet<String>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    dns: &'a BTreeSet<String>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    dns_options: &'a BTreeSet<String>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    dns_search: &'a BTreeSet<String>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    sysctls: &'a BTreeSet<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ports: Option<LeastPorts>,
}

#[derive(Serialize)]
struct LeastPorts {
    ip: String,
    range: String,
}

#[derive(Serialize)]
struct LeastWasi<'a> {
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    env: &'a [String],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    dirs: Vec<LeastDir<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct LeastDir<'a> {
    host: PathBuf,
    guest: &'a str,
    read_only: bool,
}

/// What stands at the top.
const HEAD: &str = "\
# What one run of the plugin used, and no more, as `dockwit run --learn` saw it. Another run may need more: read it before you keep it.
";

const NETWORK: &str = "\
# create.egress: containers had a network, and whether they needed more of it than each other can't be seen. Try it without.
";

const ISOLATION: &str = "\
# create.egress: this engine can't cut a network off from the machine.
";

impl Learner {
    /// The text of the least policy that would have allowed what was used, for a plugin that asks for these verbs and powers, of what ran under
    /// this ceiling. Folders and variables, what is in scope and what is shown are as there.
    ///
    /// # Errors
    ///
    /// Fails if that can't be written as TOML, as a path that isn't UTF-8.
    pub fn policy(
        &self,
        ceiling: &Policy,
        asked: &[Verb],
        powers: &[&'static Part],
    ) -> Result<String, PolicyError> {
        let uses = self.uses().clone();
        let written = |error: toml::ser::Error| PolicyError::new(error.to_string());
        let limits = uses.limits(ceiling.limits()).map_err(written)?;
        let text = toml::to_string_pretty(&Least {
            missing: uses.lacks(ceiling, asked, powers).then_some(Missing::Deny),
            ..uses.least(ceiling, limits)
        });
        let text = text.map_err(written)?;
        Ok(format!("{HEAD}{}\n{text}", uses.notes()))
    }
}

impl Uses {
    fn least<'a>(&'a self, ceiling: &'a Policy, limits: toml::Table) -> Least<'a> {
        let said = |is_default: bool| !is_default;
        let scope = ceiling.scope();
        let wasi = !ceiling.directories().is_empty() || !ceiling.variables().is_empty();
        Least {
            version: 1,
            plugin: ceiling.plugin(),
            allow: self.verbs.iter().map(|verb| verb.name()).collect(),
            missing: None,
            detail: Some(ceiling.detail()).filter(|detail| *detail != Detail::default()),
            accept_unenforced: ceiling.accept_unenforced(),
            scope: said(*scope == Scope::default()).then_some(scope),
            create: self.most.as_ref().map(|most| most.least(ceiling.create())),
            wasi: wasi.then(|| wasi_of(ceiling)),
            show: Some(ceiling.show()).filter(|show| *show != Show::default()),
            limits,
        }
    }

    /// Whether the plugin asks for more than it used, and has to be started without.
    fn lacks(&self, ceiling: &Policy, asked: &[Verb], powers: &[&'static Part]) -> bool {
        let unused = asked.iter().any(|verb| !self.verbs.contains(verb));
        unused || !ceiling.missing(&[], powers).is_empty()
    }

    /// Limits on what was counted, and those that the ceiling has otherwise than by default.
    fn limits(&self, ceiling: &Limits) -> Result<toml::Table, toml::ser::Error> {
        let count = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
        let defaults = Limits::default();
        let total = |of: fn(&Most) -> u64, default: u64| match &self.most {
            Some(most) if self.at_once > 0 => of(most).saturating_mul(self.at_once),
            _ => default,
        };
        let limits = Limits {
            containers: count(self.at_once),
            running: count(self.at_once),
            memory_total: Size(total(|most| most.memory, defaults.memory_total.0)),
            cpus_total: Cpus(total(|most| most.cpus, defaults.cpus_total.0)),
            networks: self.most.as_ref().map_or(0, |most| u32::from(most.network)),
            volumes: count(self.volumes),
            ..ceiling.clone()
        };
        let defaults = toml::Table::try_from(defaults)?;
        let mut table = toml::Table::try_from(limits)?;
        table.retain(|key, value| defaults.get(key) != Some(value));
        Ok(table)
    }

    fn notes(&self) -> &'static str {
        match &self.most {
            Some(most) if !most.isolates => ISOLATION,
            Some(most) if most.network && most.ports.is_empty() => NETWORK,
            _ => "",
        }
    }
}

impl Most {
    fn least<'a>(&'a self, ceiling: &'a CreateBounds) -> LeastCreate<'a> {
        let defaults = CreateBounds::default();
        let or = |used: u64, default: u64| if used == 0 { default } else { used };
        let changed = self.capabilities != defaults.capabilities && !self.images.is_empty();
        LeastCreate {
            images: &self.images,
            memory: Size(or(self.memory, defaults.memory)),
            cpus: Cpus(or(self.cpus, defaults.cpus)),
            pids: or(self.pids, defaults.pids),
            nofile: or(self.nofile, defaults.nofile),
            shm: Size(or(self.shm, defaults.shm)),
            egress: (self.network && ceiling.egress) || !self.isolates,
            names: &self.names,
            labels: &self.labels,
            privilege_escalation: ceiling.privilege_escalation,
            capabilities: changed.then_some(&self.capabilities),
            runtime: ceiling.runtime.as_deref(),
            log: Some(ceiling.log).filter(|log| *log != LogBound::default()),
            persist: self.persist,
            healthcheck: self.healthcheck,
            command: match self.command {
                true => CommandBound::Any,
                false => CommandBound::Image,
            },
            non_root: self.non_root && !self.images.is_empty(),
            read_only: self.read_only && !self.images.is_empty(),
            stop_timeout: match self.stop_timeout {
                0 => defaults.stop_timeout,
                seconds => seconds,
            },
            extra_hosts: &self.extra_hosts,
            dns: &self.dns,
            dns_options: &self.dns_options,
            dns_search: &self.dns_search,
            sysctls: &self.sysctls,
            ports: self.ports(),
        }
    }

    /// All are at the one address that the ceiling has.
    fn ports(&self) -> Option<LeastPorts> {
        let numbers = || self.ports.iter().map(|(_, port)| *port);
        let (ip, _) = self.ports.first()?;
        Some(LeastPorts {
            ip: ip.to_string(),
            range: format!("{}-{}", numbers().min()?, numbers().max()?),
        })
    }
}

fn wasi_of(ceiling: &Policy) -> LeastWasi<'_> {
    let dir = |of: &'_ crate::policy::Directory| {
        let host = of.host.canonicalize();
        host.unwrap_or_else(|_| of.host.clone())
    };
    LeastWasi {
        env: ceiling.variables(),
        dirs: ceiling
            .directories()
            .iter()
            .map(|of| LeastDir {
                host: dir(of),
                guest: &of.guest,
                read_only: of.read_only,
            })
            .collect(),
    }
}
