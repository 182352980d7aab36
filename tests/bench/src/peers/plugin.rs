//! A plugin through dockwit. It runs in this process, which is what embedding is, and as long as the benchmark; it is told
//! over its standard input what to do, and measures by itself.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};
use dockwit_host::policy::Policy;
use dockwit_host::policy::audit::AuditFile;
use dockwit_host::policy::ledger::Ledger;
use dockwit_host::runtime::{Outcome, RunSetup, Runtime, Stdio};
use futures::future::LocalBoxFuture;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, Lines};
use tokio::task::JoinHandle;
use wasmtime_wasi::cli::{AsyncStdinStream, AsyncStdoutStream};
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;

use super::{Peer, api};
use crate::environment::{Environment, PREFIX};
use crate::rows::Row;

/// The most that is said in one go, in bytes.
const TALK: usize = 64 << 10;

/// A policy in force: all is in scope, and what is made is bounded, kept in a ledger and read back.
const POLICY: &str = r#"
version = 1
plugin = "bench"
allow = ["system.ping", "containers.*", "container.*"]
deny = ["container.inspect-json"]
missing = "deny"
api = "0.1.0"
scope = { containers = "all", change = { containers = "all" } }
show = { env = "values", args = "all" }
create = { images = "any", names = ["dockwit-bench-*"], labels = ["*"], egress = true }
limits = { calls = "1000000/s" }
"#;

pub(crate) struct Plugin {
    /// Its clock is what lets others go on beside a plugin.
    _runtime: Runtime,
    run: JoinHandle<Outcome>,
    stdin: DuplexStream,
    stdout: Lines<BufReader<DuplexStream>>,
    stderr: MemoryOutputPipe,
}

impl Plugin {
    /// Begins a run. With an audit, that goes to a file of its own.
    pub(crate) async fn begin(environment: &Environment, audited: bool) -> Result<Self> {
        let runtime = Runtime::new().map_err(|error| anyhow!("no runtime: {error:#}"))?;
        let file = environment.plugin("bench");
        let bytes = std::fs::read(&file).with_context(|| file.display().to_string())?;
        let plugin = runtime.load(&bytes)?;

        let (stdin, plugin_stdin) = tokio::io::duplex(TALK);
        let (plugin_stdout, stdout) = tokio::io::duplex(TALK);
        let stderr = MemoryOutputPipe::new(TALK);
        let stdio = Stdio::custom(
            AsyncStdinStream::new(plugin_stdin),
            AsyncStdoutStream::new(TALK, plugin_stdout),
            stderr.clone(),
        );
        let scratch = environment.scratch.path();
        let mut setup = RunSetup::new(api::connect(environment)?)
            .policy(Policy::parse(POLICY)?)
            .ledger(Ledger::open(scratch.join("ledger"))?)
            .args(["bench"])
            .env("PREFIX", PREFIX)
            .env("IMAGE", &environment.image)
            .stdio(stdio);
        if audited {
            let file = AuditFile::open(&scratch.join("audit.jsonl"))?;
            setup = setup.audit(Arc::new(file));
        }
        let run = plugin.begin(setup).await?;
        Ok(Self {
            _runtime: runtime,
            run: tokio::spawn(run.finish()),
            stdin,
            stdout: BufReader::new(stdout).lines(),
            stderr,
        })
    }

    async fn ask(&mut self, row: Row, count: usize) -> Result<Vec<Duration>> {
        let request = format!("{} {count}\n", row.name());
        self.stdin.write_all(request.as_bytes()).await?;
        let answer = self.stdout.next_line().await?;
        let answer = answer.with_context(|| self.complaint())?;
        let times = answer.split(' ').map(|nanoseconds| {
            let nanoseconds = nanoseconds.parse().with_context(|| answer.clone())?;
            Ok(Duration::from_nanos(nanoseconds))
        });
        times.collect()
    }

    fn complaint(&self) -> String {
        let stderr = self.stderr.contents();
        format!("the plugin has ended: {}", String::from_utf8_lossy(&stderr))
    }
}

impl Peer for Plugin {
    fn times(&mut self, row: Row, count: usize) -> LocalBoxFuture<'_, Result<Vec<Duration>>> {
        Box::pin(self.ask(row, count))
    }

    fn finish(self: Box<Self>) -> LocalBoxFuture<'static, Result<()>> {
        Box::pin(async move {
            let complaint = self.complaint();
            // The plugin ends with its standard input; the runtime has to live until then.
            drop(self.stdin);
            let outcome = self.run.await?;
            ensure!(outcome.success(), "{complaint}");
            Ok(())
        })
    }
}
