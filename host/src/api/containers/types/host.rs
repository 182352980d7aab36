//! What a container can be given of the machine and of other containers.

use std::net::IpAddr;

use crate::api::ContainerId;

/// A path of the machine that is mounted in a container. One that isn't there is an error, never
/// made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BindMount {
    /// The path on the machine; absolute.
    pub source: String,
    /// Where, in the container; absolute.
    pub target: String,
    /// Whether it can't be written to.
    pub read_only: bool,
    /// Whether mounts that are made later spread.
    pub propagation: BindPropagation,
    /// What becomes of the mounts below it.
    pub recursion: BindRecursion,
}

/// Whether mounts that are made later, below a path that the machine and the container share, are
/// seen by the other as well. Those that begin with `R` hold for all mounts below the path, too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BindPropagation {
    /// Neither sees them, at the path itself.
    Private,
    /// Neither sees them.
    #[default]
    Rprivate,
    /// The container sees those of the machine, at the path itself.
    Slave,
    /// The container sees those of the machine.
    Rslave,
    /// Each sees those of the other, at the path itself.
    Shared,
    /// Each sees those of the other.
    Rshared,
}

/// What becomes of the mounts that are below a path of the machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BindRecursion {
    /// They are mounted as well; to be read only, if the bind is and engine and kernel can do it.
    #[default]
    Enabled,
    /// They aren't mounted.
    Disabled,
    /// They are mounted as well, and can be written to though the bind can't. From API 1.44.
    Writable,
    /// They are mounted as well, to be read only, or the start fails. From API 1.44.
    Readonly,
}

/// A volume that is mounted in a container.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VolumeMount {
    /// The volume's name. Empty: a new one, made for this container.
    pub volume: String,
    /// Where, in the container; absolute.
    pub target: String,
    /// Whether it can't be written to.
    pub read_only: bool,
    /// Whether a new volume stays empty, rather than be filled with what the image has at the path.
    pub no_copy: bool,
    /// The folder of the volume that is mounted, in place of the whole. From API 1.45.
    pub subpath: Option<String>,
    /// The labels of the volume, if it is made now.
    pub labels: Vec<(String, String)>,
    /// The driver of the volume, if it is made now. None: `local`.
    pub driver: Option<Driver>,
}

/// A driver by name, with options for it: of volumes or of logs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Driver {
    /// Its name: `local`, `json-file`.
    pub name: String,
    /// Its options.
    pub options: Vec<(String, String)>,
}

/// A device of the machine that a container has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceMapping {
    /// The path on the machine; absolute.
    pub host: String,
    /// The path in the container; absolute.
    pub container: String,
    /// What may be done with it: letters of `rwm`, for read, write and make.
    pub permissions: String,
}

/// Devices asked of a driver, such as GPUs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceRequest {
    /// The driver: `nvidia`, `cdi`. Empty: the one that has the capabilities.
    pub driver: String,
    /// How many; -1 is all of them. 0 where ids are given.
    pub count: i64,
    /// The devices by id.
    pub ids: Vec<String>,
    /// What the devices must be able to do: one of these sets.
    pub capabilities: Vec<Vec<String>>,
    /// Options for the driver.
    pub options: Vec<(String, String)>,
}

/// The relative weight of block I/O on one device of the machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WeightDevice {
    /// The device's path on the machine; absolute.
    pub path: String,
    /// The weight, 10 to 1,000.
    pub weight: u16,
}

/// A limit on the traffic with one device of the machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ThrottleDevice {
    /// The device's path on the machine; absolute.
    pub path: String,
    /// Bytes or operations a second.
    pub rate: u64,
}

/// Another container that is reached by a name. On the engine's default network it also gives the
/// other's environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The other container.
    pub container: ContainerId,
    /// The name.
    pub alias: String,
}

/// Another container whose mounts a container has as well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VolumesFrom {
    /// The other container.
    pub container: ContainerId,
    /// Whether they can't be written to.
    pub read_only: bool,
}

/// Whose processes a container sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PidMode {
    /// All of the machine.
    Host,
    /// Another container's and its own.
    Container(ContainerId),
}

/// A namespace that is the machine's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostNamespace {
    /// The machine's.
    Host,
}

/// Whose control groups a container sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CgroupnsMode {
    /// Its own.
    Private,
    /// All of the machine.
    Host,
}

/// How a new container is put on a network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Endpoint {
    /// Other names of the container on this network.
    pub aliases: Vec<String>,
    /// A fixed IPv4 or IPv6 address each.
    pub addresses: Vec<IpAddr>,
    /// Link-local addresses.
    pub link_local: Vec<IpAddr>,
    /// A fixed MAC address. Overlooked by engines before API 1.44.
    pub mac_address: Option<String>,
    /// Other containers that are reached by a name, on this network only.
    pub links: Vec<Link>,
    /// Options for the network's driver.
    pub driver_options: Vec<(String, String)>,
    /// Which network's gateway is taken: the highest. From API 1.48.
    pub gateway_priority: i64,
}
