//! What a plugin has of the machine: standard streams, arguments, and what is given to it.

use std::io::ErrorKind;
use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::path::Path;

use dockwit_tests::engine::{Engine, Names};
use dockwit_tests::process::Command;

use super::{PLUGIN, run};

async fn args_and_env(options: &[&str], args: &[&str]) -> Vec<String> {
    let names = Names::new("args_and_env");
    let mut command = Command::run_with("guest_runtime", "args_and_env", &names, options)
        .env("GREETING", "from outside")
        .env("SECRET", "of the machine");
    for arg in args {
        command = command.arg(arg);
    }
    let output = command.output().await;
    let lines = output.ended_with(0).stdout.lines();
    lines.map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn arguments_are_the_plugins_own_after_the_dashes() {
    let told = args_and_env(&[], &["", "two words", "--allow", "--", "\u{fc}"]).await;
    assert_eq!(
        told[0],
        "args=guest_runtime.wasm|args_and_env||two words|--allow|--|\u{fc}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn variables_are_there_only_as_given() {
    let none = args_and_env(&[], &[]).await;
    assert_eq!(none[1..], ["env=IMAGE|PREFIX", "GREETING="]);
    let passed = args_and_env(&["--env", "GREETING"], &[]).await;
    assert_eq!(
        passed[1..],
        ["env=GREETING|IMAGE|PREFIX", "GREETING=from outside"]
    );
    let set = args_and_env(&["--env", "GREETING=a=b ", "--env", "EMPTY="], &[]).await;
    assert_eq!(
        set[1..],
        ["env=EMPTY|GREETING|IMAGE|PREFIX", "GREETING=a=b "]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn input_and_output_are_a_pipe() {
    let names = Names::new("copies_its_input");
    let every_byte = (0..=255).collect::<Vec<u8>>().repeat(4 << 10);
    let process = Command::run(PLUGIN, "copies_its_input", &names).start();
    let output = process.finish_with(&every_byte).await;
    output.ended_with(0);
    assert_eq!(output.stdout_bytes.len(), every_byte.len());
    assert!(output.stdout_bytes == every_byte, "byte by byte");

    let output = Command::run(PLUGIN, "copies_its_input", &names);
    assert_eq!(output.output().await.ended_with(0).stdout, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_has_gone_is_told_to_the_plugin() {
    let names = Names::new("prints_until_it_fails");
    let mut process = Command::run(PLUGIN, "prints_until_it_fails", &names).start();
    process.expect("a line").await;
    process.close_output();
    let output = process.finish().await;
    assert_eq!(output.ended_with(4).stderr, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_reader_println_ends_as_a_panic_does() {
    let names = Names::new("prints_on");
    let mut process = Command::run(PLUGIN, "prints_on", &names).start();
    process.expect("a line").await;
    process.close_output();
    let output = process.finish().await;
    output.ended_with(134).says("failed printing to stdout");
}

/// A folder for the plugin, with a secret beside it.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().join("data");
        std::fs::create_dir(&data).expect("a folder");
        for (file, text) in [
            ("data/given", "words"),
            ("data/surplus", ""),
            ("secret", "secret"),
        ] {
            std::fs::write(folder.path().join(file), text).expect("a file");
        }
        Self(folder)
    }

    fn data(&self) -> std::path::PathBuf {
        self.0.path().join("data")
    }

    fn option(&self, more: &str) -> String {
        format!("--dir={}::/data{more}", self.data().display())
    }

    fn text(&self, file: &str) -> String {
        std::fs::read_to_string(self.0.path().join(file)).expect("a file")
    }

    fn entries(&self) -> usize {
        std::fs::read_dir(self.data()).expect("a folder").count()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_is_read_and_written() {
    let folder = Folder::new();
    let (output, _) = run("writes_a_file", &[&folder.option("")]).await;
    output.ended_with(0);
    assert_eq!(folder.text("data/folder/moved"), "WORDS");
    assert_eq!(folder.entries(), 2, "one was removed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_is_only_read_if_it_is_given_so() {
    let folder = Folder::new();
    let (output, _) = run("only_reads_files", &[&folder.option(":ro")]).await;
    assert_eq!(output.ended_with(0).stdout, "given=words\nentries=2\n");
    assert_eq!(folder.text("data/given"), "words");
    assert_eq!(folder.entries(), 2, "nothing was made or removed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_leads_nowhere_else() {
    let folder = Folder::new();
    symlink("../secret", folder.data().join("relative")).expect("a link");
    symlink(
        folder.0.path().join("secret"),
        folder.data().join("absolute"),
    )
    .expect("a link");
    let (output, _) = run("stays_in_its_folder", &[&folder.option("")]).await;
    output.ended_with(0);
    assert_eq!(folder.text("secret"), "secret");
    assert!(
        Path::new("/etc/passwd").exists(),
        "there was something to read"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_folder_there_are_no_files() {
    run("has_no_folder", &[]).await.0.ended_with(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn there_is_no_network_whatever_is_given() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.set_nonblocking(true).expect("it can be asked");
    let port = listener.local_addr().expect("its number").port();
    let port = format!("--env=PORT={port}");
    let folder = Folder::new();
    let engine = Engine::under_test().address().to_string();
    let options = [&port, &folder.option(""), "--engine", &engine];
    run("has_no_network", &options).await.0.ended_with(0);
    let nobody = listener.accept().expect_err("nobody has called");
    assert_eq!(nobody.kind(), ErrorKind::WouldBlock);
}
