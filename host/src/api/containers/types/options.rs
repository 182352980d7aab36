//! What a container shall be, and what shall be done with it.

use super::common::ContainerPort;
use crate::api::{ContainerId, Timestamp};

/// How a new container is put on a network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum NetworkMode {
    /// On the default network.
    #[default]
    Default,
    /// On none but its own loopback.
    None,
    /// On the machine's own.
    Host,
    /// On what another container is on, as if it were that container.
    Container(ContainerId),
    /// On a network, by its id or name.
    Network(String),
}

/// With whom a new container shares memory between processes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IpcMode {
    /// With nobody, and there is no /dev/shm.
    None,
    /// With nobody.
    Private,
    /// With containers that ask for it.
    Shareable,
    /// With the machine.
    Host,
    /// With another container, which has to be shareable.
    Container(ContainerId),
}

/// Memory that is mounted as a file system: never with device files or set-user-id programs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TmpfsMount {
    /// Where, in the container; absolute.
    pub target: String,
    /// Its size in bytes at most. None: half of the machine's memory.
    pub size: Option<u64>,
    /// Its permissions, as in `0o1777`. None: 0o1777.
    pub mode: Option<u32>,
    /// Whether programs on it can be run.
    pub exec: bool,
}

/// A port of a new container that is published on the machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PortBinding {
    /// The port inside the container; it is exposed as well.
    pub container: ContainerPort,
    /// The address on the machine. None: all.
    pub host_ip: Option<String>,
    /// The number on the machine. None: the engine chooses a free one.
    pub host_port: Option<u16>,
}

/// How a container is started.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StartOptions {
    /// The keys by which a client attached later leaves it: `ctrl-p,ctrl-q`. None: the engine's
    /// default.
    pub detach_keys: Option<String>,
}

/// How a container is stopped, or stopped and started.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StopOptions {
    /// The signal. None: the container's stop signal. Fails with `unsupported` before API 1.42.
    pub signal: Option<String>,
    /// The seconds that it has before it is killed; -1 is without a limit. None: the container's
    /// stop timeout, or 10.
    pub timeout: Option<i32>,
}

/// How a container is removed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RemoveOptions {
    /// Kill it first if it runs.
    pub force: bool,
    /// Remove its anonymous volumes as well.
    pub volumes: bool,
}

impl RemoveOptions {
    /// Whatever it is doing, and with its anonymous volumes.
    pub fn forced() -> Self {
        Self {
            force: true,
            volumes: true,
        }
    }
}

/// What a wait waits for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WaitCondition {
    /// That it doesn't run: at once if it doesn't.
    #[default]
    NotRunning,
    /// That it ends the next time, though it may not run yet.
    NextExit,
    /// That it is removed.
    Removed,
}

/// Which of a container's logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogsOptions {
    /// What it writes to standard output.
    pub stdout: bool,
    /// What it writes to standard error.
    pub stderr: bool,
    /// Stay, and tell what is written from now on until it ends.
    pub follow: bool,
    /// Only what was written at or after this moment.
    pub since: Option<Timestamp>,
    /// Only what was written before this moment.
    pub until: Option<Timestamp>,
    /// Put the moment, as RFC 3339 with nanoseconds, and a space before each line.
    pub timestamps: bool,
    /// Only the last so many lines. None: all.
    pub tail: Option<u64>,
    /// Put the attributes that the log driver was told to keep before each line.
    pub details: bool,
}

impl Default for LogsOptions {
    /// Both streams, whole, as far as they have come.
    fn default() -> Self {
        Self {
            stdout: true,
            stderr: true,
            follow: false,
            since: None,
            until: None,
            timestamps: false,
            tail: None,
            details: false,
        }
    }
}
