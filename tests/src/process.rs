//! The command `dockwit`, as people and their scripts run it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout};
use tokio::task::JoinHandle;

use crate::engine::{Engine, Names};
use crate::{plugin, until};

/// How long the command may run: no test means to wait that long.
const DEADLINE: Duration = Duration::from_secs(120);

/// The command that is being put together.
pub struct Command {
    command: tokio::process::Command,
}

impl Command {
    /// The command with these arguments. Of the environment it has what makes it find the engine under test, and a cache.
    ///
    /// # Panics
    ///
    /// Panics if nobody says where it is: `cargo xtask test` does.
    pub fn new<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Self {
        let program = std::env::var_os("DOCKWIT_TEST_COMMAND").expect(
            "DOCKWIT_TEST_COMMAND is set: run the suite by `cargo xtask test`, which builds it",
        );
        let mut command = tokio::process::Command::new(program);
        command
            .args(args)
            .env_clear()
            .env("DOCKER_HOST", Engine::under_test().address().to_string())
            .env("HOME", home())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        Self { command }
    }

    /// `dockwit run` of a plugin under test, granted what it imports under the suite's wide policy, with a case and names as the
    /// harness gives them.
    pub fn run(plugin: &str, case: &str, names: &Names) -> Self {
        Self::run_with(plugin, case, names, &[])
    }

    /// The same, with other options of the test's own.
    pub fn run_with(plugin: &str, case: &str, names: &Names, options: &[&str]) -> Self {
        let verbs = imported(plugin);
        let options = [&["--allow", &verbs], options].concat();
        Self::run_wide(plugin, case, names, &options)
    }

    /// The same, with grants of the test's own. All commands have one ledger, so none has all ports of the machine.
    pub fn run_wide(plugin: &str, case: &str, names: &Names, options: &[&str]) -> Self {
        let wide: Vec<_> = plugin::WIDE
            .lines()
            .filter_map(|line| line.split_once(" = "))
            .filter(|(key, _)| *key != "create.ports")
            .map(|(key, value)| format!("--set={key}={value}"))
            .collect();
        let wide = wide.iter().map(String::as_str);
        let options: Vec<_> = wide.chain(options.iter().copied()).collect();
        Self::run_granted(plugin, case, names, &options)
    }

    /// The same, under no other policy than the test's own.
    pub fn run_granted(plugin: &str, case: &str, names: &Names, options: &[&str]) -> Self {
        let file = plugin::file(plugin);
        let environment = [
            format!("IMAGE={}", Engine::under_test().image()),
            format!("PREFIX={}", names.prefix()),
        ];
        let args = [OsStr::new("run"), file.as_os_str()].into_iter();
        let environment = environment.iter().flat_map(|variable| ["--env", variable]);
        let options = environment
            .chain(options.iter().copied())
            .chain(["--", case]);
        Self::new(args.chain(options.map(OsStr::new)))
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    /// Sets a variable of its environment.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Takes a variable out of its environment.
    #[must_use]
    pub fn without_env(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    /// Runs it to its end, without input.
    pub async fn output(self) -> Output {
        self.start().finish().await
    }

    /// Starts it.
    ///
    /// # Panics
    ///
    /// Panics if there is no such program.
    pub fn start(mut self) -> Process {
        let mut child = self.command.spawn().expect("the command can be started");
        let stdout = child.stdout.take().expect("its output is a pipe");
        let stderr = child.stderr.take().expect("its errors are a pipe");
        Process {
            stdin: child.stdin.take(),
            stdout: Some(BufReader::new(stdout)),
            read: Vec::new(),
            stderr: Said::listen(stderr),
            child,
        }
    }
}

/// What a plugin under test imports, as `--allow` takes it.
pub fn imported(plugin: &str) -> String {
    let plugin = plugin::load(plugin);
    let verbs = plugin.imports().verbs().iter();
    verbs.map(|verb| verb.name()).collect::<Vec<_>>().join(",")
}

/// A home of the command's own, beside the plugins, so that what it compiles is kept from run to run of the suite.
fn home() -> PathBuf {
    plugin::file("home").with_extension("")
}

/// The command while it runs.
pub struct Process {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: Option<BufReader<ChildStdout>>,
    read: Vec<u8>,
    stderr: Said,
}

impl Process {
    /// Waits for this line on standard output.
    ///
    /// # Panics
    ///
    /// Panics if another comes, or none.
    pub async fn expect(&mut self, expected: &str) {
        let line = self.line().await;
        if line.as_deref() != Some(expected) {
            // Whatever it still says, it says no longer than until it is killed.
            let _ = self.child.start_kill();
            let stderr = self.stderr.all().await;
            panic!("{expected:?} is expected, not {line:?}\n--- stderr\n{stderr}");
        }
    }

    /// The next line on standard output, if one comes.
    ///
    /// # Panics
    ///
    /// Panics if its output is closed.
    pub async fn line(&mut self) -> Option<String> {
        let begun = self.read.len();
        let stdout = self.stdout.as_mut().expect("its output is read");
        let line = stdout.read_until(b'\n', &mut self.read);
        let read = tokio::time::timeout(DEADLINE, line).await;
        let line = String::from_utf8_lossy(&self.read[begun..]).into_owned();
        let line = line.trim_end_matches('\n').to_owned();
        matches!(read, Ok(Ok(1..))).then_some(line)
    }

    /// Closes its output: nobody reads on.
    pub fn close_output(&mut self) {
        self.stdout = None;
    }

    /// Lets a plugin go on that waits for a line.
    ///
    /// # Panics
    ///
    /// Panics if nobody can read it any more.
    pub async fn go(&mut self) {
        let stdin = self.stdin.as_mut().expect("input isn't closed");
        stdin.write_all(b"go\n").await.expect("it takes input");
    }

    /// Gives it lines of input.
    ///
    /// # Panics
    ///
    /// Panics if nobody can read them any more.
    pub async fn say(&mut self, lines: &str) {
        let stdin = self.stdin.as_mut().expect("input isn't closed");
        let lines = format!("{lines}\n");
        stdin
            .write_all(lines.as_bytes())
            .await
            .expect("it takes input");
    }

    /// Waits until it has said this on standard error.
    ///
    /// # Panics
    ///
    /// Panics if it doesn't at once.
    pub async fn until_it_says(&self, words: &str) {
        until(&format!("it says {words:?}"), || {
            self.stderr.so_far().contains(words)
        })
        .await;
    }

    /// Whether it hasn't ended.
    ///
    /// # Panics
    ///
    /// Panics if nobody knows.
    pub fn is_alive(&mut self) -> bool {
        let ended = self.child.try_wait();
        ended.expect("its status is to be had").is_none()
    }

    /// Sends it a signal.
    ///
    /// # Panics
    ///
    /// Panics if it has ended.
    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).expect("it runs");
    }

    /// A way to look at its memory while something else has the process.
    pub fn memory(&self) -> Memory {
        Memory(
            Path::new("/proc")
                .join(self.pid().to_string())
                .join("status"),
        )
    }

    fn pid(&self) -> Pid {
        let pid = self
            .child
            .id()
            .and_then(|id| Pid::from_raw(id.cast_signed()));
        pid.expect("it runs")
    }

    /// Waits for its end, while nobody reads its output.
    ///
    /// # Panics
    ///
    /// Panics if that takes longer.
    pub async fn ends_within(&mut self, limit: Duration) {
        let ended = tokio::time::timeout(limit, self.child.wait()).await;
        let status = ended.expect("the command ends in time");
        status.expect("its status is to be had");
    }

    /// Closes its input, and waits for its end.
    ///
    /// # Panics
    ///
    /// Panics if that takes too long.
    pub async fn finish(self) -> Output {
        self.finish_with(&[]).await
    }

    /// Gives it the rest of its input, and waits for its end.
    ///
    /// # Panics
    ///
    /// Panics if that takes too long.
    pub async fn finish_with(self, input: &[u8]) -> Output {
        let Self {
            mut child,
            stdin,
            stdout,
            mut read,
            mut stderr,
        } = self;
        let give = async {
            if let Some(mut stdin) = stdin {
                // It need not read what it is given.
                let _ = stdin.write_all(input).await;
            }
        };
        let take = async {
            if let Some(mut stdout) = stdout {
                let all = stdout.read_to_end(&mut read).await;
                all.expect("its output can be read");
            }
        };
        let end = async { tokio::join!(give, take, child.wait()).2 };
        let status = tokio::time::timeout(DEADLINE, end).await;
        let status = status.expect("the command ends within its deadline");
        Output {
            status: status.expect("its status is to be had"),
            stdout: String::from_utf8_lossy(&read).into_owned(),
            stdout_bytes: read,
            stderr: stderr.all().await,
        }
    }
}

/// What a process says on standard error, read as it comes.
struct Said {
    bytes: Arc<Mutex<Vec<u8>>>,
    listening: JoinHandle<()>,
}

impl Said {
    fn listen(mut stderr: ChildStderr) -> Self {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&bytes);
        let listening = tokio::spawn(async move {
            let mut piece = vec![0; 4096];
            // What was read before an error is what there is to show.
            while let Ok(read @ 1..) = stderr.read(&mut piece).await {
                heard
                    .lock()
                    .expect("nobody panics here")
                    .extend_from_slice(&piece[..read]);
            }
        });
        Self { bytes, listening }
    }

    fn so_far(&self) -> String {
        let bytes = self.bytes.lock().expect("nobody panics here");
        String::from_utf8_lossy(&bytes).into_owned()
    }

    async fn all(&mut self) -> String {
        // It ends with the stream.
        let _ = (&mut self.listening).await;
        self.so_far()
    }
}

/// The memory of a process.
pub struct Memory(PathBuf);

impl Memory {
    /// What of it lies in the machine's memory now, in bytes. 0 once the process has ended.
    pub fn resident(&self) -> u64 {
        let status = std::fs::read_to_string(&self.0).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB"));
        kib.and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) * 1024
    }
}

/// What came of the command. It is shown if the test fails.
pub struct Output {
    /// How it ended.
    pub status: ExitStatus,
    /// What it wrote to standard output, as text.
    pub stdout: String,
    /// The same, byte by byte.
    pub stdout_bytes: Vec<u8>,
    /// What it wrote to standard error.
    pub stderr: String,
}

impl Output {
    /// The signal that ended it, if one did.
    pub fn signal(&self) -> Option<i32> {
        std::os::unix::process::ExitStatusExt::signal(&self.status)
    }

    /// Fails the test unless the command ended with this status.
    ///
    /// # Panics
    ///
    /// Panics if it didn't.
    #[track_caller]
    pub fn ended_with(&self, status: i32) -> &Self {
        assert_eq!(self.status.code(), Some(status), "{}", self.status);
        self
    }

    /// Fails the test unless standard error holds this.
    ///
    /// # Panics
    ///
    /// Panics if it doesn't.
    #[track_caller]
    pub fn says(&self, text: &str) -> &Self {
        assert!(
            self.stderr.contains(text),
            "standard error doesn't say {text:?}"
        );
        self
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let Self { stdout, stderr, .. } = self;
            eprintln!("--- the command's stdout\n{stdout}--- the command's stderr\n{stderr}---");
        }
    }
}
