//! What of the machine the policies of runs give: kept as long as the run lives or something that it made is left, so that no
//! other plugin comes to the same ports, or writes above a path that containers mount.

use std::ffi::OsString;
use std::fmt;
use std::net::IpAddr;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use rusqlite::{Row, Transaction, params};

use super::Ledger;
use super::error::{LedgerError, Result};
use super::quota::parse_ip;
use super::runs;
use super::types::RunId;
use crate::policy::paths::is_below;

/// What of the machine a run's policy gives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Given {
    /// Whether the engine is on this machine, so that its ports and paths are this machine's.
    pub here: bool,
    /// The ports that its containers may be published at.
    pub ports: Vec<PortSpan>,
    /// The paths that it has, or its containers.
    pub paths: Vec<GivenPath>,
}

/// Ports of one address, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortSpan {
    /// The address; an unspecified one (`0.0.0.0`, `::`) is all of them, of both families.
    pub ip: IpAddr,
    /// The first.
    pub first: u16,
    /// The last.
    pub last: u16,
}

/// A path of the machine that a run has, or its containers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenPath {
    /// How it is had.
    pub by: GivenBy,
    /// The real path.
    pub path: PathBuf,
    /// Whether it can be written to, so that a link can be put below it.
    pub writable: bool,
}

/// By what a path of the machine is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GivenBy {
    /// `host-access.binds`: containers mount it.
    Bind,
    /// `wasi.dirs`: the plugin itself has it, on this machine wherever the engine is.
    Folder,
}

/// What two runs can't be given side by side.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Overlap {
    /// Ports of another plugin's: once its container has ended, clients of it would come to this one's.
    #[error(
        "create.ports has {asked}, and the plugin {plugin} has {taken}; give one of the two other ports, or end the other's runs \
         and remove its containers"
    )]
    Ports {
        /// What the policy gives.
        asked: PortSpan,
        /// What the other's gives.
        taken: PortSpan,
        /// The other.
        plugin: String,
    },
    /// A path that containers mount, below one that is written to: whoever writes there could put a link in its path.
    #[error(
        "host-access.binds of the plugin {plugin} has {}, which lies below {}, to which {key} of the plugin {writer} lets write: \
         a link there would lead it elsewhere; give paths of which none lies in the other, or make the upper one read-only",
        bind.display(), folder.display(), key = by.key()
    )]
    Path {
        /// What is mounted.
        bind: PathBuf,
        /// Whose containers it is for.
        plugin: String,
        /// What is written to.
        folder: PathBuf,
        /// How that is given.
        by: GivenBy,
        /// Who writes.
        writer: String,
    },
}

impl Overlap {
    /// The key of the policy that gives it.
    pub fn rule(&self) -> &'static str {
        match self {
            Self::Ports { .. } => "create.ports",
            Self::Path { .. } => GivenBy::Bind.key(),
        }
    }
}

impl GivenBy {
    /// The policy's key.
    pub fn key(self) -> &'static str {
        match self {
            Self::Bind => "host-access.binds",
            Self::Folder => "wasi.dirs",
        }
    }

    fn parse(text: &str) -> Result<Self> {
        [Self::Bind, Self::Folder]
            .into_iter()
            .find(|by| by.key() == text)
            .ok_or_else(|| {
                LedgerError::invalid("what gives a path", text, "this dockwit doesn't know it")
            })
    }
}

impl PortSpan {
    /// Whether a port of both can't be had at once.
    pub fn overlaps(&self, other: &Self) -> bool {
        let (one, two) = (self.ip.to_canonical(), other.ip.to_canonical());
        let same = one == two || one.is_unspecified() || two.is_unspecified();
        same && self.first <= other.last && other.first <= self.last
    }
}

impl fmt::Display for PortSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}-{}", self.ip, self.first, self.last)
    }
}

impl GivenPath {
    /// Whether it is mounted below what the other writes to.
    pub fn lies_in(&self, other: &Self) -> bool {
        self.by == GivenBy::Bind && other.writable && is_below(&self.path, &other.path)
    }
}

impl Given {
    fn is_empty(&self) -> bool {
        self.ports.is_empty() && self.paths.is_empty()
    }
}

/// Who asks for something of the machine.
#[derive(Clone, Copy)]
pub(super) struct Asking<'a> {
    /// The engine, if something was written of it.
    pub(super) engine: Option<i64>,
    pub(super) plugin: &'a str,
}

/// What a run has been given, with all that decides whether it counts.
struct Holding<T> {
    what: T,
    plugin: String,
    /// Whether the engine is the same.
    same_engine: bool,
    here: bool,
    run: RunId,
    /// Whether something that it made is left, or may be.
    left: bool,
}

impl<T> Holding<T> {
    /// Whether its run lives, or something of it is left.
    fn counts(&self, ledger: &Ledger) -> Result<bool> {
        Ok(self.left || runs::lives(ledger.folder(), &self.run)?)
    }
}

/// Whether what a run is to be given can be had beside what others have.
///
/// # Errors
///
/// [`LedgerError::Overlap`] if it can't.
pub(super) fn check(
    tx: &Transaction<'_>,
    ledger: &Ledger,
    asking: Asking<'_>,
    given: &Given,
) -> Result<()> {
    if given.is_empty() {
        return Ok(());
    }
    for other in ports(tx, asking)? {
        let met = other.same_engine || (other.here && given.here);
        let asked = given.ports.iter().find(|span| span.overlaps(&other.what));
        if let Some(asked) = asked
            && other.plugin != asking.plugin
            && met
            && other.counts(ledger)?
        {
            return Err(Overlap::Ports {
                asked: *asked,
                taken: other.what,
                plugin: other.plugin,
            }
            .into());
        }
    }
    for other in paths(tx, asking)? {
        for path in &given.paths {
            if meets(given.here, path, &other)
                && let Some(overlap) = path_overlap(asking.plugin, path, &other)
                && other.counts(ledger)?
            {
                return Err(overlap.into());
            }
        }
    }
    Ok(())
}

/// Whether two paths are of one machine. What a plugin itself has is of this one.
fn meets(here: bool, path: &GivenPath, other: &Holding<GivenPath>) -> bool {
    let is_here = |by, here| by == GivenBy::Folder || here;
    let both_here = is_here(path.by, here) && is_here(other.what.by, other.here);
    let both_binds = path.by == GivenBy::Bind && other.what.by == GivenBy::Bind;
    both_here || (both_binds && other.same_engine)
}

fn path_overlap(plugin: &str, path: &GivenPath, other: &Holding<GivenPath>) -> Option<Overlap> {
    let (bind, above, of_bind, writer) = if path.lies_in(&other.what) {
        (path, &other.what, plugin, other.plugin.as_str())
    } else if other.what.lies_in(path) {
        (&other.what, path, other.plugin.as_str(), plugin)
    } else {
        return None;
    };
    Some(Overlap::Path {
        bind: bind.path.clone(),
        plugin: of_bind.to_owned(),
        folder: above.path.clone(),
        by: above.by,
        writer: writer.to_owned(),
    })
}

/// Keeps what a run is given.
pub(super) fn keep(tx: &Transaction<'_>, run: i64, given: &Given) -> Result<()> {
    let mut insert = tx.prepare_cached("INSERT INTO given_ports VALUES (?1, ?2, ?3, ?4, ?5)")?;
    for PortSpan { ip, first, last } in &given.ports {
        let ip = ip.to_canonical().to_string();
        insert.execute(params![run, given.here, ip, first, last])?;
    }
    let mut insert = tx.prepare_cached("INSERT INTO given_paths VALUES (?1, ?2, ?3, ?4, ?5)")?;
    for GivenPath { by, path, writable } in &given.paths {
        let path = path.as_os_str().as_bytes();
        insert.execute(params![run, given.here, by.key(), path, writable])?;
    }
    Ok(())
}

/// What each run was given, and of it what [`Holding`] has, in the order of columns.
macro_rules! holdings {
    ($table:literal) => {
        concat!(
            "SELECT plugin, owners.engine, here, runs.id, \
             EXISTS (SELECT 1 FROM objects WHERE objects.run = runs.key), ",
            $table,
            ".* FROM ",
            $table,
            " JOIN runs ON runs.key = ",
            $table,
            ".run JOIN owners ON owners.key = runs.owner"
        )
    };
}

/// Where the columns of the table itself begin, after its run and `here`.
const OWN: usize = 7;

fn holding<T>(row: &Row<'_>, asking: Asking<'_>, what: T) -> Result<Holding<T>> {
    Ok(Holding {
        what,
        plugin: row.get(0)?,
        same_engine: asking.engine == Some(row.get(1)?),
        here: row.get(2)?,
        run: row.get::<_, String>(3)?.parse()?,
        left: row.get(4)?,
    })
}

fn ports(tx: &Transaction<'_>, asking: Asking<'_>) -> Result<Vec<Holding<PortSpan>>> {
    let mut statement = tx.prepare_cached(holdings!("given_ports"))?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let span = PortSpan {
            ip: parse_ip(&row.get::<_, String>(OWN)?)?,
            first: row.get(OWN + 1)?,
            last: row.get(OWN + 2)?,
        };
        found.push(holding(row, asking, span)?);
    }
    Ok(found)
}

fn paths(tx: &Transaction<'_>, asking: Asking<'_>) -> Result<Vec<Holding<GivenPath>>> {
    let mut statement = tx.prepare_cached(holdings!("given_paths"))?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let path = GivenPath {
            by: GivenBy::parse(&row.get::<_, String>(OWN)?)?,
            path: OsString::from_vec(row.get(OWN + 1)?).into(),
            writable: row.get(OWN + 2)?,
        };
        found.push(holding(row, asking, path)?);
    }
    Ok(found)
}
