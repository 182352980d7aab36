//! One run of a plugin.

use std::sync::Arc;
use std::time::Duration;

use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use tokio_util::sync::CancellationToken;
use wasmtime::Store;
use wasmtime_wasi::I32Exit;
use wasmtime_wasi::p3::bindings::{Command, CommandPre};

use super::policy::{PolicyHandle, out_of_time};
use super::sandbox::{self, Bounds, Exhausted, Measured};
use super::setup::{BeginError, RunSetup};
use super::state::State;
use crate::api::Client;
use crate::bindings::{DockerCtx, Writes};
use crate::keeper::{KeepError, Keeper, Left, Plan};
use crate::policy::audit::Audit;
use crate::policy::credentials::Credentials;
use crate::policy::ledger::{Ledger, RunId};
use crate::policy::{Met, Policy, Sandbox};

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
        // Looked at when one of them wakes, and not whenever the run does.
        let mut ends = FuturesUnordered::from_iter([
            overdue(&stop, grace).map(|()| End::Ended).boxed(),
            out_of_time(&rest.keeper)
                .map(|time| End::Limit(Met::new("limits.time", time)))
                .boxed(),
        ]);
        let end = tokio::select! {
            result = run => match result {
                Ok(result) => End::of(result, &sandbox),
                Err(Exhausted) => End::Limit(Met::new("sandbox.cpu", sandbox.cpu)),
            },
            Some(end) = ends.next() => end,
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
