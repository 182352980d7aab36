//! What differs from engine to engine, where tests look at one with their own eyes. What plugins find of it is in their `Facts`.

use hyper::Method;
use serde_json::Value;

use crate::engine::Engine;

impl Engine {
    /// The key of a policy by which an operator accepts what this engine can't hold; none if it holds all.
    pub fn accepted(&self) -> &'static str {
        match self.is_podman() {
            true => "accept-unenforced=[\"network-isolation\"]",
            false => "",
        }
    }

    /// What it calls a limit on each process: Podman has the kernel's names.
    pub fn name_of_limit(&self, name: &str) -> String {
        match self.is_podman() {
            true => format!("RLIMIT_{}", name.to_uppercase()),
            false => name.to_owned(),
        }
    }

    /// Whether a log that is full is followed by another file, or begun again.
    pub fn rotates_logs(&self) -> bool {
        !self.is_podman()
    }

    /// What it bounds a container's log to: Podman tells that in its own interface alone.
    pub async fn bounds_of_log(&self, id: &str) -> Value {
        let (path, at) = match self.is_podman() {
            true => ("/libpod/containers", "/HostConfig/LogConfig/Size"),
            false => ("/containers", "/HostConfig/LogConfig/Config"),
        };
        let path = format!("{path}/{id}/json");
        let (_, mut details) = self.ask(Method::GET, &path, None).await;
        details.pointer_mut(at).map(Value::take).unwrap_or_default()
    }

    /// Whether it tells the health check of an image, so that the host can slow it down.
    pub fn tells_checks_of_images(&self) -> bool {
        !self.is_podman()
    }

    /// Whether it takes the beginning of a network's id for the network, and fails where several begin so.
    pub fn takes_beginnings_of_networks(&self) -> bool {
        self.is_podman()
    }

    /// Whether a container's limits can be changed.
    pub fn updates(&self) -> bool {
        self.name() != "podman-4.3"
    }

    /// Whether a container can expose a port of SCTP.
    pub fn exposes_sctp(&self) -> bool {
        self.name() != "podman-4.3"
    }

    /// How a script begins whose output is to be followed: where an answer comes with the first output, there has to be some.
    pub fn first_words(&self) -> &'static str {
        match self.name() {
            "podman-4.3" => "echo; ",
            _ => "",
        }
    }
}
