//! How a run begins: what the engine can hold, what runs before it left over, and a run of its own in the ledger.

use std::sync::Arc;

use super::disk::Disk;
use super::engine::Told;
use super::watch::Watch;
use super::{Books, Inner, Keeper, Plan, end, given};
use crate::api::{self, Client};
use crate::policy::Policy;
use crate::policy::create::{Unenforced, unenforceable};
use crate::policy::ledger::{Given, Ledger, LedgerError, LedgerRun, OnEnd, Overlap, RunId};

/// What stands for an engine where a run has none of its own in the ledger.
const NO_ENGINE: &str = "dockwit/none";

/// Why a run can't begin.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeepError {
    /// The engine, or the way to it, failed.
    #[error("the engine can't be asked what it is")]
    Engine(#[from] api::Error),
    /// The ledger refused.
    #[error("the ledger can't be used")]
    Ledger(#[source] LedgerError),
    /// What the policy gives of the machine can't be had beside what others have.
    #[error(transparent)]
    Overlap(Overlap),
    /// The policy has bounds that this engine doesn't hold containers to.
    #[error("this engine doesn't hold what the policy says: {}", names(.0))]
    Unenforced(Vec<Unenforced>),
}

impl From<LedgerError> for KeepError {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Overlap(overlap) => Self::Overlap(overlap),
            error => Self::Ledger(error),
        }
    }
}

fn names(lost: &[Unenforced]) -> String {
    let names: Vec<_> = lost.iter().map(|what| what.as_str()).collect();
    names.join(", ")
}

impl Keeper {
    /// Begins a run on an engine, with an id that nobody has had before. What runs that are dead left over there is finished first.
    ///
    /// # Errors
    ///
    /// Fails if the engine can't be reached, doesn't hold what the policy says, or the ledger refuses.
    pub async fn begin(
        policy: Arc<Policy>,
        ledger: &Ledger,
        client: &Client,
        id: RunId,
    ) -> Result<Self, KeepError> {
        let told = Told::ask(client).await?;
        hold(&policy, &told)?;
        end::finish_dead_runs(client, ledger, &told.id).await?;
        let given = given::of(&policy, given::is_here(client));
        let mut keeper = Self::with_books(policy, ledger, client, told, id, given).await?;
        keeper.look_after(client);
        Ok(keeper)
    }

    /// A keeper as [`without_ledger`](Self::without_ledger), of whose folders to write to others know by this ledger.
    ///
    /// # Errors
    ///
    /// Fails if the ledger refuses, or if the containers of others have paths below such a folder.
    pub async fn known_by_its_folders(
        policy: Arc<Policy>,
        ledger: &Ledger,
        id: RunId,
    ) -> Result<Self, KeepError> {
        let begin = {
            let (ledger, policy) = (ledger.clone(), policy.clone());
            move || begin_known(&ledger, &policy, id)
        };
        let run = tokio::task::spawn_blocking(begin).await;
        let run = run.unwrap_or(Err(LedgerError::Busy))?;
        Ok(Self(Arc::new(Inner {
            known: Some(run),
            ..Inner::new(policy, None)
        })))
    }

    /// As [`begin`](Self::begin), of a run that plans instead of sending. What is written to the ledger is written to a copy of it; what
    /// dead runs left over stays.
    ///
    /// # Errors
    ///
    /// As [`begin`](Self::begin), and if the ledger can't be copied.
    pub async fn begin_plan(
        policy: Arc<Policy>,
        ledger: &Ledger,
        client: &Client,
        id: RunId,
        plan: Plan,
    ) -> Result<Self, KeepError> {
        let told = Told::ask_only(client).await?;
        hold(&policy, &told)?;
        let copy = ledger.copy_into(plan.folder())?;
        let given = given::of(&policy, given::is_here(client));
        let engine = told.id.clone();
        let keeper = Self::with_books(policy, &copy, client, told, id, given.clone()).await?;
        // In the copy no other run lives.
        ledger.check_given(&engine, keeper.policy().plugin().as_str(), &given)?;
        keeper.set_plan(plan);
        Ok(keeper)
    }

    /// Looks after what the plugin has, from now on, while nobody else has the keeper yet.
    fn look_after(&mut self, client: &Client) {
        let policy = self.changes();
        if let Some(inner) = Arc::get_mut(&mut self.0)
            && let Some(books) = &mut inner.books
        {
            let owner = books.run.owner().clone();
            let disk = Arc::clone(&books.disk);
            books.watch = Some(Watch::begin(client.clone(), owner, policy, disk));
        }
    }

    async fn with_books(
        policy: Arc<Policy>,
        ledger: &Ledger,
        client: &Client,
        told: Told,
        id: RunId,
        given: Given,
    ) -> Result<Self, KeepError> {
        let on_end = policy.limits().on_end;
        let begin = {
            let (ledger, plugin) = (ledger.clone(), policy.plugin().to_string());
            move || ledger.begin_run_with(&told.id, &plugin, on_end, id, &given)
        };
        let run = tokio::task::spawn_blocking(begin).await;
        let run = run.unwrap_or(Err(LedgerError::Busy))?;
        let limits = policy.limits();
        let disk = Disk::new(client.clone(), run.owner().clone(), limits.disk.0);
        let books = Books {
            ledger: ledger.clone(),
            run,
            engine: told.engine,
            network: tokio::sync::Mutex::default(),
            brought: Default::default(),
            disk: Arc::new(disk),
            watch: None,
        };
        Ok(Self(Arc::new(Inner::new(policy, Some(books)))))
    }
}

/// Begins a run that makes nothing. What was left of such runs when they were killed is forgotten.
fn begin_known(ledger: &Ledger, policy: &Policy, id: RunId) -> Result<LedgerRun, LedgerError> {
    for dead in ledger.dead_runs(NO_ENGINE)? {
        if let Some(run) = ledger.take_over(&dead.id)? {
            run.end()?;
        }
    }
    let plugin = policy.plugin().as_str();
    let given = given::folders(policy);
    ledger.begin_run_with(NO_ENGINE, plugin, OnEnd::Keep, id, &given)
}

/// Whether the engine holds what the policy says.
fn hold(policy: &Policy, told: &Told) -> Result<(), KeepError> {
    if !policy.makes() {
        return Ok(());
    }
    let mut lost = unenforceable(&told.info, &told.version, policy.create())?;
    lost.retain(|what| !policy.accept_unenforced().contains(what));
    match lost.is_empty() {
        true => Ok(()),
        false => Err(KeepError::Unenforced(lost)),
    }
}
