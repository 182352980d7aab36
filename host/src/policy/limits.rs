//! How much a run may use: of the engine, and of the machine that it runs on.

use std::fmt;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::file::values::{Cpus, Rate, Size, Time};
use super::ledger::{OnEnd, Quotas};

/// How much of the engine a run may use, and what becomes of what it made. Each has a default, and says which it was when it is
/// met.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[non_exhaustive]
pub struct Limits {
    /// How often it may call, refused calls included.
    pub calls: Rate,
    /// How many of its calls may be on their way at the same time, writes that it no longer waits for included.
    pub in_flight: u32,
    /// How many streams and waits it may have open at the same time.
    pub streams: u32,
    /// How much the engine may send it in one stream.
    pub stream_bytes: Size,
    /// How much the engine may send it in all.
    pub bytes: Size,
    /// How long it may run.
    pub time: Time,
    /// How many containers it may have, in any state, those of all its runs together.
    pub containers: u32,
    /// How many of them may run at the same time; paused ones, and those that the engine may start again, count.
    pub running: u32,
    /// How much memory they may have, all together, in any state.
    pub memory_total: Size,
    /// How many processors they may have, all together, in any state.
    pub cpus_total: Cpus,
    /// How many networks it may have, those of all its runs together.
    pub networks: u32,
    /// How many volumes it may have, those of all its runs together.
    pub volumes: u32,
    /// How much of the engine's disk the files of its containers and its volumes may take, those of all its runs together. No engine
    /// holds anything to it: the host measures now and then, and lets nothing more be made or started once it takes more.
    pub disk: Size,
    /// How long a container may run at a time, in whatever run it was made; the host stops it then, as long as a run of the plugin goes on.
    pub container_time: Time,
    /// What becomes of what a run made when it ends: `"remove"`, `"stop"` or `"keep"`.
    pub on_end: OnEnd,
}

impl Limits {
    /// How much all runs of the plugin may have on one engine, together.
    pub fn quotas(&self) -> Quotas {
        Quotas {
            containers: Some(self.containers.into()),
            running: Some(self.running.into()),
            memory_total: Some(self.memory_total.0),
            cpus_total: Some(self.cpus_total.0),
            networks: Some(self.networks.into()),
            volumes: Some(self.volumes.into()),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            calls: Rate {
                count: 20_000,
                per: Duration::from_secs(1),
            },
            in_flight: 256,
            streams: 64,
            stream_bytes: Size(16 << 30),
            bytes: Size(64 << 30),
            time: Time(Duration::from_secs(24 * 3600)),
            containers: 64,
            running: 32,
            memory_total: Size(8 << 30),
            cpus_total: Cpus(16_000_000_000),
            networks: 8,
            volumes: 32,
            disk: Size(16 << 30),
            container_time: Time(Duration::from_secs(24 * 3600)),
            on_end: OnEnd::Remove,
        }
    }
}

/// How much of the machine a run may use, for itself and for what the host keeps for it. Each has a default, and says which
/// it was when it is met.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[non_exhaustive]
pub struct Sandbox {
    /// Its linear memory.
    pub memory: Size,
    /// How long it may compute in all, the host's work for its calls included.
    pub cpu: Time,
    /// The elements of its tables, which hold its functions.
    pub table_elements: u32,
    /// How many handles it may hold: containers, specs, snapshots, files.
    pub handles: u32,
    /// How many bytes it may hand over in one call.
    pub call_bytes: Size,
    /// How much it may write to its standard output and standard error together.
    pub output: Size,
    /// How much the host holds in memory for it, all together: specs, answers on their way, snapshots, and what streams have read ahead.
    pub host_memory: Size,
    /// The size of its component.
    pub component: Size,
    /// How long its component may be compiled, where that is done in a process of its own, as by `dockwit run`.
    pub compile_time: Time,
    /// How much memory may be used to compile its component, where that is done in a process of its own.
    pub compile_memory: Size,
}

impl Default for Sandbox {
    fn default() -> Self {
        Self {
            memory: Size(256 << 20),
            cpu: Time(Duration::from_secs(3600)),
            table_elements: 100_000,
            handles: 10_000,
            call_bytes: Size(16 << 20),
            output: Size(1 << 30),
            host_memory: Size(64 << 20),
            component: Size(64 << 20),
            compile_time: Time(Duration::from_secs(120)),
            compile_memory: Size(4 << 30),
        }
    }
}

/// A limit that a run has met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Met {
    /// Its key in the policy: `limits.time`.
    pub key: &'static str,
    /// What it is set to.
    pub limit: String,
}

impl Met {
    /// A limit by its key and its value.
    pub(crate) fn new(key: &'static str, limit: impl fmt::Display) -> Self {
        Self {
            key,
            limit: limit.to_string(),
        }
    }
}

/// `limits.time = 20m is met`.
impl fmt::Display for Met {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {} is met", self.key, self.limit)
    }
}

impl std::error::Error for Met {}
