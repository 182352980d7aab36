//! The Docker Engine client for sandboxed WebAssembly plugins.
