//! What an engine tells of itself.

use bytes::Bytes;

use super::types::{
    DriverInfo, EngineIdentity, LimitSupport, ObjectCounts, RegistryAccess, StorageInfo,
    SwarmStatus,
};
use crate::api::Result;
use crate::api::json::{Blank, Group, Map, Moment, Record, Skipped, Snapshot, Source};

/// What an engine tells of itself, as it was when asked.
///
/// It keeps the engine's answer. Each group is read when it is asked for first. A group that can't
/// be read fails with `Protocol`, and the others are not touched by it.
#[derive(Debug)]
pub struct SystemInfo {
    snapshot: Snapshot,
    size: usize,
    identity: Group<EngineIdentity>,
    counts: Group<ObjectCounts>,
    storage: Group<StorageInfo>,
    limits: Group<LimitSupport>,
    drivers: Group<DriverInfo>,
    swarm: Group<SwarmStatus>,
    registries: Group<RegistryAccess>,
    security_options: Group<Vec<String>>,
    warnings: Group<Vec<String>>,
}

impl SystemInfo {
    #[cfg(test)]
    pub(crate) fn new(bytes: Bytes) -> Result<Self> {
        let weight = crate::api::json::weigh(&bytes)?;
        Self::of(bytes, weight)
    }

    /// Takes an answer that takes so many bytes when all of it is read.
    pub(crate) fn of(bytes: Bytes, weight: usize) -> Result<Self> {
        Ok(Self {
            size: bytes.len().saturating_add(weight),
            snapshot: Snapshot::new(bytes)?,
            identity: Group::new(),
            counts: Group::new(),
            storage: Group::new(),
            limits: Group::new(),
            drivers: Group::new(),
            swarm: Group::new(),
            registries: Group::new(),
            security_options: Group::new(),
            warnings: Group::new(),
        })
    }

    /// The engine's own JSON.
    pub fn text(&self) -> &str {
        self.snapshot.text()
    }

    /// What it takes of memory when all of it is read, in bytes and roughly.
    pub fn size_hint(&self) -> usize {
        self.size
    }

    /// Who the engine is and what it runs on.
    pub fn identity(&self) -> Result<&EngineIdentity> {
        self.snapshot
            .read(&self.identity, &["ServerVersion"], |group| group)
    }

    /// How many objects there are.
    pub fn counts(&self) -> Result<&ObjectCounts> {
        self.snapshot
            .read(&self.counts, &["Containers"], |group| group)
    }

    /// Where and how images and layers are kept.
    pub fn storage(&self) -> Result<&StorageInfo> {
        self.snapshot
            .read(&self.storage, &["Driver"], |group| group)
    }

    /// What the kernel can hold a container to.
    pub fn limits(&self) -> Result<&LimitSupport> {
        self.snapshot.read(&self.limits, &[], |group| group)
    }

    /// Drivers and runtimes.
    pub fn drivers(&self) -> Result<&DriverInfo> {
        self.snapshot
            .read(&self.drivers, &["Plugins"], |group| group)
    }

    /// How the engine stands to its swarm.
    pub fn swarm(&self) -> Result<&SwarmStatus> {
        self.snapshot
            .read(&self.swarm, &[], |SwarmGroup(group)| group)
    }

    /// Registries and proxies.
    pub fn registries(&self) -> Result<&RegistryAccess> {
        self.snapshot.read(&self.registries, &[], |group| group)
    }

    /// The security features in force: `name=seccomp,profile=builtin`.
    pub fn security_options(&self) -> Result<&[String]> {
        let read = |SecurityOptions(options)| options;
        let options = self.snapshot.read(&self.security_options, &[], read);
        options.map(Vec::as_slice)
    }

    /// What the engine warns of.
    pub fn warnings(&self) -> Result<&[String]> {
        let warnings = self
            .snapshot
            .read(&self.warnings, &[], |Warnings(warnings)| warnings);
        warnings.map(Vec::as_slice)
    }
}

impl Record for EngineIdentity {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "ID" => value.put(&mut self.id),
            "Name" => value.put(&mut self.name),
            "ServerVersion" => value.put(&mut self.server_version),
            "OperatingSystem" => value.put(&mut self.operating_system),
            "OSVersion" => value.get().map(|Blank(text)| self.os_version = text),
            "OSType" => value.put(&mut self.os_type),
            "Architecture" => value.put(&mut self.architecture),
            "KernelVersion" => value.put(&mut self.kernel_version),
            "NCPU" => value.put(&mut self.cpus),
            "MemTotal" => value.put(&mut self.memory),
            "SystemTime" => value.get().map(|Moment(moment)| self.system_time = moment),
            "ExperimentalBuild" => value.put(&mut self.experimental),
            "LiveRestoreEnabled" => value.put(&mut self.live_restore),
            "Labels" => value.put(&mut self.labels),
            _ => value.skip(),
        }
    }
}

impl Record for ObjectCounts {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "Containers" => value.put(&mut self.containers),
            "ContainersRunning" => value.put(&mut self.running),
            "ContainersPaused" => value.put(&mut self.paused),
            "ContainersStopped" => value.put(&mut self.stopped),
            "Images" => value.put(&mut self.images),
            _ => value.skip(),
        }
    }
}

impl Record for StorageInfo {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "Driver" => value.put(&mut self.driver),
            "DriverStatus" => value.get().map(|pairs: Vec<Vec<String>>| {
                let pair = |pair: Vec<String>| {
                    let mut parts = pair.into_iter();
                    (
                        parts.next().unwrap_or_default(),
                        parts.next().unwrap_or_default(),
                    )
                };
                self.driver_status = pairs.into_iter().map(pair).collect();
            }),
            "DockerRootDir" => value.put(&mut self.root_dir),
            _ => value.skip(),
        }
    }
}

impl Record for LimitSupport {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "CgroupDriver" => value.put(&mut self.cgroup_driver),
            "CgroupVersion" => value.put(&mut self.cgroup_version),
            "MemoryLimit" => value.put(&mut self.memory_limit),
            "SwapLimit" => value.put(&mut self.swap_limit),
            "CpuCfsPeriod" => value.put(&mut self.cpu_cfs_period),
            "CpuCfsQuota" => value.put(&mut self.cpu_cfs_quota),
            "CPUShares" => value.put(&mut self.cpu_shares),
            "CPUSet" => value.put(&mut self.cpuset),
            "PidsLimit" => value.put(&mut self.pids_limit),
            "OomKillDisable" => value.put(&mut self.oom_kill_disable),
            _ => value.skip(),
        }
    }
}

impl Record for DriverInfo {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "LoggingDriver" => value.put(&mut self.logging_driver),
            "DefaultRuntime" => value.put(&mut self.default_runtime),
            "Runtimes" => value.get().map(|Map(runtimes): Map<String, Skipped>| {
                self.runtimes = runtimes.into_iter().map(|(name, _)| name).collect();
            }),
            "Plugins" => value.get().map(|plugins: PluginsPart| {
                self.log = plugins.log;
                self.volume = plugins.volume;
                self.network = plugins.network;
                self.authorization = plugins.authorization;
            }),
            _ => value.skip(),
        }
    }
}

#[derive(Default)]
struct PluginsPart {
    log: Vec<String>,
    volume: Vec<String>,
    network: Vec<String>,
    authorization: Vec<String>,
}

impl Record for PluginsPart {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "Log" => value.put(&mut self.log),
            "Volume" => value.put(&mut self.volume),
            "Network" => value.put(&mut self.network),
            "Authorization" => value.put(&mut self.authorization),
            _ => value.skip(),
        }
    }
}

#[derive(Default)]
struct SwarmGroup(SwarmStatus);

impl Record for SwarmGroup {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "Swarm" => value.put(&mut self.0),
            _ => value.skip(),
        }
    }
}

impl Record for SwarmStatus {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "NodeID" => value.get().map(|Blank(text)| self.node_id = text),
            "LocalNodeState" => value.put(&mut self.local_node_state),
            "ControlAvailable" => value.put(&mut self.control_available),
            "Error" => value.get().map(|Blank(text)| self.error = text),
            "Managers" => value.put(&mut self.managers),
            "Nodes" => value.put(&mut self.nodes),
            _ => value.skip(),
        }
    }

    fn complete(&mut self) {
        // Engines that are no manager write 0 or nothing.
        self.managers = self.managers.filter(|count| *count != 0);
        self.nodes = self.nodes.filter(|count| *count != 0);
    }
}

impl Record for RegistryAccess {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "IndexServerAddress" => value.put(&mut self.index_server),
            "RegistryConfig" => value.get().map(|config: RegistryPart| {
                self.insecure = config.networks;
                let insecure = config.indexes.iter().filter(|(_, index)| !index.secure());
                self.insecure.extend(insecure.map(|(name, _)| name.clone()));
                self.mirrors = config.mirrors;
            }),
            "HttpProxy" => value.get().map(|Blank(text)| self.http_proxy = text),
            "HttpsProxy" => value.get().map(|Blank(text)| self.https_proxy = text),
            "NoProxy" => value.get().map(|Blank(text)| self.no_proxy = text),
            _ => value.skip(),
        }
    }
}

#[derive(Default)]
struct RegistryPart {
    networks: Vec<String>,
    indexes: Vec<(String, IndexPart)>,
    mirrors: Vec<String>,
}

impl Record for RegistryPart {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "InsecureRegistryCIDRs" => value.put(&mut self.networks),
            "IndexConfigs" => value.get().map(|Map(indexes)| self.indexes = indexes),
            "Mirrors" => value.put(&mut self.mirrors),
            _ => value.skip(),
        }
    }
}

/// One registry's settings.
#[derive(Default)]
struct IndexPart {
    secure: Option<bool>,
}

impl IndexPart {
    fn secure(&self) -> bool {
        self.secure != Some(false)
    }
}

impl Record for IndexPart {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "Secure" => value.put(&mut self.secure),
            _ => value.skip(),
        }
    }
}

#[derive(Default)]
struct SecurityOptions(Vec<String>);

impl Record for SecurityOptions {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "SecurityOptions" => value.put(&mut self.0),
            _ => value.skip(),
        }
    }
}

#[derive(Default)]
struct Warnings(Vec<String>);

impl Record for Warnings {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "Warnings" => value.put(&mut self.0),
            _ => value.skip(),
        }
    }
}
