//! What differs from engine to engine: by the version that it answers.

use dockwit::{Docker, Error, Result};

/// What one engine does in its own way.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    api: (u16, u16),
    version: (u16, u16),
    podman: bool,
}

impl Facts {
    /// Asks the engine.
    ///
    /// # Errors
    /// It doesn't tell its version.
    pub async fn of(docker: Docker) -> Result<Self> {
        let version = docker.version().await?;
        let api = parse(&version.api_version)?;
        let is_podman = |name: &str| name.starts_with("Podman");
        let podman = version.components.iter().any(|part| is_podman(&part.name));
        let version = parse(&version.version)?;
        Ok(Self {
            api,
            version,
            podman,
        })
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

    /// Whether it answers by the status of a conflict what a container's state, or a name in use, forbids.
    #[must_use]
    pub const fn says_conflict_of_states(self) -> bool {
        !self.podman
    }

    /// Whether it answers a signal that there isn't by the status of an impossible value.
    #[must_use]
    pub const fn says_invalid_of_signals(self) -> bool {
        !self.podman
    }

    /// Whether a container tells why it could not be started, and an exit status for it.
    #[must_use]
    pub const fn keeps_why_a_start_failed(self) -> bool {
        !self.podman
    }

    /// Whether a stop can be told to wait for as long as it takes.
    #[must_use]
    pub const fn can_wait_for_ever_on_a_stop(self) -> bool {
        !self.podman || self.version.0 >= 5
    }

    /// Whether a container that doesn't say how long it has to stop has some time.
    #[must_use]
    pub const fn gives_time_to_stop(self) -> bool {
        !self.podman || self.version.0 >= 5
    }

    /// Whether a stop sends the signal that it is told.
    #[must_use]
    pub fn minds_the_signal_of_a_stop(self) -> bool {
        self.has_console_size_and_stop_signal() && !self.podman
    }

    /// Whether a container can't be given the name that it has.
    #[must_use]
    pub const fn minds_an_unchanged_name(self) -> bool {
        !self.podman
    }

    /// Whether a container's limits can be changed.
    #[must_use]
    pub const fn updates(self) -> bool {
        !self.podman || self.version.0 >= 5
    }

    /// Whether it keeps the name of a variable that a container shall not have.
    #[must_use]
    pub const fn tells_variables_without_value(self) -> bool {
        !self.podman
    }

    /// Whether a container is given the domain name that it asks for.
    #[must_use]
    pub const fn takes_domain_names(self) -> bool {
        !self.podman
    }

    /// Whether a container tells which of its streams a client is attached to.
    #[must_use]
    pub const fn tells_attached_streams(self) -> bool {
        !self.podman
    }

    /// Whether a container's own configuration tells the paths that it declares as volumes.
    #[must_use]
    pub const fn tells_declared_volumes(self) -> bool {
        !self.podman
    }

    /// Whether a container keeps instructions for images that are built on it.
    #[must_use]
    pub const fn keeps_instructions_on_build(self) -> bool {
        !self.podman
    }

    /// Whether a container tells that it was made without a network by the older option.
    #[must_use]
    pub const fn tells_disabled_networks(self) -> bool {
        !self.podman
    }

    /// Whether a health check has nothing but what was set.
    #[must_use]
    pub const fn leaves_a_check_as_it_is(self) -> bool {
        !self.podman
    }

    /// Whether health checks are run. Podman leaves that to systemd, which the private engines don't have.
    #[must_use]
    pub const fn runs_health_checks(self) -> bool {
        !self.podman
    }

    /// Whether a container tells that the kernel ended it for want of memory.
    #[must_use]
    pub const fn tells_out_of_memory(self) -> bool {
        !self.podman
    }

    /// Whether a container has a state between its end and its next start.
    #[must_use]
    pub const fn tells_restarting(self) -> bool {
        !self.podman
    }

    /// Whether a number of processors and a quota are two things.
    #[must_use]
    pub const fn keeps_processors_and_quota_apart(self) -> bool {
        !self.podman
    }

    /// Whether a container tells the size that its terminal starts with.
    #[must_use]
    pub const fn tells_console_size(self) -> bool {
        !self.podman
    }

    /// Whether the log driver and the runtime of a container are those that the engine names as its defaults.
    #[must_use]
    pub const fn tells_default_drivers(self) -> bool {
        !self.podman
    }

    /// Whether a container tells that all its exposed ports are published.
    #[must_use]
    pub const fn tells_that_all_ports_are_published(self) -> bool {
        !self.podman
    }

    /// Whether free ports of the machine are chosen when a container is made, not when it is started.
    #[must_use]
    pub const fn chooses_ports_when_made(self) -> bool {
        self.podman
    }

    /// Whether a container tells the paths that are hidden from it.
    #[must_use]
    pub const fn tells_hidden_paths(self) -> bool {
        !self.podman
    }

    /// Whether an endpoint on a network has an id.
    #[must_use]
    pub const fn tells_endpoint_ids(self) -> bool {
        !self.podman
    }

    /// Whether it takes and tells what few containers are made with: kernel parameters, options of the log driver, links,
    /// volumes of others, rules for devices, namespaces.
    #[must_use]
    pub const fn tells_strange_options(self) -> bool {
        !self.podman
    }

    /// Whether a container's limits can be changed while it doesn't run.
    #[must_use]
    pub const fn updates_what_does_not_run(self) -> bool {
        !self.podman
    }

    /// Whether a container that doesn't run can't be given a size.
    #[must_use]
    pub const fn minds_the_size_of_what_does_not_run(self) -> bool {
        !self.podman
    }

    /// The network that containers are put on if none is named.
    #[must_use]
    pub const fn default_network(self) -> &'static str {
        if self.podman { "podman" } else { "bridge" }
    }
}

/// The first two numbers of a version.
fn parse(version: &str) -> Result<(u16, u16)> {
    let mut numbers = version.split('.').map(str::parse);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => Ok((major, minor)),
        _ => Err(Error::other(format!("{version} is no version"))),
    }
}
