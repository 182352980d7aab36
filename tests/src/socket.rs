//! Unix sockets of the harness's own, and clients of what listens there.

use std::path::{Path, PathBuf};

use dockwit_host::api::Client;
use dockwit_host::transport::{Address, Transport};
use tokio::net::UnixListener;

/// A Unix socket in a folder that is gone with this.
pub(crate) struct Socket {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

impl Socket {
    /// # Panics
    ///
    /// Panics if there can be no socket.
    pub(crate) fn listen() -> (Self, UnixListener) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("engine.sock");
        let listener = UnixListener::bind(&path).expect("a socket");
        let socket = Self {
            _folder: folder,
            path,
        };
        (socket, listener)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn address(&self) -> Address {
        let address = format!("unix://{}", self.path.display());
        address.parse().expect("an address")
    }

    pub(crate) fn client(&self) -> Client {
        client(self.address())
    }
}

/// A client of whoever listens there.
pub(crate) fn client(address: Address) -> Client {
    Client::new(Transport::builder(address).build().expect("a transport"))
}
