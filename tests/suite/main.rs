//! What needs a real engine or a built plugin. `cargo xtask test` runs it, once for each engine.

mod cases;
mod containers_create;
mod containers_get;
mod containers_list;
mod system;
mod wit;
