//! The network of a new container.

use super::options::Empty;
use super::setters::setters;
use super::{ContainerSpec, check};
use crate::api::containers::types::{ContainerPort, Endpoint, Link, NetworkMode, PortBinding};

setters! { ContainerSpec:
    /// A port that it says it listens on.
    insert add_exposed_port(port: ContainerPort) = check::exposed_port(port) => options.exposed_ports, "add-exposed-port";
    /// Whether each exposed port is published at a free port of the machine.
    set set_publish_all_ports(publish: bool) = Ok(publish) => options.host.publish_all_ports, "set-publish-all-ports";
    /// The network, if none is named.
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
}
