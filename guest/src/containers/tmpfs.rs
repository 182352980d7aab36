//! Memory mounted as a file system.

use crate::bindings::engine::containers::TmpfsMount;
use crate::value::{Size, Unusable};

/// Memory that is mounted as a file system: never with device files or set-user-id programs.
///
/// ```
/// use dockwit::Tmpfs;
///
/// let scratch = Tmpfs::new("/scratch").size("64m").mode(0o700);
/// ```
#[derive(Clone, Debug)]
pub struct Tmpfs {
    target: String,
    size: Option<Size>,
    mode: Option<u32>,
    exec: bool,
}

impl Tmpfs {
    /// At a path in the container; absolute.
    pub fn new(target: impl Into<String>) -> Self {
        Self {
            target: target.into(),
            size: None,
            mode: None,
            exec: false,
        }
    }

    /// Its size at most; otherwise half of the machine's memory.
    #[must_use]
    pub fn size(mut self, size: impl Into<Size>) -> Self {
        self.size = Some(size.into());
        self
    }

    /// Its permissions; otherwise `0o1777`.
    #[must_use]
    pub const fn mode(mut self, mode: u32) -> Self {
        self.mode = Some(mode);
        self
    }

    /// Whether programs on it can be run; otherwise they can't.
    #[must_use]
    pub const fn exec(mut self, exec: bool) -> Self {
        self.exec = exec;
        self
    }

    pub(super) fn mount(self) -> Result<TmpfsMount, Unusable> {
        let size = self.size.map(Size::unsigned).transpose()?;
        Ok(TmpfsMount {
            target: self.target,
            size,
            mode: self.mode,
            exec: self.exec,
        })
    }
}

impl<S: Into<String>> From<S> for Tmpfs {
    fn from(target: S) -> Self {
        Self::new(target)
    }
}
