//! SIGHUP: the policy's file is read again, while the plugin runs.

use std::convert::Infallible;
use std::path::Path;

use super::{Options, say};
use crate::cli::failure::{Failure, NOT_STARTED};
use crate::cli::signals::Hangups;
use crate::runtime::PolicyHandle;

impl Options {
    /// Reads the policy's file again at each hangup, for as long as it is waited for.
    pub(super) async fn reread(
        &self,
        hangups: Option<Hangups>,
        policy: &PolicyHandle,
    ) -> Infallible {
        let (Some(file), Some(mut hangups)) = (&self.policy, hangups) else {
            return std::future::pending().await;
        };
        loop {
            hangups.next().await;
            match self.reread_once(file, policy) {
                Ok(told) => say(&told),
                Err(failure) => {
                    // It is no end, so its status is nobody's.
                    let _ = failure.report();
                    say("the plugin goes on under the policy that it has");
                }
            }
        }
    }

    fn reread_once(&self, file: &Path, policy: &PolicyHandle) -> Result<String, Failure> {
        let narrowed = policy.narrow(&self.policy()?);
        let narrowed = narrowed.map_err(|error| Failure::of(NOT_STARTED, &error))?;
        Ok(format!("read {} again: {narrowed}", file.display()))
    }
}
