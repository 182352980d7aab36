//! A spec as it goes over the wire: only what was set.

use std::collections::BTreeMap;

use serde::Serialize;

use super::guard::Held;

/// A port as a key: `80/tcp`.
pub(super) type PortKey = String;

/// A struct of options, by the engine's names; what wasn't set isn't sent.
macro_rules! body {
    ($(#[$doc:meta])* struct $name:ident { $($field:ident: $type:ty = $wire:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
        pub(super) struct $name {
            $(
                #[serde(rename = $wire, skip_serializing_if = "is_unset")]
                pub(super) $field: $type,
            )*
        }
    };
}

fn is_unset<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

body! {
    /// What would be the same on any machine.
    struct Config {
        image: String = "Image",
        command: Option<Vec<String>> = "Cmd",
        entrypoint: Option<Vec<String>> = "Entrypoint",
        env: Vec<String> = "Env",
        labels: BTreeMap<String, String> = "Labels",
        hostname: Option<String> = "Hostname",
        domainname: Option<String> = "Domainname",
        user: Option<String> = "User",
        working_dir: Option<String> = "WorkingDir",
        tty: Option<bool> = "Tty",
        open_stdin: Option<bool> = "OpenStdin",
        stdin_once: Option<bool> = "StdinOnce",
        attach_stdin: Option<bool> = "AttachStdin",
        attach_stdout: Option<bool> = "AttachStdout",
        attach_stderr: Option<bool> = "AttachStderr",
        stop_signal: Option<String> = "StopSignal",
        stop_timeout: Option<u32> = "StopTimeout",
        healthcheck: Option<Healthcheck> = "Healthcheck",
        shell: Option<Vec<String>> = "Shell",
        on_build: Vec<String> = "OnBuild",
        volumes: BTreeMap<String, Empty> = "Volumes",
        exposed_ports: BTreeMap<PortKey, Empty> = "ExposedPorts",
        network_disabled: Option<bool> = "NetworkDisabled",
        mac_address: Option<String> = "MacAddress",
        host: HostConfig = "HostConfig",
        networking: Option<Networking> = "NetworkingConfig",
    }
}

impl Config {
    /// The endpoint that the MAC address belongs to; none without an address or a network. By this name all engines know
    /// their default network, whatever they call it.
    pub(super) fn networking(&self) -> Option<Networking> {
        let mac_address = self.mac_address.clone()?;
        let no_network =
            self.network_disabled == Some(true) || self.host.network_mode == Some("none");
        (!no_network).then(|| Networking {
            endpoints_config: BTreeMap::from([("default", Endpoint { mac_address })]),
        })
    }
}

body! {
    /// How it stands in its machine.
    struct HostConfig {
        tmpfs: BTreeMap<String, String> = "Tmpfs",
        read_only: Option<bool> = "ReadonlyRootfs",
        storage_options: BTreeMap<String, String> = "StorageOpt",
        port_bindings: BTreeMap<PortKey, Vec<HostPort>> = "PortBindings",
        publish_all_ports: Option<bool> = "PublishAllPorts",
        network_mode: Option<&'static str> = "NetworkMode",
        dns: Vec<String> = "Dns",
        dns_options: Vec<String> = "DnsOptions",
        dns_search: Vec<String> = "DnsSearch",
        extra_hosts: Vec<String> = "ExtraHosts",
        groups: Vec<String> = "GroupAdd",
        console_size: Option<[u32; 2]> = "ConsoleSize",
        memory: Option<u64> = "Memory",
        memory_reservation: Option<u64> = "MemoryReservation",
        memory_swap: Option<i64> = "MemorySwap",
        memory_swappiness: Option<u32> = "MemorySwappiness",
        shm_size: Option<u64> = "ShmSize",
        nano_cpus: Option<u64> = "NanoCpus",
        cpu_shares: Option<u64> = "CpuShares",
        cpu_period: Option<u64> = "CpuPeriod",
        cpu_quota: Option<i64> = "CpuQuota",
        cpuset_cpus: Option<String> = "CpusetCpus",
        cpuset_mems: Option<String> = "CpusetMems",
        pids_limit: Option<i64> = "PidsLimit",
        blkio_weight: Option<u16> = "BlkioWeight",
        ulimits: Vec<Ulimit> = "Ulimits",
        oom_score_adj: Option<i32> = "OomScoreAdj",
        init: Option<bool> = "Init",
        ipc_mode: Option<&'static str> = "IpcMode",
        cap_drop: Vec<String> = "CapDrop",
        restart_policy: Option<RestartPolicy> = "RestartPolicy",
        auto_remove: Option<bool> = "AutoRemove",
    }
}

body! {
    /// A health check; what isn't said is as the image has it.
    struct Healthcheck {
        test: Vec<String> = "Test",
        interval: Option<u64> = "Interval",
        timeout: Option<u64> = "Timeout",
        start_period: Option<u64> = "StartPeriod",
        start_interval: Option<u64> = "StartInterval",
        retries: Option<u32> = "Retries",
    }
}

/// A member of what the engine writes as a map without values.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Empty {}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct HostPort {
    pub(super) host_ip: String,
    pub(super) host_port: String,
}

/// The networks that it is put on, by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Networking {
    endpoints_config: BTreeMap<&'static str, Endpoint>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Endpoint {
    mac_address: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Ulimit {
    pub(super) name: String,
    pub(super) soft: i64,
    pub(super) hard: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RestartPolicy {
    pub(super) name: String,
    pub(super) maximum_retry_count: u32,
}

impl Held for HostPort {
    fn held(&self) -> usize {
        self.host_ip.held() + self.host_port.held()
    }
}

impl Held for Ulimit {
    fn held(&self) -> usize {
        self.name.held()
    }
}

impl Held for RestartPolicy {
    fn held(&self) -> usize {
        self.name.held()
    }
}

impl Held for Healthcheck {
    fn held(&self) -> usize {
        self.test.held()
    }
}
