//! The project's task runner: what `cargo xtask` does, from a machine with nothing but Rust on it to
//! real engines of six generations with plugins running against them.
//!
//! Nothing is installed, and all that is private lies below the target folder or a temporary one.

#[cfg(not(target_os = "linux"))]
compile_error!("the task runner starts engines in Linux namespaces: run it on Linux");

pub mod cache;
pub mod cgroup;
pub mod cli;
pub mod commands;
pub mod debian;
pub mod engine;
pub mod generation;
pub mod guest;
pub mod http;
pub mod image;
pub mod probe;
pub mod process;
pub mod programs;
pub mod progress;
pub mod report;
pub mod run_dir;
pub mod test_log;
pub mod workspace;
