//! dockwit-tests
