//! Files of the host's own: no folder that a plugin is given, and no path that its containers have, may hold them or lie in
//! them.

use std::path::{Path, PathBuf};

use super::setup::BeginError;
use crate::policy::Policy;
use crate::policy::paths::real;

/// A file or folder of the host's own, which no plugin is to be given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guarded {
    what: &'static str,
    path: PathBuf,
    secret: bool,
}

impl Guarded {
    /// What a plugin may read, but not write to: the policy, the component.
    pub fn from_writing(what: &'static str, path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        let secret = false;
        Self { what, path, secret }
    }

    /// What a plugin may not even read: keys, credentials, the engine's socket, to which a connection is as good as a write.
    pub fn from_reading(what: &'static str, path: impl Into<PathBuf>) -> Self {
        Self {
            secret: true,
            ..Self::from_writing(what, path)
        }
    }
}

/// A path of the machine that a policy gives.
struct Given<'a> {
    rule: &'static str,
    path: &'a Path,
    read_only: bool,
}

/// Refuses a policy that gives what is guarded.
pub(super) fn check(policy: &Policy, guarded: &[Guarded]) -> Result<(), BeginError> {
    let directories = policy.directories().iter().map(|directory| Given {
        rule: "wasi.dirs",
        path: &directory.host,
        read_only: directory.read_only,
    });
    let binds = policy.host_access().binds.iter().map(|bind| Given {
        rule: "host-access.binds",
        path: Path::new(&bind.source),
        read_only: bind.read_only,
    });
    for given in directories.chain(binds) {
        let path = real(given.path);
        let meets = |of: &&Guarded| {
            let its = real(&of.path);
            (of.secret || !given.read_only) && (its.starts_with(&path) || path.starts_with(&its))
        };
        if let Some(of) = guarded.iter().find(meets) {
            return Err(BeginError::Guarded {
                rule: given.rule,
                given: given.path.to_owned(),
                what: of.what,
                path: of.path.clone(),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a folder may be given, for reading or for writing, beside these.
    fn may(folder: &Path, read_only: bool, guarded: &Guarded) -> bool {
        let mut text = "version = 1\nplugin = \"p\"\n[wasi]\n".to_owned();
        let folder = folder.to_str().unwrap();
        text +=
            &format!("dirs = [{{ host = \"{folder}\", guest = \"/d\", read-only = {read_only} }}]");
        check(
            &Policy::parse(&text).unwrap(),
            std::slice::from_ref(guarded),
        )
        .is_ok()
    }

    /// `wasi.dirs` gives folders, none of them with the host's own files.
    #[test]
    fn attack_125_no_folder_holds_the_hosts_own_files_or_lies_in_them() {
        let root = tempfile::tempdir().unwrap();
        let folder = |name: &str| {
            let path = root.path().join(name);
            std::fs::create_dir_all(&path).unwrap();
            path
        };
        let (ledger, beside) = (folder("host/ledger"), folder("beside"));
        let inside = folder("host/ledger/inside");
        std::os::unix::fs::symlink(&ledger, beside.join("link")).unwrap();
        let secret = Guarded::from_reading("the ledger", &ledger);
        let plain = Guarded::from_writing("the policy", ledger.join("not-there.toml"));
        for given in [
            root.path(),
            &folder("host"),
            &ledger,
            &inside,
            &beside.join("link"),
        ] {
            assert!(!may(given, true, &secret), "{}", given.display());
            assert!(!may(given, false, &secret), "{}", given.display());
        }
        assert!(may(&beside, false, &secret));
        assert!(!may(&ledger, false, &plain));
        assert!(may(&ledger, true, &plain), "it may be read");
        assert!(may(&inside, false, &plain));
    }

    /// `host-access.binds` gives paths, none of them with the engine's socket, which takes connections though it is read-only.
    #[test]
    fn attack_126_no_bind_holds_the_engines_socket() {
        let text = "version = 1\nplugin = \"p\"\n[host-access]\nbinds = [{ source = \"/run\", read-only = true }]";
        let policy = Policy::parse(text).unwrap();
        let socket = Guarded::from_reading("the engine's socket", "/run/docker.sock");
        let refused = check(&policy, &[socket]).unwrap_err();
        assert!(
            refused.to_string().contains("the engine's socket"),
            "{refused}"
        );
    }
}
