//! Networks: look up.

use std::rc::Rc;

use crate::bindings::engine::networks as wit;
use crate::error::Result;

/// The engine's networks. Had by [`Docker::networks`](crate::Docker::networks).
#[derive(Clone, Copy, Debug)]
pub struct Networks {
    _private: (),
}

impl Networks {
    pub(crate) const fn new() -> Self {
        Self { _private: () }
    }

    /// Looks a network up by name, id, or the first digits of an id: `GET /networks/{id}`. Needs the grant `networks.get`.
    ///
    /// ```no_run
    /// # async fn f(docker: dockwit::Docker) -> dockwit::Result<()> {
    /// use dockwit::ContainerSpec;
    ///
    /// let shop = docker.networks().get("shop").await?;
    /// let spec = ContainerSpec::new("postgres:16").network(&shop).network_alias(&shop, "db");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `not-found` if there is none, `invalid` if that can't be a name.
    pub async fn get(self, name: impl Into<String>) -> Result<Network> {
        wit::get(name.into()).await.map(Network::new)
    }
}

/// A network that containers are put on. Dropping it does nothing to the network, and clones are free.
#[derive(Clone, Debug)]
pub struct Network {
    handle: Rc<wit::Network>,
}

impl Network {
    pub(crate) fn new(handle: wit::Network) -> Self {
        Self {
            handle: Rc::new(handle),
        }
    }

    pub(crate) fn handle(&self) -> &wit::Network {
        &self.handle
    }

    /// The full id: 64 hexadecimal digits.
    #[must_use]
    pub fn id(&self) -> String {
        self.handle.id()
    }

    /// The name that it had when it was looked up.
    #[must_use]
    pub fn name(&self) -> String {
        self.handle.name()
    }
}
