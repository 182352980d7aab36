//! The image and the engine of a case, which are described rather than there.

use crate::api;
use crate::api::containers::{ContainerSpec, NetworkMode};
use crate::api::images::{ImageConfig, ImageDetails};
use crate::api::networks::NetworkDetails;
use crate::policy::create::{Around, CreateBounds, ENGINE_CAPABILITIES, Engine, ImageBound, Stamp};
use crate::policy::values::Digest;
use crate::policy::{Policy, Reach};
use crate::transport::ApiVersion;

/// What an image is called of which nothing is said, where any will do.
const ANY: &str = "image";

/// The own network's id, which no other has.
const OWN_NETWORK: &str = "0000000000000000000000000000000000000000000000000000000000000001";

/// The id of the network that a case names.
const NAMED_NETWORK: &str = "0000000000000000000000000000000000000000000000000000000000000002";

/// The image of a case that names none: one that is allowed, if there is one.
pub(super) fn image_of(bounds: &CreateBounds) -> String {
    match &bounds.images {
        ImageBound::Listed(rules) => rules.first().map_or(ANY.to_owned(), ToString::to_string),
        ImageBound::Any => ANY.to_owned(),
    }
}

/// An image that brings nothing. A tag for which there is a digest is taken to be that image; any other name is that of an image of
/// its own.
pub(super) fn image(reference: &str, bounds: &CreateBounds) -> api::Result<ImageDetails> {
    let digest = reference
        .rsplit_once('@')
        .map_or(reference, |(_, digest)| digest);
    let pinned = || match &bounds.images {
        ImageBound::Listed(rules) => rules.iter().find_map(|rule| {
            let (name, _) = rule.as_ref().rsplit_once('@')?;
            (name == reference).then_some(*rule.digest())
        }),
        ImageBound::Any => None,
    };
    let known = digest.parse().ok().or_else(pinned);
    let id = match known {
        Some(id) => id,
        None => Digest::of(reference.as_bytes()).to_string().parse()?,
    };
    Ok(ImageDetails {
        id,
        repo_tags: Vec::new(),
        repo_digests: Vec::new(),
        os: "linux".to_owned(),
        architecture: "amd64".to_owned(),
        config: ImageConfig::default(),
    })
}

/// A new engine, the plugin's own network, and the network that is named, if the plugin may change it.
pub(super) fn around(policy: &Policy, spec: &ContainerSpec) -> Around<'static> {
    let engine = Engine {
        api: ApiVersion::NEWEST,
        major: 29,
        podman: false,
        runtime: "runc".to_owned(),
        log_driver: "json-file".to_owned(),
        nano_cpus: u64::MAX,
        capabilities: ENGINE_CAPABILITIES.map(str::to_owned).to_vec(),
    };
    let stamp = Stamp {
        owner: "owner".to_owned(),
        run: "run".to_owned(),
        nonce: "0123456789abcdef".to_owned(),
        prefix: format!("{}_", policy.plugin()),
    };
    let egress = policy.create().egress;
    let network = |id: &str, name: String| NetworkDetails {
        id: id.to_owned(),
        name,
        driver: "bridge".to_owned(),
        internal: !egress,
        options: match egress {
            true => Vec::new(),
            false => engine.isolation().unwrap_or_default(),
        },
        ..NetworkDetails::default()
    };
    let named = match &spec.options().host.network_mode {
        Some(NetworkMode::Network(name)) if reaches(policy, name) => {
            vec![network(NAMED_NETWORK, name.clone())]
        }
        _ => Vec::new(),
    };
    Around {
        accepted: policy.accept_unenforced().clone(),
        network: Some(network(OWN_NETWORK, format!("{}default", stamp.prefix))),
        networks: named,
        ..Around::new(stamp, engine.clone())
    }
}

/// Whether the plugin may put containers on a network by its name. Of its own ones nothing is known here.
fn reaches(policy: &Policy, name: &str) -> bool {
    match &policy.scope().change.networks {
        Reach::All => true,
        reach => reach.has(name, &[]),
    }
}
