//! The limits that can be set when a container is made, and changed later.

/// The setters that [`ContainerSpec`](super::ContainerSpec) and
/// [`UpdateSpec`](super::UpdateSpec) have in common.
macro_rules! limit_setters {
    ($($to:ident).+) => {
        /// Memory in bytes at most; at least 6 MiB.
        pub fn set_memory(&mut self, bytes: u64) -> &mut Self {
            self.guard.set("set-memory", check::number(bytes), &mut self.$($to).+.memory);
            self
        }

        /// Memory in bytes that it is brought back to when the machine is short; below its memory.
        pub fn set_memory_reservation(&mut self, bytes: u64) -> &mut Self {
            self.guard.set("set-memory-reservation", check::number(bytes), &mut self.$($to).+.memory_reservation);
            self
        }

        /// Memory and swap together in bytes at most; -1 is without a limit. By default twice the
        /// memory.
        pub fn set_memory_swap(&mut self, bytes: i64) -> &mut Self {
            self.guard.set("set-memory-swap", Ok(bytes), &mut self.$($to).+.memory_swap);
            self
        }

        /// Processors at most, in billionths: 1,500,000,000 is one and a half.
        pub fn set_nano_cpus(&mut self, nano_cpus: u64) -> &mut Self {
            self.guard.set("set-nano-cpus", check::number(nano_cpus), &mut self.$($to).+.nano_cpus);
            self
        }

        /// Relative weight of CPU time; by default 1,024.
        pub fn set_cpu_shares(&mut self, shares: u64) -> &mut Self {
            self.guard.set("set-cpu-shares", check::number(shares), &mut self.$($to).+.cpu_shares);
            self
        }

        /// The CPU scheduler's period in microseconds, 1,000 to 1,000,000.
        pub fn set_cpu_period(&mut self, microseconds: u64) -> &mut Self {
            self.guard.set("set-cpu-period", check::number(microseconds), &mut self.$($to).+.cpu_period);
            self
        }

        /// CPU time within a period in microseconds, at least 1,000; -1 is without a limit.
        pub fn set_cpu_quota(&mut self, microseconds: i64) -> &mut Self {
            self.guard.set("set-cpu-quota", Ok(microseconds), &mut self.$($to).+.cpu_quota);
            self
        }

        /// The processors it may use: `0-3`, `0,1`.
        pub fn set_cpuset_cpus(&mut self, cpus: impl Into<String>) -> &mut Self {
            self.guard.set("set-cpuset-cpus", check::line(cpus), &mut self.$($to).+.cpuset_cpus);
            self
        }

        /// The memory nodes it may use.
        pub fn set_cpuset_mems(&mut self, nodes: impl Into<String>) -> &mut Self {
            self.guard.set("set-cpuset-mems", check::line(nodes), &mut self.$($to).+.cpuset_mems);
            self
        }

        /// The number of processes at most; -1 is without a limit.
        pub fn set_pids_limit(&mut self, limit: i64) -> &mut Self {
            self.guard.set("set-pids-limit", Ok(limit), &mut self.$($to).+.pids_limit);
            self
        }

        /// Relative weight of block I/O, 10 to 1,000.
        pub fn set_blkio_weight(&mut self, weight: u16) -> &mut Self {
            self.guard.set("set-blkio-weight", Ok(weight), &mut self.$($to).+.blkio_weight);
            self
        }

        /// When the engine starts it again.
        pub fn set_restart_policy(&mut self, policy: RestartPolicy) -> &mut Self {
            self.guard.set("set-restart-policy", check::restart_policy(policy), &mut self.$($to).+.restart_policy);
            self
        }
    };
}

pub(super) use limit_setters;
