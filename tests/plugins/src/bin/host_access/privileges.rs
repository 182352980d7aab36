//! Privileges and namespaces.

use dockwit::containers::ContainerSecurity;
use dockwit::host_access::HostAccess;
use dockwit::{Docker, Result};
use dockwit_test_plugins::{Facts, failure, shell, spec, tell};

use crate::{host_config, it, output, security};

pub(crate) async fn set_privileged(docker: Docker) -> Result<()> {
    let made = spec("it").host_access(HostAccess::privileged);
    assert!(security(docker, &made).await?.privileged);
    assert!(!security(docker, &spec("plain")).await?.privileged);
    Ok(())
}

pub(crate) async fn add_capability(docker: Docker) -> Result<()> {
    let made = spec("it").host_access(|of| of.capability("NET_ADMIN").capability("SYS_NICE"));
    let mut added = security(docker, &made).await?.cap_add;
    added.sort_unstable();
    let added: Vec<_> = added
        .iter()
        .map(|name| name.trim_start_matches("CAP_"))
        .collect();
    assert_eq!(added, ["NET_ADMIN", "SYS_NICE"]);
    Ok(())
}

pub(crate) async fn add_security_option(docker: Docker) -> Result<()> {
    let made = spec("it").host_access(|of| of.security_option("seccomp=unconfined"));
    let options = security(docker, &made).await?.security_options;
    assert!(
        options.contains(&"seccomp=unconfined".to_owned()),
        "{options:?}"
    );
    Ok(())
}

pub(crate) async fn set_masked_paths(docker: Docker) -> Result<()> {
    let script = "cat /proc/version | wc -c";
    let made = shell("it", script).host_access(|of| of.masked_paths(["/proc/version"]));
    let container = docker.containers().create(&made).await?;
    if Facts::of(docker).await?.tells_hidden_paths() {
        let hidden = container.inspect().await?.security()?.masked_paths;
        assert_eq!(hidden, ["/proc/version"]);
        assert_eq!(output(&container).await?.trim(), "0");
    }
    Ok(())
}

pub(crate) async fn set_readonly_paths(docker: Docker) -> Result<()> {
    let none: [&str; 0] = [];
    let made = spec("it").host_access(|of| of.readonly_paths(["/proc/sys"]));
    let told = security(docker, &made).await?;
    let free = spec("free").host_access(|of| of.readonly_paths(none).masked_paths(none));
    let unconfined = security(docker, &free).await?;
    if Facts::of(docker).await?.tells_hidden_paths() {
        assert_eq!(told.readonly_paths, ["/proc/sys"]);
        assert_eq!(unconfined.readonly_paths, none);
        assert_eq!(unconfined.masked_paths, none);
    }
    Ok(())
}

pub(crate) async fn add_sysctl(docker: Docker) -> Result<()> {
    let made = shell("it", "cat /proc/sys/net/ipv4/ip_default_ttl")
        .host_access(|of| of.sysctl("net.ipv4.ip_default_ttl", "77"));
    let container = docker.containers().create(&made).await?;
    assert_eq!(output(&container).await?.trim(), "77");
    Ok(())
}

pub(crate) async fn set_runtime(docker: Docker) -> Result<()> {
    let drivers = docker.info().await?.drivers()?;
    let made = spec("it").host_access(|of| of.runtime(&drivers.default_runtime));
    let runtime = host_config(docker, &made).await?.runtime;
    tell("runtime", &drivers.default_runtime);
    if Facts::of(docker).await?.tells_default_drivers() {
        assert_eq!(runtime, drivers.default_runtime);
        let none = spec("no").host_access(|of| of.runtime("no-such-runtime"));
        let error = failure("containers.create", docker.containers().create(&none).await);
        assert!(error.is_invalid() || error.is_engine(), "{error}");
    }
    Ok(())
}

pub(crate) async fn add_annotation(docker: Docker) -> Result<()> {
    let made = spec("it").host_access(|of| of.annotation("com.example.note", "kept"));
    let outcome = docker.containers().create(&made).await;
    if !Facts::of(docker).await?.has_annotations() {
        let error = failure("containers.create", outcome);
        assert!(error.is_unsupported(), "{error}");
        assert_eq!(error.field(), Some("add-annotation"));
        return Ok(());
    }
    outcome?;
    tell("note", "kept");
    Ok(())
}

pub(crate) async fn set_cgroup_parent(docker: Docker) -> Result<()> {
    let made = spec("it").host_access(|of| of.cgroup_parent("/dockwit-parent"));
    let told = it(docker, &made).await?.resources()?.cgroup_parent;
    assert_eq!(told, "/dockwit-parent");
    Ok(())
}

/// Checks how a namespace of the machine's is told.
async fn shares(
    docker: Docker,
    give: impl FnOnce(HostAccess) -> HostAccess,
    mode: impl FnOnce(ContainerSecurity) -> String,
) -> Result<()> {
    let told = mode(security(docker, &spec("it").host_access(give)).await?);
    let kept = Facts::of(docker).await?.tells_strange_options();
    assert!(told == "host" || !kept, "{told}");
    Ok(())
}

pub(crate) async fn set_network_host(docker: Docker) -> Result<()> {
    let made = spec("it").host_access(HostAccess::network_host);
    assert_eq!(host_config(docker, &made).await?.network_mode, "host");
    Ok(())
}

pub(crate) async fn set_ipc_host(docker: Docker) -> Result<()> {
    shares(docker, HostAccess::ipc_host, |of| of.ipc_mode).await
}

/// The first process of what it sees isn't its own.
pub(crate) async fn set_pid_host(docker: Docker) -> Result<()> {
    let made = shell("it", "echo $$").host_access(HostAccess::pid_host);
    let container = docker.containers().create(&made).await?;
    assert_eq!(container.inspect().await?.security()?.pid_mode, "host");
    assert_ne!(output(&container).await?.trim(), "1");
    Ok(())
}

pub(crate) async fn set_uts_host(docker: Docker) -> Result<()> {
    shares(docker, HostAccess::uts_host, |of| of.uts_mode).await
}

pub(crate) async fn set_userns_host(docker: Docker) -> Result<()> {
    shares(docker, HostAccess::userns_host, |of| of.userns_mode).await
}

pub(crate) async fn set_cgroupns_host(docker: Docker) -> Result<()> {
    shares(docker, HostAccess::cgroupns_host, |of| of.cgroupns_mode).await
}
