//! Ports.

use super::Unusable;
use crate::bindings::engine::{
    containers::{ContainerPort, HostBinding},
    types::Protocol,
};

const NO_PORT: &str = "is no port such as 80, \"80/tcp\" or \"53/udp\"";
const NO_HOST_PORT: &str = "is no place such as 8080, \"127.0.0.1:8080\" or \"[::1]:8080\"";

/// A port inside a container: a number, which is TCP, or a text with a protocol, such as `"53/udp"`.
#[derive(Clone, Debug, PartialEq)]
pub struct PortSpec(Result<ContainerPort, Unusable>);

impl PortSpec {
    pub(crate) fn port(self) -> Result<ContainerPort, Unusable> {
        self.0
    }
}

impl From<u16> for PortSpec {
    fn from(port: u16) -> Self {
        ContainerPort {
            port,
            protocol: Protocol::Tcp,
        }
        .into()
    }
}

impl From<(u16, Protocol)> for PortSpec {
    fn from((port, protocol): (u16, Protocol)) -> Self {
        ContainerPort { port, protocol }.into()
    }
}

impl From<ContainerPort> for PortSpec {
    fn from(port: ContainerPort) -> Self {
        Self(Ok(port))
    }
}

impl From<&str> for PortSpec {
    fn from(text: &str) -> Self {
        Self(parse(text).ok_or_else(|| Unusable::new(text, NO_PORT)))
    }
}

impl From<String> for PortSpec {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

fn parse(text: &str) -> Option<ContainerPort> {
    let (port, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    (!protocol.is_empty()).then_some(ContainerPort {
        port: number(port)?,
        protocol: protocol.into(),
    })
}

/// Where a port is published on the machine: a number, on all of its addresses; an address with a number; or
/// [`HostPort::any`], which leaves the number to the engine.
///
/// ```
/// use dockwit::HostPort;
///
/// let local = HostPort::from("127.0.0.1:8080");
/// assert_eq!(local, HostPort::from(("127.0.0.1", 8080)));
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HostPort(Result<Place, Unusable>);

#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Place {
    pub(crate) ip: Option<String>,
    pub(crate) port: Option<u16>,
}

impl HostPort {
    /// A free port, chosen by the engine when the container starts, on all addresses.
    #[must_use]
    pub fn any() -> Self {
        Self(Ok(Place::default()))
    }

    /// A free port, chosen by the engine when the container starts, on one address.
    pub fn any_at(ip: impl Into<String>) -> Self {
        Self(Ok(Place {
            ip: Some(ip.into()),
            port: None,
        }))
    }

    pub(crate) fn place(self) -> Result<Place, Unusable> {
        self.0
    }
}

impl From<u16> for HostPort {
    fn from(port: u16) -> Self {
        Self(Ok(Place {
            ip: None,
            port: Some(port),
        }))
    }
}

impl<S: Into<String>> From<(S, u16)> for HostPort {
    fn from((ip, port): (S, u16)) -> Self {
        Self(Ok(Place {
            ip: Some(ip.into()),
            port: Some(port),
        }))
    }
}

impl From<&str> for HostPort {
    fn from(text: &str) -> Self {
        Self(parse_place(text).ok_or_else(|| Unusable::new(text, NO_HOST_PORT)))
    }
}

impl From<String> for HostPort {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

fn parse_place(text: &str) -> Option<Place> {
    let Some((ip, port)) = text.rsplit_once(':') else {
        return Some(Place {
            ip: None,
            port: Some(number(text)?),
        });
    };
    let ip = match ip.strip_prefix('[') {
        Some(ip) => ip.strip_suffix(']')?,
        // An IPv6 address without brackets has no end.
        None if ip.contains(':') => return None,
        None => ip,
    };
    (!ip.is_empty()).then_some(Place {
        ip: Some(ip.into()),
        port: Some(number(port)?),
    })
}

/// A number of digits alone: `parse` would take a sign as well.
fn number(text: &str) -> Option<u16> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())?
}

impl From<&str> for Protocol {
    fn from(name: &str) -> Self {
        match name.to_ascii_lowercase().as_str() {
            "tcp" => Self::Tcp,
            "udp" => Self::Udp,
            "sctp" => Self::Sctp,
            other => Self::Other(other.into()),
        }
    }
}

impl std::fmt::Display for Protocol {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Sctp => "sctp",
            Self::Other(name) => name,
        })
    }
}

impl std::fmt::Display for ContainerPort {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.port, self.protocol)
    }
}

impl std::fmt::Display for HostBinding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let port = self
            .host_port
            .map_or_else(|| "?".to_owned(), |port| port.to_string());
        match &self.host_ip {
            ip if ip.contains(':') => write!(f, "[{ip}]:{port}"),
            ip => write!(f, "{ip}:{port}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn port(spec: impl Into<PortSpec>) -> Option<String> {
        spec.into().port().ok().map(|port| port.to_string())
    }

    fn place(port: impl Into<HostPort>) -> Option<(Option<String>, Option<u16>)> {
        port.into().place().ok().map(|place| (place.ip, place.port))
    }

    #[test]
    fn reads_container_ports() {
        assert_eq!(port(80).as_deref(), Some("80/tcp"));
        assert_eq!(port("80").as_deref(), Some("80/tcp"));
        assert_eq!(port("53/udp").as_deref(), Some("53/udp"));
        assert_eq!(port("53/UDP").as_deref(), Some("53/udp"));
        assert_eq!(port((9, Protocol::Sctp)).as_deref(), Some("9/sctp"));
        for text in ["", "/tcp", "80/", "65536", "+80", "-1", "80-90", "http"] {
            assert_eq!(port(text), None, "{text}");
        }
    }

    #[test]
    fn reads_places_on_the_machine() {
        let local = |port| Some((Some("127.0.0.1".to_owned()), port));
        assert_eq!(place(8080), Some((None, Some(8080))));
        assert_eq!(place("8080"), Some((None, Some(8080))));
        assert_eq!(place("127.0.0.1:8080"), local(Some(8080)));
        assert_eq!(place(("127.0.0.1", 8080)), local(Some(8080)));
        assert_eq!(place("[::1]:80"), Some((Some("::1".to_owned()), Some(80))));
        assert_eq!(place(HostPort::any()), Some((None, None)));
        assert_eq!(place(HostPort::any_at("127.0.0.1")), local(None));
        for text in ["", ":80", "::1:80", "1.2.3.4:", "[::1:80", "1.2.3.4:x"] {
            assert_eq!(place(text), None, "{text}");
        }
    }

    #[test]
    fn bindings_print_as_addresses() {
        let binding = |ip: &str, host_port| {
            HostBinding {
                host_ip: ip.into(),
                host_port,
            }
            .to_string()
        };
        assert_eq!(binding("0.0.0.0", Some(80)), "0.0.0.0:80");
        assert_eq!(binding("::", Some(80)), "[::]:80");
        assert_eq!(binding("::", None), "[::]:?");
    }
}
