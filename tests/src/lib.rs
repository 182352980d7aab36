//! The harness of the suite: a real engine, plugins that are run against it, and what stands between the two.

pub mod engine;
pub mod plugin;
pub mod proxy;
pub mod scripted;
