//! Who is there.

use hyper::HeaderMap;

use super::types::{ComponentVersion, Pong, VersionInfo};
use crate::api::Result;
use crate::api::json::{Blank, Map, More, Record, Row, Source};

/// Headers that say nothing of the engine but how it sends.
const OF_HTTP: &[&str] = &[
    "cache-control",
    "connection",
    "content-length",
    "content-type",
    "date",
    "pragma",
    "server",
    "transfer-encoding",
];

/// What the headers of a ping tell.
pub(super) fn pong(headers: &HeaderMap) -> Pong {
    let mut pong = Pong::default();
    for (name, value) in headers {
        let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
        match name.as_str() {
            "api-version" => pong.api_version = text,
            "ostype" => pong.os_type = text,
            "docker-experimental" => pong.experimental = text == "true",
            "builder-version" => pong.builder_version = (!text.is_empty()).then_some(text),
            "swarm" => pong.swarm = (!text.is_empty()).then_some(text),
            name if OF_HTTP.contains(&name) => {}
            name => pong.more.push((name.to_owned(), text)),
        }
    }
    pong
}

impl Record for VersionInfo {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "Version" => value.put(&mut self.version),
            "ApiVersion" => value.put(&mut self.api_version),
            "MinAPIVersion" => value.get().map(|Blank(text)| self.min_api_version = text),
            "GitCommit" => value.put(&mut self.git_commit),
            "GoVersion" => value.put(&mut self.go_version),
            "Os" => value.put(&mut self.os),
            "Arch" => value.put(&mut self.arch),
            "KernelVersion" => value.put(&mut self.kernel_version),
            "BuildTime" => value.get().map(|Blank(text)| self.build_time = text),
            "Experimental" => value.put(&mut self.experimental),
            "Platform" => value.get().map(|PlatformPart(name)| self.platform = name),
            "Components" => value.put(&mut self.components),
            _ => value.keep(key, &mut self.more),
        }
    }
}

impl Row for VersionInfo {
    fn more(&mut self) -> &mut More {
        &mut self.more
    }
}

#[derive(Default)]
struct PlatformPart(Option<String>);

impl Record for PlatformPart {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "Name" => value.get().map(|Blank(text)| self.0 = text),
            _ => value.skip(),
        }
    }
}

impl Record for ComponentVersion {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "Name" => value.put(&mut self.name),
            "Version" => value.put(&mut self.version),
            "Details" => value.get().map(|Map(details)| self.details = details),
            _ => value.skip(),
        }
    }
}
