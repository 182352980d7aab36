//! The host configuration of a container, which three groups are made of.

use super::groups::published;
use super::types::{
    ContainerHostConfig, ContainerResources, ContainerSecurity, RestartCondition, RestartPolicy,
    Ulimit,
};
use crate::api::Result;
use crate::api::json::{Map, RawText, Record, Source, Text, texts};

#[derive(Default)]
pub(super) struct ResourcesPart(pub(super) ContainerResources);

impl Record for ResourcesPart {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        let Self(resources) = self;
        match key {
            "Memory" => value.put(&mut resources.memory),
            "MemoryReservation" => value.put(&mut resources.memory_reservation),
            "MemorySwap" => value.put(&mut resources.memory_swap),
            "MemorySwappiness" => value.put(&mut resources.memory_swappiness),
            "NanoCpus" => value.put(&mut resources.nano_cpus),
            "CpuShares" => value.put(&mut resources.cpu_shares),
            "CpuPeriod" => value.put(&mut resources.cpu_period),
            "CpuQuota" => value.put(&mut resources.cpu_quota),
            "CpusetCpus" => value.put(&mut resources.cpuset_cpus),
            "CpusetMems" => value.put(&mut resources.cpuset_mems),
            "CpuRealtimePeriod" => value.put(&mut resources.cpu_realtime_period),
            "CpuRealtimeRuntime" => value.put(&mut resources.cpu_realtime_runtime),
            "PidsLimit" => value.put(&mut resources.pids_limit),
            "BlkioWeight" => value.put(&mut resources.blkio_weight),
            "OomKillDisable" => value.put(&mut resources.oom_kill_disable),
            "OomScoreAdj" => value.put(&mut resources.oom_score_adj),
            "Ulimits" => value.put(&mut resources.ulimits),
            "ShmSize" => value.put(&mut resources.shm_size),
            "CgroupParent" => value.put(&mut resources.cgroup_parent),
            _ => value.skip(),
        }
    }

    fn complete(&mut self) {
        // 0 and -1 are the engine's words for no limit.
        let limit = &mut self.0.pids_limit;
        *limit = limit.filter(|limit| *limit > 0);
    }
}

impl Record for Ulimit {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "Name" => value.put(&mut self.name),
            "Soft" => value.put(&mut self.soft),
            "Hard" => value.put(&mut self.hard),
            _ => value.skip(),
        }
    }

    fn complete(&mut self) {
        // Podman writes the kernel's full names.
        if let Some(name) = self.name.strip_prefix("RLIMIT_") {
            self.name = name.to_ascii_lowercase();
        }
    }
}

#[derive(Default)]
pub(super) struct HostConfigPart(pub(super) ContainerHostConfig);

impl Record for HostConfigPart {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        let Self(host) = self;
        match key {
            "NetworkMode" => value.put(&mut host.network_mode),
            "RestartPolicy" => value.put(&mut host.restart_policy),
            "AutoRemove" => value.put(&mut host.auto_remove),
            "ReadonlyRootfs" => value.put(&mut host.read_only),
            "Init" => value.put(&mut host.init),
            "PublishAllPorts" => value.put(&mut host.publish_all_ports),
            "PortBindings" => value
                .get()
                .map(|ports| host.port_bindings = published(ports)),
            "Dns" => value.put(&mut host.dns),
            "DnsOptions" => value.put(&mut host.dns_options),
            "DnsSearch" => value.put(&mut host.dns_search),
            "ExtraHosts" => value.put(&mut host.extra_hosts),
            "GroupAdd" => value.put(&mut host.groups),
            "Tmpfs" => value.get().map(|Map(pairs)| host.tmpfs = pairs),
            "Binds" => value.put(&mut host.binds),
            "VolumesFrom" => value.put(&mut host.volumes_from),
            "Links" => value.put(&mut host.links),
            "StorageOpt" => value.get().map(|Map(pairs)| host.storage_options = pairs),
            "Sysctls" => value.get().map(|Map(pairs)| host.sysctls = pairs),
            "Runtime" => value.put(&mut host.runtime),
            "ConsoleSize" => value.get().map(|size: Option<Vec<u32>>| {
                host.console_size = match size.as_deref() {
                    Some([0, 0]) => None,
                    Some([height, width]) => Some((*height, *width)),
                    _ => None,
                };
            }),
            "LogConfig" => value.get().map(|part: LogPart| {
                host.log_driver = part.driver;
                host.log_options = part.options;
            }),
            _ => value.skip(),
        }
    }
}

#[derive(Default)]
struct LogPart {
    driver: String,
    options: Vec<(String, String)>,
}

impl Record for LogPart {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "Type" => value.put(&mut self.driver),
            "Config" => value.get().map(|Map(pairs)| self.options = pairs),
            _ => value.skip(),
        }
    }
}

impl Record for RestartPolicy {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "Name" => value.put(&mut self.condition),
            "MaximumRetryCount" => value.put(&mut self.maximum_retries),
            _ => value.skip(),
        }
    }
}

impl Text for RestartCondition {
    fn of(text: &str) -> Option<Self> {
        Some(match text {
            "no" | "" => Self::No,
            "always" => Self::Always,
            "unless-stopped" => Self::UnlessStopped,
            "on-failure" => Self::OnFailure,
            other => Self::Other(other.to_owned()),
        })
    }
}

texts!(RestartCondition);

#[derive(Default)]
pub(super) struct SecurityPart(pub(super) ContainerSecurity);

impl Record for SecurityPart {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        let Self(security) = self;
        match key {
            "Privileged" => value.put(&mut security.privileged),
            "CapAdd" => value.put(&mut security.cap_add),
            "CapDrop" => value.put(&mut security.cap_drop),
            "SecurityOpt" => value.put(&mut security.security_options),
            "IpcMode" => value.put(&mut security.ipc_mode),
            "PidMode" => value.put(&mut security.pid_mode),
            "UTSMode" => value.put(&mut security.uts_mode),
            "UsernsMode" => value.put(&mut security.userns_mode),
            "CgroupnsMode" => value.put(&mut security.cgroupns_mode),
            "MaskedPaths" => value.put(&mut security.masked_paths),
            "ReadonlyPaths" => value.put(&mut security.readonly_paths),
            "Devices" => value.get().map(|devices: Vec<Device>| {
                let parts = |device: Device| (device.host, device.container, device.permissions);
                security.devices = devices.into_iter().map(parts).collect();
            }),
            "DeviceCgroupRules" => value.put(&mut security.device_cgroup_rules),
            "DeviceRequests" => value.get().map(|requests: Vec<RawText>| {
                let text = |RawText(text)| text;
                security.device_requests = requests.into_iter().map(text).collect();
            }),
            _ => value.skip(),
        }
    }
}

#[derive(Default)]
struct Device {
    host: String,
    container: String,
    permissions: String,
}

impl Record for Device {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "PathOnHost" => value.put(&mut self.host),
            "PathInContainer" => value.put(&mut self.container),
            "CgroupPermissions" => value.put(&mut self.permissions),
            _ => value.skip(),
        }
    }
}
