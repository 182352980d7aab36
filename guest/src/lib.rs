#![doc = include_str!("lib.md")]
#![warn(unnameable_types)]
#![doc(test(attr(deny(warnings), allow(dead_code, unused_macros, unused_variables))))]

extern crate self as dockwit;

mod bindings;
mod call;
#[doc(hidden)]
pub mod command;
pub mod containers;
mod docker;
mod error;
pub mod host_access;
mod lines;
mod native;
mod networks;
mod run;
mod stdin;
mod stream;
pub mod system;
pub mod time;
mod timestamp;
mod value;
mod verdict;
mod volumes;

pub use dockwit_macros::main;
#[doc(no_inline)]
pub use futures::{
    self, FutureExt, Stream, StreamExt, TryFutureExt, TryStreamExt, join, select, try_join,
};

#[doc(inline)]
pub use self::containers::{
    Container, ContainerFilter, ContainerSpec, ContainerStatus, ContainerSummary, Containers,
    Healthcheck, IpcMode, LogChunk, LogLine, LogStream, NetworkMode, OutputStream, Protocol,
    RestartPolicy, StatsStream, Tmpfs, Ulimit, UpdateSpec, VolumeMount, WaitCondition,
};
pub use self::{
    docker::Docker,
    error::{Detail, Error, ErrorKind, Result},
    lines::MAX_LINE_BYTES,
    networks::{Network, Networks},
    run::{
        ExitStatus, Failed, StopRequested, Termination, granted, set_exit_status, stop_requested,
    },
    stdin::{Stdin, StdinLines, stdin},
    timestamp::Timestamp,
    value::{EnvVar, HostPort, Label, PortSpec, Size, Words},
    volumes::{Volume, Volumes},
};

/// Each string that a plugin is told takes an allocation, and the target's own allocator is slow at that.
#[cfg(all(target_family = "wasm", feature = "allocator"))]
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

/// What `#[dockwit::main]` refers to. Not for use by hand.
#[doc(hidden)]
pub mod __private {
    use std::process::ExitCode;

    use crate::Docker;
    pub use crate::command::{export_command, exports::wasi::cli::run::Guest};

    /// What a plugin's `main` is handed.
    #[must_use]
    pub const fn docker() -> Docker {
        Docker::new()
    }

    /// What its plain `main` does.
    #[must_use]
    pub fn explain() -> ExitCode {
        crate::run::explain()
    }
}
