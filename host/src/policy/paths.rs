//! Paths of this machine: what they really are.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

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

/// The folders above a path from the top down, and the path itself.
pub(crate) fn components(path: &Path) -> Vec<PathBuf> {
    let mut parts: Vec<_> = path.ancestors().map(Path::to_owned).collect();
    parts.retain(|part| !part.as_os_str().is_empty());
    parts.reverse();
    parts
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

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
}
