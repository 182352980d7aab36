//! What needs a real engine or a built plugin. `cargo xtask test` runs it, once for each engine.

mod audit;
mod cases;
mod command;
mod container_details;
mod container_inside;
mod container_lifecycle;
mod container_logs;
mod container_stats;
mod container_update;
mod container_wait;
mod containers_create;
mod containers_get;
mod containers_list;
mod dropped;
mod failures;
mod gate;
mod guest_runtime;
mod imports;
mod limits;
mod secrets;
mod system;
mod wit;
mod writes;
