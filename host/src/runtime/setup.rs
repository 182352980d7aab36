//! What a run is begun with.

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use wasmtime_wasi::cli::StdoutStream;
use wasmtime_wasi::{FsPerms, WasiCtx, WasiCtxBuilder};

use super::guarded::{self, Guarded};
use super::output::{Allowance, Counted};
use super::stdio::Stdio;
use crate::api::Client;
use crate::keeper::{KeepError, Plan, is_here};
use crate::policy::audit::AuditSink;
use crate::policy::create::Contradiction;
use crate::policy::credentials::{CredentialError, CredentialSource, Credentials, Secret};
use crate::policy::ledger::Ledger;
use crate::policy::values::Digest;
use crate::policy::{Decide, Grants, Lacking, Learner, Met, Policy, WrongBind};
use crate::transport::Address;

/// How long a plugin that was asked to stop has by default.
const GRACE: Duration = Duration::from_secs(10);

/// Where variables are looked up by name.
type Environment = Box<dyn Fn(&str) -> Option<String> + Send>;

/// What a run is begun with. Of WASI a plugin has clocks and random numbers; no output, folder, variable or network unless given.
pub struct RunSetup {
    pub(super) client: Client,
    pub(super) policy: Policy,
    pub(super) decider: Option<Arc<dyn Decide>>,
    pub(super) args: Vec<String>,
    env: Vec<(String, String)>,
    environment: Environment,
    stdio: Stdio,
    pub(super) stop: CancellationToken,
    pub(super) grace: Duration,
    pub(super) audit: Option<Arc<dyn AuditSink>>,
    pub(super) ledger: Option<Ledger>,
    guarded: Vec<Guarded>,
    docker_config: Option<PathBuf>,
    pub(super) learner: Option<Learner>,
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
    pub(super) fn guarded(&self) -> Result<(), BeginError> {
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
    pub(super) fn binds(&self) -> Result<(), BeginError> {
        let wrong = self.policy.wrong_binds(is_here(&self.client));
        match wrong.into_iter().next() {
            Some(wrong) => Err(BeginError::Bind(wrong)),
            None => Ok(()),
        }
    }

    /// Reads the credentials that the policy names. Nothing of this is held meanwhile.
    pub(super) fn credentials(
        &self,
    ) -> impl Future<Output = Result<Credentials, BeginError>> + Send + use<> {
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

    pub(super) fn wasi(&mut self) -> Result<WasiCtx, BeginError> {
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
