//! What is done with a container from its start to its removal, and what can't be done.

mod names;
mod signals;
mod starts;
mod stops;

use dockwit::containers::ContainerState;
use dockwit::{Container, Docker, Error, Result};
use dockwit_test_plugins::{Facts, cases, eventually, started};

use names::*;
use signals::*;
use starts::*;
use stops::*;

cases! {
    start_one, start_again, start_after_its_end, start_with_detach_keys, start_what_is_not_there, start_a_paused_one,
    stop, stop_again, stop_with_timeout, stop_without_timeout, stop_with_a_signal, stop_with_its_own_signal,
    stop_with_impossible_signals, restart, restart_a_stopped_one, restart_with_timeout, restart_with_a_signal,
    kill, kill_by_names_and_numbers, kill_by_impossible_signals, kill_one_that_does_not_run, pause, pause_twice,
    pause_one_that_does_not_run, unpause_one_that_is_not_paused, rename, rename_to_a_name_in_use,
    rename_to_its_own_name, rename_to_what_is_no_name, remove, remove_a_running_one, remove_by_force,
    remove_a_paused_one, remove_with_volumes, remove_without_volumes,
}

/// Runs until it is asked to end.
const WILLING: &str = "trap 'exit 0' TERM; echo ready; sleep 600 & wait";

/// Runs until it is killed, and tells by which signals it was asked.
const DEAF: &str = "trap 'echo TERM' TERM; trap 'echo INT' INT; trap 'echo USR1' USR1; echo ready; while :; do sleep 0.05; done";

async fn state(container: &Container) -> Result<ContainerState> {
    container.inspect().await?.state()
}

/// A container whose script has come to print this.
async fn printing(docker: Docker, script: &str, ready: &str) -> Result<Container> {
    let container = started(docker, "it", script).await?;
    printed(&container, ready).await?;
    Ok(container)
}

async fn printed(container: &Container, expected: &str) -> Result<()> {
    eventually(expected, async || {
        Ok((output(container).await? == expected).then_some(()))
    })
    .await
}

async fn output(container: &Container) -> Result<String> {
    container.logs().await?.read_to_string(1 << 16).await
}

/// Checks that an error is the engine's word for a state in which this can't be done.
async fn forbidden_by_its_state(docker: Docker, error: &Error) -> Result<()> {
    if Facts::of(docker).await?.says_conflict_of_states() {
        assert!(
            error.is_conflict() && error.status() == Some(409),
            "{error}"
        );
    } else {
        assert!(error.is_conflict() || error.is_engine(), "{error}");
    }
    Ok(())
}
