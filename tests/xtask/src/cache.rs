//! What takes time to make is made once: in full beside its place, then renamed into it.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::process;
use crate::progress::say;
use crate::workspace::Workspace;

/// The variable that names another folder for the cache, to share it between clones.
pub const FOLDER_VARIABLE: &str = "DOCKWIT_CACHE";

/// A folder of things that are kept from run to run.
#[derive(Clone, Debug)]
pub struct Cache {
    folder: PathBuf,
}

impl Cache {
    /// The folder named in `DOCKWIT_CACHE`, otherwise `xtask` below the target folder.
    pub fn of(workspace: &Workspace) -> Result<Self> {
        let named = std::env::var_os(FOLDER_VARIABLE).filter(|folder| !folder.is_empty());
        Self::at(named.map_or_else(|| workspace.target().join("xtask"), PathBuf::from))
    }

    /// A cache in this folder, which is made if need be.
    pub fn at(folder: impl Into<PathBuf>) -> Result<Self> {
        let folder = std::path::absolute(folder.into())?;
        fs::create_dir_all(&folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
        Ok(Self { folder })
    }

    /// The path of a thing in the cache, be it there or not.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The thing of that name: the one that is there, or the one that `make` lays into the empty
    /// folder it is given. Two runs never make the same thing, and what was interrupted isn't kept.
    pub fn folder(&self, name: &str, make: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
        let place = self.path(name);
        if place.exists() {
            return Ok(place);
        }
        let _lock = self.lock(name)?;
        if place.exists() {
            return Ok(place);
        }
        let partial = self.path(&format!("{name}.partial"));
        remove_folder(&partial)?;
        fs::create_dir(&partial)?;
        if let Err(error) = make(&partial) {
            remove_folder(&partial)?;
            return Err(error);
        }
        fs::rename(&partial, &place)?;
        Ok(place)
    }

    fn lock(&self, name: &str) -> Result<File> {
        let file = File::create(self.path(&format!("{name}.lock")))?;
        let mut told = false;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => return Err(error.into()),
            }
            if !told {
                say(format!("waiting for another run, which is making {name}"));
                told = true;
            }
            process::sleep(Duration::from_millis(200))?;
        }
    }
}

/// Removes a folder, if there is one, with all in it.
pub fn remove_folder(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", folder.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thing_is_made_once() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path()).unwrap();
        let made = cache
            .folder("x", |partial| Ok(fs::write(partial.join("f"), "1")?))
            .unwrap();
        let again = cache.folder("x", |_| anyhow::bail!("made twice")).unwrap();
        assert_eq!(made, again);
        assert_eq!(fs::read_to_string(made.join("f")).unwrap(), "1");
    }

    #[test]
    fn what_failed_or_was_interrupted_is_never_taken_for_whole() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path()).unwrap();
        fs::create_dir(cache.path("x.partial")).unwrap();
        fs::write(cache.path("x.partial").join("stale"), "").unwrap();
        let failed = cache.folder("x", |partial| {
            assert!(!partial.join("stale").exists());
            anyhow::bail!("no network")
        });
        assert!(failed.is_err());
        assert!(!cache.path("x").exists() && !cache.path("x.partial").exists());
    }
}
