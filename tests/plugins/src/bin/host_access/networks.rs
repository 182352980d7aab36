//! How a container stands on a network. The harness has made the network `network`, with the addresses 10.213.78.0/24.

use dockwit::containers::NetworkEndpoint;
use dockwit::host_access::HostAccess;
use dockwit::{ContainerSpec, Docker, Network, Result};
use dockwit_test_plugins::{Facts, failure, lasting, name, running, shell, start};

use crate::output;

pub(crate) async fn set_mac_address(docker: Docker) -> Result<()> {
    const ADDRESS: &str = "02:42:c0:a8:00:07";
    let made = lasting("it").host_access(|of| of.mac_address(ADDRESS));
    let container = start(docker, &made).await?;
    let details = container.inspect().await?;
    assert_eq!(details.networks()?[0].mac_address.as_deref(), Some(ADDRESS));
    if Facts::of(docker).await?.config_tells_mac_address() {
        assert_eq!(details.config()?.mac_address.as_deref(), Some(ADDRESS));
    }
    Ok(())
}

async fn network(docker: Docker) -> Result<Network> {
    docker.networks().get(name("network")).await
}

/// How the container `it`, which lasts, stands on the network.
async fn on_the_network(
    docker: Docker,
    give: impl FnOnce(HostAccess, &Network) -> HostAccess,
) -> Result<NetworkEndpoint> {
    let network = network(docker).await?;
    let made = lasting("it")
        .network(&network)
        .host_access(|of| give(of, &network));
    let details = start(docker, &made).await?.inspect().await?;
    Ok(details.networks()?.remove(0))
}

/// Made, or refused since the engine is too old for it.
async fn made_or_too_old(
    docker: Docker,
    made: &ContainerSpec,
    is_new_enough: bool,
    field: &str,
) -> Result<()> {
    let outcome = docker.containers().create(made).await;
    if is_new_enough {
        return outcome.map(drop);
    }
    let error = failure("containers.create", outcome);
    assert!(error.is_unsupported(), "{error}");
    assert_eq!(error.field(), Some(field));
    Ok(())
}

pub(crate) async fn set_endpoint_mac_address(docker: Docker) -> Result<()> {
    let network = network(docker).await?;
    let made = lasting("it")
        .network(&network)
        .host_access(|of| of.endpoint_mac_address(&network, "02:42:c0:a8:00:08"));
    let new = Facts::of(docker).await?.has_mac_addresses_of_endpoints();
    made_or_too_old(docker, &made, new, "set-endpoint-mac-address").await
}

pub(crate) async fn set_endpoint_address(docker: Docker) -> Result<()> {
    let endpoint = on_the_network(docker, |of, network| {
        of.endpoint_address(network, "10.213.78.8")
            .endpoint_address(network, "10.213.78.9")
    });
    assert_eq!(endpoint.await?.ip_address.as_deref(), Some("10.213.78.9"));
    Ok(())
}

pub(crate) async fn add_endpoint_link_local_address(docker: Docker) -> Result<()> {
    let network = network(docker).await?;
    let made = shell("it", "ip addr")
        .network(&network)
        .host_access(|of| of.endpoint_link_local_address(&network, "169.254.34.68"));
    let container = docker.containers().create(&made).await?;
    if Facts::of(docker).await?.tells_strange_options() {
        let output = output(&container).await?;
        assert!(output.contains("169.254.34.68"), "{output}");
    }
    Ok(())
}

/// The name leads to the other by a lookup on the network itself.
pub(crate) async fn add_endpoint_link(docker: Docker) -> Result<()> {
    let network = network(docker).await?;
    let other = start(docker, &lasting("other").network(&network)).await?;
    let address = other.inspect().await?.networks()?.remove(0).ip_address;
    let made = shell("it", "nslookup database 127.0.0.11 || true")
        .network(&network)
        .host_access(|of| of.endpoint_link(&network, &other, "database"));
    let container = docker.containers().create(&made).await?;
    if Facts::of(docker).await?.tells_strange_options() {
        let output = output(&container).await?;
        let address = address.unwrap_or_default();
        assert!(
            output.contains(&address) && !address.is_empty(),
            "{address}: {output}"
        );
    }
    Ok(())
}

pub(crate) async fn add_endpoint_driver_option(docker: Docker) -> Result<()> {
    let network = network(docker).await?;
    let made = lasting("it")
        .network(&network)
        .host_access(|of| of.endpoint_driver_option(&network, "com.example.option", "kept"));
    docker.containers().create(&made).await?;
    Ok(())
}

pub(crate) async fn set_endpoint_gateway_priority(docker: Docker) -> Result<()> {
    let network = network(docker).await?;
    running(docker, "other").await?;
    let made = lasting("it")
        .network(&network)
        .host_access(|of| of.gateway_priority(&network, 7));
    let new = Facts::of(docker).await?.has_gateway_priorities();
    made_or_too_old(docker, &made, new, "set-endpoint-gateway-priority").await
}
