//! What a plugin's filters come to within its scope.

use super::{Fault, Keeper};
use crate::api::Client;
use crate::api::containers::{ContainerFilter, ListOptions};
use crate::policy::Reach;
use crate::policy::create::LABEL_OWNER;
use crate::policy::ledger::{Kind, LedgerError};

impl Keeper {
    /// The list that is asked for, narrowed to the scope as far as an engine can narrow it.
    pub(super) async fn narrowed(
        &self,
        client: &Client,
        options: &ListOptions,
    ) -> Result<ListOptions, Fault> {
        let policy = self.policy();
        let mut narrowed = options.clone();
        let mut more = Vec::new();
        for filter in &mut narrowed.filters {
            more.extend(self.resolve(client, filter).await?);
        }
        narrowed.filters.extend(more);
        for reach in policy.scope().containers.parts() {
            let label = match reach {
                Reach::Own => {
                    let owner = self.owner().map(|owner| owner.id()).unwrap_or_default();
                    format!("{LABEL_OWNER}={owner}")
                }
                Reach::Label(label) => label.to_string(),
                Reach::All | Reach::Names(_) | Reach::Every(_) => continue,
            };
            narrowed.filters.push(ContainerFilter::Label(label));
        }
        Ok(narrowed)
    }

    /// What is one's own is named by its short name, which the engine doesn't know. A filter that names another container would
    /// tell whether there is one: it is looked up in scope. A pattern that begins with an own name has to fit the whole name.
    ///
    /// Gives another of the kind, which widens it, where an engine knows an object by one or the other.
    async fn resolve(
        &self,
        client: &Client,
        filter: &mut ContainerFilter,
    ) -> Result<Option<ContainerFilter>, Fault> {
        let own = |kind, name: &str| match self.owner().map(|owner| owner.find(kind, name)) {
            // It is the beginning of several ids, but no name.
            None | Some(Err(LedgerError::Ambiguous { .. })) => Ok(None),
            Some(found) => found,
        };
        match filter {
            ContainerFilter::Before(name) | ContainerFilter::Since(name) => {
                // Whoever sees all may be told by the engine itself.
                if let Some(object) = own(Kind::Container, name)? {
                    *name = object.id;
                } else if self.policy().scope().containers != Reach::All {
                    *name = self.get(client, name).await?.id.to_string();
                }
            }
            ContainerFilter::Name(name) => {
                if let Some(rest) = anchored(name) {
                    let short = rest.trim_end_matches('$');
                    let prefix = match own(Kind::Container, short)?.zip(self.owner()) {
                        Some((object, owner)) if owner.short_name(&object.name) == Some(short) => {
                            owner.prefix()
                        }
                        _ => "",
                    };
                    *name = format!("^{prefix}{rest}");
                }
            }
            ContainerFilter::Network(name) => {
                if let Some(object) = own(Kind::Network, name)? {
                    *name = object.name;
                    return Ok(Some(ContainerFilter::Network(object.id)));
                }
            }
            ContainerFilter::Volume(name) => {
                if let Some(object) = own(Kind::Volume, name)? {
                    *name = object.id;
                }
            }
            _ => {}
        }
        Ok(None)
    }
}

/// The rest of a filter that fits only from a name's beginning. Podman before 5 knows names by no slash, other engines with
/// it and without.
fn anchored(name: &str) -> Option<&str> {
    let rest = name.strip_prefix('^')?;
    Some(rest.strip_prefix('/').unwrap_or(rest))
}
