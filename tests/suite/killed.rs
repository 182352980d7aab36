//! The command is killed, at each point of a create, a start and a removal, and at any moment under load. What the plugin made
//! is in the ledger then, or gone; the next run removes it; what is others' isn't touched.

use std::path::Path;
use std::time::Duration;

use dockwit_host::keeper::POINTS;
use dockwit_host::policy::ledger::{Kind, Ledger};
use dockwit_tests::engine::{Engine, Names};
use dockwit_tests::process::{Command, Process};
use hyper::Method;
use rustix::process::Signal;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::scope::foreign;

/// How many runs are killed at any moment.
const KILLS: u64 = 50;

/// How many of them go on at the same time.
const AT_ONCE: usize = 2;

/// What passes all points.
const SCRIPT: [&str; 3] = ["create c volume=/data", "start c", "remove-all c"];

/// A folder for a ledger that no other test has, and who else has something on the engine.
struct Place {
    folder: tempfile::TempDir,
    _names: Names,
    foreign: String,
}

impl Place {
    async fn new(case: &str) -> Self {
        let names = Names::new(case);
        let foreign = foreign(&names, json!({"dockwit.owner": "somebody"})).await;
        Self {
            folder: tempfile::tempdir().expect("a folder"),
            _names: names,
            foreign,
        }
    }

    fn ledger(&self) -> String {
        let folder = self.folder.path().join("ledger");
        folder.to_str().expect("a text").to_owned()
    }

    /// The command with the plugin `console`, which ends itself at a point, if one is named.
    fn start(&self, point: Option<&str>) -> Process {
        let ledger = self.ledger();
        let options = [
            "--allow",
            "containers.create,container.start,container.remove",
            "--partial",
            "--set",
            "create.images=any",
            "--ledger",
            &ledger,
        ];
        let accepted = ["--set", Engine::under_test().accepted()];
        let accepted = accepted.iter().filter(|_| !accepted[1].is_empty());
        let options: Vec<_> = options.iter().chain(accepted).copied().collect();
        let names = Names::new("killed");
        let command = Command::run_granted("console", "console", &names, &options);
        match point {
            Some(point) => command.env("DOCKWIT_KILL_AT", point),
            None => command,
        }
        .start()
    }

    /// A run that does nothing but finish what others left.
    async fn finish(&self) {
        self.start(None).finish().await.ended_with(0);
    }

    /// What there is by its label, and isn't in the ledger, neither as an object nor as an intent.
    async fn astray(&self) -> Vec<String> {
        let ledger = Ledger::open(Path::new(&self.ledger())).expect("the ledger is sound");
        ledger.check().expect("the ledger is sound");
        let engine = engine_id().await;
        let owner = ledger.owner(&engine, "console").expect("an owner");
        let dead = ledger.dead_runs(&engine).expect("runs");
        let intents = dead.iter().flat_map(|run| &run.intents);
        let intents: Vec<_> = intents.map(|intent| intent.nonce.to_string()).collect();
        let found = labelled(owner.id()).await;
        let astray = found.into_iter().filter(|(kind, id, nonce)| {
            !owner.owns(*kind, id).expect("an answer") && !intents.contains(nonce)
        });
        astray.map(|(kind, id, _)| format!("{kind} {id}")).collect()
    }

    /// All that there is of the plugin's.
    async fn left(&self) -> Vec<String> {
        let ledger = Ledger::open(Path::new(&self.ledger())).expect("the ledger is sound");
        let owner = ledger
            .owner(&engine_id().await, "console")
            .expect("an owner");
        let found = labelled(owner.id()).await;
        let mut left: Vec<_> = found
            .into_iter()
            .map(|(kind, id, _)| format!("{kind} {id}"))
            .collect();
        for kind in [Kind::Container, Kind::Network, Kind::Volume] {
            let rows = owner.rows(kind).expect("rows");
            left.extend(
                rows.into_iter()
                    .map(|row| format!("{kind} {} in the ledger", row.id)),
            );
        }
        left
    }

    async fn others_are_left_alone(&self) {
        let it = Engine::under_test().inspect(&self.foreign).await;
        assert_eq!(it["State"]["Status"], "running", "{it}");
    }
}

async fn engine_id() -> String {
    let engine = Engine::under_test();
    if engine.is_podman() {
        let (_, volume) = engine
            .ask(Method::GET, "/volumes/dockwit-engine", None)
            .await;
        let id = volume["Labels"]["dockwit.engine"].as_str();
        return id.expect("a marker").to_owned();
    }
    let (_, info) = engine.ask(Method::GET, "/info", None).await;
    info["ID"].as_str().expect("an id").to_owned()
}

/// What is labelled as an owner's: its kind, its id, its nonce.
async fn labelled(owner: &str) -> Vec<(Kind, String, String)> {
    let filter = format!("%7B%22label%22%3A%5B%22dockwit.owner%3D{owner}%22%5D%7D");
    let ask = async |path: &str| Engine::under_test().ask(Method::GET, path, None).await.1;
    let containers = ask(&format!("/containers/json?all=1&filters={filter}")).await;
    let networks = ask(&format!("/networks?filters={filter}")).await;
    let volumes = ask(&format!("/volumes?filters={filter}")).await["Volumes"].clone();
    let mut found = Vec::new();
    let kinds = [
        (Kind::Container, containers, "Id"),
        (Kind::Network, networks, "Id"),
        (Kind::Volume, volumes, "Name"),
    ];
    for (kind, list, key) in kinds {
        for object in list.as_array().into_iter().flatten() {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let nonce = text(&object["Labels"]["dockwit.nonce"]);
            found.push((kind, text(&object[key]), nonce));
        }
    }
    found
}

/// At each point that there is, and every one is passed.
#[tokio::test(flavor = "multi_thread")]
async fn killed_at_each_point_nothing_goes_astray() {
    let place = Place::new("killed-at-points").await;
    let mut report = String::new();
    for point in POINTS {
        let mut process = place.start(Some(point));
        process.expect("ready").await;
        process.say(&SCRIPT.join("\n")).await;
        process.ends_within(Duration::from_secs(60)).await;
        let output = process.finish().await;
        assert_eq!(output.signal(), Some(9), "{point} is passed");
        assert_eq!(
            place.astray().await,
            Vec::<String>::new(),
            "killed at {point}"
        );
        let before = place.left().await.len();
        place.finish().await;
        assert_eq!(
            place.left().await,
            Vec::<String>::new(),
            "killed at {point}"
        );
        report += &format!("{point}: {before} left over, and removed by the next run\n");
    }
    place.others_are_left_alone().await;
    println!("{report}");
}

/// At any moment, under load, some at the same time, all with one ledger.
#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_moment_nothing_goes_astray() {
    let place = Place::new("killed-at-any-moment").await;
    let mut running = JoinSet::new();
    for kill in 0..KILLS {
        if running.len() == AT_ONCE {
            running.join_next().await;
        }
        let process = place.start(None);
        running.spawn(killed_after(process, moment(kill)));
    }
    while running.join_next().await.is_some() {}
    assert_eq!(place.astray().await, Vec::<String>::new());
    let before = place.left().await;
    place.finish().await;
    assert_eq!(place.left().await, Vec::<String>::new());
    place.others_are_left_alone().await;
    println!(
        "{KILLS} kills, {} objects left over after the last, and removed",
        before.len()
    );
}

/// Moments all over what a run takes, the same in each run of the test.
fn moment(kill: u64) -> Duration {
    // A multiplicative generator: the moments look like chance.
    let scattered = kill.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 54;
    Duration::from_millis(20 + scattered)
}

async fn killed_after(mut process: Process, moment: Duration) {
    let script: String = (0..20)
        .map(|n| format!("create c{n} volume=/data\nstart c{n}\nremove-all c{n}\n"))
        .collect();
    process.say(&script).await;
    tokio::time::sleep(moment).await;
    process.signal(Signal::KILL);
    process.ends_within(Duration::from_secs(30)).await;
}
