//! What a container reaches, tried from its inside; and what listens on the engine's machine.

use std::process::Stdio;

use hyper::Method;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::engine::Engine;

/// The program that tries it, which `cargo xtask test` compiles.
fn program() -> String {
    std::env::var("DOCKWIT_TEST_PROBE")
        .expect("DOCKWIT_TEST_PROBE is set: run the suite by `cargo xtask test`, which makes it")
}

/// Puts the program into a container, as `/probe`.
///
/// # Panics
///
/// Panics if the engine doesn't take it.
pub async fn put_into(id: &str) {
    let bytes = std::fs::read(program()).expect("the probe is there");
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes.len() as u64);
    header.set_mode(0o755);
    let mut archive = tar::Builder::new(Vec::new());
    archive
        .append_data(&mut header, "probe", &bytes[..])
        .expect("an archive");
    let archive = archive.into_inner().expect("an archive");
    let path = format!("/containers/{id}/archive?path=/");
    let (status, answer) = Engine::under_test()
        .send(Method::PUT, &path, "application/x-tar", archive)
        .await;
    assert!(status.is_success(), "{answer}");
}

/// A listener on all addresses of the engine's machine, until it is dropped.
pub struct Listener {
    _child: Child,
}

impl Listener {
    /// Begins to listen. None where the engine is on a machine that can't be entered.
    ///
    /// # Panics
    ///
    /// Panics if it can't.
    pub async fn begin(port: u16) -> Option<Self> {
        let engine = std::env::var("DOCKWIT_TEST_ENGINE_PID").ok()?;
        let mut child = Command::new("nsenter")
            .args(["-t", &engine, "-n", &program(), "listen"])
            .arg(format!("0.0.0.0:{port}"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("nsenter is there");
        let stdout = child.stdout.take().expect("its output is a pipe");
        let line = BufReader::new(stdout).lines().next_line().await;
        assert_eq!(line.ok().flatten().as_deref(), Some("listening"));
        Some(Self { _child: child })
    }
}
