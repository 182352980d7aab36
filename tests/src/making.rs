//! An engine that makes containers in a script: it answers what a host asks around that, and tells of what was made as it was
//! asked for.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

use serde_json::{Map, Value, json};

use crate::asked::Asked;

/// The image that it has, by whatever name.
pub const IMAGE: &str = "sha256:1111111111111111111111111111111111111111111111111111111111111111";

/// The full id of the containers that it makes; there is one at a time.
pub const CONTAINER: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// The full id of the network that it makes.
pub const NETWORK: &str = "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee";

/// An engine with one image, on which one container can be made.
pub struct Making {
    /// What it says that it is: no other engine, so that a ledger looks for nothing on it that is elsewhere.
    identity: String,
    lacks: &'static [&'static str],
    warnings: &'static [&'static str],
    made: Mutex<HashMap<&'static str, Value>>,
}

/// An answer: the status, and the body unless there is none.
pub type Answer = (&'static str, Value);

impl Default for Making {
    fn default() -> Self {
        Self {
            identity: crate::plugin::own_name(),
            lacks: &[],
            warnings: &[],
            made: Mutex::default(),
        }
    }
}

impl Making {
    /// One on which somebody has made a container already.
    pub fn with_container(name: &str) -> Self {
        let making = Self::default();
        making.made().insert("container", details(name, &json!({})));
        making
    }

    /// One that can't hold containers to all that engines can: it says so in these fields.
    pub fn lacking(lacks: &'static [&'static str]) -> Self {
        Self {
            lacks,
            ..Self::default()
        }
    }

    /// One that warns of these when it has made a container.
    pub fn warning(warnings: &'static [&'static str]) -> Self {
        Self {
            warnings,
            ..Self::default()
        }
    }

    /// What it answers to this. None if nobody asks that who makes a container.
    pub fn answer(&self, asked: &Asked) -> Option<Answer> {
        let mut words = asked.line.split(' ');
        let (method, target) = (words.next()?, words.next()?);
        let target = target.strip_prefix("/v1.51").unwrap_or(target);
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let steps: Vec<_> = path.split('/').skip(1).collect();
        let body = || serde_json::from_slice(&asked.body).unwrap_or(Value::Null);
        let done = ("204 No Content", Value::Null);
        Some(match (method, &steps[..]) {
            ("GET", ["info"]) => ("200 OK", self.info()),
            ("GET", ["version"]) => ("200 OK", version()),
            ("GET", ["images", .., "json"]) => ("200 OK", image()),
            ("GET", ["containers", "json"]) => ("200 OK", json!([])),
            ("GET", ["system", "df"]) => ("200 OK", json!({})),
            ("GET", ["networks", _]) => self.told("network"),
            ("GET", ["containers", _, "json"]) => self.told("container"),
            ("POST", ["volumes", "create"]) => ("201 Created", body()),
            ("POST", ["networks", "create"]) => self.make_network(body()),
            ("POST", ["containers", "create"]) => self.make_container(query, &body()),
            ("POST", ["containers", _, "start"]) => done,
            ("DELETE", _) => done,
            _ => return None,
        })
    }

    fn info(&self) -> Value {
        let mut info = info(&self.identity);
        for lacking in self.lacks {
            info[*lacking] = false.into();
        }
        info
    }

    fn made(&self) -> MutexGuard<'_, HashMap<&'static str, Value>> {
        self.made.lock().expect("nobody panics here")
    }

    fn told(&self, what: &str) -> Answer {
        match self.made().get(what) {
            Some(details) => ("200 OK", details.clone()),
            None => (
                "404 Not Found",
                json!({ "message": format!("no such {what}") }),
            ),
        }
    }

    fn make_network(&self, mut network: Value) -> Answer {
        network["Id"] = NETWORK.into();
        network["Containers"] = json!({});
        self.made().insert("network", network);
        ("201 Created", json!({ "Id": NETWORK, "Warning": "" }))
    }

    fn make_container(&self, query: &str, asked: &Value) -> Answer {
        let name = query.split('&').find_map(|pair| pair.strip_prefix("name="));
        let details = details(name.unwrap_or_default(), asked);
        self.made().insert("container", details);
        (
            "201 Created",
            json!({ "Id": CONTAINER, "Warnings": self.warnings }),
        )
    }
}

/// An answer as it goes over the wire.
pub fn written((status, body): &Answer) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\nConnection: close\r\n");
    let text = match body {
        Value::Null => head + "\r\n",
        body => {
            let body = body.to_string();
            format!("{head}Content-Length: {}\r\n\r\n{body}", body.len())
        }
    };
    text.into_bytes()
}

/// What it is, and what it holds containers to: everything.
fn info(identity: &str) -> Value {
    json!({
        "ID": identity,
        "ServerVersion": "28.0.0",
        "OSType": "linux",
        "Architecture": "x86_64",
        "NCPU": 4,
        "MemTotal": 8_u64 << 30,
        "MemoryLimit": true,
        "SwapLimit": true,
        "CpuCfsPeriod": true,
        "CpuCfsQuota": true,
        "PidsLimit": true,
        "CgroupVersion": "2",
        "Plugins": { "Log": ["json-file"], "Network": ["bridge"], "Volume": ["local"] },
        "LoggingDriver": "json-file",
        "DefaultRuntime": "runc",
        "Runtimes": { "runc": {} },
    })
}

fn version() -> Value {
    json!({ "Version": "28.0.0", "ApiVersion": "1.51", "MinAPIVersion": "1.24", "Os": "linux", "Arch": "amd64" })
}

fn image() -> Value {
    json!({ "Id": IMAGE, "Os": "linux", "Architecture": "amd64", "Config": { "Env": ["PATH=/bin"], "Cmd": ["sh"] } })
}

/// What it tells of a container that was asked for like this.
fn details(name: &str, asked: &Value) -> Value {
    let mut config = asked.as_object().cloned().unwrap_or_default();
    let host = config.remove("HostConfig").unwrap_or_default();
    let networking = config.remove("NetworkingConfig").unwrap_or_default();
    json!({
        "Id": CONTAINER,
        "Name": format!("/{name}"),
        "Created": "2026-01-01T00:00:00Z",
        "Image": IMAGE,
        "Platform": "linux",
        "Driver": "overlay2",
        "Path": "sh",
        "Args": [],
        "State": { "Status": "created" },
        "Mounts": mounts(&host["Mounts"]),
        "NetworkSettings": { "Ports": {}, "Networks": networks(&networking["EndpointsConfig"]) },
        "HostConfig": host_config(&host),
        "Config": config,
    })
}

fn host_config(host: &Value) -> Map<String, Value> {
    let mut told = host.as_object().cloned().unwrap_or_default();
    told.insert("Runtime".into(), "runc".into());
    let masked = ["/proc/kcore", "/proc/keys", "/sys/firmware"];
    told.insert("MaskedPaths".into(), json!(masked));
    let readonly = ["/proc/sys", "/proc/sysrq-trigger"];
    told.insert("ReadonlyPaths".into(), json!(readonly));
    told
}

fn mounts(asked: &Value) -> Vec<Value> {
    let told = |mount: &Value| {
        json!({
            "Type": mount["Type"],
            "Name": mount["Source"],
            "Source": "/data",
            "Destination": mount["Target"],
            "Driver": "local",
            "RW": true,
        })
    };
    asked.as_array().into_iter().flatten().map(told).collect()
}

fn networks(asked: &Value) -> Map<String, Value> {
    let endpoints = asked.as_object().into_iter().flatten();
    let told = endpoints.map(|(id, _)| ("own".to_owned(), json!({ "NetworkID": id })));
    told.collect()
}
