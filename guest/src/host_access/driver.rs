//! Drivers of logs and of volumes.

use crate::bindings::engine::host_access as wit;
use crate::value::Label;

/// A driver by its name, with options: `"journald"`, or
///
/// ```
/// use dockwit::host_access::Driver;
///
/// let files = Driver::new("json-file").option("max-size", "1m").option("max-file", "3");
/// ```
#[derive(Clone, Debug)]
pub struct Driver {
    pub(super) name: String,
    pub(super) options: Vec<(String, String)>,
}

impl Driver {
    /// A driver without options.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            options: Vec::new(),
        }
    }

    /// An option.
    #[must_use]
    pub fn option(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.options.push((name.into(), value.into()));
        self
    }
}

impl<S: Into<String>> From<S> for Driver {
    fn from(name: S) -> Self {
        Self::new(name)
    }
}

/// A volume that is made for a container, by a driver.
///
/// ```
/// use dockwit::host_access::{Driver, DriverVolume};
///
/// let nfs = Driver::new("local")
///     .option("type", "nfs")
///     .option("o", "addr=10.0.0.9,ro")
///     .option("device", ":/export");
/// let volume = DriverVolume::new("/data", nfs).read_only(true).label("team", "shop");
/// ```
#[derive(Clone, Debug)]
pub struct DriverVolume(wit::DriverVolume);

impl DriverVolume {
    /// A volume at a path in the container, absolute, by a driver.
    pub fn new(target: impl Into<String>, driver: impl Into<Driver>) -> Self {
        let Driver { name, options } = driver.into();
        Self(wit::DriverVolume {
            target: target.into(),
            read_only: false,
            no_copy: false,
            driver: name,
            options,
            labels: Vec::new(),
        })
    }

    /// Whether it can't be written to.
    #[must_use]
    pub const fn read_only(mut self, read_only: bool) -> Self {
        self.0.read_only = read_only;
        self
    }

    /// Whether it stays empty, rather than be filled with what the image has at the path.
    #[must_use]
    pub const fn no_copy(mut self, no_copy: bool) -> Self {
        self.0.no_copy = no_copy;
        self
    }

    /// Labels of the volume: a map, a list of pairs, or a list of `"key=value"`.
    #[must_use]
    pub fn labels<I: IntoIterator<Item: Into<Label>>>(mut self, labels: I) -> Self {
        let labels = labels.into_iter().map(Into::into);
        let labels = labels.map(|label| (label.key, label.value));
        self.0.labels.extend(labels);
        self
    }

    /// One label of the volume.
    #[must_use]
    pub fn label(self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.labels([(key, value)])
    }

    pub(super) fn volume(self) -> wit::DriverVolume {
        self.0
    }
}
