//! What a plugin may see, and what of that it may change.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use super::file::values::{ValueError, parsed, written, wrong};

/// What a plugin may see and use, by kind of object. What it may change is said apart, and is its own unless said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Scope {
    /// The containers that it sees: `"own"`, `"all"`, `{ label = "monitor=yes" }` or `{ name = ["web", "db"] }`.
    pub containers: Reach,
    /// The networks that it sees: `"own"`, `"all"`, `{ label = ... }` or `{ name = [...] }`.
    pub networks: Reach,
    /// The volumes that it sees: `"own"`, `"all"`, `{ label = ... }` or `{ name = [...] }`.
    pub volumes: Reach,
    /// What of these it may change, start, enter or copy out of.
    pub change: ScopeOfChange,
}

/// What a plugin may change, start, enter or copy out of, by kind of object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ScopeOfChange {
    /// The containers: `"own"`, `"all"`, `{ label = ... }` or `{ name = [...] }`.
    pub containers: Reach,
    /// The networks: `"own"`, `"all"`, `{ label = ... }` or `{ name = [...] }`.
    pub networks: Reach,
    /// The volumes: `"own"`, `"all"`, `{ label = ... }` or `{ name = [...] }`.
    pub volumes: Reach,
}

/// Which objects of a kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Reach {
    /// Those that this plugin made through this host.
    #[default]
    Own,
    /// All that the engine has.
    All,
    /// Those with a label: `"monitor"`, whatever its value, or `"monitor=yes"`.
    Label(LabelMatch),
    /// Those with one of these whole names, without a leading slash.
    #[serde(rename = "name", deserialize_with = "names")]
    Names(BTreeSet<String>),
    /// Those that all of these reach. No file says it: it is what may be left of a scope that is narrowed while a run goes on.
    #[serde(skip)]
    Every(Vec<Self>),
}

/// A label that an object must have: `monitor`, whatever its value, or `monitor=yes`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelMatch {
    /// Its key.
    pub key: String,
    /// Its value; any, unless said.
    pub value: Option<String>,
}

written!(LabelMatch, "^[^=]+(=.*)?$");

impl LabelMatch {
    /// Whether a label is meant.
    pub fn is_match(&self, key: &str, value: &str) -> bool {
        self.key == key && self.value.as_deref().is_none_or(|wanted| wanted == value)
    }
}

impl FromStr for LabelMatch {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let (key, value) = match text.split_once('=') {
            Some((key, value)) => (key, Some(value.to_owned())),
            None => (text, None),
        };
        match key.trim().is_empty() {
            true => wrong("a label is written as `key` or `key=value`"),
            false => Ok(Self {
                key: key.to_owned(),
                value,
            }),
        }
    }
}

impl fmt::Display for LabelMatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.key)?;
        match &self.value {
            Some(value) => write!(f, "={value}"),
            None => Ok(()),
        }
    }
}

impl Reach {
    /// Whether an object that isn't the plugin's own is reached, by its whole name and its labels.
    pub fn has(&self, name: &str, labels: &[(String, String)]) -> bool {
        match self {
            Self::Own => false,
            Self::All => true,
            Self::Label(label) => labels.iter().any(|(key, value)| label.is_match(key, value)),
            Self::Names(names) => names.contains(name),
            Self::Every(all) => all.iter().all(|reach| reach.has(name, labels)),
        }
    }

    /// What an object has to be reached by, each of them.
    pub(crate) fn parts(&self) -> &[Self] {
        match self {
            Self::Every(all) => all,
            one => std::slice::from_ref(one),
        }
    }

    /// Whether it reaches nothing but what is the plugin's own.
    pub(crate) fn is_of_own(&self) -> bool {
        self.parts().contains(&Self::Own)
    }

    /// What this and another one both reach.
    pub(super) fn meet(&self, other: &Self) -> Self {
        if other.covers(self) {
            return self.clone();
        }
        if self.covers(other) {
            return other.clone();
        }
        if let (Self::Names(its), Self::Names(others)) = (self, other) {
            return Self::Names(its & others);
        }
        let mut parts = self.parts().to_vec();
        let further = other.parts().iter().filter(|of| !self.parts().contains(of));
        parts.extend(further.cloned());
        Self::Every(parts)
    }

    /// Whether all that another one reaches is certain to be reached by this. What is a plugin's own may be anything.
    pub fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::All, _) | (Self::Own, Self::Own) => true,
            (Self::Every(wide), narrow) => wide.iter().all(|wide| wide.covers(narrow)),
            (wide, Self::Every(narrow)) => narrow.iter().any(|narrow| wide.covers(narrow)),
            (Self::Label(wide), Self::Label(narrow)) => {
                wide.key == narrow.key && (wide.value.is_none() || wide.value == narrow.value)
            }
            (Self::Names(wide), Self::Names(narrow)) => narrow.is_subset(wide),
            _ => false,
        }
    }
}

/// As a policy has it: `"own"`, `{ label = "monitor=yes" }`.
impl fmt::Display for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Own => f.write_str("\"own\""),
            Self::All => f.write_str("\"all\""),
            Self::Label(label) => {
                write!(f, "{{ label = {} }}", super::quoted(&label.to_string()))
            }
            Self::Names(names) => {
                let names: Vec<_> = names.iter().map(|name| super::quoted(name)).collect();
                write!(f, "{{ name = [{}] }}", names.join(", "))
            }
            Self::Every(all) => {
                let all: Vec<_> = all.iter().map(Self::to_string).collect();
                f.write_str(&all.join(" and "))
            }
        }
    }
}

/// Names that there can be.
fn names<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeSet<String>, D::Error> {
    let names = BTreeSet::<ObjectName>::deserialize(from)?;
    match names.is_empty() {
        true => Err(serde::de::Error::custom(
            "a list of names has one at least; what is to reach nothing is \"own\"",
        )),
        false => Ok(names.into_iter().map(|name| name.0).collect()),
    }
}

/// The name of an object as the engine has it.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct ObjectName(String);

impl<'de> Deserialize<'de> for ObjectName {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        parsed(from)
    }
}

impl FromStr for ObjectName {
    type Err = ValueError;

    fn from_str(name: &str) -> Result<Self, ValueError> {
        if name.starts_with('/') {
            return wrong(format!("`{name}`: names have no leading slash here"));
        }
        let inner = |c: u8| c.is_ascii_alphanumeric() || b"_.-".contains(&c);
        match name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.bytes().all(inner) {
            true => Ok(Self(name.to_owned())),
            false => wrong(format!(
                "`{name}` is no name of an object; one has letters, digits, `_`, `.` and `-`"
            )),
        }
    }
}
