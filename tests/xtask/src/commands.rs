//! One module for each task.

pub mod engine;
pub mod plugins;
