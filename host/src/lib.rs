//! Gives WebAssembly plugins the Docker Engine API under a capability policy.
