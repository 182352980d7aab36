//! Waiting for a container.

use crate::cases::cases;

cases! { "container_wait":
    first_and_then_started,
    each_exit_status,
    at_once_if_it_does_not_run,
    until_it_does_not_run,
    killed,
    next_exit_is_not_the_last,
    next_exit_of_a_restart,
    until_removed,
    until_removed_by_itself,
    several,
    a_lost_race_loses_nothing,
    of_a_container_that_is_gone,
    beside_other_calls;
    own: dropped
}

#[tokio::test(flavor = "multi_thread")]
async fn dropped() {
    crate::dropped::closes_at_once("container_wait", "dropped").await;
}
