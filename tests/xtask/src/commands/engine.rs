//! `cargo xtask engine`: an engine to play with.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;

use crate::cache::Cache;
use crate::engine::Engines;
use crate::generation::Generation;
use crate::progress::say;
use crate::workspace::Workspace;
use crate::{image, process};

/// Starts a private engine, with an image to use, and keeps it until Ctrl-C.
///
/// It runs in namespaces of its own: nothing is installed, and nothing is left when it ends. The line
/// to set DOCKER_HOST is printed on the standard output.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Which generation of which engine.
    #[arg(value_enum)]
    engine: Generation,
}

/// Starts the engine and waits for a signal.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let workspace = Workspace::load()?;
    let cache = Cache::of(&workspace)?;
    let engines = Engines::of_this_machine(&cache)?;
    engines.suite(arguments.engine)?;
    let layer = image::layer(engines.debian(), &cache)?;

    say(format!("starting {}", arguments.engine));
    let mut private = engines.start(arguments.engine)?;
    image::import(private.engine(), &layer, image::TEST_IMAGE)?;
    let version = private.engine().version()?;
    let init = private.init()?.as_raw_nonzero();
    say(format!(
        "{} is engine {}, API {}",
        arguments.engine, version.engine, version.api
    ));
    say(format!(
        "it has the image {}; into its network: nsenter -t {init} -n",
        image::TEST_IMAGE
    ));
    println!("export DOCKER_HOST={}", private.engine().url());
    say("Ctrl-C ends it");
    loop {
        process::sleep(Duration::from_millis(500))?;
        private.check()?;
    }
}
