//! What a plugin asks for and isn't given.

use super::create::NotGiven;
use super::{NotAllowed, Part, Policy, Verb};

/// Something that a plugin asks for and a policy doesn't give.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Lacking {
    /// A verb.
    Verb(NotAllowed),
    /// A power over the machine.
    Power(NotGiven),
}

impl Lacking {
    /// Its name: `container.logs`, `host-access.add-bind`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Verb(refused) => refused.verb.name(),
            Self::Power(missing) => missing.part.name(),
        }
    }

    /// What it does, in one sentence without an end.
    pub fn summary(&self) -> &'static str {
        match self {
            Self::Verb(refused) => refused.verb.summary(),
            Self::Power(missing) => missing.part.summary(),
        }
    }

    /// The key of the policy that refuses it.
    pub fn rule(&self) -> &'static str {
        match self {
            Self::Verb(refused) => refused.rule,
            Self::Power(missing) => missing.rule,
        }
    }

    /// What would have to be added to the policy.
    pub fn add(&self) -> String {
        match self {
            Self::Verb(refused) => refused.add.clone().unwrap_or_default(),
            Self::Power(missing) => missing.add(),
        }
    }
}

impl Policy {
    /// What a plugin that asks for these verbs, and for these powers over the machine, isn't given.
    pub fn missing(&self, verbs: &[Verb], powers: &[&'static Part]) -> Vec<Lacking> {
        let verbs = verbs.iter().filter_map(|verb| self.allow(*verb).err());
        let powers = powers.iter();
        let powers = powers.filter_map(|part| self.host_access().allows_any(part).err());
        verbs
            .map(Lacking::Verb)
            .chain(powers.map(Lacking::Power))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbs_and_powers_that_are_missing_are_told_together() {
        let text =
            "version = 1\nplugin = \"p\"\nallow = [\"system.ping\"]\nhost-access.links = true";
        let policy = Policy::parse(text).unwrap();
        let power = |function| Part::of_import("host-access", function).expect("a power");
        let verbs = [Verb::SystemPing, Verb::ContainersCreate];
        let powers = [power("add-link"), power("set-privileged")];
        let missing = policy.missing(&verbs, &powers);
        let told: Vec<_> = missing
            .iter()
            .map(|of| (of.name(), of.rule(), of.add()))
            .collect();
        let expected = [
            (
                "containers.create",
                "allow",
                "allow += \"containers.create\"",
            ),
            (
                "host-access.set-privileged",
                "host-access.privileged",
                "host-access.privileged = true",
            ),
        ];
        assert_eq!(
            told,
            expected.map(|(name, rule, add)| (name, rule, add.to_owned()))
        );
        assert!(missing.iter().all(|of| !of.summary().is_empty()));
        assert_eq!(policy.missing(&verbs[..1], &powers[..1]), []);
    }
}
