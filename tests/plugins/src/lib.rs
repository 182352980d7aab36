//! dockwit-test-plugins
