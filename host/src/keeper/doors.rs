//! The doors by which a container comes to run that exists already.

use super::create::claim;
use super::points::pass;
use super::there::there;
use super::{Errand, Fault, Handle, Keeper, files};
use crate::api::containers::{ContainerDetails, MountKind, UpdateSpec};
use crate::api::images::ImageDetails;
use crate::api::{self, Client, ErrorKind};
use crate::policy::create::{
    Claims, Existing, Named, check_existing, check_update, check_update_of_others,
};
use crate::policy::ledger::{Claim, Kind, LedgerError, Nonce, Quotas};

impl Keeper {
    /// Lets a container run: by a start, a restart, or by letting its processes go on. One's own is held against today's bounds
    /// first: what was made under wider ones, or changed by somebody else, may be stopped and removed, no more.
    ///
    /// # Errors
    ///
    /// [`Fault::Denied`], [`Fault::Quota`], or why the engine failed.
    pub async fn let_on(
        &self,
        errand: &Errand,
        handle: Handle,
        call: impl AsyncFnOnce(&Client) -> api::Result<()>,
    ) -> Result<(), Fault> {
        if !handle.own {
            self.announce(errand)?;
            return Ok(self.send(errand, handle, call).await?);
        }
        let claims = match self.planned_claims(&handle.id) {
            Some(claims) => claims,
            None => {
                self.books()?.disk.has_room().await?;
                self.claims_as_found(errand, handle).await?
            }
        };
        let id = handle.id.to_string();
        self.claim_running(errand, &id, &claims).await?;
        pass("start", "claimed");
        self.announce(errand)?;
        pass("start", "announced");
        let started = self.send(errand, handle, call).await;
        pass("start", "answered");
        match &started {
            Ok(()) => {
                if let Some(watch) = self.watch() {
                    watch.started(&handle.id);
                }
                self.still_running(&id).await?;
            }
            Err(_) => self.seen_stopped(&errand.client, id).await?,
        }
        Ok(started?)
    }

    /// Changes a container's limits, as far as the bounds allow. Gives what the engine warns of.
    ///
    /// # Errors
    ///
    /// [`Fault::Denied`], [`Fault::Quota`], or why the engine failed.
    pub async fn update(
        &self,
        errand: &Errand,
        handle: Handle,
        update: &UpdateSpec,
    ) -> Result<Vec<String>, Fault> {
        update.check()?;
        if self.is_planned(&handle.id) {
            // It can't be inspected, and so not be held against the bounds.
            return Err(super::look_up::not_found(
                Kind::Container,
                handle.id.as_str(),
            ));
        }
        let (details, image) = self.found(errand, handle).await?;
        let existing = Existing {
            details: &details,
            image: image.as_ref(),
        };
        let books = self.books()?;
        let gathered = self
            .gather(&errand.client, &Named::of_details(&details)?)
            .await?;
        let around = gathered.around(self, books, &Nonce::random()?, None);
        let policy = self.policy();
        let (bounds, access) = (policy.create(), policy.host_access());
        let effective = match handle.own {
            true => check_update(update, existing, bounds, access, &around)?,
            false => check_update_of_others(update, existing, bounds, access, &around)?,
        };
        let candidate = existing.candidate(bounds, access, &around)?;
        let candidate = candidate.changed(&effective);
        self.decided(errand, &candidate, || candidate.facts())?;
        if let Some(learner) = self.learner() {
            learner.changed(effective.claims());
        }
        let call = async |client: &Client| {
            let container = client.container(&handle.id);
            container.update(effective.spec()).await
        };
        if !handle.own {
            self.announce(errand)?;
            return Ok(self.send(errand, handle, call).await?);
        }
        let id = handle.id.to_string();
        let before = books.owner().claim(Kind::Container, &id)?;
        let after = Claim {
            running: before.running || effective.claims().running,
            ..claim(effective.claims())
        };
        self.claim(errand, &id, after).await?;
        let updated = match self.announce(errand) {
            Ok(()) => self.send(errand, handle, call).await.map_err(Fault::from),
            Err(fault) => Err(fault),
        };
        if let Err(Fault::Engine(error)) = &updated
            && error.kind() != ErrorKind::Timeout
        {
            self.give_back(&id, before).await?;
        }
        updated
    }

    /// A container as it is found, with its image if that is there.
    async fn found(
        &self,
        errand: &Errand,
        handle: Handle,
    ) -> Result<(ContainerDetails, Option<ImageDetails>), Fault> {
        let client = &errand.client;
        let details = match client.container(&handle.id).inspect(false).await {
            Err(error) if handle.own && error.kind() == ErrorKind::NotFound => {
                self.lost(client, handle.id.as_str()).await?;
                return Err(error.into());
            }
            details => details?,
        };
        let images = client.images();
        let image = there(images.inspect(&details.identity()?.image_id).await)?;
        Ok((details, image))
    }

    /// What a container takes of the quotas that is within today's bounds as it is found.
    async fn claims_as_found(&self, errand: &Errand, handle: Handle) -> Result<Claims, Fault> {
        let (details, image) = self.found(errand, handle).await?;
        let existing = Existing {
            details: &details,
            image: image.as_ref(),
        };
        self.check(errand, existing).await
    }

    async fn check(&self, errand: &Errand, existing: Existing<'_>) -> Result<Claims, Fault> {
        let named = Named::of_details(existing.details)?;
        let gathered = self.gather(&errand.client, &named).await?;
        let around = gathered.around(self, self.books()?, &Nonce::random()?, None);
        let policy = self.policy();
        let (bounds, access) = (policy.create(), policy.host_access());
        let claims = check_existing(existing, bounds, access, &around)?;
        // A path may have become a link since.
        let mounts = existing.details.mounts()?;
        let binds = mounts.iter().filter(|mount| mount.kind == MountKind::Bind);
        let binds = binds.map(|mount| mount.source.as_str());
        files::check_binds(&errand.client, access, binds)?;
        let candidate = existing.candidate(bounds, access, &around)?;
        self.decided(errand, &candidate, || candidate.facts())?;
        Ok(claims)
    }

    /// Counts a container as running before it is started.
    async fn claim_running(&self, errand: &Errand, id: &str, claims: &Claims) -> Result<(), Fault> {
        let claim = Claim {
            running: true,
            ..claim(claims)
        };
        self.claim(errand, id, claim).await
    }

    async fn claim(&self, errand: &Errand, id: &str, claim: Claim) -> Result<(), Fault> {
        let quotas = self.quotas();
        if self.books()?.owner().claim(Kind::Container, id)? == claim {
            return Ok(());
        }
        let claimed = self.with_room(&errand.client, || {
            let (id, claim, quotas) = (id.to_owned(), claim.clone(), quotas.clone());
            move |run| {
                run.owner()
                    .update_claim(Kind::Container, &id, &claim, &quotas)
            }
        });
        claimed.await
    }

    async fn give_back(&self, id: &str, before: Claim) -> Result<(), Fault> {
        let id = id.to_owned();
        let given = self.books()?.write(move |run| {
            let owner = run.owner();
            owner.update_claim(Kind::Container, &id, &before, &Quotas::default())
        });
        Ok(given.await?)
    }

    /// Who looked for room meanwhile may have seen it before it ran.
    async fn still_running(&self, id: &str) -> Result<(), Fault> {
        let books = self.books()?;
        match books.owner().claim(Kind::Container, id) {
            Ok(claim) if !claim.running => {}
            Ok(_) | Err(LedgerError::NotFound { .. }) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
        let id = id.to_owned();
        let counted =
            books.write(move |run| run.owner().set_running(&id, true, &Quotas::default()));
        Ok(counted.await?)
    }
}
