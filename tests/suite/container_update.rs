//! Changing containers: what a setter sets is what the engine got.

use dockwit_tests::engine::Engine;
use dockwit_tests::plugin::Ran;
use serde_json::{Value, json};

use crate::cases::{cases, told};

cases! { "container_update":
    set_memory: |it| has(&it, "Memory", &json!(48 << 20)),
    set_memory_reservation: |it| has(&it, "MemoryReservation", &json!(32 << 20)),
    set_memory_swap: |it| has(&it, "MemorySwap", &json!(96 << 20)),
    set_nano_cpus,
    set_cpu_shares: |it| has(&it, "CpuShares", &json!(333)),
    set_cpu_period: |it| has(&it, "CpuPeriod", &json!(40_000)),
    set_cpu_quota: |it| has(&it, "CpuQuota", &json!(30_000)),
    set_pids_limit: |it| has(&it, "PidsLimit", &json!(55)),
    set_blkio_weight => weighs_what_it_tells,
    set_restart_policy: |it| has(&it, "RestartPolicy", &json!({ "Name": "unless-stopped", "MaximumRetryCount": 0 })),
    what_is_not_set_stays: |it| has(&it, "PidsLimit", &json!(50)),
    in_force_at_once: |it| has(&it, "PidsLimit", &json!(60)),
    of_one_that_has_ended,
    a_template: |it| has(&it, "CpuShares", &json!(300)),
    impossible_values: |it| has(&it, "Memory", &json!(UNCHANGED)),
    unreadable_values: |it| has(&it, "Memory", &json!(UNCHANGED)),
    refused_by_the_engine,
}

/// The memory that the suite's policy gives to who asks for none.
const UNCHANGED: u64 = 4 << 30;

/// Each setter of the WIT has a case of its name.
#[tokio::test(flavor = "multi_thread")]
async fn every_setter_has_a_case() {
    crate::cases::has_each_function_of("container_update", "update-spec").await;
}

/// Checks what the container has now, where containers can be changed.
#[track_caller]
fn has(it: &Value, key: &str, value: &Value) {
    if Engine::under_test().updates() {
        assert_eq!(&it["HostConfig"][key], value, "{key}");
    }
}

async fn weighs_what_it_tells(ran: &Ran) {
    let it = crate::cases::it(ran).await;
    let weight = it["HostConfig"]["BlkioWeight"].to_string();
    assert_eq!(told(ran)["weight"], weight);
}
