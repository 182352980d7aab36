//! The doors through which a container comes to run: what a request comes to mean, whether that is
//! within the bounds, and whether what was made is what was asked for.
//!
//! The order, for whoever calls:
//!
//! 1. copy the spec, and let [`Named::of`] say which objects it names;
//! 2. look those up, in scope, into an [`Around`], and the image by [`Images::inspect`](crate::api::Images::inspect);
//! 3. [`Effective::of`] completes the spec and checks it: one value, that is charged
//!    ([`claims`](Effective::claims)), sent ([`spec`](Effective::spec)) and audited
//!    ([`facts`](Effective::facts));
//! 4. make its [`volumes`](Effective::volumes), look at each one's labels, and send the spec;
//! 5. inspect what was made; if [`compare`](Effective::compare) finds anything, remove it.
//!
//! What exists is held against today's bounds by [`check_existing`], before it is started,
//! restarted, let go on or changed; a change besides by [`check_update`], and a network by
//! [`check_connect`].

mod access;
mod around;
mod asked;
mod bounds;
mod candidate;
mod check;
mod claims;
mod compare;
mod complete;
mod contradictions;
mod effective;
mod existing;
mod facts;
pub(crate) mod inside;
mod limits;
mod named;
mod of_details;
mod of_options;
mod power;
mod shape;
#[cfg(test)]
mod tests;
mod used;

pub use self::access::{
    BindAccess, DeviceAccess, DeviceRequestAccess, DriverAccess, HostAccess, Namespace,
};
pub use self::around::{Around, Engine, Stamp, Unenforced, is_isolated, unenforceable};
pub use self::asked::granted_name;
pub use self::bounds::{
    CommandBound, CreateBounds, ENGINE_CAPABILITIES, HealthBound, HostVariable, ImageBound,
    ImageRule, LabelRule, LogBound, MIN_HEALTH_INTERVAL, MIN_HEALTH_TIMEOUT, NameRule, NoDigest,
    PortBound, SAFE_SYSCTLS,
};
pub use self::candidate::Candidate;
pub use self::claims::{Claims, PortClaim};
pub use self::compare::Difference;
pub use self::contradictions::Contradiction;
pub use self::effective::{Effective, NewVolume};
pub use self::existing::{
    EffectiveUpdate, Existing, check_connect, check_existing, check_update, check_update_of_others,
};
pub use self::facts::{Facts, MountFact};
pub use self::named::Named;
pub use self::power::NotGiven;
pub(in crate::policy) use self::shape::capability;
pub use self::used::{Used, ask_defaults, pinned};

use crate::api::containers::Driver;

/// What the labels begin with that are the host's alone.
pub const RESERVED_LABELS: &str = "dockwit.";

/// The label that says whose an object is: a random id of the ledger's.
pub const LABEL_OWNER: &str = "dockwit.owner";

/// The label that says which run made an object.
pub const LABEL_RUN: &str = "dockwit.run";

/// The label by which an object is found again whose id was never learnt.
pub const LABEL_NONCE: &str = "dockwit.nonce";

/// The label that says which image was asked for.
pub const LABEL_IMAGE: &str = "dockwit.image";

/// The label of a volume that goes with its container, where that removes itself.
pub const LABEL_PASSING: &str = "dockwit.auto-remove";

/// Where output goes that is bounded: two files of 10 MiB.
fn bounded_log() -> Driver {
    let option = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    Driver {
        name: "json-file".to_owned(),
        options: vec![option("max-size", "10m"), option("max-file", "2")],
    }
}
