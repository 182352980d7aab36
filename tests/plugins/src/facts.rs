//! What differs from engine to engine: by the version that it answers.

use dockwit::{Docker, Error, Result};

/// What one engine does in its own way.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    api: (u16, u16),
    version: (u16, u16),
    podman: bool,
}

/// Setters of a spec whose values Podman takes and doesn't keep.
const NOT_KEPT: [&str; 8] = [
    "add-on-build",
    "set-attach",
    "set-console-size",
    "set-domainname",
    "set-network-disabled",
    "set-shell",
    "set-stdin-once",
    "start-interval",
];

/// Those that only Podman 4 keeps otherwise.
const NOT_KEPT_BEFORE_5: [&str; 1] = ["set-ipc-mode"];

/// Those that Podman doesn't keep, or keeps otherwise, up to [`LAST_OLD_PODMAN`].
const NOT_KEPT_UP_TO_5_4: [&str; 1] = ["set-healthcheck"];

/// The last of the Podmans under test that does some things in the old way.
const LAST_OLD_PODMAN: (u16, u16) = (5, 4);

/// Filters of a list that Podman doesn't know.
const UNKNOWN_FILTERS: [&str; 3] = ["expose", "is-task", "publish"];

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

    /// The capabilities that it tells as dropped, of a container that asks for these to be dropped: so are two more, by the host,
    /// which Podman from 5 on gives nobody.
    #[must_use]
    pub fn dropped(self, asked: &[&'static str]) -> Vec<&'static str> {
        let more: &[_] = match self.podman && self.version.0 >= 5 {
            true => &[],
            false => &["MKNOD", "NET_RAW"],
        };
        let mut dropped = [asked, more].concat();
        dropped.sort_unstable();
        dropped
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

    /// Whether a folder of a volume can be mounted.
    #[must_use]
    pub fn mounts_folders_of_volumes(self) -> bool {
        self.api >= (1, 45) && !self.podman
    }

    /// Whether there are notes for the runtime.
    #[must_use]
    pub fn has_annotations(self) -> bool {
        self.api >= (1, 43)
    }

    /// Whether an endpoint can be given a MAC address of its own.
    #[must_use]
    pub fn has_mac_addresses_of_endpoints(self) -> bool {
        self.api >= (1, 44)
    }

    /// Whether an endpoint says which gateway is taken.
    #[must_use]
    pub fn has_gateway_priorities(self) -> bool {
        self.api >= (1, 48)
    }

    /// Whether an endpoint tells all names that it answers to.
    #[must_use]
    pub fn tells_dns_names(self) -> bool {
        self.api >= (1, 44) && !self.podman
    }

    /// Whether a container's own configuration tells the MAC address that it was asked for, not only its endpoint's.
    #[must_use]
    pub fn config_tells_mac_address(self) -> bool {
        self.api < (1, 44) && !self.podman
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

    /// Whether it answers by the status of a conflict what a container's state forbids.
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

    /// Whether a container can expose a port of SCTP.
    #[must_use]
    pub const fn exposes_sctp(self) -> bool {
        !self.podman || self.version.0 >= 5
    }

    /// Whether a volume in memory can be given a size. Podman before 5 would have the file system under it hold that.
    #[must_use]
    pub const fn sizes_volumes(self) -> bool {
        !self.podman || self.version.0 >= 5
    }

    /// Whether who follows a log is answered before there is something to tell.
    #[must_use]
    pub const fn answers_who_follows_at_once(self) -> bool {
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

    /// Whether a variable of the image can be taken away. Podman would put its own in its place, which the host refuses.
    #[must_use]
    pub const fn takes_variables_away(self) -> bool {
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

    /// Whether the log driver and the runtime of a container are those that the engine names as its defaults.
    #[must_use]
    pub const fn tells_default_drivers(self) -> bool {
        !self.podman
    }

    /// Whether a container tells the paths that are hidden from it.
    #[must_use]
    pub const fn tells_hidden_paths(self) -> bool {
        !self.podman
    }

    /// Whether an endpoint tells its network's id, rather than its name once more.
    #[must_use]
    pub const fn tells_network_ids(self) -> bool {
        !self.podman || self.version.0 >= 5
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

    /// Whether what a setter sets is found again in the details.
    #[must_use]
    pub fn keeps(self, setter: &str) -> bool {
        let lost = NOT_KEPT.contains(&setter)
            || (self.version.0 < 5 && NOT_KEPT_BEFORE_5.contains(&setter))
            || (self.version <= LAST_OLD_PODMAN && NOT_KEPT_UP_TO_5_4.contains(&setter));
        !(self.podman && lost)
    }

    /// Whether it knows a filter of a list, by the engine's word.
    #[must_use]
    pub fn knows_filter(self, filter: &str) -> bool {
        !(self.podman && UNKNOWN_FILTERS.contains(&filter))
    }

    /// Whether what is made at a path of the container is found by that path, or only by the volume's name.
    #[must_use]
    pub const fn finds_volumes_by_path(self) -> bool {
        !self.podman
    }

    /// Whether a list can be asked for containers that are about to be started again, or could not be removed whole.
    #[must_use]
    pub const fn lists_restarting_and_dead(self) -> bool {
        !self.podman
    }

    /// What it makes of an image's name that has no registry.
    #[must_use]
    pub fn name_of_image(self, image: &str) -> String {
        if self.podman {
            format!("docker.io/{image}")
        } else {
            image.to_owned()
        }
    }

    /// Whether it warns of a limit that the kernel can't keep.
    #[must_use]
    pub const fn warns_of_what_the_kernel_lacks(self) -> bool {
        !self.podman
    }

    /// Whether a health check can be changed in all but what it runs.
    #[must_use]
    pub const fn inherits_checks(self) -> bool {
        !self.podman
    }

    /// Whether a container has an init of the engine's at hand. Podman's is a package of its own.
    #[must_use]
    pub const fn has_an_init(self) -> bool {
        !self.podman
    }

    /// Whether a container has time to end before it is started again, if it isn't said how long.
    #[must_use]
    pub const fn gives_time_to_restart(self) -> bool {
        !self.podman
    }

    /// Whether the changes of a container that is gone are not found.
    #[must_use]
    pub const fn says_not_found_of_changes(self) -> bool {
        !self.podman
    }

    /// Whether an update changes what is set, and only that: Podman overlooks processors, and resets the restart policy.
    #[must_use]
    pub const fn updates_only_what_is_set(self) -> bool {
        !self.podman
    }

    /// Whether figures tell how many processes there may be.
    #[must_use]
    pub const fn counts_up_to_the_pids_limit(self) -> bool {
        !self.podman
    }

    /// Whether an update to impossible limits is refused.
    #[must_use]
    pub const fn minds_impossible_updates(self) -> bool {
        !self.podman
    }

    /// Whether the processes of a container that doesn't run are refused, not told as none.
    #[must_use]
    pub const fn minds_top_of_what_does_not_run(self) -> bool {
        !self.podman || self.version.0 >= 5
    }

    /// Whether a single reading of figures takes two, so that it tells a share of the CPU.
    #[must_use]
    pub const fn reads_figures_twice(self) -> bool {
        !self.podman
    }

    /// Whether figures name the interfaces, and there are none without a network.
    #[must_use]
    pub const fn names_interfaces(self) -> bool {
        !self.podman || self.version.0 >= 5
    }

    /// Whether a container that never ran has an exit status for who waits for it, and always.
    #[must_use]
    pub const fn gives_a_status_before_the_first_run(self) -> bool {
        !self.podman
    }

    /// Whether the moments before lines of a log have fractions of seconds.
    #[must_use]
    pub fn stamps_logs_with_fractions(self) -> bool {
        !self.podman || self.version > LAST_OLD_PODMAN
    }

    /// Whether who follows a log is told every line of a flood. Engine 20.10 ends one in forty too early.
    #[must_use]
    pub fn follows_a_flood(self) -> bool {
        !self.podman && self.version > (20, 10)
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
