//! Test programs, run with their output kept in a file, of which only what matters is shown.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::process;
use crate::report::Passed;

/// A test program that takes longer hangs.
const LIMIT: Duration = Duration::from_secs(40 * 60);

/// What a program without tests counts.
const NO_TESTS: &str = " 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out;";

/// The file with the output of a step's test programs.
#[derive(Debug)]
pub struct TestLog {
    path: PathBuf,
    file: File,
    failures: Vec<String>,
}

impl TestLog {
    /// Begins an empty one.
    pub fn begin(path: &Path) -> Result<Self> {
        fs::create_dir_all(path.parent().context("a log is in a folder")?)?;
        File::create(path)?;
        let file = File::options().append(true).open(path)?;
        Ok(Self {
            path: path.to_owned(),
            file,
            failures: Vec::new(),
        })
    }

    /// Runs one program, which is not to keep the next from being run if it fails.
    pub fn run(&mut self, name: &str, command: &mut Command) -> Result<()> {
        use std::io::Write;
        writeln!(self.file, "     Running {name}")?;
        match process::run_logged(command, &self.file, LIMIT)? {
            Some(status) if status.success() => {}
            Some(status) => self.failures.push(format!("{name} ({status})")),
            None => self
                .failures
                .push(format!("{name} (not ended after {LIMIT:?})")),
        }
        Ok(())
    }

    /// The summaries, if all was well; otherwise shows the whole log and names what failed.
    pub fn end(self) -> Result<Passed> {
        let text = String::from_utf8_lossy(&fs::read(&self.path)?).into_owned();
        if !self.failures.is_empty() {
            eprintln!("{text}");
            bail!(
                "{}; the whole output is above and in {}",
                self.failures.join(", "),
                self.path.display()
            );
        }
        let summaries = summaries(&text);
        Ok(Passed {
            note: counts(&summaries),
            summaries,
        })
    }
}

/// How many tests a log that is being written tells of.
pub fn count_done(path: &Path) -> usize {
    let text = fs::read(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    text.lines()
        .filter(|line| line.starts_with("test ") && line.contains(" ... "))
        .count()
}

/// The summaries of the programs that have tests.
fn summaries(text: &str) -> Vec<String> {
    let lines = text.lines().filter(|line| line.starts_with("test result:"));
    lines
        .filter(|line| !line.contains(NO_TESTS))
        .map(str::to_owned)
        .collect()
}

/// Adds up what summaries count.
fn counts(summaries: &[String]) -> String {
    let sum = |what: &str| -> u64 { summaries.iter().filter_map(|line| count(line, what)).sum() };
    let ignored = sum("ignored");
    let more = if ignored > 0 {
        format!(", {ignored} ignored")
    } else {
        String::new()
    };
    format!("{} passed{more}", sum("passed"))
}

/// The number before a word such as `passed`.
fn count(summary: &str, what: &str) -> Option<u64> {
    let before = summary.split_once(&format!(" {what}"))?.0;
    before.rsplit(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "\
test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.0s
running 2 tests
test a ... ok
test b ... ignored

test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.1s
test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.0s
";

    #[test]
    fn summaries_are_added_up() {
        assert_eq!(summaries(OUTPUT).len(), 2);
        assert_eq!(counts(&summaries(OUTPUT)), "15 passed, 1 ignored");
    }

    #[test]
    fn a_program_that_fails_is_named_and_the_next_still_run() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("logs/x.log");
        let mut log = TestLog::begin(&path).unwrap();
        log.run("first", &mut Command::new("false")).unwrap();
        log.run(
            "second",
            Command::new("echo").arg("test result: ok. 1 passed"),
        )
        .unwrap();
        let error = log.end().unwrap_err().to_string();
        assert!(
            error.contains("first") && !error.contains("second"),
            "{error}"
        );
        assert!(fs::read_to_string(&path).unwrap().contains("1 passed"));
    }

    #[test]
    fn the_tests_that_are_done_are_counted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        fs::write(&path, OUTPUT).unwrap();
        assert_eq!(count_done(&path), 2);
    }
}
