//! The attribute macro of the crate `dockwit`.
