//! What needs a real engine or a built plugin. `cargo xtask test` runs it, once for each engine.

mod wit;
