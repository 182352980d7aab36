//! What differs from engine to engine: by the version that it answers.

use dockwit::{Docker, Error, Result};

/// What one engine does in its own way.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    api: (u16, u16),
    podman: bool,
}

impl Facts {
    /// Asks the engine.
    ///
    /// # Errors
    /// It doesn't tell its version.
    pub async fn of(docker: Docker) -> Result<Self> {
        let version = docker.version().await?;
        let api = parse(&version.api_version)
            .ok_or_else(|| Error::other(format!("{} is no version", version.api_version)))?;
        let is_podman = |name: &str| name.starts_with("Podman");
        let podman = version.components.iter().any(|part| is_podman(&part.name));
        Ok(Self { api, podman })
    }

    /// Whether it is Podman's service.
    #[must_use]
    pub const fn podman(self) -> bool {
        self.podman
    }

    /// Whether a terminal can be given a size at start, and a stop a signal.
    #[must_use]
    pub fn has_console_size_and_stop_signal(self) -> bool {
        self.api >= (1, 42)
    }

    /// Whether a health check has an interval of its own for the time after the start.
    #[must_use]
    pub fn has_start_interval(self) -> bool {
        self.api >= (1, 44)
    }

    /// Whether an endpoint tells all names that it answers to.
    #[must_use]
    pub fn tells_dns_names(self) -> bool {
        self.api >= (1, 44)
    }

    /// Whether a container's own configuration tells the MAC address that it was asked for.
    #[must_use]
    pub fn config_tells_mac_address(self) -> bool {
        self.api < (1, 52)
    }

    /// Whether it counts the containers that are paused.
    #[must_use]
    pub const fn counts_paused(self) -> bool {
        !self.podman
    }

    /// Whether it answers a filter that it doesn't know by the status of an impossible value.
    #[must_use]
    pub const fn says_invalid_of_filters(self) -> bool {
        !self.podman
    }

    /// Whether it refuses to make a container for a platform that the image isn't for.
    #[must_use]
    pub const fn minds_the_platform(self) -> bool {
        !self.podman
    }

    /// Whether it answers an impossible option of a container by the status for that.
    #[must_use]
    pub const fn says_invalid_of_specs(self) -> bool {
        !self.podman
    }

    /// The network that containers are put on if none is named.
    #[must_use]
    pub const fn default_network(self) -> &'static str {
        if self.podman { "podman" } else { "bridge" }
    }
}

fn parse(version: &str) -> Option<(u16, u16)> {
    let (major, minor) = version.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}
