//! Devices.

use dockwit::host_access::DeviceRequest;
use dockwit::{Docker, Result};
use dockwit_test_plugins::{Facts, shell, spec};

use crate::{it, output, security};

pub(crate) async fn add_device(docker: Docker) -> Result<()> {
    let made = shell("it", "test -c /dev/nothing && echo there")
        .host_access(|of| of.device("/dev/null:/dev/nothing:rw"));
    let container = docker.containers().create(&made).await?;
    let devices = container.inspect().await?.security()?.devices;
    let expected = (
        "/dev/null".to_owned(),
        "/dev/nothing".to_owned(),
        "rw".to_owned(),
    );
    if Facts::of(docker).await?.tells_strange_options() {
        assert_eq!(devices, [expected]);
    }
    assert_eq!(output(&container).await?, "there\n");
    Ok(())
}

pub(crate) async fn add_device_cgroup_rule(docker: Docker) -> Result<()> {
    let made = spec("it").host_access(|of| of.device_cgroup_rule("c 42:* rwm"));
    let rules = security(docker, &made).await?.device_cgroup_rules;
    if Facts::of(docker).await?.tells_strange_options() {
        assert_eq!(rules, ["c 42:* rwm"]);
    }
    Ok(())
}

/// Nobody has such devices, which is found out at the start.
pub(crate) async fn add_device_request(docker: Docker) -> Result<()> {
    let request = DeviceRequest::count(1)
        .driver("nobody")
        .capabilities(["gpu"]);
    let made = spec("it").host_access(|of| of.device_request(request));
    let requests = security(docker, &made).await?.device_requests;
    if Facts::of(docker).await?.tells_strange_options() {
        assert_eq!(requests.len(), 1, "{requests:?}");
        assert!(requests[0].contains("\"nobody\""), "{requests:?}");
    }
    Ok(())
}

pub(crate) async fn add_device_env(docker: Docker) -> Result<()> {
    let made = spec("it").host_access(|of| of.device_env("NVIDIA_VISIBLE_DEVICES", "none"));
    let env = it(docker, &made).await?.env()?;
    assert_eq!(env["NVIDIA_VISIBLE_DEVICES"].as_deref(), Some("none"));
    Ok(())
}
