//! Processes: how long each takes, and how much memory.
//!
//! What the kernel tells of a process's memory counts from before its `exec`, when it was still its parent's; and the
//! benchmark's own process is larger than what it measures. So each command is started and waited for by a small process in
//! between, which is this program once more.

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

/// The first argument of the process in between.
const MEASURE: &str = "measure-a-child";

/// How long a command may take.
const LIMIT: Duration = Duration::from_secs(30);

/// What a command took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    /// From its start until it had ended.
    pub(crate) time: Duration,
    /// The most memory that it had at a time, in bytes.
    pub(crate) memory: u64,
}

/// A command line and the variables that it needs.
#[derive(Clone, Debug)]
pub(crate) struct Child {
    words: Vec<OsString>,
    variables: Vec<(&'static str, OsString)>,
}

impl Child {
    pub(crate) fn new(program: &Path) -> Self {
        Self {
            words: vec![program.into()],
            variables: Vec::new(),
        }
    }

    /// Adds arguments.
    pub(crate) fn args<W: Into<OsString>>(mut self, words: impl IntoIterator<Item = W>) -> Self {
        self.words.extend(words.into_iter().map(Into::into));
        self
    }

    /// Sets a variable.
    pub(crate) fn env(mut self, name: &'static str, value: impl Into<OsString>) -> Self {
        self.variables.push((name, value.into()));
        self
    }

    /// Runs it, with its output to nowhere. Fails if it does.
    pub(crate) async fn run(&self) -> Result<Usage> {
        let mut between = tokio::process::Command::new(std::env::current_exe()?);
        between
            .arg(MEASURE)
            .args(&self.words)
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .kill_on_drop(true);
        let output = tokio::time::timeout(LIMIT, between.output()).await;
        let output = output.with_context(|| format!("{:?} takes too long", self.words))??;
        ensure!(output.status.success(), "{:?} failed", self.words);
        let text = String::from_utf8_lossy(&output.stdout);
        read(&text).with_context(|| format!("no usage: {text:?}"))
    }
}

fn read(text: &str) -> Option<Usage> {
    let (time, memory) = text.trim().split_once(' ')?;
    Some(Usage {
        time: Duration::from_nanos(time.parse().ok()?),
        memory: memory.parse().ok()?,
    })
}

/// The command line that this process is to measure, if it is the one in between.
pub(crate) fn asked_for() -> Option<Vec<OsString>> {
    let mut arguments = std::env::args_os().skip(1);
    (arguments.next()? == MEASURE).then(|| arguments.collect())
}

/// Runs the command line, and prints what it took.
pub(crate) fn measure_here(words: &[OsString]) -> ExitCode {
    match measure(words) {
        Ok(Some(Usage { time, memory })) => {
            println!("{} {memory}", time.as_nanos());
            ExitCode::SUCCESS
        }
        Ok(None) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: cannot run {words:?}: {error}");
            ExitCode::FAILURE
        }
    }
}

/// None: the command failed.
fn measure(words: &[OsString]) -> io::Result<Option<Usage>> {
    let (program, arguments) = words.split_first().ok_or(io::ErrorKind::InvalidInput)?;
    let mut command = Command::new(program);
    command.args(arguments).stdout(Stdio::null());
    let begun = Instant::now();
    let child = command.spawn()?;
    let (status, memory) = wait(child.id())?;
    let time = begun.elapsed();
    Ok((status == 0).then_some(Usage { time, memory }))
}

/// Waits for a child: its status, and the most memory that it had.
fn wait(child: u32) -> io::Result<(libc::c_int, u64)> {
    let child = libc::pid_t::try_from(child).map_err(io::Error::other)?;
    let mut status = 0;
    // SAFETY: it is plain numbers, for which zeros will do.
    #[expect(
        unsafe_code,
        reason = "the standard library doesn't tell a child's usage"
    )]
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: both places are this function's own, and of the types that are written there.
    #[expect(
        unsafe_code,
        reason = "the standard library doesn't tell a child's usage"
    )]
    let waited = unsafe { libc::wait4(child, &raw mut status, 0, &raw mut usage) };
    if waited != child {
        return Err(io::Error::last_os_error());
    }
    let memory = u64::try_from(usage.ru_maxrss).unwrap_or_default() * 1024;
    Ok((status, memory))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Vec<OsString> {
        words.iter().map(OsString::from).collect()
    }

    #[test]
    fn a_command_is_timed_and_its_memory_told() {
        let usage = measure(&words(&["sleep", "0.2"]))
            .expect("there is a sleep")
            .expect("it succeeds");
        assert!(usage.time >= Duration::from_millis(200), "{usage:?}");
        assert!(usage.memory > 64 << 10, "{usage:?}");
    }

    #[test]
    fn a_failure_is_none_and_no_command_is_an_error() {
        assert!(matches!(measure(&words(&["false"])), Ok(None)));
        assert!(measure(&words(&["/no/such/command"])).is_err());
        assert!(measure(&[]).is_err());
    }

    #[test]
    fn what_is_printed_can_be_read() {
        let usage = read("1500 4096\n").expect("two numbers");
        assert_eq!((usage.time.as_nanos(), usage.memory), (1500, 4096));
        assert!(read("").is_none() && read("1500").is_none() && read("a b").is_none());
    }
}
