//! The command `dockwit`.

fn main() {}
