//! Who can make other paths of a policy's.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::policy::paths::components;

/// What the mode of a folder has where others may make and rename what is in it.
const WRITABLE_BY_OTHERS: u32 = 0o002;

/// What it has where each may do so with their own alone.
const STICKY: u32 = 0o1000;

/// The first component of a path that others than root and this user can change, and how.
pub(super) fn changed_by_others(path: &Path) -> Option<(PathBuf, String)> {
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

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    use super::*;

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
