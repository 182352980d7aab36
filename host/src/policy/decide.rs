//! Deciding in Rust.

use super::create::Candidate;
use super::ledger::Kind;
use super::{Denial, NotAllowed, Policy, Reach, Verb};

/// Decides beside a run's policy, in Rust: what its methods refuse is refused, though the policy allows it. A [`Policy`] is one as well.
///
/// It is asked what the policy allows, so it can refuse more and never less: what the host sets, it sets under any. Who wants to decide
/// alone gives a wide policy. [`RunSetup::decide`](crate::runtime::RunSetup::decide) takes it, or
/// [`Keeper::decide_by`](crate::keeper::Keeper::decide_by). Each method allows unless it is written. They are called on the way of a call, so they are to be quick,
/// and not to wait for anything; one that panics ends the call.
///
/// # Examples
///
/// ```no_run
#[doc = include_str!("../../examples/decide.rs")]
/// ```
pub trait Decide: Send + Sync {
    /// Whether a verb may be called: asked at each call, before all else.
    ///
    /// # Errors
    ///
    /// Tells the rule, and what would have to be added, if anything would help.
    fn call(&self, verb: Verb) -> Result<(), NotAllowed> {
        let _ = verb;
        Ok(())
    }

    /// Whether an object is in scope: asked when it is looked up or listed. What isn't is as what doesn't exist.
    fn sees(&self, object: &Object<'_>) -> bool {
        let _ = object;
        true
    }

    /// Whether an object that is in scope may be changed: asked when it is looked up.
    fn changes(&self, object: &Object<'_>) -> bool {
        let _ = object;
        true
    }

    /// Whether a container of the plugin's own may be made, started, let go on or changed, as it is going to be: asked at each of these
    /// doors. Of another's it is asked only what is changed of its limits; whether that may be touched at all is
    /// [`changes`](Self::changes).
    ///
    /// # Errors
    ///
    /// Tells the rule, what was asked for, and what would allow it.
    fn container(&self, container: &Candidate<'_>) -> Result<(), Denial> {
        let _ = container;
        Ok(())
    }
}

/// An object that is looked up.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Object<'a> {
    /// What it is.
    pub kind: Kind,
    /// Its full id; a volume's name.
    pub id: &'a str,
    /// Its whole name, without a leading slash.
    pub name: &'a str,
    /// Its labels. Of a container's, those that its image brought are left out: who makes images could put it into any scope by them.
    pub labels: &'a [(String, String)],
    /// Whether it is the plugin's own.
    pub own: bool,
}

/// The file's own evaluator: beside another policy, it holds a run to what both allow.
impl Decide for Policy {
    fn call(&self, verb: Verb) -> Result<(), NotAllowed> {
        self.allow(verb)
    }

    fn sees(&self, object: &Object<'_>) -> bool {
        let scope = self.scope();
        object.is_in(match object.kind {
            Kind::Container => &scope.containers,
            Kind::Network => &scope.networks,
            Kind::Volume => &scope.volumes,
        })
    }

    fn changes(&self, object: &Object<'_>) -> bool {
        let change = &self.scope().change;
        object.own
            || object.is_in(match object.kind {
                Kind::Container => &change.containers,
                Kind::Network => &change.networks,
                Kind::Volume => &change.volumes,
            })
    }

    fn container(&self, container: &Candidate<'_>) -> Result<(), Denial> {
        container.is_within(self)
    }
}

impl Object<'_> {
    /// What is one's own is reached by "own"; of networks and volumes, by every scope.
    fn is_in(&self, reach: &Reach) -> bool {
        let always = self.own && self.kind != Kind::Container;
        always
            || reach.parts().iter().all(|part| match part {
                Reach::Own => self.own,
                part => part.has(self.name, self.labels),
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(kind: Kind, labels: &[(String, String)], own: bool) -> Object<'_> {
        Object {
            kind,
            id: "1",
            name: "db",
            labels,
            own,
        }
    }

    fn policy(keys: &str) -> Policy {
        Policy::parse(&format!("version = 1\nplugin = \"p\"\n{keys}")).unwrap()
    }

    #[test]
    fn a_policy_decides_by_its_grants_and_scopes() {
        let labels = [("a".to_owned(), "1".to_owned())];
        let policy = policy(
            "allow = [\"containers.list\"]\nscope.containers = { label = \"a\" }\nscope.change.volumes = \"all\"",
        );
        assert_eq!(policy.call(Verb::ContainersList), Ok(()));
        assert_eq!(policy.call(Verb::ContainerKill).unwrap_err().rule, "allow");
        assert!(policy.sees(&object(Kind::Container, &labels, false)));
        assert!(!policy.sees(&object(Kind::Container, &[], false)));
        assert!(!policy.sees(&object(Kind::Container, &[], true)));
        assert!(!policy.changes(&object(Kind::Container, &labels, false)));
        assert!(policy.changes(&object(Kind::Container, &labels, true)));
        assert!(policy.sees(&object(Kind::Network, &[], true)));
        assert!(!policy.sees(&object(Kind::Network, &[], false)));
        assert!(policy.changes(&object(Kind::Volume, &[], false)));
    }

    #[test]
    fn whoever_writes_nothing_refuses_nothing() {
        struct Nobody;
        impl Decide for Nobody {}
        assert_eq!(Nobody.call(Verb::ContainerKill), Ok(()));
        assert!(Nobody.sees(&object(Kind::Container, &[], false)));
        assert!(Nobody.changes(&object(Kind::Container, &[], false)));
    }
}
