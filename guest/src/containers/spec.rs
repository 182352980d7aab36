//! What a new container shall be.

use std::time::Duration;

use super::calls::whole_seconds;
use super::{
    Container, Healthcheck, IpcMode, NetworkMode, RestartPolicy, Tmpfs, Ulimit, VolumeMount,
};
use crate::bindings::engine::containers as wit;
use crate::error::Result;
use crate::host_access::HostAccess;
use crate::native;
use crate::networks::Network;
use crate::value::{EnvVar, HostPort, Label, PortSpec, Size, Unusable, Words};
use crate::verdict::Verdict;

/// What a new container shall be, option by option: what isn't set is as the image says, or the engine's default.
///
/// A spec is a template: [`create`](super::Containers::create) takes a copy, so it can be changed and used again. A value
/// that can't be read, such as a memory of `"12q"`, doesn't stop anything here; the `create` that would use it fails with
/// `invalid`, and its [`field`](crate::Error::field) names the option. Options that can be given several times add up; of
/// the others the last counts.
///
/// ```no_run
/// use dockwit::{ContainerSpec, RestartPolicy, Tmpfs};
///
/// let spec = ContainerSpec::new("postgres:16")
///     .name("db")
///     .env([("POSTGRES_USER", "app"), ("POSTGRES_DB", "app")])
///     .label("app", "shop")
///     .memory("512m")
///     .cpus(1.5)
///     .tmpfs(Tmpfs::new("/tmp").size("64m"))
///     .port(5432, "127.0.0.1:5432")
///     .restart(RestartPolicy::on_failure(3));
/// ```
///
/// Each option takes the spec and gives it back; one that is set only sometimes is `spec = spec.tty(true)`.
///
/// Each option is a function of its own, and a plugin imports only those that it names: `dockwit inspect` lists what a
/// plugin can set. What reaches the machine is set within [`host_access`](Self::host_access).
#[derive(Debug)]
pub struct ContainerSpec {
    wit: wit::ContainerSpec,
    verdict: Verdict,
}

impl ContainerSpec {
    /// A container of this image: a name, `name:tag`, `name@digest` or an id.
    #[must_use]
    pub fn new(image: impl AsRef<str>) -> Self {
        native::needs_host();
        Self {
            wit: wit::ContainerSpec::new(image.as_ref()),
            verdict: Verdict::default(),
        }
    }

    /// The spec, unless a value in it can't be used.
    pub(crate) fn usable(&self, op: &str) -> Result<&wit::ContainerSpec> {
        self.verdict.check(op).map(|()| &self.wit)
    }

    pub(crate) const fn handle(&self) -> &wit::ContainerSpec {
        &self.wit
    }

    /// Gives it something of the machine: privileges, namespaces, paths, devices. Each is a power of its own, with a key of its own
    /// in the policy.
    ///
    /// ```no_run
    /// use dockwit::ContainerSpec;
    ///
    /// let spec = ContainerSpec::new("backup:1")
    ///     .memory("256m")
    ///     .host_access(|machine| machine.bind("/srv/data:/data:ro"));
    /// ```
    #[must_use]
    pub fn host_access(self, give: impl FnOnce(HostAccess) -> HostAccess) -> Self {
        give(HostAccess::new(self)).into_spec()
    }

    /// Sets an option, if its value could be read.
    pub(crate) fn read<T>(
        mut self,
        field: &'static str,
        value: Result<T, Unusable>,
        set: impl FnOnce(&wit::ContainerSpec, T),
    ) -> Self {
        if let Some(value) = self.verdict.note(field, value) {
            set(&self.wit, value);
        }
        self
    }
}

/// What it is called and what it runs.
impl ContainerSpec {
    /// The name. Without one the engine makes one up.
    #[must_use]
    pub fn name(self, name: impl AsRef<str>) -> Self {
        self.wit.set_name(name.as_ref());
        self
    }

    /// The platform, if the image has several: `linux/arm64/v8`.
    #[must_use]
    pub fn platform(self, platform: impl AsRef<str>) -> Self {
        self.wit.set_platform(platform.as_ref());
        self
    }

    /// What is run, in place of the image's command: `["sh", "-c", "echo hi"]`, or one text that is taken apart as a shell
    /// would.
    #[must_use]
    pub fn command(self, command: impl Into<Words>) -> Self {
        self.read("set-command", command.into().list(), |wit, words| {
            wit.set_command(&words)
        })
    }

    /// What the command is handed to, in place of the image's entrypoint; the image's command is dropped with it. Empty: no
    /// entrypoint.
    #[must_use]
    pub fn entrypoint(self, entrypoint: impl Into<Words>) -> Self {
        let words = entrypoint.into().list();
        self.read("set-entrypoint", words, |wit, words| {
            wit.set_entrypoint(&words)
        })
    }

    /// Environment variables: a map, a list of pairs, or a list of `"NAME=value"`; a bare `"NAME"` takes the image's
    /// variable of that name away, and is denied on Podman, which would put its own in its place. One that gives devices is a
    /// [`device_env`](HostAccess::device_env).
    #[must_use]
    pub fn env<I: IntoIterator<Item: Into<EnvVar>>>(self, vars: I) -> Self {
        for var in vars {
            let var = var.into();
            self.wit.add_env(&var.name, var.value.as_deref());
        }
        self
    }

    /// One environment variable.
    #[must_use]
    pub fn env_var(self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        self.wit.add_env(name.as_ref(), Some(value.as_ref()));
        self
    }

    /// Labels: a map, a list of pairs, or a list of `"key=value"`.
    #[must_use]
    pub fn labels<I: IntoIterator<Item: Into<Label>>>(self, labels: I) -> Self {
        for label in labels {
            let label = label.into();
            self.wit.add_label(&label.key, &label.value);
        }
        self
    }

    /// One label.
    #[must_use]
    pub fn label(self, key: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        self.wit.add_label(key.as_ref(), value.as_ref());
        self
    }

    /// The host name; by default the first 12 digits of the id.
    #[must_use]
    pub fn hostname(self, hostname: impl AsRef<str>) -> Self {
        self.wit.set_hostname(hostname.as_ref());
        self
    }

    /// The domain name. Podman overlooks it.
    #[must_use]
    pub fn domainname(self, domainname: impl AsRef<str>) -> Self {
        self.wit.set_domainname(domainname.as_ref());
        self
    }

    /// The user, and the group: `name`, `uid`, `uid:gid`.
    #[must_use]
    pub fn user(self, user: impl AsRef<str>) -> Self {
        self.wit.set_user(user.as_ref());
        self
    }

    /// A further group of the first process, a name or a number.
    #[must_use]
    pub fn group(self, group: impl AsRef<str>) -> Self {
        self.wit.add_group(group.as_ref());
        self
    }

    /// The folder that it starts in; absolute.
    #[must_use]
    pub fn working_dir(self, path: impl AsRef<str>) -> Self {
        self.wit.set_working_dir(path.as_ref());
        self
    }

    /// The signal that `stop` sends: `SIGINT`, `2`.
    #[must_use]
    pub fn stop_signal(self, signal: impl AsRef<str>) -> Self {
        self.wit.set_stop_signal(signal.as_ref());
        self
    }

    /// How long it has to stop before it is killed, in whole seconds, rounded up.
    #[must_use]
    pub fn stop_timeout(self, timeout: Duration) -> Self {
        let seconds = u32::try_from(whole_seconds(timeout));
        let seconds = seconds.map_err(|_| Unusable::new(timeout.as_secs(), "is too long"));
        self.read(
            "set-stop-timeout",
            seconds,
            wit::ContainerSpec::set_stop_timeout,
        )
    }

    /// The health check. Podman needs to be told what it runs, and up to 5.4 parts a program's arguments at spaces. Where an image's
    /// own runs more often than it may, a container without another fails there with `unsupported`.
    #[must_use]
    pub fn healthcheck(self, healthcheck: Healthcheck) -> Self {
        self.wit.set_healthcheck(&healthcheck.into());
        self
    }

    /// The shell of health checks that are a line: `["/bin/sh", "-c"]`. Podman overlooks it.
    #[must_use]
    pub fn shell(self, shell: impl Into<Words>) -> Self {
        self.read("set-shell", shell.into().list(), |wit, words| {
            wit.set_shell(&words)
        })
    }

    /// An instruction for images that are built on an image of this container. Podman overlooks it.
    #[must_use]
    pub fn on_build(self, instruction: impl AsRef<str>) -> Self {
        self.wit.add_on_build(instruction.as_ref());
        self
    }

    /// Whether a small init is its first process and reaps the others.
    #[must_use]
    pub fn init(self, init: bool) -> Self {
        self.wit.set_init(init);
        self
    }

    /// When the engine starts it again: a [`RestartPolicy`], or a condition alone.
    #[must_use]
    pub fn restart(self, policy: impl Into<RestartPolicy>) -> Self {
        self.wit.set_restart_policy(&policy.into());
        self
    }

    /// Whether it is removed, with its anonymous volumes, when it ends. Not with a restart policy.
    #[must_use]
    pub fn auto_remove(self, auto_remove: bool) -> Self {
        self.wit.set_auto_remove(auto_remove);
        self
    }
}

/// Its terminal and streams.
impl ContainerSpec {
    /// Whether it has a terminal. Its logs are then one stream.
    #[must_use]
    pub fn tty(self, tty: bool) -> Self {
        self.wit.set_tty(tty);
        self
    }

    /// Whether its standard input stays open.
    #[must_use]
    pub fn open_stdin(self, open: bool) -> Self {
        self.wit.set_open_stdin(open);
        self
    }

    /// Whether standard input closes when the first client leaves. Podman overlooks it.
    #[must_use]
    pub fn stdin_once(self, once: bool) -> Self {
        self.wit.set_stdin_once(once);
        self
    }

    /// Which of its streams a client is attached to at start. Podman overlooks it.
    #[must_use]
    pub fn attach(self, stdin: bool, stdout: bool, stderr: bool) -> Self {
        self.wit.set_attach(stdin, stdout, stderr);
        self
    }

    /// The size of its terminal at start, in characters. Podman overlooks it.
    #[must_use]
    pub fn console_size(self, height: u32, width: u32) -> Self {
        self.wit.set_console_size(height, width);
        self
    }
}

/// Its file system.
impl ContainerSpec {
    /// An anonymous volume at a path; absolute.
    #[must_use]
    pub fn volume(self, path: impl AsRef<str>) -> Self {
        self.wit.add_volume(path.as_ref());
        self
    }

    /// Memory mounted at a path: `"/tmp"`, or a [`Tmpfs`] with options.
    #[must_use]
    pub fn tmpfs(self, tmpfs: impl Into<Tmpfs>) -> Self {
        self.read("add-tmpfs", tmpfs.into().mount(), |wit, mount| {
            wit.add_tmpfs(&mount)
        })
    }

    /// Whether its own file system can't be written to.
    #[must_use]
    pub fn read_only(self, read_only: bool) -> Self {
        self.wit.set_read_only(read_only);
        self
    }

    /// A volume that is mounted: `(&volume, "/data")`, or a [`VolumeMount`] with options.
    ///
    /// Docker's `--mount type=volume`, docker-py's `binds` and `mounts` of volumes.
    #[must_use]
    pub fn mount(self, mount: impl Into<VolumeMount>) -> Self {
        let VolumeMount { volume, mount } = mount.into();
        self.wit.add_volume_mount(volume.handle(), &mount);
        self
    }
}

/// Its network.
impl ContainerSpec {
    /// A port that is published on the machine: `port(80, 8080)`, `port("53/udp", "127.0.0.1:53")`,
    /// `port(80, HostPort::any())`.
    #[must_use]
    pub fn port(self, container: impl Into<PortSpec>, host: impl Into<HostPort>) -> Self {
        let binding = container.into().port().and_then(|container| {
            let place = host.into().place()?;
            Ok(wit::PortBinding {
                container,
                host_ip: place.ip,
                host_port: place.port,
            })
        });
        self.read("add-port", binding, |wit, binding| wit.add_port(&binding))
    }

    /// A port that it says it listens on: `80`, `"53/udp"`. Of SCTP not on Podman before 5.
    #[must_use]
    pub fn expose(self, port: impl Into<PortSpec>) -> Self {
        self.read("add-exposed-port", port.into().port(), |wit, port| {
            wit.add_exposed_port(&port)
        })
    }

    /// Whether each exposed port is published at a free port of the machine.
    #[must_use]
    pub fn publish_all_ports(self, publish: bool) -> Self {
        self.wit.set_publish_all_ports(publish);
        self
    }

    /// The network, if it isn't put on one by [`network`](Self::network).
    #[must_use]
    pub fn network_mode(self, mode: NetworkMode) -> Self {
        self.wit.set_network_mode(mode);
        self
    }

    /// The network that it is put on, in place of the default one.
    ///
    /// Docker's `--network`, docker-py's `network_mode` and `networking_config`.
    #[must_use]
    pub fn network(self, network: &Network) -> Self {
        self.wit.set_network(network.handle());
        self
    }

    /// Another name of the container on the network that it is put on.
    ///
    /// Docker's `--network-alias`, docker-py's `aliases`.
    #[must_use]
    pub fn network_alias(self, network: &Network, alias: impl AsRef<str>) -> Self {
        self.wit.add_network_alias(network.handle(), alias.as_ref());
        self
    }

    /// Puts it on what another container is on, as if it were that container: the same addresses, ports and loopback.
    ///
    /// Docker's `--network container:ID`, docker-py's `network_mode`.
    #[must_use]
    pub fn share_network(self, container: &Container) -> Self {
        self.wit.set_network_container(container.handle());
        self
    }

    /// Whether it has no network at all, as [`NetworkMode::None`] in the engine's older form.
    #[must_use]
    pub fn network_disabled(self, disabled: bool) -> Self {
        self.wit.set_network_disabled(disabled);
        self
    }

    /// A name server's address.
    #[must_use]
    pub fn dns(self, address: impl AsRef<str>) -> Self {
        self.wit.add_dns(address.as_ref());
        self
    }

    /// An option for the resolver: `ndots:2`.
    #[must_use]
    pub fn dns_option(self, value: impl AsRef<str>) -> Self {
        self.wit.add_dns_option(value.as_ref());
        self
    }

    /// A domain to search names in.
    #[must_use]
    pub fn dns_search(self, domain: impl AsRef<str>) -> Self {
        self.wit.add_dns_search(domain.as_ref());
        self
    }

    /// A line for /etc/hosts. The address may be `host-gateway`, the machine's own.
    #[must_use]
    pub fn extra_host(self, name: impl AsRef<str>, address: impl AsRef<str>) -> Self {
        self.wit.add_extra_host(name.as_ref(), address.as_ref());
        self
    }
}

/// What it may use.
impl ContainerSpec {
    /// Memory at most: a number of bytes, or `"128m"`. At least 6 MiB.
    #[must_use]
    pub fn memory(self, size: impl Into<Size>) -> Self {
        self.read(
            "set-memory",
            size.into().unsigned(),
            wit::ContainerSpec::set_memory,
        )
    }

    /// Memory that it is brought back to when the machine is short; below its memory.
    #[must_use]
    pub fn memory_reservation(self, size: impl Into<Size>) -> Self {
        let size = size.into().unsigned();
        self.read(
            "set-memory-reservation",
            size,
            wit::ContainerSpec::set_memory_reservation,
        )
    }

    /// Memory and swap together at most; -1 is without a limit, on Podman the default. By default twice the memory.
    #[must_use]
    pub fn memory_swap(self, size: impl Into<Size>) -> Self {
        self.read(
            "set-memory-swap",
            size.into().signed(),
            wit::ContainerSpec::set_memory_swap,
        )
    }

    /// How readily it is swapped out, 0 to 100. Only with version 1 of control groups; elsewhere engines warn,
    /// and Podman doesn't.
    #[must_use]
    pub fn memory_swappiness(self, percent: u32) -> Self {
        self.wit.set_memory_swappiness(percent);
        self
    }

    /// The size of /dev/shm; by default 64 MiB.
    #[must_use]
    pub fn shm_size(self, size: impl Into<Size>) -> Self {
        self.read(
            "set-shm-size",
            size.into().unsigned(),
            wit::ContainerSpec::set_shm_size,
        )
    }

    /// Processors at most: `2`, `0.5`.
    #[must_use]
    pub fn cpus(self, cpus: impl Into<f64>) -> Self {
        self.read(
            "set-nano-cpus",
            nano_cpus(cpus.into()),
            wit::ContainerSpec::set_nano_cpus,
        )
    }

    /// Relative weight of CPU time, at most the default, 1,024; more is [`HostAccess::cpu_shares`].
    #[must_use]
    pub fn cpu_shares(self, shares: u64) -> Self {
        self.wit.set_cpu_shares(shares);
        self
    }

    /// The CPU scheduler's period in microseconds, 1,000 to 1,000,000.
    #[must_use]
    pub fn cpu_period(self, microseconds: u64) -> Self {
        self.wit.set_cpu_period(microseconds);
        self
    }

    /// CPU time within a period in microseconds, at least 1,000; -1 is without a limit.
    #[must_use]
    pub fn cpu_quota(self, microseconds: i64) -> Self {
        self.wit.set_cpu_quota(microseconds);
        self
    }

    /// The number of processes at most; -1 is without a limit.
    #[must_use]
    pub fn pids_limit(self, limit: i64) -> Self {
        self.wit.set_pids_limit(limit);
        self
    }

    /// Relative weight of block I/O, 10 to the default, 500; more is [`HostAccess::blkio_weight`]. Where the kernel can't do it
    /// engines warn, and Podman doesn't.
    #[must_use]
    pub fn blkio_weight(self, weight: u16) -> Self {
        self.wit.set_blkio_weight(weight);
        self
    }

    /// A limit on each process, soft and hard: `nofile`, `nproc`, or a `core` of 0, as in `ulimit("nofile", 1024, 2048)`. -1 is no
    /// limit. The others are [`HostAccess::ulimit`].
    #[must_use]
    pub fn ulimit(self, name: impl Into<String>, soft: i64, hard: i64) -> Self {
        self.wit.add_ulimit(&Ulimit {
            name: name.into(),
            soft,
            hard,
        });
        self
    }

    /// The score for the out-of-memory killer, 0 to 1,000; below 0 is [`HostAccess::oom_score_adj`].
    #[must_use]
    pub fn oom_score_adj(self, score: i32) -> Self {
        self.wit.set_oom_score_adj(score);
        self
    }

    /// With whom it shares memory between processes.
    #[must_use]
    pub fn ipc_mode(self, mode: IpcMode) -> Self {
        self.wit.set_ipc_mode(mode);
        self
    }

    /// Shares memory between processes with another container, which has to be [`IpcMode::Shareable`].
    ///
    /// Docker's `--ipc container:ID`, docker-py's `ipc_mode`.
    #[must_use]
    pub fn share_ipc(self, container: &Container) -> Self {
        self.wit.set_ipc_container(container.handle());
        self
    }

    /// Shares the processes of another container: it sees and can signal them, and they it.
    ///
    /// Docker's `--pid container:ID`, docker-py's `pid_mode`.
    #[must_use]
    pub fn share_pid(self, container: &Container) -> Self {
        self.wit.set_pid_container(container.handle());
        self
    }

    /// Lets it see no control groups but its own. Not said, it is as the engine is set.
    ///
    /// Docker's `--cgroupns private`, docker-py's `cgroupns`.
    #[must_use]
    pub fn cgroupns_private(self) -> Self {
        self.wit.set_cgroupns_private();
        self
    }

    /// A capability of the engine's default that it keeps though all are dropped: `CHOWN`. Others are
    /// [`HostAccess::capability`].
    ///
    /// Docker's `--cap-add`, docker-py's `cap_add`.
    #[must_use]
    pub fn capability(self, capability: impl AsRef<str>) -> Self {
        self.wit.add_capability(capability.as_ref());
        self
    }

    /// A capability that it shall not have: `NET_RAW`, `ALL`.
    #[must_use]
    pub fn drop_capability(self, capability: impl AsRef<str>) -> Self {
        self.wit.drop_capability(capability.as_ref());
        self
    }

    /// Whether its programs can't gain privileges, as by set-user-id.
    ///
    /// Docker's `--security-opt no-new-privileges`, docker-py's `security_opt`.
    #[must_use]
    pub fn no_new_privileges(self, on: bool) -> Self {
        self.wit.set_no_new_privileges(on);
        self
    }

    /// A kernel parameter that concerns nothing but its own namespaces: `net.ipv4.ip_unprivileged_port_start`. Others are
    /// [`HostAccess::sysctl`].
    ///
    /// Docker's `--sysctl`, docker-py's `sysctls`.
    #[must_use]
    pub fn sysctl(self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        self.wit.add_sysctl(name.as_ref(), value.as_ref());
        self
    }
}

/// Processors in billionths, rounded to the nearest.
pub(super) fn nano_cpus(cpus: f64) -> Result<u64, Unusable> {
    const NANO: f64 = 1e9;
    // More than any machine has, and far below where a float loses the last billionth.
    const MOST: f64 = 1e6;
    if (0.0..=MOST).contains(&cpus) {
        Ok((cpus * NANO).round() as u64)
    } else {
        Err(Unusable::new(cpus, "is no number of processors"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processors_are_counted_in_billionths() {
        assert_eq!(nano_cpus(1.5), Ok(1_500_000_000));
        assert_eq!(nano_cpus(0.1), Ok(100_000_000));
        for cpus in [-1.0, f64::NAN, f64::INFINITY, 1e30] {
            assert!(nano_cpus(cpus).is_err(), "{cpus}");
        }
    }
}
