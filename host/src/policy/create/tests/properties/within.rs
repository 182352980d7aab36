//! Whether the JSON that is sent keeps to the bounds.

use serde_json::{Value, json};

use super::super::{IMAGE_ID, NETWORK_ID, OTHER_ID};
use crate::policy::create::*;

/// Asserts of the JSON that is sent, and of nothing else, that no bound is exceeded.
pub(super) fn within(body: &Value, (bounds, access): &(CreateBounds, HostAccess)) {
    let host = &body["HostConfig"];
    let number = |of: &Value| of.as_i64().unwrap_or_else(|| panic!("{of} is no limit"));
    let at_most = |of: &Value, limit: u64| {
        let of = number(of);
        assert!(
            of > 0 && u64::try_from(of).is_ok_and(|of| of <= limit),
            "{of} of {limit}"
        );
    };
    at_most(&host["Memory"], bounds.memory);
    at_most(&host["MemorySwap"], bounds.memory);
    at_most(&host["PidsLimit"], bounds.pids);
    let shared = host["IpcMode"] == "host" && host["ShmSize"].is_null();
    assert!(shared || number(&host["ShmSize"]) <= i64::try_from(bounds.shm).expect("a size"));
    match host["NanoCpus"].is_null() {
        false => at_most(&host["NanoCpus"], bounds.cpus),
        true => {
            let period = host["CpuPeriod"]
                .as_u64()
                .filter(|of| *of != 0)
                .unwrap_or(100_000);
            let quota = u64::try_from(number(&host["CpuQuota"])).expect("a limit");
            assert!(
                quota > 0
                    && u128::from(quota) * 1_000_000_000 / u128::from(period)
                        <= u128::from(bounds.cpus)
            );
        }
    }
    for limit in host["Ulimits"].as_array().expect("limits") {
        let hard = number(&limit["Hard"]);
        let most = match limit["Name"].as_str().expect("a name") {
            "nofile" => i64::try_from(bounds.nofile).expect("a limit"),
            name => access.ulimits.get(name).copied().unwrap_or(0),
        };
        assert!((0..=most).contains(&hard), "{limit}");
    }
    assert!(access.oom || number(&host["OomScoreAdj"]) >= 0);
    assert!(access.scheduling || host["CpuShares"].as_u64().unwrap_or_default() <= 1_024);
    assert!(access.privileged || host["Privileged"] != true);
    let items = |of: &Value| of.as_array().cloned().unwrap_or_default();
    let options = items(&host["SecurityOpt"]);
    assert!(bounds.privilege_escalation || options.contains(&json!("no-new-privileges")));
    assert!(bounds.privilege_escalation || !options.contains(&json!("no-new-privileges=false")));
    for option in options.iter().filter_map(Value::as_str) {
        assert!(
            option.starts_with("no-new-privileges") || access.security_options.contains(option)
        );
    }
    let named = |name: &Value| {
        let name = name.as_str().expect("a name").to_uppercase();
        name.trim_start_matches("CAP_").to_owned()
    };
    let dropped: Vec<_> = items(&host["CapDrop"]).iter().map(named).collect();
    let gone = |name: &str| dropped.iter().any(|of| of == "ALL" || of == name);
    let kept = ENGINE_CAPABILITIES
        .into_iter()
        .filter(|name| !gone(name))
        .map(str::to_owned);
    for name in kept.chain(items(&host["CapAdd"]).iter().map(named)) {
        let granted = bounds.capabilities.contains(&name) || access.capabilities.contains(&name);
        assert!(granted || access.privileged, "{name}");
    }
    for (key, namespace) in [
        ("PidMode", Namespace::Pid),
        ("IpcMode", Namespace::Ipc),
        ("UTSMode", Namespace::Uts),
        ("NetworkMode", Namespace::Network),
    ] {
        assert!(
            host[key] != "host" || access.namespaces.contains(&namespace),
            "{key}"
        );
    }
    let cgroup = access.namespaces.contains(&Namespace::Cgroup) || host["Privileged"] == true;
    assert!(host["CgroupnsMode"] == "private" || cgroup);
    let network = host["NetworkMode"].as_str().expect("a network");
    let closed = [NETWORK_ID, "none", "host"].contains(&network);
    assert!(
        closed || (bounds.egress && network == OTHER_ID),
        "{network}"
    );
    for mount in items(&host["Mounts"]) {
        let bind = |of: &BindAccess| {
            mount["Source"] == of.source.as_str() && (mount["ReadOnly"] == true || !of.read_only)
        };
        let volume = mount["Type"] == "volume"
            && mount["Source"]
                .as_str()
                .is_some_and(|of| of.starts_with("p-"));
        assert!(volume || access.binds.iter().any(bind), "{mount}");
    }
    for device in items(&host["Devices"]) {
        assert!(
            access
                .devices
                .iter()
                .any(|of| device["PathOnHost"] == of.path.as_str())
        );
    }
    for (_, options) in host["Tmpfs"].as_object().into_iter().flatten() {
        let size = options
            .as_str()
            .and_then(|of| of.split_once("size="))
            .expect("a size")
            .1;
        assert!(size.parse::<u64>().expect("bytes") <= bounds.memory);
    }
    for at in host["PortBindings"]
        .as_object()
        .into_iter()
        .flatten()
        .flat_map(|(_, at)| items(at))
    {
        let bound = bounds.ports.as_ref().expect("ports are allowed");
        let port = at["HostPort"]
            .as_str()
            .expect("a port")
            .parse()
            .expect("a number");
        assert!(
            at["HostIp"] == bound.ip.to_string() && bound.range.contains(&port),
            "{at}"
        );
    }
    assert_eq!(host.get("PublishAllPorts"), None);
    assert!(bounds.persist || host["RestartPolicy"]["Name"] == "no");
    assert!(!bounds.read_only || host["ReadonlyRootfs"] == true);
    assert!(bounds.command == CommandBound::Any || body.get("Cmd").is_none());
    let user = body["User"].as_str().unwrap_or("999");
    assert!(!bounds.non_root || ["999", "1000"].contains(&user));
    assert!(number(&body["StopTimeout"]) <= i64::from(bounds.stop_timeout));
    if let Some(check) = body
        .get("Healthcheck")
        .filter(|of| of["Test"] != json!(["NONE"]))
    {
        assert_eq!(bounds.healthcheck, HealthBound::Any);
        assert!(
            check["Interval"]
                .as_u64()
                .is_none_or(|of| of >= MIN_HEALTH_INTERVAL)
        );
    }
    for (name, _) in host["Sysctls"].as_object().into_iter().flatten() {
        assert!(bounds.sysctls.contains(name) || access.sysctls.contains(name));
    }
    let runtime = host["Runtime"].as_str();
    assert!(runtime.is_none_or(|of| of == "runc" || access.runtimes.contains(of)));
    for (key, value) in body["Labels"].as_object().expect("labels") {
        let named = bounds.labels.iter().any(|rule| rule.is_match(key));
        assert!(
            key.starts_with(RESERVED_LABELS) || named || value == "",
            "{key}"
        );
    }
    assert_eq!(body["Labels"]["dockwit.owner"], "owner-id");
    let nvidia = body["Env"]
        .to_string()
        .contains("NVIDIA_VISIBLE_DEVICES=all");
    assert!(!nvidia || access.env.contains("NVIDIA_VISIBLE_DEVICES"));
    assert_eq!(body["Image"], IMAGE_ID);
}
