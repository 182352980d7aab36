//! The steps of a run of the tests, and the table of them at its end.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::process::Interrupted;
use crate::progress::{say, time};

/// How a step ended that could be performed at all.
#[derive(Clone, Debug, Default)]
pub struct Passed {
    /// What the table says of it besides.
    pub note: String,
    /// The summaries that the test programs printed.
    pub summaries: Vec<String>,
}

/// What was done, how long it took, and what came of it.
#[derive(Debug)]
struct Row {
    step: String,
    took: Duration,
    outcome: String,
    failed: bool,
    summaries: Vec<String>,
}

/// The steps so far.
#[derive(Debug, Default)]
pub struct Report {
    rows: Vec<Row>,
}

impl Report {
    /// Performs a step; a failure is said and noted, and only an interruption ends the run. What the
    /// step returns is there if it passed.
    pub fn step<T>(
        &mut self,
        step: &str,
        perform: impl FnOnce() -> Result<T>,
    ) -> Result<Option<T>> {
        let begun = Instant::now();
        match perform() {
            Ok(value) => {
                self.add(step, begun.elapsed(), Ok(Passed::default()))?;
                Ok(Some(value))
            }
            Err(error) => {
                self.add(step, begun.elapsed(), Err(error))?;
                Ok(None)
            }
        }
    }

    /// Notes a step that was performed elsewhere.
    pub fn add(&mut self, step: &str, took: Duration, result: Result<Passed>) -> Result<()> {
        let row = match result {
            Ok(passed) => Row {
                step: step.to_owned(),
                took,
                outcome: join("ok", &passed.note),
                failed: false,
                summaries: passed.summaries,
            },
            Err(error) if error.is::<Interrupted>() => return Err(error),
            Err(error) => {
                say(format!("FAILED: {step}: {error:#}"));
                let outcome = join("FAILED", first_line(&format!("{error:#}")));
                Row {
                    step: step.to_owned(),
                    took,
                    outcome,
                    failed: true,
                    summaries: Vec::new(),
                }
            }
        };
        self.rows.push(row);
        Ok(())
    }

    /// Notes a step that makes no sense after the failure of another.
    pub fn skip(&mut self, step: &str, reason: &str) {
        self.rows.push(Row {
            step: step.to_owned(),
            took: Duration::ZERO,
            outcome: join("SKIPPED", reason),
            failed: true,
            summaries: Vec::new(),
        });
    }

    /// Whether nothing has failed.
    pub fn is_good(&self) -> bool {
        !self.rows.iter().any(|row| row.failed)
    }

    /// The table, and after it the summaries of all test programs as they printed them.
    pub fn text(&self) -> String {
        let width = self
            .rows
            .iter()
            .map(|row| row.step.len())
            .max()
            .unwrap_or_default();
        let mut text = String::from("\n");
        for row in &self.rows {
            text += &format!(
                "{:width$}  {:>12}  {}\n",
                row.step,
                time(row.took),
                row.outcome
            );
        }
        for row in self.rows.iter().filter(|row| !row.summaries.is_empty()) {
            text += &format!("\n{}:\n{}\n", row.step, row.summaries.join("\n"));
        }
        text
    }
}

fn join(outcome: &str, note: &str) -> String {
    if note.is_empty() {
        outcome.to_owned()
    } else {
        format!("{outcome}: {note}")
    }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_noted_and_does_not_end_the_run() {
        let mut report = Report::default();
        assert_eq!(report.step("good", || Ok(1)).unwrap(), Some(1));
        assert!(report.is_good());
        assert_eq!(
            report
                .step::<()>("bad", || anyhow::bail!("why\nmore"))
                .unwrap(),
            None
        );
        assert!(!report.is_good());
        let text = report.text();
        assert!(
            text.contains("good") && text.contains("FAILED: why\n"),
            "{text}"
        );
    }

    #[test]
    fn an_interruption_ends_the_run() {
        let error = Report::default()
            .step::<()>("x", || Err(Interrupted.into()))
            .unwrap_err();
        assert!(error.is::<Interrupted>());
    }

    #[test]
    fn summaries_come_last_and_whole() {
        let mut report = Report::default();
        let summaries = vec!["test result: ok. 1 passed; 0 failed".to_owned()];
        let passed = Passed {
            note: "1 passed".into(),
            summaries,
        };
        report
            .add("unit tests", Duration::ZERO, Ok(passed))
            .unwrap();
        assert!(
            report
                .text()
                .ends_with("unit tests:\ntest result: ok. 1 passed; 0 failed\n")
        );
    }
}
