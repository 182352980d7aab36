//! Children: each in a process group of its own, none of which outlives the task runner.

use std::fs::File;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use std::{fmt, io, thread};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, waitid};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// How often a wait with a time limit looks.
const POLL: Duration = Duration::from_millis(20);

/// How long children have, from the first Ctrl-C, until they are killed.
const GRACE: Duration = Duration::from_secs(3);

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
static GROUPS: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

/// The error of whatever was under way when Ctrl-C or SIGTERM came.
#[derive(Debug)]
pub struct Interrupted;

impl fmt::Display for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("interrupted")
    }
}

impl std::error::Error for Interrupted {}

/// Makes SIGINT, SIGTERM and SIGHUP end the children; the code that waits for them then meets
/// [`Interrupted`] and cleans up on its way out.
pub fn end_on_signals() -> Result<()> {
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM]).context("cannot handle signals")?;
    thread::spawn(move || {
        for _ in signals.forever() {
            INTERRUPTED.store(true, Ordering::SeqCst);
            signal_groups(Signal::TERM);
            thread::sleep(GRACE);
            signal_groups(Signal::KILL);
        }
    });
    Ok(())
}

/// Fails with [`Interrupted`] once a signal has come.
pub fn check_interrupted() -> Result<()> {
    if INTERRUPTED.load(Ordering::SeqCst) {
        return Err(Interrupted.into());
    }
    Ok(())
}

/// Sleeps, unless and until a signal comes.
pub fn sleep(duration: Duration) -> Result<()> {
    let end = Instant::now() + duration;
    while Instant::now() < end {
        check_interrupted()?;
        thread::sleep(POLL.min(end.saturating_duration_since(Instant::now())));
    }
    check_interrupted()
}

fn groups() -> MutexGuard<'static, Vec<Pid>> {
    GROUPS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn signal_groups(signal: Signal) {
    for group in groups().iter() {
        // A group that has just ended is what we want.
        let _ = rustix::process::kill_process_group(*group, signal);
    }
}

/// Gives the command a process group of its own (a terminal's Ctrl-C is ours to pass on) and has the
/// kernel kill it as soon as the calling *thread* ends, by whatever means.
pub fn tie_to_this_thread(command: &mut Command) -> &mut Command {
    let parent = rustix::process::getpid();
    command.process_group(0);
    let tie = move || {
        rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
        // Had we ended before the line above, nobody would send the signal any more.
        if rustix::process::getppid() == Some(parent) {
            Ok(())
        } else {
            Err(io::ErrorKind::BrokenPipe.into())
        }
    };
    // SAFETY: the closure makes two system calls and allocates nothing.
    unsafe { command.pre_exec(tie) }
}

/// Runs a command to its end, its output where ours goes.
pub fn run(command: &mut Command) -> Result<ExitStatus> {
    Group::spawn(command)?.wait()
}

/// Runs a command and fails if the command does.
pub fn run_well(command: &mut Command) -> Result<()> {
    let status = run(command)?;
    if !status.success() {
        bail!("{} failed ({status})", name(command));
    }
    Ok(())
}

/// Runs a command with both its outputs appended to `log`; `None` if it hadn't ended in time.
pub fn run_logged(
    command: &mut Command,
    log: &File,
    limit: Duration,
) -> Result<Option<ExitStatus>> {
    command.stdout(log.try_clone()?).stderr(log.try_clone()?);
    Group::spawn(command)?.wait_at_most(limit)
}

/// Runs a command and keeps what it says.
pub fn capture(command: &mut Command) -> Result<Output> {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    Group::spawn(command)?.wait_with_output()
}

/// What a command that must succeed says on its standard output; its errors go where ours go.
pub fn read_while_shown(command: &mut Command) -> Result<String> {
    command.stdout(Stdio::piped());
    let output = Group::spawn(command)?.wait_with_output()?;
    if !output.status.success() {
        bail!("{} failed ({})", name(command), output.status);
    }
    String::from_utf8(output.stdout)
        .with_context(|| format!("{} did not answer in UTF-8", name(command)))
}

/// What a command that must succeed says on its standard output.
pub fn read(command: &mut Command) -> Result<String> {
    let output = capture(command)?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!(
            "{} failed ({}): {}",
            name(command),
            output.status,
            said.trim()
        );
    }
    String::from_utf8(output.stdout)
        .with_context(|| format!("{} did not answer in UTF-8", name(command)))
}

/// Whether a command of this name is on the `PATH`.
pub fn is_installed(name: &str) -> bool {
    let Some(path) = std::env::var_os("PATH") else {
        return false;
    };
    std::env::split_paths(&path).any(|folder| folder.join(name).is_file())
}

fn name(command: &Command) -> String {
    let program = command.get_program().to_string_lossy();
    let first = command
        .get_args()
        .next()
        .map(|argument| argument.to_string_lossy());
    match first {
        Some(argument) => format!("`{program} {argument}`"),
        None => format!("`{program}`"),
    }
}

/// A child with all the processes of its group, which are killed when this is dropped.
struct Group {
    child: Option<Child>,
    id: Pid,
}

impl Group {
    fn spawn(command: &mut Command) -> Result<Self> {
        tie_to_this_thread(command).stdin(Stdio::null());
        // Under the lock, a signal either finds the child listed or keeps it from being started.
        let mut groups = groups();
        check_interrupted()?;
        let child = command
            .spawn()
            .with_context(|| format!("cannot start {}", name(command)))?;
        let id = Pid::from_child(&child);
        groups.push(id);
        Ok(Self {
            child: Some(child),
            id,
        })
    }

    fn wait(mut self) -> Result<ExitStatus> {
        self.await_end(None)?;
        let status = self.reap()?;
        check_interrupted()?;
        Ok(status)
    }

    fn wait_at_most(mut self, limit: Duration) -> Result<Option<ExitStatus>> {
        let ended = self.await_end(Some(limit))?;
        let status = self.reap()?;
        check_interrupted()?;
        Ok(ended.then_some(status))
    }

    fn wait_with_output(mut self) -> Result<Output> {
        let child = self.child.take().context("a child is waited for once")?;
        let output = child.wait_with_output();
        self.forget();
        check_interrupted()?;
        Ok(output?)
    }

    /// Waits without reaping, so that the group's id stays ours.
    fn await_end(&self, limit: Option<Duration>) -> Result<bool> {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        let Some(limit) = limit else {
            return match rustix::io::retry_on_intr(|| waitid(WaitId::Pid(self.id), options)) {
                Ok(_) => Ok(true),
                Err(error) => Err(error.into()),
            };
        };
        let end = Instant::now() + limit;
        loop {
            let options = options | WaitIdOptions::NOHANG;
            if waitid(WaitId::Pid(self.id), options)?.is_some() {
                return Ok(true);
            }
            if Instant::now() >= end {
                return Ok(false);
            }
            thread::sleep(POLL);
        }
    }

    /// Kills what is left of the group, then lets its id go.
    fn reap(&mut self) -> Result<ExitStatus> {
        let mut child = self.child.take().context("a child is waited for once")?;
        let _ = rustix::process::kill_process_group(self.id, Signal::KILL);
        self.forget();
        Ok(child.wait()?)
    }

    fn forget(&self) {
        groups().retain(|group| *group != self.id);
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if self.child.is_some() {
            let _ = self.reap();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_takes_too_long_is_killed_with_its_children() {
        let log = tempfile::tempfile().unwrap();
        let begun = Instant::now();
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 30 & sleep 30"]);
        let status = run_logged(&mut command, &log, Duration::from_millis(100)).unwrap();
        assert_eq!(status, None);
        assert!(begun.elapsed() < Duration::from_secs(5));
    }

    #[test]
    fn a_failing_command_is_named_with_what_it_said() {
        let error = read(Command::new("sh").args(["-c", "echo no >&2; exit 3"])).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("`sh -c`") && text.contains("no"), "{text}");
    }

    #[test]
    fn a_missing_command_is_named() {
        let error = run(&mut Command::new("dockwit-no-such-command")).unwrap_err();
        assert!(error.to_string().contains("dockwit-no-such-command"));
    }
}
