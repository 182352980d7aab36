//! Variables that the host adds, and by what a plugin comes to know their values.

use super::create::{CommandBound, Contradiction, HealthBound};
use super::file::ValueSource;
use super::{Policy, ShowArgs, ShowEnv, Verb};

/// The verbs by which a container tells what it knows, or by which what is in it is had.
const TELLING: [Verb; 2] = [Verb::ContainerLogs, Verb::ContainerInspectJson];

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
        let secret = self
            .create
            .env
            .iter()
            .filter(|(_, variable)| !variable.reachable);
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
        let grants = &self.grants;
        let mut ways: Vec<_> = TELLING
            .into_iter()
            .filter(|verb| grants.allow(*verb))
            .map(Verb::name)
            .collect();
        if grants.allow(Verb::ContainerInspect) && self.show.env == ShowEnv::Values {
            ways.push("container.inspect with show.env = \"values\"");
        }
        if grants.allow(Verb::ContainerTop) && self.show.args == ShowArgs::All {
            ways.push("container.top with show.args = \"all\"");
        }
        if grants.allow(Verb::ContainersCreate) {
            // Programs take orders from variables, shells from SHELLOPTS and PS4 any.
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
        }
        ways
    }
}

/// Variables of the plugin's own that are where a value is from which the host adds to containers.
pub(super) fn given_away(
    sources: &[(&str, &ValueSource)],
    variables: &[String],
) -> Vec<Contradiction> {
    let given = |(name, from): &(&str, &ValueSource)| match from {
        ValueSource::Env(source) if variables.contains(source) => Some(Contradiction {
            key: "wasi.env",
            item: Some(source.clone()),
            why: format!("{source} is where create.env.{name} has its value from"),
        }),
        _ => None,
    };
    sources.iter().filter_map(given).collect()
}
