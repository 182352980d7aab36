//! The table of verbs. It is made from the WIT when the crate is built.

use std::fmt;
use std::str::FromStr;

use super::file::values::InterfaceVersion;

include!(concat!(env!("OUT_DIR"), "/verbs.rs"));

struct Entry {
    verb: Verb,
    name: &'static str,
    interface: &'static str,
    function: &'static str,
    since: InterfaceVersion,
    summary: &'static str,
}

impl Verb {
    /// All verbs, in the order of the interface.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|entry| entry.verb)
    }

    /// The verb behind a function that a plugin imports: `containers` and `[method]container.start`.
    pub fn of_import(interface: &str, function: &str) -> Option<Self> {
        TABLE
            .iter()
            .find(|entry| entry.interface == interface && entry.function == function)
            .map(|entry| entry.verb)
    }

    /// The name that policies, errors and audit lines use: `container.start`.
    pub fn name(self) -> &'static str {
        self.entry().name
    }

    /// The interface that it is in: `containers`.
    pub fn interface(self) -> &'static str {
        self.entry().interface
    }

    /// The version of the interface that has it first.
    pub fn since(self) -> InterfaceVersion {
        self.entry().since
    }

    /// What it does, in one sentence without an end: `Lists containers`.
    pub fn summary(self) -> &'static str {
        self.entry().summary
    }

    /// Whether it changes something of the engine's.
    pub fn is_write(self) -> bool {
        match self {
            Self::ContainersCreate
            | Self::ContainerStart
            | Self::ContainerStop
            | Self::ContainerRestart
            | Self::ContainerKill
            | Self::ContainerPause
            | Self::ContainerUnpause
            | Self::ContainerRename
            | Self::ContainerRemove
            | Self::ContainerResize
            | Self::ContainerUpdate => true,
            Self::SystemPing
            | Self::SystemVersion
            | Self::SystemInfo
            | Self::VolumesGet
            | Self::NetworksGet
            | Self::ContainersList
            | Self::ContainersGet
            | Self::ContainersOpen
            | Self::ContainerInspect
            | Self::ContainerInspectJson
            | Self::ContainerWait
            | Self::ContainerLogs
            | Self::ContainerTop
            | Self::ContainerChanges
            | Self::ContainerStats
            | Self::ContainerStatsStream
            | Self::ContainerPort => false,
        }
    }

    /// The line of a policy that grants it.
    pub fn line_to_add(self) -> String {
        format!("allow += \"{self}\"")
    }

    fn entry(self) -> &'static Entry {
        &TABLE[self as usize]
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl From<Verb> for &'static str {
    fn from(verb: Verb) -> Self {
        verb.name()
    }
}

/// There is no verb of that name.
#[derive(Debug, thiserror::Error)]
#[error("there is no verb `{0}`")]
pub struct UnknownVerb(String);

impl FromStr for Verb {
    type Err = UnknownVerb;

    fn from_str(name: &str) -> Result<Self, UnknownVerb> {
        TABLE
            .iter()
            .find(|entry| entry.name == name)
            .map(|entry| entry.verb)
            .ok_or_else(|| UnknownVerb(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verb_is_its_place_in_the_table() {
        for (index, entry) in TABLE.iter().enumerate() {
            assert_eq!(entry.verb as usize, index);
            assert_eq!(entry.name.parse::<Verb>().unwrap(), entry.verb);
        }
    }

    #[test]
    fn setters_groups_and_the_runs_own_functions_are_no_verbs() {
        for (interface, function) in [
            ("containers", "[method]container-spec.set-memory"),
            ("containers", "[method]container-details.state"),
            ("containers", "[method]container.id"),
            ("run", "granted"),
            ("run", "stop-requested"),
        ] {
            assert_eq!(Verb::of_import(interface, function), None, "{function}");
        }
        assert_eq!(
            Verb::of_import("containers", "list"),
            Some(Verb::ContainersList)
        );
        assert_eq!(
            Verb::of_import("containers", "[method]container.logs"),
            Some(Verb::ContainerLogs)
        );
    }
}
