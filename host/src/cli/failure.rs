//! How the command fails: one line that says why, one that says what to do, and a status.

use std::error::Error;
use std::process::ExitCode;

use super::{output, text};

/// The status of a command that failed.
pub(super) const FAILED: u8 = 1;

/// The status of a command that was called wrongly.
pub(super) const USAGE: u8 = 2;

/// The status of a run that could not be started, as with `docker run`.
pub(super) const NOT_STARTED: u8 = 125;

/// The status after a trap: that of a process that aborts.
pub(super) const TRAPPED: u8 = 134;

/// Why the command ends without success.
#[derive(Debug)]
pub(super) struct Failure {
    status: u8,
    message: String,
    details: Vec<String>,
    hint: Option<String>,
}

impl Failure {
    /// A failure with a message in lowercase, without an end.
    pub(super) fn new(status: u8, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            details: Vec::new(),
            hint: None,
        }
    }

    /// A failure with the message of an error and of those behind it.
    pub(super) fn of(status: u8, error: &dyn Error) -> Self {
        Self::new(status, chain(error))
    }

    /// The same, with another status.
    pub(super) fn status(self, status: u8) -> Self {
        Self { status, ..self }
    }

    /// Adds what to do next.
    pub(super) fn hint(self, hint: impl Into<String>) -> Self {
        Self {
            hint: Some(hint.into()),
            ..self
        }
    }

    /// Adds lines that tell more, between message and hint.
    pub(super) fn details(self, details: Vec<String>) -> Self {
        Self { details, ..self }
    }

    /// Writes it to standard error, and gives its status.
    pub(super) fn report(&self) -> ExitCode {
        output::tell(&self.render());
        ExitCode::from(self.status)
    }

    fn render(&self) -> String {
        let mut lines = vec![format!("error: {}", text::escape(&self.message))];
        lines.extend(
            self.details
                .iter()
                .map(|line| format!("  {}", text::escape(line))),
        );
        lines.extend(
            self.hint
                .iter()
                .map(|hint| format!("hint: {}", text::escape(hint))),
        );
        lines.push(String::new());
        lines.join("\n")
    }
}

/// The messages of an error and of those behind it, in one line.
pub(super) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let message = error.to_string();
        if !text.ends_with(&message) {
            text.push_str(": ");
            text.push_str(&message);
        }
        source = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn a_failure_is_told_in_a_line_and_a_hint() {
        let failure = Failure::new(1, "no such file").hint("name another");
        assert_eq!(
            failure.render(),
            "error: no such file\nhint: name another\n"
        );
    }

    #[test]
    fn what_comes_from_elsewhere_cannot_forge_lines_or_drive_the_terminal() {
        let failure = Failure::new(1, "bad\nhint: \u{1b}[2J").details(vec!["a\rb".into()]);
        assert_eq!(failure.render(), "error: bad\\nhint: \\u{1b}[2J\n  a\\rb\n");
    }

    #[test]
    fn the_errors_behind_an_error_are_told_once_each() {
        let inner = io::Error::other("the disk is full");
        let outer = Outer(inner);
        assert_eq!(chain(&outer), "it can't be written: the disk is full");
    }

    #[derive(Debug, thiserror::Error)]
    #[error("it can't be written")]
    struct Outer(#[source] io::Error);
}
