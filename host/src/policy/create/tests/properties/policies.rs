//! Policies, and wider ones.

use proptest::prelude::*;

use super::super::bounds;
use crate::policy::create::*;

/// Bounds and access, and the same with some of them wider.
#[derive(Clone, Debug)]
pub(super) struct Pair {
    pub(super) narrow: (CreateBounds, HostAccess),
    pub(super) wide: (CreateBounds, HostAccess),
}

fn some() -> (CreateBounds, HostAccess) {
    let bounds = CreateBounds {
        memory: 1 << 28,
        pids: 100,
        non_root: true,
        read_only: true,
        command: CommandBound::Image,
        healthcheck: HealthBound::None,
        stop_timeout: 30,
        ..bounds()
    };
    (bounds, HostAccess::default())
}

/// What widens, each a little.
fn widen(at: usize, (bounds, access): &mut (CreateBounds, HostAccess)) {
    match at {
        0 => bounds.memory = 1 << 32,
        1 => bounds.cpus = 2_000_000_000,
        2 => bounds.pids = 1_000,
        3 => bounds.nofile = 100_000,
        4 => bounds.shm = 1 << 30,
        5 => {
            bounds.egress = true;
            bounds.ports.get_or_insert(PortBound {
                ip: "127.0.0.1".parse().expect("an address"),
                range: 20_000..=20_010,
            });
        }
        6 => bounds.labels.push(LabelRule::new("app.*")),
        7 => bounds.privilege_escalation = true,
        8 => {
            bounds.capabilities.insert("NET_RAW".to_owned());
        }
        9 => bounds.persist = true,
        10 => bounds.healthcheck = HealthBound::Any,
        11 => bounds.command = CommandBound::Any,
        12 => bounds.non_root = false,
        13 => bounds.read_only = false,
        14 => bounds.stop_timeout = 100,
        15 => {
            bounds.sysctls.insert("net.ipv4.tcp_syncookies".to_owned());
        }
        16 => {
            bounds.dns.insert("192.0.2.1".to_owned());
        }
        17 => bounds.images = ImageBound::Any,
        18 => access.privileged = true,
        19 => access.binds.push(BindAccess {
            source: "/srv/data".to_owned(),
            read_only: true,
            ..BindAccess::default()
        }),
        20 => access.devices.push(DeviceAccess {
            path: "/dev/kvm".to_owned(),
            permissions: "rwm".to_owned(),
        }),
        21 => {
            access.capabilities.insert("SYS_ADMIN".to_owned());
        }
        22 => {
            access
                .security_options
                .insert("seccomp=unconfined".to_owned());
        }
        23 => access.namespaces.extend(Namespace::ALL),
        24 => {
            access.runtimes.insert("evil".to_owned());
        }
        25 => access.scheduling = true,
        26 => access.oom = true,
        27 => {
            access.ulimits.insert("core".to_owned(), 1);
        }
        28 => {
            access.env.insert("NVIDIA_VISIBLE_DEVICES".to_owned());
        }
        29 => {
            access.sysctls.insert("kernel.core_pattern".to_owned());
        }
        _ => {
            bounds.names.push(NameRule::new("db"));
        }
    }
}

const WIDER: usize = 31;

pub(super) fn pairs() -> impl Strategy<Value = Pair> {
    let bits = || prop::collection::vec(prop::bool::weighted(0.3), WIDER);
    (bits(), bits()).prop_map(|(first, more)| {
        let mut narrow = some();
        let apply = |bits: &[bool], to: &mut (CreateBounds, HostAccess)| {
            let set = bits.iter().enumerate().filter(|(_, set)| **set);
            set.for_each(|(at, _)| widen(at, to));
        };
        apply(&first, &mut narrow);
        let mut wide = narrow.clone();
        apply(&more, &mut wide);
        Pair { narrow, wide }
    })
}
