//! What a container takes of the plugin's quotas.

use std::net::IpAddr;

use super::shape::{Mode, Shape};
use crate::api::Protocol;
use crate::api::containers::RestartCondition;

/// What a container takes of the plugin's quotas for as long as it exists. Not limited counts as all
/// there is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claims {
    /// Memory in bytes.
    pub memory: u64,
    /// Processors in billionths.
    pub nano_cpus: u64,
    /// Processes.
    pub pids: u64,
    /// Ports of the machine.
    pub ports: Vec<PortClaim>,
    /// Volumes that are made with it.
    pub volumes: usize,
    /// Whether it counts as running from the first: it has a restart policy.
    pub running: bool,
}

/// A port of the machine.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PortClaim {
    /// The address.
    pub ip: IpAddr,
    /// The number.
    pub port: u16,
    /// The protocol.
    pub protocol: Protocol,
}

impl Claims {
    pub(super) fn of(shape: &Shape, volumes: usize) -> Self {
        let ports = shape.network.ports.iter().filter_map(|at| {
            Some(PortClaim {
                ip: at.ip?,
                port: at.port?,
                protocol: at.container.protocol.clone(),
            })
        });
        // On the machine's network, ports aren't published.
        let ports = match shape.network.mode {
            Mode::Host | Mode::None => Vec::new(),
            _ => ports.collect(),
        };
        Self {
            memory: shape.limits.memory.unwrap_or(u64::MAX),
            nano_cpus: shape.limits.cpus.unwrap_or(u64::MAX),
            pids: shape.limits.pids.unwrap_or(u64::MAX),
            ports,
            volumes,
            running: shape.restart.condition != RestartCondition::No,
        }
    }
}
