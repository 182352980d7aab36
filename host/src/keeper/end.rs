//! The end of a run: what isn't known is looked up, and what the run made is removed, stopped or kept. The same for runs that were
//! killed, when the next one begins.

use std::fmt;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::there::{is_gone, there};
use super::{Fault, Keeper, passing, settle};
use crate::api::containers::{
    ContainerDetails, RemoveOptions, RestartCondition, RestartPolicy, StopOptions, UpdateSpec,
};
use crate::api::{Client, ContainerId, NetworkId, VolumeName};
use crate::policy::ledger::{Kind, Ledger, LedgerError, LedgerRun, Object, OnEnd, Quotas};

/// The seconds that a container has to stop.
const STOP: i32 = 10;

/// How long a removal may take.
const REMOVAL: Duration = Duration::from_secs(20);

const PAUSE: Duration = Duration::from_millis(200);

/// How many containers are put down at the same time.
const AT_ONCE: usize = 8;

/// What could not be done at the end of a run. It stays in the ledger, and the next run on the engine tries again.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Ended {
    /// Each with why.
    pub left: Vec<Left>,
}

/// Something that could not be cleaned away.
#[derive(Debug)]
#[non_exhaustive]
pub struct Left {
    /// What: `container devenv_1f3c9d2e_db`.
    pub what: String,
    /// Why.
    pub why: Fault,
}

impl fmt::Display for Left {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what, self.why)
    }
}

impl Keeper {
    /// Ends the run, after the writes that it sent are settled. What its policy says of the end is done to what it made.
    pub async fn end(&self, client: &Client) -> Ended {
        match &self.0.books {
            // Nothing was made.
            Some(_) if self.plan().is_some() => Ended::default(),
            Some(books) => {
                if let Some(watch) = &books.watch {
                    watch.end();
                }
                finish(client, &books.run).await
            }
            None => {
                let mut ended = Ended::default();
                if let Some(Err(error)) = self.0.known.as_ref().map(LedgerRun::end) {
                    ended.add("the run", error.into());
                }
                ended
            }
        }
    }
}

/// Finishes the runs that nobody holds any more.
pub(super) async fn finish_dead_runs(
    client: &Client,
    ledger: &Ledger,
    engine: &str,
) -> Result<(), LedgerError> {
    for dead in ledger.dead_runs(engine)? {
        let Some(run) = ledger.take_over(&dead.id)? else {
            continue;
        };
        tracing::info!(run = %dead.id, "finishing a run that was killed");
        for left in finish(client, &run).await.left {
            tracing::warn!(run = %dead.id, what = left.what, why = %left.why, "left over");
        }
    }
    Ok(())
}

async fn finish(client: &Client, run: &LedgerRun) -> Ended {
    let mut ended = Ended::default();
    if let Err(why) = settle::settle(client, run).await {
        ended.add("what was sent last", why);
        return ended;
    }
    if run.on_end() != OnEnd::Keep {
        match run.objects() {
            Ok(objects) => put_down(client, run, objects, &mut ended).await,
            Err(error) => ended.add("what the run made", error.into()),
        }
    }
    // What could not be done now is tried again by the next run on the engine.
    if ended.left.is_empty()
        && let Err(error) = run.end()
    {
        ended.add("the run", error.into());
    }
    ended
}

/// Containers first, since they are on the networks and have the volumes.
async fn put_down(client: &Client, run: &LedgerRun, objects: Vec<Object>, ended: &mut Ended) {
    let (containers, others): (Vec<_>, Vec<_>) = objects
        .into_iter()
        .partition(|object| object.kind == Kind::Container);
    let mut tasks = JoinSet::new();
    for object in containers {
        if tasks.len() >= AT_ONCE {
            ended.note_next(&mut tasks).await;
        }
        let (client, run) = (client.clone(), run.clone());
        tasks.spawn(async move {
            let result = container(&client, &run, &object).await;
            (object, result)
        });
    }
    while !tasks.is_empty() {
        ended.note_next(&mut tasks).await;
    }
    if run.on_end() == OnEnd::Remove {
        for object in others {
            if object.kind == Kind::Volume {
                ended.note(&object, volume(client, run, &object).await);
            }
        }
        if let Err(why) = network(client, run).await {
            ended.add("the plugin's network", why);
        }
    }
}

async fn container(client: &Client, run: &LedgerRun, object: &Object) -> Result<(), Fault> {
    let id: ContainerId = object.id.parse()?;
    match there(client.container(&id).inspect(false).await)? {
        Some(details) => {
            stop(client, &id, &details).await?;
            if run.on_end() == OnEnd::Stop {
                let quotas = Quotas::default();
                return Ok(run.owner().set_running(&object.id, false, &quotas)?);
            }
            remove(client, &id).await?;
        }
        None => {
            for volume in passing::volumes(client, run.owner(), object).await? {
                self::volume(client, run, &volume).await?;
            }
        }
    }
    run.owner().removed(object.kind, &object.id)?;
    Ok(())
}

/// Sees to it that it doesn't run, and won't by itself.
pub(super) async fn stop(
    client: &Client,
    id: &ContainerId,
    details: &ContainerDetails,
) -> Result<(), Fault> {
    let container = client.container(id);
    let state = details.state()?;
    if details.host_config()?.restart_policy.condition != RestartCondition::No {
        let mut update = UpdateSpec::new();
        update.set_restart_policy(RestartPolicy::default());
        // One that is being removed can't be changed, nor any on the oldest engines: what counts is that it is stopped.
        let _ = container.update(&update).await;
    }
    if state.paused {
        let _ = container.unpause().await;
    }
    if state.running || state.restarting {
        let own = details.config()?.stop_timeout;
        let own = own.and_then(|seconds| i32::try_from(seconds).ok());
        let timeout = own.unwrap_or(STOP).clamp(0, STOP);
        let options = StopOptions {
            timeout: Some(timeout),
            ..StopOptions::default()
        };
        if let Err(error) = container.stop(&options).await
            && !is_gone(&error)
        {
            let killed = container.kill(None).await;
            killed.map_err(|_| error)?;
        }
    }
    Ok(())
}

/// Removes it, and looks whether it is gone. Somebody else's removal that goes on is waited for.
async fn remove(client: &Client, id: &ContainerId) -> Result<(), Fault> {
    let container = client.container(id);
    let begun = Instant::now();
    loop {
        let removed = container.remove(&RemoveOptions::forced()).await;
        match container.inspect(false).await {
            Err(error) if is_gone(&error) => return Ok(()),
            Err(error) => return Err(error.into()),
            Ok(_) if begun.elapsed() < REMOVAL => tokio::time::sleep(PAUSE).await,
            Ok(_) => {
                removed?;
                return Err(Fault::Conflict("its removal takes too long".to_owned()));
            }
        }
    }
}

/// A volume that another run's container has stays the plugin's.
async fn volume(client: &Client, run: &LedgerRun, object: &Object) -> Result<(), Fault> {
    let name: VolumeName = object.id.parse()?;
    match client.volume(&name).remove().await {
        Err(error) if is_gone(&error) => {}
        removed => removed?,
    }
    run.owner().removed(Kind::Volume, &object.id)?;
    Ok(())
}

/// The networks that the run made, and the plugin's own, whichever of its runs made that: once nothing of the plugin's can
/// be on them.
async fn network(client: &Client, run: &LedgerRun) -> Result<(), Fault> {
    let owner = run.owner();
    if !owner.rows(Kind::Container)?.is_empty() {
        return Ok(());
    }
    let own = owner.full_name(super::network::NAME)?;
    for object in owner.rows(Kind::Network)? {
        if object.name != own && object.run != *run.id() {
            continue;
        }
        let id: NetworkId = object.id.parse()?;
        match client.network(&id).remove().await {
            Err(error) if is_gone(&error) => {}
            removed => removed?,
        }
        owner.removed(Kind::Network, &object.id)?;
    }
    Ok(())
}

impl Ended {
    fn add(&mut self, what: &str, why: Fault) {
        self.left.push(Left {
            what: what.to_owned(),
            why,
        });
    }

    async fn note_next(&mut self, tasks: &mut JoinSet<(Object, Result<(), Fault>)>) {
        if let Some(Ok((object, result))) = tasks.join_next().await {
            self.note(&object, result);
        }
    }

    fn note(&mut self, object: &Object, result: Result<(), Fault>) {
        if let Err(why) = result {
            self.add(&format!("{} {}", object.kind, object.name), why);
        }
    }
}
