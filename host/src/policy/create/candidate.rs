//! A container that is to be made, started or changed, as whoever decides is shown it.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::access::HostAccess;
use super::around::Around;
use super::bounds::CreateBounds;
use super::check::{self, Rules};
use super::claims::Claims;
use super::existing::{EffectiveUpdate, Existing};
use super::of_details::own_labels;
use super::shape::Shape;
use super::{Effective, power};
use crate::api;
use crate::policy::{Denial, Policy};

/// A container that is to be made, started, let go on or changed, as it is going to be: what was asked for, completed by defaults, by
/// the image's own configuration and by what the host sets. The policy allows it.
///
/// What of it may be written down is its [`facts`](Self::facts); these are cut and escaped, and nothing to decide by.
pub struct Candidate<'a> {
    pub(super) shape: Cow<'a, Shape>,
    pub(super) name: Option<&'a str>,
    labels: Vec<(String, String)>,
    claims: Claims,
    /// The volumes that are made with it.
    made: BTreeSet<String>,
    bounds: &'a CreateBounds,
    access: &'a HostAccess,
    pub(super) around: &'a Around<'a>,
}

impl Candidate<'_> {
    /// Its whole name, with the owner's prefix. None where that isn't known: of what exists.
    pub fn name(&self) -> Option<&str> {
        self.name
    }

    /// The id of its image.
    pub fn image_id(&self) -> &str {
        &self.shape.image.id
    }

    /// Its image as it was asked for.
    pub fn image_reference(&self) -> &str {
        &self.shape.image.reference
    }

    /// What registries call the content of its image: `name@sha256:...`.
    pub fn image_digests(&self) -> &[String] {
        &self.shape.image.digests
    }

    /// All its labels: those that were asked for, the image's, and the host's own, which begin with `dockwit.`.
    pub fn labels(&self) -> &[(String, String)] {
        &self.labels
    }

    /// What it takes: memory, processors, processes, ports of the machine. Not limited counts as all there is.
    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    /// The paths of the machine that it mounts, and whether nothing in them can be written to.
    pub fn binds(&self) -> impl Iterator<Item = (&str, bool)> {
        let binds = self.shape.files.binds.iter();
        binds.map(|bind| (bind.source.as_str(), bind.is_read_only()))
    }

    /// The names of its volumes.
    pub fn volumes(&self) -> impl Iterator<Item = &str> {
        self.shape
            .files
            .volumes
            .iter()
            .map(|mount| mount.volume.as_str())
    }

    /// The keys of `[host-access]` without which it would not be allowed: `host-access.binds`.
    pub fn powers(&self) -> Vec<&'static str> {
        // What another one made may be beyond them, whatever is given.
        let is_within = self.check(self.bounds, self.access).is_ok();
        power::used(self.access, |key, less| {
            let checked = self.check(self.bounds, less);
            checked.is_err_and(|denial| is_within || denial.rule == key)
        })
    }

    /// Whether it is within the bounds of a policy.
    pub(in crate::policy) fn is_within(&self, policy: &Policy) -> Result<(), Denial> {
        self.check(policy.create(), policy.host_access())
    }

    fn check(&self, bounds: &CreateBounds, access: &HostAccess) -> Result<(), Denial> {
        let rules = Rules {
            bounds,
            access,
            around: self.around,
            made: &self.made,
        };
        check::check(&self.shape, &rules)
    }
}

impl Effective {
    /// It as whoever decides is shown it, under the bounds that it was found to be within.
    pub fn candidate<'a>(
        &'a self,
        bounds: &'a CreateBounds,
        access: &'a HostAccess,
        around: &'a Around<'a>,
    ) -> Candidate<'a> {
        let asked = self.spec().options().labels.clone();
        let image = &self.image().config.labels;
        let of_image = image.iter().filter(|(key, _)| !asked.contains_key(key));
        let labels: Vec<_> = of_image.cloned().chain(asked.clone()).collect();
        let mut shape = self.shape().clone();
        shape.labels = own_labels(&labels, Some(self.image()));
        Candidate {
            shape: Cow::Owned(shape),
            name: self.spec().name(),
            labels,
            claims: self.claims(),
            made: self.volumes().iter().map(|of| of.name.clone()).collect(),
            bounds,
            access,
            around,
        }
    }
}

impl<'a> Existing<'a> {
    /// It as whoever decides is shown it, if it is let run.
    ///
    /// # Errors
    ///
    /// Fails if the engine's answer can't be read.
    pub fn candidate(
        self,
        bounds: &'a CreateBounds,
        access: &'a HostAccess,
        around: &'a Around<'a>,
    ) -> api::Result<Candidate<'a>> {
        let shape = self.shape(around)?;
        Ok(Candidate {
            name: None,
            labels: self.details.labels()?.to_vec(),
            claims: Claims::of(&shape, 0),
            shape: Cow::Owned(shape),
            made: BTreeSet::new(),
            bounds,
            access,
            around,
        })
    }
}

impl Candidate<'_> {
    /// The same, once it is changed.
    #[must_use]
    pub fn changed(mut self, update: &EffectiveUpdate) -> Self {
        let finite = |limit: u64| (limit != u64::MAX).then_some(limit);
        let claims = update.claims();
        let limits = &mut self.shape.to_mut().limits;
        limits.memory = finite(claims.memory);
        limits.cpus = finite(claims.nano_cpus);
        limits.pids = finite(claims.pids);
        self.claims = claims.clone();
        self
    }
}
