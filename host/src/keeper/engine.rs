//! Which engine it is.

use super::there::there;
use crate::api::system::{SystemInfo, VersionInfo};
use crate::api::volumes::VolumeDetails;
use crate::api::{Client, Error, Result, VolumeName};
use crate::policy::create::Engine;
use crate::policy::ledger::Nonce;

/// The volume by which an engine is known that has no identity which lasts.
const MARKER: &str = "dockwit-engine";

/// The label that has the identity.
const LABEL: &str = "dockwit.engine";

/// What an engine tells of itself.
pub(super) struct Told {
    pub(super) info: SystemInfo,
    pub(super) version: VersionInfo,
    pub(super) engine: Engine,
    /// Its identity, which lasts as long as its data.
    pub(super) id: String,
}

impl Told {
    /// Asks an engine, and marks one that has no identity which lasts.
    pub(super) async fn ask(client: &Client) -> Result<Self> {
        Self::known_by(client, true).await
    }

    /// Asks an engine, and changes nothing of it. One that isn't marked yet is nobody's.
    pub(super) async fn ask_only(client: &Client) -> Result<Self> {
        Self::known_by(client, false).await
    }

    async fn known_by(client: &Client, marks: bool) -> Result<Self> {
        let system = client.system();
        let (info, version) = tokio::try_join!(system.info(), system.version())?;
        let api = client.transport().api_version().await?;
        let mut engine = Engine::of(&info, &version, api)?;
        if engine.podman {
            engine = engine.giving(&system.podmans_capabilities().await?);
        }
        let own = &info.identity()?.id;
        let id = match engine.podman || own.is_empty() {
            true if marks => marked(client).await?,
            true => mark(client).await?.map_or_else(random, Ok)?,
            false => own.clone(),
        };
        Ok(Self {
            info,
            version,
            engine,
            id,
        })
    }
}

/// The identity of an engine by its marker volume, which is made if it isn't there. Of several who make one, all get the first
/// one's.
async fn marked(client: &Client) -> Result<String> {
    if let Some(id) = mark(client).await? {
        return Ok(id);
    }
    let label = (LABEL.to_owned(), random()?);
    match client.volumes().create(&MARKER.parse()?, &[label]).await {
        Ok(made) => label_of(made),
        // Of several at once, Podman may fail all but the first.
        Err(error) => mark(client).await.ok().flatten().ok_or(error),
    }
}

/// The identity of an engine by its marker volume, if it has one.
async fn mark(client: &Client) -> Result<Option<String>> {
    let name: VolumeName = MARKER.parse()?;
    there(client.volume(&name).inspect().await)?
        .map(label_of)
        .transpose()
}

fn random() -> Result<String> {
    let lacking = |_| Error::protocol("no random numbers");
    Ok(Nonce::random().map_err(lacking)?.to_string())
}

fn label_of(volume: VolumeDetails) -> Result<String> {
    let label = volume.labels.into_iter().find(|(key, _)| key == LABEL);
    label.map(|(_, id)| id).ok_or_else(|| {
        Error::protocol(format!(
            "the volume {MARKER} has no label {LABEL}, by which the engine is known; remove it if \
             it isn't used"
        ))
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::transport::testing::{Engine, answer};

    #[tokio::test]
    async fn who_marks_a_podman_too_late_gets_the_first_ones_mark() {
        let looks = Arc::new(AtomicUsize::new(0));
        let engine = Engine::start(move |mut peer| {
            let looks = looks.clone();
            async move {
                while let Some(request) = peer.request().await {
                    let (status, body) = match request.starts_with("GET") {
                        true if looks.fetch_add(1, Ordering::Relaxed) == 0 => {
                            ("404 Not Found", r#"{"message": "no such volume"}"#)
                        }
                        true => (
                            "200 OK",
                            r#"{"Name": "dockwit-engine", "Labels": {"dockwit.engine": "first"}}"#,
                        ),
                        false => ("500 Internal Server Error", r#"{"message": "in use"}"#),
                    };
                    peer.send(answer(status, "", body)).await;
                }
            }
        });
        let client = Client::new(engine.transport());
        let id = marked(&client).await;
        assert_eq!(id.expect("there is a mark").as_str(), "first");
    }
}
