//! Rows of section A about names, ports and networks.

use super::*;
use crate::api::Protocol;
use crate::api::containers::{ContainerPort, Endpoint, NetworkMode, PortBinding};

fn port(ip: Option<&str>, number: u16) -> PortBinding {
    PortBinding {
        container: ContainerPort {
            port: 80,
            protocol: Protocol::Tcp,
        },
        host_ip: ip.map(str::to_owned),
        host_port: Some(number),
    }
}

#[test]
fn attack_037_038_names_and_resolvers() {
    let spec = asking(|s| s.add_extra_host("db", "host-gateway"));
    needs("create.extra-hosts", &spec, |b, _| {
        b.extra_hosts.insert("db:host-gateway".to_owned());
    });
    let spec = asking(|s| s.add_dns("192.0.2.1"));
    needs("create.dns", &spec, |b, _| {
        b.dns.insert("192.0.2.1".to_owned());
    });
    let spec = asking(|s| s.add_dns_option("ndots:2"));
    needs("create.dns-options", &spec, |b, _| {
        b.dns_options.insert("ndots:2".to_owned());
    });
    let spec = asking(|s| s.add_dns_search("corp.example"));
    needs("create.dns-search", &spec, |b, _| {
        b.dns_search.insert("corp.example".to_owned());
    });
}

#[test]
fn attack_042_ports() {
    let ports = |egress| CreateBounds {
        ports: Some(PortBound {
            ip: "127.0.0.1".parse().expect("an address"),
            range: 20_000..=20_100,
        }),
        egress,
        ..bounds()
    };
    let access = HostAccess::default();
    assert_eq!(
        refused(&asking(|s| s.add_port(port(None, 20_000)))),
        "create.ports"
    );
    assert_eq!(
        refused(&asking(|s| s.set_publish_all_ports(true))),
        "create.ports"
    );
    let allowed = asking(|s| s.add_port(port(Some("127.0.0.1"), 20_000)));
    decide(&allowed, &ports(true), &access).expect("allowed");
    // An internal network publishes nothing, and who says so must mean it.
    let denial = decide(&allowed, &ports(false), &access).expect_err("without egress");
    assert_eq!(denial.rule, "create.egress");
    for (ip, number) in [
        (Some("0.0.0.0"), 20_000),
        (Some("::"), 20_000),
        (Some("192.0.2.7"), 20_000),
        (Some("127.0.0.2"), 20_000),
        (None, 19_999),
        (None, 22),
        (None, 20_101),
    ] {
        let spec = asking(|s| s.add_port(port(ip, number)));
        let denial = decide(&spec, &ports(true), &access).expect_err("refused");
        assert_eq!(denial.rule, "create.ports");
    }
}

#[test]
fn attack_053_networks_of_others() {
    let mode = |network: &str| NetworkMode::Network(network.to_owned());
    let spec = asking(|s| s.set_network_mode(mode("victim")));
    assert_eq!(refused(&spec), "scope.change");
    // An endpoint on another network than the one that it is on.
    let endpoint = Endpoint {
        aliases: texts(&["db"]),
        ..Endpoint::default()
    };
    let spec = asking(|s| s.add_endpoint("victim", endpoint));
    refused(&spec);
}
