//! Every option of the engine has a setter or a power, and each of these sets its own option and no other.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use wasmtime::component::{Resource, ResourceTable};

use super::ctx::{DockerCtx, DockerCtxView};
use super::kept::{Kept, KeptSpec, KeptUpdate};
use super::wit::containers::{
    ContainerPort, HealthTest, Healthcheck, HostContainerSpec, HostUpdateSpec, IpcMode,
    NetworkMode, PortBinding, RestartCondition, RestartPolicy, TmpfsMount, Ulimit, VolumeMount,
};
use super::wit::host_access::{
    self, BindMount, BindPropagation, BindRecursion, DeviceMapping, DeviceRequest, DriverVolume,
    ThrottleDevice, WeightDevice,
};
use super::wit::types::Protocol;
use crate::api::containers::{ContainerSpec, HostOptions, Options, UpdateSpec};
use crate::api::networks::NetworkDetails;
use crate::api::{Client, VolumeName};
use crate::keeper::Handle;
use crate::keeper::NetworkHandle as Network;
use crate::policy::{Part, PartKind};
use crate::transport::ApiVersion;

const ID: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// A plugin's table with two specs and a handle of each kind in it.
struct Plugin {
    ctx: DockerCtx,
    table: ResourceTable,
    handles: Handles,
}

#[derive(Clone, Copy)]
struct Handles {
    spec: u32,
    update: u32,
    container: u32,
    network: u32,
    host_network: u32,
    volume: u32,
}

impl Handles {
    fn spec(self) -> Resource<KeptSpec> {
        Resource::new_own(self.spec)
    }

    fn update(self) -> Resource<KeptUpdate> {
        Resource::new_own(self.update)
    }

    fn container(self) -> Resource<Handle> {
        Resource::new_own(self.container)
    }

    fn network(self) -> Resource<Network> {
        Resource::new_own(self.network)
    }

    fn volume(self) -> Resource<VolumeName> {
        Resource::new_own(self.volume)
    }
}

fn network(driver: &str) -> Network {
    let details = NetworkDetails {
        id: ID.to_owned(),
        driver: driver.to_owned(),
        ..NetworkDetails::default()
    };
    Network::of(&details, driver).expect("a network")
}

fn handle() -> Handle {
    Handle {
        id: ID.parse().expect("an id"),
        change: true,
        own: true,
        generation: 0,
    }
}

impl Plugin {
    fn new() -> Self {
        let client = Client::at("unix:///nowhere").expect("an address");
        let ctx = DockerCtx::builder(client).build();
        let mut table = ResourceTable::new();
        macro_rules! push {
            ($entry:expr) => {
                table.push($entry).expect("there is room").rep()
            };
        }
        let handles = Handles {
            spec: push!(Kept::spec(ContainerSpec::new("i"), ctx.memory.holding())),
            update: push!(Kept::spec(UpdateSpec::new(), ctx.memory.holding())),
            container: push!(handle()),
            network: push!(network("bridge")),
            host_network: push!(network("host")),
            volume: push!("data".parse::<VolumeName>().expect("a name")),
        };
        Self {
            ctx,
            table,
            handles,
        }
    }

    fn call(&mut self, call: Call) -> &Self {
        let mut view = DockerCtxView {
            ctx: &mut self.ctx,
            table: &mut self.table,
        };
        call(&mut view, self.handles).expect("a setter never fails");
        self
    }

    fn spec(&self) -> &ContainerSpec {
        let spec = self.table.get(&self.handles.spec());
        spec.expect("it is there")
    }

    fn update(&self) -> &UpdateSpec {
        let spec = self.table.get(&self.handles.update());
        spec.expect("it is there")
    }

    /// All that is set, by the engine's names.
    fn set(&self) -> Map<String, Value> {
        let (spec, update) = (self.spec(), self.update());
        let read = |body: Vec<u8>| serde_json::from_slice(&body).expect("JSON");
        let body = spec.body(ApiVersion::NEWEST).expect("it is possible");
        let mut body: Map<String, Value> = read(body);
        let host = body.remove("HostConfig").unwrap_or_default();
        body.extend(host.as_object().cloned().unwrap_or_default());
        let of_update: Map<String, Value> = read(update.body().expect("it is possible"));
        body.extend(
            of_update
                .into_iter()
                .map(|(k, v)| (format!("update {k}"), v)),
        );
        let name = spec.name().map(|name| ("name".to_owned(), json!(name)));
        let platform = spec.platform();
        let platform = platform.map(|platform| ("platform".to_owned(), json!(platform)));
        body.extend(name.into_iter().chain(platform));
        body.remove("Image");
        body
    }
}

type Call = fn(&mut DockerCtxView<'_>, Handles) -> wasmtime::Result<()>;

/// A setter or a power, a call of it, and what it sets.
struct Row {
    name: String,
    call: Call,
    sets: Value,
}

macro_rules! rows {
    ($owner:literal, $on:ident, |$view:ident, $of:ident| $spec:expr;
        $($function:ident($($value:expr),*) => $sets:tt;)*) => {
        vec![$(Row {
            name: format!("{}.{}", $owner, stringify!($function).replace('_', "-")),
            call: |$view, $of| $on::$function($view, $spec, $($value),*),
            sets: json!($sets),
        },)*]
    };
}

fn port() -> ContainerPort {
    ContainerPort {
        port: 80,
        protocol: Protocol::Tcp,
    }
}

fn healthcheck() -> Healthcheck {
    Healthcheck {
        test: HealthTest::Shell("true".to_owned()),
        interval: None,
        timeout: None,
        start_period: None,
        start_interval: None,
        retries: None,
    }
}

fn restart() -> RestartPolicy {
    RestartPolicy {
        condition: RestartCondition::Always,
        maximum_retries: 0,
    }
}

fn ulimit(name: &str) -> Ulimit {
    Ulimit {
        name: name.to_owned(),
        soft: 1,
        hard: 2,
    }
}

fn pair() -> Vec<(String, String)> {
    vec![("k".to_owned(), "v".to_owned())]
}

fn texts() -> Vec<String> {
    vec!["/a".to_owned()]
}

fn bind() -> BindMount {
    BindMount {
        source: "/s".to_owned(),
        target: "/t".to_owned(),
        read_only: true,
        propagation: BindPropagation::Rslave,
        recursion: BindRecursion::Disabled,
    }
}

fn throttle() -> ThrottleDevice {
    ThrottleDevice {
        path: "/dev/a".to_owned(),
        rate: 5,
    }
}

fn setters() -> Vec<Row> {
    rows! { "container-spec", HostContainerSpec, |view, of| of.spec();
        set_name("n".into()) => {"name": "n"};
        set_platform("p".into()) => {"platform": "p"};
        set_command(texts()) => {"Cmd": ["/a"]};
        set_entrypoint(texts()) => {"Entrypoint": ["/a"]};
        add_env("A".into(), Some("1".into())) => {"Env": ["A=1"]};
        add_label("k".into(), "v".into()) => {"Labels": {"k": "v"}};
        set_hostname("h".into()) => {"Hostname": "h"};
        set_domainname("d".into()) => {"Domainname": "d"};
        set_user("1".into()) => {"User": "1"};
        add_group("2".into()) => {"GroupAdd": ["2"]};
        set_working_dir("/w".into()) => {"WorkingDir": "/w"};
        set_tty(true) => {"Tty": true};
        set_open_stdin(true) => {"OpenStdin": true};
        set_stdin_once(true) => {"StdinOnce": true};
        set_attach(true, false, true) => {"AttachStdin": true, "AttachStdout": false, "AttachStderr": true};
        set_console_size(24, 80) => {"ConsoleSize": [24, 80]};
        set_stop_signal("INT".into()) => {"StopSignal": "INT"};
        set_stop_timeout(3) => {"StopTimeout": 3};
        set_healthcheck(healthcheck()) => {"Healthcheck": {"Test": ["CMD-SHELL", "true"]}};
        set_shell(texts()) => {"Shell": ["/a"]};
        add_on_build("RUN true".into()) => {"OnBuild": ["RUN true"]};
        add_volume("/v".into()) => {"Volumes": {"/v": {}}};
        add_tmpfs(TmpfsMount { target: "/t".into(), size: Some(1), mode: None, exec: false }) =>
            {"Tmpfs": {"/t": "rw,nosuid,nodev,noexec,size=1"}};
        set_read_only(true) => {"ReadonlyRootfs": true};
        add_volume_mount(of.volume(), VolumeMount { target: "/t".into(), read_only: true, no_copy: true, subpath: Some("a/b".into()) }) =>
            {"Mounts": [{"Type": "volume", "Source": "data", "Target": "/t", "ReadOnly": true,
                "VolumeOptions": {"NoCopy": true, "Subpath": "a/b"}}]};
        add_exposed_port(port()) => {"ExposedPorts": {"80/tcp": {}}};
        add_port(PortBinding { container: port(), host_ip: None, host_port: Some(1) }) =>
            {"ExposedPorts": {"80/tcp": {}}, "PortBindings": {"80/tcp": [{"HostIp": "", "HostPort": "1"}]}};
        set_publish_all_ports(true) => {"PublishAllPorts": true};
        set_network_mode(NetworkMode::None) => {"NetworkMode": "none"};
        set_network(of.network()) => {"NetworkMode": ID};
        add_network_alias(of.network(), "db".into()) => {"NetworkingConfig": {"EndpointsConfig": {ID: {"Aliases": ["db"]}}}};
        set_network_container(of.container()) => {"NetworkMode": (format!("container:{ID}"))};
        set_network_disabled(true) => {"NetworkDisabled": true, "NetworkMode": "none"};
        add_dns("10.0.0.1".into()) => {"Dns": ["10.0.0.1"]};
        add_dns_option("rotate".into()) => {"DnsOptions": ["rotate"]};
        add_dns_search("example.org".into()) => {"DnsSearch": ["example.org"]};
        add_extra_host("db".into(), "10.0.0.2".into()) => {"ExtraHosts": ["db:10.0.0.2"]};
        set_memory(1) => {"Memory": 1};
        set_memory_reservation(1) => {"MemoryReservation": 1};
        set_memory_swap(-1) => {"MemorySwap": -1};
        set_memory_swappiness(1) => {"MemorySwappiness": 1};
        set_shm_size(1) => {"ShmSize": 1};
        set_nano_cpus(1) => {"NanoCpus": 1};
        set_cpu_shares(1_024) => {"CpuShares": 1_024};
        set_cpu_period(1) => {"CpuPeriod": 1};
        set_cpu_quota(-1) => {"CpuQuota": -1};
        set_pids_limit(1) => {"PidsLimit": 1};
        set_blkio_weight(500) => {"BlkioWeight": 500};
        add_ulimit(ulimit("nofile")) => {"Ulimits": [{"Name": "nofile", "Soft": 1, "Hard": 2}]};
        set_oom_score_adj(0) => {"OomScoreAdj": 0};
        set_init(true) => {"Init": true};
        set_ipc_mode(IpcMode::Shareable) => {"IpcMode": "shareable"};
        set_ipc_container(of.container()) => {"IpcMode": (format!("container:{ID}"))};
        set_pid_container(of.container()) => {"PidMode": (format!("container:{ID}"))};
        set_cgroupns_private() => {"CgroupnsMode": "private"};
        add_capability("cap_chown".into()) => {"CapAdd": ["cap_chown"]};
        drop_capability("ALL".into()) => {"CapDrop": ["ALL"]};
        set_no_new_privileges(true) => {"SecurityOpt": ["no-new-privileges"]};
        add_sysctl("net.ipv4.tcp_syncookies".into(), "1".into()) => {"Sysctls": {"net.ipv4.tcp_syncookies": "1"}};
        set_restart_policy(restart()) => {"RestartPolicy": {"Name": "always", "MaximumRetryCount": 0}};
        set_auto_remove(true) => {"AutoRemove": true};
    }
}

fn changes() -> Vec<Row> {
    rows! { "update-spec", HostUpdateSpec, |view, of| of.update();
        set_memory(1) => {"update Memory": 1};
        set_memory_reservation(1) => {"update MemoryReservation": 1};
        set_memory_swap(-1) => {"update MemorySwap": -1};
        set_nano_cpus(1) => {"update NanoCpus": 1};
        set_cpu_shares(2) => {"update CpuShares": 2};
        set_cpu_period(1) => {"update CpuPeriod": 1};
        set_cpu_quota(-1) => {"update CpuQuota": -1};
        set_pids_limit(1) => {"update PidsLimit": 1};
        set_blkio_weight(10) => {"update BlkioWeight": 10};
        set_restart_policy(restart()) => {"update RestartPolicy": {"Name": "always", "MaximumRetryCount": 0}};
    }
}

fn powers() -> Vec<Row> {
    use host_access::Host;
    let mut powers = rows! { "host-access", Host, |view, of| of.spec();
        set_privileged() => {"Privileged": true};
        add_capability("NET_ADMIN".into()) => {"CapAdd": ["NET_ADMIN"]};
        add_security_option("seccomp=unconfined".into()) => {"SecurityOpt": ["seccomp=unconfined"]};
        set_masked_paths(Vec::new()) => {"MaskedPaths": []};
        set_readonly_paths(texts()) => {"ReadonlyPaths": ["/a"]};
        add_sysctl("kernel.domainname".into(), "d".into()) => {"Sysctls": {"kernel.domainname": "d"}};
        set_runtime("runsc".into()) => {"Runtime": "runsc"};
        add_annotation("k".into(), "v".into()) => {"Annotations": {"k": "v"}};
        set_cgroup_parent("/c".into()) => {"CgroupParent": "/c"};
        set_network_host() => {"NetworkMode": "host"};
        set_ipc_host() => {"IpcMode": "host"};
        set_pid_host() => {"PidMode": "host"};
        set_uts_host() => {"UTSMode": "host"};
        set_userns_host() => {"UsernsMode": "host"};
        set_cgroupns_host() => {"CgroupnsMode": "host"};
        add_bind(bind()) => {"Mounts": [{"Type": "bind", "Source": "/s", "Target": "/t", "ReadOnly": true,
            "BindOptions": {"Propagation": "rslave", "NonRecursive": true}}]};
        add_volume(DriverVolume { target: "/t".into(), read_only: true, no_copy: true, driver: "nfs".into(), options: pair(), labels: pair() }) =>
            {"Mounts": [{"Type": "volume", "Source": "", "Target": "/t", "ReadOnly": true, "VolumeOptions": {
                "NoCopy": true, "Labels": {"k": "v"}, "DriverConfig": {"Name": "nfs", "Options": {"k": "v"}}}}]};
        set_volume_driver("nfs".into()) => {"VolumeDriver": "nfs"};
        add_volumes_from(of.container(), true) => {"VolumesFrom": [(format!("{ID}:ro"))]};
        add_storage_option("size".into(), "1G".into()) => {"StorageOpt": {"size": "1G"}};
        add_device(DeviceMapping { host: "/dev/a".into(), container: "/dev/b".into(), permissions: "r".into() }) =>
            {"Devices": [{"PathOnHost": "/dev/a", "PathInContainer": "/dev/b", "CgroupPermissions": "r"}]};
        add_device_cgroup_rule("c 1:3 r".into()) => {"DeviceCgroupRules": ["c 1:3 r"]};
        add_device_request(DeviceRequest { driver: "d".into(), count: 0, ids: texts(), capabilities: vec![texts()], options: pair() }) =>
            {"DeviceRequests": [{"Driver": "d", "Count": 0, "DeviceIDs": ["/a"], "Capabilities": [["/a"]], "Options": {"k": "v"}}]};
        add_device_env("NVIDIA_VISIBLE_DEVICES".into(), "all".into()) => {"Env": ["NVIDIA_VISIBLE_DEVICES=all"]};
        set_log_driver("syslog".into(), pair()) => {"LogConfig": {"Type": "syslog", "Config": {"k": "v"}}};
        add_link(of.container(), "db".into()) => {"Links": [(format!("{ID}:db"))]};
        add_ulimit(ulimit("memlock")) => {"Ulimits": [{"Name": "memlock", "Soft": 1, "Hard": 2}]};
        set_oom_kill_disable() => {"OomKillDisable": true};
        set_oom_score_adj(-1) => {"OomScoreAdj": -1};
        set_cpu_shares(2_048) => {"CpuShares": 2_048};
        set_cpuset_cpus("0".into()) => {"CpusetCpus": "0"};
        set_cpuset_mems("0".into()) => {"CpusetMems": "0"};
        set_cpu_realtime_period(1) => {"CpuRealtimePeriod": 1};
        set_cpu_realtime_runtime(1) => {"CpuRealtimeRuntime": 1};
        set_blkio_weight(1_000) => {"BlkioWeight": 1_000};
        add_blkio_weight_device(WeightDevice { path: "/dev/a".into(), weight: 10 }) => {"BlkioWeightDevice": [{"Path": "/dev/a", "Weight": 10}]};
        add_blkio_read_bps(throttle()) => {"BlkioDeviceReadBps": [{"Path": "/dev/a", "Rate": 5}]};
        add_blkio_write_bps(throttle()) => {"BlkioDeviceWriteBps": [{"Path": "/dev/a", "Rate": 5}]};
        add_blkio_read_iops(throttle()) => {"BlkioDeviceReadIOps": [{"Path": "/dev/a", "Rate": 5}]};
        add_blkio_write_iops(throttle()) => {"BlkioDeviceWriteIOps": [{"Path": "/dev/a", "Rate": 5}]};
        set_mac_address("02:42:ac:11:00:02".into()) => {"MacAddress": "02:42:ac:11:00:02",
            "NetworkingConfig": {"EndpointsConfig": {"default": {"MacAddress": "02:42:ac:11:00:02"}}}};
        set_endpoint_mac_address(of.network(), "02:42:ac:11:00:02".into()) =>
            {"NetworkingConfig": {"EndpointsConfig": {ID: {"MacAddress": "02:42:ac:11:00:02"}}}};
        set_endpoint_address(of.network(), "10.0.0.2".into()) =>
            {"NetworkingConfig": {"EndpointsConfig": {ID: {"IPAMConfig": {"IPv4Address": "10.0.0.2"}}}}};
        add_endpoint_link_local_address(of.network(), "169.254.1.1".into()) =>
            {"NetworkingConfig": {"EndpointsConfig": {ID: {"IPAMConfig": {"LinkLocalIPs": ["169.254.1.1"]}}}}};
        add_endpoint_link(of.network(), of.container(), "db".into()) =>
            {"NetworkingConfig": {"EndpointsConfig": {ID: {"Links": [(format!("{}:db", &ID[..12]))]}}}};
        add_endpoint_driver_option(of.network(), "k".into(), "v".into()) =>
            {"NetworkingConfig": {"EndpointsConfig": {ID: {"DriverOpts": {"k": "v"}}}}};
        set_endpoint_gateway_priority(of.network(), 7) => {"NetworkingConfig": {"EndpointsConfig": {ID: {"GwPriority": 7}}}};
    };
    powers.extend(rows! { "host-access", Host, |view, of| of.update();
        set_update_cpu_shares(2_048) => {"update CpuShares": 2_048};
        set_update_cpuset_cpus("0".into()) => {"update CpusetCpus": "0"};
        set_update_cpuset_mems("0".into()) => {"update CpusetMems": "0"};
        set_update_blkio_weight(1_000) => {"update BlkioWeight": 1_000};
    });
    powers
}

#[test]
fn each_setter_and_power_sets_its_option_and_no_other() {
    for row in setters().into_iter().chain(changes()).chain(powers()) {
        let mut plugin = Plugin::new();
        let set = plugin.call(row.call).set();
        assert_eq!(Value::Object(set), row.sets, "{}", row.name);
    }
}

#[test]
fn every_setter_and_power_of_the_interface_is_looked_at() {
    let names =
        |rows: Vec<Row>| -> BTreeSet<String> { rows.into_iter().map(|row| row.name).collect() };
    let of_kind = |kind| -> BTreeSet<String> {
        let parts = Part::all().filter(|part| part.kind() == kind);
        parts.map(|part| part.name().to_owned()).collect()
    };
    let of_specs = setters().into_iter().chain(changes()).collect();
    assert_eq!(names(of_specs), of_kind(PartKind::Setter));
    assert_eq!(names(powers()), of_kind(PartKind::Power));
}

/// The whole configuration of containers can be expressed.
#[test]
fn every_option_of_the_engine_has_a_setter_or_a_power() {
    let rows = setters().into_iter().chain(powers());
    let set: BTreeSet<String> = rows
        .filter_map(|row| row.sets.as_object().cloned())
        .flat_map(|sets| sets.into_iter().map(|(name, _)| name))
        .collect();
    let options = Options::NAMES.iter().chain(HostOptions::NAMES);
    // The one is the constructor's, the other holds those of the machine.
    let options = options.filter(|name| !["Image", "HostConfig"].contains(name));
    let without: Vec<_> = options.filter(|name| !set.contains(**name)).collect();
    assert_eq!(without, Vec::<&&str>::new());
}

/// What belongs to `host-access` is impossible elsewhere, and the message says where it belongs.
#[test]
fn a_value_beyond_the_container_is_impossible_in_a_setter() {
    let rows = rows! { "container-spec", HostContainerSpec, |view, of| of.spec();
        add_env("NVIDIA_VISIBLE_DEVICES".into(), Some("all".into())) => "add-device-env";
        set_cpu_shares(1_025) => "set-cpu-shares";
        set_blkio_weight(501) => "set-blkio-weight";
        add_ulimit(ulimit("memlock")) => "add-ulimit";
        add_ulimit(ulimit("core")) => "add-ulimit";
        set_oom_score_adj(-1) => "set-oom-score-adj";
        add_capability("NET_ADMIN".into()) => "add-capability";
        add_sysctl("kernel.domainname".into(), "d".into()) => "add-sysctl";
        set_network(Resource::new_own(of.host_network)) => "set-network-host";
    };
    for row in rows {
        let mut plugin = Plugin::new();
        let invalid = plugin.call(row.call).spec().invalid().expect("impossible");
        let (_, setter) = row.name.split_once('.').expect("a name");
        let function = row.sets.as_str().expect("a function");
        assert_eq!(invalid.field, setter);
        let told = invalid.message.contains(&format!("host-access.{function}"));
        assert!(told, "{}", invalid.message);
        let options = plugin.spec().options();
        assert_eq!(options, ContainerSpec::new("i").options(), "nothing is set");
    }
    let rows = rows! { "update-spec", HostUpdateSpec, |view, of| of.update();
        set_cpu_shares(1_025) => "set-update-cpu-shares";
        set_blkio_weight(501) => "set-update-blkio-weight";
    };
    for row in rows {
        let mut plugin = Plugin::new();
        let update = plugin.call(row.call).update();
        let message = &update.invalid().expect("impossible").message;
        assert!(
            message.contains(row.sets.as_str().expect("a function")),
            "{message}"
        );
    }
    let mut plugin = Plugin::new();
    let plain: Call =
        |view, of| host_access::Host::add_device_env(view, of.spec(), "PATH".into(), "/bin".into());
    let invalid = plugin.call(plain).spec().invalid();
    assert_eq!(invalid.map(|invalid| invalid.field), Some("add-device-env"));
}
