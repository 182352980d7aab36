//! What a container uses.

use bytes::Bytes;

use super::Container;
use super::types::{BlkioEntry, ContainerStats, CpuStats, InterfaceStats, MemoryStats};
use crate::api::Result;
use crate::api::json::{Map, Moment, More, Record, Row, Source, row};
use crate::api::stream::ItemStream;
use crate::transport::{self, Decoder, JsonDecoder, Request};

/// Readings of what a container uses, about one a second.
pub type StatsStream = ItemStream<StatsDecoder>;

impl Container<'_> {
    /// Reads what it uses, once: `GET /containers/{id}/stats`.
    ///
    /// With `one_shot` at once and without a reading before; else the engine takes two, a second
    /// apart. Podman leaves `previous_cpu` empty in both cases.
    pub async fn stats(&self, one_shot: bool) -> Result<ContainerStats> {
        let mut request = self
            .at(Request::get("/containers/{id}/stats"))
            .query("stream", "0");
        if one_shot {
            request = request.query("one-shot", "1");
        }
        self.client
            .fetch(request, |body| match body.is_empty() {
                // So does Podman for a container that doesn't run.
                true => Ok(ContainerStats::default()),
                false => row(&body),
            })
            .await
    }

    /// Reads what it uses about once a second: `GET /containers/{id}/stats`. Returns at the head
    /// of the answer.
    ///
    /// The stream ends when the container is removed. For one that doesn't run, engines go on and
    /// on with readings in which all is 0 and `read` is none.
    pub async fn stats_stream(&self) -> Result<StatsStream> {
        let request = self
            .at(Request::get("/containers/{id}/stats"))
            .query("stream", "1");
        let body = self.client.open(request).await?;
        Ok(ItemStream::new(body, StatsDecoder::default()))
    }
}

/// Takes a stream of readings apart.
#[derive(Debug, Default)]
pub struct StatsDecoder {
    values: JsonDecoder,
}

impl Decoder for StatsDecoder {
    type Item = ContainerStats;

    fn feed(&mut self, piece: Bytes) {
        self.values.feed(piece);
    }

    fn next(&mut self) -> transport::Result<Option<ContainerStats>> {
        self.values.next()?.map(|value| reading(&value)).transpose()
    }

    fn finish(&mut self) -> transport::Result<Option<ContainerStats>> {
        self.values
            .finish()?
            .map(|value| reading(&value))
            .transpose()
    }

    fn kept(&self) -> usize {
        self.values.kept()
    }

    /// A reading takes about this, in bytes: its fields, and some names.
    fn size(stats: &ContainerStats) -> usize {
        size_of::<ContainerStats>()
            + stats.memory.details.len() * 64
            + stats.blkio.len() * size_of::<BlkioEntry>()
            + stats.networks.len() * size_of::<InterfaceStats>()
            + texts(&stats.more)
    }
}

/// What is kept as JSON.
fn texts(more: &[(String, String)]) -> usize {
    let text =
        |(key, value): &(String, String)| size_of::<(String, String)>() + key.len() + value.len();
    more.iter().map(text).sum()
}

fn reading(value: &[u8]) -> transport::Result<ContainerStats> {
    row(value).map_err(|error| transport::Error::protocol(error.message()))
}

impl Record for ContainerStats {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "read" => value.get().map(|Moment(moment)| self.read = moment),
            "preread" => value
                .get()
                .map(|Moment(moment)| self.previous_read = moment),
            "cpu_stats" => value.put(&mut self.cpu),
            "precpu_stats" => value.put(&mut self.previous_cpu),
            "memory_stats" => value.put(&mut self.memory),
            "pids_stats" => value.get().map(|pids: PidsPart| {
                self.pids = pids.current;
                self.pids_limit = pids.limit;
            }),
            "networks" => value.get().map(|Map(networks)| {
                let named =
                    |(name, stats): (String, InterfaceStats)| InterfaceStats { name, ..stats };
                self.networks = networks.into_iter().map(named).collect();
            }),
            "blkio_stats" => value
                .get()
                .map(|Map(counters)| self.blkio = entries(counters)),
            // Who it is about is known, and the last two are of other systems.
            "id" | "Id" | "name" | "num_procs" | "storage_stats" => value.skip(),
            _ => value.keep(key, &mut self.more),
        }
    }
}

impl Row for ContainerStats {
    fn more(&mut self) -> &mut More {
        &mut self.more
    }
}

fn entries(counters: Vec<(String, Vec<BlkioEntry>)>) -> Vec<BlkioEntry> {
    let mut all = Vec::new();
    for (counter, entries) in counters {
        all.extend(entries.into_iter().map(|entry| BlkioEntry {
            counter: counter.clone(),
            ..entry
        }));
    }
    all
}

impl Record for CpuStats {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "cpu_usage" => value.get().map(|usage: UsagePart| {
                self.total_usage = usage.total;
                self.kernel_usage = usage.kernel;
                self.user_usage = usage.user;
                self.per_cpu_usage = usage.per_cpu;
            }),
            "system_cpu_usage" => value.put(&mut self.system_usage),
            "online_cpus" => value.put(&mut self.online_cpus),
            "throttling_data" => value.get().map(|throttling: ThrottlingPart| {
                self.throttling_periods = throttling.periods;
                self.throttled_periods = throttling.throttled_periods;
                self.throttled_time = throttling.throttled_time;
            }),
            _ => value.skip(),
        }
    }
}

#[derive(Default)]
struct UsagePart {
    total: u64,
    kernel: u64,
    user: u64,
    per_cpu: Vec<u64>,
}

impl Record for UsagePart {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "total_usage" => value.put(&mut self.total),
            "usage_in_kernelmode" => value.put(&mut self.kernel),
            "usage_in_usermode" => value.put(&mut self.user),
            "percpu_usage" => value.put(&mut self.per_cpu),
            _ => value.skip(),
        }
    }
}

#[derive(Default)]
struct ThrottlingPart {
    periods: u64,
    throttled_periods: u64,
    throttled_time: u64,
}

impl Record for ThrottlingPart {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "periods" => value.put(&mut self.periods),
            "throttled_periods" => value.put(&mut self.throttled_periods),
            "throttled_time" => value.put(&mut self.throttled_time),
            _ => value.skip(),
        }
    }
}

impl Record for MemoryStats {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "usage" => value.put(&mut self.usage),
            "max_usage" => value.put(&mut self.max_usage),
            "failcnt" => value.put(&mut self.fail_count),
            "limit" => value.put(&mut self.limit),
            "stats" => value.get().map(|Map(details)| self.details = details),
            _ => value.skip(),
        }
    }
}

#[derive(Default)]
struct PidsPart {
    current: u64,
    limit: Option<u64>,
}

impl Record for PidsPart {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "current" => value.put(&mut self.current),
            "limit" => value.put(&mut self.limit),
            _ => value.skip(),
        }
    }

    fn complete(&mut self) {
        // Both are the engine's words for no limit.
        self.limit = self.limit.filter(|limit| ![0, u64::MAX].contains(limit));
    }
}

impl Record for InterfaceStats {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "rx_bytes" => value.put(&mut self.rx_bytes),
            "rx_packets" => value.put(&mut self.rx_packets),
            "rx_errors" => value.put(&mut self.rx_errors),
            "rx_dropped" => value.put(&mut self.rx_dropped),
            "tx_bytes" => value.put(&mut self.tx_bytes),
            "tx_packets" => value.put(&mut self.tx_packets),
            "tx_errors" => value.put(&mut self.tx_errors),
            "tx_dropped" => value.put(&mut self.tx_dropped),
            _ => value.skip(),
        }
    }
}

impl Record for BlkioEntry {
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error> {
        match key {
            "major" => value.put(&mut self.major),
            "minor" => value.put(&mut self.minor),
            "op" => value.put(&mut self.op),
            "value" => value.put(&mut self.value),
            _ => value.skip(),
        }
    }
}
