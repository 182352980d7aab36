//! Requests to make a container and to change one.

mod body;
mod check;
mod guard;
mod limits;
mod update;

use std::borrow::Cow;

use self::body::{Config, Empty};
use self::guard::Guard;
use self::limits::limit_setters;
use super::types::{
    ContainerPort, Healthcheck, IpcMode, NetworkMode, PortBinding, RestartPolicy, TmpfsMount,
    Ulimit,
};
use crate::api::{Error, Result};
use crate::transport::{ApiVersion, Request};

pub(super) use self::check::signal;
pub use self::guard::{InvalidField, MAX_SPEC_SIZE};
pub use self::update::UpdateSpec;

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
    config: Config,
}

impl ContainerSpec {
    /// A container of this image: a name, `name:tag`, `name@digest` or an id.
    pub fn new(image: impl Into<String>) -> Self {
        let mut spec = Self {
            guard: Guard::default(),
            name: None,
            platform: None,
            config: Config::default(),
        };
        let mut image_slot = None;
        spec.guard.set("image", check::word(image), &mut image_slot);
        spec.config.image = image_slot.unwrap_or_default();
        spec
    }

    /// The first impossible value that a setter was given.
    pub fn invalid(&self) -> Option<&InvalidField> {
        self.guard.invalid()
    }

    /// What it takes of memory, in bytes and roughly.
    pub fn size_hint(&self) -> usize {
        self.guard.size()
    }

    /// The name. None is set: the engine makes one up.
    pub fn set_name(&mut self, name: impl Into<String>) -> &mut Self {
        self.guard
            .set("set-name", check::word(name), &mut self.name);
        self
    }

    /// The platform, if the image has several: `linux/arm64/v8`.
    pub fn set_platform(&mut self, platform: impl Into<String>) -> &mut Self {
        self.guard
            .set("set-platform", check::word(platform), &mut self.platform);
        self
    }

    /// What is run, in place of the image's command.
    pub fn set_command(&mut self, command: Vec<String>) -> &mut Self {
        self.guard.set(
            "set-command",
            check::texts(command),
            &mut self.config.command,
        );
        self
    }

    /// What the command is handed to, in place of the image's entrypoint; the image's command is
    /// dropped with it. Empty: no entrypoint.
    pub fn set_entrypoint(&mut self, entrypoint: Vec<String>) -> &mut Self {
        let entrypoint = match entrypoint.is_empty() {
            // The engine's sign for none at all; an empty list would keep the image's command.
            true => vec![String::new()],
            false => entrypoint,
        };
        let entrypoint = check::texts(entrypoint);
        self.guard
            .set("set-entrypoint", entrypoint, &mut self.config.entrypoint);
        self
    }

    /// An environment variable. Without a value, the image's variable of that name is taken away.
    pub fn add_env(&mut self, name: impl Into<String>, value: Option<String>) -> &mut Self {
        self.guard.add(
            "add-env",
            check::variable(name, value),
            &mut self.config.env,
        );
        self
    }

    /// A label.
    pub fn add_label(&mut self, key: impl Into<String>, value: impl Into<String>) -> &mut Self {
        self.guard.insert(
            "add-label",
            check::pair(key, value),
            &mut self.config.labels,
        );
        self
    }

    /// The host name; by default the first 12 digits of the id.
    pub fn set_hostname(&mut self, hostname: impl Into<String>) -> &mut Self {
        self.guard.set(
            "set-hostname",
            check::line(hostname),
            &mut self.config.hostname,
        );
        self
    }

    /// The domain name.
    pub fn set_domainname(&mut self, domainname: impl Into<String>) -> &mut Self {
        self.guard.set(
            "set-domainname",
            check::line(domainname),
            &mut self.config.domainname,
        );
        self
    }

    /// The user, and the group: `name`, `uid`, `uid:gid`.
    pub fn set_user(&mut self, user: impl Into<String>) -> &mut Self {
        self.guard
            .set("set-user", check::line(user), &mut self.config.user);
        self
    }

    /// A further group of the first process, a name or a number.
    pub fn add_group(&mut self, group: impl Into<String>) -> &mut Self {
        self.guard.add(
            "add-group",
            check::word(group),
            &mut self.config.host.groups,
        );
        self
    }

    /// The folder that it starts in; absolute.
    pub fn set_working_dir(&mut self, path: impl Into<String>) -> &mut Self {
        self.guard.set(
            "set-working-dir",
            check::absolute(path),
            &mut self.config.working_dir,
        );
        self
    }

    /// Whether it has a terminal. Its logs are then one stream.
    pub fn set_tty(&mut self, tty: bool) -> &mut Self {
        self.guard.set("set-tty", Ok(tty), &mut self.config.tty);
        self
    }

    /// Whether its standard input stays open.
    pub fn set_open_stdin(&mut self, open: bool) -> &mut Self {
        self.guard
            .set("set-open-stdin", Ok(open), &mut self.config.open_stdin);
        self
    }

    /// Whether standard input closes when the first client leaves.
    pub fn set_stdin_once(&mut self, once: bool) -> &mut Self {
        self.guard
            .set("set-stdin-once", Ok(once), &mut self.config.stdin_once);
        self
    }

    /// Which of its streams a client is attached to at start.
    pub fn set_attach(&mut self, stdin: bool, stdout: bool, stderr: bool) -> &mut Self {
        let Self { guard, config, .. } = self;
        guard.set("set-attach", Ok(stdin), &mut config.attach_stdin);
        guard.set("set-attach", Ok(stdout), &mut config.attach_stdout);
        guard.set("set-attach", Ok(stderr), &mut config.attach_stderr);
        self
    }

    /// The size of its terminal at start, in characters.
    pub fn set_console_size(&mut self, height: u32, width: u32) -> &mut Self {
        self.guard.set(
            "set-console-size",
            Ok([height, width]),
            &mut self.config.host.console_size,
        );
        self
    }

    /// The signal that `stop` sends: `SIGINT`, `2`.
    pub fn set_stop_signal(&mut self, signal: impl Into<String>) -> &mut Self {
        self.guard.set(
            "set-stop-signal",
            check::signal(signal),
            &mut self.config.stop_signal,
        );
        self
    }

    /// The seconds that it has to stop before it is killed.
    pub fn set_stop_timeout(&mut self, seconds: u32) -> &mut Self {
        self.guard.set(
            "set-stop-timeout",
            Ok(seconds),
            &mut self.config.stop_timeout,
        );
        self
    }

    /// The health check.
    pub fn set_healthcheck(&mut self, healthcheck: Healthcheck) -> &mut Self {
        self.guard.set(
            "set-healthcheck",
            check::healthcheck(healthcheck),
            &mut self.config.healthcheck,
        );
        self
    }

    /// The shell of health checks that are a line.
    pub fn set_shell(&mut self, shell: Vec<String>) -> &mut Self {
        self.guard
            .set("set-shell", check::texts(shell), &mut self.config.shell);
        self
    }

    /// An instruction for images that are built on an image of this container.
    pub fn add_on_build(&mut self, instruction: impl Into<String>) -> &mut Self {
        self.guard.add(
            "add-on-build",
            check::text(instruction),
            &mut self.config.on_build,
        );
        self
    }

    /// An anonymous volume at a path; absolute.
    pub fn add_volume(&mut self, path: impl Into<String>) -> &mut Self {
        let path = check::absolute(path).map(|path| (path, Empty {}));
        self.guard
            .insert("add-volume", path, &mut self.config.volumes);
        self
    }

    /// Memory mounted at a path.
    pub fn add_tmpfs(&mut self, tmpfs: TmpfsMount) -> &mut Self {
        self.guard.insert(
            "add-tmpfs",
            check::tmpfs(tmpfs),
            &mut self.config.host.tmpfs,
        );
        self
    }

    /// Whether its own file system can't be written to.
    pub fn set_read_only(&mut self, read_only: bool) -> &mut Self {
        self.guard.set(
            "set-read-only",
            Ok(read_only),
            &mut self.config.host.read_only,
        );
        self
    }

    /// An option of the storage driver, such as `size`.
    pub fn add_storage_option(
        &mut self,
        name: impl Into<String>,
        value: impl Into<String>,
    ) -> &mut Self {
        let pair = check::pair(name, value);
        self.guard.insert(
            "add-storage-option",
            pair,
            &mut self.config.host.storage_options,
        );
        self
    }

    /// A port that it says it listens on.
    pub fn add_exposed_port(&mut self, port: ContainerPort) -> &mut Self {
        let port = check::exposed_port(port);
        self.guard
            .insert("add-exposed-port", port, &mut self.config.exposed_ports);
        self
    }

    /// A port that is published on the machine.
    pub fn add_port(&mut self, port: PortBinding) -> &mut Self {
        let port = check::port_binding(port);
        if let Some((key, at)) = self.guard.accept("add-port", port, 0) {
            self.config
                .host
                .port_bindings
                .entry(key.clone())
                .or_default()
                .push(at);
            self.config.exposed_ports.insert(key, Empty {});
        }
        self
    }

    /// Whether each exposed port is published at a free port of the machine.
    pub fn set_publish_all_ports(&mut self, publish: bool) -> &mut Self {
        self.guard.set(
            "set-publish-all-ports",
            Ok(publish),
            &mut self.config.host.publish_all_ports,
        );
        self
    }

    /// The network, if none is named.
    pub fn set_network_mode(&mut self, mode: NetworkMode) -> &mut Self {
        let mode = match mode {
            NetworkMode::Default => "default",
            NetworkMode::None => "none",
        };
        self.guard.set(
            "set-network-mode",
            Ok(mode),
            &mut self.config.host.network_mode,
        );
        self
    }

    /// Whether it has no network at all, as `network-mode.none` in the engine's older form.
    pub fn set_network_disabled(&mut self, disabled: bool) -> &mut Self {
        self.guard.set(
            "set-network-disabled",
            Ok(disabled),
            &mut self.config.network_disabled,
        );
        self
    }

    /// The MAC address on its network.
    pub fn set_mac_address(&mut self, address: impl Into<String>) -> &mut Self {
        self.guard.set(
            "set-mac-address",
            check::mac_address(address),
            &mut self.config.mac_address,
        );
        self
    }

    /// A name server's address.
    pub fn add_dns(&mut self, address: impl Into<String>) -> &mut Self {
        self.guard.add(
            "add-dns",
            check::address(address),
            &mut self.config.host.dns,
        );
        self
    }

    /// An option for the resolver: `ndots:2`.
    pub fn add_dns_option(&mut self, value: impl Into<String>) -> &mut Self {
        self.guard.add(
            "add-dns-option",
            check::word(value),
            &mut self.config.host.dns_options,
        );
        self
    }

    /// A domain to search names in.
    pub fn add_dns_search(&mut self, domain: impl Into<String>) -> &mut Self {
        self.guard.add(
            "add-dns-search",
            check::word(domain),
            &mut self.config.host.dns_search,
        );
        self
    }

    /// A line for /etc/hosts. The address may be `host-gateway`, the machine's own.
    pub fn add_extra_host(
        &mut self,
        name: impl Into<String>,
        address: impl Into<String>,
    ) -> &mut Self {
        let host = check::extra_host(name, address);
        self.guard
            .add("add-extra-host", host, &mut self.config.host.extra_hosts);
        self
    }

    /// How readily it is swapped out, 0 to 100. Only with version 1 of control groups.
    pub fn set_memory_swappiness(&mut self, percent: u32) -> &mut Self {
        self.guard.set(
            "set-memory-swappiness",
            Ok(percent),
            &mut self.config.host.memory_swappiness,
        );
        self
    }

    /// The size of /dev/shm in bytes; by default 64 MiB.
    pub fn set_shm_size(&mut self, bytes: u64) -> &mut Self {
        self.guard.set(
            "set-shm-size",
            check::number(bytes),
            &mut self.config.host.shm_size,
        );
        self
    }

    /// A limit on each process.
    pub fn add_ulimit(&mut self, ulimit: Ulimit) -> &mut Self {
        self.guard.add(
            "add-ulimit",
            check::ulimit(ulimit),
            &mut self.config.host.ulimits,
        );
        self
    }

    /// The score for the out-of-memory killer, -1,000 to 1,000.
    pub fn set_oom_score_adj(&mut self, score: i32) -> &mut Self {
        self.guard.set(
            "set-oom-score-adj",
            Ok(score),
            &mut self.config.host.oom_score_adj,
        );
        self
    }

    /// Whether a small init is its first process and reaps the others.
    pub fn set_init(&mut self, init: bool) -> &mut Self {
        self.guard
            .set("set-init", Ok(init), &mut self.config.host.init);
        self
    }

    /// With whom it shares memory between processes.
    pub fn set_ipc_mode(&mut self, mode: IpcMode) -> &mut Self {
        let mode = match mode {
            IpcMode::None => "none",
            IpcMode::Private => "private",
            IpcMode::Shareable => "shareable",
        };
        self.guard
            .set("set-ipc-mode", Ok(mode), &mut self.config.host.ipc_mode);
        self
    }

    /// A capability that it shall not have: `NET_RAW`, `ALL`.
    pub fn drop_capability(&mut self, capability: impl Into<String>) -> &mut Self {
        self.guard.add(
            "drop-capability",
            check::word(capability),
            &mut self.config.host.cap_drop,
        );
        self
    }

    /// Whether it is removed, with its anonymous volumes, when it ends. Not with a restart policy.
    pub fn set_auto_remove(&mut self, auto_remove: bool) -> &mut Self {
        self.guard.set(
            "set-auto-remove",
            Ok(auto_remove),
            &mut self.config.host.auto_remove,
        );
        self
    }

    limit_setters!(config.host);

    /// Fails with `Invalid` if something is impossible.
    pub(super) fn check(&self) -> Result<()> {
        self.guard.check()
    }

    /// The request that makes it, of a spec in which nothing is impossible. Fails with
    /// `Unsupported` if the engine would overlook an option.
    pub(super) fn request(&self, version: ApiVersion) -> Result<Request> {
        self.supported(version)?;
        let mut config = Cow::Borrowed(&self.config);
        if let Some(networking) = self.config.networking() {
            config.to_mut().networking = Some(networking);
        }
        if self.config.network_disabled == Some(true) {
            // Podman overlooks the older form.
            config.to_mut().host.network_mode = Some("none");
        }
        let body =
            serde_json::to_vec(&config).map_err(|e| Error::invalid("spec", e.to_string()))?;
        let mut request = Request::post("/containers/create").json(body);
        if let Some(name) = &self.name {
            request = request.query("name", name);
        }
        if let Some(platform) = &self.platform {
            request = request.query("platform", platform);
        }
        Ok(request)
    }

    fn supported(&self, version: ApiVersion) -> Result<()> {
        let check = self.config.healthcheck.as_ref();
        if version < START_INTERVAL && check.is_some_and(|check| check.start_interval.is_some()) {
            return Err(Error::too_old(
                "set-healthcheck",
                "start-interval",
                START_INTERVAL,
            ));
        }
        if version < CONSOLE_SIZE && self.config.host.console_size.is_some() {
            return Err(Error::too_old(
                "set-console-size",
                "a console size",
                CONSOLE_SIZE,
            ));
        }
        Ok(())
    }
}

/// From when on a health check has an interval of its own for the time after the start.
const START_INTERVAL: ApiVersion = ApiVersion::new(1, 44);

/// From when on a terminal has a size at start.
const CONSOLE_SIZE: ApiVersion = ApiVersion::new(1, 42);
