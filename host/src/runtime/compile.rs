//! Compiling in a process of its own.
//!
//! A compiler can't be interrupted, and what it takes of memory can't be told from what its process takes. So a program starts
//! itself once more to compile a component: [`Compiler`] is the side that asks, [`serve`] the side that compiles. The child has
//! nothing of the environment, writes no file, ends when it has taken too long or too much, and does not outlive who asked.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitCode, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Resource, Rlimit, Signal};
use wasmtime::Engine;
use wasmtime::component::Component;

use super::imports::MAX_COMPONENT;
use crate::policy::values::{Size, Time};
use crate::policy::{Met, Sandbox};

/// The most code that is taken from a child, in bytes.
const MAX_CODE: u64 = 1 << 30;

/// The most that is taken of a compiler's words, in bytes.
const MAX_WORDS: usize = 8 << 10;

/// How long a child that has answered has to end.
const END: Duration = Duration::from_secs(5);

/// By which an answer is known to be one.
type Token = [u8; 32];

/// The answer is code.
const CODE: u8 = 0;

/// The answer is why there is none.
const WORDS: u8 = 1;

/// What a child is told before the component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Task {
    token: Token,
    /// In bytes.
    memory: u64,
    /// In seconds, on all processors together.
    processor: u64,
    /// Who asks.
    parent: u32,
}

impl Task {
    const SIZE: usize = 32 + 8 + 8 + 4;

    fn written(&self) -> Vec<u8> {
        let mut bytes = self.token.to_vec();
        bytes.extend(self.memory.to_le_bytes());
        bytes.extend(self.processor.to_le_bytes());
        bytes.extend(self.parent.to_le_bytes());
        bytes
    }

    fn read(from: &mut impl Read) -> io::Result<Self> {
        let mut bytes = [0; Self::SIZE];
        from.read_exact(&mut bytes)?;
        let mut rest = &bytes[..];
        Ok(Self {
            token: next(&mut rest)?,
            memory: u64::from_le_bytes(next(&mut rest)?),
            processor: u64::from_le_bytes(next(&mut rest)?),
            parent: u32::from_le_bytes(next(&mut rest)?),
        })
    }
}

fn next<const N: usize>(rest: &mut &[u8]) -> io::Result<[u8; N]> {
    let mut part = [0; N];
    rest.read_exact(&mut part)?;
    Ok(part)
}

/// Compiles components in children of this process: the same program, started once more.
///
/// # Examples
///
/// ```no_run
/// use dockwit_host::policy::Sandbox;
/// use dockwit_host::runtime::Runtime;
/// use dockwit_host::runtime::compile::{self, Compiler};
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     if std::env::args().nth(1).as_deref() == Some("compile") {
///         compile::serve();
///         return Ok(());
///     }
///     let compiler = Compiler::this_program(["compile"], &Sandbox::default());
///     let component = std::fs::read("plugin.wasm")?;
///     let plugin = Runtime::new()?
///         .load_with(&component, |engine, bytes| compiler.component(engine, bytes))?;
///     # Ok(())
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Compiler {
    args: Vec<OsString>,
    component: Size,
    time: Time,
    memory: Size,
}

impl Compiler {
    /// Starts this program with arguments by which it comes to call [`serve`], and holds it to what a sandbox says.
    pub fn this_program<A: Into<OsString>>(
        args: impl IntoIterator<Item = A>,
        sandbox: &Sandbox,
    ) -> Self {
        Self {
            args: args.into_iter().map(Into::into).collect(),
            component: sandbox.component,
            time: sandbox.compile_time,
            memory: sandbox.compile_memory,
        }
    }

    /// Compiles a component. It takes the thread for as long.
    ///
    /// # Errors
    ///
    /// Fails with a [`Met`] if the component is too big, or the child took too long or too much, and otherwise if the component can't be compiled, or no child
    /// could be started.
    pub fn component(&self, engine: &Engine, component: &[u8]) -> wasmtime::Result<Component> {
        let code = self.code(component)?;
        // SAFETY: the bytes are what `Engine::precompile_component` gave to a child that runs this very program. They came by a
        // pipe that nobody else holds, after a token that nobody else knows, and lie in this process's memory.
        #[expect(
            unsafe_code,
            reason = "deserializing trusts its bytes: these are this program's own"
        )]
        unsafe {
            Component::deserialize(engine, code)
        }
    }

    fn code(&self, component: &[u8]) -> wasmtime::Result<Vec<u8>> {
        if component.len() > self.component.to_usize() {
            let met = Met::new("sandbox.component", self.component);
            return Err(wasmtime::Error::new(met));
        }
        let mut token = Token::default();
        getrandom::fill(&mut token).map_err(io::Error::other)?;
        let task = Task {
            token,
            memory: self.memory.0,
            processor: self.processor_seconds(),
            parent: std::process::id(),
        };
        let deadline = Instant::now() + self.time.0;
        let mut running = Running::start(&self.args).map_err(|error| {
            let message = format!("no process can be started to compile it in: {error}");
            wasmtime::Error::msg(message)
        })?;
        let (stdin, stdout) = running.pipes()?;
        let answer = thread::scope(|scope| {
            let (told, answer) = mpsc::channel();
            // Whatever becomes of either, the other ends when the child does.
            let given = thread::Builder::new()
                .spawn_scoped(scope, move || give(stdin, &task, component))
                .and_then(|_| {
                    thread::Builder::new().spawn_scoped(scope, move || told.send(take(stdout)))
                });
            let left = deadline.saturating_duration_since(Instant::now());
            let answer = given.map(|_| answer.recv_timeout(left));
            if !matches!(answer, Ok(Ok(_))) {
                running.kill();
            }
            answer
        })?;
        let Ok(answer) = answer else {
            return Err(self.too_slow());
        };
        self.judge(&answer?, &token, running.end())
    }

    /// What came of it.
    fn judge(
        &self,
        answer: &[u8],
        token: &Token,
        ended: Option<ExitStatus>,
    ) -> wasmtime::Result<Vec<u8>> {
        let answer = answer.strip_prefix(token).unwrap_or_default();
        match (answer.split_first(), ended) {
            (Some((&CODE, code)), Some(status)) if status.success() => Ok(code.to_vec()),
            (Some((&WORDS, words)), _) => Err(wasmtime::Error::msg(
                String::from_utf8_lossy(words.get(..MAX_WORDS).unwrap_or(words)).into_owned(),
            )),
            (_, Some(status)) if is_out_of_memory(status) => Err(wasmtime::Error::new(Met::new(
                "sandbox.compile-memory",
                self.memory,
            ))),
            (_, Some(status)) if is_out_of_time(status) => Err(self.too_slow()),
            (_, Some(status)) => Err(wasmtime::Error::msg(format!(
                "the compiler came to grief: {status}"
            ))),
            (_, None) => Err(wasmtime::Error::msg("the compiler doesn't end")),
        }
    }

    fn too_slow(&self) -> wasmtime::Error {
        wasmtime::Error::new(Met::new("sandbox.compile-time", self.time))
    }

    /// How long it may compute at most within its time: a second line, for a child that nobody ends.
    fn processor_seconds(&self) -> u64 {
        let processors = thread::available_parallelism().map_or(1, usize::from);
        let processors = u64::try_from(processors).unwrap_or(1);
        let seconds = self.time.0.as_secs().saturating_add(1);
        seconds.saturating_mul(processors).saturating_add(1)
    }
}

/// Rust's allocator ends a process by SIGABRT when there is no memory; a panic doesn't.
fn is_out_of_memory(status: ExitStatus) -> bool {
    use std::os::unix::process::ExitStatusExt;
    status.signal() == Some(Signal::ABORT.as_raw())
}

fn is_out_of_time(status: ExitStatus) -> bool {
    use std::os::unix::process::ExitStatusExt;
    status.signal() == Some(Signal::XCPU.as_raw())
}

/// A child, which is ended with this.
struct Running(Child);

impl Running {
    fn start(args: &[OsString]) -> io::Result<Self> {
        Command::new(this_program()?)
            .args(args)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map(Self)
    }

    fn pipes(&mut self) -> io::Result<(ChildStdin, ChildStdout)> {
        let pipes = self.0.stdin.take().zip(self.0.stdout.take());
        pipes.ok_or_else(|| io::ErrorKind::BrokenPipe.into())
    }

    fn kill(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
    }

    /// How it ended; none if it doesn't.
    fn end(&mut self) -> Option<ExitStatus> {
        let begun = Instant::now();
        loop {
            match self.0.try_wait() {
                Ok(Some(status)) => return Some(status),
                Ok(None) if begun.elapsed() < END => thread::sleep(Duration::from_millis(1)),
                _ => return None,
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
        let _ = self.0.wait();
    }
}

/// The file that this process runs, even if another has taken its place.
fn this_program() -> io::Result<PathBuf> {
    match cfg!(target_os = "linux") {
        true => Ok("/proc/self/exe".into()),
        false => std::env::current_exe(),
    }
}

fn give(mut to: ChildStdin, task: &Task, component: &[u8]) -> io::Result<()> {
    to.write_all(&task.written())?;
    to.write_all(component)
}

fn take(from: ChildStdout) -> io::Result<Vec<u8>> {
    let mut answer = Vec::new();
    from.take(MAX_CODE).read_to_end(&mut answer)?;
    Ok(answer)
}

/// Compiles the component that a [`Compiler`] gives on standard input, and answers on standard output. To be called by a process that does
/// nothing else, and ends with what this gives.
pub fn serve() -> ExitCode {
    let mut from = io::stdin().lock();
    let answered = Task::read(&mut from).and_then(|task| {
        confine(&task)?;
        let mut component = Vec::new();
        let most = u64::try_from(MAX_COMPONENT).unwrap_or(u64::MAX);
        from.take(most).read_to_end(&mut component)?;
        let compiled = super::engine().and_then(|engine| engine.precompile_component(&component));
        let mut to = io::stdout().lock();
        to.write_all(&task.token)?;
        match compiled {
            Ok(code) => to.write_all(&[&[CODE], &code[..]].concat()),
            Err(error) => to.write_all(&[&[WORDS], format!("{error:#}").as_bytes()].concat()),
        }?;
        to.flush()
    });
    match answered {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// Bounds this process, and ties it to the one that asks.
fn confine(task: &Task) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    let parent = rustix::process::getppid().map(Pid::as_raw_nonzero);
    if parent.and_then(|pid| u32::try_from(pid.get()).ok()) != Some(task.parent) {
        // It has ended before it could be told.
        return Err(io::ErrorKind::BrokenPipe.into());
    }
    for (resource, most) in [
        (Resource::Data, task.memory),
        (Resource::Cpu, task.processor),
        (Resource::Core, 0),
        (Resource::Fsize, 0),
    ] {
        let before = rustix::process::getrlimit(resource);
        let most = before.maximum.map_or(most, |maximum| maximum.min(most));
        let limit = Rlimit {
            current: Some(most),
            maximum: Some(most),
        };
        rustix::process::setrlimit(resource, limit)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compiler() -> Compiler {
        Compiler::this_program(["compile"], &Sandbox::default())
    }

    fn task() -> Task {
        Task {
            token: [7; 32],
            memory: 1 << 40,
            processor: 300,
            parent: 42,
        }
    }

    #[test]
    fn a_task_is_read_as_it_is_written() {
        let written = task().written();
        assert_eq!(written.len(), Task::SIZE);
        assert_eq!(Task::read(&mut &written[..]).unwrap(), task());
        assert!(Task::read(&mut &written[1..]).is_err());
    }

    /// The status that `wait` gives.
    fn ended(raw: i32) -> Option<ExitStatus> {
        use std::os::unix::process::ExitStatusExt;
        Some(ExitStatus::from_raw(raw))
    }

    #[test]
    fn only_what_follows_the_token_is_an_answer() {
        let token = [7; 32];
        let judge = |answer: &[u8], raw| compiler().judge(answer, &token, ended(raw));
        let answer = |rest: &[u8]| [&token[..], rest].concat();
        assert_eq!(judge(&answer(&[CODE, 1, 2]), 0).unwrap(), [1, 2]);
        assert!(judge(&answer(&[CODE, 1, 2]), 1 << 8).is_err());
        for answer in [&b""[..], &[CODE, 1, 2], &[8; 100], &token] {
            assert!(judge(answer, 0).is_err(), "{answer:?}");
        }
        let words = judge(&answer(b"\x01no such thing"), 0).unwrap_err();
        assert_eq!(words.to_string(), "no such thing");
    }

    #[test]
    fn the_limit_that_ended_it_is_told() {
        let met = |raw| {
            let error = compiler().judge(b"", &[7; 32], ended(raw)).unwrap_err();
            error.downcast_ref::<Met>().map(ToString::to_string)
        };
        let (abort, processor, kill) = (6, 24, 9);
        assert_eq!(met(abort).unwrap(), "sandbox.compile-memory = 4GiB is met");
        assert_eq!(met(processor).unwrap(), "sandbox.compile-time = 2m is met");
        assert_eq!(met(kill), None);
    }
}
