//! The files of a new container.

use super::setters::setters;
use super::{ContainerSpec, check};
use crate::api::containers::types::{BindMount, TmpfsMount, VolumeMount, VolumesFrom};

setters! { ContainerSpec:
    /// An anonymous volume at a path; absolute.
    insert add_volume(path: impl Into<String>) = check::volume(path) => options.volumes, "add-volume";
    /// Memory mounted at a path.
    insert add_tmpfs(tmpfs: TmpfsMount) = check::tmpfs(tmpfs) => options.host.tmpfs, "add-tmpfs";
    /// A path of the machine that is mounted.
    add add_bind(bind: BindMount) = check::bind(bind) => options.host.mounts, "add-bind";
    /// A volume that is mounted, by its name.
    add add_volume_mount(mount: VolumeMount) = check::volume_mount(mount) => options.host.mounts, "add-volume-mount";
    /// A volume that is made for it, and has no name yet.
    add add_new_volume(mount: VolumeMount) = check::new_volume(mount) => options.host.mounts, "add-volume";
    /// The driver of volumes that are made for it without saying theirs.
    set set_volume_driver(driver: impl Into<String>) = check::word(driver) => options.host.volume_driver, "set-volume-driver";
    /// Another container, whose mounts it has as well.
    add add_volumes_from(from: VolumesFrom) = Ok(from) => options.host.volumes_from, "add-volumes-from";
    /// Whether its own file system can't be written to.
    set set_read_only(read_only: bool) = Ok(read_only) => options.host.read_only, "set-read-only";
    /// An option of the storage driver, such as `size`.
    insert add_storage_option(name: impl Into<String>, value: impl Into<String>) = check::pair(name, value) => options.host.storage_options, "add-storage-option";
}
