//! Who may do what, and who owns what: verbs, grants, and the ledger. Knows nothing of HTTP and nothing of Wasm.

mod file;
mod grants;
pub mod ledger;
mod limits;
mod part;
#[expect(
    clippy::module_inception,
    reason = "a policy is what the module is about"
)]
mod policy;
mod quota;
mod verb;

pub use file::{Place, PolicyError, schema, values};
pub use grants::{GrantError, Grants, Missing};
pub use limits::{Limits, Met, Sandbox};
pub use part::{INTERFACE_VERSION, Part, PartKind};
pub use policy::{Directory, Policy};
pub(crate) use quota::{Permit, Quota};
pub use verb::Verb;
