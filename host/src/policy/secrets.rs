//! Variables that the host adds to containers, and by what a plugin comes to know their values.

use std::path::{Path, PathBuf};

use super::create::{CommandBound, Contradiction, HealthBound};
use super::file::ValueSource;
use super::paths::real;
use super::{Policy, ShowArgs, ShowEnv, Verb};

impl Policy {
    /// What of this policy can't hold. A policy that was read has nothing of the kind; one that is made in Rust may.
    pub fn contradictions(&self) -> Vec<Contradiction> {
        let mut found = self.create.contradictions();
        found.extend(self.host_access.contradictions());
        found.extend(self.unsaid());
        found
    }

    /// The variables whose values the plugin can come to know, though that isn't said.
    fn unsaid(&self) -> Vec<Contradiction> {
        let ways = self.ways_to_secrets();
        if ways.is_empty() {
            return Vec::new();
        }
        let variables = self.create.env.iter();
        let secret = variables.filter(|(_, variable)| !variable.reachable);
        let told = secret.map(|(name, _)| Contradiction {
            key: "create.env",
            item: Some(name.clone()),
            why: format!(
                "the plugin can come to know the value of {name} by {}; say reachable = true if it may",
                ways.join(", ")
            ),
        });
        told.collect()
    }

    /// By what the plugin can come to know what is in the environment of its containers.
    fn ways_to_secrets(&self) -> Vec<&'static str> {
        let verbs = self.grants.verbs().filter(|verb| tells(*verb));
        let mut ways: Vec<_> = verbs.map(Verb::name).collect();
        let granted = |verb| self.grants.allow(verb);
        if granted(Verb::ContainerInspect) && self.show.env == ShowEnv::Values {
            ways.push("container.inspect with show.env = \"values\"");
        }
        if granted(Verb::ContainerTop) && self.show.args == ShowArgs::All {
            ways.push("container.top with show.args = \"all\"");
        }
        if !granted(Verb::ContainersCreate) {
            return ways;
        }
        // Programs take orders from variables: a shell runs what PS4 says.
        ways.push("containers.create with variables of its own");
        if self.create.command == CommandBound::Any {
            ways.push("create.command = \"any\"");
        }
        if self.create.healthcheck == HealthBound::Any {
            ways.push("create.healthcheck = \"any\"");
        }
        if !self.host_access.binds.is_empty() {
            ways.push("host-access.binds");
        }
        ways
    }
}

/// Whether a verb, of itself, gives what a container says, or what is in it.
fn tells(verb: Verb) -> bool {
    match verb {
        Verb::ContainerLogs | Verb::ContainerInspectJson => true,
        Verb::SystemPing
        | Verb::SystemVersion
        | Verb::SystemInfo
        | Verb::VolumesGet
        | Verb::NetworksGet
        | Verb::ContainersList
        | Verb::ContainersGet
        | Verb::ContainersOpen
        | Verb::ContainersCreate
        | Verb::ContainerInspect
        | Verb::ContainerStart
        | Verb::ContainerStop
        | Verb::ContainerRestart
        | Verb::ContainerKill
        | Verb::ContainerPause
        | Verb::ContainerUnpause
        | Verb::ContainerRename
        | Verb::ContainerRemove
        | Verb::ContainerWait
        | Verb::ContainerTop
        | Verb::ContainerChanges
        | Verb::ContainerStats
        | Verb::ContainerStatsStream
        | Verb::ContainerResize
        | Verb::ContainerUpdate
        | Verb::ContainerPort => false,
    }
}

/// What else is given away that values are from: to the plugin itself, or to its containers.
pub(super) struct GivenAway<'a> {
    /// The variables of the plugin's own.
    pub(super) variables: &'a [String],
    /// The folders of the machine, with their keys and as they are written.
    pub(super) folders: Vec<(&'static str, String, PathBuf)>,
}

impl GivenAway<'_> {
    /// Why something that the host alone is to have can't be from there: `create.env.NAME`, `credentials.NAME`.
    pub(super) fn with(&self, of: &str, from: &ValueSource, folder: &Path) -> Vec<Contradiction> {
        match from {
            ValueSource::Env(source) => {
                let given = self.variables.contains(source);
                let told = given.then(|| Contradiction {
                    key: "wasi.env",
                    item: Some(source.clone()),
                    why: format!("{source} is where {of} has its value from"),
                });
                told.into_iter().collect()
            }
            ValueSource::File(path) => {
                let file = real(&folder.join(path));
                let holding = self.folders.iter();
                let holding = holding.filter(|(_, _, folder)| file.starts_with(real(folder)));
                let told = holding.map(|(key, written, _)| Contradiction {
                    key,
                    item: Some(written.clone()),
                    why: format!("{written} holds the file that {of} has its value from"),
                });
                told.collect()
            }
        }
    }
}
