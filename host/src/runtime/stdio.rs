//! Where a plugin's standard streams lead.

use wasmtime_wasi::cli::{StdinStream, StdoutStream};

/// Where a plugin's standard streams lead.
#[non_exhaustive]
pub enum Stdio {
    /// Nowhere.
    Null,
    /// To those of this process.
    Inherit,
    /// To the embedder's own.
    Custom {
        /// Standard input.
        stdin: Box<dyn StdinStream + Sync>,
        /// Standard output.
        stdout: Box<dyn StdoutStream + Sync>,
        /// Standard error.
        stderr: Box<dyn StdoutStream + Sync>,
    },
}

impl Stdio {
    /// Streams of the embedder's own, such as pipes in memory.
    pub fn custom(
        stdin: impl StdinStream + Sync + 'static,
        stdout: impl StdoutStream + Sync + 'static,
        stderr: impl StdoutStream + Sync + 'static,
    ) -> Self {
        Self::Custom {
            stdin: Box::new(stdin),
            stdout: Box::new(stdout),
            stderr: Box::new(stderr),
        }
    }
}
