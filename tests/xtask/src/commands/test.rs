//! `cargo xtask test`: all that has to hold.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::builder::PossibleValuesParser;

use crate::cache::Cache;
use crate::commands::plugins;
use crate::engine::Engines;
use crate::generation::Generation;
use crate::guest::Compiler;
use crate::http::Engine;
use crate::image::{self, Provided, TEST_IMAGE};
use crate::probe;
use crate::process;
use crate::programs::{self, Program};
use crate::progress::{Step, say};
use crate::report::{Passed, Report};
use crate::run_dir::RunDir;
use crate::test_log::{TestLog, count_done};
use crate::workspace::Workspace;

/// The package of the tests that need an engine.
const SUITE: &str = "dockwit-tests";

/// The task runner's own tests that start private engines.
const PRIVATE_ENGINES: &str = "private_engines";

/// The variable that names an engine to test with, where no private one can be started.
const ENGINE_VARIABLE: &str = "DOCKWIT_TEST_ENGINE";

/// What selects all engines.
const ALL: &str = "all";

/// How many engines are tested at the same time: the tests mostly wait.
const SIMULTANEOUS: usize = 2;

/// Checks the sources, then runs all tests; those that need an engine once on each of several.
///
/// The engines are private ones, started for the tests and gone after them. Where none can be started,
/// set DOCKWIT_TEST_ENGINE to the address of one that the tests may use.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// An engine to test on, or all of them; docker-28 and docker-20 unless given.
    #[arg(long, value_name = "NAME", value_parser = engine_names())]
    engine: Vec<String>,

    /// Only the tests that need an engine.
    #[arg(long)]
    suite_only: bool,

    /// Which tests to run, and other arguments for the test programs.
    #[arg(last = true)]
    filter: Vec<String>,
}

fn engine_names() -> PossibleValuesParser {
    PossibleValuesParser::new(
        Generation::ALL
            .map(Generation::name)
            .into_iter()
            .chain([ALL]),
    )
}

impl Arguments {
    fn generations(&self) -> Vec<Generation> {
        if self.engine.is_empty() {
            return Generation::ORDINARY.to_vec();
        }
        let chosen = |generation: &Generation| {
            self.engine
                .iter()
                .any(|name| name == ALL || name == generation.name())
        };
        Generation::ALL.into_iter().filter(chosen).collect()
    }
}

/// Runs all steps, and says at the end what came of each.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let workspace = Workspace::load()?;
    workspace.require(&[SUITE])?;
    let mut run = Run {
        setup: Setup::make(workspace, arguments)?,
        arguments,
        report: Report::default(),
    };
    if !arguments.suite_only {
        run.lints()?;
    }
    run.tests()?;
    print!("{}", run.report.text());
    Ok(if run.report.is_good() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// What the tests need before anything is compiled.
struct Setup {
    workspace: Workspace,
    compiler: Compiler,
    engines: Under,
}

/// The engines to test on.
enum Under {
    Private {
        engines: Engines,
        generations: Vec<Generation>,
        layer: PathBuf,
    },
    Given {
        engine: Engine,
        _image: Provided,
    },
}

impl Setup {
    fn make(workspace: Workspace, arguments: &Arguments) -> Result<Self> {
        let cache = Cache::of(&workspace)?;
        let compiler = Compiler::find(&cache)?;
        let engines = Under::find(&cache, arguments)?;
        Ok(Self {
            workspace,
            compiler,
            engines,
        })
    }

    fn log(&self, step: &str) -> PathBuf {
        self.workspace
            .target()
            .join("test-logs")
            .join(format!("{}.log", step.replace(' ', "-")))
    }
}

impl Under {
    fn find(cache: &Cache, arguments: &Arguments) -> Result<Self> {
        match Engines::of_this_machine(cache) {
            Ok(engines) => {
                let generations = arguments.generations();
                for generation in &generations {
                    engines.suite(*generation)?;
                }
                let layer = image::layer(engines.debian(), cache)?;
                Ok(Self::Private {
                    engines,
                    generations,
                    layer,
                })
            }
            Err(error) => Self::given(cache)
                .with_context(|| format!("no private engine can be started here ({error:#})")),
        }
    }

    fn given(cache: &Cache) -> Result<Self> {
        let url = std::env::var(ENGINE_VARIABLE).with_context(|| {
            format!("set {ENGINE_VARIABLE} to an engine that the tests may use")
        })?;
        let engine = Engine::new(&url)?;
        say(format!(
            "testing on the engine at {url}: {}",
            engine.version()?
        ));
        let image = image::provide(&engine, cache, TEST_IMAGE)?;
        Ok(Self::Given {
            engine,
            _image: image,
        })
    }
}

struct Run<'a> {
    setup: Setup,
    arguments: &'a Arguments,
    report: Report,
}

impl Run<'_> {
    fn lints(&mut self) -> Result<()> {
        let strict = ["--", "-D", "warnings"];
        let clippy = ["clippy", "--workspace", "--all-targets"];
        let library = [
            "clippy",
            "--package",
            "dockwit-host",
            "--no-default-features",
        ];
        self.cargo("format", &["fmt", "--all", "--check"], None)?;
        self.cargo("clippy", &[&clippy[..], &strict].concat(), None)?;
        self.cargo(
            "clippy of the library alone",
            &[&library[..], &strict].concat(),
            None,
        )?;
        let flags = Some(("RUSTDOCFLAGS", "-D warnings"));
        self.cargo("documentation", &["doc", "--workspace", "--no-deps"], flags)
    }

    fn cargo(
        &mut self,
        step: &str,
        arguments: &[&str],
        variable: Option<(&str, &str)>,
    ) -> Result<()> {
        say(format!("{step}: cargo {}", arguments.join(" ")));
        let mut command = self.setup.workspace.cargo();
        command.args(arguments).envs(variable);
        self.report.step(step, || process::run_well(&mut command))?;
        Ok(())
    }

    fn tests(&mut self) -> Result<()> {
        let Setup {
            workspace,
            compiler,
            ..
        } = &self.setup;
        let plugins = self.report.step("plugins", || {
            plugins::build(workspace, compiler, &plugins::PACKAGES, plugins::PROFILE)
        })?;
        say("compiling the workspace and its tests");
        let programs = self.report.step("build", || {
            programs::build(
                workspace,
                &["--workspace", "--bins", "--tests", "--examples"],
            )
        })?;
        let Some(programs) = programs else {
            self.report.skip("tests", "the build failed");
            return Ok(());
        };
        if !self.arguments.suite_only {
            self.unit_tests(&programs)?;
            self.documentation_tests()?;
        }
        match plugins {
            Some(plugins) => self.suites(&programs, &plugins),
            None => {
                self.report.skip("suite", "the plugins could not be built");
                Ok(())
            }
        }
    }

    fn unit_tests(&mut self, programs: &[Program]) -> Result<()> {
        let step = "unit tests";
        let log = self.setup.log(step);
        let begun = Instant::now();
        let _alive = Step::begin_with(step, counting(vec![(String::new(), log.clone())]));
        let result = TestLog::begin(&log).and_then(|mut log| {
            for program in programs.iter().filter(|p| self.runs_once(p)) {
                log.run(
                    &format!("{} of {}", program.target, program.package),
                    &mut test_command(program, &self.arguments.filter),
                )?;
            }
            let mut passed = log.end()?;
            if !self.starts_engines() {
                passed.note += "; without those that start engines of their own";
            }
            Ok(passed)
        });
        self.report.add(step, begun.elapsed(), result)
    }

    /// Whether it is a program of tests that run once, and not on each engine.
    fn runs_once(&self, program: &Program) -> bool {
        let needs_engines = program.target == PRIVATE_ENGINES;
        program.is_test && program.package != SUITE && (self.starts_engines() || !needs_engines)
    }

    fn starts_engines(&self) -> bool {
        matches!(self.setup.engines, Under::Private { .. })
    }

    fn documentation_tests(&mut self) -> Result<()> {
        let step = "documentation tests";
        let log = self.setup.log(step);
        let begun = Instant::now();
        let _alive = Step::begin_with(step, counting(vec![(String::new(), log.clone())]));
        let mut command = self.setup.workspace.cargo();
        command
            .args(["test", "--quiet", "--workspace", "--doc", "--"])
            .args(&self.arguments.filter);
        let result = TestLog::begin(&log).and_then(|mut log| {
            log.run(step, &mut command)?;
            log.end()
        });
        self.report.add(step, begun.elapsed(), result)
    }

    fn suites(&mut self, programs: &[Program], plugins: &Path) -> Result<()> {
        let suite = Suite {
            programs: programs
                .iter()
                .filter(|p| p.is_test && p.package == SUITE)
                .collect(),
            command: programs::command(programs, "dockwit")?,
            plugins,
            probe: probe::build(self.setup.workspace.root())?,
            filter: &self.arguments.filter,
        };
        match &self.setup.engines {
            Under::Given { engine, .. } => {
                let step = "suite on the given engine";
                let begun = Instant::now();
                let result = suite.run(engine, "given", None, &self.setup.log(step));
                self.report.add(step, begun.elapsed(), result)
            }
            Under::Private {
                engines,
                generations,
                layer,
            } => {
                let names: Vec<_> = generations.iter().map(|g| g.name()).collect();
                let logs = generations
                    .iter()
                    .map(|g| (g.to_string(), self.setup.log(g.name())));
                let what = format!("the suite on {}", names.join(", "));
                let _alive = Step::begin_with(what, counting(logs.collect()));
                let perform = |generation: Generation| {
                    let mut private = engines.start(generation)?;
                    image::import(private.engine(), layer, TEST_IMAGE)?;
                    let init = private.init()?.as_raw_nonzero().to_string();
                    let log = self.setup.log(generation.name());
                    let passed =
                        suite.run(private.engine(), generation.name(), Some(&init), &log)?;
                    private.check()?;
                    Ok(passed)
                };
                for (generation, took, result) in on_each(generations, perform) {
                    self.report
                        .add(&format!("suite on {generation}"), took, result)?;
                }
                Ok(())
            }
        }
    }
}

/// The tests that run once on each engine.
struct Suite<'a> {
    programs: Vec<&'a Program>,
    command: &'a Path,
    plugins: &'a Path,
    probe: PathBuf,
    filter: &'a [String],
}

impl Suite<'_> {
    fn run(&self, engine: &Engine, name: &str, init: Option<&str>, log: &Path) -> Result<Passed> {
        let version = engine.version()?;
        let mut log = TestLog::begin(log)?;
        let scratch = RunDir::new()?;
        for program in &self.programs {
            let mut command = test_command(program, self.filter);
            command
                .env(ENGINE_VARIABLE, engine.url())
                .env("DOCKWIT_TEST_ENGINE_NAME", name)
                .env("DOCKWIT_TEST_PLUGINS", self.plugins)
                .env("DOCKWIT_TEST_IMAGE", TEST_IMAGE)
                .env("DOCKWIT_TEST_COMMAND", self.command)
                .env("DOCKWIT_TEST_PROBE", &self.probe)
                .env("TMPDIR", scratch.path())
                .envs(init.map(|init| ("DOCKWIT_TEST_ENGINE_PID", init)));
            log.run(&format!("{} on {name}", program.target), &mut command)?;
        }
        let mut passed = log.end()?;
        passed.note = format!("{} ({version})", passed.note);
        Ok(passed)
    }
}

/// Performs something on each of the generations, on a few at a time, and returns it in their order.
fn on_each(
    generations: &[Generation],
    perform: impl Fn(Generation) -> Result<Passed> + Sync,
) -> Vec<(Generation, Duration, Result<Passed>)> {
    let waiting = Mutex::new(
        generations
            .iter()
            .copied()
            .enumerate()
            .collect::<VecDeque<_>>(),
    );
    let done = Mutex::new(Vec::new());
    let work = || {
        loop {
            let next = waiting
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .pop_front();
            let Some((place, generation)) = next else {
                return;
            };
            let begun = Instant::now();
            let result = perform(generation);
            let entry = (place, generation, begun.elapsed(), result);
            done.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(entry);
        }
    };
    thread::scope(|scope| {
        for _ in 0..SIMULTANEOUS.min(generations.len()) {
            scope.spawn(work);
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(place, ..)| *place);
    done.into_iter()
        .map(|(_, generation, took, result)| (generation, took, result))
        .collect()
}

/// A test program, run as `cargo test` would.
fn test_command(program: &Program, filter: &[String]) -> Command {
    let mut command = Command::new(&program.path);
    command
        .current_dir(&program.folder)
        .env("CARGO_MANIFEST_DIR", &program.folder)
        .args(filter);
    command
}

fn counting(logs: Vec<(String, PathBuf)>) -> impl Fn() -> String + Send + 'static {
    move || {
        let count =
            |(name, log): &(String, PathBuf)| format!("{name} {} tests done", count_done(log));
        logs.iter().map(count).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(engine: &[&str]) -> Arguments {
        let engine = engine.iter().map(|&name| name.to_owned()).collect();
        Arguments {
            engine,
            suite_only: false,
            filter: Vec::new(),
        }
    }

    #[test]
    fn engines_are_chosen_by_name() {
        assert_eq!(arguments(&[]).generations(), Generation::ORDINARY);
        assert_eq!(arguments(&["all"]).generations(), Generation::ALL);
        assert_eq!(
            arguments(&["podman-4.3"]).generations(),
            [Generation::Podman43]
        );
    }

    #[test]
    fn each_engine_gets_its_turn_and_its_place() {
        let results = on_each(&Generation::ALL, |generation| {
            Ok(Passed {
                note: generation.to_string(),
                ..Passed::default()
            })
        });
        let notes: Vec<_> = results
            .into_iter()
            .map(|(_, _, passed)| passed.unwrap().note)
            .collect();
        assert_eq!(
            notes,
            Generation::ALL.map(|generation| generation.to_string())
        );
    }
}
