//! Rounds in which all peers take turns.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::peers::{Name, Peers};
use crate::rows::{Row, Size};
use crate::statistics::{Rounds, median};

/// How long a row may take: a few times what the longest does.
const LIMIT: Duration = Duration::from_secs(300);

/// What was measured of a row.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) row: Row,
    /// A round's value is the median of the turn, in seconds.
    pub(crate) rounds: Rounds,
    /// How long the very first took, before all rounds, in seconds.
    pub(crate) first: BTreeMap<Name, f64>,
    /// The most memory of a peer that is a process of its own: the median of all, in bytes.
    pub(crate) memory: BTreeMap<Name, f64>,
}

/// What is to be measured.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) rows: Vec<Row>,
    /// By whom; if empty, by all.
    pub(crate) peers: Vec<Name>,
    pub(crate) quick: bool,
}

impl Asked {
    fn peers(&self, row: Row) -> Vec<Name> {
        let all = row.peers().iter().copied();
        all.filter(|name| self.peers.is_empty() || self.peers.contains(name))
            .collect()
    }
}

/// Measures rows, one after the other.
pub(crate) async fn all(peers: &mut Peers, asked: &Asked) -> Result<Vec<Measured>> {
    let mut measured = Vec::new();
    for row in &asked.rows {
        let size = row.size(asked.quick);
        eprintln!("measuring: {}, {} rounds", row.title(), size.rounds);
        let names = asked.peers(*row);
        let one = tokio::time::timeout(LIMIT, measure(peers, *row, &names, size)).await;
        let one = one.with_context(|| format!("{} takes more than {LIMIT:?}", row.title()))?;
        measured.push(one.with_context(|| format!("cannot measure: {}", row.title()))?);
    }
    Ok(measured)
}

async fn measure(peers: &mut Peers, row: Row, names: &[Name], size: Size) -> Result<Measured> {
    let mut measured = Measured {
        row,
        rounds: Rounds::new(),
        first: BTreeMap::new(),
        memory: BTreeMap::new(),
    };
    for name in names {
        let first = turn(peers, *name, row, 1).await?;
        measured.first.insert(*name, first);
    }
    // By chance, so that nobody always follows the same; seeded, so that runs are alike.
    let mut random = fastrand::Rng::with_seed(1);
    let mut order = names.to_vec();
    for _ in 0..size.rounds {
        random.shuffle(&mut order);
        for name in &order {
            let value = turn(peers, *name, row, size.of(*name)).await?;
            measured.rounds.entry(*name).or_default().push(value);
        }
    }
    for name in names {
        let mut peaks = peers.peaks(*name);
        if !peaks.is_empty() {
            measured.memory.insert(*name, median(&mut peaks));
        }
    }
    Ok(measured)
}

async fn turn(peers: &mut Peers, name: Name, row: Row, count: usize) -> Result<f64> {
    let times = peers.times(name, row, count).await;
    let times = times.with_context(|| format!("{} failed", name.title()))?;
    ensure!(times.len() == count, "{} left some out", name.title());
    let mut times: Vec<f64> = times.iter().map(Duration::as_secs_f64).collect();
    Ok(median(&mut times))
}
