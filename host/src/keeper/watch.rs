//! What is looked after while a run goes on, whatever the plugin does: how long its containers run, and what they take of the disk.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures::StreamExt;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::Instant;

use super::disk::Disk;
use super::there::there;
use super::{Fault, end};
use crate::api::containers::ContainerDetails;
use crate::api::{Client, ContainerId, Timestamp};
use crate::policy::Policy;
use crate::policy::audit::{Observer, Outcome, Stopped};
use crate::policy::ledger::{Kind, LedgerError, Owner, Quotas};
use crate::policy::values::Time;

/// How often it is looked what else runs, and what the disk has.
const ROUND: Duration = Duration::from_secs(60);

/// When something is tried again that failed.
const AGAIN: Duration = Duration::from_secs(5);

/// How many containers are stopped at the same time.
const AT_ONCE: usize = 8;

/// The key by which containers are stopped.
const CONTAINER_TIME: &str = "limits.container-time";

/// A task that looks after what a run's plugin has. It ends with this.
pub(super) struct Watch {
    started: UnboundedSender<String>,
    observer: Arc<OnceLock<Observer>>,
    task: AbortHandle,
}

/// The policy of a run, as it is narrowed.
type Policies = tokio::sync::watch::Receiver<Arc<Policy>>;

/// What the task knows.
struct Watcher {
    client: Client,
    owner: Owner,
    policy: Policies,
    disk: Arc<Disk>,
    observer: Arc<OnceLock<Observer>>,
    /// When each container is to be looked at next, by its id.
    due: HashMap<String, Instant>,
}

impl Watch {
    /// Begins to look after what a plugin has on an engine, in all its runs. It holds nothing by which a run is known to live.
    pub(super) fn begin(client: Client, owner: Owner, policy: Policies, disk: Arc<Disk>) -> Self {
        let (started, starts) = unbounded_channel();
        let observer = Arc::new(OnceLock::new());
        let watcher = Watcher {
            client,
            owner,
            policy,
            disk,
            observer: Arc::clone(&observer),
            due: HashMap::new(),
        };
        let task = tokio::spawn(watcher.watch(starts)).abort_handle();
        Self {
            started,
            observer,
            task,
        }
    }

    /// Whom to tell what is stopped. The first one stays.
    pub(super) fn tell(&self, observer: Observer) {
        let _ = self.observer.set(observer);
    }

    /// A container was let run.
    pub(super) fn started(&self, id: &ContainerId) {
        // Nobody listens once the run is at its end.
        let _ = self.started.send(id.to_string());
    }

    pub(super) fn end(&self) {
        self.task.abort();
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.end();
    }
}

impl Watcher {
    /// The limit by the policy that is in force.
    fn limit(&self) -> Time {
        self.policy.borrow().limits().container_time
    }

    async fn watch(mut self, mut starts: UnboundedReceiver<String>) {
        let mut round = Instant::now();
        // Beside the rest, since it may take an engine minutes.
        let mut measuring = JoinSet::new();
        loop {
            let now = Instant::now();
            if now >= round {
                round = now + ROUND;
                self.find();
                while measuring.try_join_next().is_some() {}
                if measuring.is_empty() {
                    let disk = Arc::clone(&self.disk);
                    measuring.spawn(async move { disk.look().await });
                }
            }
            self.put_down().await;
            let next = self.due.values().min().copied().unwrap_or(round).min(round);
            tokio::select! {
                () = tokio::time::sleep_until(next) => {}
                started = starts.recv() => match started {
                    Some(id) => drop(self.due.insert(id, after(self.limit().0))),
                    None => return,
                },
                // What has run for too long by a narrower limit is found when it is looked at.
                Ok(()) = self.policy.changed() => {
                    self.due.values_mut().for_each(|due| *due = Instant::now());
                }
            }
        }
    }

    /// Takes in what counts as running, whoever let it run.
    fn find(&mut self) {
        let running = self.running();
        match running {
            Ok(running) => {
                self.due.retain(|id, _| running.contains(id));
                for id in running {
                    self.due.entry(id).or_insert_with(Instant::now);
                }
            }
            Err(error) => tracing::warn!(%error, "what runs can't be looked up"),
        }
    }

    fn running(&self) -> Result<Vec<String>, LedgerError> {
        let mut running = Vec::new();
        for object in self.owner.rows(Kind::Container)? {
            match self.owner.claim(Kind::Container, &object.id) {
                Ok(claim) if claim.running => running.push(object.id),
                Ok(_) | Err(LedgerError::NotFound { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(running)
    }

    /// Looks at those whose time has come, and stops what has run for too long.
    async fn put_down(&mut self) {
        let now = Instant::now();
        let due = self.due.iter().filter(|(_, at)| **at <= now);
        let due: Vec<_> = due.map(|(id, _)| id.clone()).collect();
        let this = &*self;
        let looked = futures::stream::iter(due).map(async |id| {
            let next = this.look(&id).await.unwrap_or_else(|why| {
                tracing::warn!(%why, container = id, "it can't be held to its time");
                Some(AGAIN)
            });
            (id, next)
        });
        let looked: Vec<_> = looked.buffer_unordered(AT_ONCE).collect().await;
        for (id, next) in looked {
            match next {
                Some(next) => self.due.insert(id, after(next)),
                None => self.due.remove(&id),
            };
        }
    }

    /// Looks at a container; gives when to look again, if it is to be looked at.
    async fn look(&self, id: &str) -> Result<Option<Duration>, Fault> {
        let id: ContainerId = id.parse()?;
        if !self.owner.owns(Kind::Container, id.as_str())? {
            return Ok(None);
        }
        let Some(details) = there(self.client.container(&id).inspect(false).await)? else {
            return self.runs_no_more(id).await;
        };
        let left = match ran(&details)? {
            Some(ran) => self.limit().0.saturating_sub(ran),
            // It may run again without being asked.
            None => return Ok(Some(self.limit().0.max(ROUND))),
        };
        if left > Duration::ZERO {
            return Ok(Some(left));
        }
        let stopped = end::stop(&self.client, &id, &details).await;
        self.tell(&id, stopped.is_ok());
        stopped?;
        self.runs_no_more(id).await
    }

    /// Counts a container as one that doesn't run, and isn't to be looked at.
    async fn runs_no_more(&self, id: ContainerId) -> Result<Option<Duration>, Fault> {
        let owner = self.owner.clone();
        let counted = tokio::task::spawn_blocking(move || {
            owner.set_running(id.as_str(), false, &Quotas::default())
        });
        match counted.await {
            Ok(Err(error)) if !matches!(error, LedgerError::NotFound { .. }) => Err(error.into()),
            _ => Ok(None),
        }
    }

    fn tell(&self, id: &ContainerId, done: bool) {
        let limit = self.limit().to_string();
        tracing::warn!(container = %id, limit, done, "{CONTAINER_TIME} is met: stopping it");
        if let Some(observer) = self.observer.get() {
            observer.stopped(&Stopped {
                rule: CONTAINER_TIME,
                limit: &limit,
                container: id.as_str(),
                outcome: match done {
                    true => Outcome::Ok,
                    false => Outcome::Failed,
                },
            });
        }
    }
}

fn after(time: Duration) -> Instant {
    // What is further away than can be told is looked at when the year is over.
    const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);
    Instant::now() + time.min(YEAR)
}

/// How long it has run since it was started last; none if it doesn't run.
fn ran(details: &ContainerDetails) -> Result<Option<Duration>, Fault> {
    let state = details.state()?;
    let runs = state.running || state.paused || state.restarting;
    let since = |started: Timestamp| {
        let started = jiff::Timestamp::new(started.seconds, started.nanoseconds.cast_signed()).ok();
        let ran = started.map(|started| jiff::Timestamp::now().duration_since(started));
        // What was started at a moment that is still to come has just been.
        ran.and_then(|ran| Duration::try_from(ran).ok())
            .unwrap_or_default()
    };
    Ok(state.started_at.filter(|_| runs).map(since))
}
