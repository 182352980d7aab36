//! Options that reach beyond the container, setter by setter.

use serde_json::{Value, json};

use super::ID;
use crate::api::containers::{
    BindMount, BindRecursion, CgroupnsMode, ContainerSpec, DeviceMapping, DeviceRequest, Driver,
    Endpoint, HostNamespace, IpcMode, Link, NetworkMode, PidMode, ThrottleDevice, VolumeMount,
    VolumesFrom, WeightDevice,
};
use crate::api::{ContainerId, ErrorKind, NetworkId};
use crate::transport::ApiVersion;

type Setter = fn(&mut ContainerSpec) -> &mut ContainerSpec;

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn pair(key: &str, value: &str) -> (String, String) {
    (key.to_owned(), value.to_owned())
}

fn container() -> ContainerId {
    ID.parse().expect("an id")
}

fn network() -> NetworkId {
    ID.parse().expect("an id")
}

fn bind() -> BindMount {
    BindMount {
        source: "/s".to_owned(),
        target: "/t".to_owned(),
        read_only: true,
        ..BindMount::default()
    }
}

fn volume() -> VolumeMount {
    VolumeMount {
        volume: "v".to_owned(),
        target: "/t".to_owned(),
        no_copy: true,
        labels: vec![pair("k", "v")],
        driver: Some(driver()),
        ..VolumeMount::default()
    }
}

fn driver() -> Driver {
    Driver {
        name: "d".to_owned(),
        options: vec![pair("o", "1")],
    }
}

fn device(permissions: &str) -> DeviceMapping {
    DeviceMapping {
        host: "/dev/a".to_owned(),
        container: "/dev/b".to_owned(),
        permissions: permissions.to_owned(),
    }
}

fn request() -> DeviceRequest {
    DeviceRequest {
        driver: "nvidia".to_owned(),
        count: -1,
        capabilities: vec![texts(&["gpu"])],
        options: vec![pair("o", "1")],
        ..DeviceRequest::default()
    }
}

fn endpoint() -> Endpoint {
    Endpoint {
        aliases: texts(&["db"]),
        addresses: vec![
            "10.0.0.2".parse().expect("v4"),
            "fd00::2".parse().expect("v6"),
        ],
        link_local: vec!["169.254.1.1".parse().expect("v4")],
        mac_address: Some("02:42:ac:11:00:02".to_owned()),
        links: vec![link()],
        driver_options: vec![pair("o", "1")],
        gateway_priority: 7,
    }
}

fn link() -> Link {
    Link {
        container: container(),
        alias: "db".to_owned(),
    }
}

fn throttle() -> ThrottleDevice {
    ThrottleDevice {
        path: "/dev/a".to_owned(),
        rate: 5,
    }
}

fn body(setter: Setter, version: ApiVersion) -> Value {
    let mut spec = ContainerSpec::new("img");
    setter(&mut spec);
    let body = spec.body(version).unwrap_or_else(|error| panic!("{error}"));
    serde_json::from_slice(&body).expect("JSON")
}

#[test]
fn each_setter_has_its_wire_form() {
    let rate = json!([{"Path": "/dev/a", "Rate": 5}]);
    let cases: Vec<(Setter, Value)> = vec![
        (|s| s.set_privileged(true), json!({"Privileged": true})),
        (
            |s| s.add_bind(bind()),
            json!({"Mounts": [{
                "Type": "bind", "Source": "/s", "Target": "/t", "ReadOnly": true,
                "BindOptions": {"Propagation": "rprivate"},
            }]}),
        ),
        (
            |s| s.add_volume_mount(volume()),
            json!({"Mounts": [{
                "Type": "volume", "Source": "v", "Target": "/t", "ReadOnly": false,
                "VolumeOptions": {
                    "NoCopy": true, "Labels": {"k": "v"},
                    "DriverConfig": {"Name": "d", "Options": {"o": "1"}},
                },
            }]}),
        ),
        (|s| s.set_volume_driver("d"), json!({"VolumeDriver": "d"})),
        (
            |s| {
                s.add_volumes_from(VolumesFrom {
                    container: container(),
                    read_only: true,
                })
            },
            json!({"VolumesFrom": [format!("{ID}:ro")]}),
        ),
        (
            |s| {
                s.add_link(Link {
                    container: container(),
                    alias: "db".to_owned(),
                })
            },
            json!({"Links": [format!("{ID}:db")]}),
        ),
        (
            |s| s.add_capability("NET_ADMIN"),
            json!({"CapAdd": ["NET_ADMIN"]}),
        ),
        (
            |s| s.add_security_option("a=b"),
            json!({"SecurityOpt": ["a=b"]}),
        ),
        (|s| s.set_masked_paths(vec![]), json!({"MaskedPaths": []})),
        (
            |s| s.set_readonly_paths(texts(&["/a"])),
            json!({"ReadonlyPaths": ["/a"]}),
        ),
        (
            |s| s.add_device(device("rw")),
            json!({"Devices": [
                {"PathOnHost": "/dev/a", "PathInContainer": "/dev/b", "CgroupPermissions": "rw"},
            ]}),
        ),
        (
            |s| s.add_device_cgroup_rule("c 1:3 r"),
            json!({"DeviceCgroupRules": ["c 1:3 r"]}),
        ),
        (
            |s| s.add_device_request(request()),
            json!({"DeviceRequests": [{
                "Driver": "nvidia", "Count": -1, "DeviceIDs": [], "Capabilities": [["gpu"]],
                "Options": {"o": "1"},
            }]}),
        ),
        (
            |s| s.add_sysctl("a.b", "1"),
            json!({"Sysctls": {"a.b": "1"}}),
        ),
        (|s| s.set_runtime("runsc"), json!({"Runtime": "runsc"})),
        (
            |s| s.add_annotation("a", "b"),
            json!({"Annotations": {"a": "b"}}),
        ),
        (|s| s.set_cgroup_parent("/a"), json!({"CgroupParent": "/a"})),
        (
            |s| s.set_log(driver()),
            json!({"LogConfig": {"Type": "d", "Config": {"o": "1"}}}),
        ),
        (
            |s| s.set_ipc_mode(IpcMode::Host),
            json!({"IpcMode": "host"}),
        ),
        (
            |s| s.set_ipc_mode(IpcMode::Container(container())),
            json!({"IpcMode": format!("container:{ID}")}),
        ),
        (
            |s| s.set_pid_mode(PidMode::Host),
            json!({"PidMode": "host"}),
        ),
        (
            |s| s.set_pid_mode(PidMode::Container(container())),
            json!({"PidMode": format!("container:{ID}")}),
        ),
        (
            |s| s.set_uts_mode(HostNamespace::Host),
            json!({"UTSMode": "host"}),
        ),
        (
            |s| s.set_userns_mode(HostNamespace::Host),
            json!({"UsernsMode": "host"}),
        ),
        (
            |s| s.set_cgroupns_mode(CgroupnsMode::Host),
            json!({"CgroupnsMode": "host"}),
        ),
        (
            |s| s.set_cgroupns_mode(CgroupnsMode::Private),
            json!({"CgroupnsMode": "private"}),
        ),
        (
            |s| s.set_network_mode(NetworkMode::Host),
            json!({"NetworkMode": "host"}),
        ),
        (
            |s| s.set_network_mode(NetworkMode::Container(container())),
            json!({"NetworkMode": format!("container:{ID}")}),
        ),
        (
            |s| s.set_network_mode(NetworkMode::Network("n".into())),
            json!({"NetworkMode": "n"}),
        ),
        (
            |s| {
                s.add_blkio_weight_device(WeightDevice {
                    path: "/dev/a".to_owned(),
                    weight: 10,
                })
            },
            json!({"BlkioWeightDevice": [{"Path": "/dev/a", "Weight": 10}]}),
        ),
        (
            |s| s.add_blkio_read_bps(throttle()),
            json!({"BlkioDeviceReadBps": rate}),
        ),
        (
            |s| s.add_blkio_write_bps(throttle()),
            json!({"BlkioDeviceWriteBps": rate}),
        ),
        (
            |s| s.add_blkio_read_iops(throttle()),
            json!({"BlkioDeviceReadIOps": rate}),
        ),
        (
            |s| s.add_blkio_write_iops(throttle()),
            json!({"BlkioDeviceWriteIOps": rate}),
        ),
        (
            |s| s.set_cpu_realtime_period(1),
            json!({"CpuRealtimePeriod": 1}),
        ),
        (
            |s| s.set_cpu_realtime_runtime(1),
            json!({"CpuRealtimeRuntime": 1}),
        ),
        (
            |s| s.set_oom_kill_disable(true),
            json!({"OomKillDisable": true}),
        ),
    ];
    for (setter, host) in cases {
        let expected = json!({"Image": "img", "HostConfig": host});
        assert_eq!(body(setter, ApiVersion::NEWEST), expected);
    }
}

#[test]
fn an_endpoint_has_its_wire_form() {
    let sent = body(|s| s.add_endpoint("n", endpoint()), ApiVersion::NEWEST);
    let expected = json!({"EndpointsConfig": {"n": {
        "Aliases": ["db"], "MacAddress": "02:42:ac:11:00:02", "Links": [format!("{}:db", &ID[..12])],
        "IPAMConfig": {
            "IPv4Address": "10.0.0.2", "IPv6Address": "fd00::2", "LinkLocalIPs": ["169.254.1.1"],
        },
        "DriverOpts": {"o": "1"}, "GwPriority": 7,
    }}});
    assert_eq!(sent["NetworkingConfig"], expected);
    // Links of the container are those of its network.
    let linked: Setter = |s| {
        s.add_link(link())
            .set_network_mode(NetworkMode::Network("n".into()))
    };
    let sent = body(linked, ApiVersion::NEWEST);
    let links = json!({"EndpointsConfig": {"n": {"Links": [format!("{}:db", &ID[..12])]}}});
    assert_eq!(sent["NetworkingConfig"], links);
    // A MAC address of the container is one of its network.
    let both: Setter = |s| {
        s.set_mac_address("02:42:ac:11:00:09")
            .set_network_mode(NetworkMode::Network("n".into()))
    };
    let sent = body(both, ApiVersion::NEWEST);
    let address = json!({"EndpointsConfig": {"n": {"MacAddress": "02:42:ac:11:00:09"}}});
    assert_eq!(sent["NetworkingConfig"], address);
}

/// Of what there is one of, the last counts, and the earlier takes no room any more.
#[test]
fn the_last_of_an_endpoint_counts() {
    let mut spec = ContainerSpec::new("img");
    let mut settle = |address: &str, priority| {
        spec.set_endpoint_mac_address(&network(), "02:42:ac:11:00:02")
            .set_endpoint_address(&network(), address)
            .set_endpoint_address(&network(), "fd00::2")
            .set_endpoint_gateway_priority(&network(), priority)
            .set_no_new_privileges(priority > 1);
        spec.size_hint()
    };
    let first = settle("10.0.0.1", 1);
    assert_eq!(settle("10.0.0.2", 2), first - "=false".len());
    let options = spec.options();
    let endpoint = &options.endpoints[ID];
    assert_eq!(endpoint.gateway_priority, 2);
    let addresses = endpoint.addresses.iter().map(ToString::to_string);
    assert_eq!(addresses.collect::<Vec<_>>(), ["10.0.0.2", "fd00::2"]);
    assert_eq!(options.host.security_options, ["no-new-privileges"]);
}

#[test]
fn what_an_engine_would_overlook_is_not_sent() {
    let cases: [(Setter, &str, u16); 6] = [
        (|s| s.add_annotation("a", "b"), "add-annotation", 43),
        (
            |s| {
                s.add_bind(BindMount {
                    recursion: BindRecursion::Writable,
                    ..bind()
                })
            },
            "add-bind",
            44,
        ),
        (
            |s| {
                s.add_bind(BindMount {
                    recursion: BindRecursion::Readonly,
                    ..bind()
                })
            },
            "add-bind",
            44,
        ),
        (
            |s| {
                s.add_volume_mount(VolumeMount {
                    subpath: Some("a".to_owned()),
                    ..volume()
                })
            },
            "add-volume-mount",
            45,
        ),
        (
            |s| s.add_endpoint("n", endpoint()),
            "set-endpoint-gateway-priority",
            48,
        ),
        (
            |s| {
                s.add_endpoint(
                    "n",
                    Endpoint {
                        gateway_priority: 0,
                        ..endpoint()
                    },
                )
            },
            "set-endpoint-mac-address",
            44,
        ),
    ];
    for (setter, field, since) in cases {
        let mut spec = ContainerSpec::new("img");
        setter(&mut spec);
        let error = spec.body(ApiVersion::new(1, since - 1)).expect_err(field);
        assert_eq!(
            (error.kind(), error.field()),
            (ErrorKind::Unsupported, Some(field))
        );
        spec.body(ApiVersion::new(1, since)).expect(field);
    }
}

#[test]
fn impossible_values_stay_in_the_spec() {
    let cases: Vec<(Setter, &str)> = vec![
        (|s| s.add_bind(BindMount::default()), "add-bind"),
        (
            |s| {
                s.add_bind(BindMount {
                    source: "relative".to_owned(),
                    ..bind()
                })
            },
            "add-bind",
        ),
        (
            |s| s.add_volume_mount(VolumeMount::default()),
            "add-volume-mount",
        ),
        (
            |s| {
                s.add_volume_mount(VolumeMount {
                    volume: String::new(),
                    ..volume()
                })
            },
            "add-volume-mount",
        ),
        (|s| s.add_new_volume(volume()), "add-volume"),
        (
            |s| {
                s.add_volume_mount(VolumeMount {
                    subpath: Some("../up".to_owned()),
                    ..volume()
                })
            },
            "add-volume-mount",
        ),
        (
            |s| s.set_endpoint_address(&network(), "10.0.0"),
            "set-endpoint-address",
        ),
        (
            |s| s.set_endpoint_mac_address(&network(), "02"),
            "set-endpoint-mac-address",
        ),
        (|s| s.add_network_alias(&network(), ""), "add-network-alias"),
        (
            |s| {
                let alias = "a:b".to_owned();
                s.add_endpoint_link(&network(), Link { alias, ..link() })
            },
            "add-endpoint-link",
        ),
        (|s| s.add_device(device("x")), "add-device"),
        (|s| s.add_device(device("")), "add-device"),
        (
            |s| {
                s.add_device_request(DeviceRequest {
                    ids: texts(&["0"]),
                    ..request()
                })
            },
            "add-device-request",
        ),
        (
            |s| {
                s.add_link(Link {
                    container: container(),
                    alias: "a:b".to_owned(),
                })
            },
            "add-link",
        ),
        (
            |s| s.add_blkio_read_bps(ThrottleDevice::default()),
            "add-blkio-read-bps",
        ),
        (|s| s.set_runtime(""), "set-runtime"),
        (|s| s.add_sysctl("", "1"), "add-sysctl"),
    ];
    for (setter, field) in cases {
        let mut spec = ContainerSpec::new("img");
        setter(&mut spec);
        assert_eq!(spec.invalid().map(|invalid| invalid.field), Some(field));
    }
    // Words that engines take for something else than a network's name.
    for name in [
        "",
        "host",
        "none",
        "default",
        "bridge",
        "container:x",
        "ns:/proc/1/ns/net",
    ] {
        let mut spec = ContainerSpec::new("img");
        spec.set_network_mode(NetworkMode::Network(name.to_owned()));
        assert_eq!(
            spec.invalid().map(|invalid| invalid.field),
            Some("set-network-mode")
        );
    }
}
