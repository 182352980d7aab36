//! What a container uses.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::StreamExt;
use futures::stream::{FusedStream, Stream};
use wit_bindgen::StreamReader;

use super::{Container, ContainerStats, MemoryStats};
use crate::call::{Call, awaits};
use crate::error::Result;
use crate::stream::{self, Items};

/// How many samples are read at a time. They come once a second, so more than a few are never there.
const BATCH: usize = 8;

/// A sample to be taken: [`Container::stats`]. Awaited, it gives [`ContainerStats`].
#[derive(Debug)]
#[must_use = "nothing is sent before it is awaited"]
pub struct Stats {
    call: Call<(Container, bool), Result<ContainerStats>>,
}

impl Stats {
    pub(super) fn new(container: &Container) -> Self {
        Self {
            call: Call::new((container.clone(), false)),
        }
    }

    /// At once and without a reading before, so that there is no share of the CPU; else the engine takes two, a second
    /// apart.
    pub const fn one_shot(mut self) -> Self {
        self.call.options.1 = true;
        self
    }

    /// Samples, about one a second, until the stream is dropped or the container removed. Needs the grant
    /// `container.stats-stream`.
    ///
    /// # Errors
    /// Those that every function of a [`Container`] has.
    pub async fn stream(self) -> Result<StatsStream> {
        let (container, _) = self.call.options;
        let (samples, end) = container.handle().stats_stream().await?;
        Ok(StatsStream {
            items: Items::new(samples, stream::end(end), BATCH),
        })
    }
}

awaits!(Stats => Result<ContainerStats>, |(container, one_shot)| async move {
    container.handle().stats(one_shot).await
});

/// What a container uses, sample by sample: a [`Stream`] of [`ContainerStats`].
///
/// `next()` may be dropped at any time: nothing is lost by it. Dropping the stream ends the call at the engine at once.
#[must_use = "a stream does nothing unless it is read"]
pub struct StatsStream {
    items: Items<StreamReader<ContainerStats>>,
}

impl Stream for StatsStream {
    type Item = Result<ContainerStats>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.items.poll_next_unpin(cx)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.items.size_hint()
    }
}

impl FusedStream for StatsStream {
    fn is_terminated(&self) -> bool {
        self.items.is_terminated()
    }
}

impl fmt::Debug for StatsStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.items.fmt(f)
    }
}

impl ContainerStats {
    /// The share of one processor that it used between the two readings, in percent: 150 is one and a half processors. 0
    /// where there was no reading before.
    #[must_use]
    pub fn cpu_percent(&self) -> f64 {
        let (now, before) = (&self.cpu, &self.previous_cpu);
        let machine = now.system_usage.saturating_sub(before.system_usage);
        if machine == 0 || before.system_usage == 0 {
            return 0.0;
        }
        let used = now.total_usage.saturating_sub(before.total_usage);
        used as f64 / machine as f64 * f64::from(now.online_cpus) * 100.0
    }
}

impl MemoryStats {
    /// Bytes in use without the part of the file cache that could be given up at once, as `docker stats` shows it.
    #[must_use]
    pub fn used(&self) -> u64 {
        // The first is the counter's name with version 1 of control groups, the second with version 2.
        let cache = ["total_inactive_file", "inactive_file"]
            .iter()
            .find_map(|name| self.details.iter().find(|(key, _)| key == name));
        self.usage
            .saturating_sub(cache.map_or(0, |(_, bytes)| *bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::containers::CpuStats;

    fn cpu(total_usage: u64, system_usage: u64) -> CpuStats {
        CpuStats {
            total_usage,
            kernel_usage: 0,
            user_usage: 0,
            per_cpu_usage: Vec::new(),
            system_usage,
            online_cpus: 2,
            throttling_periods: 0,
            throttled_periods: 0,
            throttled_time: 0,
        }
    }

    fn memory(usage: u64, details: &[(&str, u64)]) -> MemoryStats {
        let details = details
            .iter()
            .map(|&(name, value)| (name.to_owned(), value))
            .collect();
        MemoryStats {
            usage,
            max_usage: 0,
            fail_count: 0,
            limit: 0,
            details,
        }
    }

    #[test]
    fn the_share_of_the_cpu_is_of_one_processor() {
        let stats = |previous_cpu, cpu| ContainerStats {
            read: None,
            previous_read: None,
            cpu,
            previous_cpu,
            memory: memory(0, &[]),
            pids: 0,
            pids_limit: None,
            networks: Vec::new(),
            blkio: Vec::new(),
            more: Vec::new(),
        };
        assert_eq!(stats(cpu(100, 1_000), cpu(600, 2_000)).cpu_percent(), 100.0);
        assert_eq!(stats(cpu(0, 0), cpu(600, 2_000)).cpu_percent(), 0.0);
        assert_eq!(stats(cpu(600, 2_000), cpu(0, 0)).cpu_percent(), 0.0);
    }

    #[test]
    fn used_memory_leaves_out_the_idle_cache() {
        assert_eq!(memory(10, &[]).used(), 10);
        assert_eq!(memory(10, &[("inactive_file", 4)]).used(), 6);
        assert_eq!(
            memory(10, &[("inactive_file", 4), ("total_inactive_file", 3)]).used(),
            7
        );
        assert_eq!(memory(1, &[("inactive_file", 4)]).used(), 0);
    }
}
