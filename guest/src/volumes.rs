//! Volumes: look up.

use std::rc::Rc;

use crate::bindings::engine::volumes as wit;
use crate::error::Result;

/// The engine's volumes. Had by [`Docker::volumes`](crate::Docker::volumes).
#[derive(Clone, Copy, Debug)]
pub struct Volumes {
    _private: (),
}

impl Volumes {
    pub(crate) const fn new() -> Self {
        Self { _private: () }
    }

    /// Looks a volume up by its name: `GET /volumes/{name}`. Needs the grant `volumes.get`.
    ///
    /// ```no_run
    /// # async fn f(docker: dockwit::Docker) -> dockwit::Result<()> {
    /// use dockwit::ContainerSpec;
    ///
    /// let data = docker.volumes().get("data").await?;
    /// let spec = ContainerSpec::new("postgres:16").mount((&data, "/var/lib/postgresql/data"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `not-found` if there is none, `invalid` if that can't be a name.
    pub async fn get(self, name: impl Into<String>) -> Result<Volume> {
        wit::get(name.into()).await.map(Volume::new)
    }
}

/// A volume: files that outlive the containers in which they are mounted. Dropping it does nothing to the volume, and clones
/// are free.
///
/// Engines know a volume by its name alone: whoever makes one of the same name after this one is gone has made this one.
#[derive(Clone, Debug)]
pub struct Volume {
    handle: Rc<wit::Volume>,
}

impl Volume {
    pub(crate) fn new(handle: wit::Volume) -> Self {
        Self {
            handle: Rc::new(handle),
        }
    }

    pub(crate) fn handle(&self) -> &wit::Volume {
        &self.handle
    }

    /// The id: its whole name at the engine, as mounts of containers tell it.
    #[must_use]
    pub fn id(&self) -> String {
        self.handle.id()
    }

    /// The name by which it is looked up.
    #[must_use]
    pub fn name(&self) -> String {
        self.handle.name()
    }
}
