//! Credential helpers: programs that keep what `docker login` was given.

use std::io::{self, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use serde::Deserialize;

use super::{Auth, Secret};

/// How long a helper may take. It may ask a person.
const TIME: Duration = Duration::from_secs(30);

/// The most that it says, in bytes.
const MAX_ANSWER: u64 = 64 << 10;

/// How often it is looked whether it has ended.
const PAUSE: Duration = Duration::from_millis(5);

/// The name that stands for a token.
const TOKEN: &str = "<token>";

/// What a helper answers.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    username: Secret,
    secret: Secret,
}

/// Asks `docker-credential-NAME` for the credentials of a server. It has this process's environment.
pub(super) fn get(name: &str, server: &str) -> Result<Auth, String> {
    let inner = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if !name.chars().all(inner) {
        return Err(format!("{name:?} is no name of a credential helper"));
    }
    let program = format!("docker-credential-{name}");
    get_within(program.as_ref(), server, TIME)
}

pub(super) fn get_within(program: &Path, server: &str, time: Duration) -> Result<Auth, String> {
    let failed = |why: &str| format!("{} {why}", program.display());
    let answer = Helper::start(program)
        .map_err(|error| failed(&format!("can't be started: {error}")))?
        .ask(server, time)
        .map_err(|why| failed(&why))?;
    // Its words may hold what is secret.
    let answer: Answer = serde_json::from_str(answer.expose())
        .map_err(|_| failed("doesn't answer as credential helpers do"))?;
    Ok(match answer.username.expose() == TOKEN {
        true => Auth {
            identity_token: Some(answer.secret),
            ..Auth::default()
        },
        false => Auth {
            username: Some(answer.username),
            password: Some(answer.secret),
            ..Auth::default()
        },
    })
}

/// A helper that runs; it doesn't outlive this.
struct Helper(Child);

impl Helper {
    fn start(program: &Path) -> io::Result<Self> {
        let mut command = Command::new(program);
        command
            .arg("get")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            // So that what it starts ends with it.
            .process_group(0);
        command.spawn().map(Self)
    }

    fn ask(mut self, server: &str, time: Duration) -> Result<Secret, String> {
        let until = Instant::now() + time;
        let slow = || format!("takes longer than {} s", time.as_secs());
        if let Some(mut stdin) = self.0.stdin.take() {
            // One that doesn't read says so by its answer.
            let _ = stdin.write_all(server.as_bytes());
        }
        let Some(stdout) = self.0.stdout.take() else {
            return Err("can't be heard".to_owned());
        };
        let (said, answer) = mpsc::channel();
        thread::spawn(move || {
            let mut text = String::new();
            let read = stdout.take(MAX_ANSWER + 1).read_to_string(&mut text);
            let _ = said.send(read.map(|_| Secret::new(text)));
        });
        let answer = match answer.recv_timeout(time) {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => return Err(format!("can't be heard: {error}")),
            Err(_) => return Err(slow()),
        };
        if answer.expose().len() as u64 > MAX_ANSWER {
            return Err(format!("says more than {MAX_ANSWER} bytes"));
        }
        loop {
            match self.0.try_wait() {
                Ok(Some(status)) if status.success() => return Ok(answer),
                Ok(Some(_)) => return Err(format!("has no credentials for {server}")),
                Ok(None) if Instant::now() < until => thread::sleep(PAUSE),
                Ok(None) => return Err(slow()),
                Err(error) => return Err(format!("can't be waited for: {error}")),
            }
        }
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        if let Ok(None) = self.0.try_wait() {
            let group = i32::try_from(self.0.id()).ok().and_then(Pid::from_raw);
            if let Some(group) = group {
                let _ = kill_process_group(group, Signal::KILL);
            }
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }
}
