//! What was asked, what was decided and what came of it: one JSON line a call.
//!
//! A line never holds the value of a variable, an argument of a command, the content of a file, a header or a query: an
//! endpoint is told by its template, an object by its full id. It has at most [`MAX_LINE`] bytes, in which what came from
//! elsewhere is escaped and cut.
//!
//! - A **read** is one line, `call`, when it ends, also when the plugin has given it up.
//! - A **write** is two: `announced` before it is sent, `call` when it is finished, whatever has become of the plugin. If the
//!   first can't be written, the write is refused.
//! - A **stream** or a wait is two: `opened` and `closed`.
//! - **Refusals** are one each, `refused`; equal ones in a row are one with a count, written when something else comes, at the
//!   end, or after a second.
//! - What the **host** stops by itself, since a limit is met, is one: `stopped`.
//! - The **run** itself has `begin` and `end`. If the first can't be written, it isn't begun.
//!
//! Reads go on though their lines can't be written. Each line that is missing leaves a gap in the sequence, and `end` tells how
//! many there are. Lines are handed to the operating system, not forced to a disk.

mod line;
mod recorder;
mod refusals;
mod replay;
mod sink;
#[cfg(test)]
mod tests;

pub use line::{Decision, Ended, MAX_LINE, Object, Outcome, schema};
pub use recorder::{Audit, Finished, Identity};
pub use refusals::Refusal;
pub use replay::{Differing, Replay, ReplayError, Replayed};
pub use sink::{AuditFile, AuditSink};
pub(crate) use {
    line::Exchange,
    recorder::{Observer, Phase, Stopped, WeakAudit},
};
