//! What `cargo xtask bench` has set up.

use std::env;
use std::path::PathBuf;

use anyhow::{Context, Result};
use tempfile::TempDir;

/// What the names of all containers of the benchmark begin with.
pub(crate) const PREFIX: &str = "dockwit-bench-";

/// Where everything is.
#[derive(Debug)]
pub(crate) struct Environment {
    /// The engine: `unix:///path`.
    pub(crate) engine: String,
    /// The path of its socket.
    pub(crate) socket: String,
    /// The image that containers are made of.
    pub(crate) image: String,
    /// The command `dockwit`.
    pub(crate) dockwit: PathBuf,
    /// The command `docker`.
    pub(crate) docker: PathBuf,
    plugins: PathBuf,
    /// A folder for what the commands keep.
    pub(crate) scratch: TempDir,
}

impl Environment {
    pub(crate) fn read() -> Result<Self> {
        let engine = variable("DOCKWIT_TEST_ENGINE")?;
        let socket = engine
            .strip_prefix("unix://")
            .context("the engine must be at a Unix socket")?
            .to_owned();
        Ok(Self {
            socket,
            engine,
            image: variable("DOCKWIT_TEST_IMAGE")?,
            dockwit: variable("DOCKWIT_TEST_COMMAND")?.into(),
            docker: variable("DOCKWIT_TEST_DOCKER")?.into(),
            plugins: variable("DOCKWIT_TEST_PLUGINS")?.into(),
            scratch: TempDir::new()?,
        })
    }

    /// The file of a plugin.
    pub(crate) fn plugin(&self, name: &str) -> PathBuf {
        self.plugins.join(name).with_extension("wasm")
    }
}

/// A container's name.
pub(crate) fn name(short: &str) -> String {
    format!("{PREFIX}{short}")
}

fn variable(name: &str) -> Result<String> {
    env::var(name).with_context(|| {
        format!(
            "{name} isn't set: run this by `cargo xtask bench`, which starts an engine and names it"
        )
    })
}
