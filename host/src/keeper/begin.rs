//! How a run begins: what the engine can hold, what runs before it left over, and a run of its own in the ledger.

use std::sync::Arc;

use super::engine::Told;
use super::{Books, Inner, Keeper, Plan, end};
use crate::api::{self, Client};
use crate::policy::Policy;
use crate::policy::create::{Unenforced, unenforceable};
use crate::policy::ledger::{Ledger, LedgerError, RunId};

/// Why a run can't begin.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeepError {
    /// The engine, or the way to it, failed.
    #[error("the engine can't be asked what it is")]
    Engine(#[from] api::Error),
    /// The ledger refused.
    #[error("the ledger can't be used")]
    Ledger(#[from] LedgerError),
    /// The policy has bounds that this engine doesn't hold containers to.
    #[error("this engine doesn't hold what the policy says: {}", names(.0))]
    Unenforced(Vec<Unenforced>),
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
        Self::with_books(policy, ledger, told, id).await
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
        let keeper = Self::with_books(policy, &copy, told, id).await?;
        keeper.set_plan(plan);
        Ok(keeper)
    }

    async fn with_books(
        policy: Arc<Policy>,
        ledger: &Ledger,
        told: Told,
        id: RunId,
    ) -> Result<Self, KeepError> {
        let quotas = policy.limits().quotas();
        let on_end = policy.limits().on_end;
        let begin = {
            let (ledger, plugin) = (ledger.clone(), policy.plugin().to_string());
            move || ledger.begin_run_as(&told.id, &plugin, on_end, id)
        };
        let run = tokio::task::spawn_blocking(begin).await;
        let run = run.unwrap_or(Err(LedgerError::Busy))?;
        Ok(Self(Arc::new(Inner {
            policy,
            books: Some(Books {
                ledger: ledger.clone(),
                run,
                engine: told.engine,
                quotas,
                network: tokio::sync::Mutex::default(),
                brought: Default::default(),
            }),
            learner: Default::default(),
            plan: Default::default(),
        })))
    }
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
