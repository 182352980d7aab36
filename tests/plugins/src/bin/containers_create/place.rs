//! What is mounted in a container, and how it is reached.

use std::collections::BTreeMap;

use dockwit::containers::{HostBinding, MountKind};
use dockwit::{Docker, HostPort, NetworkMode, Protocol, Result, Tmpfs, VolumeMount};
use dockwit_test_plugins::{Facts, failure, lasting, name, shell, spec, start, tell};

use crate::{host_config, it};

pub(crate) async fn add_volume(docker: Docker) -> Result<()> {
    let details = it(docker, &spec("it").volume("/data").volume("/more")).await?;
    // Those with names are in their place.
    let volumes = details.config()?.volumes;
    assert_eq!(volumes.len(), 0, "{volumes:?}");
    let mounts = details.mounts()?;
    assert_eq!(mounts.len(), 2, "{mounts:?}");
    for mount in &mounts {
        assert_eq!((&mount.kind, mount.writable), (&MountKind::Volume, true));
        assert!(
            mount.name.is_some() && !mount.source.is_empty(),
            "{mount:?}"
        );
        assert_eq!(mount.driver.as_deref(), Some("local"));
    }
    Ok(())
}

pub(crate) async fn add_tmpfs(docker: Docker) -> Result<()> {
    let scratch = Tmpfs::new("/scratch").size("64m").mode(0o700).exec(true);
    let tmpfs: BTreeMap<_, _> = host_config(docker, &spec("it").tmpfs(scratch).tmpfs("/run"))
        .await?
        .tmpfs
        .into_iter()
        .collect();
    let options = |path: &str| tmpfs[path].split(',').collect::<Vec<_>>();
    for option in ["size=67108864", "mode=700", "exec", "nosuid", "nodev"] {
        assert!(options("/scratch").contains(&option), "{option}: {tmpfs:?}");
    }
    for option in ["noexec", "nosuid", "nodev"] {
        assert!(options("/run").contains(&option), "{option}: {tmpfs:?}");
    }
    Ok(())
}

pub(crate) async fn set_read_only(docker: Docker) -> Result<()> {
    assert!(
        host_config(docker, &spec("it").read_only(true))
            .await?
            .read_only
    );
    Ok(())
}

/// A volume that is there already.
pub(crate) async fn add_volume_mount(docker: Docker) -> Result<()> {
    let volume = docker.volumes().get(name("volume")).await?;
    let written = shell("first", "echo hello > /data/file").mount((&volume, "/data"));
    let first = docker.containers().create(&written).await?;
    let ended = first.wait().next_exit().await?;
    first.start().await?;
    assert!(ended.await?.success());
    let mount = VolumeMount::new(&volume, "/again")
        .read_only(true)
        .no_copy(true);
    let made = shell("it", "cat /again/file; touch /again/no").mount(mount);
    let container = docker.containers().create(&made).await?;
    let mounts = container.inspect().await?.mounts()?;
    let [mounted] = &mounts[..] else {
        panic!("one: {mounts:?}")
    };
    assert_eq!(mounted.kind, MountKind::Volume);
    assert_eq!(mounted.name, Some(volume.id()));
    assert_eq!(
        (mounted.destination.as_str(), mounted.writable),
        ("/again", false)
    );
    let ended = container.wait().next_exit().await?;
    container.start().await?;
    assert!(!ended.await?.success(), "it can't be written to");
    let output = container.logs().await?.read_to_string(1 << 10).await?;
    assert!(output.contains("hello\n"), "{output}");
    Ok(())
}

/// A folder of a volume, or an engine that is too old for it.
pub(crate) async fn a_folder_of_a_volume(docker: Docker) -> Result<()> {
    let volume = docker.volumes().get(name("volume")).await?;
    let made =
        shell("first", "mkdir /data/in && echo inner > /data/in/file").mount((&volume, "/data"));
    let first = docker.containers().create(&made).await?;
    let ended = first.wait().next_exit().await?;
    first.start().await?;
    assert!(ended.await?.success());
    let mount = VolumeMount::new(&volume, "/part").subpath("in");
    let made = docker
        .containers()
        .create(&shell("it", "cat /part/file").mount(mount))
        .await;
    if !Facts::of(docker).await?.mounts_folders_of_volumes() {
        let error = failure("containers.create", made);
        assert!(error.is_unsupported(), "{error}");
        assert_eq!(error.field(), Some("add-volume-mount"));
        return Ok(());
    }
    let container = made?;
    let ended = container.wait().next_exit().await?;
    container.start().await?;
    assert!(ended.await?.success());
    let output = container.logs().await?.read_to_string(1 << 10).await?;
    assert_eq!(output, "inner\n");
    Ok(())
}

pub(crate) async fn add_exposed_port(docker: Docker) -> Result<()> {
    let facts = Facts::of(docker).await?;
    let made = spec("it").expose(80).expose("53/udp");
    let sctp = spec("it").expose((9, Protocol::Sctp));
    let (made, expected) = match facts.exposes_sctp() {
        true => (
            made.expose((9, Protocol::Sctp)),
            &["53/udp", "80/tcp", "9/sctp"][..],
        ),
        false => {
            let refused = docker.containers().create(&sctp).await;
            assert!(failure("containers.create", refused).is_engine());
            (made, &["53/udp", "80/tcp"][..])
        }
    };
    let mut ports: Vec<_> = it(docker, &made)
        .await?
        .config()?
        .exposed_ports
        .iter()
        .map(ToString::to_string)
        .collect();
    ports.sort();
    assert_eq!(ports, expected);
    Ok(())
}

pub(crate) async fn add_port(docker: Docker) -> Result<()> {
    let made = lasting("it")
        .port(80, HostPort::any_at("127.0.0.1"))
        .port("53/udp", HostPort::any());
    let container = docker.containers().create(&made).await?;
    let details = container.inspect().await?;
    let mut exposed: Vec<_> = details
        .config()?
        .exposed_ports
        .iter()
        .map(ToString::to_string)
        .collect();
    exposed.sort();
    assert_eq!(exposed, ["53/udp", "80/tcp"]);
    let bindings = details.host_config()?.port_bindings;
    let web = bindings
        .iter()
        .find(|port| port.container.port == 80)
        .expect("port 80");
    assert_eq!(web.bindings.len(), 1, "{bindings:?}");
    assert_eq!(web.bindings[0].host_ip, "127.0.0.1");
    let chosen = web.bindings[0].host_port;
    assert!(chosen.is_some(), "{bindings:?}");
    assert_eq!(bindings.len(), 2, "{bindings:?}");
    container.start().await?;
    let web = container.port(80).await?;
    assert_eq!((web.len(), web[0].host_ip.as_str()), (1, "127.0.0.1"));
    assert_eq!(web[0].host_port, chosen);
    assert!(
        container
            .port_of(53, Protocol::Udp)
            .await?
            .iter()
            .all(|at| at.host_port.is_some_and(|port| port > 0))
    );
    let free = web[0].host_port.expect("a number");
    container.remove().force(true).await?;
    at_this_port(docker, free).await?;
    tell("host-port", free);
    Ok(())
}

/// That number by itself: it was free a moment ago.
async fn at_this_port(docker: Docker, free: u16) -> Result<()> {
    let container = docker
        .containers()
        .create(&lasting("it").port(81, ("127.0.0.1", free)))
        .await?;
    container.start().await?;
    let web = container.port(81).await?;
    assert_eq!(
        web,
        [HostBinding {
            host_ip: "127.0.0.1".into(),
            host_port: Some(free)
        }]
    );
    Ok(())
}

pub(crate) async fn set_publish_all_ports(docker: Docker) -> Result<()> {
    let container = docker
        .containers()
        .create(&lasting("it").expose(80).publish_all_ports(true))
        .await?;
    let host = container.inspect().await?.host_config()?;
    assert!(!host.publish_all_ports, "each is published by itself");
    let [web] = &host.port_bindings[..] else {
        panic!("{:?}", host.port_bindings)
    };
    assert_eq!((web.container.port, web.bindings.len()), (80, 1));
    container.start().await?;
    let port = container.port(80).await?[0].host_port;
    assert!(port.is_some_and(|port| port > 0));
    assert_eq!(port, web.bindings[0].host_port);
    Ok(())
}

pub(crate) async fn set_network_mode(docker: Docker) -> Result<()> {
    let container = docker
        .containers()
        .create(&lasting("it").network_mode(NetworkMode::None))
        .await?;
    container.start().await?;
    let details = container.inspect().await?;
    assert_eq!(details.host_config()?.network_mode, "none");
    assert!(
        details
            .networks()?
            .iter()
            .all(|network| network.ip_address.is_none())
    );
    let other = docker
        .containers()
        .create(&lasting("other").network_mode(NetworkMode::Default))
        .await?;
    other.start().await?;
    assert!(
        other
            .inspect()
            .await?
            .networks()?
            .iter()
            .any(|network| network.ip_address.is_some())
    );
    Ok(())
}

pub(crate) async fn set_network_disabled(docker: Docker) -> Result<()> {
    let container = docker
        .containers()
        .create(&lasting("it").network_disabled(true))
        .await?;
    let details = container.inspect().await?;
    let kept = Facts::of(docker).await?.keeps("set-network-disabled");
    assert!(details.config()?.network_disabled || !kept);
    container.start().await?;
    assert!(
        container
            .inspect()
            .await?
            .networks()?
            .iter()
            .all(|network| network.ip_address.is_none())
    );
    Ok(())
}

/// On a network by its handle, and known there by another name.
pub(crate) async fn set_network(docker: Docker) -> Result<()> {
    let network = docker.networks().get(name("network")).await?;
    let made = lasting("it")
        .network(&network)
        .network_alias(&network, "db");
    let container = start(docker, &made).await?;
    let networks = container.inspect().await?.networks()?;
    let [on] = &networks[..] else {
        panic!("one: {networks:?}")
    };
    assert_eq!(on.network, network.name());
    if Facts::of(docker).await?.tells_network_ids() {
        assert_eq!(on.network_id, network.id());
    }
    assert!(on.aliases.contains(&"db".to_owned()), "{on:?}");
    Ok(())
}

pub(crate) async fn add_network_alias(docker: Docker) -> Result<()> {
    set_network(docker).await
}

/// One that is on what another is on.
pub(crate) async fn set_network_container(docker: Docker) -> Result<()> {
    let other = start(docker, &lasting("other").hostname("shared")).await?;
    let made = shell("it", "hostname").share_network(&other);
    let container = docker.containers().create(&made).await?;
    let mode = container.inspect().await?.host_config()?.network_mode;
    assert_eq!(mode, format!("container:{}", other.id()));
    let ended = container.wait().next_exit().await?;
    container.start().await?;
    assert!(ended.await?.success());
    Ok(())
}

pub(crate) async fn add_dns(docker: Docker) -> Result<()> {
    assert_eq!(
        host_config(docker, &spec("it").dns("10.0.0.1").dns("fd00::1"))
            .await?
            .dns,
        ["10.0.0.1", "fd00::1"]
    );
    Ok(())
}

pub(crate) async fn add_dns_option(docker: Docker) -> Result<()> {
    let made = spec("it").dns_option("ndots:2").dns_option("rotate");
    assert_eq!(
        host_config(docker, &made).await?.dns_options,
        ["ndots:2", "rotate"]
    );
    Ok(())
}

pub(crate) async fn add_dns_search(docker: Docker) -> Result<()> {
    let made = spec("it")
        .dns_search("example.org")
        .dns_search("example.net");
    assert_eq!(
        host_config(docker, &made).await?.dns_search,
        ["example.org", "example.net"]
    );
    Ok(())
}

pub(crate) async fn add_extra_host(docker: Docker) -> Result<()> {
    let made = spec("it")
        .extra_host("db", "10.0.0.2")
        .extra_host("machine", "host-gateway")
        .extra_host("six", "fd00::2");
    let hosts = host_config(docker, &made).await?.extra_hosts;
    assert_eq!(
        hosts,
        ["db:10.0.0.2", "machine:host-gateway", "six:fd00::2"]
    );
    Ok(())
}
