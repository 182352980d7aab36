//! What a decision takes into account beyond the request: who asks, on what engine, and what the
//! objects are that the request names.

use std::collections::BTreeSet;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::bounds::ENGINE_CAPABILITIES;
use super::shape::capability;
use super::{LABEL_NONCE, LABEL_OWNER, LABEL_RUN};
use crate::api::containers::ContainerDetails;
use crate::api::networks::NetworkDetails;
use crate::api::system::{SystemInfo, VersionInfo};
use crate::api::{self, VolumeName};
use crate::transport::ApiVersion;

/// What is put on what a call makes, so that it can be found again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// The random id of the ledger's owner.
    pub owner: String,
    /// The run.
    pub run: String,
    /// The number of this intent alone: hexadecimal digits.
    pub nonce: String,
    /// What stands before the names of containers, networks and volumes: `devenv-`.
    pub prefix: String,
}

impl Stamp {
    /// The labels that are put on all that is made.
    pub fn labels(&self) -> [(String, String); 3] {
        [
            (LABEL_OWNER.to_owned(), self.owner.clone()),
            (LABEL_RUN.to_owned(), self.run.clone()),
            (LABEL_NONCE.to_owned(), self.nonce.clone()),
        ]
    }
}

/// What a decision takes into account beyond the request. The caller has looked all of it up; what
/// isn't here doesn't exist for the decision.
#[derive(Debug)]
pub struct Around<'a> {
    /// Who asks.
    pub stamp: Stamp,
    /// The engine.
    pub engine: Engine,
    /// What the operator accepts that the engine doesn't hold.
    pub accepted: BTreeSet<Unenforced>,
    /// The plugin's own network, that containers are put on which name none.
    pub network: Option<NetworkDetails>,
    /// The networks that the request names, or that the container is on, and that are in scope.
    pub networks: Vec<NetworkDetails>,
    /// The containers that the request names, or whose namespaces are shared, and that are in scope.
    pub containers: Vec<&'a ContainerDetails>,
    /// The volumes that the request names, or that the container has, that are in scope and whose
    /// nonce was compared.
    pub volumes: BTreeSet<VolumeName>,
    /// The ports of the machine that can't be chosen, since somebody has them.
    pub ports_taken: BTreeSet<u16>,
}

impl<'a> Around<'a> {
    /// Nothing but who asks and on what engine.
    pub fn new(stamp: Stamp, engine: Engine) -> Self {
        Self {
            stamp,
            engine,
            accepted: BTreeSet::new(),
            network: None,
            networks: Vec::new(),
            containers: Vec::new(),
            volumes: BTreeSet::new(),
            ports_taken: BTreeSet::new(),
        }
    }

    /// A network by its id or its whole name.
    pub(super) fn find_network(&self, name: &str) -> Option<&NetworkDetails> {
        let all = self.network.iter().chain(&self.networks);
        let by_id = all.clone().find(|network| network.id == name);
        by_id.or_else(|| all.clone().find(|network| network.name == name))
    }

    /// A container by its full id.
    pub(super) fn find_container(&self, id: &str) -> Option<&'a ContainerDetails> {
        let is =
            |container: &&&ContainerDetails| container.identity().is_ok_and(|its| its.id == id);
        self.containers.iter().find(is).copied()
    }
}

/// What of an engine makes a difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Engine {
    /// The version of the API that is spoken.
    pub api: ApiVersion,
    /// The engine's own version, its first number: 28.
    pub major: u32,
    /// Whether it is Podman.
    pub podman: bool,
    /// The runtime that containers get by default.
    pub runtime: String,
    /// The log driver that containers get by default.
    pub log_driver: String,
    /// The machine's processors in billionths: engines refuse to give more.
    pub nano_cpus: u64,
    /// The capabilities that containers get by default, without `CAP_`.
    pub capabilities: Vec<String>,
}

impl Engine {
    /// What an engine tells of itself. Fails with `Protocol` if its answer can't be read.
    pub fn of(info: &SystemInfo, version: &VersionInfo, api: ApiVersion) -> api::Result<Self> {
        let drivers = info.drivers()?;
        let major = version.version.split(|c: char| !c.is_ascii_digit()).next();
        Ok(Self {
            api,
            major: major.unwrap_or_default().parse().unwrap_or_default(),
            podman: is_podman(version),
            runtime: drivers.default_runtime.clone(),
            log_driver: drivers.logging_driver.clone(),
            nano_cpus: u64::from(info.identity()?.cpus).saturating_mul(1_000_000_000),
            capabilities: ENGINE_CAPABILITIES.map(str::to_owned).to_vec(),
        })
    }

    /// The same, which gives these capabilities by default: what Podman gives is set on its machine.
    #[must_use]
    pub fn giving(self, capabilities: &[String]) -> Self {
        let capabilities = capabilities.iter().map(|name| capability(name)).collect();
        Self {
            capabilities,
            ..self
        }
    }

    /// The options of a network that is cut off from the machine as well as from the rest; none where
    /// the engine has no such thing.
    pub fn isolation(&self) -> Option<Vec<(String, String)>> {
        let pair = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
        let options = match (self.podman, self.major) {
            (true, _) => return None,
            (false, 28..) => &ISOLATED[..],
            (false, _) => &INHIBITED[..],
        };
        Some(options.iter().copied().map(pair).collect())
    }

    /// Whether a runtime is the one that it takes by default, for which Podman has a name.
    pub(super) fn is_default_runtime(&self, name: &str) -> bool {
        name == self.runtime || (self.podman && name == "oci")
    }
}

/// From Engine 28 on the bridge has no address on the machine.
const ISOLATED: [(&str, &str); 2] = [
    ("com.docker.network.bridge.gateway_mode_ipv4", "isolated"),
    ("com.docker.network.bridge.gateway_mode_ipv6", "isolated"),
];

/// Before Engine 28 the same by this.
const INHIBITED: [(&str, &str); 1] = [("com.docker.network.bridge.inhibit_ipv4", "true")];

fn is_podman(version: &VersionInfo) -> bool {
    let components = &version.components;
    components
        .iter()
        .any(|part| part.name.starts_with("Podman"))
}

/// Whether containers on a network reach nothing but each other, the machine included.
pub fn is_isolated(network: &NetworkDetails) -> bool {
    let set = |(key, value): &(&str, &str)| {
        let is = |(its, to): &(String, String)| its == key && to == value;
        network.options.iter().any(is)
    };
    network.internal && (set(&ISOLATED[0]) || INHIBITED.iter().all(set))
}

/// What an engine may not hold containers to, by the names that `accept-unenforced` takes.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub enum Unenforced {
    /// `memory-limit`.
    #[serde(rename = "memory-limit")]
    Memory,
    /// `swap-limit`.
    #[serde(rename = "swap-limit")]
    Swap,
    /// `cpu-limit`.
    #[serde(rename = "cpu-limit")]
    Cpus,
    /// `pids-limit`.
    #[serde(rename = "pids-limit")]
    Pids,
    /// `process-limits`: the number of open files, core dumps. No engine says whether it holds these;
    /// what was made tells.
    #[serde(rename = "process-limits")]
    Ulimits,
    /// `network-isolation`: that networks which are internal don't reach the machine.
    #[serde(rename = "network-isolation")]
    NetworkIsolation,
}

impl Unenforced {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Memory,
        Self::Swap,
        Self::Cpus,
        Self::Pids,
        Self::Ulimits,
        Self::NetworkIsolation,
    ];

    /// Its name in `accept-unenforced`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Memory => "memory-limit",
            Self::Swap => "swap-limit",
            Self::Cpus => "cpu-limit",
            Self::Pids => "pids-limit",
            Self::Ulimits => "process-limits",
            Self::NetworkIsolation => "network-isolation",
        }
    }
}

impl fmt::Display for Unenforced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What an engine can't hold containers to that the bounds would have it hold. Each is an error when
/// the policy is loaded, unless the operator accepts it by name.
///
/// Fails with `Protocol` if the engine's answer can't be read.
pub fn unenforceable(
    info: &SystemInfo,
    version: &VersionInfo,
    bounds: &super::CreateBounds,
) -> api::Result<Vec<Unenforced>> {
    let limits = info.limits()?;
    let engine = Engine::of(info, version, ApiVersion::new(1, 0))?;
    let cpus = limits.cpu_cfs_quota && limits.cpu_cfs_period;
    let isolation = bounds.egress || engine.isolation().is_some();
    let held = [
        (Unenforced::Memory, limits.memory_limit),
        (Unenforced::Swap, limits.swap_limit),
        (Unenforced::Cpus, cpus),
        (Unenforced::Pids, limits.pids_limit),
        (Unenforced::NetworkIsolation, isolation),
    ];
    let lost = held.into_iter().filter(|(_, held)| !held);
    Ok(lost.map(|(what, _)| what).collect())
}
