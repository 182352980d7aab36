//! `dockwit run`.

mod audit;
mod guarded;
mod learn;
mod ledger;
mod not_started;
mod outcome;
pub(super) mod policy;
mod reread;

use std::path::PathBuf;
use std::pin::pin;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use directories::ProjectDirs;
use tokio_util::sync::CancellationToken;

use self::learn::Learning;
use super::failure::{Failure, NOT_STARTED};
use super::options::{self, Variable};
use super::signals::{Hangups, Signals};
use super::{COMPILE, engine, output, text, wasm_file};
use crate::keeper::{Left, Plan};
use crate::policy::{Directory, Sandbox, Setting};
use crate::runtime::cache::Cache;
use crate::runtime::compile::Compiler;
use crate::runtime::{Outcome, Plugin, Run, RunSetup, Runtime};

/// A plugin may call what it is granted, by a policy or in short by --allow, and has standard input and output, clocks and
/// random numbers. It has no file, no variable and no network unless given; a network never.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Options {
    /// The plugin: a WebAssembly component built for wasm32-wasip2
    plugin: PathBuf,

    /// What the plugin may do, in TOML; `dockwit policy schema` tells the keys. It is read again on SIGHUP: what is narrower holds
    /// from the next call on, what is wider waits for the next run
    #[arg(long, value_name = "FILE", conflicts_with_all = ["allow", "api", "partial", "show", "directories", "variables"])]
    policy: Option<PathBuf>,

    /// Let the plugin do all that it asks for, with containers of its own of any image and nothing of the machine, and write the least
    /// policy that would have allowed it
    #[arg(long, value_name = "OUT.toml", conflicts_with_all = ["policy", "allow", "api", "partial"])]
    learn: Option<PathBuf>,

    /// Write over the file of --learn
    #[arg(long, requires = "learn")]
    force: bool,

    /// Ask the engine, and change nothing: what the plugin would have it do is decided and told on standard error, a line each
    #[arg(long, conflicts_with_all = ["learn", "audit"])]
    plan: bool,

    /// Set a key of the policy, with dots, such as create.images=any; the value as in TOML, or a bare text
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<Setting>,

    /// Grant these calls, such as containers.list,container.logs; `dockwit inspect` tells what the plugin asks for
    #[arg(long, value_name = "VERBS", value_delimiter = ',')]
    allow: Vec<String>,

    /// The version of dockwit:engine that patterns such as container.* in --allow stand for
    #[arg(long, value_name = "VERSION")]
    api: Option<String>,

    /// What answers tell of environments (env=none, names, values) and command lines (args=program, all) [default:
    /// env=names,args=program]
    #[arg(long, value_name = "WHAT", value_delimiter = ',', value_parser = options::show)]
    show: Vec<options::Shown>,

    /// Start the plugin though it asks for more than it is granted; those calls are denied
    #[arg(long)]
    partial: bool,

    /// Give the plugin a folder, to be read only with :ro
    #[arg(long = "dir", value_name = "HOST::GUEST[:ro]", value_parser = options::directory)]
    directories: Vec<Directory>,

    /// Give the plugin a variable; without a value, this process's own
    #[arg(long = "env", value_name = "NAME[=VALUE]", value_parser = options::variable)]
    variables: Vec<Variable>,

    /// Where what is asked, decided and done is told, a line of JSON each: a file to append to, or - for standard error
    #[arg(long, value_name = "FILE")]
    audit: Option<PathBuf>,

    /// The folder of the ledger, in which is whose what plugins made [default: dockwit/ledger below the user's data folder]
    #[arg(long, value_name = "DIR")]
    ledger: Option<PathBuf>,

    /// The engine: unix:///path or tcp://host:port [default: $DOCKER_HOST, or the socket /var/run/docker.sock]
    #[arg(long, value_name = "URL")]
    engine: Option<String>,

    /// How long the plugin has to stop after Ctrl-C or SIGTERM before it is ended
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = options::duration)]
    grace: Duration,

    /// Compile the plugin anew, and don't keep the code
    #[arg(long)]
    no_cache: bool,

    /// Arguments for the plugin
    #[arg(last = true, value_name = "ARGS")]
    args: Vec<String>,
}

const AFTER_HELP: &str = "\
Examples:
  A plugin that lists containers and reads their logs:
    dockwit run monitor.wasm --allow containers.list,container.logs
  One with a folder to write to, and arguments of its own:
    dockwit run report.wasm --allow containers.list --dir ./out::/out -- --since 1h
  The same, with all that it does on record:
    dockwit run monitor.wasm --allow containers.list,container.logs --audit audit.jsonl
  One that makes containers of any image, and may publish some ports:
    dockwit run dev.wasm --allow containers.create,container.start --set create.images=any \\
      --set create.egress=true --set 'create.ports={ip=\"127.0.0.1\",range=\"8000-8010\"}'
  Let it run, and write down what it used as a policy; then run it under that:
    dockwit run dev.wasm --learn dev.toml && dockwit run dev.wasm --policy dev.toml
  See what it would do, and let it do nothing:
    dockwit run dev.wasm --policy dev.toml --plan
  A policy with one key otherwise:
    dockwit run monitor.wasm --policy monitor.toml --set limits.time=20m
  All that containers of version 0.1.0 can do, on another engine:
    dockwit run ops.wasm --api 0.1.0 --allow 'containers.*,container.*' --engine tcp://10.0.0.5:2375

Signals:
  SIGHUP  reads the file of --policy again, whole or not at all, and tells what is narrower from now on

Exit status:
  the plugin's own: 0 after success, 1 after failure, or the one that it sets
  125  the plugin wasn't started: wrong options, a file that is no plugin, or a grant is missing
  130  it was ended after Ctrl-C, because the grace period was over or on a second Ctrl-C
  134  it trapped, by a panic mostly, or met a limit
  143  it was ended after SIGTERM, likewise

Environment:
  DOCKER_HOST  the engine, unless --engine names one
  DOCKWIT_LOG  dockwit's own log on standard error: info, debug, dockwit_host=trace";

/// Runs a plugin; the status is the plugin's.
pub(super) fn run(options: &Options) -> Result<ExitCode, Failure> {
    let learning = options.learn.as_deref();
    let learning = learning.map(|out| Learning::of(options, out)).transpose()?;
    let policy = match &learning {
        Some(learning) => learning.ceiling(),
        None => options.policy()?,
    };
    let client = engine::client(options.engine.as_deref())?;
    let wants_ledger = policy.wants_ledger();
    let sandbox = policy.sandbox().clone();
    let mut setup = RunSetup::new(client).policy(policy);
    let named = options.ledger.as_deref();
    // It is removed, with the ledger's copy in it, when the run is over.
    let aside = options.plan.then(tempfile::tempdir).transpose();
    let aside = aside.map_err(|error| Failure::of(NOT_STARTED, &error))?;
    match &aside {
        Some(aside) => {
            if wants_ledger {
                setup = setup.ledger(ledger::open_to_look(named, aside.path())?);
            }
            setup = setup.plan(Plan::new(aside.path().join("copy"), tell_planned));
        }
        None if wants_ledger => setup = setup.ledger(ledger::open(named)?),
        None => {}
    }
    if let Some(learning) = &learning {
        setup = setup.learner(learning.learner());
    }
    if let Some(place) = &options.audit {
        setup = setup.audit(audit::sink(place)?);
    }
    let setup = options.guard(setup);
    let component = wasm_file::read(&options.plugin, NOT_STARTED)?;
    let runtime = Runtime::new().map_err(|error| {
        Failure::new(
            NOT_STARTED,
            format!("wasmtime can't be set up on this machine: {error:#}"),
        )
    })?;
    let plugin = options.load(&runtime, &component, &sandbox)?;
    drop(component);

    // One thread: a call and its answer then need no hand-over between threads.
    let tokio = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let tokio = tokio.map_err(|error| Failure::of(NOT_STARTED, &error))?;
    let status = tokio.block_on(options.drive(&plugin, setup, learning.as_ref()));
    // A thread that still waits for standard input is not waited for.
    tokio.shutdown_background();
    status.map(ExitCode::from)
}

impl Options {
    fn load(
        &self,
        runtime: &Runtime,
        component: &[u8],
        sandbox: &Sandbox,
    ) -> Result<Plugin, Failure> {
        let compiler = Compiler::this_program([COMPILE], sandbox);
        let plugin = match self.cache() {
            Some(cache) => runtime.load_with(component, |engine, bytes| {
                cache.component_by(engine, bytes, |engine, bytes| {
                    compiler.component(engine, bytes)
                })
            }),
            None => runtime.load_with(component, |engine, bytes| compiler.component(engine, bytes)),
        };
        plugin.map_err(|error| not_started::not_loaded(&error))
    }

    fn cache(&self) -> Option<Cache> {
        // Without a home there is no place for it.
        let places = ProjectDirs::from("", "", "dockwit").filter(|_| !self.no_cache)?;
        let key = places.data_local_dir().join("code-cache.key");
        Some(Cache::open(places.cache_dir().join("code"), key))
    }

    async fn drive(
        &self,
        plugin: &Plugin,
        setup: RunSetup,
        learning: Option<&Learning>,
    ) -> Result<u8, Failure> {
        let stop = CancellationToken::new();
        let stdio = output::inherited().map_err(|error| Failure::of(NOT_STARTED, &error))?;
        let setup = self.complete(setup).stdio(stdio);
        let setup = setup.stop(stop.clone(), self.grace);
        let run = plugin
            .begin(setup)
            .await
            .map_err(|error| self.not_begun(&error))?;
        let signals = Signals::take().map_err(|error| Failure::of(NOT_STARTED, &error))?;
        // Without a file there is nothing to read again, and a hangup ends the command.
        let hangups = self.policy.as_ref().map(|_| Hangups::take()).transpose();
        let hangups = hangups.map_err(|error| Failure::of(NOT_STARTED, &error))?;
        let policy = run.policy();
        let status = tokio::select! {
            status = self.finish(run, &stop, signals) => status,
            never = self.reread(hangups, &policy) => match never {},
        };
        if let Some(learning) = learning {
            say(&learning.write(self)?);
        }
        status
    }

    fn complete(&self, mut setup: RunSetup) -> RunSetup {
        let name = self
            .plugin
            .file_name()
            .unwrap_or(self.plugin.as_os_str())
            .to_string_lossy();
        setup =
            setup.args(std::iter::once(name.as_ref()).chain(self.args.iter().map(String::as_str)));
        for Variable { name, value } in &self.variables {
            setup = setup.env(name, value);
        }
        setup.environment(|name| std::env::var(name).ok())
    }

    /// Waits for the end. The first signal asks the plugin to stop, the second ends it, the third lets go of the writes that
    /// it has sent.
    async fn finish(
        &self,
        run: Run,
        stop: &CancellationToken,
        mut signals: Signals,
    ) -> Result<u8, Failure> {
        let rest = run.rest();
        let asked = {
            let mut finish = pin!(run.finish());
            let asked = tokio::select! {
                outcome = &mut finish => return outcome::status(told(outcome), None),
                signal = signals.next() => signal,
            };
            let grace = humantime::format_duration(self.grace);
            say(&format!(
                "asked the plugin to stop; it has {grace}, and a second signal ends it"
            ));
            stop.cancel();
            tokio::select! {
                outcome = &mut finish => return outcome::status(told(outcome), Some(asked)),
                _ = signals.next() => asked,
            }
        };
        tokio::select! {
            left = rest.finish() => {
                say("ended the plugin");
                tell_left(&left);
            }
            _ = signals.next() => say("left what the plugin has sent to the engine; the next run looks what became of it"),
        }
        Ok(asked.status())
    }
}

/// Tells what the audit itself may not be able to.
fn told(outcome: Outcome) -> Outcome {
    if outcome.unaudited > 0 {
        say(&format!(
            "{} lines of the audit could not be written",
            outcome.unaudited
        ));
    }
    tell_left(&outcome.left);
    outcome
}

fn tell_left(left: &[Left]) {
    for left in left {
        say(&format!("left over: {left}"));
    }
}

fn tell_planned(line: &str) {
    output::tell(&format!("plan: {}\n", text::escape(line)));
}

fn say(message: &str) {
    output::tell(&format!("dockwit: {message}\n"));
}
