//! The rows of objects and intents.

use rusqlite::{OptionalExtension, Params, Row, Transaction, params};

use super::error::{LedgerError, Result};
use super::names;
use super::owner::Owner;
use super::quota::{self, Usage};
use super::types::{Claim, Intent, Kind, Nonce, Object, Quotas};

const OBJECT: &str = "SELECT objects.kind, objects.id, objects.name, objects.nonce, runs.id \
     FROM objects JOIN runs ON runs.key = objects.run";

/// What a run asks to make.
pub(super) struct Wish<'a> {
    pub(super) nonce: &'a Nonce,
    pub(super) kind: Kind,
    pub(super) name: &'a str,
    pub(super) claim: &'a Claim,
    pub(super) quotas: &'a Quotas,
}

/// Writes an intent, if names, quotas and ports allow it.
pub(super) fn reserve(
    tx: &Transaction<'_>,
    owner: &Owner,
    run: i64,
    wish: &Wish<'_>,
) -> Result<Intent> {
    const RESERVE: &str = "INSERT INTO objects \
         (engine, owner, run, kind, nonce, name, memory, nano_cpus, running) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    let Wish {
        nonce,
        kind,
        name,
        claim,
        quotas,
    } = *wish;
    quota::check_claim(claim)?;
    check_name(tx, owner.engine_key, kind, name, None)?;
    let used = Usage::of_owner(tx, owner.key, None)?;
    quota::check(quotas, &used, &Usage::default(), &Usage::of(kind, claim))?;
    quota::check_ports(tx, owner.holder(), &claim.ports, claim.ports_chosen)?;
    let (memory, nano_cpus) = amounts(claim);
    tx.prepare_cached(RESERVE)?.execute(params![
        owner.engine_key,
        owner.key,
        run,
        kind.as_str(),
        nonce.as_str(),
        name,
        memory,
        nano_cpus,
        claim.running,
    ])?;
    quota::set_ports(tx, owner.engine_key, tx.last_insert_rowid(), &claim.ports)?;
    Ok(Intent {
        kind,
        nonce: nonce.clone(),
        name: name.to_owned(),
    })
}

/// The amounts as the database has them; they were checked to fit.
pub(super) fn amounts(claim: &Claim) -> (Option<i64>, Option<i64>) {
    (
        claim.memory.map(u64::cast_signed),
        claim.nano_cpus.map(u64::cast_signed),
    )
}

/// Refuses a name that another object of the kind has, whoever's it is: the engine would, too.
pub(super) fn check_name(
    tx: &Transaction<'_>,
    engine: i64,
    kind: Kind,
    name: &str,
    but: Option<i64>,
) -> Result<()> {
    const TAKEN: &str =
        "SELECT 1 FROM objects WHERE engine = ?1 AND kind = ?2 AND name = ?3 AND key IS NOT ?4";
    if tx
        .prepare_cached(TAKEN)?
        .exists(params![engine, kind.as_str(), name, but])?
    {
        return Err(LedgerError::NameTaken {
            kind,
            name: name.to_owned(),
        });
    }
    Ok(())
}

/// Gives an open intent its id.
pub(super) fn settle(
    tx: &Transaction<'_>,
    owner: &Owner,
    nonce: &Nonce,
    id: &str,
) -> Result<Object> {
    let Some((kind, name, known)) = by_nonce(tx, owner.key, nonce)? else {
        return Err(LedgerError::NotOpen(nonce.clone()));
    };
    names::check_id("the id", id)?;
    if !kind.has_id() && id != name {
        return Err(LedgerError::NotIntended {
            nonce: nonce.clone(),
            what: "name",
        });
    }
    match known {
        Some(known) if known != id => return Err(LedgerError::NotOpen(nonce.clone())),
        Some(_) => {}
        None => set_id(tx, owner, kind, nonce, id)?,
    }
    by_id(tx, owner.key, kind, id)?.ok_or_else(|| LedgerError::not_found(kind, id))
}

fn set_id(tx: &Transaction<'_>, owner: &Owner, kind: Kind, nonce: &Nonce, id: &str) -> Result<()> {
    const TAKEN: &str = "SELECT 1 FROM objects WHERE engine = ?1 AND kind = ?2 AND id = ?3";
    if tx
        .prepare_cached(TAKEN)?
        .exists(params![owner.engine_key, kind.as_str(), id])?
    {
        return Err(LedgerError::IdTaken {
            kind,
            id: id.to_owned(),
        });
    }
    tx.prepare_cached("UPDATE objects SET id = ?2 WHERE nonce = ?1")?
        .execute([nonce.as_str(), id])?;
    Ok(())
}

/// The owner's intent with this nonce, if it isn't settled.
pub(super) fn open_intent(tx: &Transaction<'_>, owner: i64, nonce: &Nonce) -> Result<Intent> {
    match by_nonce(tx, owner, nonce)? {
        Some((kind, name, None)) => Ok(Intent {
            kind,
            nonce: nonce.clone(),
            name,
        }),
        _ => Err(LedgerError::NotOpen(nonce.clone())),
    }
}

fn by_nonce(
    tx: &Transaction<'_>,
    owner: i64,
    nonce: &Nonce,
) -> Result<Option<(Kind, String, Option<String>)>> {
    const BY_NONCE: &str = "SELECT kind, name, id FROM objects WHERE nonce = ?1 AND owner = ?2";
    let read = |row: &Row<'_>| Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?));
    let mut statement = tx.prepare_cached(BY_NONCE)?;
    let found = statement
        .query_row(params![nonce.as_str(), owner], read)
        .optional()?;
    found
        .map(|(kind, name, id)| Ok((Kind::parse(&kind)?, name, id)))
        .transpose()
}

/// The owner's object with this full id.
pub(super) fn by_id(
    tx: &Transaction<'_>,
    owner: i64,
    kind: Kind,
    id: &str,
) -> Result<Option<Object>> {
    first(
        tx,
        "objects.owner = ?1 AND kind = ?2 AND objects.id = ?3",
        params![owner, kind.as_str(), id],
    )
}

/// As [`Owner::find`]: all three look-ups are made, whatever the first one gives.
pub(super) fn find(
    tx: &Transaction<'_>,
    owner: &Owner,
    kind: Kind,
    reference: &str,
) -> Result<Option<Object>> {
    let by_id = by_id(tx, owner.key, kind, reference)?;
    let by_name = by_name(
        tx,
        owner,
        kind,
        reference.strip_prefix('/').unwrap_or(reference),
    )?;
    let by_beginning = by_beginning(tx, owner.key, kind, reference)?;
    if let Some(object) = by_id.or(by_name) {
        return Ok(Some(object));
    }
    let [one] = by_beginning.as_slice() else {
        let prefix = reference.to_owned();
        let several = LedgerError::Ambiguous { kind, prefix };
        return if by_beginning.is_empty() {
            Ok(None)
        } else {
            Err(several)
        };
    };
    Ok(Some(one.clone()))
}

/// A short name goes before a whole one of the same letters.
fn by_name(tx: &Transaction<'_>, owner: &Owner, kind: Kind, name: &str) -> Result<Option<Object>> {
    let condition = "objects.owner = ?1 AND kind = ?2 AND name IN (?3, ?4) AND objects.id IS NOT NULL \
         ORDER BY name = ?4";
    let short = format!("{}{name}", owner.prefix);
    first(
        tx,
        condition,
        params![owner.key, kind.as_str(), short, name],
    )
}

fn by_beginning(tx: &Transaction<'_>, owner: i64, kind: Kind, prefix: &str) -> Result<Vec<Object>> {
    // Names of volumes can't be shortened, and everything begins with nothing.
    let some = kind.has_id() && !prefix.is_empty();
    let end = format!("{prefix}{}", char::MAX);
    let condition =
        "objects.owner = ?1 AND kind = ?2 AND objects.id >= ?3 AND objects.id < ?4 AND ?5 LIMIT 2";
    select(
        tx,
        condition,
        params![owner, kind.as_str(), prefix, end, some],
    )
}

/// All objects of an owner.
pub(super) fn of_owner(tx: &Transaction<'_>, owner: i64, kind: Kind) -> Result<Vec<Object>> {
    let condition =
        "objects.owner = ?1 AND kind = ?2 AND objects.id IS NOT NULL ORDER BY objects.key";
    select(tx, condition, params![owner, kind.as_str()])
}

/// All objects that were made in a run.
pub(super) fn of_run(tx: &Transaction<'_>, run: i64) -> Result<Vec<Object>> {
    select(
        tx,
        "objects.run = ?1 AND objects.id IS NOT NULL ORDER BY objects.key",
        [run],
    )
}

/// The intents of a run that aren't settled.
pub(super) fn open_of_run(tx: &Transaction<'_>, run: i64) -> Result<Vec<Intent>> {
    const OPEN: &str =
        "SELECT kind, nonce, name FROM objects WHERE run = ?1 AND id IS NULL ORDER BY key";
    let mut statement = tx.prepare_cached(OPEN)?;
    let mut rows = statement.query([run])?;
    let mut intents = Vec::new();
    while let Some(row) = rows.next()? {
        intents.push(Intent {
            kind: Kind::parse(&row.get::<_, String>(0)?)?,
            nonce: row.get::<_, String>(1)?.parse()?,
            name: row.get(2)?,
        });
    }
    Ok(intents)
}

fn first(tx: &Transaction<'_>, condition: &str, params: impl Params) -> Result<Option<Object>> {
    Ok(select(tx, condition, params)?.into_iter().next())
}

fn select(tx: &Transaction<'_>, condition: &str, params: impl Params) -> Result<Vec<Object>> {
    let mut statement = tx.prepare_cached(&format!("{OBJECT} WHERE {condition}"))?;
    let mut rows = statement.query(params)?;
    let mut objects = Vec::new();
    while let Some(row) = rows.next()? {
        objects.push(Object {
            kind: Kind::parse(&row.get::<_, String>(0)?)?,
            id: row.get(1)?,
            name: row.get(2)?,
            nonce: row.get::<_, String>(3)?.parse()?,
            run: row.get::<_, String>(4)?.parse()?,
        });
    }
    Ok(objects)
}
