//! Paths of this machine: what they really are, and who can make others of them.

use std::ffi::OsString;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// What the mode of a folder has where others may make and rename what is in it.
const WRITABLE_BY_OTHERS: u32 = 0o002;

/// What it has where each may do so with their own alone.
const STICKY: u32 = 0o1000;

/// The real path, without links; of what isn't there, that of the folder in which it would be.
pub(crate) fn real(path: &Path) -> PathBuf {
    let mut missing = Vec::<OsString>::new();
    let mut there = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    loop {
        if let Ok(real) = there.canonicalize() {
            return missing
                .iter()
                .rev()
                .fold(real, |real, name| real.join(name));
        }
        match (there.file_name().map(ToOwned::to_owned), there.pop()) {
            (Some(name), true) => missing.push(name),
            _ => return path.to_owned(),
        }
    }
}

/// Whether a path is in a folder, and isn't that folder.
pub(crate) fn is_below(path: &Path, folder: &Path) -> bool {
    path != folder && path.starts_with(folder)
}

/// The first component of a path that is a link, as far as it is there.
///
/// # Errors
///
/// Fails where the machine doesn't let it be looked at.
pub(crate) fn link_in(path: &Path) -> io::Result<Option<PathBuf>> {
    for part in components(path) {
        match part.symlink_metadata() {
            Ok(metadata) if metadata.is_symlink() => return Ok(Some(part)),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// The first component of a path that others than root and this user can change, and how.
pub(crate) fn changed_by_others(path: &Path) -> Option<(PathBuf, String)> {
    let user = rustix::process::geteuid().as_raw();
    components(path).into_iter().find_map(|part| {
        let metadata = part.symlink_metadata().ok()?;
        let (mode, owner) = (metadata.mode(), metadata.uid());
        let how = if owner != 0 && owner != user {
            format!("belongs to the user {owner}")
        } else if mode & WRITABLE_BY_OTHERS != 0 && mode & STICKY == 0 && !metadata.is_symlink() {
            format!("can be written to by all (mode {:04o})", mode & 0o7777)
        } else {
            return None;
        };
        Some((part, how))
    })
}

/// The folders above a path from the top down, and the path itself.
fn components(path: &Path) -> Vec<PathBuf> {
    let mut parts: Vec<_> = path.ancestors().map(Path::to_owned).collect();
    parts.retain(|part| !part.as_os_str().is_empty());
    parts.reverse();
    parts
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn what_is_not_there_has_the_real_path_of_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        let top = folder.path().canonicalize().unwrap();
        fs::create_dir(top.join("there")).unwrap();
        symlink("there", top.join("link")).unwrap();
        assert_eq!(real(&top.join("link/a/b")), top.join("there/a/b"));
        assert_eq!(real(&top.join("link")), top.join("there"));
    }

    #[test]
    fn a_folder_is_not_below_itself_nor_below_one_that_is_called_alike() {
        let below = |path: &str, folder: &str| is_below(Path::new(path), Path::new(folder));
        assert!(below("/srv/a", "/srv") && below("/srv/a/b", "/srv") && below("/srv", "/"));
        assert!(!below("/srv", "/srv") && !below("/srv", "/srv/a") && !below("/srv2", "/srv"));
    }

    #[test]
    fn attack_126_a_link_is_found_wherever_it_is_in_a_path() {
        let folder = tempfile::tempdir().unwrap();
        let top = folder.path().canonicalize().unwrap();
        fs::create_dir_all(top.join("a/b")).unwrap();
        symlink("a", top.join("link")).unwrap();
        symlink("nowhere", top.join("a/dangling")).unwrap();
        let found = |path: &str| link_in(&top.join(path)).unwrap();
        assert_eq!(found("a/b"), None);
        assert_eq!(found("a/not/there"), None);
        assert_eq!(found("link"), Some(top.join("link")));
        assert_eq!(found("link/b"), Some(top.join("link")));
        assert_eq!(found("a/dangling"), Some(top.join("a/dangling")));
    }

    #[test]
    fn attack_126_a_component_that_others_can_change_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let top = folder.path().canonicalize().unwrap();
        let (open, data) = (top.join("open"), top.join("open/data"));
        fs::create_dir_all(&data).unwrap();
        let with_mode = |mode| {
            fs::set_permissions(&open, Permissions::from_mode(mode)).unwrap();
            changed_by_others(&data)
        };
        assert_eq!(with_mode(0o755), None);
        assert_eq!(with_mode(0o1777), None, "each has their own there");
        let (part, how) = with_mode(0o777).unwrap();
        assert_eq!(part, open);
        assert_eq!(how, "can be written to by all (mode 0777)");
    }
}
