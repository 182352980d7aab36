//! The control groups that an engine's containers leave behind, empty, when its namespaces end.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

const ROOT: &str = "/sys/fs/cgroup";

/// How long the kernel may take to bury the processes of a group after they were killed.
const BURIAL: Duration = Duration::from_secs(10);

/// Every folder of that path in the hierarchies: one in version 2, one for each controller in version 1.
pub fn folders(path: &str) -> Vec<PathBuf> {
    let roots = children(Path::new(ROOT)).into_iter().chain([ROOT.into()]);
    roots
        .map(|root| root.join(path))
        .filter(|folder| folder.is_dir())
        .collect()
}

/// Removes the groups of that path, the leaves first.
pub fn remove(path: &str) -> Result<()> {
    let end = Instant::now() + BURIAL;
    for folder in folders(path) {
        while let Err(error) = remove_tree(&folder) {
            if Instant::now() > end {
                return Err(error).with_context(|| {
                    format!("cannot remove the control group {}", folder.display())
                });
            }
            thread::sleep(Duration::from_millis(20));
        }
    }
    Ok(())
}

/// Removes the groups of that path where they have no process and no group below them.
pub fn remove_if_unused(path: &str) {
    for folder in folders(path) {
        // Somebody else uses it.
        let _ = fs::remove_dir(folder);
    }
}

fn remove_tree(folder: &Path) -> std::io::Result<()> {
    for child in children(folder) {
        remove_tree(&child)?;
    }
    match fs::remove_dir(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn children(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let folders = entries
        .flatten()
        .filter(|entry| entry.file_type().is_ok_and(|t| t.is_dir()));
    folders.map(|entry| entry.path()).collect()
}
