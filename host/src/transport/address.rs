//! Where an engine is.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use hyper::http::uri::Authority;

use super::error::{Error, ErrorKind};

/// The socket that an engine listens on unless told otherwise.
pub const DEFAULT_SOCKET: &str = "/var/run/docker.sock";

/// The longest path of a socket that is accepted, in bytes: Linux's own limit for any path.
const MAX_SOCKET_PATH: usize = 4096;

/// The address of an engine, as in `DOCKER_HOST`.
///
/// It is parsed from `unix:///path`, `tcp://host:port` or `http://host:port`. The default is
/// `unix:///var/run/docker.sock`. Nothing here reads the environment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Address {
    /// A Unix socket, by its absolute path.
    Unix(PathBuf),
    /// Plain HTTP over TCP. Whoever can reach the port is root on the engine's machine.
    Tcp {
        /// A name or an IP address; an IPv6 address is in brackets.
        host: String,
        /// The port.
        port: u16,
    },
}

impl Default for Address {
    fn default() -> Self {
        Self::Unix(PathBuf::from(DEFAULT_SOCKET))
    }
}

impl FromStr for Address {
    type Err = Error;

    /// Parses an address.
    ///
    /// Fails with `InvalidAddress` for what can't be understood, and with `Unsupported` for
    /// `https`, `ssh`, `fd` and `npipe`.
    fn from_str(text: &str) -> Result<Self, Error> {
        let Some((scheme, rest)) = text.split_once("://") else {
            return Err(invalid(
                text,
                "it has no scheme: write unix:///path or tcp://host:port",
            ));
        };
        match scheme {
            "unix" => unix(text, rest),
            "tcp" | "http" => tcp(text, rest),
            "https" | "ssh" => Err(unsupported(text, "is not supported yet")),
            "fd" => Err(unsupported(
                text,
                "is what an engine listens on, no address of one",
            )),
            "npipe" => Err(unsupported(
                text,
                "is a Windows pipe, which is not supported",
            )),
            _ => Err(invalid(
                text,
                "its scheme is unknown: use unix:// or tcp://",
            )),
        }
    }
}

fn unix(text: &str, path: &str) -> Result<Address, Error> {
    if path.is_empty() {
        return Ok(Address::default());
    }
    if path.len() > MAX_SOCKET_PATH || path.contains('\0') {
        return Err(invalid(text, "no socket can have this path"));
    }
    // `unix://path` is old and means the same as `unix:///path`.
    let slash = if path.starts_with('/') { "" } else { "/" };
    Ok(Address::Unix(PathBuf::from(format!("{slash}{path}"))))
}

fn tcp(text: &str, rest: &str) -> Result<Address, Error> {
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    if rest.contains('@') {
        return Err(invalid(text, "a user name in it has no meaning"));
    }
    if rest.contains(['/', '?', '#']) {
        return Err(invalid(
            text,
            "only a host and a port may follow the scheme",
        ));
    }
    let authority: Authority = rest
        .parse()
        .map_err(|_| invalid(text, "it is not of the form host:port"))?;
    if authority.host().is_empty() {
        return Err(invalid(text, "it has no host"));
    }
    match authority.port_u16() {
        Some(port) if port > 0 => Ok(Address::Tcp {
            host: authority.host().to_owned(),
            port,
        }),
        _ => Err(invalid(text, "it has no port: engines use 2375")),
    }
}

fn invalid(text: &str, why: &str) -> Error {
    Error::new(ErrorKind::InvalidAddress(format!(
        "bad engine address {text:?}: {why}"
    )))
}

fn unsupported(text: &str, why: &str) -> Error {
    Error::new(ErrorKind::Unsupported(format!(
        "engine address {text:?} {why}"
    )))
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
            Self::Tcp { host, port } => write!(f, "tcp://{host}:{port}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> String {
        match text.parse::<Address>() {
            Ok(address) => address.to_string(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn addresses_are_understood() {
        for (text, meaning) in [
            ("unix:///run/d.sock", "unix:///run/d.sock"),
            ("unix://run/d.sock", "unix:///run/d.sock"),
            ("unix://", "unix:///var/run/docker.sock"),
            ("tcp://localhost:2375", "tcp://localhost:2375"),
            ("tcp://10.0.0.1:2375/", "tcp://10.0.0.1:2375"),
            ("http://[::1]:80", "tcp://[::1]:80"),
        ] {
            assert_eq!(parsed(text), meaning, "{text}");
        }
        assert_eq!(
            Address::default().to_string(),
            "unix:///var/run/docker.sock"
        );
    }

    #[test]
    fn others_are_refused_with_the_reason() {
        for (text, reason) in [
            ("", "no scheme"),
            ("/var/run/docker.sock", "no scheme"),
            ("tcp://localhost", "no port"),
            ("tcp://localhost:0", "no port"),
            ("tcp://:2375", "host"),
            ("tcp://a:b@host:1", "user name"),
            ("tcp://host:1/prefix", "only a host and a port"),
            ("tcp://ho st:1", "host:port"),
            ("tcp://host:99999", "port"),
            ("unix:///a\0b", "path"),
            ("fd://3", "listens on"),
            ("npipe:////./pipe/docker", "Windows"),
            ("https://host:2376", "not supported yet"),
            ("ssh://host", "not supported yet"),
            ("gopher://host:70", "unknown"),
        ] {
            let message = parsed(text);
            assert!(message.contains(reason), "{text:?}: {message}");
        }
    }

    #[test]
    fn what_may_come_later_is_of_another_kind_than_a_mistake() {
        let kind = |text: &str| text.parse::<Address>().map_err(|e| e.kind().clone());
        assert!(matches!(kind("ssh://host"), Err(ErrorKind::Unsupported(_))));
        assert!(matches!(
            kind("tcp://host"),
            Err(ErrorKind::InvalidAddress(_))
        ));
    }
}
