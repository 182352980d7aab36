//! Devices of the machine.

use crate::bindings::engine::host_access as wit;
use crate::value::Unusable;

/// A device of the machine that a container has.
///
/// Of a path, `"/dev/fuse"`, of a text as Docker has it, `"/dev/sda:/dev/xvda:r"`, or in full:
///
/// ```
/// use dockwit::host_access::Device;
///
/// let disk = Device::new("/dev/sda").at("/dev/xvda").permissions("r");
/// ```
#[derive(Clone, Debug)]
pub struct Device(Result<wit::DeviceMapping, Unusable>);

impl Device {
    /// A device by its path on the machine, absolute; at the same path in the container, with all permissions.
    pub fn new(path: impl Into<String>) -> Self {
        let path = path.into();
        Self(Ok(wit::DeviceMapping {
            host: path.clone(),
            container: path,
            permissions: "rwm".to_owned(),
        }))
    }

    /// The path in the container; absolute.
    #[must_use]
    pub fn at(self, path: impl Into<String>) -> Self {
        let container = path.into();
        Self(self.0.map(|device| wit::DeviceMapping {
            container,
            ..device
        }))
    }

    /// What may be done with it: letters of `rwm`, for read, write and make.
    #[must_use]
    pub fn permissions(self, permissions: impl Into<String>) -> Self {
        let permissions = permissions.into();
        Self(self.0.map(|device| wit::DeviceMapping {
            permissions,
            ..device
        }))
    }

    pub(super) fn mapping(self) -> Result<wit::DeviceMapping, Unusable> {
        self.0
    }

    /// Reads a path, and after colons another in the container, and permissions.
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(':');
        let mut device = Self::new(parts.next()?);
        for part in parts.by_ref().take(2) {
            device = match part.starts_with('/') {
                true => device.at(part),
                false => device.permissions(part),
            };
        }
        parts.next().is_none().then_some(device)
    }
}

impl From<&str> for Device {
    fn from(text: &str) -> Self {
        const NO_DEVICE: &str = "is no device such as \"/dev/fuse\" or \"/dev/sda:/dev/xvda:rwm\"";
        Self::parse(text).unwrap_or_else(|| Self(Err(Unusable::new(text, NO_DEVICE))))
    }
}

impl From<String> for Device {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

/// Devices asked of a driver, such as GPUs.
///
/// ```
/// use dockwit::host_access::DeviceRequest;
///
/// let gpus = DeviceRequest::all().capabilities(["gpu"]);
/// let one = DeviceRequest::count(1).driver("nvidia").capabilities(["gpu", "utility"]);
/// let named = DeviceRequest::ids(["vendor.example/net=eth0"]).driver("cdi");
/// ```
#[derive(Clone, Debug)]
pub struct DeviceRequest(wit::DeviceRequest);

impl DeviceRequest {
    fn new(count: i64, ids: Vec<String>) -> Self {
        Self(wit::DeviceRequest {
            driver: String::new(),
            count,
            ids,
            capabilities: Vec::new(),
            options: Vec::new(),
        })
    }

    /// All that there are.
    #[must_use]
    pub fn all() -> Self {
        Self::new(-1, Vec::new())
    }

    /// So many, whichever.
    #[must_use]
    pub fn count(count: u32) -> Self {
        Self::new(count.into(), Vec::new())
    }

    /// These, by id.
    pub fn ids<S: Into<String>>(ids: impl IntoIterator<Item = S>) -> Self {
        Self::new(0, ids.into_iter().map(Into::into).collect())
    }

    /// The driver: `nvidia`, `cdi`; otherwise the one that has the capabilities.
    #[must_use]
    pub fn driver(mut self, driver: impl Into<String>) -> Self {
        self.0.driver = driver.into();
        self
    }

    /// What the devices must be able to do; given several times, one of these sets.
    #[must_use]
    pub fn capabilities<S: Into<String>>(mut self, all_of: impl IntoIterator<Item = S>) -> Self {
        let set = all_of.into_iter().map(Into::into).collect();
        self.0.capabilities.push(set);
        self
    }

    /// An option for the driver.
    #[must_use]
    pub fn option(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.options.push((name.into(), value.into()));
        self
    }

    pub(super) fn request(self) -> wit::DeviceRequest {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_read_as_docker_writes_it() {
        let of = |text: &str| Device::from(text).mapping();
        let whole = Device::new("/dev/a").at("/dev/b").permissions("r");
        assert_eq!(of("/dev/a:/dev/b:r"), whole.mapping());
        assert_eq!(of("/dev/a"), Device::new("/dev/a").mapping());
        assert_eq!(
            of("/dev/a:/dev/b"),
            Device::new("/dev/a").at("/dev/b").mapping()
        );
        assert_eq!(
            of("/dev/a:r"),
            Device::new("/dev/a").permissions("r").mapping()
        );
        assert!(of("/dev/a:/dev/b:r:x").is_err());
    }
}
