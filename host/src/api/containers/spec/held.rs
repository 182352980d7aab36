//! How much of the host's memory the values of options take.

use std::net::IpAddr;

use super::options::{Empty, HostPort, Mount, Tmpfs, Variable};
use crate::api::ContainerId;
use crate::api::containers::types::{
    BindMount, CgroupnsMode, ContainerPort, DeviceMapping, DeviceRequest, Driver, Endpoint,
    HealthTest, Healthcheck, HostNamespace, IpcMode, Link, NetworkMode, PidMode, RestartPolicy,
    ThrottleDevice, Ulimit, VolumeMount, VolumesFrom, WeightDevice,
};

/// What a value is counted as, beyond its text.
const OVERHEAD: usize = 32;

/// What a value takes of the host's memory, in bytes and roughly.
pub(super) trait Held {
    fn held(&self) -> usize;
}

macro_rules! held_flat {
    ($($flat:ty),* $(,)?) => {
        $(impl Held for $flat {
            fn held(&self) -> usize {
                OVERHEAD
            }
        })*
    };
}

held_flat!(
    bool,
    u16,
    u32,
    u64,
    i32,
    i64,
    [u32; 2],
    Empty,
    Tmpfs,
    HostPort,
    IpAddr,
    ContainerId,
    ContainerPort,
    HostNamespace,
    CgroupnsMode,
    VolumesFrom,
    IpcMode,
    PidMode,
);

macro_rules! held_fields {
    ($($type:ty { $($field:ident),* })*) => {
        $(impl Held for $type {
            fn held(&self) -> usize {
                OVERHEAD $(+ self.$field.held())*
            }
        })*
    };
}

held_fields! {
    Variable { name, value }
    BindMount { source, target }
    VolumeMount { volume, target, subpath, labels, driver }
    Driver { name, options }
    DeviceMapping { host, container, permissions }
    DeviceRequest { driver, ids, capabilities, options }
    WeightDevice { path }
    ThrottleDevice { path }
    Link { alias }
    Endpoint { aliases, addresses, link_local, mac_address, links, driver_options }
    Ulimit { name }
    RestartPolicy {}
    Healthcheck { test }
}

impl Held for Mount {
    fn held(&self) -> usize {
        match self {
            Self::Bind(bind) => bind.held(),
            Self::Volume(mount) => mount.held(),
        }
    }
}

impl Held for NetworkMode {
    fn held(&self) -> usize {
        match self {
            Self::Network(network) => network.held(),
            _ => OVERHEAD,
        }
    }
}

impl Held for HealthTest {
    fn held(&self) -> usize {
        match self {
            Self::Inherit | Self::None => OVERHEAD,
            Self::Command(command) => command.held(),
            Self::Shell(line) => line.held(),
        }
    }
}

impl Held for String {
    fn held(&self) -> usize {
        OVERHEAD + self.len()
    }
}

impl<T: Held> Held for Vec<T> {
    fn held(&self) -> usize {
        OVERHEAD + self.iter().map(Held::held).sum::<usize>()
    }
}

impl<T: Held> Held for Option<T> {
    fn held(&self) -> usize {
        self.as_ref().map_or(0, Held::held)
    }
}

impl<A: Held, B: Held> Held for (A, B) {
    fn held(&self) -> usize {
        self.0.held() + self.1.held()
    }
}
