//! Making a container.

use std::sync::Arc;

use super::around::Gathered;
use super::names::check_name;
use super::passing::YES;
use super::points::{pass, point};
use super::settle::Wanted;
use super::{Books, Errand, Fault, Handle, Keeper, files};
use crate::api::containers::{ContainerSpec, CreatedContainer, RemoveOptions};
use crate::api::images::ImageDetails;
use crate::api::networks::NetworkDetails;
use crate::api::{self, Client, ContainerId, ErrorKind};
use crate::policy::create::{Claims, Effective, ImageBound, LABEL_PASSING, Named, NewVolume};
use crate::policy::ledger::{Claim, Kind, Name, Nonce, Port, Proto};
use crate::policy::{Denial, Policy};

/// How often a port is chosen, where other runs of the plugin's are quicker to take it.
const CHOICES: usize = 8;

/// What is told where another's volume has the name of one that is to be made.
const OTHERS_VOLUME: &str = "there is a volume of that name, and it is another's";

/// A container that was made.
#[derive(Clone, Debug)]
pub struct Created {
    /// Its handle.
    pub handle: Handle,
    /// What the engine warned of.
    pub warnings: Vec<String>,
}

/// A request for a container, with all that it is decided by.
struct Request<'a> {
    spec: &'a ContainerSpec,
    image: &'a ImageDetails,
    gathered: Gathered,
    nonce: Nonce,
    own_network: bool,
    /// By which all of it is decided, though it be narrowed meanwhile.
    policy: Arc<Policy>,
}

impl Keeper {
    /// Makes a container: completes the spec, holds it against the bounds, reserves its place, has the engine make it, and
    /// looks whether that is what was asked for.
    ///
    /// # Errors
    ///
    /// [`Fault::Denied`] says what to add to the policy, [`Fault::Quota`] which limit is met, [`Fault::Weaker`] what the engine
    /// doesn't hold.
    pub async fn create(&self, errand: &Errand, spec: &ContainerSpec) -> Result<Created, Fault> {
        spec.check()?;
        if let Some(name) = spec.name() {
            check_name("set-name", name)?;
        }
        // Before anything is asked: without a ledger nothing can be made.
        self.books()?.disk.has_room().await?;
        let spec = &self.asked(spec);
        let named = Named::of(spec);
        let image = self.image(&errand.client, &named.image).await?;
        match self.try_create(errand, spec, &named, &image).await {
            // Another run of the plugin's may have removed their network at its end.
            Err(Fault::Engine(error))
                if named.own_network && error.kind() == ErrorKind::NotFound && error.sent() =>
            {
                self.forget_network().await?;
                self.try_create(errand, spec, &named, &image).await
            }
            created => created,
        }
    }

    async fn try_create(
        &self,
        errand: &Errand,
        spec: &ContainerSpec,
        named: &Named,
        image: &ImageDetails,
    ) -> Result<Created, Fault> {
        let books = self.books()?;
        let generation = self.generation();
        let mut request = Request {
            image,
            gathered: self.gather(&errand.client, named).await?,
            nonce: Nonce::random()?,
            own_network: named.own_network,
            policy: self.policy(),
            spec,
        };
        let planned = match request.own_network {
            true => Some(self.planned_network(&errand.client).await?),
            false => None,
        };
        let effective = self
            .decide_and_reserve(errand, books, &mut request, planned)
            .await?;
        pass("container", "reserved");
        let effective = match self.prepare(errand, books, &request, &effective).await {
            Ok(effective) => effective,
            Err(fault) => {
                self.release(request.nonce).await?;
                self.remove_volumes(errand, books, &effective).await?;
                return Err(fault);
            }
        };
        let made = self
            .make_container(errand, &request.nonce, &effective)
            .await;
        if made.is_err() {
            self.remove_volumes(errand, books, &effective).await?;
        }
        let made = made?;
        errand.witness.about(&made.id);
        self.read_back(errand, &made.id, &effective).await?;
        point(Kind::Container, "compared");
        self.learn_made(spec, &effective);
        Ok(Created {
            handle: Self::own(made.id, generation),
            warnings: made.warnings,
        })
    }

    /// The image. One that isn't there is as one that isn't allowed, unless all are: what is in the cache is nobody's to know.
    async fn image(&self, client: &Client, reference: &str) -> Result<ImageDetails, Fault> {
        match client.images().inspect(reference).await {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                match &self.policy().create().images {
                    ImageBound::Listed(images)
                        if !images.iter().any(|of| of.as_ref() == reference) =>
                    {
                        Err(Denial::not_in("create.images", "image", reference, images).into())
                    }
                    _ => Err(error.into()),
                }
            }
            found => Ok(found?),
        }
    }

    /// Decides, and takes the place and the ports of what was decided.
    async fn decide_and_reserve(
        &self,
        errand: &Errand,
        books: &Books,
        request: &mut Request<'_>,
        network: Option<NetworkDetails>,
    ) -> Result<Effective, Fault> {
        let mut choices = CHOICES;
        loop {
            let effective = self.decide(errand, books, request, network.clone())?;
            let access = request.policy.host_access();
            files::check_binds(&errand.client, access, effective.binds())?;
            let chosen = leaves_ports_open(request.spec);
            let reserved = self.reserve(errand, &request.nonce, &effective, chosen);
            choices -= 1;
            match reserved.await {
                Ok(()) => return Ok(effective),
                Err(Fault::Conflict(_)) if chosen && choices > 0 => {
                    request.gathered.look_at_ports(books)?;
                }
                Err(fault) => return Err(fault),
            }
        }
    }

    fn decide(
        &self,
        errand: &Errand,
        books: &Books,
        request: &Request<'_>,
        network: Option<NetworkDetails>,
    ) -> Result<Effective, Fault> {
        let Request {
            spec,
            image,
            gathered,
            nonce,
            policy,
            ..
        } = request;
        let around = gathered.around(self, books, nonce, network);
        let (bounds, access) = (policy.create(), policy.host_access());
        let effective = Effective::of(spec, image, bounds, access, &around)?;
        let candidate = effective.candidate(bounds, access, &around);
        self.decided(errand, &candidate, || effective.facts().clone())?;
        Ok(effective)
    }

    /// Takes the container's place, and counts what it takes.
    async fn reserve(
        &self,
        errand: &Errand,
        nonce: &Nonce,
        effective: &Effective,
        ports_chosen: bool,
    ) -> Result<(), Fault> {
        let name = effective.spec().name().unwrap_or_default().to_owned();
        let claim = Claim {
            ports_chosen,
            ..claim(&effective.claims())
        };
        let reserved = self.with_room(&errand.client, || {
            let (nonce, name, claim) = (nonce.clone(), name.clone(), claim.clone());
            let quotas = self.quotas();
            move |run| {
                let name = Name::Exact(&name);
                run.reserve_as(&nonce, Kind::Container, name, &claim, &quotas)
            }
        });
        reserved.await?;
        Ok(())
    }

    /// Makes what the container is to have: the volumes, and the network that it is going to be on.
    async fn prepare(
        &self,
        errand: &Errand,
        books: &Books,
        request: &Request<'_>,
        effective: &Effective,
    ) -> Result<Effective, Fault> {
        self.announce(errand)?;
        let passing = request.spec.options().host.auto_remove == Some(true);
        for volume in effective.volumes() {
            self.make_volume(errand, books, volume, passing).await?;
        }
        match request.own_network {
            true => {
                let network = self.own_network(errand).await?;
                self.decide(errand, books, request, Some(network))
            }
            false => Ok(effective.clone()),
        }
    }

    /// Removes the volumes of a container that wasn't made.
    async fn remove_volumes(
        &self,
        errand: &Errand,
        books: &Books,
        effective: &Effective,
    ) -> Result<(), Fault> {
        for volume in effective.volumes() {
            // One of that name may be another's.
            if books.owner().owns(Kind::Volume, &volume.name)? {
                self.remove_volume(&errand.client, &volume.volume_name()?)
                    .await?;
            }
        }
        Ok(())
    }

    async fn make_container(
        &self,
        errand: &Errand,
        nonce: &Nonce,
        effective: &Effective,
    ) -> Result<CreatedContainer, Fault> {
        if let Some(plan) = self.plan() {
            return Ok(CreatedContainer {
                id: self.plan_container(plan, errand, nonce, effective).await?,
                warnings: Vec::new(),
            });
        }
        let wanted = Wanted {
            kind: Kind::Container,
            nonce: nonce.clone(),
        };
        let (client, spec) = (&errand.client, effective.spec());
        let call = async || {
            let made = client.containers().create(spec).await;
            self.naming(client, spec.name(), made).await
        };
        let made = self
            .make(errand, wanted, call, |created| created.id.to_string())
            .await?;
        Ok(CreatedContainer {
            id: made.id.parse()?,
            warnings: made
                .answer
                .map(|created| created.warnings)
                .unwrap_or_default(),
        })
    }

    /// Makes a volume in the place of an anonymous one. The engine gives the one that is there, if one of that name is: then it
    /// is another's.
    async fn make_volume(
        &self,
        errand: &Errand,
        books: &Books,
        volume: &NewVolume,
        passing: bool,
    ) -> Result<(), Fault> {
        let nonce = Nonce::random()?;
        let reserved = self.with_room(&errand.client, || {
            let (nonce, name, quotas) = (nonce.clone(), volume.name.clone(), self.quotas());
            move |run| {
                let name = Name::Exact(&name);
                run.reserve_as(&nonce, Kind::Volume, name, &Claim::default(), &quotas)
            }
        });
        reserved.await?;
        if let Some(plan) = self.plan() {
            plan.tell(errand.verb, &format!("makes the volume {}", volume.name));
            return self.record(nonce, volume.name.clone()).await;
        }
        let name = volume.volume_name()?;
        let mut labels = Vec::from(books.stamp(&nonce).labels());
        if passing {
            labels.push((LABEL_PASSING.to_owned(), YES.to_owned()));
        }
        labels.extend(volume.labels.iter().cloned());
        let wanted = Wanted {
            kind: Kind::Volume,
            nonce,
        };
        let client = errand.client.beside();
        let call = async || {
            let volumes = client.volumes();
            let made = match &volume.driver {
                Some(driver) => volumes.create_by(driver, &name, &labels).await?,
                None => volumes.create(&name, &labels).await?,
            };
            match labels.iter().all(|label| made.labels.contains(label)) {
                true => Ok(made),
                false => Err(api::Error::unsent(ErrorKind::Conflict, OTHERS_VOLUME)),
            }
        };
        self.make(errand, wanted, call, |made| made.name.clone())
            .await?;
        Ok(())
    }

    /// Looks whether what was made is what was asked for. What is weaker, or has more, is removed.
    async fn read_back(
        &self,
        errand: &Errand,
        id: &ContainerId,
        effective: &Effective,
    ) -> Result<(), Fault> {
        if self.is_planned(id) {
            return Ok(());
        }
        let container = errand.client.container(id);
        let compared = match container.inspect(false).await {
            Ok(details) => effective.compare(&details),
            Err(error) => Err(error),
        };
        let fault = match compared {
            Ok(differences) if differences.is_empty() => return Ok(()),
            Ok(differences) => Fault::Weaker(differences),
            Err(error) => error.into(),
        };
        let beside = errand.client.beside();
        match beside.container(id).remove(&RemoveOptions::forced()).await {
            // It stays the plugin's own, and is removed at the end.
            Err(error) if error.kind() != ErrorKind::NotFound => Err(fault),
            _ => {
                self.gone(Kind::Container, id.to_string()).await?;
                Err(fault)
            }
        }
    }
}

/// Whether a port is to be published, and it isn't said where.
fn leaves_ports_open(spec: &ContainerSpec) -> bool {
    let host = &spec.options().host;
    let mut at = host.port_bindings.values().flatten();
    host.publish_all_ports == Some(true) || at.any(|at| at.port.is_none())
}

/// What the ledger counts of a container.
pub(super) fn claim(claims: &Claims) -> Claim {
    let finite = |amount: u64| (amount != u64::MAX).then_some(amount);
    let ports = claims.ports.iter().filter_map(|at| {
        Some(Port {
            ip: at.ip,
            port: at.port,
            proto: proto(&at.protocol)?,
        })
    });
    Claim {
        memory: finite(claims.memory),
        nano_cpus: finite(claims.nano_cpus),
        running: claims.running,
        ports: ports.collect(),
        ports_chosen: false,
    }
}

fn proto(protocol: &crate::api::Protocol) -> Option<Proto> {
    use crate::api::Protocol;
    match protocol {
        Protocol::Tcp => Some(Proto::Tcp),
        Protocol::Udp => Some(Proto::Udp),
        Protocol::Sctp => Some(Proto::Sctp),
        Protocol::Other(_) => None,
    }
}
