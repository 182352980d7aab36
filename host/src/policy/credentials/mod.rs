//! Credentials for registries: named by a policy, read once when a run begins, and sent to their own registry alone.
//!
//! A policy has [rules](CredentialRule), by name. [`Credentials`] are what they come to. What is secret in them is in
//! [`Secret`]s, which don't print and are written over when they are dropped.

mod docker;
mod helper;
mod secret;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::net::Ipv6Addr;
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE;
use serde::{Deserialize, Serialize};

use super::file::values::{ValueError, written, wrong};
pub use secret::Secret;

/// The most that a file with credentials has, or a variable, in bytes.
const MAX_SOURCE: u64 = 1 << 20;

/// The registry that Docker means where none is named.
const DOCKER: &str = "docker.io";

/// What the same is called in references of old.
const DOCKER_OF_OLD: &str = "index.docker.io";

/// What Docker calls it where credentials are concerned.
const DOCKER_SERVER: &str = "https://index.docker.io/v1/";

/// The longest name of credentials.
pub(super) const MAX_NAME: usize = 32;

/// Whether credentials can be called so.
pub(super) fn is_name(name: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !name.is_empty() && name.len() <= MAX_NAME && name.chars().all(inner)
}

/// A registry, as the first part of an image's name has it: `registry.example.com`, `localhost:5000`, `docker.io`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Registry(String);

written!(Registry, "^[a-z0-9.:\\[\\]-]+$");

impl Registry {
    /// Its name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What credentials for it are kept and sent under.
    fn server(&self) -> &str {
        match self.0.as_str() {
            DOCKER => DOCKER_SERVER,
            name => name,
        }
    }

    /// Whether a text names it, as the first part of an image's name does. Ports count: the default one isn't left out.
    pub fn is_named_by(&self, text: &str) -> bool {
        normal(text) == self.0
    }
}

/// One name for each registry: Docker's own has two.
fn normal(name: &str) -> String {
    let name = name.to_ascii_lowercase();
    match name == DOCKER_OF_OLD {
        true => DOCKER.to_owned(),
        false => name,
    }
}

/// Whether a text is a host, with a port or without, in small letters.
fn is_host(text: &str) -> bool {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (text, None),
    };
    let six = host.strip_prefix('[').and_then(|six| six.strip_suffix(']'));
    let is_part = |part: &str| {
        let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        !part.is_empty() && part.chars().all(inner)
    };
    let good = match six {
        Some(six) => six.parse::<Ipv6Addr>().is_ok(),
        None => host.split('.').all(is_part),
    };
    good && port.is_none_or(|port| port.parse::<NonZeroU16>().is_ok())
}

impl FromStr for Registry {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        if is_host(text) {
            return Ok(Self(normal(text)));
        }
        wrong(format!(
            "{text:?} is no registry; one looks like registry.example.com or localhost:5000, without a scheme and a path"
        ))
    }
}

impl fmt::Display for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a policy says of credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CredentialRule {
    /// The only registry that they are sent to.
    pub registry: Registry,
    /// Where they are from.
    pub from: CredentialSource,
}

impl CredentialRule {
    /// Credentials for a registry, from there.
    pub fn new(registry: Registry, from: CredentialSource) -> Self {
        Self { registry, from }
    }
}

/// Where credentials are from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialSource {
    /// A file with an object of JSON, as Docker's API has it: `username` and `password`, or `auth`, or `identitytoken`.
    File(PathBuf),
    /// A variable of the host's environment, with the same.
    Env(String),
    /// Docker's own configuration: what `docker login` has put there, or into a credential helper.
    DockerConfig,
}

impl fmt::Display for CredentialSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "the file {}", path.display()),
            Self::Env(name) => write!(f, "the variable {name}"),
            Self::DockerConfig => f.write_str("Docker's configuration"),
        }
    }
}

/// Why there are no credentials of a name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("credentials.{name}: {why}")]
pub struct CredentialError {
    /// Their name in the policy.
    pub name: String,
    /// Why. Nothing secret is in it.
    pub why: String,
}

/// Credentials, by the names that a policy gives them.
///
/// # Examples
///
/// ```
/// use dockwit_host::policy::credentials::{CredentialRule, CredentialSource, Credentials};
///
/// let from = CredentialSource::Env("REGISTRY".to_owned());
/// let rule = CredentialRule::new("registry.example.com".parse()?, from);
/// let rules = [("team".to_owned(), rule)].into();
/// let variable = |_: &str| Some(r#"{ "username": "ci", "password": "secret" }"#.to_owned());
/// let credentials = Credentials::read(&rules, variable, None)?;
///
/// let team = credentials.get("team").expect("they were just read");
/// assert!(team.header_for("registry.example.com").is_some());
/// assert!(team.header_for("other.example.com").is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct Credentials(BTreeMap<String, Credential>);

impl Credentials {
    /// Reads what a policy names, each source once. Variables are looked up by `environment`; Docker's configuration is in this
    /// folder, if there is one. Blocks for as long as credential helpers take.
    ///
    /// # Errors
    ///
    /// Says which can't be read, and why: there is no such file, variable or entry, or it isn't understood.
    pub fn read(
        rules: &BTreeMap<String, CredentialRule>,
        environment: impl Fn(&str) -> Option<String>,
        docker_config: Option<&Path>,
    ) -> Result<Self, CredentialError> {
        let read = |(name, rule): (&String, &CredentialRule)| {
            let auth = match &rule.from {
                CredentialSource::File(path) => of_file(path),
                CredentialSource::Env(variable) => of_variable(variable, environment(variable)),
                CredentialSource::DockerConfig => docker::read(docker_config, &rule.registry),
            };
            let auth = auth.and_then(|auth| auth.of(&rule.registry));
            let name = name.clone();
            match auth {
                Ok(auth) => {
                    let registry = rule.registry.clone();
                    Ok((name, Credential { registry, auth }))
                }
                Err(why) => Err(CredentialError { name, why }),
            }
        };
        rules.iter().map(read).collect::<Result<_, _>>().map(Self)
    }

    /// Those of a name.
    pub fn get(&self, name: &str) -> Option<&Credential> {
        self.0.get(name)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Credentials for one registry.
pub struct Credential {
    registry: Registry,
    auth: Auth,
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential")
            .field("registry", &self.registry)
            .finish_non_exhaustive()
    }
}

impl Credential {
    /// The only registry that they are for.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The value of the header `X-Registry-Auth` for a request about an image of this registry, as the first part of the image's
    /// name has it. None for every other registry.
    pub fn header_for(&self, registry: &str) -> Option<Secret> {
        if !self.registry.is_named_by(registry) {
            return None;
        }
        let auth = Sent {
            username: self.auth.username.as_ref().map(Secret::expose),
            password: self.auth.password.as_ref().map(Secret::expose),
            identitytoken: self.auth.identity_token.as_ref().map(Secret::expose),
            registrytoken: self.auth.registry_token.as_ref().map(Secret::expose),
            serveraddress: self.registry.server(),
        };
        let json = Secret::new(serde_json::to_string(&auth).ok()?);
        Some(Secret::new(BASE64_URL_SAFE.encode(json.expose())))
    }
}

/// What is sent, in the API's words.
#[derive(Serialize)]
struct Sent<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    identitytoken: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    registrytoken: Option<&'a str>,
    serveraddress: &'a str,
}

/// By what one is known to a registry.
#[derive(Default)]
struct Auth {
    username: Option<Secret>,
    password: Option<Secret>,
    identity_token: Option<Secret>,
    registry_token: Option<Secret>,
    /// The registry that the source says it is for.
    server: Option<String>,
}

impl Auth {
    /// The same, if it is for this registry and says who one is.
    fn of(self, registry: &Registry) -> Result<Self, String> {
        if let Some(server) = &self.server
            && !docker::is_server(server, registry)
        {
            return Err(format!(
                "what is there is for {server:?}, and not for {registry}"
            ));
        }
        let known = self.identity_token.is_some()
            || self.registry_token.is_some()
            || (self.username.is_some() && self.password.is_some());
        match known {
            true => Ok(self),
            false => Err("there is neither a name with a password nor a token".to_owned()),
        }
    }
}

/// An object of JSON, as files and variables have it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    username: Option<Secret>,
    password: Option<Secret>,
    auth: Option<Secret>,
    identitytoken: Option<Secret>,
    registrytoken: Option<Secret>,
    serveraddress: Option<String>,
    #[serde(rename = "email")]
    _email: Option<serde::de::IgnoredAny>,
}

impl Written {
    fn auth(self) -> Result<Auth, String> {
        let of_auth = match &self.auth {
            Some(auth) => docker::name_and_password(auth)?,
            None => None,
        };
        let (username, password) = of_auth.map_or((None, None), |(name, password)| {
            (Some(name), Some(password))
        });
        Ok(Auth {
            username: self.username.or(username),
            password: self.password.or(password),
            identity_token: self.identitytoken.filter(Secret::is_some),
            registry_token: self.registrytoken.filter(Secret::is_some),
            server: self.serveraddress,
        })
    }
}

fn of_file(path: &Path) -> Result<Auth, String> {
    let text = contents(path);
    let text = text.map_err(|error| format!("the file {} {error}", path.display()))?;
    of_json(&text).map_err(|why| format!("the file {} {why}", path.display()))
}

fn of_variable(name: &str, value: Option<String>) -> Result<Auth, String> {
    let Some(value) = value.map(Secret::new) else {
        return Err(format!(
            "the host's environment has no {name:?}, or it isn't UTF-8"
        ));
    };
    of_json(&value).map_err(|why| format!("the variable {name} {why}"))
}

/// Of what is wrong, only the place is told: the rest of an error may have some of the text in it.
fn of_json(text: &Secret) -> Result<Auth, String> {
    let written: Written = serde_json::from_str(text.expose()).map_err(|error| {
        format!(
            "isn't the object of JSON that it should be, with `username` and `password`, `auth` or `identitytoken` (line {}, \
             column {})",
            error.line(),
            error.column()
        )
    })?;
    written.auth()
}

/// A file's text through one descriptor.
fn contents(path: &Path) -> Result<Secret, String> {
    let read = || -> io::Result<Secret> {
        let mut text = String::new();
        let read = File::open(path)?
            .take(MAX_SOURCE + 1)
            .read_to_string(&mut text);
        let text = Secret::new(text);
        match read? as u64 > MAX_SOURCE {
            true => Err(io::Error::other(format!(
                "it has {MAX_SOURCE} bytes at most"
            ))),
            false => Ok(text),
        }
    };
    read().map_err(|error| format!("can't be read: {error}"))
}
