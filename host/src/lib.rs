//! Gives WebAssembly plugins the Docker Engine API under a capability policy, instead of the Docker socket.
//!
//! A plugin is a component that imports functions of the WIT package `dockwit:engine`, in Rust by the crate `dockwit`. This
//! crate performs them against an engine, each one only if the run was granted it. It is used in one of three ways:
//!
//! - **[`runtime`]** loads and runs plugins: for a program that wants to have plugins and no more to do with Wasmtime.
//! - **[`bindings`]** adds the functions to a linker of one's own: for a program that runs components already.
//! - **[`api`]** is the engine's client that both stand on, a good one natively, too.
//!
//! The command `dockwit` is the first of these, behind the feature `cli`; a library leaves it out by
//! `default-features = false`.
//!
//! # Example
//!
//! The second way, whole:
//!
//! ```no_run
#![doc = include_str!("../examples/embed.rs")]
//! ```

#![deny(unsafe_code)]

pub mod api;
pub mod bindings;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod cli;
pub mod keeper;
pub mod policy;
pub mod runtime;
pub mod transport;
