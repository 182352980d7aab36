//! Paths of the machine.

use super::{BindPropagation, BindRecursion};
use crate::bindings::engine::host_access as wit;
use crate::value::Unusable;

/// A path of the machine that is mounted. One that isn't there is an error, never made.
///
/// Of `("/srv/data", "/data")`, of a text as Docker has it, `"/srv/data:/data:ro"`, or in full:
///
/// ```
/// use dockwit::host_access::{Bind, BindPropagation};
///
/// let disks = Bind::new("/media", "/media").read_only(true).propagation(BindPropagation::Rslave);
/// ```
#[derive(Clone, Debug)]
pub struct Bind(Result<wit::BindMount, Unusable>);

impl Bind {
    /// A path of the machine, absolute and without links in it, at a path in the container.
    pub fn new(source: impl Into<String>, target: impl Into<String>) -> Self {
        Self(Ok(wit::BindMount {
            source: source.into(),
            target: target.into(),
            read_only: false,
            propagation: BindPropagation::Rprivate,
            recursion: BindRecursion::Enabled,
        }))
    }

    /// Whether it can't be written to.
    #[must_use]
    pub fn read_only(self, read_only: bool) -> Self {
        Self(self.0.map(|bind| wit::BindMount { read_only, ..bind }))
    }

    /// Whether mounts that are made later spread; otherwise they don't. A policy names it with the path.
    #[must_use]
    pub fn propagation(self, propagation: BindPropagation) -> Self {
        Self(self.0.map(|bind| wit::BindMount {
            propagation,
            ..bind
        }))
    }

    /// What becomes of the mounts below it; otherwise they are mounted as well.
    #[must_use]
    pub fn recursion(self, recursion: BindRecursion) -> Self {
        Self(self.0.map(|bind| wit::BindMount { recursion, ..bind }))
    }

    pub(super) fn mount(self) -> Result<wit::BindMount, Unusable> {
        self.0
    }

    /// Reads `source:target` and, after another colon, options between commas.
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(':');
        let mut bind = Self::new(parts.next()?, parts.next()?);
        let options = parts.next().unwrap_or("rw");
        for option in options.split(',') {
            bind = match option {
                "ro" => bind.read_only(true),
                "rw" => bind.read_only(false),
                word => bind.propagation(propagation(word)?),
            };
        }
        parts.next().is_none().then_some(bind)
    }
}

fn propagation(word: &str) -> Option<BindPropagation> {
    Some(match word {
        "private" => BindPropagation::Private,
        "rprivate" => BindPropagation::Rprivate,
        "slave" => BindPropagation::Slave,
        "rslave" => BindPropagation::Rslave,
        "shared" => BindPropagation::Shared,
        "rshared" => BindPropagation::Rshared,
        _ => return None,
    })
}

impl From<&str> for Bind {
    fn from(text: &str) -> Self {
        const NO_BIND: &str = "is no bind such as \"/srv/data:/data\" or \"/srv/data:/data:ro\"";
        Self::parse(text).unwrap_or_else(|| Self(Err(Unusable::new(text, NO_BIND))))
    }
}

impl From<String> for Bind {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

impl<S: Into<String>, T: Into<String>> From<(S, T)> for Bind {
    fn from((source, target): (S, T)) -> Self {
        Self::new(source, target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bind_is_read_as_docker_writes_it() {
        let of = |text: &str| Bind::from(text).mount();
        let plain = Bind::new("/a", "/b");
        assert_eq!(of("/a:/b"), plain.clone().mount());
        assert_eq!(of("/a:/b:rw"), plain.clone().mount());
        assert_eq!(of("/a:/b:ro"), plain.clone().read_only(true).mount());
        let spread = plain.read_only(true).propagation(BindPropagation::Rslave);
        assert_eq!(of("/a:/b:ro,rslave"), spread.mount());
        assert_eq!(Bind::from(("/a", "/b")).mount(), of("/a:/b"));
        for bad in ["", "/a", "/a:/b:", "/a:/b:z", "/a:/b:ro:x", "/a:/b:ro,"] {
            assert!(of(bad).is_err(), "{bad}");
        }
    }
}
