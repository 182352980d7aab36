//! The ledger: who owns what on an engine.
//!
//! An embedded database, one for each user, shared by all processes and threads of dockwit. It is the authority: an object is a
//! plugin's if the ledger has its id, whatever its labels say.
//!
//! - A [`Ledger`] is a folder. It gives the [`Owner`] of an (engine, plugin), which answers look-ups from the ledger alone.
//! - A [`LedgerRun`] is one run of a plugin. It writes an [`Intent`] *before* an object is made, in one step with the quotas.
//! - What of the machine a run's policy gives, ports and paths, is kept as [`Given`], and no other run begins that [`Overlap`]s with it.
//! - [`Ledger::dead_runs`] are those whose process is gone; exactly one process can [take one over](Ledger::take_over).
//!
//! # Making an object
//!
//! 1. [`LedgerRun::reserve`] checks name, quotas and ports, and gives a name and a nonce.
//! 2. The engine is asked to make it, by that name, with the labels `dockwit.owner`, `dockwit.run`, `dockwit.nonce`.
//! 3. What the engine answers settles the intent: made, [`Owner::record`]; certainly not made, [`Owner::release`];
//!    unknown, nothing yet. Then the engine is asked for the nonce: found, [`Owner::adopt`]; not there and not on its way,
//!    `release`.
//!
//! At every point the process may be killed: the intent stays, counts, and belongs to a run that others see to be dead. What
//! changes or removes an object is written on the safe side of the engine's answer: [`Owner::update_claim`] and
//! [`Owner::set_running`]`(true)` before it is asked, [`Owner::removed`] and `set_running(false)` after it has answered.
//!
//! # The end of a run
//!
//! The same for one's own and for one that was taken over: settle [`LedgerRun::open_intents`], do what
//! [`LedgerRun::on_end`] says to [`LedgerRun::objects`], call [`LedgerRun::end`].
//!
//! # Blocking
//!
//! All functions block, shortly: a read takes microseconds and never waits for a write; a write syncs one file to
//! the disk, and waits at most five seconds for other processes (then [`LedgerError::Busy`]). On an async runtime, reads
//! may be called as they are; writes on a slow disk belong into `spawn_blocking`. The folder must be on a local file system.
//!
//! # When it refuses
//!
//! A ledger that is older than its own counter is [`Stale`](LedgerError::Stale): it can be read, and refuses every write. One
//! that can't be read is [`Corrupt`](LedgerError::Corrupt). Whoever writes to the engine without writing to the ledger asks
//! [`Ledger::check`] first. The operator decides, by [`Ledger::accept`].
//!
//! # Examples
//!
//! ```
//! use dockwit_host::policy::ledger::{Claim, Kind, Ledger, Name, OnEnd, Quotas};
//!
//! # let folder = tempfile::tempdir()?;
//! # let folder = folder.path().join("ledger");
//! let ledger = Ledger::open(&folder)?;
//! let run = ledger.begin_run("engine-id", "devenv", OnEnd::Remove)?;
//!
//! let claim = Claim { memory: Some(512 << 20), ..Claim::default() };
//! let quotas = Quotas { containers: Some(4), memory_total: Some(2 << 30), ..Quotas::default() };
//! let intent = run.reserve(Kind::Container, Name::Short("db"), &claim, &quotas)?;
//! // Here the engine makes it: by intent.name, labelled with intent.nonce, run.id() and run.owner().id().
//! run.owner().record(&intent.nonce, "4f1c...")?;
//!
//! let db = run.owner().find(Kind::Container, "db")?.expect("it was just made");
//! assert_eq!(db.id, "4f1c...");
//! # run.owner().removed(Kind::Container, &db.id)?;
//! run.end()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod accept;
mod counter;
mod error;
mod files;
mod given;
mod names;
mod objects;
mod owner;
mod quota;
mod runs;
mod store;
mod types;

#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;

use rusqlite::Transaction;

pub use accept::Accepted;
pub use error::{Exceeded, LedgerError, Quota, Result, Staleness};
pub use given::{Given, GivenBy, GivenPath, Overlap, PortSpan};
pub(in crate::policy) use names::is_prefixed;
pub use names::{MAX_NAME, MAX_PLUGIN, Name};
pub use owner::Owner;
pub use runs::{DeadRun, LedgerRun};
pub use types::{Claim, Found, Intent, Kind, Nonce, Object, OnEnd, Port, Proto, Quotas, RunId};

use files::Folder;
use store::Store;

/// A user's ledger. Cheap to clone, for any number of threads; open one for each process.
#[derive(Clone, Debug)]
pub struct Ledger(Arc<Store>);

impl Ledger {
    /// Opens the ledger in a folder of its own, and makes both if they aren't there, for this user alone.
    ///
    /// # Errors
    ///
    /// [`LedgerError::Exposed`] and [`LedgerError::Foreign`] if others can get at it, [`LedgerError::Corrupt`] if it can't be read,
    /// [`LedgerError::Newer`] if a newer dockwit wrote it. A stale ledger opens: ask [`check`](Self::check).
    pub fn open(folder: impl AsRef<Path>) -> Result<Self> {
        let store = Store::open(Folder::open(folder.as_ref())?)?;
        let gate = store.folder().gate()?;
        store.read(|tx| runs::sweep(tx, store.folder()))?;
        drop(gate);
        Ok(Self(Arc::new(store)))
    }

    /// Copies it as it is now into an empty folder, which is made if it isn't there, and opens the copy: to try what would become of it.
    /// The runs that live here are dead there.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open), and if the folder has a ledger already.
    pub fn copy_into(&self, folder: impl AsRef<Path>) -> Result<Self> {
        let to = Folder::open(folder.as_ref())?;
        self.0.copy(&to)?;
        drop(to);
        Self::open(folder)
    }

    /// Takes a ledger that refuses to write as it is, which the operator has to decide: a stale one as the newest there is,
    /// in place of one that can't be read a new one, beside which the old one is kept. Nobody else may use it meanwhile.
    ///
    /// # Errors
    ///
    /// [`LedgerError::InUse`] while any process has it open. What is wrong with permissions or versions stays so.
    pub fn accept(folder: impl AsRef<Path>) -> Result<Accepted> {
        accept::accept(folder.as_ref())
    }

    /// Its random id, 16 digits.
    pub fn id(&self) -> &str {
        self.0.id()
    }

    /// Whether writes are done: to be asked before every write to an engine that isn't preceded by one here.
    ///
    /// # Errors
    ///
    /// [`LedgerError::Stale`], [`LedgerError::Corrupt`].
    pub fn check(&self) -> Result<()> {
        self.0.check()
    }

    /// A plugin on an engine, by the engine's id and the plugin's name (`[a-z0-9-]`, up to 32). Its identity is made at the
    /// first time.
    pub fn owner(&self, engine: &str, plugin: &str) -> Result<Owner> {
        names::check_id("the engine", engine)?;
        names::check_plugin(plugin)?;
        match self.read(|tx| owner::find(tx, self, engine, plugin))? {
            Some(owner) => Ok(owner),
            None => self.write(|tx| owner::ensure(tx, self, engine, plugin)),
        }
    }

    /// Begins a run of a plugin on an engine. Runs of one plugin may go on side by side.
    pub fn begin_run(&self, engine: &str, plugin: &str, on_end: OnEnd) -> Result<LedgerRun> {
        self.begin_run_with(engine, plugin, on_end, RunId::random()?, &Given::default())
    }

    /// As [`begin_run`](Self::begin_run), with an id that was drawn before, and that nobody else may have had, of a run that has
    /// this of the machine. It is kept as long as the run lives or something that it made is left, and others are held against it.
    ///
    /// # Errors
    ///
    /// [`LedgerError::Overlap`] if that can't be had beside what others have.
    pub fn begin_run_with(
        &self,
        engine: &str,
        plugin: &str,
        on_end: OnEnd,
        id: RunId,
        given: &Given,
    ) -> Result<LedgerRun> {
        runs::begin(self, engine, plugin, on_end, id, given)
    }

    /// Whether a run could be begun that has this of the machine.
    ///
    /// # Errors
    ///
    /// [`LedgerError::Overlap`] if it couldn't.
    pub fn check_given(&self, engine: &str, plugin: &str, given: &Given) -> Result<()> {
        self.read(|tx| {
            let engine = owner::engine(tx, engine)?;
            given::check(tx, self, given::Asking { engine, plugin }, given)
        })
    }

    /// The runs of all plugins on an engine that weren't ended and that nobody holds, oldest first. Any start of dockwit finishes
    /// them: [`take_over`](Self::take_over), then as at the end of its own run.
    pub fn dead_runs(&self, engine: &str) -> Result<Vec<DeadRun>> {
        runs::dead(self, engine)
    }

    /// Takes a dead run, so that it is this process's until it is ended or dropped. `None` if it lives, if another process has taken
    /// it, or if it is over.
    pub fn take_over(&self, run: &RunId) -> Result<Option<LedgerRun>> {
        runs::take_over(self, run)
    }

    fn folder(&self) -> &Folder {
        self.0.folder()
    }

    fn read<T>(&self, read: impl FnOnce(&Transaction<'_>) -> Result<T>) -> Result<T> {
        self.0.read(read)
    }

    fn write<T>(&self, write: impl FnOnce(&Transaction<'_>) -> Result<T>) -> Result<T> {
        self.0.write(write)
    }
}
