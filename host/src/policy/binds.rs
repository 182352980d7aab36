//! Paths of the machine that can't be mounted as a policy names them.

use std::fmt;
use std::path::Path;

use super::create::{BindAccess, HostAccess};
use super::paths::{is_below, link_in, real};
use super::{Directory, Policy};

/// A path of `host-access.binds` that can't be mounted, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WrongBind {
    /// The path.
    pub source: String,
    /// The key of the policy that would have to be another.
    pub rule: &'static str,
    /// Why, and what to do.
    pub why: String,
}

impl fmt::Display for WrongBind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "host-access.binds has {}: {}", self.source, self.why)
    }
}

impl std::error::Error for WrongBind {}

impl Policy {
    /// The paths for containers that can't be mounted on an engine that is on this machine, or isn't.
    pub fn wrong_binds(&self, here: bool) -> Vec<WrongBind> {
        let access = self.host_access();
        let wrong = |bind: &BindAccess| {
            let looked_at = match here {
                true => as_it_is(&bind.source).or_else(|| self.written_above(&bind.source)),
                false => unseen(access),
            };
            let (rule, why) = match access.written_above(bind) {
                Some(above) => (BINDS, below_a_bind(above)),
                None => looked_at?,
            };
            let source = bind.source.clone();
            Some(WrongBind { source, rule, why })
        };
        access.binds.iter().filter_map(wrong).collect()
    }

    /// Why a path can't be mounted since the plugin itself writes above it.
    fn written_above(&self, source: &str) -> Option<(&'static str, String)> {
        let above = |directory: &&Directory| {
            !directory.read_only && is_below(Path::new(source), &real(&directory.host))
        };
        let directory = self.directories().iter().find(above)?;
        let why = format!(
            "it lies below {}, to which wasi.dirs lets the plugin write: a link there would lead it elsewhere; give one that \
             lies elsewhere, or the folder with read-only = true",
            directory.host.display()
        );
        Some((BINDS, why))
    }
}

const BINDS: &str = "host-access.binds";

impl HostAccess {
    /// What containers may write to above a path that others, or the same, may mount.
    pub(super) fn written_above(&self, bind: &BindAccess) -> Option<&BindAccess> {
        let path = Path::new(&bind.source);
        let mut others = self.binds.iter();
        others.find(|other| !other.read_only && is_below(path, Path::new(&other.source)))
    }
}

/// Why a path can't be given beside one above it that can be written to.
pub(super) fn below_a_bind(above: &BindAccess) -> String {
    format!(
        "it lies below {}, to which containers may write: a link there would lead it elsewhere; give paths of which none lies in \
         the other, or the upper one with read-only = true",
        above.source
    )
}

/// Why a path of this machine isn't what it says.
fn as_it_is(source: &str) -> Option<(&'static str, String)> {
    let path = Path::new(source);
    let why = match link_in(path) {
        Ok(None) => return None,
        Ok(Some(link)) => format!(
            "there is a link in its path, {}; give the real one, {}",
            link.display(),
            real(path).display()
        ),
        Err(error) => format!("it can't be looked at on this machine: {error}"),
    };
    Some((BINDS, why))
}

/// Why a path of another machine can't be mounted.
fn unseen(access: &HostAccess) -> Option<(&'static str, String)> {
    let why = "the engine is on another machine, where it can't be looked at; write binds-unverified = true if it may be mounted \
               as whatever it is there";
    (!access.binds_unverified).then(|| ("host-access.binds-unverified", why.to_owned()))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    fn wrong(text: &str, here: bool) -> Vec<String> {
        let text = format!("version = 1\nplugin = \"p\"\n{text}");
        let policy = Policy::parse(&text).unwrap();
        let wrong = policy.wrong_binds(here);
        wrong.iter().map(ToString::to_string).collect()
    }

    /// `host-access.binds` grants real paths.
    #[test]
    fn attack_126_a_bind_with_a_link_in_its_path_is_refused_at_load() {
        let folder = tempfile::tempdir().unwrap();
        let top = folder.path().canonicalize().unwrap();
        fs::create_dir_all(top.join("real/data")).unwrap();
        symlink("real", top.join("link")).unwrap();
        let binds = |path: &str| {
            let path = top.join(path);
            format!(
                "host-access.binds = [{{ source = {:?}, read-only = true }}]",
                path
            )
        };
        assert_eq!(wrong(&binds("real/data"), true), [""; 0]);
        assert_eq!(wrong(&binds("real/not-yet"), true), [""; 0]);
        let found = wrong(&binds("link/data"), true);
        let (link, real) = (top.join("link"), top.join("real/data"));
        let words = format!(
            "there is a link in its path, {}; give the real one, {}",
            link.display(),
            real.display()
        );
        assert!(found[0].ends_with(&words), "{found:?}");
    }

    /// `host-access.binds` grants none below what the plugin itself can put links into, by `wasi.dirs`.
    #[test]
    fn attack_126_a_bind_below_a_folder_of_the_plugins_own_is_refused_at_load() {
        let folder = tempfile::tempdir().unwrap();
        let top = folder.path().canonicalize().unwrap();
        fs::create_dir_all(top.join("data/inner")).unwrap();
        symlink("data", top.join("link")).unwrap();
        let with = |folder: &str, read_only: bool| {
            wrong(
                &format!(
                    "wasi.dirs = [{{ host = {:?}, guest = \"/a\", read-only = {read_only} }}]\n\
                     host-access.binds = [{{ source = {:?}, read-only = true }}]",
                    top.join(folder),
                    top.join("data/inner")
                ),
                true,
            )
        };
        for above in [".", "data", "link"] {
            assert_eq!(with(above, false).len(), 1, "{above}");
            assert_eq!(with(above, true), [""; 0], "{above}");
        }
        assert_eq!(with("data/inner", false), [""; 0], "the folder itself");
    }

    /// `host-access.binds-unverified` grants them as they are named.
    #[test]
    fn attack_126_binds_on_another_machine_need_the_operators_word() {
        let binds = "[host-access]\nbinds = [{ source = \"/srv\", read-only = true }]\n";
        let found = wrong(binds, false);
        assert!(found[0].contains("binds-unverified = true"), "{found:?}");
        let said = format!("{binds}binds-unverified = true");
        assert_eq!(wrong(&said, false), [""; 0]);
        assert_eq!(wrong("", false), [""; 0]);
    }
}
