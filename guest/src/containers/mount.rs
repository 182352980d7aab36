//! A volume that is mounted.

use crate::Volume;
use crate::bindings::engine::containers as wit;

/// How a volume is mounted in a new container. Of `(&volume, "/data")`, or in full:
///
/// ```no_run
/// # fn f(data: dockwit::Volume) {
/// use dockwit::VolumeMount;
///
/// let mount = VolumeMount::new(&data, "/srv").read_only(true).subpath("www");
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct VolumeMount {
    pub(super) volume: Volume,
    pub(super) mount: wit::VolumeMount,
}

impl VolumeMount {
    /// The volume at a path in the container; absolute.
    pub fn new(volume: &Volume, target: impl Into<String>) -> Self {
        let mount = wit::VolumeMount {
            target: target.into(),
            read_only: false,
            no_copy: false,
            subpath: None,
        };
        Self {
            volume: volume.clone(),
            mount,
        }
    }

    /// Whether it can't be written to.
    #[must_use]
    pub const fn read_only(mut self, read_only: bool) -> Self {
        self.mount.read_only = read_only;
        self
    }

    /// Whether a new volume stays empty, rather than be filled with what the image has at the path.
    #[must_use]
    pub const fn no_copy(mut self, no_copy: bool) -> Self {
        self.mount.no_copy = no_copy;
        self
    }

    /// The folder of the volume that is mounted, in place of the whole. The `create` fails with `unsupported` before API 1.45.
    #[must_use]
    pub fn subpath(mut self, path: impl Into<String>) -> Self {
        self.mount.subpath = Some(path.into());
        self
    }
}

impl<T: Into<String>> From<(&Volume, T)> for VolumeMount {
    fn from((volume, target): (&Volume, T)) -> Self {
        Self::new(volume, target)
    }
}
