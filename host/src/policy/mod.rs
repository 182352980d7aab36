//! Who may do what, what containers may be, who owns what, and what is told of it all. Knows nothing of HTTP and nothing of Wasm.

pub mod audit;
pub mod create;
mod denial;
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
mod reader;
mod scope;
mod secrets;
mod show;
#[cfg(test)]
mod tests;
mod verb;

use denial::quoted;

pub use denial::{Denial, MAX_GOT};
pub use file::{Place, PolicyError, Setting, schema, values};
pub use grants::{GrantError, Grants, Missing};
pub use limits::{Limits, Met, Sandbox};
pub use part::{INTERFACE_VERSION, Part, PartKind};
pub use policy::{Directory, NotAllowed, Policy};
pub(crate) use quota::{Permit, Quota};
pub use reader::PolicyReader;
pub use scope::{LabelMatch, Reach, Scope, ScopeOfChange};
pub use show::{Show, ShowArgs, ShowEnv};
pub use verb::Verb;
