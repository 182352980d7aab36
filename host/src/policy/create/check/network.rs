//! What is reached, and from where.

use std::net::IpAddr;

use super::machine::shared;
use super::{Checked, Rules, listed, switched};
use crate::api::networks::NetworkDetails;
use crate::policy::Denial;
use crate::policy::create::access::Namespace;
use crate::policy::create::around::{Unenforced, is_isolated};
use crate::policy::create::shape::{Mode, Network, Port, Whose};
use crate::policy::create::{CreateBounds, PortBound};

pub(super) fn check(network: &Network, rules: &Rules<'_>) -> Checked {
    let bounds = rules.bounds;
    mode(&network.mode, rules)?;
    for at in &network.ports {
        port(at, bounds)?;
    }
    for host in &network.extra_hosts {
        listed(
            "create.extra-hosts",
            "extra-host",
            host,
            &bounds.extra_hosts,
        )?;
    }
    for server in &network.dns {
        listed("create.dns", "dns", server, &bounds.dns)?;
    }
    for option in &network.dns_options {
        listed(
            "create.dns-options",
            "dns-option",
            option,
            &bounds.dns_options,
        )?;
    }
    for domain in &network.dns_search {
        listed(
            "create.dns-search",
            "dns-search",
            domain,
            &bounds.dns_search,
        )?;
    }
    for other in &network.links {
        switched("host-access.links", "link", Some(other), rules.access.links)?;
        // What exists names the other by a path, which the engine has resolved.
        let given = !other.contains('/');
        if given && rules.around.find_container(other).is_none() {
            return Err(Denial::never(
                "scope.change",
                "container",
                other,
                "it is not in scope",
            ));
        }
    }
    for other in &network.endpoint_links {
        if rules.around.find_container(other).is_none() {
            return Err(Denial::never(
                "scope.change",
                "container",
                other,
                "it is not in scope",
            ));
        }
    }
    let fixed = network.fixed.first().map(String::as_str);
    switched(
        "host-access.endpoints",
        "endpoint",
        fixed,
        rules.access.endpoints,
    )
}

/// Whether all networks that it is on may be joined.
fn mode(mode: &Mode, rules: &Rules<'_>) -> Checked {
    match mode {
        Mode::None => Ok(()),
        Mode::Host => shared(Namespace::Network, &Whose::Host, rules),
        Mode::Container(id) => {
            shared(Namespace::Network, &Whose::Container(id.clone()), rules)?;
            of_container(id, rules)
        }
        Mode::Networks(names) => names.iter().try_for_each(|name| join(name, rules)),
    }
}

/// Who shares a container's network is on all networks that the container is on.
fn of_container(id: &str, rules: &Rules<'_>) -> Checked {
    let never = |why| Denial::never("scope.change", "container", id, why);
    let container = rules.around.find_container(id);
    let container = container.ok_or_else(|| never("it is not in scope"))?;
    let unread = |_| never("it can't be read");
    if container.host_config().map_err(unread)?.network_mode == "host" {
        // That the machine's network is allowed was found out before.
        return Ok(());
    }
    for endpoint in container.networks().map_err(unread)? {
        match endpoint.network_id.is_empty() {
            true => join(&endpoint.network, rules)?,
            false => join(&endpoint.network_id, rules)?,
        }
    }
    Ok(())
}

fn join(name: &str, rules: &Rules<'_>) -> Checked {
    match rules.around.find_network(name) {
        None => Err(Denial::never(
            "scope.change",
            "network",
            name,
            "it is not in scope",
        )),
        Some(network) => may_join(network, rules),
    }
}

/// Whether a network that is in scope leads no further than the bounds allow.
pub(in crate::policy::create) fn may_join(network: &NetworkDetails, rules: &Rules<'_>) -> Checked {
    if network.is_host() {
        return shared(Namespace::Network, &Whose::Host, rules);
    }
    let accepted = rules
        .around
        .accepted
        .contains(&Unenforced::NetworkIsolation);
    let closed = is_isolated(network) || (accepted && network.internal);
    match rules.bounds.egress || closed {
        true => Ok(()),
        false => Err(Denial::switch(
            "create.egress",
            "network",
            &network.name,
            "false",
            "true",
        )),
    }
}

fn port(at: &Port, bounds: &CreateBounds) -> Checked {
    let text = |ip: Option<IpAddr>, port: Option<u16>| {
        let ip = ip.map_or_else(|| "any".to_owned(), |ip| ip.to_string());
        let port = port.map_or_else(|| "any".to_owned(), |port| port.to_string());
        format!("{ip} {port}")
    };
    let got = text(at.ip, at.port);
    let Some(bound) = &bounds.ports else {
        let needed = match (at.ip, at.port) {
            (Some(ip), Some(port)) => PortBound {
                ip,
                range: port..=port,
            }
            .to_string(),
            _ => r#"{ ip = "127.0.0.1", range = "20000-20100" }"#.to_owned(),
        };
        return Err(Denial::switch("create.ports", "port", got, "none", &needed));
    };
    let Some((ip, port)) = at.ip.zip(at.port) else {
        return Err(Denial::not_in("create.ports", "port", &got, [bound.to_string()]).adding(None));
    };
    // All addresses have each in them.
    let of_all = bound.ip.is_unspecified() && bound.ip.is_ipv4() == ip.is_ipv4();
    if (ip != bound.ip && !of_all) || !bound.range.contains(&port) {
        return Err(Denial::not_in("create.ports", "port", &got, [bound.to_string()]).adding(None));
    }
    match bounds.egress {
        true => Ok(()),
        false => Err(Denial::switch(
            "create.egress",
            "port",
            got,
            "false",
            "true",
        )),
    }
}
