//! What a request comes to: one value, that is checked, charged, sent and audited.

use std::collections::BTreeSet;
use std::fmt;

use super::access::HostAccess;
use super::around::{Around, Engine, Unenforced};
use super::bounds::CreateBounds;
use super::check::{self, Rules};
use super::claims::Claims;
use super::compare::{Difference, Made, differences};
use super::facts::Facts;
use super::of_options::of_options;
use super::shape::Shape;
use super::{asked, complete};
use crate::api;
use crate::api::VolumeName;
use crate::api::containers::{ContainerDetails, ContainerSpec, Driver};
use crate::api::images::ImageDetails;
use crate::policy::Denial;

/// What a request to make a container comes to: what was asked for, completed by defaults, by the
/// image's own configuration and by what the host sets, and found to be within the bounds.
///
/// It doesn't change any more, and there is no other way to one than [`of`](Self::of).
#[derive(Clone)]
pub struct Effective {
    spec: ContainerSpec,
    shape: Shape,
    volumes: Vec<NewVolume>,
    image: ImageDetails,
    network_names: Vec<String>,
    engine: Engine,
    accepted: BTreeSet<Unenforced>,
    facts: Facts,
}

/// A volume that has to be made for a container, in the place of an anonymous one. It has an intent of its own, by whose
/// nonce it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewVolume {
    /// Its name.
    pub name: String,
    /// Where it is mounted.
    pub target: String,
    /// The driver that makes it. None: `local`, without options.
    pub driver: Option<Driver>,
    /// The labels that were asked for. Those by which it is known are its intent's.
    pub labels: Vec<(String, String)>,
}

impl NewVolume {
    /// The name as the api layer takes it.
    pub fn volume_name(&self) -> api::Result<VolumeName> {
        self.name.parse()
    }
}

impl Effective {
    /// Completes and checks a request. The spec is copied; `image` is what the engine knows of the
    /// image that it names.
    pub fn of(
        spec: &ContainerSpec,
        image: &ImageDetails,
        bounds: &CreateBounds,
        access: &HostAccess,
        around: &Around<'_>,
    ) -> Result<Self, Denial> {
        asked::check(spec, bounds, access, around)?;
        let reference = spec.options().image.clone();
        let mut spec = spec.clone();
        let volumes = complete::complete(&mut spec, image, bounds, around)?;
        let shape = of_options(spec.options(), image, &reference, &around.engine);
        let made = volumes.iter().map(|volume| volume.name.clone()).collect();
        let rules = Rules {
            bounds,
            access,
            around,
            made: &made,
        };
        check::check(&shape, &rules)?;
        let networks = spec.options().endpoints.keys();
        let names = networks.filter_map(|id| around.find_network(id));
        let mut effective = Self {
            network_names: names.map(|network| network.name.clone()).collect(),
            spec,
            shape,
            volumes,
            image: image.clone(),
            engine: around.engine.clone(),
            accepted: around.accepted.clone(),
            facts: Facts::default(),
        };
        effective.facts = effective.candidate(bounds, access, around).facts();
        Ok(effective)
    }

    pub(super) fn shape(&self) -> &Shape {
        &self.shape
    }

    pub(super) fn image(&self) -> &ImageDetails {
        &self.image
    }

    pub(super) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The request to be sent.
    pub fn spec(&self) -> &ContainerSpec {
        &self.spec
    }

    /// The body of that request, for an engine that speaks a version of the API.
    ///
    /// Fails with `Invalid` if a value is impossible, with `Unsupported` if the engine would overlook
    /// an option.
    pub fn body(&self) -> api::Result<Vec<u8>> {
        self.spec.body(self.engine.api)
    }

    /// The volumes to be made before it is sent.
    pub fn volumes(&self) -> &[NewVolume] {
        &self.volumes
    }

    /// The paths of the machine that it mounts. Each has to be its own real path when it is sent.
    pub fn binds(&self) -> impl Iterator<Item = &str> {
        self.shape
            .files
            .binds
            .iter()
            .map(|bind| bind.source.as_str())
    }

    /// What it takes of the quotas.
    pub fn claims(&self) -> Claims {
        Claims::of(&self.shape, self.volumes.len())
    }

    /// What may be told of it: never a variable's value, never an argument.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// How what was made differs from what was sent, where it is weaker or has more. It has to be
    /// removed then. What the operator accepts isn't told.
    ///
    /// Fails with `Protocol` if the engine's answer can't be read: then it can't be known.
    pub fn compare(&self, details: &ContainerDetails) -> api::Result<Vec<Difference>> {
        let sent = Made {
            shape: &self.shape,
            options: self.spec.options(),
            image: &self.image,
            network_names: &self.network_names,
            engine: &self.engine,
        };
        let accepted = |difference: &Difference| {
            difference
                .unenforced
                .is_some_and(|what| self.accepted.contains(&what))
        };
        let mut found = differences(&sent, details)?;
        found.retain(|difference| !accepted(difference));
        Ok(found)
    }
}

impl fmt::Debug for Effective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.facts.fmt(f)
    }
}
