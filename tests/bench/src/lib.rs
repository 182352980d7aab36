//! dockwit-bench
