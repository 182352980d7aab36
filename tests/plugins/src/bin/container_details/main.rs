//! What the engine knows of one container: each group, each field with a value that the case caused. The cases for groups
//! bear their names.

mod host;
mod place;
mod setup;
mod state;
mod strange;
mod whole;

use std::time::Duration;

use dockwit::containers::ContainerDetails;
use dockwit::{ContainerSpec, Docker, Result, Timestamp};
use dockwit_test_plugins::cases;

use host::*;
use place::*;
use setup::*;
use state::*;
use strange::*;
use whole::*;

cases! {
    // One for each group.
    identity, state, health, command, env, labels, config, healthcheck, resources, host_config, security, mounts, networks,
    ports, sizes, exec_ids,
    // The rest.
    state_of_one_out_of_memory, state_of_one_that_ends_again, state_of_one_that_was_killed, health_of_an_ill_one,
    config_the_other_way, resources_by_period, networks_of_none, port, port_of_a_protocol, port_of_one_that_does_not_run,
    inspect_json, inspect_json_with_sizes, a_snapshot_stays, of_what_is_gone,
    // Of containers that the harness made.
    host_config_by_another, security_by_another, mounts_by_another, networks_by_another,
}

/// Makes a container and asks what has become of it.
async fn made(docker: Docker, spec: &ContainerSpec) -> Result<ContainerDetails> {
    docker.containers().create(spec).await?.inspect().await
}

/// Checks that a moment is one of this test.
#[track_caller]
fn is_now(moment: Option<Timestamp>) {
    let moment = moment.expect("a moment");
    assert!(moment.elapsed() < Duration::from_secs(60), "{moment}");
    let ahead = moment.unix_seconds() - Timestamp::now().unix_seconds();
    assert!(ahead < 60, "{moment}");
}
