//! The database: opened, made, held against its counter, read and written.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use rusqlite::{Connection, OpenFlags, OptionalExtension, Transaction, TransactionBehavior};

use super::counter::Counter;
use super::error::{LedgerError, Result, Staleness};
use super::files::{Folder, Identity, MAX_WAIT};
use super::types::random_hex;

/// The version of a ledger: how many steps [`STEPS`] has. It changes with every change that an older dockwit would misread.
const VERSION: i64 = STEPS.len() as i64;

/// What makes a ledger, step by step: a new one by all of them, one of version `n` by those behind the first `n`.
const STEPS: [&str; 2] = [include_str!("schema.sql"), include_str!("given.sql")];

/// What tells a ledger from any other database: `dwlg`.
const APPLICATION: i64 = 0x6477_6c67;

/// Statements that a connection keeps prepared; there are some thirty.
const STATEMENTS: usize = 64;

/// A ledger's database. Reads and writes have a connection each, so that no read waits for a write's sync.
#[derive(Debug)]
pub(super) struct Store {
    folder: Folder,
    identity: Option<Identity>,
    id: String,
    reader: Mutex<Connection>,
    writer: Mutex<Connection>,
    damage: OnceLock<String>,
}

impl Store {
    /// Opens the database, or makes it where there was none. A stale one is opened: it can be read.
    pub(super) fn open(folder: Folder) -> Result<Self> {
        let gate = folder.gate()?;
        folder.check()?;
        let writer = open_or_make(&folder).map_err(|error| damaged(&folder, error))?;
        drop(gate);
        let open = || -> Result<_> {
            let reader = connect(&folder)?;
            reader.pragma_update(None, "query_only", true)?;
            let id = reader.query_row("SELECT id FROM ledger", [], |row| row.get(0))?;
            Ok((reader, id))
        };
        let (reader, id) = open().map_err(|error| damaged(&folder, error))?;
        Ok(Self {
            identity: folder.identity(),
            folder,
            id,
            reader: Mutex::new(reader),
            writer: Mutex::new(writer),
            damage: OnceLock::new(),
        })
    }

    pub(super) fn folder(&self) -> &Folder {
        &self.folder
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// Reads one state of the ledger.
    pub(super) fn read<T>(&self, read: impl FnOnce(&Transaction<'_>) -> Result<T>) -> Result<T> {
        let mut reader = hold(&self.reader);
        let read = || read(&reader.transaction()?);
        read().map_err(|error| self.noted(error))
    }

    /// Writes all or nothing, if the ledger is the one that was written last.
    pub(super) fn write<T>(&self, write: impl FnOnce(&Transaction<'_>) -> Result<T>) -> Result<T> {
        self.intact()?;
        let mut writer = hold(&self.writer);
        let gate = self.folder.gate()?;
        let (value, counter) = self
            .commit(&mut writer, write)
            .map_err(|error| self.noted(error))?;
        if let Err(error) = counter.advance(&self.folder) {
            // It is behind now, as after a crash, and the next write mends it: what was written holds.
            tracing::warn!(%error, "the ledger's counter isn't written");
        }
        drop(gate);
        Ok(value)
    }

    /// Copies the database into a folder that has none. The original isn't written to.
    pub(super) fn copy(&self, to: &Folder) -> Result<()> {
        let writer = hold(&self.writer);
        let gate = self.folder.gate()?;
        if let Some(existing) = to.identity() {
            tracing::debug!(?existing, "there is a ledger already");
            return Err(LedgerError::InUse(to.path().to_owned()));
        }
        let counter = Counter::read(&self.folder)?;
        let counter = counter.map_err(|why| stale(&self.folder, why))?;
        // Its own empty file, so that the copy is as private as the original.
        to.make_database()?;
        let path = to.database();
        writer.execute("VACUUM INTO ?1", [path.to_string_lossy()])?;
        drop(gate);
        counter.make(to)
    }

    /// Whether a write would be done now.
    pub(super) fn check(&self) -> Result<()> {
        self.intact()?;
        // A counter that is read before the database can't be ahead of it.
        let counter = Counter::read(&self.folder)?;
        self.read(|tx| verify(&self.folder, tx, counter).map(drop))
    }

    fn commit<T>(
        &self,
        writer: &mut Connection,
        write: impl FnOnce(&Transaction<'_>) -> Result<T>,
    ) -> Result<(T, Counter)> {
        let tx = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut counter = verify(&self.folder, &tx, Counter::read(&self.folder)?)?;
        let value = write(&tx)?;
        counter.value += 1;
        set_counter(&tx, counter.value)?;
        tx.commit()?;
        Ok((value, counter))
    }

    /// What this process knows without asking the database.
    fn intact(&self) -> Result<()> {
        if let Some(why) = self.damage.get() {
            let folder = self.folder.path().to_owned();
            return Err(LedgerError::Corrupt {
                folder,
                why: why.clone(),
            });
        }
        if self.folder.identity() != self.identity {
            return Err(stale(&self.folder, Staleness::Replaced));
        }
        Ok(())
    }

    /// Damage that was seen once is not forgotten, though the next write might miss it.
    fn noted(&self, error: LedgerError) -> LedgerError {
        let error = damaged(&self.folder, error);
        if let LedgerError::Corrupt { why, .. } = &error {
            let _ = self.damage.set(why.clone());
        }
        error
    }
}

/// What `accept` finds.
pub(super) enum State {
    Sound,
    Stale,
}

/// Tells how a database is, and makes it if there never was one.
pub(super) fn assess(folder: &Folder) -> Result<State> {
    let assess = || {
        let connection = open_or_make(folder)?;
        let tx = connection.unchecked_transaction()?;
        match verify(folder, &tx, Counter::read(folder)?) {
            Ok(_) => Ok(State::Sound),
            Err(LedgerError::Stale { .. }) => Ok(State::Stale),
            Err(error) => Err(error),
        }
    };
    assess().map_err(|error| damaged(folder, error))
}

/// Makes a readable database the newest there is, whatever its counter says. Only for who holds the gate.
pub(super) fn make_newest(folder: &Folder) -> Result<()> {
    let mut connection = connect(folder)?;
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut counter = own_counter(&tx)?;
    let beside = Counter::read(folder)?.map_or(0, |beside| beside.value);
    counter.value = counter.value.max(beside).saturating_add(1);
    set_counter(&tx, counter.value)?;
    tx.commit()?;
    counter.make(folder)
}

fn open_or_make(folder: &Folder) -> Result<Connection> {
    let beside = Counter::read(folder)?;
    let existed = folder.identity().is_some();
    if !existed {
        refuse_if_gone(folder, &beside)?;
    }
    folder.make_database()?;
    let mut connection = connect(folder)?;
    if !is_empty(&connection)? {
        check_readable(folder, &connection)?;
        upgrade(folder, &mut connection, beside)?;
        return Ok(connection);
    }
    refuse_if_gone(folder, &beside)?;
    let ledger = beside.map_or_else(|_| random_hex::<8>(), |counter| Ok(counter.ledger))?;
    make(folder, &mut connection, Counter { ledger, value: 0 })?;
    Ok(connection)
}

/// A counter that has counted had a database.
fn refuse_if_gone(folder: &Folder, beside: &Result<Counter, Staleness>) -> Result<()> {
    let writes = match beside {
        Ok(counter) if counter.value > 0 => counter.value.to_string(),
        Err(Staleness::CounterUnreadable) => "some".to_owned(),
        _ => return Ok(()),
    };
    let why = format!("it is gone, though its counter says that there were {writes} writes");
    Err(LedgerError::Corrupt {
        folder: folder.path().to_owned(),
        why,
    })
}

/// The counter is there first, so that a database without one has lost it.
fn make(folder: &Folder, connection: &mut Connection, mut counter: Counter) -> Result<()> {
    counter.make(folder)?;
    connection.pragma_update(None, "application_id", APPLICATION)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    STEPS.iter().try_for_each(|step| tx.execute_batch(step))?;
    counter.value = 1;
    tx.execute("INSERT INTO ledger VALUES (1, ?1, 1)", [&counter.ledger])?;
    tx.pragma_update(None, "user_version", VERSION)?;
    tx.commit()?;
    counter.advance(folder)
}

/// Makes a ledger of this version out of an older one. A stale one stays as it is: nothing is written to it.
fn upgrade(
    folder: &Folder,
    connection: &mut Connection,
    beside: Result<Counter, Staleness>,
) -> Result<()> {
    if version(connection)? >= VERSION {
        return Ok(());
    }
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut counter = match verify(folder, &tx, beside) {
        Err(LedgerError::Stale { .. }) => return Ok(()),
        counter => counter?,
    };
    let done = usize::try_from(version(&tx)?).unwrap_or(0);
    let steps = STEPS.iter().skip(done);
    steps
        .into_iter()
        .try_for_each(|step| tx.execute_batch(step))?;
    counter.value += 1;
    set_counter(&tx, counter.value)?;
    tx.pragma_update(None, "user_version", VERSION)?;
    tx.commit()?;
    counter.advance(folder)
}

fn version(connection: &Connection) -> Result<i64> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

fn connect(folder: &Folder) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let connection = Connection::open_with_flags(folder.database(), flags)?;
    connection.busy_timeout(MAX_WAIT)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(connection)
}

fn is_empty(connection: &Connection) -> Result<bool> {
    let count = "SELECT count(*) = 0 FROM sqlite_schema";
    Ok(connection.query_row(count, [], |row| row.get(0))?)
}

fn check_readable(folder: &Folder, connection: &Connection) -> Result<()> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let corrupt = |why: String| LedgerError::Corrupt {
        folder: folder.path().to_owned(),
        why,
    };
    if pragma("application_id")? != APPLICATION {
        return Err(corrupt("it is some other database".to_owned()));
    }
    check_version(folder, version(connection)?)?;
    let found: String = connection.pragma_query_value(None, "quick_check", |row| row.get(0))?;
    if found == "ok" {
        Ok(())
    } else {
        Err(corrupt(found))
    }
}

fn check_version(folder: &Folder, found: i64) -> Result<()> {
    if found > VERSION {
        let folder = folder.path().to_owned();
        return Err(LedgerError::Newer {
            folder,
            found,
            known: VERSION,
        });
    }
    Ok(())
}

/// Holds the database against what its counter said, and gives how far it is.
fn verify(
    folder: &Folder,
    tx: &Transaction<'_>,
    beside: Result<Counter, Staleness>,
) -> Result<Counter> {
    let version = "SELECT user_version FROM pragma_user_version";
    check_version(
        folder,
        tx.prepare_cached(version)?
            .query_row([], |row| row.get(0))?,
    )?;
    let own = own_counter(tx)?;
    let beside = beside.map_err(|why| stale(folder, why))?;
    if beside.ledger != own.ledger {
        return Err(stale(folder, Staleness::OtherLedger));
    }
    if beside.value > own.value {
        let why = Staleness::RolledBack {
            ledger: own.value,
            counter: beside.value,
        };
        return Err(stale(folder, why));
    }
    Ok(own)
}

fn own_counter(tx: &Transaction<'_>) -> Result<Counter> {
    let mut statement = tx.prepare_cached("SELECT id, counter FROM ledger")?;
    let counter = statement
        .query_row([], |row| {
            Ok(Counter {
                ledger: row.get(0)?,
                value: row.get::<_, i64>(1)?.cast_unsigned(),
            })
        })
        .optional()?;
    let (folder, why) = (PathBuf::new(), "it has no counter".to_owned());
    counter.ok_or(LedgerError::Corrupt { folder, why })
}

fn set_counter(tx: &Transaction<'_>, value: u64) -> Result<()> {
    tx.prepare_cached("UPDATE ledger SET counter = ?1")?
        .execute([value.cast_signed()])?;
    Ok(())
}

fn stale(folder: &Folder, why: Staleness) -> LedgerError {
    LedgerError::Stale {
        folder: folder.path().to_owned(),
        why,
    }
}

/// Says of damage where it is, which the database doesn't know.
fn damaged(folder: &Folder, error: LedgerError) -> LedgerError {
    match error {
        LedgerError::Corrupt { why, .. } => LedgerError::Corrupt {
            folder: folder.path().to_owned(),
            why,
        },
        error => error,
    }
}

fn hold(connection: &Mutex<Connection>) -> MutexGuard<'_, Connection> {
    // A panic elsewhere has rolled its transaction back.
    connection.lock().unwrap_or_else(PoisonError::into_inner)
}
