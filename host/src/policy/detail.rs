//! How much a plugin is told of a refusal.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How much a plugin is told of a refusal. The audit is told all of it, whatever this says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Detail {
    /// The rule, what was asked for, what is allowed, and the line that would allow it.
    #[default]
    Full,
    /// What kind of refusal it is, and of which call.
    Minimal,
}
