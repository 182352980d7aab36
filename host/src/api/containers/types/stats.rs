//! What a container uses.

use crate::api::Timestamp;

/// CPU time used, at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CpuStats {
    /// By the container, in nanoseconds.
    pub total_usage: u64,
    /// By the container in the kernel, in nanoseconds.
    pub kernel_usage: u64,
    /// By the container outside the kernel, in nanoseconds.
    pub user_usage: u64,
    /// By the container on each processor, in nanoseconds. Empty with version 2 of control groups.
    pub per_cpu_usage: Vec<u64>,
    /// By the whole machine, in nanoseconds.
    pub system_usage: u64,
    /// The number of processors at hand.
    pub online_cpus: u32,
    /// Scheduler periods in which a limit was in force.
    pub throttling_periods: u64,
    /// Periods in which it was held back.
    pub throttled_periods: u64,
    /// How long it was held back, in nanoseconds.
    pub throttled_time: u64,
}

/// Memory used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemoryStats {
    /// In bytes, caches included.
    pub usage: u64,
    /// The most ever used, in bytes. 0 with version 2 of control groups.
    pub max_usage: u64,
    /// How often the limit was met.
    pub fail_count: u64,
    /// The limit in bytes: the machine's memory if none was set.
    pub limit: u64,
    /// The kernel's counters by name: `cache`, `inactive_file`.
    pub details: Vec<(String, u64)>,
}

/// What went over one network interface.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InterfaceStats {
    /// The interface: `eth0`.
    pub name: String,
    /// Bytes received.
    pub rx_bytes: u64,
    /// Packets received.
    pub rx_packets: u64,
    /// Packets received with errors.
    pub rx_errors: u64,
    /// Packets dropped when received.
    pub rx_dropped: u64,
    /// Bytes sent.
    pub tx_bytes: u64,
    /// Packets sent.
    pub tx_packets: u64,
    /// Packets that could not be sent.
    pub tx_errors: u64,
    /// Packets dropped when sent.
    pub tx_dropped: u64,
}

/// A counter of block I/O.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BlkioEntry {
    /// What is counted: `io_service_bytes_recursive`.
    pub counter: String,
    /// The device's major number.
    pub major: u64,
    /// The device's minor number.
    pub minor: u64,
    /// The operation: `read`, `write`.
    pub op: String,
    /// The count.
    pub value: u64,
}

/// What a container uses, at one moment. All is 0 for a container that doesn't run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContainerStats {
    /// When this was read. None for a container that doesn't run.
    pub read: Option<Timestamp>,
    /// When `previous-cpu` was read. None where there was no reading before.
    pub previous_read: Option<Timestamp>,
    /// CPU time.
    pub cpu: CpuStats,
    /// CPU time at the reading before: the difference, by the machine's, is the share in use.
    pub previous_cpu: CpuStats,
    /// Memory.
    pub memory: MemoryStats,
    /// Processes now.
    pub pids: u64,
    /// Processes at most. None: no limit.
    pub pids_limit: Option<u64>,
    /// The network, interface by interface. Empty without a network.
    pub networks: Vec<InterfaceStats>,
    /// Block I/O, counter by counter.
    pub blkio: Vec<BlkioEntry>,
    /// What newer engines say besides: names, and values as JSON.
    pub more: Vec<(String, String)>,
}
