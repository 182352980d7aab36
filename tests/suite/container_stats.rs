//! What a container uses: what a plugin reads of it, and how it lets go.

use crate::cases::cases;

cases! { "container_stats":
    once,
    one_shot,
    of_a_stopped_one,
    the_memory_limit,
    the_pids_limit,
    the_share_of_the_cpu,
    the_network,
    without_a_network,
    of_a_container_that_is_gone,
    a_stream,
    every_sample_beside_a_timer,
    a_stream_ends_with_its_container,
    a_stream_of_a_container_that_is_gone,
    two_streams;
    own: dropped_in_mid_read
}

#[tokio::test(flavor = "multi_thread")]
async fn dropped_in_mid_read() {
    crate::dropped::closes_at_once("container_stats", "dropped_in_mid_read").await;
}
