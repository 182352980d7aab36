//! What happens where there is no host.

/// Says what is needed where a plugin's function is called outside a plugin; in a plugin it is nothing.
#[inline]
pub(crate) fn needs_host() {
    #[cfg(not(target_family = "wasm"))]
    panic!(
        "the engine is reached from within a plugin only: build for wasm32-wasip2, and run with `dockwit run`"
    );
}

/// What a plugin's plain `main` says to whoever starts it where there is nobody to give it the engine.
#[cfg(not(target_family = "wasm"))]
pub(crate) const EXPLANATION: &str = "this is a dockwit plugin, built for this machine instead of the sandbox.\n\
    Build it:  cargo build --release --target wasm32-wasip2\n\
    Run it:    dockwit run target/wasm32-wasip2/release/NAME.wasm";

/// What a plugin's plain `main` says to whoever starts it where there is nobody to give it the engine.
#[cfg(target_family = "wasm")]
pub(crate) const EXPLANATION: &str = "this is a dockwit plugin: it needs a host that gives it the Docker Engine.\n\
    Run it:    dockwit run FILE";
