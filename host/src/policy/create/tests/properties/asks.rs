//! What plugins ask for, of all kinds.

use proptest::prelude::*;

use super::super::{NETWORK_ID, OTHER_ID, spec, texts};
use crate::api::Protocol;
use crate::api::containers::{
    BindMount, CgroupnsMode, ContainerPort, ContainerSpec, DeviceMapping, HealthTest, Healthcheck,
    HostNamespace, IpcMode, NetworkMode, PidMode, PortBinding, RestartCondition, RestartPolicy,
    TmpfsMount, Ulimit,
};

/// One thing that a plugin asks for.
#[derive(Clone, Copy, Debug)]
enum Ask {
    Memory(u64),
    Swap(i64),
    Cpus(u64),
    Quota(i64),
    Period(u64),
    Shares(u64),
    Pids(i64),
    Shm(u64),
    Nofile(i64),
    Core(i64),
    Score(i32),
    Tmpfs(Option<u64>),
    Privileged(bool),
    CapAdd(&'static str),
    CapDrop(&'static str),
    Option(&'static str),
    Bind(&'static str, bool),
    Device(&'static str),
    Pid,
    Ipc,
    Uts,
    Cgroupns,
    Network(&'static str),
    HostNetwork,
    Port(Option<&'static str>, Option<u16>),
    PublishAll,
    Label(&'static str),
    Env(&'static str),
    Restart,
    Health(u64),
    Command,
    User(&'static str),
    ReadOnly(bool),
    StopTimeout(u32),
    Sysctl(&'static str),
    Runtime(&'static str),
    Volume,
    Name(&'static str),
    Dns,
}

fn ask() -> impl Strategy<Value = Ask> {
    use prop::sample::select;
    let size = prop_oneof![
        Just(0),
        1_u64..(1 << 31),
        any::<u64>().prop_map(|of| of >> 1)
    ];
    let signed = prop_oneof![
        Just(-1_i64),
        Just(0),
        0_i64..2_000,
        0_i64..(1 << 31),
        any::<i64>()
    ];
    let caps = vec!["NET_RAW", "CAP_CHOWN", "SYS_ADMIN", "ALL", "mknod"];
    prop_oneof![
        size.clone().prop_map(Ask::Memory),
        signed.clone().prop_map(Ask::Swap),
        size.clone().prop_map(Ask::Cpus),
        signed.clone().prop_map(Ask::Quota),
        (0_u64..2_000_000).prop_map(Ask::Period),
        size.clone().prop_map(Ask::Shares),
        signed.clone().prop_map(Ask::Pids),
        size.clone().prop_map(Ask::Shm),
        (-1_i64..200_000).prop_map(Ask::Nofile),
        (-1_i64..2).prop_map(Ask::Core),
        any::<i32>().prop_map(Ask::Score),
        prop::option::of(1_u64..(1 << 40)).prop_map(Ask::Tmpfs),
        any::<bool>().prop_map(Ask::Privileged),
        select(caps.clone()).prop_map(Ask::CapAdd),
        select(caps).prop_map(Ask::CapDrop),
        select(vec![
            "seccomp=unconfined",
            "no-new-privileges=false",
            "no-new-privileges"
        ])
        .prop_map(Ask::Option),
        (
            select(vec!["/", "/srv/data", "/srv/data/.."]),
            any::<bool>()
        )
            .prop_map(|(path, ro)| Ask::Bind(path, ro)),
        select(vec!["/dev/kvm", "/dev/sda"]).prop_map(Ask::Device),
        Just(Ask::Pid),
        Just(Ask::Ipc),
        Just(Ask::Uts),
        Just(Ask::Cgroupns),
        select(vec![NETWORK_ID, OTHER_ID, "victim", "open"]).prop_map(Ask::Network),
        Just(Ask::HostNetwork),
        (
            prop::option::of(select(vec!["127.0.0.1", "0.0.0.0", "::"])),
            prop::option::of(19_990_u16..20_020),
        )
            .prop_map(|(ip, port)| Ask::Port(ip, port)),
        Just(Ask::PublishAll),
        select(vec!["app.x", "traefik.enable", "dockwit.owner"]).prop_map(Ask::Label),
        select(vec!["A", "NVIDIA_VISIBLE_DEVICES"]).prop_map(Ask::Env),
        Just(Ask::Restart),
        (1_000_000_u64..10_000_000_000).prop_map(Ask::Health),
        Just(Ask::Command),
        select(vec!["0", "1000", "root"]).prop_map(Ask::User),
        any::<bool>().prop_map(Ask::ReadOnly),
        (0_u32..200).prop_map(Ask::StopTimeout),
        select(vec!["net.ipv4.tcp_syncookies", "kernel.core_pattern"]).prop_map(Ask::Sysctl),
        select(vec!["runc", "evil"]).prop_map(Ask::Runtime),
        Just(Ask::Volume),
        select(vec!["db", "055afd39f1e2"]).prop_map(Ask::Name),
        Just(Ask::Dns),
    ]
}

fn apply(spec: &mut ContainerSpec, ask: Ask) {
    let ulimit = |name: &str, value: i64| Ulimit {
        name: name.to_owned(),
        soft: value,
        hard: value,
    };
    let tcp = ContainerPort {
        port: 80,
        protocol: Protocol::Tcp,
    };
    match ask {
        Ask::Memory(of) => spec.set_memory(of),
        Ask::Swap(of) => spec.set_memory_swap(of),
        Ask::Cpus(of) => spec.set_nano_cpus(of),
        Ask::Quota(of) => spec.set_cpu_quota(of),
        Ask::Period(of) => spec.set_cpu_period(of),
        Ask::Shares(of) => spec.set_cpu_shares(of),
        Ask::Pids(of) => spec.set_pids_limit(of),
        Ask::Shm(of) => spec.set_shm_size(of),
        Ask::Nofile(of) => spec.add_ulimit(ulimit("nofile", of)),
        Ask::Core(of) => spec.add_ulimit(ulimit("core", of)),
        Ask::Score(of) => spec.set_oom_score_adj(of),
        Ask::Tmpfs(size) => spec.add_tmpfs(TmpfsMount {
            target: "/tmpfs".to_owned(),
            size,
            ..TmpfsMount::default()
        }),
        Ask::Privileged(of) => spec.set_privileged(of),
        Ask::CapAdd(name) => spec.add_capability(name),
        Ask::CapDrop(name) => spec.drop_capability(name),
        Ask::Option(of) => spec.add_security_option(of),
        Ask::Bind(source, read_only) => spec.add_bind(BindMount {
            source: source.to_owned(),
            target: "/b".to_owned(),
            read_only,
            ..BindMount::default()
        }),
        Ask::Device(path) => spec.add_device(DeviceMapping {
            host: path.to_owned(),
            container: path.to_owned(),
            permissions: "rw".to_owned(),
        }),
        Ask::Pid => spec.set_pid_mode(PidMode::Host),
        Ask::Ipc => spec.set_ipc_mode(IpcMode::Host),
        Ask::Uts => spec.set_uts_mode(HostNamespace::Host),
        Ask::Cgroupns => spec.set_cgroupns_mode(CgroupnsMode::Host),
        Ask::Network(of) => spec.set_network_mode(NetworkMode::Network(of.to_owned())),
        Ask::HostNetwork => spec.set_network_mode(NetworkMode::Host),
        Ask::Port(ip, port) => spec.add_port(PortBinding {
            container: tcp,
            host_ip: ip.map(str::to_owned),
            host_port: port,
        }),
        Ask::PublishAll => spec.add_exposed_port(tcp).set_publish_all_ports(true),
        Ask::Label(key) => spec.add_label(key, "1"),
        Ask::Env(name) => spec.add_env(name, Some("all".to_owned())),
        Ask::Restart => spec.set_restart_policy(RestartPolicy {
            condition: RestartCondition::Always,
            maximum_retries: 0,
        }),
        Ask::Health(interval) => spec.set_healthcheck(Healthcheck {
            test: HealthTest::Shell("x".to_owned()),
            interval: Some(interval),
            ..Healthcheck::default()
        }),
        Ask::Command => spec.set_command(texts(&["sh"])),
        Ask::User(of) => spec.set_user(of),
        Ask::ReadOnly(of) => spec.set_read_only(of),
        Ask::StopTimeout(of) => spec.set_stop_timeout(of),
        Ask::Sysctl(name) => spec.add_sysctl(name, "1"),
        Ask::Runtime(of) => spec.set_runtime(of),
        Ask::Volume => spec.add_volume("/anon"),
        Ask::Name(of) => spec.set_name(of),
        Ask::Dns => spec.add_dns("192.0.2.1"),
    };
}

pub(super) fn specs() -> impl Strategy<Value = ContainerSpec> {
    prop::collection::vec(ask(), 0..4).prop_map(|asks| {
        let mut spec = spec();
        asks.into_iter().for_each(|ask| apply(&mut spec, ask));
        spec
    })
}
