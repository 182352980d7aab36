//! The functions of the interface, each the same few steps: the gate, the call, the answer.
//!
//! An embedder keeps a [`DockerCtx`] and a resource table in its store's data, gives them out through [`DockerView`], and
//! calls [`add_to_linker`].

mod containers;
mod convert;
mod ctx;
mod details;
mod error;
mod gate;
mod handles;
mod host_access;
mod kept;
mod networks;
mod record;
mod run;
mod spec;
mod streams;
mod system;
#[cfg(test)]
mod tests;
mod volumes;

use wasmtime::component::{HasData, Linker};

pub use ctx::{DockerCtx, DockerCtxBuilder, DockerCtxView, DockerView, Writes};

mod generated {
    wasmtime::component::bindgen!({
        path: "wit",
        world: "plugin",
        imports: { default: trappable },
        with: {
            "dockwit:engine/containers.container": crate::keeper::Handle,
            "dockwit:engine/containers.container-details": crate::bindings::kept::KeptDetails,
            "dockwit:engine/containers.container-spec": crate::bindings::kept::KeptSpec,
            "dockwit:engine/containers.update-spec": crate::bindings::kept::KeptUpdate,
            "dockwit:engine/networks.network": crate::keeper::NetworkHandle,
            "dockwit:engine/system.system-info": crate::bindings::kept::KeptInfo,
            "dockwit:engine/volumes.volume": crate::api::VolumeName,
        },
        trappable_error_type: {
            "dockwit:engine/types.error" => super::error::DockerError,
        },
    });
}

use generated::dockwit::engine as wit;

/// Tells the linker where in the store's data the implementation finds what it needs.
struct HasDocker;

impl HasData for HasDocker {
    type Data<'a> = DockerCtxView<'a>;
}

/// Adds all interfaces of the package `dockwit:engine` to a linker.
///
/// # Errors
///
/// Fails if the linker has one of them already.
pub fn add_to_linker<T: DockerView + 'static>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    wit::types::add_to_linker::<_, HasDocker>(linker, T::docker)?;
    wit::run::add_to_linker::<_, HasDocker>(linker, T::docker)?;
    wit::system::add_to_linker::<_, HasDocker>(linker, T::docker)?;
    wit::volumes::add_to_linker::<_, HasDocker>(linker, T::docker)?;
    wit::networks::add_to_linker::<_, HasDocker>(linker, T::docker)?;
    wit::containers::add_to_linker::<_, HasDocker>(linker, T::docker)?;
    wit::host_access::add_to_linker::<_, HasDocker>(linker, T::docker)
}
