//! Requests to make a container and to change one.

mod check;
mod files;
mod guard;
mod held;
mod limits;
mod machine;
mod network;
mod options;
mod process;
mod setters;
mod update;
mod wire;

use std::borrow::Cow;

use self::guard::Guard;
use self::limits::limit_setters;
use super::types::{
    BindMount, BindRecursion, Endpoint, Healthcheck, NetworkMode, RestartPolicy, VolumeMount,
};
use crate::api::{Error, Result};
use crate::transport::{ApiVersion, Request};

pub(super) use self::check::signal;
pub use self::guard::{InvalidField, MAX_SPEC_SIZE};
pub use self::options::{Empty, HostOptions, HostPort, Mount, Options, Tmpfs, Variable};
pub use self::update::UpdateSpec;
pub(in crate::api) use self::wire::endpoint_json;

/// What a new container shall be, option by option: what isn't set is as the image says, or the
/// engine's default.
///
/// A spec is a template: it can be changed and used again. A setter never fails: the first
/// impossible value stays in the spec ([`invalid`](Self::invalid)), and
/// [`create`](super::Containers::create) refuses it before anything is sent. Where a setter's
/// name begins with `set`, the last call counts; with `add` and `drop`, all do, except that a
/// later label, path or option of the same name takes the place of the earlier. Only what was
/// set is sent. It holds at most [`MAX_SPEC_SIZE`] bytes.
#[derive(Clone, Debug)]
pub struct ContainerSpec {
    guard: Guard,
    name: Option<String>,
    platform: Option<String>,
    options: Options,
}

impl ContainerSpec {
    /// A container of this image: a name, `name:tag`, `name@digest` or an id.
    pub fn new(image: impl Into<String>) -> Self {
        let mut spec = Self {
            guard: Guard::default(),
            name: None,
            platform: None,
            options: Options::default(),
        };
        let mut image_slot = None;
        spec.guard.set("image", check::word(image), &mut image_slot);
        spec.options.image = image_slot.unwrap_or_default();
        spec
    }

    /// The first impossible value that a setter was given.
    pub fn invalid(&self) -> Option<&InvalidField> {
        self.guard.invalid()
    }

    /// Says of a value that it is impossible, as a setter does; for those who allow fewer values.
    pub fn set_impossible(&mut self, field: &'static str, message: impl Into<String>) -> &mut Self {
        self.guard.refuse(field, message.into());
        self
    }

    /// What it takes of memory, in bytes and roughly.
    pub fn size_hint(&self) -> usize {
        self.guard.size()
    }

    /// The name; none if the engine shall make one up.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The platform, if one was asked for.
    pub fn platform(&self) -> Option<&str> {
        self.platform.as_deref()
    }

    /// All options as they were set.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// All options, to be completed. What is put in isn't checked and isn't counted.
    pub fn options_mut(&mut self) -> &mut Options {
        &mut self.options
    }

    /// Fails with `Invalid` if something is impossible.
    pub(crate) fn check(&self) -> Result<()> {
        self.guard.check()
    }

    /// The request that makes it, of a spec in which nothing is impossible. Fails with
    /// `Unsupported` if the engine would overlook an option.
    pub(super) fn request(&self, version: ApiVersion) -> Result<Request> {
        let mut request = Request::post("/containers/create").json(self.body(version)?);
        if let Some(name) = &self.name {
            request = request.query("name", name);
        }
        if let Some(platform) = &self.platform {
            request = request.query("platform", platform);
        }
        Ok(request)
    }

    /// The body of the request that makes it, for an engine that speaks a version of the API. Fails
    /// with `Invalid` if a value is impossible, and with `Unsupported` if the engine would overlook
    /// an option.
    pub fn body(&self, version: ApiVersion) -> Result<Vec<u8>> {
        self.check()?;
        self.supported(version)?;
        let mut options = Cow::Borrowed(&self.options);
        if self.options.network_disabled == Some(true) {
            // Podman overlooks the older form.
            options.to_mut().host.network_mode = Some(NetworkMode::None);
        }
        if let Some(NetworkMode::Network(network)) = &options.host.network_mode
            && !options.host.links.is_empty()
        {
            // On a network that somebody made, engines overlook the older form.
            let network = network.clone();
            let options = options.to_mut();
            let links = std::mem::take(&mut options.host.links);
            let endpoint = options.endpoints.entry(network).or_default();
            endpoint.links.extend(links);
        }
        if let Some(address) = &self.options.mac_address
            && let Some(network) = self.endpoint_of_address()
        {
            let endpoints = &mut options.to_mut().endpoints;
            let endpoint = endpoints.entry(network).or_default();
            endpoint.mac_address = Some(address.clone());
        }
        serde_json::to_vec(&options).map_err(|e| Error::invalid("spec", e.to_string()))
    }

    /// The network whose endpoint the MAC address belongs to; none where it has no network of its own. By the name `default`
    /// all engines know their default network, whatever they call it.
    fn endpoint_of_address(&self) -> Option<String> {
        if self.options.network_disabled == Some(true) {
            return None;
        }
        match &self.options.host.network_mode {
            None | Some(NetworkMode::Default) => Some("default".to_owned()),
            Some(NetworkMode::Network(network)) => Some(network.clone()),
            Some(NetworkMode::None | NetworkMode::Host | NetworkMode::Container(_)) => None,
        }
    }

    fn supported(&self, version: ApiVersion) -> Result<()> {
        let options = &self.options;
        let start_interval = |check: &Healthcheck| check.start_interval.is_some();
        let fixed_address = |endpoint: &Endpoint| endpoint.mac_address.is_some();
        let priority = |endpoint: &Endpoint| endpoint.gateway_priority != 0;
        let recursive = |mount: &Mount| {
            use BindRecursion::{Readonly, Writable};
            matches!(mount, Mount::Bind(BindMount { recursion, .. }) if [Readonly, Writable].contains(recursion))
        };
        let part = |mount: &Mount| {
            matches!(
                mount,
                Mount::Volume(VolumeMount {
                    subpath: Some(_),
                    ..
                })
            )
        };
        let newer = [
            (
                options.healthcheck.as_ref().is_some_and(start_interval),
                ("set-healthcheck", "start-interval", START_INTERVAL),
            ),
            (
                options.host.console_size.is_some(),
                ("set-console-size", "a console size", CONSOLE_SIZE),
            ),
            (
                !options.host.annotations.is_empty(),
                ("add-annotation", "an annotation", ANNOTATIONS),
            ),
            (
                options.endpoints.values().any(fixed_address),
                (
                    "set-endpoint-mac-address",
                    "an endpoint's MAC address",
                    MAC_ADDRESS_OF_ENDPOINT,
                ),
            ),
            (
                options.endpoints.values().any(priority),
                (
                    "set-endpoint-gateway-priority",
                    "a gateway's priority",
                    GATEWAY_PRIORITY,
                ),
            ),
            (
                options.host.mounts.iter().any(recursive),
                ("add-bind", "what mounts below a bind are", RECURSION),
            ),
            (
                options.host.mounts.iter().any(part),
                ("add-volume-mount", "a subpath", SUBPATH),
            ),
        ];
        match newer
            .into_iter()
            .find(|(set, (.., needed))| *set && version < *needed)
        {
            Some((_, (field, what, needed))) => Err(Error::too_old(field, what, needed)),
            None => Ok(()),
        }
    }
}

limit_setters! { ContainerSpec: options.host }

/// From when on an endpoint can have a MAC address of its own choice.
const MAC_ADDRESS_OF_ENDPOINT: ApiVersion = ApiVersion::new(1, 44);

/// From when on a health check has an interval of its own for the time after the start.
const START_INTERVAL: ApiVersion = ApiVersion::new(1, 44);

/// From when on a terminal has a size at start.
const CONSOLE_SIZE: ApiVersion = ApiVersion::new(1, 42);

/// From when on there are annotations.
const ANNOTATIONS: ApiVersion = ApiVersion::new(1, 43);

/// From when on a bind says whether mounts below it can be written to.
const RECURSION: ApiVersion = ApiVersion::new(1, 44);

/// From when on a folder of a volume can be mounted.
const SUBPATH: ApiVersion = ApiVersion::new(1, 45);

/// From when on an endpoint says which gateway is taken.
const GATEWAY_PRIORITY: ApiVersion = ApiVersion::new(1, 48);
