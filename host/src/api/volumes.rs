//! Volumes: create, look up, list, remove.

use super::containers::Driver;
use super::ids::VolumeName;
use super::json::{Map, Record, Source, value};
use super::networks::map;
use super::{Client, Error, Result, SLOW, label_filter};
use crate::transport::{ApiVersion, Request};

/// The functions on volumes in general.
#[derive(Clone, Copy, Debug)]
pub struct Volumes<'a> {
    client: &'a Client,
}

/// The functions on one volume. Each fails with `NotFound` if it is gone.
///
/// A volume has no id: whoever makes one of the same name later has made this one.
#[derive(Clone, Copy, Debug)]
pub struct Volume<'a> {
    client: &'a Client,
    name: &'a VolumeName,
}

/// What an engine knows of a volume.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VolumeDetails {
    /// The name.
    pub name: String,
    /// The driver.
    pub driver: String,
    /// Where it is on the machine.
    pub mountpoint: String,
    /// `local`, `global`.
    pub scope: String,
    /// The labels.
    pub labels: Vec<(String, String)>,
    /// The driver's options.
    pub options: Vec<(String, String)>,
}

impl<'a> Volumes<'a> {
    pub(super) fn new(client: &'a Client) -> Self {
        Self { client }
    }

    /// Makes a volume by the driver `local`: `POST /volumes/create`.
    ///
    /// **A success may be another's volume**: if there is one of that name, engines give that one,
    /// with the labels that it has: compare them.
    pub async fn create(
        &self,
        name: &VolumeName,
        labels: &[(String, String)],
    ) -> Result<VolumeDetails> {
        let local = Driver {
            name: "local".to_owned(),
            options: Vec::new(),
        };
        self.create_by(&local, name, labels).await
    }

    /// As [`create`](Self::create), by a driver with options.
    pub async fn create_by(
        &self,
        driver: &Driver,
        name: &VolumeName,
        labels: &[(String, String)],
    ) -> Result<VolumeDetails> {
        let mut body = serde_json::json!({
            "Name": name.as_str(), "Driver": driver.name, "Labels": map(labels),
        });
        if !driver.options.is_empty() {
            body["DriverOpts"] = map(&driver.options);
        }
        let request = Request::post("/volumes/create").json(body.to_string());
        self.client
            .fetch(request.head_timeout(SLOW), |body| value(&body))
            .await
    }

    /// Looks a volume up by its name: `GET /volumes/{name}`.
    ///
    /// Fails with `NotFound` if there is none, with `Invalid` if that can't be a name.
    pub async fn get(&self, name: &str) -> Result<VolumeName> {
        let name: VolumeName = name.parse()?;
        let found = Volume::new(self.client, &name).inspect().await?;
        // Podman is content with the first letters of a name.
        match found.name == name.as_str() {
            true => Ok(name),
            false => Err(Error::not_found(format!("no such volume: {name}"))),
        }
    }

    /// Lists the volumes that have all of these labels, `key` or `key=value` each: `GET /volumes`.
    pub async fn list(&self, labels: &[&str]) -> Result<Vec<VolumeDetails>> {
        let request = Request::get("/volumes").query("filters", &label_filter(labels));
        self.client
            .fetch(request, |body| Ok(value::<List>(&body)?.volumes))
            .await
    }
}

/// From when on an engine is asked for volumes alone.
const ONLY_VOLUMES: ApiVersion = ApiVersion::new(1, 42);

/// From when on single volumes are told of only who asks for them.
const VERBOSE: ApiVersion = ApiVersion::new(1, 52);

impl Volumes<'_> {
    /// Measures what the volumes of the driver `local` take of the disk, in bytes: `GET /system/df`. What can't be measured is left
    /// out. It takes the engine a while.
    ///
    /// Fails with `Engine` or `Conflict` on engines that measure for somebody else already.
    pub async fn sizes(&self) -> Result<Vec<(String, u64)>> {
        let version = self.client.api_version().await?;
        let mut request = Request::get("/system/df").head_timeout(SLOW);
        if version >= ONLY_VOLUMES {
            request = request.query("type", "volume");
        }
        if version >= VERBOSE {
            request = request.query("verbose", "1");
        }
        let usage = self.client.fetch(request, |body| value::<Usage>(&body));
        let Usage { volumes } = usage.await?;
        let size = |used: Used| Some((used.name, u64::try_from(used.data.size).ok()?));
        Ok(volumes.into_iter().filter_map(size).collect())
    }
}

impl<'a> Volume<'a> {
    pub(super) fn new(client: &'a Client, name: &'a VolumeName) -> Self {
        Self { client, name }
    }

    /// Tells what it is: `GET /volumes/{name}`.
    pub async fn inspect(&self) -> Result<VolumeDetails> {
        let request = Request::get("/volumes/{name}").segment(self.name.as_str());
        self.client.fetch(request, |body| value(&body)).await
    }

    /// Removes it: `DELETE /volumes/{name}`.
    ///
    /// Fails with `Conflict` while a container has it.
    pub async fn remove(&self) -> Result<()> {
        let request = Request::delete("/volumes/{name}").segment(self.name.as_str());
        self.client.send(request.head_timeout(SLOW)).await
    }
}

#[derive(Default)]
struct List {
    volumes: Vec<VolumeDetails>,
}

impl Record for List {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "Volumes" => value.put(&mut self.volumes),
            _ => value.skip(),
        }
    }
}

/// What volumes take of the disk.
#[derive(Default)]
struct Usage {
    volumes: Vec<Used>,
}

impl Record for Usage {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "Volumes" => value
                .get()
                .map(|volumes: Vec<Used>| self.volumes.extend(volumes)),
            "VolumeUsage" => value
                .get()
                .map(|Items(volumes)| self.volumes.extend(volumes)),
            _ => value.skip(),
        }
    }

    fn complete(&mut self) {
        // Engines of one version tell them in both places.
        self.volumes.sort_by(|one, other| one.name.cmp(&other.name));
        self.volumes.dedup_by(|one, other| one.name == other.name);
    }
}

#[derive(Default)]
struct Items(Vec<Used>);

impl Record for Items {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "Items" => value.put(&mut self.0),
            _ => value.skip(),
        }
    }
}

#[derive(Default)]
struct Used {
    name: String,
    data: UsageData,
}

impl Record for Used {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "Name" => value.put(&mut self.name),
            "UsageData" => value.put(&mut self.data),
            _ => value.skip(),
        }
    }
}

struct UsageData {
    size: i64,
}

impl Default for UsageData {
    fn default() -> Self {
        // So engines say that it isn't known.
        Self { size: -1 }
    }
}

impl Record for UsageData {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "Size" => value.put(&mut self.size),
            _ => value.skip(),
        }
    }
}

impl Record for VolumeDetails {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "Name" => value.put(&mut self.name),
            "Driver" => value.put(&mut self.driver),
            "Mountpoint" => value.put(&mut self.mountpoint),
            "Scope" => value.put(&mut self.scope),
            "Labels" => value.get().map(|Map(labels)| self.labels = labels),
            "Options" => value.get().map(|Map(options)| self.options = options),
            _ => value.skip(),
        }
    }
}
