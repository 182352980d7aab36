//! The plugin's own network, that its containers are on unless they name another.

use std::time::Duration;

use super::settle::Wanted;
use super::there::there;
use super::{Books, Errand, Fault, Keeper};
use crate::api::networks::{NetworkDetails, NewNetwork};
use crate::api::{Client, ErrorKind, NetworkId};
use crate::policy::create::is_isolated;
use crate::policy::ledger::{Claim, Kind, Name, Nonce};

/// What the plugin's own network is called.
pub(super) const NAME: &str = "default";

/// How long another run of the plugin's has to make the network that both need.
const PATIENCE: Duration = Duration::from_secs(20);

const PAUSE: Duration = Duration::from_millis(50);

impl Keeper {
    /// The plugin's own network as it is, or as it is going to be: without an id then.
    pub(super) async fn planned_network(&self, client: &Client) -> Result<NetworkDetails, Fault> {
        let books = self.books()?;
        if let Some(network) = &*books.network.lock().await {
            return Ok(network.clone());
        }
        let plan = self.new_network(books)?;
        match self.found_network(client).await? {
            Some(network) if !replaceable(&network, &plan) => Ok(network),
            _ => Ok(planned_details(plan)),
        }
    }

    /// The plugin's own network, which is made if it isn't there. Calls that need it at the same time make it once.
    pub(super) async fn own_network(&self, errand: &Errand) -> Result<NetworkDetails, Fault> {
        let books = self.books()?;
        let mut known = books.network.lock().await;
        if let Some(network) = &*known {
            return Ok(network.clone());
        }
        let network = tokio::time::timeout(PATIENCE, self.ensure_network(errand, books)).await;
        let busy = |_| Fault::Conflict("another run of this plugin makes its network".to_owned());
        let network = network.map_err(busy)??;
        *known = Some(network.clone());
        Ok(network)
    }

    /// Forgets that it is there: another run of the plugin's may have removed it at its end.
    pub(super) async fn forget_network(&self) -> Result<(), Fault> {
        *self.books()?.network.lock().await = None;
        Ok(())
    }

    async fn ensure_network(
        &self,
        errand: &Errand,
        books: &Books,
    ) -> Result<NetworkDetails, Fault> {
        let plan = self.new_network(books)?;
        loop {
            if let Some(network) = self.found_network(&errand.client).await? {
                if !replaceable(&network, &plan) {
                    return Ok(network);
                }
                self.remove_network(&errand.client, &network.id.parse()?)
                    .await?;
            }
            let nonce = Nonce::random()?;
            let quotas = self.quotas();
            let reserve = {
                let nonce = nonce.clone();
                books.write(move |run| {
                    let claim = Claim::default();
                    run.reserve_as(&nonce, Kind::Network, Name::Short(NAME), &claim, &quotas)
                })
            };
            match reserve.await.map_err(Fault::from) {
                Ok(_) => return self.make_network(errand, books, &plan, nonce).await,
                Err(Fault::Conflict(_)) => tokio::time::sleep(PAUSE).await,
                Err(fault) => return Err(fault),
            }
        }
    }

    async fn make_network(
        &self,
        errand: &Errand,
        books: &Books,
        plan: &NewNetwork,
        nonce: Nonce,
    ) -> Result<NetworkDetails, Fault> {
        if let Some(planned) = self.plan() {
            planned.tell(errand.verb, &format!("makes the network {}", plan.name));
            let network = NetworkDetails {
                id: super::plan::id()?,
                ..planned_details(plan.clone())
            };
            self.record(nonce, network.id.clone()).await?;
            return Ok(network);
        }
        let network = NewNetwork {
            labels: books.stamp(&nonce).labels().into(),
            ..plan.clone()
        };
        let wanted = Wanted {
            kind: Kind::Network,
            nonce,
        };
        let client = errand.client.beside();
        let call = async || client.networks().create(&network).await;
        let made = self.make(errand, wanted, call, |id| id.to_string()).await?;
        let id: NetworkId = made.id.parse()?;
        Ok(errand.client.network(&id).inspect().await?)
    }

    /// The network by the ledger. What the ledger has and the engine hasn't any more is forgotten.
    async fn found_network(&self, client: &Client) -> Result<Option<NetworkDetails>, Fault> {
        let books = self.books()?;
        let Some(object) = books.owner().find(Kind::Network, NAME)? else {
            return Ok(None);
        };
        let id: NetworkId = object.id.parse()?;
        let found = there(client.network(&id).inspect().await)?;
        if found.is_none() {
            self.gone(Kind::Network, object.id).await?;
        }
        Ok(found)
    }

    async fn remove_network(&self, client: &Client, id: &NetworkId) -> Result<(), Fault> {
        if self.plan().is_some() {
            return self.gone(Kind::Network, id.to_string()).await;
        }
        match client.beside().network(id).remove().await {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
            _ => self.gone(Kind::Network, id.to_string()).await,
        }
    }

    fn new_network(&self, books: &Books) -> Result<NewNetwork, Fault> {
        let egress = self.policy().create().egress;
        let isolation = books.engine.isolation().unwrap_or_default();
        Ok(NewNetwork {
            name: books.owner().full_name(NAME)?,
            labels: Vec::new(),
            internal: !egress,
            options: if egress { Vec::new() } else { isolation },
        })
    }
}

/// What a network is going to be.
fn planned_details(plan: NewNetwork) -> NetworkDetails {
    NetworkDetails {
        name: plan.name,
        driver: "bridge".to_owned(),
        internal: plan.internal,
        options: plan.options,
        ..NetworkDetails::default()
    }
}

/// Whether a network is of another policy than today's, and nobody is on it.
fn replaceable(network: &NetworkDetails, plan: &NewNetwork) -> bool {
    let isolated = !plan.internal || plan.options.is_empty() || is_isolated(network);
    let fits = network.internal == plan.internal && isolated;
    !fits && network.containers.is_empty()
}
