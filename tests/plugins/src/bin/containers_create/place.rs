//! What is mounted in a container, and how it is reached.

use std::collections::BTreeMap;

use dockwit::containers::{HostBinding, MountKind};
use dockwit::{Docker, HostPort, NetworkMode, Protocol, Result, Tmpfs};
use dockwit_test_plugins::{Facts, failure, lasting, spec, tell};

use crate::{host_config, it};

pub(crate) async fn add_volume(docker: Docker) -> Result<()> {
    let details = it(docker, &spec("it").volume("/data").volume("/more")).await?;
    let mut volumes = details.config()?.volumes;
    volumes.sort();
    if Facts::of(docker).await?.keeps("add-volume") {
        assert_eq!(volumes, ["/data", "/more"]);
    }
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

/// Few file systems can hold a container to a size: an engine on another refuses it.
pub(crate) async fn add_storage_option(docker: Docker) -> Result<()> {
    let made = spec("it").storage_option("size", "64M");
    match docker.containers().create(&made).await {
        Ok(container) => {
            let options = container.inspect().await?.host_config()?.storage_options;
            assert_eq!(options, [("size".to_owned(), "64M".to_owned())]);
        }
        Err(error) => assert!(error.is_invalid() || error.is_engine(), "{error}"),
    }
    let bogus = spec("bogus").storage_option("no-such-option", "1");
    let error = failure(
        "containers.create",
        docker.containers().create(&bogus).await,
    );
    assert!(error.is_invalid() || error.is_engine(), "{error}");
    Ok(())
}

pub(crate) async fn add_exposed_port(docker: Docker) -> Result<()> {
    let made = spec("it")
        .expose(80)
        .expose("53/udp")
        .expose((9, Protocol::Sctp));
    let mut ports: Vec<_> = it(docker, &made)
        .await?
        .config()?
        .exposed_ports
        .iter()
        .map(ToString::to_string)
        .collect();
    ports.sort();
    assert_eq!(ports, ["53/udp", "80/tcp", "9/sctp"]);
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
    let chosen = Facts::of(docker).await?.chooses_ports_when_made();
    assert_eq!(web.bindings.len(), 1, "{bindings:?}");
    assert_eq!(web.bindings[0].host_ip, "127.0.0.1");
    assert_eq!(web.bindings[0].host_port.is_some(), chosen, "{bindings:?}");
    assert_eq!(bindings.len(), 2, "{bindings:?}");
    container.start().await?;
    let web = container.port(80).await?;
    assert_eq!((web.len(), web[0].host_ip.as_str()), (1, "127.0.0.1"));
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
    let told = container.inspect().await?.host_config()?.publish_all_ports;
    assert!(told || !Facts::of(docker).await?.keeps("set-publish-all-ports"));
    container.start().await?;
    assert!(
        container.port(80).await?[0]
            .host_port
            .is_some_and(|port| port > 0)
    );
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

pub(crate) async fn set_mac_address(docker: Docker) -> Result<()> {
    const ADDRESS: &str = "02:42:c0:a8:00:07";
    let container = docker
        .containers()
        .create(&lasting("it").mac_address(ADDRESS))
        .await?;
    container.start().await?;
    let details = container.inspect().await?;
    assert_eq!(details.networks()?[0].mac_address.as_deref(), Some(ADDRESS));
    if Facts::of(docker).await?.config_tells_mac_address() {
        assert_eq!(details.config()?.mac_address.as_deref(), Some(ADDRESS));
    }
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
