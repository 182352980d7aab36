//! What of the command's own no plugin is given.

use std::env;
use std::path::PathBuf;

use directories::{BaseDirs, ProjectDirs};

use super::{Options, ledger};
use crate::runtime::{Guarded, RunSetup};

impl Options {
    /// Names to a run what is the command's own.
    pub(super) fn guard(&self, mut setup: RunSetup) -> RunSetup {
        let mut own = vec![Guarded::from_writing(
            "the plugin's component",
            &self.plugin,
        )];
        own.extend(
            self.policy
                .as_ref()
                .map(|file| Guarded::from_writing("the policy", file)),
        );
        let audit = self.audit.as_ref().filter(|place| place.as_os_str() != "-");
        own.extend(audit.map(|file| Guarded::from_writing("the audit", file)));
        let ledger = self.ledger.clone().or_else(ledger::own);
        own.extend(ledger.map(|folder| Guarded::from_reading("the ledger", folder)));
        if let Some(places) = ProjectDirs::from("", "", "dockwit") {
            let cache = places.cache_dir();
            own.push(Guarded::from_writing("the cache of compiled code", cache));
            let key = places.data_local_dir().join("code-cache.key");
            own.push(Guarded::from_reading("the key of the code cache", key));
        }
        if let Some(docker) = docker_configuration() {
            setup = setup.docker_config(docker);
        }
        for guarded in own {
            setup = setup.guard(guarded);
        }
        setup
    }
}

/// Where Docker keeps its configuration, with its credentials.
fn docker_configuration() -> Option<PathBuf> {
    match env::var_os("DOCKER_CONFIG") {
        Some(folder) => Some(folder.into()),
        None => Some(BaseDirs::new()?.home_dir().join(".docker")),
    }
}
