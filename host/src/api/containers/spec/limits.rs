//! The limits that can be set when a container is made, and changed later.

/// The setters that [`ContainerSpec`](super::ContainerSpec) and
/// [`UpdateSpec`](super::UpdateSpec) have in common.
macro_rules! limit_setters {
    ($spec:ty: $($to:ident).+) => {
        $crate::api::containers::spec::setters::setters! { $spec:
            /// Memory in bytes at most; at least 6 MiB.
            set set_memory(bytes: u64) = check::number(bytes) => $($to).+.memory, "set-memory";
            /// Memory in bytes that it is brought back to when the machine is short; below its memory.
            set set_memory_reservation(bytes: u64) = check::number(bytes) => $($to).+.memory_reservation, "set-memory-reservation";
            /// Memory and swap together in bytes at most; -1 is without a limit. By default twice the
            /// memory.
            set set_memory_swap(bytes: i64) = Ok(bytes) => $($to).+.memory_swap, "set-memory-swap";
            /// Processors at most, in billionths: 1,500,000,000 is one and a half.
            set set_nano_cpus(nano_cpus: u64) = check::number(nano_cpus) => $($to).+.nano_cpus, "set-nano-cpus";
            /// Relative weight of CPU time; by default 1,024.
            set set_cpu_shares(shares: u64) = check::number(shares) => $($to).+.cpu_shares, "set-cpu-shares";
            /// The CPU scheduler's period in microseconds, 1,000 to 1,000,000.
            set set_cpu_period(microseconds: u64) = check::number(microseconds) => $($to).+.cpu_period, "set-cpu-period";
            /// CPU time within a period in microseconds, at least 1,000; -1 is without a limit.
            set set_cpu_quota(microseconds: i64) = Ok(microseconds) => $($to).+.cpu_quota, "set-cpu-quota";
            /// The processors it may use: `0-3`, `0,1`.
            set set_cpuset_cpus(cpus: impl Into<String>) = check::line(cpus) => $($to).+.cpuset_cpus, "set-cpuset-cpus";
            /// The memory nodes it may use.
            set set_cpuset_mems(nodes: impl Into<String>) = check::line(nodes) => $($to).+.cpuset_mems, "set-cpuset-mems";
            /// The number of processes at most; -1 is without a limit.
            set set_pids_limit(limit: i64) = Ok(limit) => $($to).+.pids_limit, "set-pids-limit";
            /// Relative weight of block I/O, 10 to 1,000.
            set set_blkio_weight(weight: u16) = Ok(weight) => $($to).+.blkio_weight, "set-blkio-weight";
            /// When the engine starts it again.
            set set_restart_policy(policy: RestartPolicy) = check::restart_policy(policy) => $($to).+.restart_policy, "set-restart-policy";
        }
    };
}

pub(super) use limit_setters;
