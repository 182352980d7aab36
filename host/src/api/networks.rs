//! Networks: create, look up, list, remove, connect.

use super::Client;
use super::containers::{Endpoint, endpoint_json};
use super::ids::{ContainerId, NetworkId};
use super::json::{Map, Record, Skipped, Source, value};
use super::{Error, Result, SLOW, label_filter};
use crate::transport::Request;

/// The functions on networks in general.
#[derive(Clone, Copy, Debug)]
pub struct Networks<'a> {
    client: &'a Client,
}

/// The functions on one network. Each fails with `NotFound` if it is gone.
#[derive(Clone, Copy, Debug)]
pub struct Network<'a> {
    client: &'a Client,
    id: NetworkId,
}

/// What a new network shall be: a bridge on this machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewNetwork {
    /// Its name.
    pub name: String,
    /// Its labels.
    pub labels: Vec<(String, String)>,
    /// Whether its containers reach nothing but each other, and, unless an option says otherwise, the
    /// machine.
    pub internal: bool,
    /// Options of the driver `bridge`.
    pub options: Vec<(String, String)>,
}

/// What an engine knows of a network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetworkDetails {
    /// The full id.
    pub id: String,
    /// The name.
    pub name: String,
    /// The driver: `bridge`, `host`, `overlay`.
    pub driver: String,
    /// `local`, `swarm`.
    pub scope: String,
    /// Whether its containers reach nothing but each other and perhaps the machine.
    pub internal: bool,
    /// The labels.
    pub labels: Vec<(String, String)>,
    /// The driver's options.
    pub options: Vec<(String, String)>,
    /// The full ids of the containers that run on it. Empty in lists.
    pub containers: Vec<String>,
}

impl<'a> Networks<'a> {
    pub(super) fn new(client: &'a Client) -> Self {
        Self { client }
    }

    /// Makes a network: `POST /networks/create`.
    ///
    /// Fails with `Conflict` if the name is in use, with `Engine` on Podman, and if there is no address
    /// left for it.
    pub async fn create(&self, network: &NewNetwork) -> Result<NetworkId> {
        let body = serde_json::json!({
            "Name": network.name, "Driver": "bridge", "Internal": network.internal,
            "Labels": map(&network.labels), "Options": map(&network.options),
            // Engines before 25 allow two of one name without it.
            "CheckDuplicate": true,
        });
        let request = Request::post("/networks/create").json(body.to_string());
        self.client
            .fetch(request.head_timeout(SLOW), |body| {
                value::<NetworkDetails>(&body)?.network_id()
            })
            .await
    }

    /// Looks a network up by name, id, or the first digits of an id, and tells what it is:
    /// `GET /networks/{id}`.
    ///
    /// Fails with `NotFound` if there is none, with `Invalid` if that can't be a name.
    pub async fn inspect(&self, name: &str) -> Result<NetworkDetails> {
        let request = Request::get("/networks/{id}").segment(name);
        self.client.fetch(request, |body| value(&body)).await
    }

    /// Lists the networks that have all of these labels, `key` or `key=value` each:
    /// `GET /networks`.
    pub async fn list(&self, labels: &[&str]) -> Result<Vec<NetworkDetails>> {
        let request = Request::get("/networks").query("filters", &label_filter(labels));
        self.client.fetch(request, |body| value(&body)).await
    }
}

impl<'a> Network<'a> {
    pub(super) fn new(client: &'a Client, id: NetworkId) -> Self {
        Self { client, id }
    }

    fn at(&self, request: Request) -> Request {
        request.segment(self.id.as_str())
    }

    /// Tells what it is: `GET /networks/{id}`.
    pub async fn inspect(&self) -> Result<NetworkDetails> {
        let request = self.at(Request::get("/networks/{id}"));
        self.client.fetch(request, |body| value(&body)).await
    }

    /// Removes it: `DELETE /networks/{id}`.
    ///
    /// Fails with `Unauthorized` while containers are on it, with `Engine` on Podman.
    pub async fn remove(&self) -> Result<()> {
        let request = self.at(Request::delete("/networks/{id}"));
        self.client.send(request.head_timeout(SLOW)).await
    }

    /// Puts a container on it: `POST /networks/{id}/connect`.
    ///
    /// Fails with `Unauthorized` if it is there already, on some engines with `Engine`.
    pub async fn connect(&self, container: &ContainerId, endpoint: &Endpoint) -> Result<()> {
        let body = serde_json::json!({
            "Container": container.as_str(), "EndpointConfig": endpoint_json(endpoint),
        });
        let request = self.at(Request::post("/networks/{id}/connect"));
        self.client.send(request.json(body.to_string())).await
    }

    /// Takes a container off it: `POST /networks/{id}/disconnect`. With `force`, also one that can't
    /// be asked any more.
    pub async fn disconnect(&self, container: &ContainerId, force: bool) -> Result<()> {
        let body = serde_json::json!({"Container": container.as_str(), "Force": force});
        let request = self.at(Request::post("/networks/{id}/disconnect"));
        self.client.send(request.json(body.to_string())).await
    }
}

impl NetworkDetails {
    /// The full id. Fails with `Protocol` if what the engine gave is none.
    pub fn network_id(&self) -> Result<NetworkId> {
        let id = self.id.parse();
        id.map_err(|_| Error::protocol("the engine's answer has no full id"))
    }

    /// Whether it is the machine's own.
    pub fn is_host(&self) -> bool {
        self.driver == "host"
    }
}

/// Pairs as a JSON object.
pub(super) fn map(pairs: &[(String, String)]) -> serde_json::Value {
    let pair = |(key, value): &(String, String)| (key.clone(), value.clone().into());
    serde_json::Value::Object(pairs.iter().map(pair).collect())
}

impl Record for NetworkDetails {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "Id" => value.put(&mut self.id),
            "Name" => value.put(&mut self.name),
            "Driver" => value.put(&mut self.driver),
            "Scope" => value.put(&mut self.scope),
            "Internal" => value.put(&mut self.internal),
            "Labels" => value.get().map(|Map(labels)| self.labels = labels),
            "Options" => value.get().map(|Map(options)| self.options = options),
            "Containers" => value.get().map(|Map(containers): Map<String, Skipped>| {
                self.containers = containers.into_iter().map(|(id, _)| id).collect();
            }),
            _ => value.skip(),
        }
    }
}
