//! The temporary folder of one run of an engine, locked as long as its owner lives, so that a later
//! run knows the folders of dead ones and removes them.

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};

use crate::cache::remove_folder;
use crate::cgroup;
use crate::progress::say;

const PREFIX: &str = "dockwit-";

/// The prefix until the lock is held.
const UNLOCKED_PREFIX: &str = ".dockwit-";

/// Below this control group Podman puts all its containers, whoever started it.
const PODMAN_GROUP: &str = "libpod_parent";

/// Where a Podman that was started with the run's folder has a folder for each container.
const PODMAN_CONTAINERS: &str = "root/overlay-containers";

/// The longest path for a folder whose sockets have to stay below the kernel's 107 bytes.
const MAX_PATH: usize = 60;

/// How old a folder without a lock has to be, so that it can't be one that is just being made.
const UNLOCKED_FOR: Duration = Duration::from_secs(3600);

/// A folder that is removed on drop, and by the next run if it never came to that.
#[derive(Debug)]
pub struct RunDir {
    path: PathBuf,
    _lock: File,
}

impl RunDir {
    /// Makes one, and removes those of dead runs.
    pub fn new() -> Result<Self> {
        let parent = parent();
        remove_dead(&parent);
        let made = tempfile::Builder::new()
            .prefix(UNLOCKED_PREFIX)
            .tempdir_in(&parent)
            .with_context(|| format!("cannot make a folder in {}", parent.display()))?;
        let lock = File::create(made.path().join("lock"))?;
        lock.lock()?;
        let path = parent.join(name(made.path()).replacen(UNLOCKED_PREFIX, PREFIX, 1));
        fs::rename(made.path(), &path)?;
        let _ = made.keep();
        Ok(Self { path, _lock: lock })
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The path of the control group that belongs to this run alone.
    pub fn cgroup(&self) -> String {
        name(&self.path)
    }
}

impl Drop for RunDir {
    fn drop(&mut self) {
        if let Err(error) = remove(&self.path) {
            say(format!("{error:#}"));
        }
    }
}

/// Short, for the sockets' sake.
fn parent() -> PathBuf {
    let named = std::env::temp_dir();
    let fits = named.is_absolute() && named.as_os_str().len() + PREFIX.len() < MAX_PATH;
    if fits { named } else { "/tmp".into() }
}

/// Removes the folders of runs whose owner is dead; whatever can't be removed stays, and is said.
fn remove_dead(parent: &Path) {
    let Ok(entries) = fs::read_dir(parent) else {
        return;
    };
    for path in entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| is_dead(path))
    {
        say(format!(
            "removing {}, left by a run that was killed",
            path.display()
        ));
        if let Err(error) = remove(&path) {
            say(format!("{error:#}"));
        }
    }
}

fn is_dead(path: &Path) -> bool {
    let name = name(path);
    let ours = fs::symlink_metadata(path).is_ok_and(|metadata| {
        metadata.is_dir() && metadata.uid() == rustix::process::geteuid().as_raw()
    });
    if !ours {
        return false;
    }
    if name.starts_with(PREFIX) {
        File::open(path.join("lock")).is_ok_and(|lock| lock.try_lock().is_ok())
    } else {
        name.starts_with(UNLOCKED_PREFIX) && age(path).is_some_and(|age| age > UNLOCKED_FOR)
    }
}

fn age(path: &Path) -> Option<Duration> {
    SystemTime::now()
        .duration_since(fs::metadata(path).ok()?.modified().ok()?)
        .ok()
}

fn remove(path: &Path) -> Result<()> {
    cgroup::remove(&name(path))?;
    let containers: Vec<_> = fs::read_dir(path.join(PODMAN_CONTAINERS))
        .into_iter()
        .flatten()
        .collect();
    for container in containers.iter().flatten() {
        cgroup::remove(&format!(
            "{PODMAN_GROUP}/libpod-{}",
            name(&container.path())
        ))?;
    }
    if !containers.is_empty() {
        cgroup::remove_if_unused(&format!("{PODMAN_GROUP}/conmon"));
        cgroup::remove_if_unused(PODMAN_GROUP);
    }
    remove_folder(path)
}

fn name(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_dead_when_its_lock_is_free() {
        let dir = RunDir::new().unwrap();
        let path = dir.path().to_owned();
        assert!(path.to_string_lossy().len() < MAX_PATH);
        assert!(!is_dead(&path));
        drop(dir);
        assert!(!path.exists());

        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir().unwrap();
        assert!(
            !is_dead(folder.path()),
            "somebody else's folder has no lock file"
        );
        File::create(folder.path().join("lock")).unwrap();
        assert!(is_dead(folder.path()));
    }
}
