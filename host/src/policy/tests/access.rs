//! `[host-access]`.

use super::super::create::*;
use super::*;
use crate::api::containers::BindPropagation;

fn texts<const N: usize>(of: [&str; N]) -> std::collections::BTreeSet<String> {
    of.map(str::to_owned).into()
}

fn device(path: &str, permissions: &str) -> DeviceAccess {
    DeviceAccess {
        path: path.to_owned(),
        permissions: permissions.to_owned(),
    }
}

type Key = (&'static str, fn(&mut HostAccess));

const KEYS: [Key; 24] = [
    ("privileged = true", |a| a.privileged = true),
    (
        "binds = [{ source = \"/srv/data\", read-only = true }, { source = \"/var/lib/app\", propagation = \"rslave\" }]",
        |a| {
            let bind = |source: &str, read_only, propagation| BindAccess {
                source: source.to_owned(),
                read_only,
                propagation,
            };
            a.binds = vec![
                bind("/srv/data", true, BindPropagation::Rprivate),
                bind("/var/lib/app", false, BindPropagation::Rslave),
            ];
        },
    ),
    ("binds-unverified = true", |a| a.binds_unverified = true),
    (
        "devices = [\"/dev/kvm\", { path = \"/dev/fuse\", permissions = \"rw\" }]",
        |a| a.devices = vec![device("/dev/kvm", "rwm"), device("/dev/fuse", "rw")],
    ),
    ("device-cgroup-rules = [\"c 42:* rwm\"]", |a| {
        a.device_cgroup_rules = texts(["c 42:* rwm"]);
    }),
    (
        "device-requests = [{ driver = \"nvidia\", count = -1, ids = [\"0\"], capabilities = [\"gpu\"] }]",
        |a| {
            a.device_requests = vec![DeviceRequestAccess {
                driver: "nvidia".to_owned(),
                count: -1,
                ids: texts(["0"]),
                capabilities: texts(["gpu"]),
            }];
        },
    ),
    ("env = [\"NVIDIA_VISIBLE_DEVICES\"]", |a| {
        a.env = texts(["NVIDIA_VISIBLE_DEVICES"]);
    }),
    ("capabilities = [\"cap_net_admin\", \"ALL\"]", |a| {
        a.capabilities = texts(["ALL", "NET_ADMIN"]);
    }),
    ("security-options = [\"seccomp=unconfined\"]", |a| {
        a.security_options = texts(["seccomp=unconfined"]);
    }),
    ("system-paths = true", |a| a.system_paths = true),
    ("sysctls = [\"net.ipv4.ip_forward\"]", |a| {
        a.sysctls = texts(["net.ipv4.ip_forward"]);
    }),
    ("namespaces = [\"pid\", \"network\"]", |a| {
        a.namespaces = [Namespace::Pid, Namespace::Network].into();
    }),
    ("runtimes = [\"runsc\"]", |a| a.runtimes = texts(["runsc"])),
    ("cgroup-parents = [\"/batch\"]", |a| {
        a.cgroup_parents = texts(["/batch"]);
    }),
    ("annotations = [\"run.oci.keep_original_groups\"]", |a| {
        a.annotations = texts(["run.oci.keep_original_groups"]);
    }),
    ("links = true", |a| a.links = true),
    ("volumes-from = true", |a| a.volumes_from = true),
    (
        "log-drivers = [{ name = \"syslog\", options = { tag = \"x\" } }, { name = \"journald\" }]",
        |a| {
            a.log_drivers = vec![
                DriverAccess {
                    name: "syslog".to_owned(),
                    options: [("tag".to_owned(), "x".to_owned())].into(),
                },
                DriverAccess {
                    name: "journald".to_owned(),
                    ..DriverAccess::default()
                },
            ];
        },
    ),
    ("volume-drivers = [{ name = \"rexray\" }]", |a| {
        a.volume_drivers = vec![DriverAccess {
            name: "rexray".to_owned(),
            ..DriverAccess::default()
        }];
    }),
    ("storage-options = [\"size=10G\"]", |a| {
        a.storage_options = texts(["size=10G"]);
    }),
    ("ulimits = { memlock = -1, core = 10 }", |a| {
        a.ulimits = [("memlock".to_owned(), -1), ("core".to_owned(), 10)].into();
    }),
    ("scheduling = true", |a| a.scheduling = true),
    ("oom = true", |a| a.oom = true),
    ("endpoints = true", |a| a.endpoints = true),
];

#[test]
fn each_key_reaches_what_is_had_of_the_machine() {
    for (text, change) in KEYS {
        let mut expected = HostAccess::default();
        change(&mut expected);
        let policy = read(&format!("[host-access]\n{text}"));
        assert_eq!(*policy.host_access(), expected, "{text}");
    }
    assert_eq!(*read("").host_access(), HostAccess::default());
    let missed = missed("host-access", &KEYS.map(|(text, _)| text));
    assert!(missed.is_empty(), "{missed:?}");
}

#[test]
fn what_is_wrong_has_its_place() {
    all_wrong(
        "host-access",
        &[
            ("privileged = \"yes\"", 14, ""),
            ("binds = [\"/srv\"]", 10, ""),
            ("binds = [{ source = \"srv\" }]", 21, "no whole path"),
            (
                "binds = [{ source = \"/srv/../etc\" }]",
                21,
                "no whole path",
            ),
            ("binds = [{ source = \"/srv/\" }]", 21, "no whole path"),
            (
                "binds = [{ source = \"/a\" }, { source = \"~/b\" }]",
                40,
                "no whole path",
            ),
            (
                "binds = [{ source = \"/srv\", readonly = true }]",
                29,
                "no key `host-access.binds.readonly`",
            ),
            ("devices = [\"kvm\"]", 12, "no whole path"),
            (
                "devices = [{ path = \"/dev/kvm\", permissions = \"x\" }]",
                47,
                "letters of `rwm`",
            ),
            (
                "devices = [{ path = \"/dev/kvm\", permissions = \"rr\" }]",
                47,
                "letters of `rwm`",
            ),
            (
                "devices = [{ path = \"/dev/kvm\", permission = \"r\" }]",
                33,
                "no key `host-access.devices.permission`",
            ),
            ("devices = [3]", 12, "a path such as \"/dev/kvm\""),
            (
                "device-cgroup-rules = [\"c 42 rwm\"]",
                24,
                "no rule for devices",
            ),
            (
                "device-requests = [{ driver = \"nvidia\", count = -2 }]",
                31,
                "a count is -1",
            ),
            ("env = [\"A=1\"]", 8, "no name of a variable"),
            ("capabilities = [\"NET ADMIN\"]", 17, "no capability"),
            ("security-options = [\"\"]", 21, "empty"),
            ("system-paths = 1", 16, ""),
            ("sysctls = [\"forward\"]", 12, "no kernel parameter"),
            ("namespaces = [\"pid\", \"mount\"]", 22, "cgroup"),
            ("runtimes = [\"\"]", 13, "empty"),
            ("cgroup-parents = [\"\"]", 19, "empty"),
            ("annotations = [\"\"]", 16, "empty"),
            ("links = []", 9, ""),
            ("volumes-from = [\"a\"]", 16, ""),
            ("log-drivers = [{ name = \"\" }]", 25, "empty"),
            ("volume-drivers = [{ options = {} }]", 19, "name"),
            ("storage-options = [\"size\"]", 20, "name=value"),
            ("ulimits = { nofile = 1 }", 13, "create.nofile bounds it"),
            ("ulimits = { memlock = -2 }", 13, "-1 for none"),
            ("scheduling = 1", 14, ""),
            ("oom = 1", 7, ""),
            ("endpoints = 1", 13, ""),
            ("binds-unverified = 1", 20, ""),
            (
                "binds-unchecked = true",
                1,
                "no key `host-access.binds-unchecked`",
            ),
        ],
    );
}

#[test]
fn what_an_engine_may_not_hold_is_accepted_by_name() {
    let names = Unenforced::ALL.map(|what| format!("\"{what}\""));
    let policy = read(&format!("accept-unenforced = [{}]", names.join(", ")));
    assert_eq!(*policy.accept_unenforced(), Unenforced::ALL.into());
    assert!(read("").accept_unenforced().is_empty());
    let (place, message) = wrong("accept-unenforced = [\"memory-limit\", \"memory\"]");
    assert_eq!(place, Some((1, 38)));
    assert!(message.contains("network-isolation"), "{message}");
}

#[test]
fn a_namespace_has_one_name() {
    for namespace in Namespace::ALL {
        let text = serde_json::to_value(namespace).expect("a name");
        assert_eq!(text, namespace.as_str());
    }
}
