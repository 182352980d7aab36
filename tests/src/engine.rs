//! The engine under test, and a plain way of one's own to ask it, so that what a plugin did is seen with other eyes.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use bytes::Bytes;
use dockwit_host::api::Client;
use dockwit_host::transport::Address;
use http_body_util::{BodyExt, Full};
use hyper::{Method, Request, StatusCode};
use hyper_util::client::legacy;
use hyperlocal::UnixClientExt;
use serde_json::Value;

use crate::socket;

/// The engine that the suite runs on, as the task runner named it.
pub struct Engine {
    address: Address,
    name: String,
    image: String,
}

impl Engine {
    /// The engine of this run of the suite.
    ///
    /// # Panics
    ///
    /// Panics if none is named: `cargo xtask test` starts one and names it.
    pub fn under_test() -> &'static Self {
        static ENGINE: OnceLock<Engine> = OnceLock::new();
        ENGINE.get_or_init(|| Self {
            address: required("DOCKWIT_TEST_ENGINE")
                .parse()
                .expect("an engine's address"),
            name: required("DOCKWIT_TEST_ENGINE_NAME"),
            image: required("DOCKWIT_TEST_IMAGE"),
        })
    }

    /// Its name: `docker-28`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is Podman's service.
    pub fn is_podman(&self) -> bool {
        self.name.starts_with("podman")
    }

    /// A small image with busybox in it.
    pub fn image(&self) -> &str {
        &self.image
    }

    /// Where it is reached.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// The path of its socket.
    ///
    /// # Panics
    ///
    /// Panics if it is reached otherwise.
    pub fn socket(&self) -> String {
        self.address
            .to_string()
            .strip_prefix("unix://")
            .expect("a Unix socket")
            .to_owned()
    }

    /// A folder that it sees by the same path as the tests do, removed at the end.
    ///
    /// # Panics
    ///
    /// Panics if there can be none.
    pub fn shared_folder(&self) -> tempfile::TempDir {
        let socket = std::path::PathBuf::from(self.socket());
        let beside = socket.parent().expect("a folder");
        tempfile::tempdir_in(beside).expect("a folder beside the socket")
    }

    /// A client of it.
    pub fn client(&self) -> Client {
        socket::client(self.address.clone())
    }

    /// Asks it, in the words of HTTP, at API version 1.41.
    ///
    /// # Panics
    ///
    /// Panics if it can't be reached.
    pub async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> (StatusCode, Value) {
        let body = body.map_or_else(Vec::new, |body| body.to_string().into());
        self.send(method, path, "application/json", body).await
    }

    /// As [`ask`](Self::ask), with a body of any kind.
    ///
    /// # Panics
    ///
    /// Panics if it can't be reached.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        kind: &str,
        body: Vec<u8>,
    ) -> (StatusCode, Value) {
        let request = Request::builder()
            .method(method)
            .uri(hyperlocal::Uri::new(
                self.socket(),
                &format!("/v1.41{path}"),
            ))
            .header("Host", "engine")
            .header("Content-Type", kind)
            .body(Full::new(Bytes::from(body)))
            .expect("a request");
        let answer = legacy::Client::unix().request(request).await;
        let response = answer.expect("an answer");
        let status = response.status();
        let bytes = response
            .into_body()
            .collect()
            .await
            .expect("a whole answer")
            .to_bytes();
        (
            status,
            serde_json::from_slice(&bytes).unwrap_or(Value::Null),
        )
    }

    /// What it says of a container. Null if there is none.
    pub async fn inspect(&self, name: &str) -> Value {
        match self
            .ask(Method::GET, &format!("/containers/{name}/json"), None)
            .await
        {
            (StatusCode::OK, details) => details,
            _ => Value::Null,
        }
    }
}

fn required(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} isn't set: run the suite by `cargo xtask test`, which starts an engine and names it")
    })
}

/// Names that no other test has, and the removal of every container, network and volume that bears one, at the end.
pub struct Names {
    prefix: String,
}

impl Names {
    /// Names that begin with this, made unlike all others.
    pub fn new(test: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        Self {
            prefix: format!("dw-{}-{count}-{test}-", std::process::id()).replace('_', "-"),
        }
    }

    /// What all of them begin with.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// One of them.
    pub fn name(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// Makes a volume of that name.
    ///
    /// # Panics
    ///
    /// Panics if it can't be made.
    pub async fn make_volume(&self, name: &str) {
        let body = serde_json::json!({ "Name": self.name(name) });
        Self::make("/volumes/create", body).await;
    }

    /// Makes a network of that name; with a range of addresses, if one is given: `10.213.78.0/24`.
    ///
    /// # Panics
    ///
    /// Panics if it can't be made.
    pub async fn make_network(&self, name: &str, range: Option<&str>) {
        let mut body = serde_json::json!({ "Name": self.name(name) });
        if let Some(range) = range {
            body["IPAM"] = serde_json::json!({ "Config": [{ "Subnet": range }] });
        }
        Self::make("/networks/create", body).await;
    }

    /// Removes now what bears one of them.
    pub async fn remove_now(&self) {
        Self::remove_all(&self.prefix).await;
    }

    async fn make(path: &str, body: Value) {
        let engine = Engine::under_test();
        let (status, answer) = engine.ask(Method::POST, path, Some(body)).await;
        assert!(status.is_success(), "{path}: {status}: {answer}");
    }

    async fn remove_all(prefix: &str) {
        let engine = Engine::under_test();
        let filter = format!("%7B%22name%22%3A%5B%22{prefix}%22%5D%7D");
        let (_, rows) = engine
            .ask(
                Method::GET,
                &format!("/containers/json?all=1&filters={filter}"),
                None,
            )
            .await;
        for row in rows.as_array().into_iter().flatten() {
            let id = row["Id"].as_str().unwrap_or_default();
            engine
                .ask(
                    Method::DELETE,
                    &format!("/containers/{id}?force=1&v=1"),
                    None,
                )
                .await;
        }
        for (kind, list) in [("networks", ""), ("volumes", "/Volumes")] {
            let path = format!("/{kind}?filters={filter}");
            let (_, rows) = engine.ask(Method::GET, &path, None).await;
            for row in rows
                .pointer(list)
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
            {
                let name = row["Name"].as_str().unwrap_or_default();
                let path = format!("/{kind}/{name}");
                engine.ask(Method::DELETE, &path, None).await;
            }
        }
    }
}

impl Drop for Names {
    fn drop(&mut self) {
        let prefix = std::mem::take(&mut self.prefix);
        let removal = move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            runtime
                .expect("a runtime")
                .block_on(Self::remove_all(&prefix));
        };
        // On a thread of its own: a test drops this inside its own runtime.
        let removed = std::thread::spawn(removal).join();
        if removed.is_err() && !std::thread::panicking() {
            panic!("the test's containers could not be removed");
        }
    }
}
