//! The groups of a container's details, out of the engine's answer.
//!
//! Each group is fed all top-level fields of the answer, and reads those that it is made of.

use super::host::{HostConfigPart, ResourcesPart, SecurityPart};
use super::list::NetworkPart;
use super::types::{
    ContainerCommand, ContainerConfig, ContainerHealth, ContainerHostConfig, ContainerIdentity,
    ContainerPort, ContainerResources, ContainerSecurity, ContainerSizes, ContainerState,
    HealthProbe, HealthStatus, HealthTest, Healthcheck, HostBinding, MountPoint, NetworkEndpoint,
    PublishedPort,
};
use crate::api::Protocol;
use crate::api::Result;
use crate::api::json::{
    Blank, Key, Map, Moment, Nullable, OneOrMore, Record, Skipped, Source, Text, texts,
};

/// Reads one field of the answer by a type of its own.
macro_rules! group_of {
    ($group:ident($part:ty) at $key:literal: $take:expr) => {
        impl Record for $group {
            fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
                match key {
                    $key => value.get().map(|part: $part| {
                        let take: fn(&mut Self, $part) = $take;
                        take(self, part);
                    }),
                    _ => value.skip(),
                }
            }
        }
    };
}

#[derive(Default)]
pub(super) struct Identity(pub(super) ContainerIdentity);

impl Record for Identity {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        let Self(identity) = self;
        match key {
            "Id" => value.put(&mut identity.id),
            "Name" => value.put(&mut identity.name),
            "Created" => value.get().map(|Moment(moment)| identity.created = moment),
            "Image" => value.put(&mut identity.image_id),
            "Platform" => value.put(&mut identity.platform),
            "Driver" => value.put(&mut identity.driver),
            "RestartCount" => value.put(&mut identity.restart_count),
            "Config" => value.get().map(|ImagePart(image)| identity.image = image),
            _ => value.skip(),
        }
    }

    fn complete(&mut self) {
        let name = &mut self.0.name;
        if name.starts_with('/') {
            name.remove(0);
        }
    }
}

#[derive(Default)]
struct ImagePart(String);

impl Record for ImagePart {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "Image" => value.put(&mut self.0),
            _ => value.skip(),
        }
    }
}

#[derive(Default)]
pub(super) struct State {
    pub(super) state: ContainerState,
}

group_of!(State(ContainerState) at "State": |group, part| group.state = part);

impl Record for ContainerState {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "Status" => value.put(&mut self.status),
            "Running" => value.put(&mut self.running),
            "Paused" => value.put(&mut self.paused),
            "Restarting" => value.put(&mut self.restarting),
            "OOMKilled" => value.put(&mut self.oom_killed),
            "Dead" => value.put(&mut self.dead),
            "Pid" => value.put(&mut self.pid),
            "ExitCode" => value.put(&mut self.exit_code),
            "Error" => value.put(&mut self.error),
            "StartedAt" => value.get().map(|Moment(moment)| self.started_at = moment),
            "FinishedAt" => value.get().map(|Moment(moment)| self.finished_at = moment),
            _ => value.skip(),
        }
    }
}

#[derive(Default)]
pub(super) struct Health {
    pub(super) health: Option<ContainerHealth>,
}

group_of!(Health(HealthPart) at "State": |group, part| group.health = part.0);

#[derive(Default)]
struct HealthPart(Option<ContainerHealth>);

impl Record for HealthPart {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "Health" => value.get().map(|Nullable(health)| self.0 = health),
            _ => value.skip(),
        }
    }

    fn complete(&mut self) {
        // Engines differ in whether they leave it out where there is no check.
        let is_one = |health: &ContainerHealth| health.status != HealthStatus::None;
        self.0 = self.0.take().filter(is_one);
    }
}

impl Record for ContainerHealth {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "Status" => value.put(&mut self.status),
            "FailingStreak" => value.put(&mut self.failing_streak),
            "Log" => value.put(&mut self.log),
            _ => value.skip(),
        }
    }
}

impl Record for HealthProbe {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "Start" => value.get().map(|Moment(moment)| self.start = moment),
            "End" => value.get().map(|Moment(moment)| self.end = moment),
            "ExitCode" => value.put(&mut self.exit_code),
            "Output" => value.put(&mut self.output),
            _ => value.skip(),
        }
    }
}

#[derive(Default)]
pub(super) struct Command(pub(super) ContainerCommand);

impl Record for Command {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        let Self(command) = self;
        match key {
            "Path" => value.put(&mut command.path),
            "Args" => value.put(&mut command.args),
            "Config" => value.get().map(|part: CommandPart| {
                command.entrypoint = part.entrypoint;
                command.command = part.command;
                command.shell = part.shell;
            }),
            _ => value.skip(),
        }
    }

    fn complete(&mut self) {
        let Self(command) = self;
        // Without an entrypoint, Podman tells the program among its arguments as well.
        let entrypoint = command.entrypoint.as_deref().unwrap_or_default();
        let words = command.command.as_deref().unwrap_or_default();
        if entrypoint.is_empty() && words == command.args && words.first() == Some(&command.path) {
            command.args.remove(0);
        }
    }
}

#[derive(Default)]
struct CommandPart {
    entrypoint: Option<Vec<String>>,
    command: Option<Vec<String>>,
    shell: Vec<String>,
}

impl Record for CommandPart {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "Entrypoint" => value.get().map(|OneOrMore(words)| self.entrypoint = words),
            "Cmd" => value.get().map(|OneOrMore(words)| self.command = words),
            "Shell" => value.put(&mut self.shell),
            _ => value.skip(),
        }
    }

    fn complete(&mut self) {
        // Podman keeps the sign by which an entrypoint is taken away.
        if let Some([word]) = self.entrypoint.as_deref()
            && word.is_empty()
        {
            self.entrypoint = None;
        }
    }
}

#[derive(Default)]
pub(super) struct Env {
    variables: Vec<String>,
}

impl Env {
    pub(super) fn variables(self) -> Vec<(String, Option<String>)> {
        let split = |variable: String| match variable.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => (variable, None),
        };
        self.variables.into_iter().map(split).collect()
    }
}

group_of!(Env(EnvPart) at "Config": |group, part| group.variables = part.0);

#[derive(Default)]
struct EnvPart(Vec<String>);

impl Record for EnvPart {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "Env" => value.put(&mut self.0),
            _ => value.skip(),
        }
    }
}

#[derive(Default)]
pub(super) struct Labels {
    pub(super) labels: Vec<(String, String)>,
}

group_of!(Labels(LabelsPart) at "Config": |group, part| group.labels = part.0);

#[derive(Default)]
struct LabelsPart(Vec<(String, String)>);

impl Record for LabelsPart {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "Labels" => value.get().map(|Map(labels)| self.0 = labels),
            _ => value.skip(),
        }
    }
}

#[derive(Default)]
pub(super) struct Config(pub(super) ContainerConfig);

group_of!(Config(ContainerConfig) at "Config": |group, part| group.0 = part);

impl Record for ContainerConfig {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "Hostname" => value.put(&mut self.hostname),
            "Domainname" => value.put(&mut self.domainname),
            "User" => value.put(&mut self.user),
            "WorkingDir" => value.put(&mut self.working_dir),
            "Tty" => value.put(&mut self.tty),
            "OpenStdin" => value.put(&mut self.open_stdin),
            "StdinOnce" => value.put(&mut self.stdin_once),
            "AttachStdin" => value.put(&mut self.attach_stdin),
            "AttachStdout" => value.put(&mut self.attach_stdout),
            "AttachStderr" => value.put(&mut self.attach_stderr),
            "ExposedPorts" => value.get().map(|ports| self.exposed_ports = keys(ports)),
            "Volumes" => value.get().map(|volumes| self.volumes = keys(volumes)),
            "NetworkDisabled" => value.put(&mut self.network_disabled),
            "MacAddress" => value.get().map(|Blank(text)| self.mac_address = text),
            "StopSignal" => value.get().map(|Blank(text)| self.stop_signal = text),
            "StopTimeout" => value.put(&mut self.stop_timeout),
            "OnBuild" => value.put(&mut self.on_build),
            _ => value.skip(),
        }
    }
}

fn keys<K>(Map(entries): Map<K, Skipped>) -> Vec<K> {
    entries.into_iter().map(|(key, _)| key).collect()
}

impl Key for ContainerPort {
    /// Reads `80/tcp`; without a protocol it is TCP.
    fn of(text: &str) -> Option<Self> {
        let (port, protocol) = match text.split_once('/') {
            Some((port, protocol)) => (port, Protocol::of(protocol)?),
            None => (text, Protocol::Tcp),
        };
        let port = port.parse().ok()?;
        Some(Self { port, protocol })
    }
}

#[derive(Default)]
pub(super) struct Check {
    pub(super) healthcheck: Option<Healthcheck>,
}

group_of!(Check(CheckPart) at "Config": |group, part| group.healthcheck = part.0);

#[derive(Default)]
struct CheckPart(Option<Healthcheck>);

impl Record for CheckPart {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "Healthcheck" => value.get().map(|Nullable(check)| self.0 = check),
            _ => value.skip(),
        }
    }
}

impl Record for Healthcheck {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "Test" => value
                .get()
                .map(|words: Vec<String>| self.test = health_test(words)),
            "Interval" => value.put(&mut self.interval),
            "Timeout" => value.put(&mut self.timeout),
            "StartPeriod" => value.put(&mut self.start_period),
            "StartInterval" => value.put(&mut self.start_interval),
            "Retries" => value.put(&mut self.retries),
            _ => value.skip(),
        }
    }

    fn complete(&mut self) {
        // 0 is the engine's way to say: as the image has it.
        let said = |time: Option<u64>| time.filter(|time| *time != 0);
        self.interval = said(self.interval);
        self.timeout = said(self.timeout);
        self.start_period = said(self.start_period);
        self.start_interval = said(self.start_interval);
        self.retries = self.retries.filter(|retries| *retries != 0);
    }
}

fn health_test(mut words: Vec<String>) -> HealthTest {
    match words.first().map(String::as_str) {
        None => HealthTest::Inherit,
        Some("NONE") => HealthTest::None,
        Some("CMD") => HealthTest::Command(words.split_off(1)),
        Some("CMD-SHELL") => HealthTest::Shell(words.split_off(1).join(" ")),
        Some(_) => HealthTest::Command(words),
    }
}

#[derive(Default)]
pub(super) struct Resources(pub(super) ContainerResources);

group_of!(Resources(ResourcesPart) at "HostConfig": |group, part| group.0 = part.0);

#[derive(Default)]
pub(super) struct HostConfig(pub(super) ContainerHostConfig);

group_of!(HostConfig(HostConfigPart) at "HostConfig": |group, part| group.0 = part.0);

#[derive(Default)]
pub(super) struct Security(pub(super) ContainerSecurity);

impl Record for Security {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        let Self(security) = self;
        match key {
            "AppArmorProfile" => value.put(&mut security.app_armor_profile),
            "ProcessLabel" => value.put(&mut security.process_label),
            "MountLabel" => value.put(&mut security.mount_label),
            "HostConfig" => value.get().map(|SecurityPart(part)| {
                *security = ContainerSecurity {
                    app_armor_profile: std::mem::take(&mut security.app_armor_profile),
                    process_label: std::mem::take(&mut security.process_label),
                    mount_label: std::mem::take(&mut security.mount_label),
                    ..part
                };
            }),
            _ => value.skip(),
        }
    }
}

#[derive(Default)]
pub(super) struct Mounts {
    pub(super) mounts: Vec<MountPoint>,
}

impl Record for Mounts {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "Mounts" => value.put(&mut self.mounts),
            _ => value.skip(),
        }
    }
}

#[derive(Default)]
pub(super) struct Networks(pub(super) NetworkPart<NetworkEndpoint>);

group_of!(Networks(NetworkPart<NetworkEndpoint>) at "NetworkSettings": |group, part| group.0 = part);

#[derive(Default)]
pub(super) struct Ports {
    pub(super) ports: Vec<PublishedPort>,
}

group_of!(Ports(PortsPart) at "NetworkSettings": |group, part| group.ports = part.ports);

#[derive(Default)]
struct PortsPart {
    ports: Vec<PublishedPort>,
    sandbox: String,
}

impl Record for PortsPart {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "Ports" => value.get().map(|ports| self.ports = published(ports)),
            "SandboxKey" => value.put(&mut self.sandbox),
            _ => value.skip(),
        }
    }

    fn complete(&mut self) {
        // Of a container that doesn't run, Podman tells what was asked for; it has no namespace then.
        if self.sandbox.is_empty() {
            self.ports.clear();
        }
    }
}

/// Ports with where they are published, as engines write them.
pub(super) fn published(Map(ports): Map<ContainerPort, Vec<HostBinding>>) -> Vec<PublishedPort> {
    let published = |(container, bindings)| PublishedPort {
        container,
        bindings,
    };
    ports.into_iter().map(published).collect()
}

impl Record for HostBinding {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "HostIp" => value.put(&mut self.host_ip),
            "HostPort" => value.get().map(|PortText(port)| self.host_port = port),
            _ => value.skip(),
        }
    }

    fn complete(&mut self) {
        if self.host_ip.is_empty() {
            ALL_ADDRESSES.clone_into(&mut self.host_ip);
        }
    }
}

/// What stands where an engine names no address: in what was asked for, and always on Podman.
pub(super) const ALL_ADDRESSES: &str = "0.0.0.0";

/// A number of a port as a text; none if it is empty or 0.
#[derive(Default)]
struct PortText(Option<u16>);

impl Text for PortText {
    const OPTIONAL: bool = true;

    fn of(text: &str) -> Option<Self> {
        match text {
            "" | "0" => Some(Self(None)),
            number => number.parse().ok().map(|port| Self(Some(port))),
        }
    }
}

texts!(PortText);

#[derive(Default)]
pub(super) struct Sizes {
    rw: Option<u64>,
    root_fs: Option<u64>,
}

impl Sizes {
    pub(super) fn sizes(self) -> Option<ContainerSizes> {
        // Podman writes 0 where sizes weren't asked for.
        let root_fs = self.root_fs.filter(|bytes| *bytes != 0);
        root_fs.map(|root_fs| ContainerSizes {
            rw: self.rw.unwrap_or_default(),
            root_fs,
        })
    }
}

impl Record for Sizes {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "SizeRw" => value.put(&mut self.rw),
            "SizeRootFs" => value.put(&mut self.root_fs),
            _ => value.skip(),
        }
    }
}

#[derive(Default)]
pub(super) struct ExecIds {
    pub(super) ids: Vec<String>,
}

impl Record for ExecIds {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "ExecIDs" => value.put(&mut self.ids),
            _ => value.skip(),
        }
    }
}
