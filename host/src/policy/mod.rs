//! Who may do what: verbs and grants. Knows nothing of HTTP and nothing of Wasm.

mod grants;
mod verb;

pub use grants::{GrantError, Grants, Missing};
pub use verb::Verb;
