//! What dockwit costs: a plugin against Bollard, the docker command, the host's api layer used natively, and a reader of
//! raw bytes that decodes nothing, all on one engine and taking turns. `cargo xtask bench` starts the engine.

mod bars;
mod children;
mod environment;
mod measure;
mod peers;
mod report;
mod rows;
mod stage;
mod statistics;

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;

use environment::Environment;
use measure::{Asked, Measured};
use peers::{Name, Peers};
use rows::Row;
use stage::Stage;

/// Measures what dockwit costs, and holds it against its bars. All peers take turns in one run on one engine; a ratio is
/// that of the medians, with its 95 % interval.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench --", bin_name = "cargo xtask bench --")]
struct Arguments {
    /// Fewer rounds: to see whether all works, not for figures
    #[arg(long)]
    quick: bool,

    /// Only these rows
    #[arg(long, value_name = "ROWS", value_delimiter = ',')]
    rows: Vec<Row>,

    /// Only these peers, for whoever looks for where time goes
    #[arg(long, value_name = "PEERS", value_delimiter = ',')]
    peers: Vec<Name>,

    /// Fail if a bar is missed
    #[arg(long)]
    enforce: bool,
}

fn main() -> ExitCode {
    if let Some(command) = children::asked_for() {
        return children::measure_here(&command);
    }
    match run(&Arguments::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// On one thread, as the command `dockwit` runs its plugin: for all peers alike, no hand-over between threads.
fn run(arguments: &Arguments) -> Result<ExitCode> {
    let tokio = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let measured = tokio.block_on(bench(arguments))?;
    print!("{}", report::markdown(&measured));
    let missed = bars::missed(&measured);
    Ok(match arguments.enforce && missed > 0 {
        true => ExitCode::FAILURE,
        false => ExitCode::SUCCESS,
    })
}

async fn bench(arguments: &Arguments) -> Result<Vec<Measured>> {
    let environment = Environment::read()?;
    let stage = Stage::open(&environment)?;
    let measured = async {
        stage.set().await.context("cannot set the stage")?;
        let mut peers = Peers::new(&environment).await?;
        let measured = measure::all(&mut peers, &arguments.asked()).await?;
        peers.finish().await?;
        Ok(measured)
    };
    let measured = measured.await;
    // Also after a failure, which is the one that is told then.
    let cleared = stage.clear().await.context("cannot clear the stage");
    measured.and_then(|measured| cleared.map(|()| measured))
}

impl Arguments {
    fn asked(&self) -> Asked {
        let rows = match self.rows.is_empty() {
            true => Row::ALL.to_vec(),
            false => self.rows.clone(),
        };
        Asked {
            rows,
            peers: self.peers.clone(),
            quick: self.quick,
        }
    }
}
