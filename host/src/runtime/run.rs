//! One run of a plugin.

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use tokio_util::sync::CancellationToken;
use wasmtime::Store;
use wasmtime_wasi::cli::StdoutStream;
use wasmtime_wasi::p3::bindings::{Command, CommandPre};
use wasmtime_wasi::{FsPerms, I32Exit, WasiCtx, WasiCtxBuilder};

use super::guarded::{self, Guarded};
use super::output::{Allowance, Counted};
use super::policy::{PolicyHandle, out_of_time};
use super::sandbox::{self, Bounds, Exhausted, Measured};
use super::state::State;
use super::stdio::Stdio;
use crate::api::Client;
use crate::bindings::{DockerCtx, Writes};
use crate::keeper::{KeepError, Keeper, Left, Plan, is_here};
use crate::policy::audit::{Audit, AuditSink};
use crate::policy::create::Contradiction;
use crate::policy::credentials::{CredentialError, CredentialSource, Credentials, Secret};
use crate::policy::ledger::{Ledger, RunId};
use crate::policy::values::Digest;
use crate::policy::{Decide, Grants, Lacking, Learner, Met, Policy, Sandbox, WrongBind};
use crate::transport::Address;

/// How long a plugin that was asked to stop has by default.
const GRACE: Duration = Duration::from_secs(10);

/// Where variables are looked up by name.
type Environment = Box<dyn Fn(&str) -> Option<String> + Send>;

/// What a run is begun with. Of WASI a plugin has clocks and random numbers; no output, folder, variable or network unless given.
pub struct RunSetup {
    pub(super) client: Client,
    pub(super) policy: Policy,
    decider: Option<Arc<dyn Decide>>,
    pub(super) args: Vec<String>,
    env: Vec<(String, String)>,
    environment: Environment,
    stdio: Stdio,
    stop: CancellationToken,
    grace: Duration,
    pub(super) audit: Option<Arc<dyn AuditSink>>,
    pub(super) ledger: Option<Ledger>,
    guarded: Vec<Guarded>,
    docker_config: Option<PathBuf>,
    learner: Option<Learner>,
    pub(super) plan: Option<Plan>,
}

impl RunSetup {
    /// A run against an engine, with nothing granted.
    pub fn new(client: Client) -> Self {
        Self {
            client,
            policy: Grants::none().into(),
            decider: None,
            args: Vec::new(),
            env: Vec::new(),
            environment: Box::new(|_| None),
            stdio: Stdio::Null,
            stop: CancellationToken::new(),
            grace: GRACE,
            audit: None,
            ledger: None,
            guarded: Vec::new(),
            docker_config: None,
            learner: None,
            plan: None,
        }
    }

    /// Sets what the plugin may do; by default nothing.
    #[must_use]
    pub fn policy(self, policy: impl Into<Policy>) -> Self {
        Self {
            policy: policy.into(),
            ..self
        }
    }

    /// Has somebody decide in Rust beside the policy, each call; by default nobody does.
    #[must_use]
    pub fn decide(self, decider: Arc<dyn Decide>) -> Self {
        Self {
            decider: Some(decider),
            ..self
        }
    }

    /// Sets the arguments; the first is the plugin's own name.
    #[must_use]
    pub fn args<A: Into<String>>(self, args: impl IntoIterator<Item = A>) -> Self {
        Self {
            args: args.into_iter().map(Into::into).collect(),
            ..self
        }
    }

    /// Adds an environment variable.
    #[must_use]
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    /// Sets where the variables that the policy names are looked up, such as `|name| std::env::var(name).ok()`; by default
    /// there is none.
    #[must_use]
    pub fn environment(self, look_up: impl Fn(&str) -> Option<String> + Send + 'static) -> Self {
        Self {
            environment: Box::new(look_up),
            ..self
        }
    }

    /// Sets where the standard streams lead; by default nowhere.
    #[must_use]
    pub fn stdio(self, stdio: Stdio) -> Self {
        Self { stdio, ..self }
    }

    /// Sets the token by which the plugin is asked to stop, and how long it has then before it is ended; by default 10 s.
    #[must_use]
    pub fn stop(self, stop: CancellationToken, grace: Duration) -> Self {
        Self {
            stop,
            grace,
            ..self
        }
    }

    /// Sets where the audit of the run goes; by default there is none.
    #[must_use]
    pub fn audit(self, sink: Arc<dyn AuditSink>) -> Self {
        Self {
            audit: Some(sink),
            ..self
        }
    }

    /// Sets the ledger of what is whose; by default there is none. A policy by which the plugin makes something, or that speaks
    /// of what is its own, needs one; one that gives folders to write to is known to other runs by it.
    #[must_use]
    pub fn ledger(self, ledger: Ledger) -> Self {
        Self {
            ledger: Some(ledger),
            ..self
        }
    }

    /// Has a learner told what the run uses of its policy; by default nobody is.
    #[must_use]
    pub fn learner(self, learner: Learner) -> Self {
        Self {
            learner: Some(learner),
            ..self
        }
    }

    /// Plans instead of sending: reads are real, and each write is decided as it would be and told to the plan. The ledger isn't written
    /// to, and there is no audit, which would tell of what never was.
    #[must_use]
    pub fn plan(self, plan: Plan) -> Self {
        Self {
            plan: Some(plan),
            ..self
        }
    }

    /// Names a file or folder of the host's own: a policy that gives it to the plugin is refused. The engine's socket is among
    /// them without being named.
    #[must_use]
    pub fn guard(mut self, guarded: Guarded) -> Self {
        self.guarded.push(guarded);
        self
    }

    /// Sets the folder of Docker's own configuration, from which a policy may have credentials; by default there is none.
    #[must_use]
    pub fn docker_config(self, folder: impl Into<PathBuf>) -> Self {
        Self {
            docker_config: Some(folder.into()),
            ..self
        }
    }

    /// Refuses a policy that gives what is the host's own.
    fn guarded(&self) -> Result<(), BeginError> {
        let mut guarded = self.guarded.clone();
        let docker = self.docker_config.iter();
        guarded
            .extend(docker.map(|folder| Guarded::from_reading("Docker's configuration", folder)));
        let credentials = self.policy.credentials().values();
        guarded.extend(credentials.filter_map(|rule| match &rule.from {
            CredentialSource::File(path) => Some(Guarded::from_reading("credentials", path)),
            _ => None,
        }));
        if let Address::Unix(socket) = self.client.transport().address() {
            guarded.push(Guarded::from_reading("the engine's socket", socket));
        }
        guarded::check(&self.policy, &guarded)
    }

    /// Refuses paths for containers that can't be mounted as the policy names them.
    fn binds(&self) -> Result<(), BeginError> {
        let wrong = self.policy.wrong_binds(is_here(&self.client));
        match wrong.into_iter().next() {
            Some(wrong) => Err(BeginError::Bind(wrong)),
            None => Ok(()),
        }
    }

    /// Reads the credentials that the policy names. Nothing of this is held meanwhile.
    fn credentials(&self) -> impl Future<Output = Result<Credentials, BeginError>> + Send + use<> {
        let rules = self.policy.credentials().clone();
        let variables = rules.values().filter_map(|rule| match &rule.from {
            CredentialSource::Env(name) => Some((name.clone(), (self.environment)(name)?)),
            _ => None,
        });
        let variables: HashMap<_, _> = variables
            .map(|(name, value)| (name, Secret::new(value)))
            .collect();
        let docker = self.docker_config.clone();
        async move {
            let Some(name) = rules.keys().next().cloned() else {
                return Ok(Credentials::default());
            };
            let read = tokio::task::spawn_blocking(move || {
                let variable = |name: &str| variables.get(name).map(|of| of.expose().to_owned());
                Credentials::read(&rules, variable, docker.as_deref())
            });
            let gone = |_| {
                let why = "the host can't read them now".to_owned();
                Err(CredentialError { name, why })
            };
            read.await
                .unwrap_or_else(gone)
                .map_err(BeginError::Credentials)
        }
    }

    fn wasi(&mut self) -> Result<WasiCtx, BeginError> {
        let mut wasi = WasiCtxBuilder::new();
        wasi.args(&self.args).envs(&self.env);
        for name in self.policy.variables() {
            let Some(value) = (self.environment)(name) else {
                return Err(BeginError::Variable(name.clone()));
            };
            wasi.env(name, value);
        }
        for directory in self.policy.directories() {
            let perms = if directory.read_only {
                FsPerms::ReadOnly
            } else {
                FsPerms::ReadWrite
            };
            wasi.preopened_dir(&directory.host, &directory.guest, perms)
                .map_err(|source| BeginError::Directory {
                    host: directory.host.clone(),
                    source,
                })?;
        }
        self.connect(&mut wasi);
        Ok(wasi.build())
    }

    fn connect(&mut self, wasi: &mut WasiCtxBuilder) {
        let allowance = Allowance::new(self.policy.sandbox().output);
        let counted = |to: Box<dyn StdoutStream + Sync>| Counted {
            to,
            allowance: allowance.clone(),
        };
        match std::mem::replace(&mut self.stdio, Stdio::Null) {
            Stdio::Null => {}
            Stdio::Inherit => {
                wasi.inherit_stdin()
                    .stdout(counted(Box::new(tokio::io::stdout())))
                    .stderr(counted(Box::new(tokio::io::stderr())));
            }
            Stdio::Custom {
                stdin,
                stdout,
                stderr,
            } => {
                wasi.stdin(stdin)
                    .stdout(counted(stdout))
                    .stderr(counted(stderr));
            }
        }
    }
}

/// Why a run can't begin.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BeginError {
    /// The plugin asks for more than it is granted.
    #[error("the plugin isn't granted {}", names(.0))]
    Missing(Vec<Lacking>),
    /// The policy is for another component.
    #[error("the policy is for another component: it names {named}, and this is {found}")]
    Component {
        /// The digest that the policy names.
        named: Digest,
        /// The component's own.
        found: Digest,
    },
    /// The policy says what can't hold together. One that was read has nothing of the kind.
    #[error("the policy can't hold: {}: {}", .0.key, .0.why)]
    Contradiction(Contradiction),
    /// A variable that the policy gives isn't there, or isn't UTF-8.
    #[error("the policy gives the variable {0}, and it isn't set")]
    Variable(String),
    /// A folder can't be opened.
    #[error("the folder {} can't be opened", host.display())]
    Directory {
        /// The folder.
        host: PathBuf,
        /// Why.
        source: wasmtime::Error,
    },
    /// The policy gives the plugin, or its containers, what is the host's own.
    #[error(
        "{rule} gives {}, and with it {what}, {}; give a folder that neither holds that nor lies in it",
        given.display(), path.display()
    )]
    Guarded {
        /// The key of the policy.
        rule: &'static str,
        /// What it gives.
        given: PathBuf,
        /// What of the host's own.
        what: &'static str,
        /// Where that is.
        path: PathBuf,
    },
    /// A path for containers can't be mounted as the policy names it.
    #[error(transparent)]
    Bind(WrongBind),
    /// Credentials that the policy names can't be had.
    #[error(transparent)]
    Credentials(CredentialError),
    /// The component, or what it begins with, is beyond a limit.
    #[error("the plugin is too big: {0}")]
    Limit(Met),
    /// The policy speaks of what is the plugin's own, and the run has no ledger of that.
    #[error(
        "the policy speaks of what is the plugin's own, and the run was given no ledger of that; give it one, or another scope"
    )]
    NoLedger,
    /// The engine doesn't hold what the policy says, can't be asked, or the ledger refuses.
    #[error(transparent)]
    Keep(#[from] KeepError),
    /// The first line of the audit can't be written.
    #[error("the audit can't be written")]
    Audit(#[source] io::Error),
    /// The component can't be instantiated.
    #[error("the plugin can't be instantiated")]
    Instantiate(#[source] wasmtime::Error),
}

fn names(missing: &[Lacking]) -> String {
    let names: Vec<_> = missing.iter().map(Lacking::name).collect();
    names.join(", ")
}

/// A run that was begun. It has to be finished: dropped, it ends at once, and [what is left to do](Self::rest) is its holder's.
#[must_use = "a run does nothing until it is finished"]
pub struct Run {
    store: Store<State>,
    command: Command,
    client: Client,
    keeper: Keeper,
    audit: Option<Audit>,
    writes: Writes,
    stop: CancellationToken,
    grace: Duration,
    sandbox: Sandbox,
    credentials: Credentials,
}

/// How a run ended.
#[derive(Debug)]
#[non_exhaustive]
pub enum End {
    /// The plugin returned success.
    Success,
    /// The plugin returned failure.
    Failure,
    /// The plugin trapped: a panic, mostly.
    Trapped(wasmtime::Error),
    /// The plugin met a limit of its run or of its sandbox that it can't be refused, only ended by.
    Limit(Met),
    /// The plugin was asked to stop, and didn't within the grace period.
    Ended,
}

/// What became of a run.
#[derive(Debug)]
#[non_exhaustive]
pub struct Outcome {
    /// How it ended.
    pub end: End,
    /// The exit status that the plugin has set, if any.
    pub exit_status: Option<u8>,
    /// How many lines of the audit could not be written.
    pub unaudited: u64,
    /// What the run made and could not be cleaned away at its end. The ledger still has it.
    pub left: Vec<Left>,
}

impl Outcome {
    /// Whether the plugin returned success and set no other status.
    pub fn success(&self) -> bool {
        matches!(self.end, End::Success) && self.exit_status.unwrap_or(0) == 0
    }
}

impl Run {
    pub(super) async fn begin(
        plugin: &CommandPre<State>,
        mut setup: RunSetup,
        audit: Option<Audit>,
    ) -> Result<Self, BeginError> {
        setup.guarded()?;
        setup.binds()?;
        let wasi = setup.wasi()?;
        let credentials = setup.credentials().await?;
        let sandbox = setup.policy.sandbox().clone();
        let run = audit.as_ref().map(|audit| audit.run().clone());
        if setup.plan.is_some() {
            setup.client = setup.client.reads_only();
        }
        let keeper = keeper(&setup.client, setup.policy, setup.ledger, run, setup.plan).await?;
        if let Some(learner) = setup.learner {
            keeper.learn(learner);
        }
        if let Some(decider) = setup.decider {
            keeper.decide_by(decider);
        }
        let mut docker = DockerCtx::builder(setup.client.clone())
            .keeper(keeper.clone())
            .stop(setup.stop.clone());
        if let Some(audit) = &audit {
            docker = docker.audit(audit.clone());
        }
        let docker = docker.build();
        let writes = docker.writes();
        let state = State {
            docker,
            wasi,
            table: sandbox::table(&sandbox),
            bounds: Bounds::new(&sandbox),
        };
        let mut store = Store::new(plugin.engine(), state);
        sandbox::confine(&mut store, &sandbox);
        let command =
            plugin
                .instantiate_async(&mut store)
                .await
                .map_err(|error| match sandbox::met(&error, &sandbox) {
                    Some(met) => BeginError::Limit(met),
                    None => BeginError::Instantiate(error),
                })?;
        Ok(Self {
            store,
            command,
            client: setup.client,
            keeper,
            audit,
            writes,
            stop: setup.stop,
            grace: setup.grace,
            sandbox,
            credentials,
        })
    }

    /// The credentials that its policy names, for the calls that reach registries.
    pub fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// Its policy, to be narrowed while it goes on.
    pub fn policy(&self) -> PolicyHandle {
        PolicyHandle::new(&self.keeper, self.audit.as_ref())
    }

    /// What is left to do if the run is dropped before its end.
    pub fn rest(&self) -> Rest {
        Rest {
            client: self.client.clone(),
            keeper: self.keeper.clone(),
            writes: self.writes.clone(),
        }
    }

    /// Runs the plugin to its end, waits for the writes that it has sent, and does to what it made what the policy says.
    pub async fn finish(self) -> Outcome {
        let Self {
            mut store,
            command,
            client,
            keeper,
            audit,
            writes,
            stop,
            grace,
            sandbox,
            credentials: _credentials,
        } = self;
        let rest = Rest {
            client,
            keeper,
            writes,
        };
        let run =
            store.run_concurrent(async |accessor| command.wasi_cli_run().call_run(accessor).await);
        // A panic in a host function unwinds through the run; the next store is sound all the same.
        let run = std::panic::AssertUnwindSafe(run).catch_unwind();
        let run = Measured::new(Box::pin(run), sandbox.cpu.0);
        let end = tokio::select! {
            result = run => match result {
                Ok(result) => End::of(result, &sandbox),
                Err(Exhausted) => End::Limit(Met::new("sandbox.cpu", sandbox.cpu)),
            },
            () = overdue(&stop, grace) => End::Ended,
            time = out_of_time(&rest.keeper) => End::Limit(Met::new("limits.time", time)),
        };
        let exit_status = store.data().docker.exit_status();
        // Lets go of the run's calls and streams before its writes are waited for.
        drop(store);
        let left = rest.finish().await;
        let unaudited = audit.map_or(0, |audit| end.tell(exit_status, &audit));
        Outcome {
            end,
            exit_status,
            unaudited,
            left,
        }
    }
}

/// What is left to do of a run whose plugin is over.
pub struct Rest {
    client: Client,
    keeper: Keeper,
    writes: Writes,
}

impl Rest {
    /// Waits for the writes that were sent, and does to what the run made what its policy says. Gives what could not be
    /// cleaned away.
    pub async fn finish(&self) -> Vec<Left> {
        self.writes.settled().await;
        self.keeper.end(&self.client).await.left
    }
}

/// What keeps a run's objects, if its policy speaks of any that are its own.
async fn keeper(
    client: &Client,
    policy: Policy,
    ledger: Option<Ledger>,
    run: Option<RunId>,
    plan: Option<Plan>,
) -> Result<Keeper, BeginError> {
    let policy = Arc::new(policy);
    if !policy.needs_ledger() {
        return Ok(match (plan, ledger) {
            (Some(plan), _) => Keeper::planning_without_ledger(policy, plan),
            (None, Some(ledger)) if policy.wants_ledger() => {
                Keeper::known_by_its_folders(policy, &ledger, drawn(run)?).await?
            }
            (None, _) => Keeper::without_ledger(policy),
        });
    }
    let ledger = ledger.ok_or(BeginError::NoLedger)?;
    let run = drawn(run)?;
    Ok(match plan {
        Some(plan) => Keeper::begin_plan(policy, &ledger, client, run, plan).await?,
        None => Keeper::begin(policy, &ledger, client, run).await?,
    })
}

/// The id of a run, drawn now if it has none yet.
fn drawn(run: Option<RunId>) -> Result<RunId, BeginError> {
    let drawn = run.map_or_else(RunId::random, Ok);
    Ok(drawn.map_err(KeepError::from)?)
}

/// Returns when a plugin that was asked to stop has had its time.
async fn overdue(stop: &CancellationToken, grace: Duration) {
    stop.cancelled().await;
    tokio::time::sleep(grace).await;
}

impl End {
    fn of(
        result: std::thread::Result<wasmtime::Result<wasmtime::Result<Result<(), ()>>>>,
        sandbox: &Sandbox,
    ) -> Self {
        match result {
            Ok(Ok(Ok(Ok(())))) => Self::Success,
            Ok(Ok(Ok(Err(())))) => Self::Failure,
            Ok(Ok(Err(error)) | Err(error)) => Self::of_error(error, sandbox),
            Err(_) => Self::Trapped(wasmtime::Error::msg("a function of the host failed inside")),
        }
    }

    /// `std::process::exit` arrives as an error, too.
    fn of_error(error: wasmtime::Error, sandbox: &Sandbox) -> Self {
        if let Some(met) = sandbox::met(&error, sandbox) {
            return Self::Limit(met);
        }
        match error.downcast_ref::<I32Exit>() {
            Some(I32Exit(0)) => Self::Success,
            Some(I32Exit(_)) => Self::Failure,
            None => Self::Trapped(error),
        }
    }
}
