//! Runs: who lives, and who finishes what others left.
//!
//! A run that lives holds the lock on its file. The kernel frees it with the process, however that ends, and nobody has to
//! guess from times or process ids.

use std::fs::{self, File};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::{Row, Transaction, params};

use super::error::{LedgerError, Result};
use super::files::{self, Folder, Lock};
use super::given::Asking;
use super::names::Name;
use super::objects::{self, Wish};
use super::owner::{self, Owner};
use super::types::{Claim, Intent, Kind, Nonce, Object, OnEnd, Quotas, RunId};
use super::{Given, Ledger, given, names};

/// A run that is this process's: begun here, or taken over. Cheap to clone.
///
/// It lives until the last clone is dropped, so whatever settles a write keeps one until it is settled. A run that is dropped
/// without [`end`](Self::end) is left over, and any start of dockwit may take it.
#[derive(Clone, Debug)]
pub struct LedgerRun(Arc<Held>);

#[derive(Debug)]
struct Held {
    owner: Owner,
    key: i64,
    id: RunId,
    on_end: OnEnd,
    path: PathBuf,
    _lock: Lock,
}

/// A run that nobody holds any more and that wasn't ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeadRun {
    /// The run.
    pub id: RunId,
    /// Whose it was.
    pub plugin: String,
    /// What is to become of what it made.
    pub on_end: OnEnd,
    /// When it began.
    pub begun: SystemTime,
    /// What it made and is still there, oldest first.
    pub objects: Vec<Object>,
    /// What it may have made: to be looked for by nonce, then settled or released.
    pub intents: Vec<Intent>,
}

impl LedgerRun {
    /// Its id: the label `dockwit.run`.
    pub fn id(&self) -> &RunId {
        &self.0.id
    }

    /// Whose it is.
    pub fn owner(&self) -> &Owner {
        &self.0.owner
    }

    /// What becomes of what it made.
    pub fn on_end(&self) -> OnEnd {
        self.0.on_end
    }

    /// Writes, before anything is sent, that an object is going to be made. Name, quotas and ports are checked over everything
    /// that the owner's runs have, open intents included, and are taken in the same moment: of two that ask for the last
    /// place, one gets it.
    ///
    /// The object must get the intent's name, and the labels `dockwit.owner`, `dockwit.run`, `dockwit.nonce`. What was reserved stays
    /// taken until [`Owner::record`], [`Owner::adopt`] or [`Owner::release`].
    ///
    /// # Errors
    ///
    /// [`LedgerError::Quota`] names which, [`LedgerError::PortTaken`] and [`LedgerError::NameTaken`] which one;
    /// [`LedgerError::Invalid`] for a name that can't be; [`LedgerError::RunOver`] after the end.
    pub fn reserve(
        &self,
        kind: Kind,
        name: Name<'_>,
        claim: &Claim,
        quotas: &Quotas,
    ) -> Result<Intent> {
        self.reserve_as(&Nonce::random()?, kind, name, claim, quotas)
    }

    /// As [`reserve`](Self::reserve), with a nonce that was drawn before.
    pub fn reserve_as(
        &self,
        nonce: &Nonce,
        kind: Kind,
        name: Name<'_>,
        claim: &Claim,
        quotas: &Quotas,
    ) -> Result<Intent> {
        let Held { owner, key, .. } = &*self.0;
        let none = Claim::default();
        let claim = if kind == Kind::Container {
            claim
        } else {
            &none
        };
        let name = &owner.whole_name(kind, name)?;
        owner.ledger.write(|tx| {
            if is_over(tx, self.id())? {
                return Err(LedgerError::RunOver);
            }
            objects::reserve(
                tx,
                owner,
                *key,
                &Wish {
                    nonce,
                    kind,
                    name,
                    claim,
                    quotas,
                },
            )
        })
    }

    /// What was made in it and is still there, oldest first.
    pub fn objects(&self) -> Result<Vec<Object>> {
        self.0
            .owner
            .ledger
            .read(|tx| objects::of_run(tx, self.0.key))
    }

    /// The intents that aren't settled, oldest first.
    pub fn open_intents(&self) -> Result<Vec<Intent>> {
        self.0
            .owner
            .ledger
            .read(|tx| objects::open_of_run(tx, self.0.key))
    }

    /// Ends it, after what [`on_end`](Self::on_end) says was done. What is left of its objects stays their owner's. To end it again
    /// changes nothing.
    ///
    /// # Errors
    ///
    /// [`LedgerError::OpenIntents`] as long as one isn't settled: such a run is left over, and the next start tries again.
    pub fn end(&self) -> Result<()> {
        let Held {
            owner, key, path, ..
        } = &*self.0;
        owner.ledger.write(|tx| {
            match objects::open_of_run(tx, *key)?.len() {
                0 => {}
                open => return Err(LedgerError::OpenIntents(open as u64)),
            }
            tx.execute(
                "UPDATE runs SET over = 1 WHERE id = ?1",
                [self.id().as_str()],
            )?;
            forget_empty(tx)
        })?;
        // Only the row counts; what stays is removed by the next opening.
        let _ = fs::remove_file(path);
        Ok(())
    }
}

/// As [`Ledger::begin_run`].
pub(super) fn begin(
    ledger: &Ledger,
    engine: &str,
    plugin: &str,
    on_end: OnEnd,
    id: RunId,
    given: &Given,
) -> Result<LedgerRun> {
    const BEGIN: &str = "INSERT INTO runs (owner, id, on_end, begun) VALUES (?1, ?2, ?3, ?4)";
    names::check_id("the engine", engine)?;
    names::check_plugin(plugin)?;
    let path = ledger.folder().run(&id);
    let begun = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |time| time.as_secs());
    let begun = i64::try_from(begun).unwrap_or(i64::MAX);
    ledger.write(|tx| {
        // The lock is held before anybody can see the run.
        let lock = files::take(files::lock_file(&path)?).map_err(LedgerError::file(&path))?;
        forget_empty(tx)?;
        let owner = owner::ensure(tx, ledger, engine, plugin)?;
        let asking = Asking {
            engine: Some(owner.engine_key),
            plugin,
        };
        given::check(tx, ledger, asking, given)?;
        tx.prepare_cached(BEGIN)?.execute(params![
            owner.key,
            id.as_str(),
            on_end.as_str(),
            begun
        ])?;
        let key = tx.last_insert_rowid();
        given::keep(tx, key, given)?;
        Ok(LedgerRun(Arc::new(Held {
            owner,
            key,
            id,
            on_end,
            path: path.clone(),
            _lock: lock,
        })))
    })
}

/// As [`Ledger::dead_runs`].
pub(super) fn dead(ledger: &Ledger, engine: &str) -> Result<Vec<DeadRun>> {
    const LEFT: &str = "SELECT runs.id, runs.key, plugin, on_end, begun FROM runs \
         JOIN owners ON owners.key = runs.owner JOIN engines ON engines.key = owners.engine \
         WHERE over = 0 AND engines.id = ?1 ORDER BY runs.key";
    ledger.read(|tx| {
        let mut statement = tx.prepare_cached(LEFT)?;
        let mut rows = statement.query([engine])?;
        let mut runs = Vec::new();
        while let Some(row) = rows.next()? {
            let id = row.get::<_, String>(0)?.parse()?;
            if !lives(ledger.folder(), &id)? {
                runs.push(dead_run(tx, id, row)?);
            }
        }
        Ok(runs)
    })
}

fn dead_run(tx: &Transaction<'_>, id: RunId, row: &Row<'_>) -> Result<DeadRun> {
    let key = row.get(1)?;
    let begun = u64::try_from(row.get::<_, i64>(4)?).unwrap_or(0);
    Ok(DeadRun {
        id,
        plugin: row.get(2)?,
        on_end: OnEnd::parse(&row.get::<_, String>(3)?)?,
        begun: UNIX_EPOCH + Duration::from_secs(begun),
        objects: objects::of_run(tx, key)?,
        intents: objects::open_of_run(tx, key)?,
    })
}

/// As [`Ledger::take_over`].
pub(super) fn take_over(ledger: &Ledger, id: &RunId) -> Result<Option<LedgerRun>> {
    ledger.check()?;
    let path = ledger.folder().run(id);
    let lock = match files::take(files::lock_file(&path)?) {
        Ok(lock) => lock,
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
        Err(error) => return Err(LedgerError::file(&path)(error)),
    };
    let Some((owner, key, on_end)) = ledger.read(|tx| left_over(tx, ledger, id))? else {
        // Whoever had it first has ended it since, and the file was made anew.
        let _ = fs::remove_file(&path);
        return Ok(None);
    };
    let id = id.clone();
    Ok(Some(LedgerRun(Arc::new(Held {
        owner,
        key,
        id,
        on_end,
        path,
        _lock: lock,
    }))))
}

/// A run that wasn't ended.
fn left_over(
    tx: &Transaction<'_>,
    ledger: &Ledger,
    id: &RunId,
) -> Result<Option<(Owner, i64, OnEnd)>> {
    const RUN: &str = "SELECT engines.id, plugin, runs.key, on_end FROM runs \
         JOIN owners ON owners.key = runs.owner JOIN engines ON engines.key = owners.engine \
         WHERE over = 0 AND runs.id = ?1";
    let mut statement = tx.prepare_cached(RUN)?;
    let mut rows = statement.query([id.as_str()])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let (engine, plugin) = (row.get::<_, String>(0)?, row.get::<_, String>(1)?);
    let on_end = OnEnd::parse(&row.get::<_, String>(3)?)?;
    let owner = owner::find(tx, ledger, &engine, &plugin)?;
    let key = row.get(2)?;
    Ok(owner.map(|owner| (owner, key, on_end)))
}

/// Removes the files of runs that are over, and of those that were never written. Only for who holds the gate, so that it meets
/// none that is being begun.
pub(super) fn sweep(tx: &Transaction<'_>, folder: &Folder) -> Result<()> {
    let runs = folder.runs();
    for file in fs::read_dir(&runs)
        .map_err(LedgerError::file(&runs))?
        .flatten()
    {
        let id = file.file_name().to_string_lossy().parse::<RunId>();
        if let Ok(id) = id
            && is_over(tx, &id)?
        {
            let _ = fs::remove_file(file.path());
        }
    }
    Ok(())
}

/// Whether a run was ended, or never begun.
fn is_over(tx: &Transaction<'_>, id: &RunId) -> Result<bool> {
    const LEFT: &str = "SELECT 1 FROM runs WHERE id = ?1 AND over = 0";
    Ok(!tx.prepare_cached(LEFT)?.exists([id.as_str()])?)
}

/// Forgets the runs that are over and of which nothing is left.
fn forget_empty(tx: &Transaction<'_>) -> Result<()> {
    const FORGET: &str = "DELETE FROM runs WHERE over = 1 \
         AND NOT EXISTS (SELECT 1 FROM objects WHERE objects.run = runs.key)";
    tx.prepare_cached(FORGET)?.execute([])?;
    Ok(())
}

pub(super) fn lives(folder: &Folder, id: &RunId) -> Result<bool> {
    let path = folder.run(id);
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(LedgerError::file(&path)(error)),
    };
    files::is_free(file)
        .map(|free| !free)
        .map_err(LedgerError::file(&path))
}
