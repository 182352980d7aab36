//! The workspace, as cargo describes it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::process;

/// Where the sources and the target folder are, and which packages there are.
#[derive(Clone, Debug)]
pub struct Workspace {
    root: PathBuf,
    target: PathBuf,
    packages: Vec<String>,
}

impl Workspace {
    /// Asks cargo.
    pub fn load() -> Result<Self> {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        let mut command = Command::new(cargo_path());
        command
            .args([
                "metadata",
                "--no-deps",
                "--format-version=1",
                "--manifest-path",
            ])
            .arg(manifest);
        let metadata: Value = serde_json::from_str(&process::read(&mut command)?)
            .context("cannot read what `cargo metadata` says")?;
        Self::from_metadata(&metadata).context("`cargo metadata` lacks what is looked for")
    }

    fn from_metadata(metadata: &Value) -> Option<Self> {
        let packages = metadata["packages"].as_array()?;
        Some(Self {
            root: metadata["workspace_root"].as_str()?.into(),
            target: metadata["target_directory"].as_str()?.into(),
            packages: packages
                .iter()
                .filter_map(|p| Some(p["name"].as_str()?.into()))
                .collect(),
        })
    }

    /// The folder of the sources.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of what is built.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Fails, by name, if one of the packages isn't in the workspace.
    pub fn require(&self, packages: &[&str]) -> Result<()> {
        for package in packages {
            if !self.packages.iter().any(|name| name == package) {
                bail!(
                    "there is no package {package} in the workspace {}",
                    self.root.display()
                );
            }
        }
        Ok(())
    }

    /// A command of cargo, run at the root of the workspace.
    pub fn cargo(&self) -> Command {
        let mut command = Command::new(cargo_path());
        command.current_dir(&self.root);
        command
    }
}

fn cargo_path() -> PathBuf {
    std::env::var_os("CARGO").map_or_else(|| "cargo".into(), PathBuf::from)
}
