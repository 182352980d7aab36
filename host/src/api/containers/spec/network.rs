//! The network of a new container.

use std::net::IpAddr;

use super::guard::Checked;
use super::held::Held;
use super::options::Empty;
use super::setters::setters;
use super::{ContainerSpec, check};
use crate::api::NetworkId;
use crate::api::containers::types::{ContainerPort, Endpoint, Link, NetworkMode, PortBinding};

setters! { ContainerSpec:
    /// A port that it says it listens on.
    insert add_exposed_port(port: ContainerPort) = check::exposed_port(port) => options.exposed_ports, "add-exposed-port";
    /// Whether each exposed port is published at a free port of the machine.
    set set_publish_all_ports(publish: bool) = Ok(publish) => options.host.publish_all_ports, "set-publish-all-ports";
    /// The network.
    set set_network_mode(mode: NetworkMode) = check::network_mode(mode) => options.host.network_mode, "set-network-mode";
    /// How it is put on its network, by the network's id or name as given to
    /// [`set_network_mode`](Self::set_network_mode).
    insert add_endpoint(network: impl Into<String>, endpoint: Endpoint) = check::endpoint(network, endpoint) => options.endpoints, "add-endpoint";
    /// Whether it has no network at all, as `network-mode.none` in the engine's older form.
    set set_network_disabled(disabled: bool) = Ok(disabled) => options.network_disabled, "set-network-disabled";
    /// The MAC address on its network.
    set set_mac_address(address: impl Into<String>) = check::mac_address(address) => options.mac_address, "set-mac-address";
    /// A name server's address.
    add add_dns(address: impl Into<String>) = check::address(address) => options.host.dns, "add-dns";
    /// An option for the resolver: `ndots:2`.
    add add_dns_option(value: impl Into<String>) = check::word(value) => options.host.dns_options, "add-dns-option";
    /// A domain to search names in.
    add add_dns_search(domain: impl Into<String>) = check::word(domain) => options.host.dns_search, "add-dns-search";
    /// A line for /etc/hosts. The address may be `host-gateway`, the machine's own.
    add add_extra_host(name: impl Into<String>, address: impl Into<String>) = check::extra_host(name, address) => options.host.extra_hosts, "add-extra-host";
    /// Another container that is reached by a name.
    add add_link(link: Link) = check::link(link) => options.host.links, "add-link";
}

impl ContainerSpec {
    /// A port that is published on the machine.
    pub fn add_port(&mut self, port: PortBinding) -> &mut Self {
        let port = check::port_binding(port);
        if let Some((key, at)) = self.guard.accept("add-port", port, 0) {
            let bindings = &mut self.options.host.port_bindings;
            bindings.entry(key.clone()).or_default().push(at);
            self.options.exposed_ports.insert(key, Empty {});
        }
        self
    }
    /// Another name of the container on a network.
    pub fn add_network_alias(
        &mut self,
        network: &NetworkId,
        alias: impl Into<String>,
    ) -> &mut Self {
        let alias = check::word(alias);
        self.add_at("add-network-alias", network, alias, |endpoint, alias| {
            endpoint.aliases.push(alias);
        })
    }

    /// A fixed address on a network; one of each kind.
    pub fn set_endpoint_address(
        &mut self,
        network: &NetworkId,
        address: impl Into<String>,
    ) -> &mut Self {
        let address = check::ip_address(&address.into());
        let of_its_kind = |endpoint: &Endpoint, is_ipv4: bool| {
            let mut addresses = endpoint.addresses.iter();
            addresses.position(|of| of.is_ipv4() == is_ipv4)
        };
        let is_ipv4 = address.as_ref().is_ok_and(IpAddr::is_ipv4);
        let earlier = |endpoint: &Endpoint| {
            let at = of_its_kind(endpoint, is_ipv4)?;
            Some(endpoint.addresses[at].held())
        };
        let field = "set-endpoint-address";
        self.set_at(
            field,
            network,
            address,
            earlier,
            |endpoint, address| match of_its_kind(endpoint, is_ipv4) {
                Some(at) => endpoint.addresses[at] = address,
                None => endpoint.addresses.push(address),
            },
        )
    }

    /// A link-local address on a network.
    pub fn add_endpoint_link_local_address(
        &mut self,
        network: &NetworkId,
        address: impl Into<String>,
    ) -> &mut Self {
        let address = check::ip_address(&address.into());
        let field = "add-endpoint-link-local-address";
        self.add_at(field, network, address, |endpoint, address| {
            endpoint.link_local.push(address);
        })
    }

    /// Another container that is reached by a name, on one network only.
    pub fn add_endpoint_link(&mut self, network: &NetworkId, link: Link) -> &mut Self {
        let link = check::link(link);
        self.add_at("add-endpoint-link", network, link, |endpoint, link| {
            endpoint.links.push(link);
        })
    }

    /// An option for a network's driver.
    pub fn add_endpoint_driver_option(
        &mut self,
        network: &NetworkId,
        name: impl Into<String>,
        value: impl Into<String>,
    ) -> &mut Self {
        let option = check::pair(name, value);
        let field = "add-endpoint-driver-option";
        self.add_at(field, network, option, |endpoint, option| {
            endpoint.driver_options.push(option);
        })
    }

    /// The MAC address on a network. From API 1.44.
    pub fn set_endpoint_mac_address(
        &mut self,
        network: &NetworkId,
        address: impl Into<String>,
    ) -> &mut Self {
        let address = check::mac_address(address);
        let field = "set-endpoint-mac-address";
        let earlier = |endpoint: &Endpoint| endpoint.mac_address.as_ref().map(Held::held);
        self.set_at(field, network, address, earlier, |endpoint, address| {
            endpoint.mac_address = Some(address);
        })
    }

    /// Which network's gateway is taken: the highest. From API 1.48.
    pub fn set_endpoint_gateway_priority(
        &mut self,
        network: &NetworkId,
        priority: i64,
    ) -> &mut Self {
        let field = "set-endpoint-gateway-priority";
        let earlier = |endpoint: &Endpoint| {
            let priority = endpoint.gateway_priority;
            (priority != 0).then(|| priority.held())
        };
        self.set_at(field, network, Ok(priority), earlier, |endpoint, of| {
            endpoint.gateway_priority = of;
        })
    }

    /// Adds a value to those that the endpoint on a network has.
    fn add_at<T: Held>(
        &mut self,
        field: &'static str,
        network: &NetworkId,
        value: Checked<T>,
        put: impl FnOnce(&mut Endpoint, T),
    ) -> &mut Self {
        self.set_at(field, network, value, |_| None, put)
    }

    /// Gives the endpoint on a network a value in the place of an earlier one, of that size.
    fn set_at<T: Held>(
        &mut self,
        field: &'static str,
        network: &NetworkId,
        value: Checked<T>,
        earlier: impl FnOnce(&Endpoint) -> Option<usize>,
        put: impl FnOnce(&mut Endpoint, T),
    ) -> &mut Self {
        let key = network.to_string();
        let endpoints = &mut self.options.endpoints;
        let freed = endpoints.get(&key).and_then(earlier);
        let freed = freed.map_or(0, |size| key.held() + size);
        let entry = value.map(|value| (key, value));
        if let Some((key, value)) = self.guard.accept(field, entry, freed) {
            put(endpoints.entry(key).or_default(), value);
        }
        self
    }
}
