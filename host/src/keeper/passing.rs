//! Volumes that go with their container: of one that removes itself, the engine would take the anonymous ones along.

use super::change::anonymous_of;
use super::{Fault, Keeper};
use crate::api::{Client, VolumeName};
use crate::policy::create::{LABEL_NONCE, LABEL_PASSING};
use crate::policy::ledger::{Kind, Object, Owner};

/// What a label of the host's says that is set.
pub(super) const YES: &str = "true";

/// The volumes that go with a container which has removed itself.
pub(super) async fn volumes(
    client: &Client,
    owner: &Owner,
    container: &Object,
) -> Result<Vec<Object>, Fault> {
    let mut going = Vec::new();
    for object in owner.rows(Kind::Volume)? {
        let short = owner.short_name(&object.name).and_then(anonymous_of);
        if !short.is_some_and(|nonce| container.nonce.as_str().starts_with(nonce)) {
            continue;
        }
        let name: VolumeName = object.id.parse()?;
        let labels = match client.volume(&name).inspect().await {
            Err(error) if super::there::is_gone(&error) => {
                going.push(object);
                continue;
            }
            volume => volume?.labels,
        };
        let has = |key: &str, value: &str| labels.contains(&(key.to_owned(), value.to_owned()));
        if has(LABEL_PASSING, YES) && has(LABEL_NONCE, object.nonce.as_str()) {
            going.push(object);
        }
    }
    Ok(going)
}

impl Keeper {
    /// Forgets a container that the engine has no more, though the plugin didn't remove it.
    pub(super) async fn lost(&self, client: &Client, id: &str) -> Result<(), Fault> {
        let owner = self.books()?.owner();
        let going = match owner.get(Kind::Container, id)? {
            Some(container) => volumes(client, owner, &container).await?,
            None => Vec::new(),
        };
        self.gone(Kind::Container, id.to_owned()).await?;
        for volume in going {
            self.remove_volume(client, &volume.id.parse()?).await?;
        }
        Ok(())
    }
}
