//! A private engine: one process tree in namespaces of its own, which leaves nothing behind however
//! it ends.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal};

use crate::cache::Cache;
use crate::debian::Debian;
use crate::generation::Generation;
use crate::http::{Engine, Version};
use crate::process::{self, is_installed};
use crate::run_dir::RunDir;

/// The script that the first process in the namespaces runs.
const ENTER: &str = include_str!("enter.sh");

/// An engine answers after a second or two; a busy machine may take much longer.
const START_LIMIT: Duration = Duration::from_secs(90);

/// How much of a failed engine's own words is shown.
const LAST_LINES: usize = 15;

/// What is needed to start engines on this machine.
#[derive(Clone, Debug)]
pub struct Engines {
    debian: Debian,
}

impl Engines {
    /// Makes sure that this machine can start private engines, or says what it lacks.
    pub fn of_this_machine(cache: &Cache) -> Result<Self> {
        if !rustix::process::geteuid().is_root() {
            bail!("a private engine needs root: run this as root, or name an engine of your own");
        }
        for command in ["bash", "unshare", "mount", "pivot_root"] {
            if !is_installed(command) {
                bail!("{command} is missing: install the packages bash, mount and util-linux");
            }
        }
        Ok(Self {
            debian: Debian::of_this_machine(cache)?,
        })
    }

    /// The way to the Debian archive.
    pub fn debian(&self) -> &Debian {
        &self.debian
    }

    /// The folder of a generation's suite, unpacked if it isn't yet.
    pub fn suite(&self, generation: Generation) -> Result<PathBuf> {
        self.debian
            .suite(generation.suite(), &generation.packages(), |folder| {
                finish_suite(generation, folder)
            })
    }

    /// Starts an engine. It ends with what is returned, and with the calling thread.
    pub fn start(&self, generation: Generation) -> Result<PrivateEngine> {
        let suite = self.suite(generation)?;
        let dir = RunDir::new()?;
        let script = dir.path().join("enter.sh");
        fs::write(&script, ENTER)?;
        fs::write(dir.path().join("containers.conf"), CONTAINERS_CONF)?;
        let log = File::create(dir.path().join("engine.log"))?;

        let mut command = Command::new("unshare");
        command
            .args(["--mount", "--net", "--pid", "--fork", "--kill-child"])
            .args(["--propagation", "private", "bash"])
            .arg(&script)
            .arg(&suite)
            .arg(dir.path())
            .args(daemon(generation, &dir)?)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .envs(variables(generation, dir.path()))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        let child = process::tie_to_this_thread(&mut command)
            .spawn()
            .context("cannot start an engine's namespaces with unshare")?;

        let engine = Engine::new(&format!(
            "unix://{}",
            socket(generation, dir.path()).display()
        ))?;
        let mut started = PrivateEngine {
            generation,
            suite,
            child,
            engine,
            dir,
        };
        started.wait_until_it_answers()?;
        Ok(started)
    }
}

/// An engine that runs until this is dropped.
#[derive(Debug)]
pub struct PrivateEngine {
    generation: Generation,
    suite: PathBuf,
    child: Child,
    engine: Engine,
    // Removed last: after the drop below has ended all that uses it.
    dir: RunDir,
}

impl PrivateEngine {
    /// The way to talk to it.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Which generation it is.
    pub fn generation(&self) -> Generation {
        self.generation
    }

    /// The folder that is its root.
    pub fn suite(&self) -> &Path {
        &self.suite
    }

    /// The id of the first process in its namespaces, for `nsenter`.
    pub fn init(&self) -> Result<Pid> {
        let text = fs::read_to_string(self.dir.path().join("init.pid"))?;
        text.trim()
            .parse()
            .ok()
            .and_then(Pid::from_raw)
            .context("no process id in init.pid")
    }

    /// Whether it still runs.
    pub fn check(&mut self) -> Result<()> {
        if let Some(status) = self.child.try_wait()? {
            bail!(
                "{} has ended ({status}):\n{}",
                self.generation,
                self.last_words()
            );
        }
        Ok(())
    }

    fn wait_until_it_answers(&mut self) -> Result<Version> {
        let end = Instant::now() + START_LIMIT;
        loop {
            process::sleep(Duration::from_millis(50))?;
            self.check()?;
            match self.engine.version() {
                Ok(version) => return Ok(version),
                Err(error) if Instant::now() > end => {
                    let words = self.last_words();
                    return Err(error)
                        .with_context(|| format!("{} does not answer:\n{words}", self.generation));
                }
                Err(_) => {}
            }
        }
    }

    fn last_words(&self) -> String {
        let log = fs::read_to_string(self.dir.path().join("engine.log")).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(LAST_LINES)..].join("\n")
    }
}

impl Drop for PrivateEngine {
    fn drop(&mut self) {
        // While unshare isn't reaped, its child's id can't be another's. When that child, the first
        // of its namespace, has ended, all the others have.
        if let (Ok(None), Ok(init)) = (self.child.try_wait(), self.init()) {
            let _ = rustix::process::kill_process(init, Signal::KILL);
        } else {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

fn socket(generation: Generation, dir: &Path) -> PathBuf {
    dir.join(if generation.is_podman() {
        "podman.sock"
    } else {
        "docker.sock"
    })
}

fn daemon(generation: Generation, dir: &RunDir) -> Result<Vec<String>> {
    let path = dir
        .path()
        .to_str()
        .context("the temporary folder's path is not UTF-8")?;
    let socket = format!("unix://{}", socket(generation, dir.path()).display());
    let words = if generation.is_podman() {
        format!(
            "podman --root {path}/root --runroot {path}/run --storage-driver overlay \
             system service --time=0 {socket}"
        )
    } else {
        format!(
            "dockerd --host {socket} --data-root {path}/data --exec-root {path}/exec \
             --pidfile {path}/pid --cgroup-parent /{}",
            dir.cgroup()
        )
    };
    Ok(words.split_whitespace().map(str::to_owned).collect())
}

fn variables(generation: Generation, dir: &Path) -> Vec<(&'static str, PathBuf)> {
    let mut variables = vec![("HOME", dir.to_owned())];
    if generation.is_podman() {
        variables.push(("CONTAINERS_CONF", dir.join("containers.conf")));
    }
    variables
}

/// For Podman: crun fails on hybrid control groups, the default limits need a capability that may be
/// missing, and 4.3 would look for its older network plugins.
const CONTAINERS_CONF: &str = r#"
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
[network]
network_backend = "netavark"
"#;

/// For Podman, which has no policy of its own: images need no signature.
const POLICY: &str = "{\"default\":[{\"type\":\"insecureAcceptAnything\"}]}\n";

/// Does what the packages' own scripts would have done.
fn finish_suite(generation: Generation, folder: &Path) -> Result<()> {
    for version in ["iptables", "ip6tables"] {
        for command in ["", "-save", "-restore"] {
            let link = folder.join("usr/sbin").join(format!("{version}{command}"));
            if fs::symlink_metadata(&link).is_err() {
                std::os::unix::fs::symlink("xtables-nft-multi", link)?;
            }
        }
    }
    if generation.is_podman() {
        fs::create_dir_all(folder.join("etc/containers"))?;
        fs::write(folder.join("etc/containers/policy.json"), POLICY)?;
    }
    Ok(())
}
