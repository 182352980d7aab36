//! The generations of the engine that can be had from a Debian suite.

use std::fmt;

use clap::ValueEnum;

/// The packages that each of them needs besides its own.
const COMMON: [&str; 10] = [
    "base-files",
    "bash",
    "ca-certificates",
    "coreutils",
    "iproute2",
    "iptables",
    "kmod",
    "mount",
    // The engine runs `ps` for the list of a container's processes.
    "procps",
    "util-linux",
];

/// An engine of one generation.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum Generation {
    /// Docker 28, from sid.
    #[value(name = "docker-28")]
    Docker28,
    /// Docker 26, from trixie.
    #[value(name = "docker-26")]
    Docker26,
    /// Docker 20.10, from bookworm.
    #[value(name = "docker-20")]
    Docker20,
    /// Podman 5.8, from sid.
    #[value(name = "podman-5.8")]
    Podman58,
    /// Podman 5.4, from trixie.
    #[value(name = "podman-5.4")]
    Podman54,
    /// Podman 4.3, from bookworm.
    #[value(name = "podman-4.3")]
    Podman43,
}

impl Generation {
    /// All of them, the ordinary ones first.
    pub const ALL: [Self; 6] = [
        Self::Docker28,
        Self::Docker20,
        Self::Docker26,
        Self::Podman58,
        Self::Podman54,
        Self::Podman43,
    ];

    /// The newest and the oldest, on which every run of the tests runs.
    pub const ORDINARY: [Self; 2] = [Self::Docker28, Self::Docker20];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Docker28 => "docker-28",
            Self::Docker26 => "docker-26",
            Self::Docker20 => "docker-20",
            Self::Podman58 => "podman-5.8",
            Self::Podman54 => "podman-5.4",
            Self::Podman43 => "podman-4.3",
        }
    }

    /// The Debian suite that carries it.
    pub fn suite(self) -> &'static str {
        match self {
            Self::Docker28 | Self::Podman58 => "sid",
            Self::Docker26 | Self::Podman54 => "trixie",
            Self::Docker20 | Self::Podman43 => "bookworm",
        }
    }

    /// Whether it is a Podman, and no Docker.
    pub fn is_podman(self) -> bool {
        matches!(self, Self::Podman58 | Self::Podman54 | Self::Podman43)
    }

    /// The packages to unpack.
    pub fn packages(self) -> Vec<&'static str> {
        let own: &[&str] = match self {
            Self::Docker28 => &[
                "docker.io",
                "docker-cli",
                "containerd",
                "runc",
                "tini-static",
                "systemd-standalone-sysusers",
            ],
            Self::Docker26 => &[
                "docker.io",
                "docker-cli",
                "containerd",
                "runc",
                "tini",
                "systemd-standalone-sysusers",
            ],
            Self::Docker20 => &["docker.io", "tini"],
            Self::Podman58 | Self::Podman54 => &[
                "podman",
                "crun",
                "runc",
                "netavark",
                "aardvark-dns",
                "passwd",
                "nftables",
            ],
            Self::Podman43 => &[
                "podman",
                "crun",
                "runc",
                "netavark",
                "aardvark-dns",
                "passwd",
            ],
        };
        [own, &COMMON].concat()
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_those_of_the_command_line() {
        for generation in Generation::ALL {
            assert_eq!(
                Generation::from_str(generation.name(), false),
                Ok(generation)
            );
        }
    }
}
