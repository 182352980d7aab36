//! The engine as a whole: what a plugin is told is what the engine says.

use dockwit_tests::engine::Engine;
use dockwit_tests::plugin::Ran;
use hyper::Method;
use serde_json::Value;

use crate::cases::{cases, told};

cases! { "system":
    ping => pings_like_the_engine,
    version => tells_the_versions,
    info_identity => tells_who_it_is,
    info_counts,
    info_storage => tells_the_storage,
    info_limits => tells_the_limits,
    info_drivers => tells_the_drivers,
    info_swarm => tells_the_swarm,
    info_registries => tells_the_registries,
    info_security_options => tells_the_security_options,
    info_warnings => tells_the_warnings,
    info_is_a_snapshot,
}

async fn ask(path: &str) -> Value {
    let (status, answer) = Engine::under_test().ask(Method::GET, path, None).await;
    assert!(status.is_success(), "{path}: {status}");
    answer
}

/// Compares what the plugin told, key by key, with members of the engine's answer.
fn compare(ran: &Ran, answer: &Value, members: &[(&str, &str)]) {
    let told = told(ran);
    for (key, pointer) in members {
        let told = told
            .get(key)
            .unwrap_or_else(|| panic!("the plugin tells {key}"));
        let expected = text(answer.pointer(pointer).unwrap_or(&Value::Null));
        assert_eq!(*told, expected, "{key}");
    }
}

/// The plugin's words for a value: lists are joined, what isn't there is empty.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

async fn pings_like_the_engine(ran: &Ran) {
    let version = ask("/version").await;
    compare(ran, &version, &[("api-version", "/ApiVersion")]);
    let told = told(ran);
    if Engine::under_test().name() != "podman-4.3" {
        assert_eq!(told["os-type"], version["Os"]);
    }
    assert!(
        ["", "1", "2"].contains(&told["builder-version"]),
        "{told:?}"
    );
    assert!(["", "inactive"].contains(&told["swarm"]), "{told:?}");
}

async fn tells_the_versions(ran: &Ran) {
    let version = ask("/version").await;
    compare(
        ran,
        &version,
        &[
            ("version", "/Version"),
            ("api-version", "/ApiVersion"),
            ("min-api-version", "/MinAPIVersion"),
            ("git-commit", "/GitCommit"),
            ("go-version", "/GoVersion"),
            ("os", "/Os"),
            ("arch", "/Arch"),
            ("kernel-version", "/KernelVersion"),
            ("build-time", "/BuildTime"),
            ("platform", "/Platform/Name"),
        ],
    );
    let told = told(ran);
    let components = version["Components"].as_array().expect("parts");
    for component in components {
        let told = told[format!("component.{}", text(&component["Name"])).as_str()];
        let (version, details) = told.split_once('\t').expect("a version and details");
        assert_eq!(version, text(&component["Version"]).replace('\n', " "));
        for (key, value) in component["Details"].as_object().into_iter().flatten() {
            assert!(
                details.contains(&format!("{key}:{}", text(value))),
                "{details}"
            );
        }
    }
}

async fn tells_who_it_is(ran: &Ran) {
    let info = ask("/info").await;
    compare(
        ran,
        &info,
        &[
            ("name", "/Name"),
            ("server-version", "/ServerVersion"),
            ("operating-system", "/OperatingSystem"),
            ("os-type", "/OSType"),
            ("architecture", "/Architecture"),
            ("kernel-version", "/KernelVersion"),
            ("cpus", "/NCPU"),
            ("memory", "/MemTotal"),
            ("experimental", "/ExperimentalBuild"),
            ("live-restore", "/LiveRestoreEnabled"),
            ("labels", "/Labels"),
        ],
    );
    if !Engine::under_test().is_podman() {
        compare(ran, &info, &[("id", "/ID")]);
    }
}

async fn tells_the_storage(ran: &Ran) {
    let info = ask("/info").await;
    compare(
        ran,
        &info,
        &[("driver", "/Driver"), ("root-dir", "/DockerRootDir")],
    );
    let status = info["DriverStatus"].as_array().expect("pairs");
    let mut expected: Vec<_> = status
        .iter()
        .map(|pair| format!("{}:{}", text(&pair[0]), text(&pair[1])))
        .collect();
    let told = told(ran);
    let mut status: Vec<_> = told["driver-status"].split(';').collect();
    if Engine::under_test().is_podman() {
        // It tells them in another order each time.
        status.sort_unstable();
        expected.sort_unstable();
    }
    assert_eq!(status, expected);
}

async fn tells_the_limits(ran: &Ran) {
    let members = [
        ("cgroup-driver", "/CgroupDriver"),
        ("cgroup-version", "/CgroupVersion"),
        ("memory-limit", "/MemoryLimit"),
        ("swap-limit", "/SwapLimit"),
        ("cpu-cfs-period", "/CpuCfsPeriod"),
        ("cpu-cfs-quota", "/CpuCfsQuota"),
        ("cpu-shares", "/CPUShares"),
        ("cpuset", "/CPUSet"),
        ("pids-limit", "/PidsLimit"),
        ("oom-kill-disable", "/OomKillDisable"),
    ];
    compare(ran, &ask("/info").await, &members);
}

async fn tells_the_drivers(ran: &Ran) {
    let info = ask("/info").await;
    compare(
        ran,
        &info,
        &[
            ("logging-driver", "/LoggingDriver"),
            ("log", "/Plugins/Log"),
            ("volume", "/Plugins/Volume"),
            ("network", "/Plugins/Network"),
            ("authorization", "/Plugins/Authorization"),
            ("default-runtime", "/DefaultRuntime"),
        ],
    );
    let runtimes = info["Runtimes"].as_object().expect("runtimes");
    assert_eq!(told(ran)["runtimes"], runtimes.len().to_string());
}

async fn tells_the_swarm(ran: &Ran) {
    compare(
        ran,
        &ask("/info").await,
        &[("local-node-state", "/Swarm/LocalNodeState")],
    );
}

async fn tells_the_registries(ran: &Ran) {
    let members = [
        ("index-server", "/IndexServerAddress"),
        ("insecure", "/RegistryConfig/InsecureRegistryCIDRs"),
        ("mirrors", "/RegistryConfig/Mirrors"),
        ("http-proxy", "/HttpProxy"),
        ("https-proxy", "/HttpsProxy"),
        ("no-proxy", "/NoProxy"),
    ];
    compare(ran, &ask("/info").await, &members);
}

async fn tells_the_security_options(ran: &Ran) {
    let info = ask("/info").await;
    assert_eq!(
        told(ran)["security-options"],
        text(&info["SecurityOptions"]).replace(",name=", ";name=")
    );
}

async fn tells_the_warnings(ran: &Ran) {
    let info = ask("/info").await;
    let warnings = info["Warnings"].as_array().into_iter().flatten().map(text);
    assert_eq!(
        told(ran)["warnings"],
        warnings.collect::<Vec<_>>().join(";")
    );
}
