//! What the command makes of a run's end.

use wasmtime::WasmBacktrace;

use crate::cli::failure::{FAILED, Failure, TRAPPED};
use crate::cli::signals::Signal;
use crate::runtime::{End, Outcome};

/// How many frames of a trap are shown: those nearest to it.
const MAX_FRAMES: usize = 8;

/// The status of the command after a run that was asked to stop by a signal, or not.
pub(super) fn status(outcome: Outcome, asked: Option<Signal>) -> Result<u8, Failure> {
    match outcome.end {
        End::Success => Ok(outcome.exit_status.unwrap_or(0)),
        End::Failure => Ok(outcome.exit_status.unwrap_or(FAILED)),
        End::Trapped(error) => Err(trapped(&error)),
        End::Limit(met) => Err(
            Failure::new(TRAPPED, format!("the plugin was ended: {met}")).hint(format!(
                "raise it by --set {}=..., or in the policy",
                met.key
            )),
        ),
        End::Ended => {
            let status = asked.map_or(FAILED, Signal::status);
            Err(Failure::new(
                status,
                "the plugin didn't stop within its grace period and was ended",
            )
            .hint("a plugin learns of it by `stop_requested()`; --grace gives it more time"))
        }
    }
}

fn trapped(error: &wasmtime::Error) -> Failure {
    let frames = error
        .downcast_ref::<WasmBacktrace>()
        .map(WasmBacktrace::frames);
    let names = frames
        .unwrap_or_default()
        .iter()
        .filter_map(|frame| frame.func_name());
    let frames = names
        .take(MAX_FRAMES)
        .map(|name| format!("at {name}"))
        .collect();
    Failure::new(
        TRAPPED,
        format!("the plugin trapped: {}", error.root_cause()),
    )
    .details(frames)
    .hint("a panic ends like this; what it says stands above")
}
