//! What a case asks for: the options of new containers, by the names of the setters that plugins call.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Decision;
use crate::api::Protocol;
use crate::api::containers::{
    BindMount, BindPropagation, BindRecursion, CgroupnsMode, ContainerPort, ContainerSpec,
    DeviceMapping, HealthTest, Healthcheck, HostNamespace, IpcMode, NetworkMode, PidMode,
    PortBinding, RestartCondition, RestartPolicy, TmpfsMount, Ulimit,
};
use crate::policy::file::values::{Cpus, Size, ValueError, written, wrong};

/// The options of a case, each with how it is put into the spec.
macro_rules! options {
    ($($(#[$doc:meta])* $option:ident: $kind:ty => |$spec:ident, $value:ident| $put:expr;)*) => {
        /// What a case asks for: options of a new container by their setters' names, without `set-`, `add-` and `drop-`.
        #[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
        pub struct With {
            /// The image: a name, `name:tag`, `name@digest` or an id.
            #[serde(skip_serializing_if = "Option::is_none")]
            pub(super) image: Option<String>,
            $($(#[$doc])* #[serde(skip_serializing_if = "Option::is_none")] $option: Option<$kind>,)*
        }

        impl With {
            /// Puts the options into a spec.
            fn put(&self, spec: &mut ContainerSpec) {
                $(if let Some($value) = self.$option.clone() {
                    let $spec = &mut *spec;
                    $put;
                })*
            }
        }
    };
}

options! {
    /// The name.
    name: String => |spec, name| spec.set_name(name);
    /// The platform.
    platform: String => |spec, platform| spec.set_platform(platform);
    /// What is run, in place of the image's command.
    command: Vec<String> => |spec, command| spec.set_command(command);
    /// What the command is handed to.
    entrypoint: Vec<String> => |spec, entrypoint| spec.set_entrypoint(entrypoint);
    /// Environment variables.
    env: BTreeMap<String, String> => |spec, env| for (name, value) in env { spec.add_env(name, Some(value)); };
    /// Labels.
    label: BTreeMap<String, String> => |spec, labels| for (key, value) in labels { spec.add_label(key, value); };
    /// The host name.
    hostname: String => |spec, hostname| spec.set_hostname(hostname);
    /// The user, and the group.
    user: String => |spec, user| spec.set_user(user);
    /// Further groups of the first process.
    group: Vec<String> => |spec, groups| for group in groups { spec.add_group(group); };
    /// The folder that it starts in.
    working_dir: String => |spec, path| spec.set_working_dir(path);
    /// Whether it has a terminal.
    tty: bool => |spec, tty| spec.set_tty(tty);
    /// Whether its standard input stays open.
    open_stdin: bool => |spec, open| spec.set_open_stdin(open);
    /// The signal that `stop` sends.
    stop_signal: String => |spec, signal| spec.set_stop_signal(signal);
    /// The seconds that it has to stop.
    stop_timeout: u32 => |spec, seconds| spec.set_stop_timeout(seconds);
    /// A health check: a line for the container's shell.
    healthcheck: String => |spec, line| spec.set_healthcheck(Healthcheck { test: HealthTest::Shell(line), ..Healthcheck::default() });
    /// Whether a small init is its first process.
    init: bool => |spec, init| spec.set_init(init);
    /// Whether it is removed when it ends.
    auto_remove: bool => |spec, remove| spec.set_auto_remove(remove);
    /// Paths that get a volume of their own each.
    volume: Vec<String> => |spec, paths| for path in paths { spec.add_volume(path); };
    /// Memory mounted at paths, with its size.
    tmpfs: BTreeMap<String, Size> => |spec, mounts| for (target, size) in mounts {
        spec.add_tmpfs(TmpfsMount { target, size: Some(size.0), ..TmpfsMount::default() });
    };
    /// Paths of the machine that are mounted: `/srv/data:/data` or `/srv/data:/data:ro`.
    bind: Vec<Bind> => |spec, binds| for Bind(bind) in binds { spec.add_bind(bind); };
    /// Whether its own file system can't be written to.
    read_only: bool => |spec, read_only| spec.set_read_only(read_only);
    /// Options of the storage driver.
    storage_option: BTreeMap<String, String> => |spec, options| for (name, value) in options { spec.add_storage_option(name, value); };
    /// Ports that are published: `80`, `8080:80`, `127.0.0.1:8080:80/udp`.
    port: Vec<Port> => |spec, ports| for Port(port) in ports { spec.add_port(port); };
    /// Whether each exposed port is published.
    publish_all_ports: bool => |spec, publish| spec.set_publish_all_ports(publish);
    /// The network: `"default"`, the plugin's own; `"none"`, `"host"`, or a network's name.
    network_mode: String => |spec, mode| spec.set_network_mode(network_mode(mode));
    /// The MAC address on its network.
    mac_address: String => |spec, address| spec.set_mac_address(address);
    /// Name servers.
    dns: Vec<String> => |spec, servers| for server in servers { spec.add_dns(server); };
    /// Options for the resolver.
    dns_option: Vec<String> => |spec, options| for option in options { spec.add_dns_option(option); };
    /// Domains to search names in.
    dns_search: Vec<String> => |spec, domains| for domain in domains { spec.add_dns_search(domain); };
    /// Lines for /etc/hosts: addresses by name.
    extra_host: BTreeMap<String, String> => |spec, hosts| for (name, address) in hosts { spec.add_extra_host(name, address); };
    /// Memory at most.
    memory: Size => |spec, memory| spec.set_memory(memory.0);
    /// Memory that it is brought back to when the machine is short.
    memory_reservation: Size => |spec, memory| spec.set_memory_reservation(memory.0);
    /// Memory and swap together at most.
    memory_swap: Size => |spec, memory| spec.set_memory_swap(signed(memory.0));
    /// The size of /dev/shm.
    shm_size: Size => |spec, size| spec.set_shm_size(size.0);
    /// Processors at most: `0.5`, `2`.
    cpus: Cpus => |spec, cpus| spec.set_nano_cpus(cpus.0);
    /// Processors at most, in billionths.
    nano_cpus: u64 => |spec, cpus| spec.set_nano_cpus(cpus);
    /// Relative weight of CPU time.
    cpu_shares: u64 => |spec, shares| spec.set_cpu_shares(shares);
    /// The processors it may use.
    cpuset_cpus: String => |spec, cpus| spec.set_cpuset_cpus(cpus);
    /// The number of processes at most; -1 is without a limit.
    pids_limit: i64 => |spec, limit| spec.set_pids_limit(limit);
    /// Relative weight of block I/O.
    blkio_weight: u16 => |spec, weight| spec.set_blkio_weight(weight);
    /// Limits on each process, by name.
    ulimit: BTreeMap<String, i64> => |spec, limits| for (name, limit) in limits {
        spec.add_ulimit(Ulimit { name, soft: limit, hard: limit });
    };
    /// The score for the out-of-memory killer.
    oom_score_adj: i32 => |spec, score| spec.set_oom_score_adj(score);
    /// With whom it shares memory between processes: `"none"`, `"private"`, `"shareable"`, `"host"`.
    ipc_mode: Ipc => |spec, mode| spec.set_ipc_mode(mode.into());
    /// Whose processes it sees: `"host"`.
    pid_mode: Host => |spec, _host| spec.set_pid_mode(PidMode::Host);
    /// Whose host name it has: `"host"`.
    uts_mode: Host => |spec, _host| spec.set_uts_mode(HostNamespace::Host);
    /// Whose users it has: `"host"`.
    userns_mode: Host => |spec, _host| spec.set_userns_mode(HostNamespace::Host);
    /// Whose control groups it sees: `"host"`.
    cgroupns_mode: Host => |spec, _host| spec.set_cgroupns_mode(CgroupnsMode::Host);
    /// When it is started again: `"no"`, `"always"`, `"unless-stopped"`, `"on-failure"`.
    restart_policy: Restart => |spec, restart| spec.set_restart_policy(restart.into());
    /// Whether it has all powers over the machine.
    privileged: bool => |spec, privileged| spec.set_privileged(privileged);
    /// Capabilities beyond the default.
    capability: Vec<String> => |spec, names| for name in names { spec.add_capability(name); };
    /// Security options.
    security_option: Vec<String> => |spec, options| for option in options { spec.add_security_option(option); };
    /// Devices of the machine, by path.
    device: Vec<String> => |spec, paths| for path in paths {
        spec.add_device(DeviceMapping { host: path.clone(), container: path, permissions: "rwm".to_owned() });
    };
    /// Kernel parameters.
    sysctl: BTreeMap<String, String> => |spec, parameters| for (name, value) in parameters { spec.add_sysctl(name, value); };
    /// The runtime.
    runtime: String => |spec, runtime| spec.set_runtime(runtime);
    /// The control group that it is below.
    cgroup_parent: String => |spec, parent| spec.set_cgroup_parent(parent);
}

impl With {
    /// What a call asked for that was refused for one of its options, as far as that is told; None if it isn't, or can't be told from
    /// another.
    pub(in crate::policy) fn of_refusal(field: &str, got: &str) -> Option<Self> {
        // What is cut off could go on in any way.
        if got.ends_with("..") {
            return None;
        }
        let text = || got.to_owned();
        let one = || vec![text()];
        let mut with = Self::default();
        match field {
            "image" => with.image = Some(text()),
            "memory" => with.memory = Some(Size(got.parse().ok()?)),
            "nano-cpus" => with.nano_cpus = Some(got.parse().ok()?),
            "pids-limit" => with.pids_limit = Some(got.parse().ok()?),
            "shm-size" => with.shm_size = Some(Size(got.parse().ok()?)),
            "label" => with.label = Some([(text(), String::new())].into()),
            "restart-policy" => {
                with.restart_policy = Some(serde_json::from_value(got.into()).ok()?);
            }
            "command" => with.command = Some(one()),
            "entrypoint" => with.entrypoint = Some(one()),
            "dns" => with.dns = Some(one()),
            "dns-option" => with.dns_option = Some(one()),
            "dns-search" => with.dns_search = Some(one()),
            "security-option" => with.security_option = Some(one()),
            "privileged" => with.privileged = Some(true),
            _ => return None,
        }
        Some(with)
    }

    /// The spec that a plugin would make of it, of an image if it names none.
    pub(super) fn spec(&self, image: &str) -> Result<ContainerSpec, Decision> {
        let mut spec = ContainerSpec::new(self.image.as_deref().unwrap_or(image));
        self.put(&mut spec);
        match spec.invalid() {
            None => Ok(spec),
            Some(invalid) => Err(Decision::Invalid {
                field: invalid.field.to_owned(),
                why: invalid.message.to_string(),
            }),
        }
    }
}

/// `{ image = "alpine", memory = "1GiB" }`.
impl fmt::Display for With {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match toml::Value::try_from(self) {
            Ok(with) => with.fmt(f),
            Err(_) => Err(fmt::Error),
        }
    }
}

fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

fn network_mode(mode: String) -> NetworkMode {
    match mode.as_str() {
        "default" => NetworkMode::Default,
        "none" => NetworkMode::None,
        "host" => NetworkMode::Host,
        _ => NetworkMode::Network(mode),
    }
}

/// The machine's own namespace.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Host {
    Host,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Ipc {
    None,
    Private,
    Shareable,
    Host,
}

impl From<Ipc> for IpcMode {
    fn from(mode: Ipc) -> Self {
        match mode {
            Ipc::None => Self::None,
            Ipc::Private => Self::Private,
            Ipc::Shareable => Self::Shareable,
            Ipc::Host => Self::Host,
        }
    }
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Restart {
    No,
    Always,
    UnlessStopped,
    OnFailure,
}

impl From<Restart> for RestartPolicy {
    fn from(restart: Restart) -> Self {
        let condition = match restart {
            Restart::No => RestartCondition::No,
            Restart::Always => RestartCondition::Always,
            Restart::UnlessStopped => RestartCondition::UnlessStopped,
            Restart::OnFailure => RestartCondition::OnFailure,
        };
        Self {
            condition,
            maximum_retries: 0,
        }
    }
}

/// A published port: `80`, `8080:80`, `127.0.0.1:8080:80/udp`.
#[derive(Clone, Debug)]
struct Port(PortBinding);

written!(Port, "^(.*:)?([0-9]*:)?[0-9]+(/(tcp|udp|sctp))?$");

impl FromStr for Port {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let (place, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
        let protocol = match protocol {
            "tcp" => Some(Protocol::Tcp),
            "udp" => Some(Protocol::Udp),
            "sctp" => Some(Protocol::Sctp),
            _ => None,
        };
        let (host, port) = match place.rsplit_once(':') {
            Some((host, port)) => (Some(host), port),
            None => (None, place),
        };
        let (ip, host_port) = match host.map(|host| host.rsplit_once(':').unwrap_or(("", host))) {
            Some((ip, port)) => (Some(ip).filter(|ip| !ip.is_empty()), Some(port)),
            None => (None, None),
        };
        let host_port = host_port.filter(|port| !port.is_empty());
        match (
            port.parse(),
            host_port.map(str::parse).transpose(),
            protocol,
        ) {
            (Ok(port), Ok(host_port), Some(protocol)) => Ok(Self(PortBinding {
                container: ContainerPort { port, protocol },
                host_ip: ip.map(|ip| ip.trim_matches(['[', ']']).to_owned()),
                host_port,
            })),
            _ => wrong(format!(
                "`{text}` is no port; one looks like 80, 8080:80 or 127.0.0.1:8080:80/udp"
            )),
        }
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let PortBinding {
            container,
            host_ip,
            host_port,
        } = &self.0;
        match host_ip {
            Some(ip) if ip.contains(':') => write!(f, "[{ip}]:")?,
            Some(ip) => write!(f, "{ip}:")?,
            None => {}
        }
        match (host_port, host_ip) {
            (Some(port), _) => write!(f, "{port}:")?,
            (None, Some(_)) => write!(f, ":")?,
            (None, None) => {}
        }
        write!(f, "{}/{}", container.port, container.protocol.as_str())
    }
}

/// A path of the machine that is mounted: `/srv/data:/data:ro`.
#[derive(Clone, Debug)]
struct Bind(BindMount);

written!(Bind, "^[^:]+:[^:]+(:ro)?$");

impl FromStr for Bind {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let (paths, read_only) = match text.strip_suffix(":ro") {
            Some(paths) => (paths, true),
            None => (text, false),
        };
        match paths.split_once(':') {
            Some((source, target)) if !target.contains(':') => Ok(Self(BindMount {
                source: source.to_owned(),
                target: target.to_owned(),
                read_only,
                propagation: BindPropagation::default(),
                recursion: BindRecursion::default(),
            })),
            _ => wrong(format!(
                "`{text}` is no mount; one looks like /srv/data:/data or /srv/data:/data:ro"
            )),
        }
    }
}

impl fmt::Display for Bind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let BindMount {
            source,
            target,
            read_only,
            ..
        } = &self.0;
        let end = if *read_only { ":ro" } else { "" };
        write!(f, "{source}:{target}{end}")
    }
}
