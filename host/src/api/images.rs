//! Images: look up.

use super::Client;
use super::containers::{ContainerPort, Healthcheck, Variable};
use super::ids::ImageId;
use super::json::{Blank, Key, Map, Nullable, OneOrMore, Record, Skipped, Source, value};
use super::{Error, Result};
use crate::transport::Request;

/// The functions on images in general.
#[derive(Clone, Copy, Debug)]
pub struct Images<'a> {
    client: &'a Client,
}

impl<'a> Images<'a> {
    pub(super) fn new(client: &'a Client) -> Self {
        Self { client }
    }

    /// Looks an image up by a reference (`name`, `name:tag`, `name@digest`) or by its id, and tells
    /// what it is: `GET /images/{name}/json`.
    ///
    /// Fails with `NotFound` if the engine doesn't have it, with `Invalid` if that can't be a reference.
    pub async fn inspect(&self, reference: &str) -> Result<ImageDetails> {
        let request = Request::get("/images/{name}/json").reference(reference);
        self.client
            .fetch(request, |body| value::<Answer>(&body)?.details())
            .await
    }
}

/// What an engine knows of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageDetails {
    /// The full id.
    pub id: ImageId,
    /// All names with tags.
    pub repo_tags: Vec<String>,
    /// All names with digests: `name@sha256:...`.
    pub repo_digests: Vec<String>,
    /// The operating system: `linux`.
    pub os: String,
    /// The processor architecture, in Go's words: `amd64`.
    pub architecture: String,
    /// What containers of it are if they aren't told otherwise.
    pub config: ImageConfig,
}

/// What containers of an image are if they aren't told otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImageConfig {
    /// Environment variables.
    pub env: Vec<Variable>,
    /// The entrypoint. None if there is none.
    pub entrypoint: Option<Vec<String>>,
    /// The command. None if there is none.
    pub command: Option<Vec<String>>,
    /// The user, and the group. Empty: root.
    pub user: String,
    /// The folder that they start in. Empty: `/`.
    pub working_dir: String,
    /// The paths that get a volume each.
    pub volumes: Vec<String>,
    /// The ports that they say they listen on.
    pub exposed_ports: Vec<ContainerPort>,
    /// Labels.
    pub labels: Vec<(String, String)>,
    /// The health check. None where there is none; Podman doesn't tell it.
    pub healthcheck: Option<Healthcheck>,
    /// The signal that stops them. None: SIGTERM.
    pub stop_signal: Option<String>,
    /// The seconds that they have to stop. None: 10.
    pub stop_timeout: Option<i64>,
    /// The shell of health checks that are a line. Empty: the default.
    pub shell: Vec<String>,
    /// Instructions for images built on it.
    pub on_build: Vec<String>,
}

#[derive(Default)]
struct Answer {
    id: String,
    repo_tags: Vec<String>,
    repo_digests: Vec<String>,
    os: String,
    architecture: String,
    config: ImageConfig,
}

impl Answer {
    fn details(self) -> Result<ImageDetails> {
        let id = self.id.parse();
        let id = id.map_err(|_| Error::protocol("the engine's answer has no full id"))?;
        Ok(ImageDetails {
            id,
            repo_tags: self.repo_tags,
            repo_digests: self.repo_digests,
            os: self.os,
            architecture: self.architecture,
            config: self.config,
        })
    }
}

impl Record for Answer {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "Id" => value.put(&mut self.id),
            "RepoTags" => value.put(&mut self.repo_tags),
            "RepoDigests" => value.put(&mut self.repo_digests),
            "Os" => value.put(&mut self.os),
            "Architecture" => value.put(&mut self.architecture),
            "Config" => value.put(&mut self.config),
            _ => value.skip(),
        }
    }
}

impl Record for ImageConfig {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "Env" => value.get().map(|env: Vec<String>| {
                self.env = env.into_iter().map(variable).collect();
            }),
            "Entrypoint" => value.get().map(|OneOrMore(words)| self.entrypoint = words),
            "Cmd" => value.get().map(|OneOrMore(words)| self.command = words),
            "User" => value.put(&mut self.user),
            "WorkingDir" => value.put(&mut self.working_dir),
            "Volumes" => value.get().map(|volumes| self.volumes = keys(volumes)),
            "ExposedPorts" => value.get().map(|ports| self.exposed_ports = keys(ports)),
            "Labels" => value.get().map(|Map(labels)| self.labels = labels),
            "Healthcheck" => value.get().map(|Nullable(check)| self.healthcheck = check),
            "StopSignal" => value.get().map(|Blank(signal)| self.stop_signal = signal),
            "StopTimeout" => value.put(&mut self.stop_timeout),
            "Shell" => value.put(&mut self.shell),
            "OnBuild" => value.put(&mut self.on_build),
            _ => value.skip(),
        }
    }
}

fn keys<K: Key>(Map(entries): Map<K, Skipped>) -> Vec<K> {
    entries.into_iter().map(|(key, _)| key).collect()
}

fn variable(text: String) -> Variable {
    match text.split_once('=') {
        Some((name, value)) => Variable {
            name: name.to_owned(),
            value: Some(value.to_owned()),
        },
        None => Variable {
            name: text,
            value: None,
        },
    }
}
