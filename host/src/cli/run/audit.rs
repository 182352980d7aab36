//! Where the audit of a run goes.

use std::path::Path;
use std::sync::Arc;

use crate::cli::failure::{Failure, NOT_STARTED};
use crate::cli::output;
use crate::policy::audit::{AuditFile, AuditSink};

/// What stands for standard error.
const STANDARD_ERROR: &str = "-";

/// The file of `--audit`, or standard error.
pub(super) fn sink(place: &Path) -> Result<Arc<dyn AuditSink>, Failure> {
    if place.as_os_str() == STANDARD_ERROR {
        let sink = output::audit().map_err(|error| Failure::of(NOT_STARTED, &error))?;
        return Ok(Arc::new(sink));
    }
    match AuditFile::open(place) {
        Ok(file) => Ok(Arc::new(file)),
        Err(error) => {
            let message = format!("the audit can't go to {}: {error}", place.display());
            Err(Failure::new(NOT_STARTED, message))
        }
    }
}
