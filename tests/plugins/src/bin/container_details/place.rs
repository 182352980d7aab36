//! What is mounted in a container, and how it is reached.

use std::collections::BTreeMap;

use dockwit::containers::{HostBinding, MountKind, NetworkEndpoint};
use dockwit::{Container, Docker, HostPort, NetworkMode, Protocol, Result};
use dockwit_test_plugins::{
    Facts, OWN_NETWORK, eventually, lasting, running, shell, spec, start, tell,
};

use crate::made;

pub(crate) async fn mounts(docker: Docker) -> Result<()> {
    let none = made(docker, &spec("none")).await?.mounts()?;
    assert_eq!(none.len(), 0, "{none:?}");
    let mounts = made(docker, &spec("it").volume("/data").volume("/more"))
        .await?
        .mounts()?;
    let mounts: BTreeMap<_, _> = mounts
        .iter()
        .map(|mount| (&mount.destination[..], mount))
        .collect();
    assert_eq!(
        mounts.keys().copied().collect::<Vec<_>>(),
        ["/data", "/more"]
    );
    for mount in mounts.values() {
        assert_eq!(mount.kind, MountKind::Volume);
        let name = mount.name.as_deref().expect("a name");
        assert!(mount.source.contains(name), "{mount:?}");
        assert_eq!(mount.driver.as_deref(), Some("local"));
        assert!(mount.writable, "{mount:?}");
        // What engines take for granted of mounts.
        assert!(["", "z"].contains(&mount.mode.as_str()), "{mount:?}");
        assert!(
            ["", "rprivate"].contains(&mount.propagation.as_str()),
            "{mount:?}"
        );
    }
    assert_ne!(mounts["/data"].name, mounts["/more"].name);
    Ok(())
}

/// The one network that it is on.
async fn endpoint(container: &Container) -> Result<NetworkEndpoint> {
    let mut networks = container.inspect().await?.networks()?;
    assert_eq!(networks.len(), 1, "{networks:?}");
    Ok(networks.remove(0))
}

/// What is told of the network is what is seen from inside.
pub(crate) async fn networks(docker: Docker) -> Result<()> {
    let facts = Facts::of(docker).await?;
    let script = "cat /sys/class/net/eth0/address; ip -4 -o address show eth0 | awk '{ print $4 }'; \
                  ip route | awk '/default/ { print $3 }'; trap 'exit 0' TERM; sleep 600 & wait";
    let container = docker.containers().create(&shell("it", script)).await?;
    let before = endpoint(&container).await?;
    assert_eq!(before.network, OWN_NETWORK);
    assert_eq!((before.ip_address, before.endpoint_id.as_str()), (None, ""));
    container.start().await?;
    let on = endpoint(&container).await?;
    assert_eq!(on.network, OWN_NETWORK);
    let seen = eventually("it prints three lines", async || {
        let output = container.logs().await?.read_to_string(1 << 10).await?;
        Ok((output.lines().count() == 3).then_some(output))
    })
    .await?;
    let seen: Vec<_> = seen.lines().collect();
    assert_eq!(on.mac_address.as_deref(), Some(seen[0]));
    let address = on.ip_address.as_deref().expect("an address");
    assert_eq!(format!("{address}/{}", on.ip_prefix_length), seen[1]);
    assert_eq!(on.gateway.as_deref(), Some(seen[2]));
    assert_eq!(
        on.endpoint_id.is_empty(),
        !facts.tells_endpoint_ids(),
        "{on:?}"
    );
    assert_eq!(
        (on.ipv6_address, on.ipv6_prefix_length, on.ipv6_gateway),
        (None, 0, None)
    );
    tell("network-id", on.network_id);
    tell("endpoint-id", on.endpoint_id);

    container.stop().await?;
    assert_eq!(endpoint(&container).await?.ip_address, None, "it is off");
    Ok(())
}

pub(crate) async fn networks_of_none(docker: Docker) -> Result<()> {
    let made = lasting("it").network_mode(NetworkMode::None);
    let networks = start(docker, &made).await?.inspect().await?.networks()?;
    for network in &networks {
        assert_eq!(network.network, "none");
        assert_eq!((&network.ip_address, &network.mac_address), (&None, &None));
    }
    Ok(())
}

pub(crate) async fn ports(docker: Docker) -> Result<()> {
    let made = lasting("it")
        .port(80, HostPort::any_at("127.0.0.1"))
        .port("53/udp", HostPort::any())
        .expose(9);
    let container = docker.containers().create(&made).await?;
    let before = container.inspect().await?.ports()?;
    assert_eq!(before.len(), 0, "it doesn't run: {before:?}");
    container.start().await?;
    let details = container.inspect().await?;
    let ports = details.ports()?;
    let ports: BTreeMap<_, _> = ports
        .iter()
        .map(|port| (port.container.to_string(), &port.bindings))
        .collect();
    assert_eq!(
        ports.keys().collect::<Vec<_>>(),
        ["53/udp", "80/tcp", "9/tcp"]
    );
    assert_eq!(ports["9/tcp"].len(), 0, "it is only exposed");
    let [web] = &ports["80/tcp"][..] else {
        panic!("{ports:?}")
    };
    assert_eq!(web.host_ip, "127.0.0.1");
    let names = at_all_addresses(ports["53/udp"]);
    tell("80/tcp", web.host_port.expect("a number"));
    tell("53/udp", names);
    container.stop().await?;
    let after = container.inspect().await?.ports()?;
    assert_eq!(after.len(), 0, "it doesn't run any more: {after:?}");
    container.start().await
}

/// The number that a port has at all addresses.
fn at_all_addresses(bindings: &[HostBinding]) -> u16 {
    let all = |at: &&HostBinding| at.host_ip == "0.0.0.0";
    let at = bindings.iter().find(all).expect("it is at all addresses");
    at.host_port.filter(|port| *port > 0).expect("a number")
}

pub(crate) async fn port(docker: Docker) -> Result<()> {
    let made = lasting("it")
        .port(80, HostPort::any_at("127.0.0.1"))
        .port(80, HostPort::any_at("127.0.0.2"))
        .port("53/udp", HostPort::any_at("127.0.0.1"))
        .expose(9);
    let container = start(docker, &made).await?;
    let mut web = container.port(80).await?;
    web.sort_by(|one, other| one.host_ip.cmp(&other.host_ip));
    let [one, other] = &web[..] else {
        panic!("{web:?}")
    };
    assert_eq!(
        (one.host_ip.as_str(), other.host_ip.as_str()),
        ("127.0.0.1", "127.0.0.2")
    );
    let names = container.port(53).await?;
    assert_eq!((names.len(), names[0].host_ip.as_str()), (1, "127.0.0.1"));
    for port in [9, 81, 0, u16::MAX] {
        assert_eq!(container.port(port).await?, [], "{port} isn't published");
    }
    tell("80/tcp", one.host_port.expect("a number"));
    tell("53/udp", names[0].host_port.expect("a number"));
    Ok(())
}

/// A port that is published with two protocols is two.
pub(crate) async fn port_of_a_protocol(docker: Docker) -> Result<()> {
    let made = lasting("it")
        .port("53/tcp", HostPort::any_at("127.0.0.1"))
        .port("53/udp", HostPort::any_at("127.0.0.2"))
        .port("54/udp", HostPort::any_at("127.0.0.1"));
    let container = start(docker, &made).await?;
    let tcp = container.port_of(53, Protocol::Tcp).await?;
    let udp = container.port_of(53, Protocol::Udp).await?;
    assert_eq!((tcp.len(), tcp[0].host_ip.as_str()), (1, "127.0.0.1"));
    assert_eq!((udp.len(), udp[0].host_ip.as_str()), (1, "127.0.0.2"));
    assert_eq!(container.port(53).await?, tcp, "TCP comes first");
    assert_eq!(container.port_of(53, Protocol::Sctp).await?, []);
    assert_eq!(container.port_of(54, Protocol::Tcp).await?, []);
    let other = container
        .port_of(54, Protocol::Other("dccp".into()))
        .await?;
    assert_eq!(other, []);
    assert_eq!(container.port(54).await?.len(), 1, "UDP, where TCP isn't");
    tell("53/tcp", tcp[0].host_port.expect("a number"));
    tell("53/udp", udp[0].host_port.expect("a number"));
    Ok(())
}

pub(crate) async fn port_of_one_that_does_not_run(docker: Docker) -> Result<()> {
    let made = lasting("it").port(80, HostPort::any_at("127.0.0.1"));
    let container = docker.containers().create(&made).await?;
    assert_eq!(container.port(80).await?, []);
    container.start().await?;
    assert_eq!(container.port(80).await?.len(), 1);
    container.stop().await?;
    assert_eq!(container.port(80).await?, []);
    let without = running(docker, "without").await?;
    assert_eq!(without.port(80).await?, []);
    assert_eq!(without.port_of(80, Protocol::Tcp).await?, []);
    Ok(())
}
