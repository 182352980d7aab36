//! A plugin on an engine, and what is its.

use std::collections::BTreeSet;

use rusqlite::{OptionalExtension, Row, Transaction, params};

use super::error::{LedgerError, Result};
use super::names::{self, Name};
use super::quota::{self, Holder, Usage};
use super::types::{Claim, Found, Kind, Nonce, Object, Quotas, random_hex};
use super::{Ledger, objects};

/// A plugin on an engine: what it made, by the ledger alone. Cheap to clone.
///
/// All runs of the plugin share it. Nothing here tells of, or touches, what another owner has.
#[derive(Clone, Debug)]
pub struct Owner {
    pub(super) ledger: Ledger,
    pub(super) key: i64,
    pub(super) engine_key: i64,
    pub(super) engine: String,
    pub(super) plugin: String,
    pub(super) id: String,
    pub(super) prefix: String,
}

impl Owner {
    /// The engine's id.
    pub fn engine(&self) -> &str {
        &self.engine
    }

    /// The plugin's name.
    pub fn plugin(&self) -> &str {
        &self.plugin
    }

    /// Its random id, 16 digits, made once: the label `dockwit.owner` of everything that is its.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The whole name behind a short one: `db` is `devenv_1f3c9d2e_db`. It has up to 170 characters and an
    /// underscore, so it is never taken for an id, and can be no other owner's.
    ///
    /// # Errors
    ///
    /// [`LedgerError::Invalid`] for what engines don't take as a name, and for what looks like an id.
    pub fn full_name(&self, short: &str) -> Result<String> {
        names::check_short(short)?;
        Ok(format!("{}{short}", self.prefix))
    }

    /// The short name of a whole one that is this owner's.
    pub fn short_name<'a>(&self, full: &'a str) -> Option<&'a str> {
        full.strip_prefix(&self.prefix)
    }

    /// Whether an object is this owner's. Takes the full id, of a volume the whole name.
    pub fn owns(&self, kind: Kind, id: &str) -> Result<bool> {
        Ok(self.get(kind, id)?.is_some())
    }

    /// The object with this full id, of a volume the whole name.
    pub fn get(&self, kind: Kind, id: &str) -> Result<Option<Object>> {
        self.ledger
            .read(|tx| objects::by_id(tx, self.key, kind, id))
    }

    /// Finds an object as engines do: by full id, else by name, else by the beginning of an id that fits one of this owner's
    /// objects. The name may be short or whole; a container's may have a slash before it.
    ///
    /// Does the same work whether it is there or not, and whoever else has one.
    ///
    /// # Errors
    ///
    /// [`LedgerError::Ambiguous`] if several ids begin like this.
    pub fn find(&self, kind: Kind, reference: &str) -> Result<Option<Object>> {
        self.ledger
            .read(|tx| objects::find(tx, self, kind, reference))
    }

    /// All objects of a kind, in the order in which they were asked for. Open intents aren't among them.
    pub fn rows(&self, kind: Kind) -> Result<Vec<Object>> {
        self.ledger.read(|tx| objects::of_owner(tx, self.key, kind))
    }

    /// What an object takes of the quotas.
    ///
    /// # Errors
    ///
    /// [`LedgerError::NotFound`] if it isn't this owner's.
    pub fn claim(&self, kind: Kind, id: &str) -> Result<Claim> {
        self.ledger.read(|tx| Ok(self.claimed(tx, kind, id)?.1))
    }

    /// The numbers of the ports of the machine that containers on this engine have, whoever's they are.
    pub fn ports_taken(&self) -> Result<BTreeSet<u16>> {
        self.ledger
            .read(|tx| quota::ports_of_engine(tx, self.engine_key))
    }

    /// What stands before the short names of its objects: `devenv_1f3c9d2e_`.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Settles an intent after a create that succeeded. To say the same again changes nothing.
    ///
    /// # Errors
    ///
    /// [`LedgerError::NotOpen`] if there is no such intent of this owner, [`LedgerError::IdTaken`] if the object has
    /// an owner already.
    pub fn record(&self, nonce: &Nonce, id: &str) -> Result<Object> {
        self.ledger.write(|tx| objects::settle(tx, self, nonce, id))
    }

    /// Settles an intent whose answer was lost, by what was found on the engine with its nonce: only if all of it is what was
    /// intended. Labels alone prove nothing, so another object is refused.
    ///
    /// # Errors
    ///
    /// As [`record`](Self::record), and [`LedgerError::NotIntended`] if kind, name or owner aren't the intent's.
    pub fn adopt(&self, found: &Found<'_>) -> Result<Object> {
        self.ledger.write(|tx| {
            let intent = objects::open_intent(tx, self.key, found.nonce)?;
            let differs = [
                ("kind", intent.kind != found.kind),
                ("name", intent.name != found.name),
                ("owner", self.id != found.owner),
            ];
            if let Some((what, _)) = differs.into_iter().find(|(_, differs)| *differs) {
                return Err(LedgerError::NotIntended {
                    nonce: found.nonce.clone(),
                    what,
                });
            }
            objects::settle(tx, self, found.nonce, found.id)
        })
    }

    /// Gives back what an intent had reserved: only once it is certain that nothing was made, and nothing will be. Gives
    /// whether there was one.
    pub fn release(&self, nonce: &Nonce) -> Result<bool> {
        const RELEASE: &str = "DELETE FROM objects WHERE owner = ?1 AND nonce = ?2 AND id IS NULL";
        self.ledger.write(|tx| {
            Ok(tx
                .prepare_cached(RELEASE)?
                .execute(params![self.key, nonce.as_str()])?
                > 0)
        })
    }

    /// Forgets an object that the engine has no more, and frees what it took. Gives whether it was there.
    pub fn removed(&self, kind: Kind, id: &str) -> Result<bool> {
        const REMOVE: &str = "DELETE FROM objects WHERE owner = ?1 AND kind = ?2 AND id = ?3";
        self.ledger.write(|tx| {
            let removed =
                tx.prepare_cached(REMOVE)?
                    .execute(params![self.key, kind.as_str(), id])?;
            Ok(removed > 0)
        })
    }

    /// Changes what an object takes, before the engine is asked to change it; if the engine refuses, put the former claim back.
    /// What takes no more than before is never refused.
    ///
    /// # Errors
    ///
    /// [`LedgerError::Quota`], [`LedgerError::PortTaken`]; [`LedgerError::NotFound`] if it isn't this owner's.
    pub fn update_claim(&self, kind: Kind, id: &str, claim: &Claim, quotas: &Quotas) -> Result<()> {
        self.ledger.write(|tx| {
            let (key, before) = self.claimed(tx, kind, id)?;
            self.set_claim(tx, (key, kind), &before, claim, quotas)
        })
    }

    /// Says whether a container runs, or may without being asked again. `true` before the engine is asked to start it; `false` after
    /// it was seen not to run, which is never refused.
    ///
    /// # Errors
    ///
    /// As [`update_claim`](Self::update_claim).
    pub fn set_running(&self, id: &str, running: bool, quotas: &Quotas) -> Result<()> {
        let kind = Kind::Container;
        self.ledger.write(|tx| {
            let (key, before) = self.claimed(tx, kind, id)?;
            let claim = Claim {
                running,
                ..before.clone()
            };
            self.set_claim(tx, (key, kind), &before, &claim, quotas)
        })
    }

    /// Gives an object another name, before the engine is asked to, and returns the whole name. If the engine refuses, give
    /// the former one back, as [`Name::Short`] or [`Name::Exact`].
    ///
    /// # Errors
    ///
    /// [`LedgerError::NameTaken`], [`LedgerError::Invalid`]; [`LedgerError::NotFound`] if it isn't this owner's.
    pub fn rename(&self, kind: Kind, id: &str, name: Name<'_>) -> Result<String> {
        if !kind.has_id() {
            return Err(LedgerError::invalid(
                "the name",
                id,
                "a volume has no other identity",
            ));
        }
        let name = self.whole_name(kind, name)?;
        self.ledger.write(|tx| {
            let (key, _) = self.claimed(tx, kind, id)?;
            objects::check_name(tx, self.engine_key, kind, &name, Some(key))?;
            tx.prepare_cached("UPDATE objects SET name = ?2 WHERE key = ?1")?
                .execute(params![key, name])?;
            Ok(name)
        })
    }

    pub(super) fn whole_name(&self, kind: Kind, name: Name<'_>) -> Result<String> {
        match name {
            Name::Any => self.full_name(&format!("{kind}-{}", random_hex::<6>()?)),
            Name::Short(short) => self.full_name(short),
            // One's own whole name is as good as its short one.
            Name::Exact(name) => match self.short_name(name) {
                Some(short) => self.full_name(short),
                None => names::check_exact(name).map(|()| name.to_owned()),
            },
        }
    }

    pub(super) fn holder(&self) -> Holder {
        Holder {
            engine: self.engine_key,
            owner: self.key,
        }
    }

    fn claimed(&self, tx: &Transaction<'_>, kind: Kind, id: &str) -> Result<(i64, Claim)> {
        const CLAIM: &str = "SELECT key, memory, nano_cpus, running FROM objects \
             WHERE owner = ?1 AND kind = ?2 AND id = ?3";
        let read = |row: &Row<'_>| {
            let memory = row.get::<_, Option<i64>>(1)?.map(i64::cast_unsigned);
            let nano_cpus = row.get::<_, Option<i64>>(2)?.map(i64::cast_unsigned);
            let claim = Claim {
                memory,
                nano_cpus,
                running: row.get(3)?,
                ..Claim::default()
            };
            Ok((row.get(0)?, claim))
        };
        let mut statement = tx.prepare_cached(CLAIM)?;
        let found = statement
            .query_row(params![self.key, kind.as_str(), id], read)
            .optional()?;
        let (key, claim) = found.ok_or_else(|| LedgerError::not_found(kind, id))?;
        Ok((
            key,
            Claim {
                ports: quota::ports(tx, key)?,
                ..claim
            },
        ))
    }

    fn set_claim(
        &self,
        tx: &Transaction<'_>,
        (key, kind): (i64, Kind),
        before: &Claim,
        claim: &Claim,
        quotas: &Quotas,
    ) -> Result<()> {
        const UPDATE: &str =
            "UPDATE objects SET memory = ?2, nano_cpus = ?3, running = ?4 WHERE key = ?1";
        quota::check_claim(claim)?;
        let used = Usage::of_owner(tx, self.key, Some(key))?;
        quota::check(
            quotas,
            &used,
            &Usage::of(kind, before),
            &Usage::of(kind, claim),
        )?;
        quota::check_ports(tx, self.holder(), &claim.ports, false)?;
        let (memory, nano_cpus) = objects::amounts(claim);
        tx.prepare_cached(UPDATE)?
            .execute(params![key, memory, nano_cpus, claim.running])?;
        quota::set_ports(tx, self.engine_key, key, &claim.ports)
    }
}

/// Finds an owner, or makes it.
pub(super) fn ensure(
    tx: &Transaction<'_>,
    ledger: &Ledger,
    engine: &str,
    plugin: &str,
) -> Result<Owner> {
    if let Some(owner) = find(tx, ledger, engine, plugin)? {
        return Ok(owner);
    }
    tx.execute("INSERT OR IGNORE INTO engines (id) VALUES (?1)", [engine])?;
    let id = random_hex::<8>()?;
    // Of two with the same prefix the second is refused, and the next attempt rolls again.
    tx.execute(
        "INSERT INTO owners (engine, plugin, id, prefix) SELECT key, ?2, ?3, ?4 FROM engines WHERE id = ?1",
        params![engine, plugin, id, names::prefix(plugin, &id)],
    )?;
    find(tx, ledger, engine, plugin)?.ok_or(LedgerError::Busy)
}

/// An engine of which something was written.
pub(super) fn engine(tx: &Transaction<'_>, id: &str) -> Result<Option<i64>> {
    let mut statement = tx.prepare_cached("SELECT key FROM engines WHERE id = ?1")?;
    Ok(statement.query_row([id], |row| row.get(0)).optional()?)
}

/// Finds an owner that has had a run or was asked for.
pub(super) fn find(
    tx: &Transaction<'_>,
    ledger: &Ledger,
    engine: &str,
    plugin: &str,
) -> Result<Option<Owner>> {
    const FIND: &str = "SELECT owners.key, engines.key, owners.id, prefix FROM owners \
         JOIN engines ON engines.key = owners.engine WHERE engines.id = ?1 AND plugin = ?2";
    let read = |row: &Row<'_>| {
        Ok(Owner {
            ledger: ledger.clone(),
            key: row.get(0)?,
            engine_key: row.get(1)?,
            engine: engine.to_owned(),
            plugin: plugin.to_owned(),
            id: row.get(2)?,
            prefix: row.get(3)?,
        })
    };
    Ok(tx
        .prepare_cached(FIND)?
        .query_row([engine, plugin], read)
        .optional()?)
}
