//! Who may do what, what containers may be, who owns what, and what is told of it all. Knows nothing of HTTP and nothing of Wasm.

pub mod audit;
mod binds;
mod cases;
pub mod create;
pub mod credentials;
mod decide;
mod denial;
mod detail;
mod explain;
mod file;
mod grants;
mod lacking;
mod learn;
pub mod ledger;
mod limits;
mod narrow;
mod part;
pub(crate) mod paths;
mod pins;
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

pub use binds::WrongBind;
pub use cases::{Case, Decision, Expect, With};
pub use decide::{Decide, Object};
pub use denial::{Denial, MAX_GOT};
pub use detail::Detail;
pub use explain::{Explained, ExplainedKey, ExplainedTable};
pub use file::{Place, PolicyError, Setting, schema, values};
pub use grants::{GrantError, Grants, Missing};
pub use lacking::Lacking;
pub use learn::Learner;
pub use limits::{Limits, Met, Sandbox};
pub use narrow::Narrowed;
pub use part::{INTERFACE_VERSION, Part, PartKind};
pub use pins::Pins;
pub use policy::{Directory, NotAllowed, Policy};
pub(crate) use quota::{Permit, Quota};
pub use reader::PolicyReader;
pub use scope::{LabelMatch, Reach, Scope, ScopeOfChange};
pub use show::{Show, ShowArgs, ShowEnv};
pub use verb::Verb;
