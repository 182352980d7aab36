//! A component's file.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::failure::Failure;
use crate::runtime::{ImportError, Imports, MAX_COMPONENT};

/// Reads a component whole, once, through one descriptor: the bytes that are looked at are the bytes that are run.
pub(super) fn read(path: &Path, status: u8) -> Result<Vec<u8>, Failure> {
    let name = path.display();
    let bytes = read_bounded(path).map_err(|error| {
        let failure = Failure::new(status, format!("{name} can't be read: {error}"));
        match error.kind() {
            io::ErrorKind::NotFound => failure
                .hint("name the file of a plugin, such as target/wasm32-wasip2/release/NAME.wasm"),
            _ => failure,
        }
    })?;
    if bytes.len() > MAX_COMPONENT {
        let message = format!("{name} is too big: a component has {MAX_COMPONENT} bytes at most");
        return Err(Failure::new(status, message));
    }
    Ok(bytes)
}

fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    let size = usize::try_from(file.metadata()?.len()).unwrap_or(MAX_COMPONENT);
    let mut bytes = Vec::with_capacity(size.min(MAX_COMPONENT) + 1);
    file.take(MAX_COMPONENT as u64 + 1)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What a component asks for.
pub(super) fn imports(component: &[u8], status: u8) -> Result<Imports, Failure> {
    Imports::read(component).map_err(|error| {
        let failure = Failure::of(status, &error);
        match error {
            ImportError::NotWasm => {
                failure.hint("name the file that `cargo build --target wasm32-wasip2` makes")
            }
            _ => failure,
        }
    })
}
