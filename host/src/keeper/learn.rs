//! A run that is learnt from.

use std::borrow::Cow;

use super::Keeper;
use crate::api::containers::ContainerSpec;
use crate::policy::Learner;
use crate::policy::create::{Effective, ask_defaults};

impl Keeper {
    /// Has a learner told what the run uses of its policy, from now on. Containers that ask for no limits get those that they would have
    /// under a policy that says nothing of them, however wide this one is. The first learner stays.
    pub fn learn(&self, learner: Learner) {
        let _ = self.0.learner.set(learner);
    }

    /// Whoever learns from the run.
    pub(crate) fn learner(&self) -> Option<&Learner> {
        self.0.learner.get()
    }

    pub(super) fn asked<'a>(&self, spec: &'a ContainerSpec) -> Cow<'a, ContainerSpec> {
        match self.learner() {
            None => Cow::Borrowed(spec),
            Some(_) => {
                let mut spec = spec.clone();
                ask_defaults(&mut spec);
                Cow::Owned(spec)
            }
        }
    }

    /// A container was made, of which this was asked.
    pub(super) fn learn_made(&self, asked: &ContainerSpec, effective: &Effective) {
        if let Some(learner) = self.learner() {
            let policy = self.policy();
            let granted = |name: &&str| policy.create().grants_name(name);
            learner.made(effective.used(), asked.name().filter(granted));
        }
    }
}
