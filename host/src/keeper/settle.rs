//! What was sent, and what has come of it: an intent is settled by the engine's answer, or by looking for its nonce.

use std::time::Duration;

use super::points::point;
use super::{Errand, Fault, Keeper};
use crate::api::containers::{ContainerFilter, ListOptions};
use crate::api::{self, Client};
use crate::policy::create::{LABEL_NONCE, LABEL_OWNER};
use crate::policy::ledger::{Found, Kind, LedgerRun, Nonce};

/// How long something may be on its way inside an engine after its answer was lost.
const ON_ITS_WAY: Duration = Duration::from_secs(5);

const PAUSE: Duration = Duration::from_millis(250);

/// What is to be made: its intent.
pub(super) struct Wanted {
    pub(super) kind: Kind,
    pub(super) nonce: Nonce,
}

/// What was made.
pub(super) struct Made<T> {
    pub(super) id: String,
    /// The engine's answer; none if that was lost.
    pub(super) answer: Option<T>,
}

impl Keeper {
    /// Has the engine make what was reserved, and settles the intent.
    pub(super) async fn make<T>(
        &self,
        errand: &Errand,
        wanted: Wanted,
        call: impl AsyncFnOnce() -> api::Result<T>,
        id_of: impl Fn(&T) -> String,
    ) -> Result<Made<T>, Fault> {
        let Wanted { kind, nonce } = wanted;
        if let Err(fault) = self.announce(errand) {
            self.release(nonce).await?;
            return Err(fault);
        }
        point(kind, "announced");
        match call().await {
            Ok(answer) => {
                point(kind, "answered");
                let id = id_of(&answer);
                let recorded = self.record(nonce, id.clone()).await;
                point(kind, "recorded");
                recorded?;
                Ok(Made {
                    id,
                    answer: Some(answer),
                })
            }
            Err(error) if is_certain(&error) => {
                self.release(nonce).await?;
                Err(error.into())
            }
            Err(error) => self.make_out(&errand.client, kind, nonce, error).await,
        }
    }

    /// Finds out whether something was made though the answer says otherwise, or was lost. As long as that can't be known, the
    /// intent stays open.
    async fn make_out<T>(
        &self,
        client: &Client,
        kind: Kind,
        nonce: Nonce,
        error: api::Error,
    ) -> Result<Made<T>, Fault> {
        let books = self.books()?;
        match look_for(client, kind, &nonce).await {
            Ok(Some(seen)) => {
                adopt(&books.run, kind, nonce, seen.clone()).await?;
                Ok(Made {
                    id: seen.id,
                    answer: None,
                })
            }
            Ok(None) if error.status().is_some() => {
                self.release(nonce).await?;
                Err(error.into())
            }
            _ => Err(error.into()),
        }
    }

    pub(super) async fn release(&self, nonce: Nonce) -> Result<(), Fault> {
        let released = self.books()?.write(move |run| run.owner().release(&nonce));
        released.await?;
        Ok(())
    }

    pub(super) async fn record(&self, nonce: Nonce, id: String) -> Result<(), Fault> {
        let recorded = self
            .books()?
            .write(move |run| run.owner().record(&nonce, &id));
        recorded.await?;
        Ok(())
    }

    /// Forgets an object that the engine has no more.
    pub(super) async fn gone(&self, kind: Kind, id: String) -> Result<(), Fault> {
        if let (Kind::Container, Some(learner)) = (kind, self.learner()) {
            learner.removed();
        }
        let removed = self
            .books()?
            .write(move |run| run.owner().removed(kind, &id));
        removed.await?;
        Ok(())
    }
}

/// Whether a failure says that nothing was made and nothing will be.
fn is_certain(error: &api::Error) -> bool {
    let refused = error
        .status()
        .is_some_and(|status| (400..500).contains(&status));
    !error.sent() || refused
}

/// Something on the engine that carries an intent's nonce.
#[derive(Clone)]
pub(super) struct Seen {
    pub(super) id: String,
    name: String,
    owner: String,
}

/// Settles the intents of a run that nobody works on any more.
pub(super) async fn settle(client: &Client, run: &LedgerRun) -> Result<(), Fault> {
    for intent in run.open_intents()? {
        let begun = tokio::time::Instant::now();
        loop {
            if let Some(seen) = look_for(client, intent.kind, &intent.nonce).await? {
                adopt(run, intent.kind, intent.nonce, seen).await?;
                break;
            }
            if begun.elapsed() > ON_ITS_WAY {
                run.owner().release(&intent.nonce)?;
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
    Ok(())
}

async fn adopt(run: &LedgerRun, kind: Kind, nonce: Nonce, seen: Seen) -> Result<(), Fault> {
    let found = Found {
        kind,
        id: &seen.id,
        name: &seen.name,
        owner: &seen.owner,
        nonce: &nonce,
    };
    run.owner().adopt(&found)?;
    Ok(())
}

/// Looks for what carries a nonce.
async fn look_for(client: &Client, kind: Kind, nonce: &Nonce) -> Result<Option<Seen>, Fault> {
    let label = format!("{LABEL_NONCE}={nonce}");
    let owner = |labels: &[(String, String)]| {
        let label = labels.iter().find(|(key, _)| key == LABEL_OWNER);
        label.map(|(_, owner)| owner.clone()).unwrap_or_default()
    };
    match kind {
        Kind::Container => {
            let options = ListOptions::all_with([ContainerFilter::Label(label)]);
            let rows = client.containers().list(&options).await?;
            Ok(rows.into_iter().next().map(|row| Seen {
                owner: owner(&row.labels),
                name: row.names.into_iter().next().unwrap_or_default(),
                id: row.id,
            }))
        }
        Kind::Network => {
            let found = client.networks().list(&[&label]).await?;
            Ok(found.into_iter().next().map(|network| Seen {
                owner: owner(&network.labels),
                id: network.id,
                name: network.name,
            }))
        }
        Kind::Volume => {
            let found = client.volumes().list(&[&label]).await?;
            Ok(found.into_iter().next().map(|volume| Seen {
                owner: owner(&volume.labels),
                id: volume.name.clone(),
                name: volume.name,
            }))
        }
    }
}
