//! The examples of the README: that they are what it says, and do what it says.

use std::path::{Path, PathBuf};

use dockwit_tests::engine::{Engine, Names};
use dockwit_tests::plugin;
use dockwit_tests::process::{Command, Output, Process};
use hyper::Method;
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::attacks::images::Image;
use crate::scope::foreign;

fn of_the_repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

fn policy(example: &str) -> PathBuf {
    of_the_repository(&format!("guest/examples/{example}.toml"))
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// `dockwit run` of an example under a policy file.
fn run(example: &str, policy: &Path, folder: &Path, options: &[&str], args: &[&str]) -> Command {
    let file = plugin::file(&format!("examples/{example}"));
    let ledger = folder.join("ledger");
    let paths = [
        Path::new("--policy"),
        policy,
        Path::new("--ledger"),
        &ledger,
    ];
    let command = Command::new(["run"]).arg(file);
    let command = paths.into_iter().fold(command, Command::arg);
    let rest = options.iter().chain([&"--"]).chain(args);
    rest.fold(command, Command::arg)
}

async fn remove(container: &str) {
    let path = format!("/containers/{container}?force=1");
    Engine::under_test().ask(Method::DELETE, &path, None).await;
}

#[test]
fn the_readme_has_their_policies_word_for_word() {
    let readme = read(&of_the_repository("README.md"));
    for example in ["monitor", "devenv"] {
        let text = read(&policy(example));
        let block = format!("```toml\n{text}```\n");
        assert!(readme.contains(&block), "the README lacks:\n{block}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_monitor_sees_what_has_its_label_and_no_value_of_a_variable() {
    let names = Names::new("example-monitor");
    let others = Names::new("example-monitored-not");
    let watched = foreign(&names, json!({"monitor": "yes"})).await;
    let other = foreign(&others, json!({"monitor": "no"})).await;
    let folder = tempfile::tempdir().expect("a folder");

    let output = run("monitor", &policy("monitor"), folder.path(), &[], &["1"])
        .output()
        .await;
    let told = &output.ended_with(0).stdout;
    assert!(told.starts_with("engine "), "{told}");
    let line = told
        .lines()
        .find(|line| line.starts_with(&names.name("foreign")));
    let line = line.unwrap_or_else(|| panic!("it isn't told of:\n{told}"));
    assert!(line.contains("running") && line.contains("KiB"), "{line}");
    assert!(!told.contains(&others.name("foreign")), "{told}");
    remove(&watched).await;
    remove(&other).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_monitor_is_all_that_its_policy_grants() {
    let file = plugin::file("examples/monitor");
    let policy = policy("monitor");
    let checked = Command::new(["check"]).arg(file).arg(policy);
    let output = checked.output().await;
    assert_eq!(output.ended_with(0).stderr, "", "no grant lacks or is left");
}

/// A development environment of one service, its image pinned as the README says.
struct Devenv {
    folder: tempfile::TempDir,
    policy: PathBuf,
    service: String,
}

impl Devenv {
    async fn new(image: &Image) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("devenv.toml");
        let text = read(&policy("devenv"));
        let listed = "[\"postgres:16\", \"redis:7\"]";
        assert!(text.contains(listed), "{text}");
        let text = text.replace(listed, &format!("[\"{}\"]", image.0));
        std::fs::write(&file, text).expect("it can be written");
        let pinned = Command::new(["policy", "pin"]).arg(&file).output().await;
        pinned.ended_with(0);
        Self {
            folder,
            policy: file,
            service: format!("db={},5432", image.0),
        }
    }

    fn command(&self, options: &[&str]) -> Command {
        let folder = self.folder.path();
        run("devenv", &self.policy, folder, options, &[&self.service])
            .env("DEV_DB_PW", "an-example-of-a-password")
    }

    /// Starts it, and tells what it says until its service is up.
    async fn up(&self, options: &[&str]) -> (Process, Vec<String>) {
        let mut process = self.command(options).start();
        let mut said = Vec::new();
        while !said
            .last()
            .is_some_and(|line: &String| line.contains(" is at "))
        {
            said.push(process.line().await.expect("it says where its service is"));
        }
        (process, said)
    }
}

async fn down(process: Process) -> Output {
    process.signal(Signal::TERM);
    process.finish().await
}

/// The only container of an image.
async fn made_of(image: &Image) -> Value {
    // Not every engine finds by a tag what was made by an id.
    let id = image.id().await;
    let id = id.trim_start_matches("sha256:");
    let filter = format!("%7B%22ancestor%22%3A%5B%22{id}%22%5D%7D");
    let path = format!("/containers/json?all=1&filters={filter}");
    let (_, list) = Engine::under_test().ask(Method::GET, &path, None).await;
    let rows = list.as_array().expect("a list");
    assert_eq!(rows.len(), 1, "{list}");
    let id = rows[0]["Id"].as_str().expect("an id");
    Engine::under_test().inspect(id).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_development_environment_is_stopped_at_the_end_and_there_again_next_time() {
    let names = Names::new("example-devenv");
    let keeps_on = "CMD [\"sh\", \"-c\", \"trap 'exit 0' TERM; sleep 600 & wait\"]";
    let image = Image::with(&names, &[keeps_on, "EXPOSE 5432"]).await;
    let environment = Devenv::new(&image).await;

    let (process, said) = environment.up(&[]).await;
    assert_eq!(said[0], format!("making db of {}", image.0));
    let (_, at) = said[1]
        .split_once("db is at 127.0.0.1:")
        .expect("an address");
    let port: u16 = at.parse().expect("a port");
    assert!((20_000..=20_100).contains(&port), "{port}");

    let made = made_of(&image).await;
    assert_eq!(made["State"]["Running"], true);
    assert_eq!(made["HostConfig"]["Memory"], 512 << 20);
    assert_eq!(made["HostConfig"]["PidsLimit"], 256);
    let variables = made["Config"]["Env"].to_string();
    assert!(variables.contains("POSTGRES_PASSWORD=an-example-of-a-password"));

    down(process).await.ended_with(0);
    let stopped = made_of(&image).await;
    assert_eq!(stopped["State"]["Running"], false);
    assert_eq!(stopped["Id"], made["Id"]);

    let (process, said) = environment.up(&["--set", "limits.on-end=remove"]).await;
    assert_eq!(said.len(), 1, "nothing is made anew: {said:?}");
    assert_eq!(made_of(&image).await["State"]["Running"], true);
    down(process).await.ended_with(0);
    remove(made["Id"].as_str().expect("an id")).await;
    image.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_development_environment_has_no_other_image() {
    let names = Names::new("example-devenv-other");
    let image = Image::with(&names, &["LABEL listed=yes"]).await;
    let mut environment = Devenv::new(&image).await;
    environment.service = format!("db={},5432", Engine::under_test().image());
    let output = environment.command(&[]).output().await;
    output.ended_with(1).says("is not in create.images");
    image.remove().await;
}
