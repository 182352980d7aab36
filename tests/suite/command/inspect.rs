//! `dockwit inspect` of built plugins.

use std::path::Path;

use dockwit_tests::engine::{Engine, Names};
use dockwit_tests::plugin::{file, load};
use dockwit_tests::process::{Command, Output};
use serde_json::{Value, json};

async fn inspect(file: &Path, options: &[&str]) -> Output {
    let args = ["inspect".as_ref(), file.as_os_str()];
    let args = args.into_iter().chain(options.iter().map(AsRef::as_ref));
    Command::new(args).output().await
}

/// The lines below a title.
fn section<'a>(output: &'a Output, title: &str) -> Vec<&'a str> {
    let lines = output.stdout.lines().skip_while(|line| *line != title);
    let lines = lines.skip(1).take_while(|line| line.starts_with("  "));
    lines.map(str::trim).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_plugin_does_sets_and_reads_is_told_in_words() {
    let file = file("tiny_create");
    let output = inspect(&file, &[]).await;
    output.ended_with(0);
    assert_eq!(output.stderr, "");
    assert_eq!(
        section(&output, "It asks for"),
        [
            "container.inspect  Asks for all that the engine knows of it",
            "container.remove   Removes it",
            "containers.create  Makes a container, and doesn't start it",
        ]
    );
    let sets = section(&output, "It sets");
    assert_eq!(sets.len(), 2, "{sets:?}");
    assert!(sets[0].starts_with("container-spec.set-name    "));
    assert!(sets[1].starts_with("container-spec.set-memory  Memory in bytes"));
    let reads = section(&output, "It reads");
    assert_eq!(reads.len(), 1, "{reads:?}");
    assert!(reads[0].starts_with("container-details.state  "));
    let cannot = section(&output, "It can't");
    for deed in [
        "list containers",
        "read logs",
        "start or resume containers",
        "read the environment of containers",
    ] {
        assert!(cannot.contains(&deed), "{deed}: {cannot:?}");
    }
    for deed in ["make containers", "remove containers"] {
        assert!(!cannot.contains(&deed), "{deed}: {cannot:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_line_that_it_says_runs_the_plugin() {
    let output = inspect(&file("tiny_create"), &[]).await;
    let line = section(&output, "To run it");
    let [line] = line[..] else {
        panic!("one line: {line:?}")
    };
    let words = line.strip_prefix("dockwit ").expect("the command");
    let names = Names::new("it");
    let engine = Engine::under_test();
    let command = || {
        Command::new(words.split(' '))
            .arg(format!("--env=IMAGE={}", engine.image()))
            .arg(format!("--env=PREFIX={}", names.prefix()))
    };
    let accepted = engine.accepted();
    let command = match accepted {
        "" => command(),
        // What an engine can't hold, no file of a plugin says; the command does.
        accepted => {
            let told = command().output().await.ended_with(125).stderr.clone();
            assert!(told.contains(&format!("--set '{accepted}'")), "{told}");
            command().arg("--set").arg(accepted)
        }
    };
    assert_eq!(command.output().await.ended_with(0).stdout, "created\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_get_the_same_as_json() {
    let file = file("tiny_update");
    let output = inspect(&file, &["--json"]).await;
    let text = &output.ended_with(0).stdout;
    assert_eq!(text.lines().count(), 1);
    let report: Value = serde_json::from_str(text).expect("an object");
    let size = std::fs::metadata(&file).expect("the plugin is built").len();
    assert_eq!(report["size"], size);
    let verbs = ["container.update", "containers.list", "containers.open"];
    assert_eq!(report["verbs"], json!(verbs));
    assert_eq!(report["setters"], json!(["update-spec.set-pids-limit"]));
    assert_eq!(report["interface"], "0.1.0");
    assert_eq!(report["run"], "0.3");
    for nothing in ["groups", "unknown", "refused"] {
        assert_eq!(report[nothing], json!([]), "{nothing}");
    }
    let wasi = report["wasi"].as_array().expect("a list");
    assert!(wasi.iter().all(|function| {
        let interface = function["interface"].as_str();
        interface.is_some_and(|interface| interface.starts_with("wasi:"))
    }));
    assert!(!wasi.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_plugin_is_understood() {
    let folder = file("any");
    let folder = folder.parent().expect("a folder").read_dir();
    let files = folder
        .expect("it is there")
        .map(|entry| entry.expect("an entry").path());
    let plugins = files.filter(|file| file.extension().is_some_and(|end| end == "wasm"));
    let mut count = 0;
    for file in plugins {
        let name = file.file_stem().and_then(|name| name.to_str());
        let name = name.expect("a name");
        if name == "plain_main" {
            continue;
        }
        let output = inspect(&file, &[]).await;
        output.ended_with(0);
        let asked = load(name).imports().verbs().len().max(1);
        assert_eq!(section(&output, "It asks for").len(), asked, "{name}");
        assert_eq!(section(&output, "To run it").len(), 1, "{name}");
        count += 1;
    }
    assert!(count > 10, "there are plugins: {count}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_with_a_plain_main_is_told_how_to_become_a_plugin() {
    let file = file("plain_main");
    let become_one = "make it `#[dockwit::main] async fn main(docker: Docker)`";
    let output = inspect(&file, &[]).await;
    let obstacles = section(output.ended_with(0), "This dockwit doesn't run it");
    assert_eq!(obstacles.len(), 1, "{obstacles:?}");
    assert!(obstacles[0].contains(become_one), "{obstacles:?}");
    assert!(section(&output, "To run it").is_empty());
    let report = inspect(&file, &["--json"]).await;
    let report: Value = serde_json::from_str(&report.stdout).expect("an object");
    assert_eq!(
        (&report["run"], &report["interface"]),
        (&json!("0.2"), &json!(null))
    );

    let output = Command::new(["run".as_ref(), file.as_os_str()])
        .output()
        .await;
    output.ended_with(125).says(become_one);
    assert_eq!(output.stdout, "");
}

/// What became of a plugin on its way here.
#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_is_not_whole_is_neither_run_nor_inspected() {
    let whole = std::fs::read(file("tiny_ping")).expect("the plugin is built");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("half.wasm");
    for (bytes, words) in [
        (&whole[..whole.len() / 2], "the component is damaged"),
        (&whole[..7], "error: "),
        (&[][..], "this is no WebAssembly component"),
    ] {
        std::fs::write(&file, bytes).expect("a file");
        inspect(&file, &[]).await.ended_with(1).says(words);
        let run = [
            "run".as_ref(),
            file.as_os_str(),
            "--allow=system.ping".as_ref(),
        ];
        Command::new(run).output().await.ended_with(125).says(words);
    }
}
