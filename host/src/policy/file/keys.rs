//! The keys of a policy file. This list is the only one: what reads the file, the schema and the documentation are made from
//! it, and each field is taken apart where it is enforced.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::create::{Create, ValueSource};
use super::values::{Digest, InterfaceVersion, PluginName};
use crate::policy::create::{HostAccess, Unenforced};
use crate::policy::credentials::{CredentialSource, Registry};
use crate::policy::{Case, Detail, Limits, Missing, Sandbox, Scope, Show};

/// What one plugin may do. What isn't written isn't allowed.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Keys {
    /// The version of this form: 1.
    pub(crate) version: FormVersion,
    /// What the plugin is called: it owns what it makes under this name. Lowercase letters, digits and `-`, at most 32.
    pub(crate) plugin: PluginName,
    /// The only component that may be run under this policy, by its digest; any, unless said. `dockwit inspect` tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) component: Option<Digest>,
    /// The version of dockwit:engine that patterns in `allow` and `deny` stand for, so that a newer host grants no more.
    /// Needed with any pattern.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) api: Option<InterfaceVersion>,
    /// The calls that it may make: verbs such as `containers.list`, or patterns such as `container.*`.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub(crate) allow: Words,
    /// The calls that it may not make, though `allow` has them.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub(crate) deny: Words,
    /// What becomes of a plugin that asks for more: `"refuse"`, it isn't started; `"deny"`, those calls are denied.
    #[serde(default)]
    pub(crate) missing: Missing,
    /// What it is told of a refusal: `"full"`, the rule, the limit and the line to add; `"minimal"`, that it is one, for a plugin
    /// that isn't trusted. The audit is told all of it.
    #[serde(default)]
    pub(crate) detail: Detail,
    /// What it may see of what the engine has, and what of that it may change: its own, unless said.
    #[serde(default)]
    pub(crate) scope: Scope,
    /// What containers may be that it makes, starts or changes.
    #[serde(default)]
    pub(crate) create: Create,
    /// What containers may have of the machine: nothing, unless said.
    #[serde(default)]
    pub(crate) host_access: HostAccess,
    /// What the engine may fail to hold containers to, by name; anything else that it can't hold is an error.
    #[serde(default)]
    pub(crate) accept_unenforced: BTreeSet<Unenforced>,
    /// The plugin's own files and variables.
    #[serde(default)]
    pub(crate) wasi: Wasi,
    /// Credentials for registries, by names of your own: `{ registry = ..., from = ... }`. The plugin never sees them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) credentials: BTreeMap<String, Credential>,
    /// What answers tell of environments and command lines.
    #[serde(default)]
    pub(crate) show: Show,
    /// How much of the engine a run may use.
    #[serde(default)]
    pub(crate) limits: Limits,
    /// How much of the machine a run may use.
    #[serde(default)]
    pub(crate) sandbox: Sandbox,
    /// Cases that it is tested by: a call, what is asked for, and what shall become of it. `dockwit policy test` decides them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) test: Vec<Case>,
}

/// Words, each with its place in the file.
pub(crate) type Words = Vec<Spanned<String>>;

/// The version of the form.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub(crate) struct FormVersion;

impl TryFrom<u32> for FormVersion {
    type Error = &'static str;

    fn try_from(version: u32) -> Result<Self, Self::Error> {
        match version {
            1 => Ok(Self),
            _ => Err("this dockwit reads policies of version 1"),
        }
    }
}

impl From<FormVersion> for u32 {
    fn from(_: FormVersion) -> Self {
        1
    }
}

impl JsonSchema for FormVersion {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "FormVersion".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "const": 1 })
    }
}

/// The plugin's own files and variables: none, unless named. Never a network.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct Wasi {
    /// Folders of the machine that it may use; a path is relative to this file.
    pub(crate) dirs: Vec<Dir>,
    /// Variables of the host's environment that it is given, by name.
    pub(crate) env: Vec<String>,
}

/// A folder of the machine.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Dir {
    /// The folder on the machine.
    pub(crate) host: PathBuf,
    /// Where the plugin finds it.
    pub(crate) guest: String,
    /// Whether it may only be read.
    #[serde(default)]
    pub(crate) read_only: bool,
}

/// Credentials for a registry.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Credential {
    /// The only registry that they are sent to: `registry.example.com`, `localhost:5000`, `docker.io`.
    pub(crate) registry: Registry,
    /// Where they are from: `{ file = "path" }` or `{ env = "NAME" }` with an object of JSON that has `username` and `password`,
    /// `auth` or `identitytoken`; or `{ docker-config = true }`, what `docker login` has kept.
    pub(crate) from: CredentialFrom,
}

/// Where credentials are from that don't stand in the policy.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum CredentialFrom {
    /// A file, relative to this one.
    File(PathBuf),
    /// A variable of the host's environment.
    Env(String),
    /// Docker's own configuration, by the entry for exactly that registry.
    DockerConfig(Yes),
}

impl CredentialFrom {
    /// The same, with its path in this folder.
    pub(crate) fn source(&self, folder: &Path) -> CredentialSource {
        match self {
            Self::File(path) => CredentialSource::File(folder.join(path)),
            Self::Env(name) => CredentialSource::Env(name.clone()),
            Self::DockerConfig(Yes) => CredentialSource::DockerConfig,
        }
    }

    /// The same as the source of a value, if it is one that could be given away.
    pub(crate) fn value_source(&self) -> Option<ValueSource> {
        match self {
            Self::File(path) => Some(ValueSource::File(path.clone())),
            Self::Env(name) => Some(ValueSource::Env(name.clone())),
            Self::DockerConfig(Yes) => None,
        }
    }
}

/// `true`, and nothing else.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(try_from = "bool", into = "bool")]
pub(crate) struct Yes;

impl TryFrom<bool> for Yes {
    type Error = &'static str;

    fn try_from(yes: bool) -> Result<Self, Self::Error> {
        match yes {
            true => Ok(Self),
            false => Err("it is true, or not said at all"),
        }
    }
}

impl From<Yes> for bool {
    fn from(_: Yes) -> Self {
        true
    }
}

impl JsonSchema for Yes {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Yes".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "const": true })
    }
}
