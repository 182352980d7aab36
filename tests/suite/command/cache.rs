//! Compiled code that is kept between runs.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use dockwit_tests::plugin::file;
use dockwit_tests::process::Command;

/// A home in which nothing was compiled yet.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    /// Runs a plugin that does next to nothing. Whether it was compiled for that.
    async fn compiles(&self, options: &[&str]) -> bool {
        let file = file("tiny_nothing");
        let args = ["run".as_ref(), file.as_os_str()];
        let args = args.into_iter().chain(options.iter().map(AsRef::as_ref));
        let command = Command::new(args).env("HOME", self.0.path());
        let command = command.env("DOCKWIT_LOG", "dockwit_host=debug");
        let output = command.output().await;
        assert_eq!(output.ended_with(0).stdout, "nothing\n");
        output.stderr.contains("compiling")
    }

    fn code(&self) -> PathBuf {
        self.0.path().join(".cache/dockwit/code")
    }

    fn key(&self) -> PathBuf {
        self.0.path().join(".local/share/dockwit/code-cache.key")
    }

    /// The one file of code.
    fn entry(&self) -> PathBuf {
        let entries: Vec<_> = self.code().read_dir().expect("it is there").collect();
        let [Ok(entry)] = &entries[..] else {
            panic!("one entry: {entries:?}")
        };
        entry.path()
    }
}

fn mode(path: &Path) -> u32 {
    let metadata = fs::metadata(path).expect("it is there");
    metadata.permissions().mode() & 0o777
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_run_compiles_nothing() {
    let home = Home::new();
    assert!(home.compiles(&[]).await, "there is nothing yet");
    let made = fs::metadata(home.entry()).expect("it is there");
    assert!(!home.compiles(&[]).await, "it is there");
    let kept = fs::metadata(home.entry()).expect("it is there");
    assert_eq!(made.ino(), kept.ino(), "it is the same file");
    assert_eq!((mode(&home.key()), mode(&home.code())), (0o600, 0o700));
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_neither_used_nor_made_if_told_so() {
    let home = Home::new();
    home.compiles(&["--no-cache"]).await;
    assert!(!home.code().exists() && !home.key().exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn code_that_was_tampered_with_is_made_anew() {
    let home = Home::new();
    assert!(home.compiles(&[]).await);
    let entry = home.entry();
    let code = fs::read(&entry).expect("it can be read");
    let flipped = |at: usize| {
        let mut code = code.clone();
        code[at] ^= 1;
        code
    };
    for tampered in [
        flipped(0),
        flipped(40),
        flipped(code.len() / 2),
        flipped(code.len() - 1),
        code[..code.len() - 1].to_vec(),
        [&code[..], b"more"].concat(),
        Vec::new(),
    ] {
        fs::write(&entry, tampered).expect("it can be written");
        assert!(home.compiles(&[]).await, "it isn't loaded");
        assert!(!home.compiles(&[]).await, "it was made anew");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn code_of_another_key_is_made_anew() {
    let (home, other) = (Home::new(), Home::new());
    assert!(home.compiles(&[]).await && other.compiles(&[]).await);
    let foreign = fs::read(other.entry()).expect("it can be read");
    assert_eq!(home.entry().file_name(), other.entry().file_name());
    fs::write(home.entry(), foreign).expect("it can be written");
    assert!(home.compiles(&[]).await, "whoever made it has another key");

    fs::set_permissions(home.key(), fs::Permissions::from_mode(0o644)).expect("it is ours");
    assert!(home.compiles(&[]).await, "the key was open to others");
    assert_eq!(mode(&home.key()), 0o600, "so another was made");
    assert!(!home.compiles(&[]).await);
}
