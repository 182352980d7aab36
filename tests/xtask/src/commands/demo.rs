//! `cargo xtask demo`: a plugin drives an engine, and is refused what it wasn't granted.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::cache::Cache;
use crate::commands::plugins;
use crate::engine::{Engines, PrivateEngine};
use crate::generation::Generation;
use crate::guest::Compiler;
use crate::http::{DEFAULT_SOCKET, Engine};
use crate::progress::say;
use crate::workspace::Workspace;
use crate::{image, process, programs};

/// The package of the demo's plugin.
const PLUGIN: &str = "dockwit-demo";

/// The name of the image that it gets, where the engine has none of that name.
const IMAGE: &str = "dockwit-demo/busybox:1";

/// The grant that the second run lacks.
const WITHHELD: &str = "container.logs";

/// The status of `dockwit run` when a plugin isn't started.
const NOT_STARTED: i32 = 125;

/// Runs the main job: a plugin creates, follows and removes a container, and is then refused.
///
/// The engine is the one of DOCKER_HOST or the default socket, if it answers; otherwise a private one.
/// It is left as it was found.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Starts a private engine even if there is another.
    #[arg(long)]
    private: bool,
}

/// Runs the demo; it fails if the plugin isn't refused as it ought to be.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let workspace = Workspace::load()?;
    let cache = Cache::of(&workspace)?;
    let plugin = build_plugin(&workspace, &cache)?;
    say("compiling the command dockwit");
    let built = programs::build(&workspace, &["--workspace", "--bin", "dockwit"])?;
    let dockwit = programs::command(&built, "dockwit")?;

    let host = Host::find(&cache, arguments.private)?;
    let before = Objects::of(host.engine())?;
    {
        let _image = image::provide(host.engine(), &cache, IMAGE)?;
        let folder = tempfile::tempdir()?;
        Demo {
            dockwit,
            plugin: &plugin,
            engine: host.engine(),
            ledger: folder.path().join("ledger"),
        }
        .show()?;
    }
    before.compare(&Objects::of(host.engine())?)?;
    Ok(ExitCode::SUCCESS)
}

fn build_plugin(workspace: &Workspace, cache: &Cache) -> Result<PathBuf> {
    let compiler = Compiler::find(cache)?;
    let folder = plugins::build(workspace, &compiler, &[PLUGIN], plugins::PROFILE)?;
    Ok(folder.join(PLUGIN).with_extension("wasm"))
}

/// The engine of the demo.
enum Host {
    Found(Engine),
    Private(PrivateEngine),
}

impl Host {
    fn find(cache: &Cache, private: bool) -> Result<Self> {
        let named = std::env::var("DOCKER_HOST")
            .ok()
            .filter(|url| !url.is_empty());
        let url = named.as_deref().unwrap_or(DEFAULT_SOCKET);
        let found = || -> Result<Engine> {
            let engine = Engine::new(url)?;
            say(format!("using the engine at {url}: {}", engine.version()?));
            Ok(engine)
        };
        if !private {
            match found() {
                Ok(engine) => return Ok(Self::Found(engine)),
                Err(error) => say(format!(
                    "no engine at {url} ({error:#}): starting a private one"
                )),
            }
        }
        let engines = Engines::of_this_machine(cache)
            .context("no engine can be started here: set DOCKER_HOST to one")?;
        let engine = engines.start(Generation::Docker28)?;
        say(format!(
            "started a private engine: {}",
            engine.engine().version()?
        ));
        Ok(Self::Private(engine))
    }

    fn engine(&self) -> &Engine {
        match self {
            Self::Found(engine) => engine,
            Self::Private(private) => private.engine(),
        }
    }
}

struct Demo<'a> {
    dockwit: &'a Path,
    plugin: &'a Path,
    engine: &'a Engine,
    ledger: PathBuf,
}

impl Demo<'_> {
    fn show(&self) -> Result<()> {
        say("1. what the plugin asks for, read from its binary");
        process::run_well(&mut self.inspect(&[]))?;

        say("2. the plugin, granted just that");
        let verbs = self.verbs()?;
        process::run_well(&mut self.run(&verbs))?;

        say(format!("3. the plugin, without the grant {WITHHELD}"));
        let fewer: Vec<_> = verbs
            .iter()
            .filter(|verb| *verb != WITHHELD)
            .cloned()
            .collect();
        if fewer.len() == verbs.len() {
            bail!("the plugin does not ask for {WITHHELD}, so there is nothing to refuse");
        }
        let status = process::run(&mut self.run(&fewer))?;
        if status.code() != Some(NOT_STARTED) {
            bail!("the plugin was not refused, though it uses {WITHHELD} ({status})");
        }
        say("refused, as it ought to be");
        Ok(())
    }

    fn inspect(&self, more: &[&str]) -> Command {
        let mut command = Command::new(self.dockwit);
        command.arg("inspect").args(more).arg(self.plugin);
        command
    }

    fn verbs(&self) -> Result<Vec<String>> {
        let text = process::read(&mut self.inspect(&["--json"]))?;
        let value: Value = serde_json::from_str(&text).context("cannot read `dockwit inspect`")?;
        let verbs = value["verbs"]
            .as_array()
            .context("`dockwit inspect --json` has no verbs")?;
        Ok(verbs
            .iter()
            .filter_map(|verb| verb.as_str().map(str::to_owned))
            .collect())
    }

    fn run(&self, verbs: &[String]) -> Command {
        let mut command = Command::new(self.dockwit);
        command
            .arg("run")
            .arg(self.plugin)
            .args(["--allow", &verbs.join(",")])
            .args(["--set", "create.images=any"])
            .arg("--ledger")
            .arg(&self.ledger)
            .args(["--engine", self.engine.url()])
            .args(["--", IMAGE]);
        say(shown(&command));
        command
    }
}

/// A command line, with the files' names alone.
fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let short = |word: &std::ffi::OsStr| {
        let path = Path::new(word);
        let name = if path.is_absolute() {
            path.file_name().unwrap_or(word)
        } else {
            word
        };
        name.to_string_lossy().into_owned()
    };
    format!("   {}", words.map(short).collect::<Vec<_>>().join(" "))
}

/// What an engine holds.
#[derive(Debug, Eq, PartialEq)]
struct Objects(BTreeSet<String>);

impl Objects {
    fn of(engine: &Engine) -> Result<Self> {
        let mut objects = BTreeSet::new();
        for (kind, path) in [
            ("container", "/containers/json?all=1"),
            ("image", "/images/json"),
        ] {
            let list = engine.get(path)?;
            let rows = list
                .as_array()
                .with_context(|| format!("GET {path} gave no list"))?;
            objects.extend(rows.iter().map(|row| {
                let names = if row["Names"].is_null() {
                    &row["RepoTags"]
                } else {
                    &row["Names"]
                };
                format!("{kind} {} {names}", row["Id"].as_str().unwrap_or_default())
            }));
        }
        Ok(Self(objects))
    }

    /// Says whether the engine is as it was.
    fn compare(&self, after: &Self) -> Result<()> {
        let gone = self
            .0
            .difference(&after.0)
            .map(|object| format!("- {object}"));
        let new = after
            .0
            .difference(&self.0)
            .map(|object| format!("+ {object}"));
        let changes: Vec<_> = gone.chain(new).collect();
        if !changes.is_empty() {
            bail!(
                "the engine is not as it was (unless others use it):\n{}",
                changes.join("\n")
            );
        }
        say("the engine has the same containers and images as before");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_added_or_taken_away_is_told() {
        let before = Objects(["image a".to_owned(), "container b".to_owned()].into());
        let after = Objects(["image a".to_owned(), "container c".to_owned()].into());
        before.compare(&before).unwrap();
        let text = before.compare(&after).unwrap_err().to_string();
        assert!(
            text.contains("- container b") && text.contains("+ container c"),
            "{text}"
        );
    }

    #[test]
    fn a_command_line_is_shown_with_short_names() {
        let mut command = Command::new("/w/target/debug/dockwit");
        command.args(["run", "/w/demo.wasm", "--allow", "system.ping"]);
        assert_eq!(
            shown(&command),
            "   dockwit run demo.wasm --allow system.ping"
        );
    }
}
