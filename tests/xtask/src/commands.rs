//! One module for each task.

pub mod bench;
pub mod demo;
pub mod engine;
pub mod plugins;
pub mod test;
