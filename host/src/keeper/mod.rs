//! What stands between a call and the engine: which objects a plugin sees and which it changes, what is made for it and how,
//! and what becomes of that at the end.
//!
//! A [`Keeper`] goes with one run of a plugin. It knows the run's policy and, if the host keeps one, the ledger. It asks the
//! engine through the client of each call. It knows nothing of Wasm.
//!
//! - **look up** ([`Keeper::get`], [`Keeper::list`], [`Keeper::get_network`], [`Keeper::get_volume`]): what is out of scope is as what doesn't exist. A [`Handle`] carries
//!   whether its holder may change the object.
//! - **make** ([`Keeper::create`]): completed, held against the bounds, reserved, announced, sent, read back.
//! - **doors** ([`Keeper::let_on`], [`Keeper::update`]): what exists is held against today's bounds before it may run.
//! - **change** ([`Keeper::change`], [`Keeper::rename`], [`Keeper::remove`]): the ledger is on the safe side of the engine's
//!   answer.
//! - **look after** what the plugin has while the run goes on: how long its containers run, what they take of the disk.
//! - **end** ([`Keeper::end`]): what isn't known is looked up, and what the run made is removed, stopped or kept;
//!   of runs that were killed, too, when the next one begins.

mod around;
mod begin;
mod change;
mod create;
mod cut;
mod decide;
mod disk;
mod doors;
mod end;
mod engine;
mod fault;
mod files;
mod filters;
mod given;
mod learn;
mod look_up;
mod names;
mod narrow;
mod network;
mod objects;
mod passing;
mod plan;
mod points;
mod room;
mod settle;
mod there;
mod watch;

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, OnceLock, Weak};

use crate::api::networks::NetworkDetails;
use crate::api::{Client, ContainerId};
use crate::policy::audit::Audit;
use crate::policy::create::{Candidate, Engine, Facts, Stamp};
use crate::policy::ledger::{Ledger, LedgerError, LedgerRun, Nonce, Owner, Quotas};
use crate::policy::{Decide, Learner, Policy, Verb};

pub use begin::KeepError;
pub use create::Created;
pub use end::{Ended, Left};
pub use fault::Fault;
pub(crate) use given::is_here;
pub use look_up::Listed;
pub use names::Inspected;
pub use narrow::OtherPlugin;
pub use objects::NetworkHandle;
pub use plan::Plan;
pub use points::POINTS;

/// Looks objects up, makes, changes and cleans them away for one run of a plugin, as far as its policy reaches.
#[derive(Clone)]
pub struct Keeper(Arc<Inner>);

/// A keeper that ends nevertheless when nobody else holds it.
#[derive(Clone)]
pub(crate) struct WeakKeeper(Weak<Inner>);

impl WeakKeeper {
    pub(crate) fn upgrade(&self) -> Option<Keeper> {
        self.0.upgrade().map(Keeper)
    }
}

struct Inner {
    /// What is in force: the policy that the run was begun with, or what was left of it since.
    policy: tokio::sync::watch::Sender<Arc<Policy>>,
    /// How often it was narrowed.
    generation: AtomicU64,
    books: Option<Books>,
    learner: OnceLock<Learner>,
    plan: OnceLock<Plan>,
    /// By which others know of the run's folders, if that is all that is kept of it.
    known: Option<LedgerRun>,
    decider: OnceLock<Arc<dyn Decide>>,
}

impl Inner {
    fn new(policy: Arc<Policy>, books: Option<Books>) -> Self {
        Self {
            policy: tokio::sync::watch::Sender::new(policy),
            generation: AtomicU64::new(0),
            books,
            learner: OnceLock::new(),
            plan: OnceLock::new(),
            known: None,
            decider: OnceLock::new(),
        }
    }
}

/// What is kept of a run on an engine.
struct Books {
    ledger: Ledger,
    run: LedgerRun,
    engine: Engine,
    /// The plugin's own network, once it is known to be there.
    network: tokio::sync::Mutex<Option<NetworkDetails>>,
    brought: look_up::Brought,
    disk: Arc<disk::Disk>,
    /// None for a plan, which changes nothing.
    watch: Option<watch::Watch>,
}

/// A container that was looked up or made: the authority over it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handle {
    /// Which container.
    pub id: ContainerId,
    /// Whether the holder may change it.
    pub change: bool,
    /// Whether it is the plugin's own.
    pub own: bool,
    /// Under which policy that was found: how often the run's had been narrowed.
    pub(crate) generation: u64,
}

/// A call that changes something.
#[derive(Clone)]
pub struct Errand {
    /// The call.
    pub verb: Verb,
    /// The engine.
    pub client: Client,
    /// Whoever is told before anything is sent.
    pub witness: Arc<dyn Witness>,
}

/// Whoever is told of a change before it is sent.
pub trait Witness: Send + Sync {
    /// It is about to be sent. If that can't be told, it is refused.
    fn announce(&self) -> std::io::Result<()>;

    /// Which container it is about.
    fn about(&self, id: &ContainerId);

    /// What it comes to. Whoever doesn't write it down need not ask for the facts.
    fn comes_to(&self, facts: &dyn Fn() -> Facts);
}

impl Keeper {
    /// A keeper without a ledger: nothing is the plugin's own, and nothing can be made.
    pub fn without_ledger(policy: Arc<Policy>) -> Self {
        Self(Arc::new(Inner::new(policy, None)))
    }

    /// A keeper without a ledger that plans instead of sending.
    pub fn planning_without_ledger(policy: Arc<Policy>, plan: Plan) -> Self {
        let keeper = Self::without_ledger(policy);
        keeper.set_plan(plan);
        keeper
    }

    pub(crate) fn downgrade(&self) -> WeakKeeper {
        WeakKeeper(Arc::downgrade(&self.0))
    }

    /// The policy that is in force now.
    pub fn policy(&self) -> Arc<Policy> {
        Arc::clone(&self.0.policy.borrow())
    }

    fn quotas(&self) -> Quotas {
        self.policy().limits().quotas()
    }

    fn books(&self) -> Result<&Books, Fault> {
        self.0.books.as_ref().ok_or(Fault::NoLedger)
    }

    fn watch(&self) -> Option<&watch::Watch> {
        self.0.books.as_ref()?.watch.as_ref()
    }

    fn owner(&self) -> Option<&Owner> {
        self.0.books.as_ref().map(Books::owner)
    }

    /// Has an audit told what the host does to what the plugin has while the run goes on. The first audit stays.
    pub fn tell(&self, audit: &Audit) {
        if let Some(watch) = self.watch() {
            watch.tell(audit.observer());
        }
    }

    /// Tells that a change is about to be sent, or refuses it.
    fn announce(&self, errand: &Errand) -> Result<(), Fault> {
        // A ledger that has lost track refuses whatever changes an engine.
        if let Some(books) = &self.0.books {
            books.ledger.check()?;
        }
        errand.witness.announce().map_err(|_| Fault::Unaudited)
    }
}

impl Books {
    fn owner(&self) -> &Owner {
        self.run.owner()
    }

    /// What is put on what is made by an intent.
    fn stamp(&self, nonce: &Nonce) -> Stamp {
        let owner = self.owner();
        Stamp {
            owner: owner.id().to_owned(),
            run: self.run.id().to_string(),
            nonce: nonce.to_string(),
            prefix: owner.prefix().to_owned(),
        }
    }

    /// Writes to the ledger, which waits for a disk.
    async fn write<T, F>(&self, write: F) -> Result<T, LedgerError>
    where
        F: FnOnce(&LedgerRun) -> Result<T, LedgerError> + Send + 'static,
        T: Send + 'static,
    {
        let run = self.run.clone();
        match tokio::task::spawn_blocking(move || write(&run)).await {
            Ok(written) => written,
            Err(_) => Err(LedgerError::Busy),
        }
    }
}
