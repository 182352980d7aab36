//! Cases that a policy is tested by: its tables `[[test]]`. They are decided by what decides calls, for an engine and an image that
//! are described rather than there.

mod asked;
mod described;

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::create::Effective;
use super::file::values::written;
use super::{GrantError, Grants, Policy, Verb};

pub use asked::With;

/// A call, and what shall become of it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Case {
    /// The call: `containers.create`.
    call: Call,
    /// What is asked for, of a call that makes a container: `{ image = "alpine", memory = "1GiB" }`. An image of which nothing is said
    /// is one that is allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    with: Option<With>,
    /// What shall become of it: `"allowed"` or `"denied"`.
    expect: Expect,
    /// The key of the policy that shall deny it; any, unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rule: Option<String>,
}

/// What shall become of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Expect {
    /// It is let through.
    Allowed,
    /// It is denied.
    Denied,
}

/// What a policy makes of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It lets it through.
    Allowed,
    /// It denies it.
    Denied {
        /// The key that decides.
        rule: String,
        /// Why, for a person.
        why: String,
        /// The line that would allow it, if one would.
        add: Option<String>,
    },
    /// There is nothing to decide, since a value can't be.
    Invalid {
        /// The option.
        field: String,
        /// Why.
        why: String,
    },
}

impl Case {
    /// The call.
    pub fn verb(&self) -> Verb {
        self.call.0
    }

    /// What is asked for.
    pub fn with(&self) -> Option<&With> {
        self.with.as_ref()
    }

    /// What shall become of it.
    pub fn expect(&self) -> Expect {
        self.expect
    }

    /// The key of the policy that shall deny it.
    pub fn rule(&self) -> Option<&str> {
        self.rule.as_deref()
    }

    /// Whether a decision is the one that is expected.
    pub fn is_met_by(&self, decision: &Decision) -> bool {
        match (self.expect, decision) {
            (Expect::Allowed, Decision::Allowed) => true,
            (Expect::Denied, Decision::Denied { rule, .. }) => {
                self.rule.as_ref().is_none_or(|wanted| wanted == rule)
            }
            _ => false,
        }
    }

    /// What can't be said together.
    pub(super) fn wrong(&self) -> Option<String> {
        if self.with.is_some() && self.verb() != Verb::ContainersCreate {
            return Some(format!(
                "`with` is for containers.create; of {} the verb alone is decided",
                self.verb()
            ));
        }
        match (self.expect, &self.rule) {
            (Expect::Allowed, Some(_)) => Some("what is allowed is denied by no rule".to_owned()),
            _ => None,
        }
    }
}

/// `containers.create`, `containers.create with { image = "alpine" }`.
impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.call.fmt(f)?;
        match &self.with {
            Some(with) => write!(f, " with {with}"),
            None => Ok(()),
        }
    }
}

impl Policy {
    /// What it makes of a call: of one that makes a container, with what is asked for. Nothing is sent, and nothing of the machine is
    /// looked at. The image is taken to bring nothing of its own, and a tag for which the policy has a digest to be that image; the
    /// engine is taken for a new one, with room for it.
    pub fn decide(&self, verb: Verb, with: Option<&With>) -> Decision {
        if let Err(refused) = self.allow(verb) {
            return Decision::Denied {
                rule: refused.rule.to_owned(),
                why: format!("{verb} isn't granted"),
                add: refused.add,
            };
        }
        match verb {
            Verb::ContainersCreate => self.decide_create(with.unwrap_or(&With::default())),
            _ => Decision::Allowed,
        }
    }

    fn decide_create(&self, with: &With) -> Decision {
        let spec = match with.spec(&described::image_of(self.create())) {
            Ok(spec) => spec,
            Err(invalid) => return invalid,
        };
        let image = match described::image(&spec.options().image, self.create()) {
            Ok(image) => image,
            Err(error) => {
                return Decision::Invalid {
                    field: "image".to_owned(),
                    why: error.to_string(),
                };
            }
        };
        let around = described::around(self, &spec);
        let effective = Effective::of(&spec, &image, self.create(), self.host_access(), &around);
        match effective {
            Ok(_) => Decision::Allowed,
            Err(denial) => Decision::Denied {
                rule: denial.rule.to_owned(),
                why: denial.reason().to_string(),
                add: denial.add.clone(),
            },
        }
    }
}

/// A verb as a case has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Call(Verb);

written!(Call, "^[a-z-]+[.][a-z-]+$");

impl FromStr for Call {
    type Err = GrantError;

    fn from_str(word: &str) -> Result<Self, GrantError> {
        Grants::verb(word).map(Self)
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests;
