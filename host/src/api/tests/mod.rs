//! The layer as a whole, against recorded answers and against an engine that says what a test
//! tells it to.

mod differences;
mod facts;
mod host_specs;
mod objects;
mod odd;
mod requests;
mod specs;
mod streams;

use std::fs;
use std::path::PathBuf;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use tokio::sync::mpsc;

use crate::api::{Client, ContainerId};
use crate::transport::ApiVersion;
use crate::transport::testing::{Engine, answer};

/// The engines whose answers are recorded.
const ENGINES: [&str; 3] = ["engine-29", "engine-20.10", "podman-4.3"];

const ID: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

fn id() -> ContainerId {
    ID.parse().expect("an id")
}

/// An answer of a real engine.
#[derive(Clone)]
struct Recorded {
    version: ApiVersion,
    status: u64,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    json: Value,
}

fn folder(engine: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "recorded", engine]
        .iter()
        .collect()
}

/// The answer of an engine in a case; none if it has none.
fn recorded(engine: &str, case: &str) -> Option<Recorded> {
    let text = fs::read(folder(engine).join(format!("{case}.json"))).ok()?;
    let record: Value = serde_json::from_slice(&text).expect("JSON");
    let json = record["body"].clone();
    let body = match (&json, &record["body_text"], &record["body_base64"]) {
        (_, Value::String(text), _) => text.clone().into_bytes(),
        (_, _, Value::String(text)) => BASE64_STANDARD.decode(text).expect("base64"),
        (Value::Null, ..) if record["status"] != 200 => Vec::new(),
        // `null` stands for an empty body where there was no JSON.
        (Value::Null, ..) if record["headers"]["Content-Type"] != "application/json" => Vec::new(),
        (json, ..) => json.to_string().into_bytes(),
    };
    let headers = record["headers"].as_object().expect("headers").iter();
    let headers =
        headers.filter(|(name, _)| !name.starts_with("Transfer") && *name != "Content-Length");
    let headers =
        headers.map(|(name, value)| (name.clone(), value.as_str().expect("text").to_owned()));
    let version = record["api"].as_str().expect("a version");
    Some(Recorded {
        version: version.parse().expect("a version"),
        status: record["status"].as_u64().expect("a status"),
        headers: headers.collect(),
        body,
        json,
    })
}

/// The answer of an engine in a case that it has.
fn case(engine: &str, case: &str) -> Recorded {
    recorded(engine, case).unwrap_or_else(|| panic!("{engine} has no {case}"))
}

impl Recorded {
    fn http(&self) -> Vec<u8> {
        let mut http = format!("HTTP/1.1 {} x\r\n", self.status);
        for (name, value) in &self.headers {
            http.push_str(&format!("{name}: {value}\r\n"));
        }
        if ![204, 304].contains(&self.status) {
            http.push_str(&format!("Content-Length: {}\r\n", self.body.len()));
        }
        http.push_str("\r\n");
        [http.as_bytes(), &self.body].concat()
    }
}

/// An engine that gives each request the first answer whose text its target contains, and a
/// client of it.
fn replay(answers: Vec<(&'static str, Recorded)>) -> (Engine, Client) {
    let version = answers.first().expect("an answer").1.version;
    let engine = Engine::start(move |mut peer| {
        let answers = answers.clone();
        async move {
            while let Some(request) = peer.request().await {
                let target = request.lines().next().unwrap_or_default();
                let answer = answers.iter().find(|(part, _)| target.contains(part));
                let (_, answer) = answer.unwrap_or_else(|| panic!("no answer to {target}"));
                peer.send(answer.http()).await;
            }
        }
    });
    let transport = engine.builder().api_version(version).build();
    let client = Client::new(transport.expect("a transport"));
    (engine, client)
}

/// An engine that answers everything with one recorded answer.
fn replay_one(answer: Recorded) -> (Engine, Client) {
    replay(vec![("", answer)])
}

/// An engine that answers every request with one text and tells what it was asked, and a client
/// of it that speaks `version`.
struct Listener {
    client: Client,
    requests: mpsc::UnboundedReceiver<String>,
    _engine: Engine,
}

impl Listener {
    fn start(version: ApiVersion, text: &'static str) -> Self {
        let (heard, requests) = mpsc::unbounded_channel();
        let engine = Engine::start(move |mut peer| {
            let heard = heard.clone();
            async move {
                while let Some(request) = peer.request().await {
                    let _ = heard.send(request);
                    peer.send(answer("200 OK", "", text)).await;
                }
            }
        });
        let transport = engine.builder().api_version(version).build();
        Self {
            client: Client::new(transport.expect("a transport")),
            requests,
            _engine: engine,
        }
    }

    /// What was asked since the last time: method and target without the version, and the body.
    fn heard(&mut self) -> Vec<(String, Value)> {
        let mut heard = Vec::new();
        while let Ok(request) = self.requests.try_recv() {
            let (head, body) = request.split_once("\r\n\r\n").expect("a request");
            let line = head.lines().next().unwrap_or_default();
            let (method, target) = line.split_once(' ').expect("a method");
            let target = target.trim_end_matches(" HTTP/1.1");
            let target = target.split_once("/v1.").map_or(target, |(_, rest)| {
                rest.find('/').map_or(rest, |at| rest.split_at(at).1)
            });
            let body = serde_json::from_str(body).unwrap_or(Value::Null);
            heard.push((format!("{method} {}", target.replace(ID, "ID")), body));
        }
        heard
    }
}
