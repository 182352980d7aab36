//! What the audit is told of a run as a whole.

use std::sync::Arc;

use super::run::End;
use super::setup::{BeginError, RunSetup};
use crate::keeper::KeepError;
use crate::policy::Lacking;
use crate::policy::audit::{Audit, Ended, Identity, Refusal};
use crate::policy::values::Digest;

impl RunSetup {
    /// Begins the audit, if there is one to be.
    pub(super) fn begin_audit(&self, component: &Digest) -> Result<Option<Audit>, BeginError> {
        // Of what is only planned, an audit would tell what never was.
        let Some(sink) = self.audit.as_ref().filter(|_| self.plan.is_none()) else {
            return Ok(None);
        };
        let identity = Identity::new(&self.policy, Some(component)).map_err(BeginError::Audit)?;
        let audit = Audit::begin(Arc::clone(sink), identity, self.args.len());
        audit.map(Some).map_err(BeginError::Audit)
    }
}

impl BeginError {
    /// Tells the audit of it.
    pub(super) fn tell(&self, audit: &Audit) {
        let rule = match self {
            Self::Missing(missing) => {
                for lacking in missing {
                    let refusal = match lacking {
                        Lacking::Verb(refused) => Refusal::verb(refused),
                        Lacking::Power(missing) => Refusal::power(missing),
                    };
                    audit.refused(lacking.name(), refusal);
                }
                missing.first().map(Lacking::rule)
            }
            Self::Component { .. } => Some("component"),
            Self::Variable(_) => Some("wasi.env"),
            Self::Directory { .. } => Some("wasi.dirs"),
            Self::Guarded { rule, .. } => Some(*rule),
            Self::Limit(met) => Some(met.key),
            Self::NoLedger => Some("scope"),
            Self::Contradiction(found) => Some(found.key),
            Self::Credentials(_) => Some("credentials"),
            Self::Bind(wrong) => Some(wrong.rule),
            Self::Keep(KeepError::Overlap(overlap)) => Some(overlap.rule()),
            Self::Keep(KeepError::Unenforced(_)) => Some("accept-unenforced"),
            Self::Keep(_) | Self::Audit(_) | Self::Instantiate(_) => None,
        };
        audit.not_started(rule);
    }
}

impl End {
    /// Tells the audit of it, and how many lines that lacks.
    pub(super) fn tell(&self, exit_status: Option<u8>, audit: &Audit) -> u64 {
        let (ended, met) = match self {
            Self::Success => (Ended::Success, None),
            Self::Failure => (Ended::Failure, None),
            Self::Trapped(_) => (Ended::Trapped, None),
            Self::Limit(met) => (Ended::Limit, Some(met)),
            Self::Ended => (Ended::Stopped, None),
        };
        audit.end(ended, exit_status, met);
        audit.lost()
    }
}
