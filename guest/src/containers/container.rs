//! One container.

use std::rc::Rc;

use super::{
    FilesystemChange, HostBinding, Inspect, InspectJson, Kill, Logs, ProcessList, Protocol, Remove,
    Restart, Start, Stats, Stop, UpdateSpec, WaitCall,
};
use crate::bindings::engine::containers as wit;
use crate::error::Result;

/// A container. It stands for this one container, whatever names come to be given to others; dropping it does nothing to
/// the container, and clones are free.
///
/// Functions with options give a call that can be refined before it is awaited:
///
/// ```no_run
/// # async fn f(web: dockwit::Container) -> dockwit::Result<()> {
/// use std::time::Duration;
///
/// web.start().await?;
/// web.stop().timeout(Duration::from_secs(2)).signal("INT").await?;
/// # Ok(())
/// # }
/// ```
///
/// Nothing is sent before the call is awaited, and several can be awaited together:
///
/// ```no_run
/// # async fn f(web: dockwit::Container, db: dockwit::Container) -> dockwit::Result<()> {
/// dockwit::try_join!(web.restart(), db.restart())?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Every function fails with `denied` if the policy doesn't allow it, `not-found` if the container is gone, `unavailable` if
/// no engine can be reached, `timeout` if it doesn't answer in time, `engine` if it fails. What else can go wrong stands
/// with the function. What its state forbids is `conflict`, and on Podman `engine`.
#[derive(Clone, Debug)]
pub struct Container {
    handle: Rc<wit::Container>,
}

impl Container {
    pub(crate) fn new(handle: wit::Container) -> Self {
        Self {
            handle: Rc::new(handle),
        }
    }

    pub(crate) fn handle(&self) -> &wit::Container {
        &self.handle
    }

    /// The full id: 64 hexadecimal digits. The engine isn't asked, and no grant is needed.
    #[must_use]
    pub fn id(&self) -> String {
        self.handle.id()
    }

    /// Asks for all that the engine knows of it: `GET /containers/{id}/json`. Needs the grant `container.inspect`.
    ///
    /// ```no_run
    /// # async fn f(web: dockwit::Container) -> dockwit::Result<()> {
    /// let details = web.inspect().await?;
    /// println!("{}: {}", details.identity()?.name, details.state()?.status);
    /// # Ok(())
    /// # }
    /// ```
    pub fn inspect(&self) -> Inspect {
        Inspect::new(self)
    }

    /// The same as the engine's own JSON, for what has no type here. Needs the grant `container.inspect-json`.
    pub fn inspect_json(&self) -> InspectJson {
        InspectJson::new(self)
    }

    /// Starts it: `POST /containers/{id}/start`. A success if it runs already. Needs the grant `container.start`.
    ///
    /// # Errors
    /// `conflict` if it is paused, `engine` or `invalid` if its program can't be run.
    pub fn start(&self) -> Start {
        Start::new(self)
    }

    /// Stops it, and kills it if that takes too long: `POST /containers/{id}/stop`. A success if it doesn't run. Needs the
    /// grant `container.stop`.
    pub fn stop(&self) -> Stop {
        Stop::new(self)
    }

    /// Stops and starts it: `POST /containers/{id}/restart`. Needs the grant `container.restart`.
    pub fn restart(&self) -> Restart {
        Restart::new(self)
    }

    /// Sends a signal to its first process, by default SIGKILL: `POST /containers/{id}/kill`. Needs the grant
    /// `container.kill`.
    ///
    /// # Errors
    /// `conflict` if it doesn't run, `invalid` if there is no such signal.
    pub fn kill(&self) -> Kill {
        Kill::new(self)
    }

    /// Freezes its processes: `POST /containers/{id}/pause`. Needs the grant `container.pause`.
    ///
    /// # Errors
    /// `conflict` if it doesn't run or is paused already.
    pub async fn pause(&self) -> Result<()> {
        self.handle.pause().await
    }

    /// Lets its processes go on: `POST /containers/{id}/unpause`. Needs the grant `container.unpause`.
    ///
    /// # Errors
    /// `engine` or `conflict`, depending on the engine, if it isn't paused.
    pub async fn unpause(&self) -> Result<()> {
        self.handle.unpause().await
    }

    /// Gives it another name: `POST /containers/{id}/rename`. Needs the grant `container.rename`.
    ///
    /// # Errors
    /// `conflict` if the name is in use, `invalid` if it is none or its own.
    pub async fn rename(&self, name: impl Into<String>) -> Result<()> {
        self.handle.rename(name.into()).await
    }

    /// Removes it: `DELETE /containers/{id}`. Needs the grant `container.remove`.
    ///
    /// # Errors
    /// `conflict` if it runs and isn't forced, or is being removed.
    pub fn remove(&self) -> Remove {
        Remove::new(self)
    }

    /// Waits for it: `POST /containers/{id}/wait`. Needs the grant `container.wait`.
    ///
    /// The call is over when the engine has begun to wait, and gives what to await for the end. So nothing is missed if
    /// it is made before the start:
    ///
    /// ```no_run
    /// # async fn f(job: dockwit::Container) -> dockwit::Result<()> {
    /// let wait = job.wait().next_exit().await?;
    /// job.start().await?;
    /// let exit = wait.await?;
    /// println!("it ended with {}", exit.status_code);
    /// # Ok(())
    /// # }
    /// ```
    pub fn wait(&self) -> WaitCall {
        WaitCall::new(self)
    }

    /// Reads its logs, by default all there are, of both streams: `GET /containers/{id}/logs`. Needs the grant
    /// `container.logs`.
    ///
    /// ```no_run
    /// # async fn f(web: dockwit::Container) -> dockwit::Result<()> {
    /// use dockwit::TryStreamExt;
    ///
    /// let mut lines = web.logs().follow().tail(10).await?.lines();
    /// while let Some(line) = lines.try_next().await? {
    ///     println!("{line}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Podman before 5 answers who follows when there is something to tell.
    ///
    /// # Errors
    /// `invalid` if neither stream is asked for, `unsupported` (on Podman `engine`) if its log driver can't be read.
    pub fn logs(&self) -> Logs {
        Logs::new(self)
    }

    /// Lists its processes: `GET /containers/{id}/top`. Needs the grant `container.top`.
    ///
    /// # Errors
    /// `conflict` or `engine`, depending on the engine, if it doesn't run. Podman before 5 has no processes to list then.
    pub async fn top(&self) -> Result<ProcessList> {
        self.handle.top().await
    }

    /// Lists the paths that differ from its image: `GET /containers/{id}/changes`. Needs the grant `container.changes`.
    ///
    /// # Errors
    /// On Podman `engine`, not `not-found`, if the container is gone.
    pub async fn changes(&self) -> Result<Vec<FilesystemChange>> {
        self.handle.changes().await
    }

    /// Reads what it uses, once or, by [`stream`](Stats::stream), about once a second: `GET /containers/{id}/stats`. Needs
    /// the grant `container.stats`, for a stream `container.stats-stream`.
    ///
    /// ```no_run
    /// # async fn f(web: dockwit::Container) -> dockwit::Result<()> {
    /// use dockwit::TryStreamExt;
    ///
    /// let once = web.stats().await?;
    /// println!("{} bytes, {:.1} % CPU", once.memory.used(), once.cpu_percent());
    ///
    /// let mut samples = web.stats().stream().await?;
    /// while let Some(sample) = samples.try_next().await? {
    ///     println!("{} processes", sample.pids);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn stats(&self) -> Stats {
        Stats::new(self)
    }

    /// Sets the size of its terminal, in characters: `POST /containers/{id}/resize`. Needs the grant `container.resize`.
    ///
    /// # Errors
    /// `conflict` or `engine`, depending on the engine, if it doesn't run.
    pub async fn resize(&self, height: u32, width: u32) -> Result<()> {
        self.handle.resize(height, width).await
    }

    /// Changes its limits and restart policy, and gives what the engine warns of: `POST /containers/{id}/update`. Needs the
    /// grant `container.update`.
    ///
    /// ```no_run
    /// # async fn f(web: dockwit::Container) -> dockwit::Result<()> {
    /// use dockwit::UpdateSpec;
    ///
    /// web.update(&UpdateSpec::new().memory("256m").memory_swap("512m")).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `invalid` if a value is impossible, `engine` or `conflict` where the engine finds it so, `not-found` on Podman before 5, which can't
    /// do it. Podman overlooks processors and impossible values, and forgets a restart policy that isn't set again.
    pub async fn update(&self, spec: &UpdateSpec) -> Result<Vec<String>> {
        self.handle.update(spec.usable("container.update")?).await
    }

    /// Where one of its ports is published, the first of TCP, UDP and SCTP that is; empty if none is:
    /// `GET /containers/{id}/json`. Needs the grant `container.port`.
    pub async fn port(&self, port: u16) -> Result<Vec<HostBinding>> {
        self.handle.port(port, None).await
    }

    /// Where one of its ports is published with one protocol; empty if it isn't. Needs the grant `container.port`.
    pub async fn port_of(&self, port: u16, protocol: Protocol) -> Result<Vec<HostBinding>> {
        self.handle.port(port, Some(protocol)).await
    }
}
