//! What of the interface is no verb: the options that specs carry, the powers over the machine that are added to them, the groups
//! that snapshots tell, and what is only there to hold things together. The table is made from the WIT when the crate is built.

use std::fmt;

include!(concat!(env!("OUT_DIR"), "/parts.rs"));

/// The version of the package `dockwit:engine` that this host implements.
pub const INTERFACE_VERSION: &str = env!("DOCKWIT_INTERFACE_VERSION");

/// Something that a plugin can import and that reaches no engine.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Part {
    name: &'static str,
    interface: &'static str,
    function: &'static str,
    kind: PartKind,
    summary: &'static str,
}

/// What a [`Part`] tells of a plugin that imports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PartKind {
    /// It gives a spec a value, which is bounded where the spec is handed over.
    Setter,
    /// It gives a spec something of the machine, which a key of `[host-access]` has to allow.
    Power,
    /// It reads one group of a snapshot.
    Group,
    /// Nothing: a resource's type, a constructor, an id, a function of the run itself.
    Plain,
}

impl Part {
    /// All parts, in the order of the interface.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        PARTS.iter()
    }

    /// The part behind what a plugin imports: `containers` and `[method]container-spec.set-memory`.
    pub fn of_import(interface: &str, function: &str) -> Option<&'static Self> {
        PARTS
            .iter()
            .find(|part| part.interface == interface && part.function == function)
    }

    /// Its name: `container-spec.set-memory`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What it is.
    pub fn kind(&self) -> PartKind {
        self.kind
    }

    /// What it does or tells, in one sentence without an end: `The limit on memory, in bytes`.
    pub fn summary(&self) -> &'static str {
        self.summary
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(interface: &str, function: &str) -> Option<PartKind> {
        Part::of_import(interface, function).map(Part::kind)
    }

    #[test]
    fn options_groups_and_the_rest_are_told_apart() {
        let kinds = [
            (
                "containers",
                "[method]container-spec.set-memory",
                PartKind::Setter,
            ),
            (
                "containers",
                "[method]container-spec.add-env",
                PartKind::Setter,
            ),
            (
                "containers",
                "[method]container-spec.drop-capability",
                PartKind::Setter,
            ),
            (
                "containers",
                "[method]update-spec.set-memory",
                PartKind::Setter,
            ),
            (
                "containers",
                "[method]container-details.state",
                PartKind::Group,
            ),
            ("system", "[method]system-info.counts", PartKind::Group),
            ("host-access", "set-privileged", PartKind::Power),
            ("host-access", "set-update-cpuset-cpus", PartKind::Power),
            ("containers", "[method]container.id", PartKind::Plain),
            ("volumes", "[method]volume.name", PartKind::Plain),
            ("host-access", "container-spec", PartKind::Plain),
            ("containers", "[constructor]container-spec", PartKind::Plain),
            ("containers", "container", PartKind::Plain),
            ("run", "granted", PartKind::Plain),
            ("run", "stop-requested", PartKind::Plain),
        ];
        for (interface, function, expected) in kinds {
            assert_eq!(kind(interface, function), Some(expected), "{function}");
        }
    }

    #[test]
    fn a_verb_is_no_part() {
        assert_eq!(kind("containers", "list"), None);
        assert_eq!(kind("containers", "[method]container.logs"), None);
    }

    #[test]
    fn a_part_says_what_it_does() {
        assert!(Part::all().all(|part| !part.summary().is_empty()));
    }
}
