//! Where the ledger is.

use std::path::{Path, PathBuf};

use directories::ProjectDirs;

use crate::cli::failure::{Failure, NOT_STARTED};
use crate::policy::ledger::Ledger;

/// Opens the ledger in the folder that was named, or in the user's own.
pub(super) fn open(named: Option<&Path>) -> Result<Ledger, Failure> {
    open_in(&folder(named)?)
}

/// The same, to be looked at: where there is none, an empty one that is below another folder.
pub(super) fn open_to_look(named: Option<&Path>, instead: &Path) -> Result<Ledger, Failure> {
    let folder = folder(named)?;
    match folder.exists() {
        true => open_in(&folder),
        false => open_in(&instead.join("none")),
    }
}

fn open_in(folder: &Path) -> Result<Ledger, Failure> {
    Ledger::open(folder).map_err(|error| Failure::of(NOT_STARTED, &error))
}

fn folder(named: Option<&Path>) -> Result<PathBuf, Failure> {
    match named {
        Some(folder) => Ok(folder.to_owned()),
        None => own().ok_or_else(|| {
            let message = "there is no home to keep the ledger in, of what plugins made";
            Failure::new(NOT_STARTED, message).hint("set HOME, or name a folder by --ledger")
        }),
    }
}

/// The folder of the user's own.
pub(super) fn own() -> Option<PathBuf> {
    let places = ProjectDirs::from("", "", "dockwit")?;
    Some(places.data_local_dir().join("ledger"))
}
