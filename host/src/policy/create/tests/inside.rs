//! Values that stay inside a container, and those that a plugin needs `host-access` for.

use super::super::inside::{
    blkio_weight, capability, cpu_shares, device_variable, oom_score_adj, sysctl, ulimit,
    update_blkio_weight, update_cpu_shares, variable,
};
use super::*;
use crate::api::containers::Ulimit;

/// A value is inside if and only if a policy that gives nothing of the machine can allow it.
#[track_caller]
fn agrees(
    inside: &Result<(), String>,
    rule: &str,
    set: impl FnOnce(&mut ContainerSpec) -> &mut ContainerSpec,
) {
    let widest = CreateBounds {
        pids: u64::MAX,
        nofile: u64::MAX,
        capabilities: ENGINE_CAPABILITIES.map(str::to_owned).into(),
        sysctls: SAFE_SYSCTLS.map(str::to_owned).into(),
        ..bounds()
    };
    let mut spec = spec();
    set(&mut spec);
    let refused = decide(&spec, &widest, &HostAccess::default()).err();
    let expected = inside.is_err().then_some(rule);
    assert_eq!(refused.map(|denial| denial.rule), expected, "{inside:?}");
}

#[test]
fn capabilities_beyond_the_default_need_host_access() {
    for name in ["CHOWN", "cap_net_raw", "NET_ADMIN", "SYS_ADMIN", "ALL", "x"] {
        let rule = "host-access.capabilities";
        agrees(&capability(name), rule, |s| s.add_capability(name));
    }
}

#[test]
fn kernel_parameters_beyond_the_safe_ones_need_host_access() {
    for name in [SAFE_SYSCTLS[0], SAFE_SYSCTLS[9], "kernel.core_pattern", "x"] {
        agrees(&sysctl(name), "host-access.sysctls", |s| {
            s.add_sysctl(name, "1")
        });
    }
}

#[test]
fn variables_that_give_devices_need_host_access_and_others_are_not_for_it() {
    for name in ["PATH", "NVIDIA_X", "A_VISIBLE_DEVICES", "nvidia_x"] {
        let value = Some("all".to_owned());
        agrees(&variable(name), "host-access.env", |s| {
            s.add_env(name, value)
        });
        assert_ne!(variable(name).is_ok(), device_variable(name).is_ok());
    }
}

#[test]
fn weights_above_the_default_need_host_access() {
    const RULE: &str = "host-access.scheduling";
    for shares in [0, 2, 1_024, 1_025, u64::MAX >> 1] {
        let inside = cpu_shares(shares);
        agrees(&inside, RULE, |s| s.set_cpu_shares(shares));
        assert_eq!(inside.is_ok(), update_cpu_shares(shares).is_ok());
    }
    for weight in [0, 10, 500, 501, 1_000] {
        let inside = blkio_weight(weight);
        agrees(&inside, RULE, |s| s.set_blkio_weight(weight));
        assert_eq!(inside.is_ok(), update_blkio_weight(weight).is_ok());
    }
}

#[test]
fn scores_below_the_default_need_host_access() {
    for score in [i32::MIN, -1, 0, 1_000] {
        agrees(&oom_score_adj(score), "host-access.oom", |s| {
            s.set_oom_score_adj(score)
        });
    }
}

#[test]
fn limits_without_a_bound_of_their_own_need_host_access() {
    for (name, hard) in [
        ("nofile", 9),
        ("nproc", 9),
        ("core", 0),
        ("core", 1),
        ("stack", 0),
    ] {
        let limit = Ulimit {
            name: name.to_owned(),
            soft: 0,
            hard,
        };
        agrees(&ulimit(name, hard), "host-access.ulimits", |s| {
            s.add_ulimit(limit)
        });
    }
}
