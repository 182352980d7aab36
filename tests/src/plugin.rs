//! Plugins under test: loaded once, run as a test wants.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use dockwit_host::api::Client;
use dockwit_host::keeper::Plan;
use dockwit_host::policy::ledger::Ledger;
use dockwit_host::policy::{Decide, Grants, Missing, Policy, Verb};
use dockwit_host::runtime::cache::Cache;
use dockwit_host::runtime::{
    BeginError, Outcome, Plugin, PolicyHandle, Run, RunSetup, Runtime, Stdio,
};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, Lines};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use wasmtime_wasi::cli::{AsyncStdinStream, AsyncStdoutStream};
use wasmtime_wasi::p2::pipe::{MemoryInputPipe, MemoryOutputPipe};

use crate::audit::Lines as AuditLines;
use crate::engine::{Engine, Names};

/// How long a plugin under test may run: no test means to wait that long.
const DEADLINE: Duration = Duration::from_secs(120);

/// What a run's policy has besides its grants, unless a test says otherwise: all containers are in scope, and new ones may be
/// nearly anything.
pub const WIDE: &str = r#"
scope.containers = "all"
scope.networks = "all"
scope.volumes = "all"
scope.change = { containers = "all", networks = "all", volumes = "all" }
limits.containers = 1000
limits.running = 1000
limits.networks = 100
limits.volumes = 1000
limits.memory-total = "1048576GiB"
limits.cpus-total = 1000000
limits.on-end = "keep"
create.images = "any"
create.names = ["dw-*"]
create.labels = ["*"]
create.memory = "4GiB"
create.cpus = 64
create.pids = 100000
create.shm = "4GiB"
create.ports = { ip = "0.0.0.0", range = "1-65535" }
create.egress = true
create.persist = true
create.healthcheck = "any"
create.stop-timeout = 100000
create.dns = ["10.0.0.1", "10.0.0.2", "10.4.5.6", "fd00::1"]
create.dns-options = ["ndots:2", "rotate"]
create.dns-search = ["example.org", "example.net"]
create.sysctls = ["net.ipv4.ip_unprivileged_port_start", "net.ipv4.tcp_syncookies"]
create.extra-hosts = ["db:10.0.0.2", "db:10.0.0.3", "db:10.1.2.3", "machine:host-gateway", "six:fd00::2", "six:fd00::3"]
"#;

/// What its answers tell, unless a test says otherwise.
pub const SHOW_ALL: &str = "show = { env = \"values\", args = \"all\" }";

/// What of the machine its containers may have, unless a test says otherwise: what the plugins under test ask for.
pub const MACHINE: &str = r#"
[host-access]
privileged = true
binds = [{ source = "/etc", propagation = "rslave" }]
devices = ["/dev/null"]
device-cgroup-rules = ["c 42:* rwm"]
device-requests = [{ driver = "nobody", count = 1, capabilities = ["gpu"] }]
env = ["NVIDIA_VISIBLE_DEVICES"]
capabilities = ["NET_ADMIN", "SYS_NICE"]
security-options = ["seccomp=unconfined"]
system-paths = true
sysctls = ["net.ipv4.ip_default_ttl"]
namespaces = ["cgroup", "ipc", "network", "pid", "user", "uts"]
runtimes = ["runc", "crun", "no-such-runtime"]
cgroup-parents = ["/dockwit-parent"]
annotations = ["com.example.note"]
links = true
volumes-from = true
log-drivers = [{ name = "json-file", options = { max-size = "1m", max-file = "3" } }, { name = "none" }]
volume-drivers = [{ name = "local", options = { type = "tmpfs", device = "tmpfs", o = "size=1m" } }, { name = "local", options = { type = "tmpfs", device = "tmpfs", o = "nosuid" } }]
storage-options = ["size=64M", "no-such-option=1"]
ulimits = { memlock = 65536, core = -1 }
scheduling = true
oom = true
endpoints = true
"#;

/// How much a plugin may print.
const MAX_OUTPUT: usize = 4 << 20;

/// A run of a plugin that is being set up.
pub struct Test {
    plugin: Plugin,
    names: Names,
    client: Client,
    grants: Option<Grants>,
    plugin_name: String,
    wide: &'static str,
    keys: String,
    machine: &'static str,
    ledger: fn() -> Ledger,
    args: Vec<String>,
    env: Vec<(String, String)>,
    stdin: Bytes,
    stop: CancellationToken,
    grace: Duration,
    audit: AuditLines,
    plan: Option<Plan>,
    decider: Option<Arc<dyn Decide>>,
}

impl Test {
    /// A run of the plugin's case against the engine under test. It is granted what it imports, and told by its
    /// environment the image and what the names of its objects begin with.
    pub fn new(plugin: &str, case: &str) -> Self {
        let engine = Engine::under_test();
        Self {
            plugin: load(plugin),
            names: Names::new(case),
            client: engine.client(),
            grants: None,
            plugin_name: "test".to_owned(),
            wide: WIDE,
            keys: SHOW_ALL.to_owned(),
            machine: MACHINE,
            ledger: wide_ledger,
            args: vec![plugin.to_owned(), case.to_owned()],
            env: vec![
                ("IMAGE".into(), engine.image().into()),
                ("ENGINE".into(), engine.name().into()),
            ],
            stdin: Bytes::new(),
            stop: CancellationToken::new(),
            grace: Duration::from_secs(10),
            audit: AuditLines::default(),
            plan: None,
            decider: None,
        }
    }

    /// The names of the run's objects.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// What the audit of the run is told.
    pub fn audit(&self) -> AuditLines {
        self.audit.clone()
    }

    /// What the plugin asks for.
    pub fn plugin(&self) -> &Plugin {
        &self.plugin
    }

    /// Grants this, instead of what the plugin imports.
    #[must_use]
    pub fn grants(self, grants: Grants) -> Self {
        Self {
            grants: Some(grants),
            ..self
        }
    }

    /// Runs it so that nothing is its own: it can make no containers, there is no ledger, and the engine isn't asked for anything
    /// before the plugin asks.
    #[must_use]
    pub fn without_ledger(self) -> Self {
        let asked = self.plugin.imports().verbs().iter().copied();
        let granted = asked.filter(|verb| *verb != Verb::ContainersCreate);
        let grants = Grants::of(granted).missing(Missing::Deny);
        self.grants(grants)
    }

    /// Runs it under a policy with these keys, in TOML, besides [`WIDE`] and what it is granted. By default it is told of
    /// environments and command lines in full.
    #[must_use]
    pub fn policy(self, keys: &str) -> Self {
        Self {
            keys: keys.to_owned(),
            ..self
        }
    }

    /// Runs it under a policy of a plugin that no other test has, with these keys alone besides what it is granted.
    #[must_use]
    pub fn only(self, keys: &str) -> Self {
        Self {
            plugin_name: own_name(),
            wide: "",
            machine: "",
            ledger,
            keys: keys.to_owned(),
            ..self
        }
    }

    /// Gives its containers this of the machine, in TOML, in place of [`MACHINE`].
    #[must_use]
    pub fn machine(self, keys: &'static str) -> Self {
        Self {
            machine: keys,
            ..self
        }
    }

    /// Runs it as the plugin of this name, which several runs may share.
    #[must_use]
    pub fn named(self, plugin: &str) -> Self {
        Self {
            plugin_name: plugin.to_owned(),
            ..self
        }
    }

    /// What the plugin is called.
    pub fn plugin_name(&self) -> &str {
        &self.plugin_name
    }

    /// Reaches the engine in another way, or another engine.
    #[must_use]
    pub fn client(self, client: Client) -> Self {
        Self { client, ..self }
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<String>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// Adds an environment variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    /// Sets what the plugin reads from standard input.
    #[must_use]
    pub fn stdin(self, bytes: impl Into<Bytes>) -> Self {
        Self {
            stdin: bytes.into(),
            ..self
        }
    }

    /// Sets the token by which the plugin is asked to stop, and how long it has then.
    #[must_use]
    pub fn stop(self, stop: CancellationToken, grace: Duration) -> Self {
        Self {
            stop,
            grace,
            ..self
        }
    }

    /// Plans instead of sending. There is no audit then.
    #[must_use]
    pub fn plan(self, plan: Plan) -> Self {
        Self {
            plan: Some(plan),
            ..self
        }
    }

    /// Has somebody decide beside its policy.
    #[must_use]
    pub fn decide(self, decider: Arc<dyn Decide>) -> Self {
        Self {
            decider: Some(decider),
            ..self
        }
    }

    /// Runs the plugin to its end.
    ///
    /// # Panics
    ///
    /// Panics if it isn't started, or runs longer than any test means to.
    pub async fn run(self) -> Ran {
        self.try_run()
            .await
            .unwrap_or_else(|error| panic!("the plugin isn't started: {error}: {error:?}"))
    }

    /// Runs the plugin to its end, if it is started.
    ///
    /// # Errors
    ///
    /// Fails if it isn't started.
    pub async fn try_run(mut self) -> Result<Ran, BeginError> {
        let stdin = MemoryInputPipe::new(std::mem::take(&mut self.stdin));
        let stdout = MemoryOutputPipe::new(MAX_OUTPUT);
        let stderr = MemoryOutputPipe::new(MAX_OUTPUT);
        let stdio = Stdio::custom(stdin, stdout.clone(), stderr.clone());
        let audit = self.audit();
        let (run, names) = self.begin_with(stdio).await?;
        let outcome = tokio::time::timeout(DEADLINE, run.finish()).await.ok();
        Ok(Ran {
            outcome,
            stdout: String::from_utf8_lossy(&stdout.contents()).into_owned(),
            stderr: String::from_utf8_lossy(&stderr.contents()).into_owned(),
            names,
            audit,
        })
    }

    /// Begins to run the plugin, to talk with it while it runs. What [`stdin`](Self::stdin) was given is not used.
    ///
    /// # Panics
    ///
    /// Panics if it isn't started.
    pub async fn begin(self) -> Live {
        let (stdin, plugin_stdin) = tokio::io::duplex(MAX_OUTPUT);
        let (plugin_stdout, stdout) = tokio::io::duplex(MAX_OUTPUT);
        let stderr = MemoryOutputPipe::new(MAX_OUTPUT);
        let stdio = Stdio::custom(
            AsyncStdinStream::new(plugin_stdin),
            AsyncStdoutStream::new(MAX_OUTPUT, plugin_stdout),
            stderr.clone(),
        );
        let audit = self.audit();
        let begun = self.begin_with(stdio).await;
        let (run, names) =
            begun.unwrap_or_else(|error| panic!("the plugin isn't started: {error}: {error:?}"));
        Live {
            policy: run.policy(),
            run: tokio::spawn(run.finish()),
            stdin,
            stdout: BufReader::new(stdout).lines(),
            read: String::new(),
            stderr,
            names,
            audit,
        }
    }

    async fn begin_with(mut self, stdio: Stdio) -> Result<(Run, Names), BeginError> {
        let grants = self
            .grants
            .take()
            .unwrap_or_else(|| Grants::of(self.plugin.imports().verbs().iter().copied()));
        let Self {
            plugin_name,
            wide,
            keys,
            machine,
            ..
        } = &self;
        let text = format!("version = 1\nplugin = \"{plugin_name}\"\n{wide}\n{keys}\n{machine}");
        let policy = Policy::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let mut setup = RunSetup::new(self.client)
            .policy(policy.with_grants(grants))
            .ledger((self.ledger)())
            .args(self.args)
            .env("PREFIX", self.names.prefix())
            .stdio(stdio)
            .stop(self.stop, self.grace)
            .audit(Arc::new(self.audit));
        if let Some(plan) = self.plan {
            setup = setup.plan(plan);
        }
        if let Some(decider) = self.decider {
            setup = setup.decide(decider);
        }
        for (name, value) in self.env {
            setup = setup.env(name, value);
        }
        Ok((self.plugin.begin(setup).await?, self.names))
    }
}

/// A run that goes on, and is talked with line by line.
pub struct Live {
    policy: PolicyHandle,
    run: JoinHandle<Outcome>,
    stdin: DuplexStream,
    stdout: Lines<BufReader<DuplexStream>>,
    read: String,
    stderr: MemoryOutputPipe,
    names: Names,
    audit: AuditLines,
}

impl Live {
    /// The next line that the plugin prints.
    ///
    /// # Panics
    ///
    /// Panics if it prints none, and ends instead or takes too long.
    pub async fn line(&mut self) -> String {
        let line = tokio::time::timeout(DEADLINE, self.stdout.next_line()).await;
        let Ok(Ok(Some(line))) = line else {
            let stderr = String::from_utf8_lossy(&self.stderr.contents()).into_owned();
            panic!(
                "the plugin prints no further line after\n{}--- stderr\n{stderr}",
                self.read
            )
        };
        self.read.extend([line.as_str(), "\n"]);
        line
    }

    /// Waits for the plugin to print this line.
    ///
    /// # Panics
    ///
    /// Panics if it prints another.
    #[track_caller]
    pub fn expect<'a>(&'a mut self, expected: &'a str) -> impl Future<Output = ()> + use<'a> {
        let caller = std::panic::Location::caller();
        async move { assert_eq!(self.line().await, expected, "at {caller}") }
    }

    /// Gives the plugin bytes on standard input.
    ///
    /// # Panics
    ///
    /// Panics if nobody can read them any more.
    pub async fn give(&mut self, bytes: &[u8]) {
        let given = self.stdin.write_all(bytes).await;
        given.expect("the plugin takes input");
    }

    /// Lets the plugin go on that waits for a line.
    pub async fn go(&mut self) {
        self.give(b"go\n").await;
    }

    /// The names of its objects.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// What its audit is told.
    pub fn audit(&self) -> &AuditLines {
        &self.audit
    }

    /// Its policy, to be narrowed.
    pub fn policy(&self) -> &PolicyHandle {
        &self.policy
    }

    /// Whether the run is over.
    pub fn is_over(&self) -> bool {
        self.run.is_finished()
    }

    /// Lets go of the run in the middle, as if its process had been killed.
    pub fn kill(self) {
        self.run.abort();
    }

    /// Closes standard input, and waits for the plugin's end.
    pub async fn finish(self) -> Ran {
        let Self {
            run,
            stdin,
            mut stdout,
            mut read,
            stderr,
            names,
            audit,
            ..
        } = self;
        drop(stdin);
        let abort = run.abort_handle();
        let rest = async {
            while let Ok(Some(line)) = stdout.next_line().await {
                read.extend([line.as_str(), "\n"]);
            }
        };
        let whole = async { tokio::join!(run, rest).0.expect("a run doesn't panic") };
        let outcome = tokio::time::timeout(DEADLINE, whole).await.ok();
        abort.abort();
        Ran {
            outcome,
            stdout: read,
            stderr: String::from_utf8_lossy(&stderr.contents()).into_owned(),
            names,
            audit,
        }
    }
}

/// A run that is over. Its output is shown if the test fails.
pub struct Ran {
    outcome: Option<Outcome>,
    stdout: String,
    stderr: String,
    names: Names,
    audit: AuditLines,
}

impl Ran {
    /// What became of it.
    ///
    /// # Panics
    ///
    /// Panics if it had to be given up.
    pub fn outcome(&self) -> &Outcome {
        self.outcome
            .as_ref()
            .expect("the plugin ends within its deadline")
    }

    /// What it wrote to standard output.
    pub fn stdout(&self) -> &str {
        &self.stdout
    }

    /// What it wrote to standard error.
    pub fn stderr(&self) -> &str {
        &self.stderr
    }

    /// The names of its objects; they are removed when this is dropped.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// What the audit was told.
    pub fn audit(&self) -> &AuditLines {
        &self.audit
    }

    /// Fails the test unless the plugin succeeded, and its audit is as it must be.
    ///
    /// # Panics
    ///
    /// Panics if it didn't, or isn't.
    #[track_caller]
    pub fn succeeded(&self) -> &Self {
        assert!(
            self.outcome().success(),
            "the plugin failed: {:?}",
            self.outcome()
        );
        assert_eq!(
            self.audit.all().last().map(|line| &line["event"]),
            Some(&"end".into())
        );
        self
    }
}

impl Drop for Ran {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!(
                "--- the plugin's stdout\n{}--- the plugin's stderr\n{}---",
                self.stdout, self.stderr
            );
        }
    }
}

/// The ledger that all runs share of plugins that are called as no other, in a folder that the task runner removes.
pub fn ledger() -> Ledger {
    static LEDGER: OnceLock<Ledger> = OnceLock::new();
    LEDGER.get_or_init(new_ledger).clone()
}

/// That of the runs under [`WIDE`], which may have all ports of the machine: no other could have any beside them.
fn wide_ledger() -> Ledger {
    static LEDGER: OnceLock<Ledger> = OnceLock::new();
    LEDGER.get_or_init(new_ledger).clone()
}

fn new_ledger() -> Ledger {
    let folder = tempfile::tempdir().expect("a folder").keep();
    Ledger::open(folder.join("ledger")).expect("a ledger")
}

/// A plugin's name that no other test has.
pub fn own_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!(
        "own-{}-{}",
        std::process::id(),
        COUNT.fetch_add(1, Ordering::Relaxed)
    )
}

/// All plugins under test share one compiler.
pub fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| Runtime::new().expect("a runtime"))
}

/// The file of a plugin under test, by its name.
///
/// # Panics
///
/// Panics if nobody says where they are: `cargo xtask test` does.
pub fn file(name: &str) -> PathBuf {
    let folder = std::env::var_os("DOCKWIT_TEST_PLUGINS").expect(
        "DOCKWIT_TEST_PLUGINS is set: run the suite by `cargo xtask test`, which builds them",
    );
    PathBuf::from(folder).join(name).with_extension("wasm")
}

/// A plugin under test, by its name; compiled once.
pub fn load(name: &str) -> Plugin {
    type Slot = Arc<OnceLock<Plugin>>;
    static PLUGINS: OnceLock<Mutex<HashMap<String, Slot>>> = OnceLock::new();
    let slot = {
        let mut plugins = PLUGINS
            .get_or_init(Mutex::default)
            .lock()
            .expect("nobody panics here");
        Arc::clone(plugins.entry(name.to_owned()).or_default())
    };
    slot.get_or_init(|| {
        let file = file(name);
        let bytes =
            std::fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let folder = file.parent().expect("a folder");
        let cache = Cache::open(folder.join("compiled"), folder.join("compiled.key"));
        runtime()
            .load_with(&bytes, |engine, bytes| cache.component(engine, bytes))
            .unwrap_or_else(|error| panic!("{name} can't be loaded: {error}"))
    })
    .clone()
}

/// All verbs but these.
pub fn all_but(verbs: &[Verb]) -> Grants {
    Grants::of(Verb::all().filter(|verb| !verbs.contains(verb)))
}
