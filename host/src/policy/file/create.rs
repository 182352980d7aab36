//! The keys of `[create]`, and the bounds that they come to.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::de::value::SeqAccessDeserializer;
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::values::{Cpus, Size, ValueError, written, wrong};
use crate::policy::create::{
    CommandBound, CreateBounds, HealthBound, HostVariable, ImageBound, ImageRule, LabelRule,
    LogBound, NameRule, PortBound, capability,
};

/// What containers may be. What is bounded counts for all that a container comes to: what is asked for, what its image brings,
/// and what is set by default.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct Create {
    /// The images: by digest, `"postgres@sha256:..."`, or by an image's id; or `"any"`.
    images: Images,
    /// Memory, with swap: the ceiling, and what a container gets that asks for none.
    memory: Size,
    /// Processors: the ceiling, and what a container gets that asks for none.
    cpus: Cpus,
    /// The number of processes: the ceiling, and what a container gets that asks for none.
    pids: u64,
    /// The number of open files of a process: the ceiling, and what a container gets that asks for none.
    nofile: u64,
    /// The size of /dev/shm: the ceiling, and what a container gets that asks for none.
    shm: Size,
    /// The ports of the machine that may be published at; they need `egress`. None, unless said.
    #[serde(skip_serializing_if = "Option::is_none")]
    ports: Option<Ports>,
    /// Whether containers reach more than their own network: the internet, what is near this machine, and the machine itself,
    /// since engines have no finer filter.
    egress: bool,
    /// Variables that the host adds to each container, by name. The plugin can't set these.
    env: BTreeMap<String, Added>,
    /// Names that are taken as they are, rather than with the owner's prefix: whole ones, or with `*` at the end all that
    /// begin so.
    names: Vec<NameRule>,
    /// The labels that may be set: keys, or with `*` at the end all that begin so.
    labels: Vec<LabelRule>,
    /// Whether programs may gain privileges, as by set-user-id.
    privilege_escalation: bool,
    /// Which of the engine's default capabilities containers have. Others are `host-access.capabilities`.
    capabilities: BTreeSet<String>,
    /// The runtime; the engine's own, unless said. Others that may be asked for are `host-access.runtimes`.
    #[serde(skip_serializing_if = "Option::is_none")]
    runtime: Option<String>,
    /// Where output goes: `"bounded"`, to two files of 10 MiB; `"engine"`, to where the engine is set up to put it.
    log: LogBound,
    /// Whether the engine may start containers again by itself.
    persist: bool,
    /// What health checks may run: `"none"`, nothing; `"image"`, what the image says; `"any"`, anything.
    healthcheck: HealthBound,
    /// What containers may run: `"image"`, what the image says; `"any"`, anything in it.
    command: CommandBound,
    /// Whether they must run as a user with a number that isn't 0.
    non_root: bool,
    /// Whether their own file system must not be writable.
    read_only: bool,
    /// How many seconds they may have to stop.
    stop_timeout: u32,
    /// Lines for /etc/hosts that may be asked for, `name:address`.
    extra_hosts: BTreeSet<String>,
    /// Name servers that may be asked for.
    dns: BTreeSet<String>,
    /// Options for the resolver that may be asked for.
    dns_options: BTreeSet<String>,
    /// Domains to search names in that may be asked for.
    dns_search: BTreeSet<String>,
    /// Kernel parameters that may be asked for, of those that concern the container alone. Others are `host-access.sysctls`.
    sysctls: BTreeSet<String>,
}

impl Default for Create {
    fn default() -> Self {
        let bounds = CreateBounds::default();
        Self {
            images: Images(bounds.images),
            memory: Size(bounds.memory),
            cpus: Cpus(bounds.cpus),
            pids: bounds.pids,
            nofile: bounds.nofile,
            shm: Size(bounds.shm),
            ports: None,
            egress: bounds.egress,
            env: BTreeMap::new(),
            names: bounds.names,
            labels: bounds.labels,
            privilege_escalation: bounds.privilege_escalation,
            capabilities: bounds.capabilities,
            runtime: bounds.runtime,
            log: bounds.log,
            persist: bounds.persist,
            healthcheck: bounds.healthcheck,
            command: bounds.command,
            non_root: bounds.non_root,
            read_only: bounds.read_only,
            stop_timeout: bounds.stop_timeout,
            extra_hosts: bounds.extra_hosts,
            dns: bounds.dns,
            dns_options: bounds.dns_options,
            dns_search: bounds.dns_search,
            sysctls: bounds.sysctls,
        }
    }
}

impl Create {
    /// The bounds, with each variable's value from where it is to be had.
    pub(crate) fn bounds<E>(
        self,
        value: impl Fn(&str, ValueSource) -> Result<String, E>,
    ) -> Result<CreateBounds, E> {
        let variable = |(name, added): (String, Added)| {
            let value = value(&name, added.from)?;
            let reachable = added.reachable;
            Ok((name, HostVariable { value, reachable }))
        };
        let env: Result<_, E> = self.env.into_iter().map(variable).collect();
        Ok(CreateBounds {
            images: self.images.0,
            memory: self.memory.0,
            cpus: self.cpus.0,
            pids: self.pids,
            nofile: self.nofile,
            shm: self.shm.0,
            ports: self
                .ports
                .map(|Ports { ip, range }| PortBound { ip, range: range.0 }),
            egress: self.egress,
            env: env?,
            names: self.names,
            labels: self.labels,
            privilege_escalation: self.privilege_escalation,
            capabilities: self
                .capabilities
                .iter()
                .map(|name| capability(name))
                .collect(),
            runtime: self.runtime,
            log: self.log,
            persist: self.persist,
            healthcheck: self.healthcheck,
            command: self.command,
            non_root: self.non_root,
            read_only: self.read_only,
            stop_timeout: self.stop_timeout,
            extra_hosts: self.extra_hosts,
            dns: self.dns,
            dns_options: self.dns_options,
            dns_search: self.dns_search,
            sysctls: self.sysctls,
        })
    }

    /// Where the values of the variables are from that the host adds.
    pub(crate) fn sources(&self) -> impl Iterator<Item = (&str, &ValueSource)> {
        let sources = self.env.iter();
        sources.map(|(name, added)| (name.as_str(), &added.from))
    }
}

/// `"any"`, or a list of images.
#[derive(Clone, Debug)]
struct Images(ImageBound);

const ANY: &str = "any";

impl Serialize for Images {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            ImageBound::Any => to.serialize_str(ANY),
            ImageBound::Listed(rules) => rules.serialize(to),
        }
    }
}

impl<'de> Deserialize<'de> for Images {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct AnyOrList;

        impl<'de> Visitor<'de> for AnyOrList {
            type Value = Images;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("\"any\" or a list of images")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Images, E> {
                match text {
                    ANY => Ok(Images(ImageBound::Any)),
                    _ => Err(E::invalid_value(serde::de::Unexpected::Str(text), &self)),
                }
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Images, A::Error> {
                let rules = Vec::deserialize(SeqAccessDeserializer::new(list))?;
                Ok(Images(ImageBound::Listed(rules)))
            }
        }

        from.deserialize_any(AnyOrList)
    }
}

impl JsonSchema for Images {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Images".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let listed = generator.subschema_for::<Vec<ImageRule>>();
        schemars::json_schema!({ "oneOf": [{ "const": ANY }, listed] })
    }
}

/// Ports of the machine.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Ports {
    /// The address that they are published at; 127.0.0.1 is for this machine alone.
    ip: IpAddr,
    /// Their numbers: `"20000-20100"`, or a single one.
    range: PortRange,
}

/// Numbers of ports.
#[derive(Clone, Debug)]
struct PortRange(RangeInclusive<u16>);

written!(PortRange, "^[0-9]{1,5}(-[0-9]{1,5})?$");

impl FromStr for PortRange {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        match (first.parse(), last.parse()) {
            (Ok(first), Ok(last)) if 0 < first && first <= last => Ok(Self(first..=last)),
            _ => wrong(format!(
                "`{text}` is no range of ports; one looks like 20000-20100"
            )),
        }
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.0.start(), self.0.end())
    }
}

/// A variable that the host adds.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Added {
    /// Where its value is from: `{ env = "NAME" }` or `{ file = "path" }`.
    from: ValueSource,
    /// Says that the plugin can come to know the value. Needed where it can make a container tell it.
    #[serde(default)]
    reachable: bool,
}

/// Where a value is from that doesn't stand in the policy.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ValueSource {
    /// A variable of the host's environment.
    Env(String),
    /// A file, relative to this one. A newline at its end is not of the value.
    File(PathBuf),
}
