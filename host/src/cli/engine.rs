//! Which engine the command means.

use std::env;

use super::failure::{Failure, NOT_STARTED};
use crate::api::Client;
use crate::transport::{Address, Transport};

const DOCKER_HOST: &str = "DOCKER_HOST";

/// A client of the engine that was named by the option, or else by DOCKER_HOST, or else of the one at the default socket.
/// Nothing is sent yet.
pub(super) fn client(option: Option<&str>) -> Result<Client, Failure> {
    let (address, source) = match (option, docker_host()?) {
        (Some(address), _) => (address.parse(), "--engine"),
        (None, Some(address)) => (address.parse(), DOCKER_HOST),
        (None, None) => (Ok(Address::default()), "the default"),
    };
    let transport = address.and_then(|address| Transport::builder(address).build());
    let transport = transport.map_err(|error| {
        Failure::new(
            NOT_STARTED,
            format!("the engine of {source} can't be used: {error}"),
        )
        .hint("name one as unix:///var/run/docker.sock or tcp://host:2375")
    })?;
    Ok(Client::new(transport))
}

/// Where the engine is, as far as that is said and can be understood; else where it is by default.
pub(super) fn address() -> Address {
    let said = docker_host().ok().flatten();
    said.and_then(|address| address.parse().ok())
        .unwrap_or_default()
}

fn docker_host() -> Result<Option<String>, Failure> {
    match env::var(DOCKER_HOST) {
        Ok(address) => Ok(Some(address).filter(|address| !address.is_empty())),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => Err(Failure::new(
            NOT_STARTED,
            format!("{DOCKER_HOST} isn't UTF-8"),
        )),
    }
}
