//! Who may do what: verbs and grants. Knows nothing of HTTP and nothing of Wasm.

mod grants;
mod part;
mod verb;

pub use grants::{GrantError, Grants, Missing};
pub use part::{INTERFACE_VERSION, Part, PartKind};
pub use verb::Verb;
