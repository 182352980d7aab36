//! What a plugin's containers and volumes take of the engine's disk. It is measured now and then, since no engine holds it to a limit.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use super::Fault;
use crate::api::containers::{ContainerFilter, ListOptions};
use crate::api::{Client, ErrorKind};
use crate::policy::create::LABEL_OWNER;
use crate::policy::ledger::{Exceeded, Kind, Owner, Quota};

/// How old a measurement may be by which a call is decided.
const FRESH: Duration = Duration::from_secs(5);

/// How old one may be if there can be no newer one.
const STALE: Duration = Duration::from_secs(300);

/// How often it is tried: older engines measure once at a time.
const TRIES: u32 = 5;

const PAUSE: Duration = Duration::from_millis(300);

/// What all runs of a plugin take of an engine's disk.
pub(super) struct Disk {
    /// The host's own: what is measured is none of the plugin's calls.
    client: Client,
    owner: Owner,
    limit: AtomicU64,
    last: Mutex<Option<Measured>>,
}

#[derive(Clone, Copy)]
struct Measured {
    at: Instant,
    bytes: u64,
}

impl Disk {
    pub(super) fn new(client: Client, owner: Owner, limit: u64) -> Self {
        Self {
            client,
            owner,
            limit: AtomicU64::new(limit),
            last: Mutex::default(),
        }
    }

    /// Holds to a limit that is lower from now on.
    pub(super) fn lower(&self, limit: u64) {
        self.limit.fetch_min(limit, Ordering::Relaxed);
    }

    fn limit(&self) -> u64 {
        self.limit.load(Ordering::Relaxed)
    }

    /// Whether there is room, by a measurement that is new enough.
    pub(super) async fn has_room(&self) -> Result<(), Fault> {
        let used = self.used(FRESH).await?;
        match used > self.limit() {
            false => Ok(()),
            true => Err(Fault::Quota(Exceeded {
                quota: Quota::Disk,
                used,
                limit: self.limit(),
                asked: 0,
            })),
        }
    }

    /// Measures, and tells the operator if there is no room left.
    pub(super) async fn look(&self) {
        match self.used(Duration::ZERO).await {
            Ok(used) if used > self.limit() => {
                tracing::warn!(used, limit = self.limit(), "limits.disk is met");
            }
            Ok(used) => tracing::debug!(used, "measured the disk"),
            Err(why) => tracing::warn!(%why, "the disk can't be measured"),
        }
    }

    /// How much is used, by a measurement that is not older than this. Who asks meanwhile waits for the same.
    async fn used(&self, age: Duration) -> Result<u64, Fault> {
        let mut last = self.last.lock().await;
        if let Some(measured) = last.filter(|last| last.at.elapsed() < age) {
            return Ok(measured.bytes);
        }
        match self.measure().await {
            Ok(None) => Ok(0),
            Ok(Some(bytes)) => {
                let at = Instant::now();
                *last = Some(Measured { at, bytes });
                Ok(bytes)
            }
            Err(why) => match last.filter(|last| last.at.elapsed() < STALE) {
                Some(measured) => {
                    tracing::warn!(%why, "the disk can't be measured");
                    Ok(measured.bytes)
                }
                None => Err(why),
            },
        }
    }

    /// Measures; none if there is nothing that takes any.
    async fn measure(&self) -> Result<Option<u64>, Fault> {
        let ids = |kind| -> Result<HashSet<String>, Fault> {
            let rows = self.owner.rows(kind)?.into_iter();
            Ok(rows.map(|object| object.id).collect())
        };
        let (containers, volumes) = (ids(Kind::Container)?, ids(Kind::Volume)?);
        if containers.is_empty() && volumes.is_empty() {
            return Ok(None);
        }
        let mut tries = TRIES;
        loop {
            tries -= 1;
            let of_containers = self.of_containers(&containers).await;
            let of_volumes = match &of_containers {
                Ok(_) => self.of_volumes(&volumes).await,
                Err(_) => Ok(0),
            };
            match of_containers.and_then(|bytes| Ok(bytes.saturating_add(of_volumes?))) {
                Err(Fault::Engine(error)) if is_busy(error.kind()) && tries > 0 => {
                    tokio::time::sleep(PAUSE).await;
                }
                measured => return measured.map(Some),
            }
        }
    }

    async fn of_containers(&self, ids: &HashSet<String>) -> Result<u64, Fault> {
        if ids.is_empty() {
            return Ok(0);
        }
        let label = format!("{LABEL_OWNER}={}", self.owner.id());
        let options = ListOptions {
            size: true,
            ..ListOptions::all_with([ContainerFilter::Label(label)])
        };
        let rows = self.client.containers().list(&options).await?;
        // A label proves nothing.
        let own = rows.iter().filter(|row| ids.contains(&row.id));
        Ok(sum(own.filter_map(|row| row.size_rw)))
    }

    async fn of_volumes(&self, names: &HashSet<String>) -> Result<u64, Fault> {
        if names.is_empty() {
            return Ok(0);
        }
        let sizes = self.client.volumes().sizes().await?;
        let own = sizes.iter().filter(|(name, _)| names.contains(name));
        Ok(sum(own.map(|(_, bytes)| *bytes)))
    }
}

/// Whether an engine may do it when it is asked again.
fn is_busy(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Engine | ErrorKind::Conflict)
}

fn sum(sizes: impl Iterator<Item = u64>) -> u64 {
    sizes.fold(0, u64::saturating_add)
}
