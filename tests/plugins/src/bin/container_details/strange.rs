//! What a plugin can't ask for, and another could: two containers that the harness made, `it` and, running, `up`.

use std::collections::BTreeMap;

use dockwit::containers::{ContainerDetails, MountKind};
use dockwit::{Docker, Result};
use dockwit_test_plugins::{Facts, name};

async fn details(docker: Docker, short_name: &str) -> Result<ContainerDetails> {
    let container = docker.containers().get(name(short_name)).await?;
    container.inspect().await
}

pub(crate) async fn host_config_by_another(docker: Docker) -> Result<()> {
    let facts = Facts::of(docker).await?;
    let it = details(docker, "it").await?;
    let host = it.host_config()?;
    let volume = format!("{}:/data:ro", name("volume"));
    let binds = &host.binds;
    assert!(
        binds.iter().any(|bind| bind.starts_with(&volume)),
        "{binds:?}"
    );
    assert_eq!(host.log_driver, "json-file");
    if facts.tells_strange_options() {
        assert_eq!(host.volumes_from, [name("data")]);
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(host.sysctls, [pair("net.ipv4.ip_forward", "1")]);
        assert_eq!(host.log_options, [pair("max-file", "3")]);
        let [link] = &host.links[..] else {
            panic!("{host:?}")
        };
        assert!(
            link.contains(&name("data")) && link.ends_with("/db"),
            "{link}"
        );
    }
    let resources = it.resources()?;
    assert_eq!(resources.cgroup_parent, "/dockwit-test");
    let limits = docker.info().await?.limits()?;
    // A kernel that can't do it makes the engine warn and drop it.
    let dropped = !limits.oom_kill_disable;
    assert!(
        dropped || resources.oom_kill_disable == Some(true),
        "{resources:?}"
    );
    Ok(())
}

pub(crate) async fn security_by_another(docker: Docker) -> Result<()> {
    let facts = Facts::of(docker).await?;
    let security = details(docker, "it").await?.security()?;
    let plain = |name: &String| name.trim_start_matches("CAP_").to_owned();
    let added: Vec<_> = security.cap_add.iter().map(plain).collect();
    assert_eq!(added, ["SYS_NICE"]);
    let options = &security.security_options;
    let told = |option: &String| option.starts_with("no-new-privileges");
    assert!(options.iter().any(told), "{options:?}");
    assert_eq!(security.pid_mode, "host");
    assert_eq!(security.uts_mode, "host");
    let [(host, container, permissions)] = &security.devices[..] else {
        panic!("{security:?}")
    };
    assert_eq!(
        (host.as_str(), container.as_str()),
        ("/dev/null", "/dev/nothing")
    );
    if facts.tells_strange_options() {
        assert_eq!(security.userns_mode, "host");
        assert_eq!(security.cgroupns_mode, "host");
        assert_eq!(permissions, "rw");
        assert_eq!(security.device_cgroup_rules, ["c 42:* rwm"]);
        let [request] = &security.device_requests[..] else {
            panic!("{security:?}")
        };
        assert!(request.contains("\"gpu\""), "{request}");
    }
    let privileged = details(docker, "up").await?.security()?;
    assert!(privileged.privileged, "{privileged:?}");
    assert_eq!(privileged.devices.len(), 0, "none by name");
    Ok(())
}

pub(crate) async fn mounts_by_another(docker: Docker) -> Result<()> {
    let facts = Facts::of(docker).await?;
    let mounts = details(docker, "it").await?.mounts()?;
    let mounts: BTreeMap<_, _> = mounts.iter().map(|it| (&it.destination[..], it)).collect();
    let volume = mounts["/data"];
    assert_eq!((&volume.kind, volume.writable), (&MountKind::Volume, false));
    assert_eq!(volume.name, Some(name("volume")));
    let bind = mounts["/machine"];
    assert_eq!((&bind.kind, bind.writable), (&MountKind::Bind, false));
    let of_volumes = (bind.name.as_ref(), bind.driver.as_ref());
    assert_eq!((bind.source.as_str(), of_volumes), ("/etc", (None, None)));
    assert_eq!(bind.propagation, "rprivate");
    if facts.tells_strange_options() {
        assert_eq!((volume.mode.as_str(), bind.mode.as_str()), ("ro", "ro"));
        let memory = mounts["/memory"];
        assert_eq!(
            (&memory.kind, memory.source.as_str()),
            (&MountKind::Tmpfs, "")
        );
        assert!(memory.writable && memory.name.is_none(), "{memory:?}");
    }
    Ok(())
}

pub(crate) async fn networks_by_another(docker: Docker) -> Result<()> {
    let facts = Facts::of(docker).await?;
    let networks = details(docker, "up").await?.networks()?;
    let [on] = &networks[..] else {
        panic!("{networks:?}")
    };
    assert_eq!(on.network, name("network"));
    assert_eq!(on.ip_address.as_deref(), Some("10.213.77.9"));
    assert_eq!(
        (on.ip_prefix_length, on.gateway.as_deref()),
        (24, Some("10.213.77.1"))
    );
    assert_eq!(on.ipv6_address.as_deref(), Some("fd00:213:77::9"));
    let gateway = on.ipv6_gateway.as_deref();
    assert_eq!(
        (on.ipv6_prefix_length, gateway),
        (64, Some("fd00:213:77::1"))
    );
    assert!(on.aliases.contains(&"web".to_owned()), "{on:?}");
    if facts.tells_dns_names() {
        assert!(on.dns_names.contains(&name("up")), "{on:?}");
        assert!(on.dns_names.contains(&"web".to_owned()), "{on:?}");
    }
    Ok(())
}
