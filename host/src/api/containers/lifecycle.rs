//! What can be done with containers.

use std::time::Duration;

use super::inspect::{Named, id_of};
use super::spec::{ContainerSpec, UpdateSpec, signal};
use super::types::{RemoveOptions, StartOptions, StopOptions};
use super::{Container, Containers};
use crate::api::json::value;
use crate::api::{ContainerId, Error, Result, SLOW};
use crate::transport::{ApiVersion, HeadTimeout, Request};

/// From when on a stop can be told its signal.
const STOP_SIGNAL: ApiVersion = ApiVersion::new(1, 42);

/// How much longer than usual a stop may take where the container itself says how long it has,
/// which isn't known here.
const UNKNOWN_GRACE: Duration = Duration::from_secs(600);

/// A container that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreatedContainer {
    /// Its full id.
    pub id: ContainerId,
    /// What the engine warned of.
    pub warnings: Vec<String>,
}

impl Containers<'_> {
    /// Makes a container, and doesn't start it: `POST /containers/create`.
    ///
    /// Fails with `Invalid` if a value is impossible, with `Unsupported` if this engine would
    /// overlook an option (a start interval before Engine 25, a console size before Engine 23);
    /// both have the setter as their field, and nothing was sent. Fails with `NotFound` if the
    /// engine doesn't have the image, with `Conflict` if the name is in use. Podman answers some
    /// impossible values, and a name in use, with `Engine`.
    pub async fn create(&self, spec: &ContainerSpec) -> Result<CreatedContainer> {
        spec.check()?;
        let request = spec.request(self.client.api_version().await?)?;
        self.client
            .fetch(request.head_timeout(SLOW), |body| {
                let named = value::<Named>(&body)?;
                Ok(CreatedContainer {
                    id: id_of(&named.id)?,
                    warnings: named.warnings,
                })
            })
            .await
    }
}

impl Container<'_> {
    /// Starts it: `POST /containers/{id}/start`. A success if it runs already.
    ///
    /// Fails with `Conflict` if it is paused, with `Invalid` or `Engine` if its program can't be
    /// run.
    pub async fn start(&self, options: &StartOptions) -> Result<()> {
        let mut request = self
            .at(Request::post("/containers/{id}/start"))
            .head_timeout(SLOW);
        if let Some(keys) = &options.detach_keys {
            request = request.query("detachKeys", keys);
        }
        self.client.send(request).await
    }

    /// Stops it, and kills it if that takes too long: `POST /containers/{id}/stop`. A success if it
    /// doesn't run.
    ///
    /// Fails with `Unsupported` for a signal before API 1.42, without sending anything. A signal
    /// that there isn't is `Engine` on newer engines.
    pub async fn stop(&self, options: &StopOptions) -> Result<()> {
        self.stop_by(Request::post("/containers/{id}/stop"), options)
            .await
    }

    /// Stops and starts it: `POST /containers/{id}/restart`.
    pub async fn restart(&self, options: &StopOptions) -> Result<()> {
        self.stop_by(Request::post("/containers/{id}/restart"), options)
            .await
    }

    async fn stop_by(&self, request: Request, options: &StopOptions) -> Result<()> {
        let mut request = self.at(request).head_timeout(grace(options.timeout)?);
        if let Some(seconds) = options.timeout {
            request = request.query("t", &seconds.to_string());
        }
        if let Some(name) = &options.signal {
            let name = signal(name).map_err(|message| Error::invalid("signal", message))?;
            if self.client.api_version().await? < STOP_SIGNAL {
                return Err(Error::too_old("signal", "a signal of its own", STOP_SIGNAL));
            }
            request = request.query("signal", &name);
        }
        self.client.send(request).await
    }

    /// Sends a signal to its first process: `POST /containers/{id}/kill`. None: SIGKILL. By name,
    /// with or without `SIG`, or by number.
    ///
    /// Fails with `Conflict` if it doesn't run, with `Invalid` if there is no such signal.
    pub async fn kill(&self, name: Option<&str>) -> Result<()> {
        let mut request = self.at(Request::post("/containers/{id}/kill"));
        if let Some(name) = name {
            let name = signal(name).map_err(|message| Error::invalid("signal", message))?;
            request = request.query("signal", &name);
        }
        self.client.send(request).await
    }

    /// Freezes its processes: `POST /containers/{id}/pause`.
    ///
    /// Fails with `Conflict` if it doesn't run or is paused already; with `Engine` on Podman.
    pub async fn pause(&self) -> Result<()> {
        self.client
            .send(self.at(Request::post("/containers/{id}/pause")))
            .await
    }

    /// Lets its processes go on: `POST /containers/{id}/unpause`.
    ///
    /// Fails with `Engine` or `Conflict`, depending on the engine, if it isn't paused.
    pub async fn unpause(&self) -> Result<()> {
        self.client
            .send(self.at(Request::post("/containers/{id}/unpause")))
            .await
    }

    /// Gives it another name: `POST /containers/{id}/rename`.
    ///
    /// Fails with `Conflict` if the name is in use, with `Invalid` if it is none or its own.
    pub async fn rename(&self, name: &str) -> Result<()> {
        let request = self.at(Request::post("/containers/{id}/rename"));
        self.client.send(request.query("name", name)).await
    }

    /// Removes it: `DELETE /containers/{id}`.
    ///
    /// Fails with `Conflict` if it runs and isn't forced, or is being removed.
    pub async fn remove(&self, options: &RemoveOptions) -> Result<()> {
        let mut request = self
            .at(Request::delete("/containers/{id}"))
            .head_timeout(SLOW);
        if options.force {
            request = request.query("force", "1");
        }
        if options.volumes {
            request = request.query("v", "1");
        }
        self.client.send(request).await
    }

    /// Sets the size of its terminal, in characters: `POST /containers/{id}/resize`.
    ///
    /// Fails with `Conflict` or `Engine`, depending on the engine, if it doesn't run.
    pub async fn resize(&self, height: u32, width: u32) -> Result<()> {
        let request = self
            .at(Request::post("/containers/{id}/resize"))
            .query("h", &height.to_string())
            .query("w", &width.to_string());
        self.client.send(request).await
    }

    /// Changes its limits and restart policy: `POST /containers/{id}/update`. Gives the engine's
    /// warnings.
    ///
    /// Fails with `Invalid` if a value is impossible, and then, if it has a field, nothing was
    /// sent. Podman before 5 doesn't have the function, and answers `NotFound`.
    pub async fn update(&self, spec: &UpdateSpec) -> Result<Vec<String>> {
        let request = self
            .at(Request::post("/containers/{id}/update"))
            .json(spec.body()?);
        self.client
            .fetch(request, |body| Ok(value::<Named>(&body)?.warnings))
            .await
    }
}

/// How long the engine may take to stop a container that has so many seconds for it.
fn grace(seconds: Option<i32>) -> Result<HeadTimeout> {
    match seconds {
        None => Ok(HeadTimeout::Extended(UNKNOWN_GRACE)),
        Some(-1) => Ok(HeadTimeout::Never),
        Some(seconds) => match u64::try_from(seconds) {
            Ok(seconds) => Ok(HeadTimeout::Extended(Duration::from_secs(seconds))),
            Err(_) => Err(Error::invalid("timeout", format!("{seconds} is below -1"))),
        },
    }
}
