//! Decides in Rust beside a plugin's policy: no container of an image that is said to be deprecated, and none that is stopped while
//! there is no change allowed. What it refuses is told to the plugin, and to the audit, as what the policy refuses.
//!
//! `cargo run --example decide -- plugin.wasm policy.toml`

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use dockwit_host::api::Client;
use dockwit_host::policy::create::Candidate;
use dockwit_host::policy::ledger::Ledger;
use dockwit_host::policy::{Decide, Denial, NotAllowed, Policy, Verb};
use dockwit_host::runtime::{RunSetup, Runtime};

#[derive(Default)]
struct House {
    frozen: AtomicBool,
}

impl Decide for House {
    fn call(&self, verb: Verb) -> Result<(), NotAllowed> {
        match verb.is_write() && self.frozen.load(Ordering::Relaxed) {
            true => Err(NotAllowed::new(verb, "house.freeze")),
            false => Ok(()),
        }
    }

    fn container(&self, container: &Candidate<'_>) -> Result<(), Denial> {
        let mut labels = container.labels().iter();
        match labels.find(|(key, _)| key == "deprecated") {
            Some((_, since)) => {
                let why = "the image is deprecated";
                Err(Denial::never("house.images", "label", since, why))
            }
            None => Ok(()),
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let plugin = args.next().expect("a component's path");
    let file = args.next().expect("a policy's path");

    let runtime = Runtime::new()?;
    let plugin = runtime.load(&std::fs::read(plugin)?)?;
    let house = Arc::new(House::default());
    let setup = RunSetup::new(Client::at("unix:///var/run/docker.sock")?)
        .policy(Policy::read(Path::new(&file))?)
        .ledger(Ledger::open("/var/lib/house/ledger")?)
        .decide(house.clone());
    let run = plugin.begin(setup).await?;

    // On the first Ctrl-C nothing is to be changed any more, and the policy's file is read again: what is narrower holds at once.
    let policy = run.policy();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            house.frozen.store(true, Ordering::Relaxed);
            match Policy::read(Path::new(&file)) {
                Ok(newer) => match policy.narrow(&newer) {
                    Ok(narrowed) => println!("{narrowed}"),
                    Err(error) => println!("{error}"),
                },
                Err(error) => println!("{error}"),
            }
        }
    });
    println!("{:?}", run.finish().await.end);
    Ok(())
}
