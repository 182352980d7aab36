//! What new containers may have of the machine: what a policy's table `[host-access]` says.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use schemars::JsonSchema;
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::shape::capability;
use crate::api::containers::BindPropagation;

/// What containers may have of the machine: the keys of `[host-access]`. Nothing, unless said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct HostAccess {
    /// All powers over the machine.
    pub privileged: bool,
    /// Paths of the machine: exact, real ones.
    pub binds: Vec<BindAccess>,
    /// Whether `binds` hold also on an engine that isn't on this machine, where nobody can look whether such a path is what it
    /// says, or a link to another.
    pub binds_unverified: bool,
    /// Devices of the machine: paths, or `{ path = ..., permissions = "r" }`.
    #[schemars(with = "Vec<DeviceForm>")]
    pub devices: Vec<DeviceAccess>,
    /// Rules for devices, exact ones: `c 42:* rwm`.
    pub device_cgroup_rules: BTreeSet<String>,
    /// Devices asked of a driver, such as GPUs.
    pub device_requests: Vec<DeviceRequestAccess>,
    /// Environment variables that give devices, by name: `NVIDIA_VISIBLE_DEVICES`.
    pub env: BTreeSet<String>,
    /// Capabilities beyond the default: `NET_ADMIN`, `ALL`.
    #[serde(deserialize_with = "capabilities")]
    pub capabilities: BTreeSet<String>,
    /// Security options, exact ones: `seccomp=unconfined`.
    pub security_options: BTreeSet<String>,
    /// Whether the paths that are hidden or read-only may be others than the engine's.
    pub system_paths: bool,
    /// Kernel parameters, by name.
    pub sysctls: BTreeSet<String>,
    /// Namespaces of the machine.
    pub namespaces: BTreeSet<Namespace>,
    /// Runtimes, by name.
    pub runtimes: BTreeSet<String>,
    /// Control groups, exact ones.
    pub cgroup_parents: BTreeSet<String>,
    /// Notes for the runtime, by name.
    pub annotations: BTreeSet<String>,
    /// Whether other containers may be linked, which gives their environment.
    pub links: bool,
    /// Whether the mounts of other containers may be had.
    pub volumes_from: bool,
    /// Log drivers, with the options that each may be given.
    pub log_drivers: Vec<DriverAccess>,
    /// Volume drivers, with the options that each may be given; `local` too takes options.
    pub volume_drivers: Vec<DriverAccess>,
    /// Options of the storage driver, `name=value`, exact ones.
    pub storage_options: BTreeSet<String>,
    /// Limits on each process but `nofile`, `nproc` and `core`, by name, with the highest.
    pub ulimits: BTreeMap<String, i64>,
    /// Whether they may be scheduled before others: weights above the default, processors, real time,
    /// traffic with devices.
    pub scheduling: bool,
    /// Whether they may be kept from the out-of-memory killer.
    pub oom: bool,
    /// Whether endpoints may have fixed addresses, links, priorities and options of the driver.
    pub endpoints: bool,
}

/// Capabilities as they are compared.
fn capabilities<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeSet<String>, D::Error> {
    let names = Vec::<String>::deserialize(from)?;
    Ok(names.iter().map(|name| capability(name)).collect())
}

/// A path of the machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct BindAccess {
    /// The path.
    pub source: String,
    /// Whether it can't be written to. Default: no.
    #[serde(default)]
    pub read_only: bool,
    /// How mounts that are made later may spread. Default: `rprivate`, not at all.
    #[serde(default, with = "Propagation")]
    #[schemars(with = "Propagation")]
    pub propagation: BindPropagation,
}

/// How mounts spread, by the engine's words.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(remote = "BindPropagation", rename_all = "kebab-case")]
enum Propagation {
    /// Not at all, at the path itself.
    Private,
    /// Not at all.
    Rprivate,
    /// Into the container, at the path itself.
    Slave,
    /// Into the container.
    Rslave,
    /// Both ways, at the path itself.
    Shared,
    /// Both ways.
    Rshared,
}

/// A device of the machine. In a policy it is its path, `"/dev/kvm"`, or `{ path = ..., permissions = "r" }`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeviceAccess {
    /// Its path.
    pub path: String,
    /// What may be done with it: letters of `rwm`.
    pub permissions: String,
}

impl DeviceAccess {
    /// What may be done with a device of which nothing is said.
    fn all_permissions() -> String {
        "rwm".to_owned()
    }
}

/// The forms of a device in a policy.
#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
enum DeviceForm {
    /// Its path.
    Path(String),
    /// Its path, and what may be done with it.
    Table(DeviceTable),
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct DeviceTable {
    /// Its path.
    path: String,
    /// What may be done with it: letters of `rwm`. Default: all.
    #[serde(default = "DeviceAccess::all_permissions")]
    permissions: String,
}

impl<'de> Deserialize<'de> for DeviceAccess {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Form;

        impl<'de> Visitor<'de> for Form {
            type Value = DeviceAccess;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a path such as \"/dev/kvm\", or { path = ..., permissions = ... }")
            }

            fn visit_str<E>(self, path: &str) -> Result<DeviceAccess, E> {
                Ok(DeviceAccess {
                    path: path.to_owned(),
                    permissions: DeviceAccess::all_permissions(),
                })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<DeviceAccess, A::Error> {
                let table = MapAccessDeserializer::new(map);
                let DeviceTable { path, permissions } = DeviceTable::deserialize(table)?;
                Ok(DeviceAccess { path, permissions })
            }
        }

        from.deserialize_any(Form)
    }
}

/// Devices asked of a driver.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DeviceRequestAccess {
    /// The driver.
    pub driver: String,
    /// How many at most; -1 is all of them. Default: 0, those that are named.
    #[serde(default)]
    pub count: i64,
    /// The devices by id.
    #[serde(default)]
    pub ids: BTreeSet<String>,
    /// What the devices may be asked to do.
    #[serde(default)]
    pub capabilities: BTreeSet<String>,
}

/// A driver, with the options that it may be given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DriverAccess {
    /// Its name.
    pub name: String,
    /// The options, with their exact values.
    #[serde(default)]
    pub options: BTreeMap<String, String>,
}

impl DriverAccess {
    /// Whether a driver with options is allowed by this.
    pub(super) fn allows(&self, name: &str, options: &[(String, String)]) -> bool {
        let exact = |(key, value): &(String, String)| self.options.get(key) == Some(value);
        self.name == name && options.iter().all(exact)
    }
}

/// A namespace that a container has of its own unless told otherwise.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Namespace {
    /// Of control groups.
    Cgroup,
    /// Of memory between processes.
    Ipc,
    /// Of the network.
    Network,
    /// Of processes.
    Pid,
    /// Of users.
    User,
    /// Of the host name.
    Uts,
}

impl Namespace {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Cgroup,
        Self::Ipc,
        Self::Network,
        Self::Pid,
        Self::User,
        Self::Uts,
    ];

    /// Its name in a policy.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cgroup => "cgroup",
            Self::Ipc => "ipc",
            Self::Network => "network",
            Self::Pid => "pid",
            Self::User => "user",
            Self::Uts => "uts",
        }
    }
}

impl AsRef<str> for Namespace {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
