//! A write that was sent is finished by the host, whatever becomes of the plugin; a read ends with the plugin's interest.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use dockwit_host::runtime::End;
use dockwit_tests::asked::Asked;
use dockwit_tests::engine::Engine;
use dockwit_tests::making::{Making, written};
use dockwit_tests::plugin::{Live, Ran, Test};
use dockwit_tests::scripted::Scripted;
use dockwit_tests::until;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::cases::are_all_of;

/// An engine with the container `it` that takes its time with one thing, until it is let go on.
pub(crate) struct Slow {
    engine: Scripted,
    script: Arc<Script>,
}

struct Script {
    slow: &'static str,
    making: Making,
    released: Semaphore,
    asked: AtomicBool,
    answered: AtomicBool,
    abandoned: AtomicBool,
}

impl Slow {
    pub(crate) fn new(slow: &'static str) -> Self {
        let script = Arc::new(Script {
            slow,
            making: Making::with_container("it"),
            released: Semaphore::new(0),
            asked: AtomicBool::new(false),
            answered: AtomicBool::new(false),
            abandoned: AtomicBool::new(false),
        });
        let shared = Arc::clone(&script);
        let engine = Scripted::start(move |asked, connection| {
            let script = Arc::clone(&shared);
            async move { script.serve(&asked, connection).await }
        });
        Self { engine, script }
    }

    pub(crate) fn address(&self) -> String {
        self.engine.address().to_string()
    }

    fn test(&self, case: &str) -> Test {
        Test::new("writes", case).client(self.engine.client())
    }

    pub(crate) async fn asked(&self) {
        until("the engine is asked", || {
            self.script.asked.load(Ordering::SeqCst)
        })
        .await;
    }

    pub(crate) fn release(&self) {
        self.script.released.add_permits(1);
    }

    fn answered(&self) -> bool {
        self.script.answered.load(Ordering::SeqCst)
    }

    pub(crate) fn abandoned(&self) -> bool {
        self.script.abandoned.load(Ordering::SeqCst)
    }
}

impl Script {
    async fn serve(&self, asked: &Asked, mut connection: UnixStream) {
        if !asked.line.contains(self.slow) {
            let _ = connection.write_all(&self.answer(asked)).await;
            return;
        }
        self.asked.store(true, Ordering::SeqCst);
        tokio::select! {
            _ = connection.read_u8() => self.abandoned.store(true, Ordering::SeqCst),
            _ = self.released.acquire() => {
                let written = connection.write_all(&self.answer(asked)).await;
                self.answered.store(written.is_ok(), Ordering::SeqCst);
            }
        }
    }

    fn answer(&self, asked: &Asked) -> Vec<u8> {
        let answer = self.making.answer(asked);
        written(&answer.unwrap_or_else(|| panic!("{} isn't expected", asked.line)))
    }
}

/// The plugin has lost its interest, but its run isn't over before the engine has answered.
async fn is_finished(slow: &Slow, mut live: Live) -> Ran {
    live.expect("dropped").await;
    slow.asked().await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!live.is_over(), "the run waits for its write");
    assert!(!slow.abandoned(), "the write goes on");
    slow.release();
    let ran = live.finish().await;
    until("the engine's answer was taken", || slow.answered()).await;
    assert!(!slow.abandoned(), "the write went to its end");
    is_told(&ran);
    ran
}

/// The audit has the write's end, and the run's after it.
fn is_told(ran: &Ran) {
    let lines = ran.audit().all();
    let Some(announced) = lines.iter().find(|line| line["event"] == "announced") else {
        panic!("{lines:#?}")
    };
    let [.., finished, end] = &lines[..] else {
        panic!("{lines:#?}")
    };
    assert_eq!(finished["call"], announced["call"]);
    assert_eq!(
        (&finished["event"], &finished["outcome"]),
        (&"call".into(), &"ok".into())
    );
    assert_eq!(end["event"], "end");
}

#[tokio::test(flavor = "multi_thread")]
async fn attack_113_a_create_whose_future_is_dropped() {
    let slow = Slow::new("/containers/create");
    let live = slow.test("create_dropped").begin().await;
    is_finished(&slow, live).await.succeeded();
}

#[tokio::test(flavor = "multi_thread")]
async fn attack_113_a_start_whose_future_is_dropped() {
    let slow = Slow::new("/start");
    let live = slow.test("start_dropped").without_ledger().begin().await;
    is_finished(&slow, live).await.succeeded();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_create_of_a_plugin_that_traps() {
    let slow = Slow::new("/containers/create");
    let live = slow.test("create_trapped").begin().await;
    let ran = is_finished(&slow, live).await;
    assert!(
        matches!(ran.outcome().end, End::Trapped(_)),
        "{:?}",
        ran.outcome()
    );
    assert!(
        ran.stderr().contains("as it is meant to"),
        "the panic is to be read"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_create_of_a_plugin_that_returns() {
    let slow = Slow::new("/containers/create");
    let live = slow.test("create_left").begin().await;
    is_finished(&slow, live).await.succeeded();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_of_a_plugin_that_is_ended() {
    let slow = Slow::new("/start");
    let stop = CancellationToken::new();
    let test = slow
        .test("start_stopped")
        .without_ledger()
        .stop(stop.clone(), Duration::from_millis(100));
    let live = test.begin().await;
    stop.cancel();
    let ran = is_finished(&slow, live).await;
    assert!(
        matches!(ran.outcome().end, End::Ended),
        "{:?}",
        ran.outcome()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_is_given_up_at_once() {
    let slow = Slow::new("/containers/json");
    let stop = CancellationToken::new();
    let mut live = slow
        .test("list_dropped")
        .without_ledger()
        .stop(stop.clone(), Duration::ZERO)
        .begin()
        .await;
    live.expect("dropped").await;
    stop.cancel();
    let ran = live.finish().await;
    assert!(
        matches!(ran.outcome().end, End::Ended),
        "{:?}",
        ran.outcome()
    );
    // It may have been dropped before it was sent; if it was sent, its connection is closed.
    until("the connection is closed", || {
        slow.abandoned() || !slow.script.asked.load(Ordering::SeqCst)
    })
    .await;
    assert!(!slow.answered());
    let told = &ran.audit().of("containers.list")[0];
    assert_eq!(
        (&told["event"], &told["outcome"]),
        (&"call".into(), &"cancelled".into())
    );
}

/// On the real engine: the container is there, though the plugin never heard of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_create_that_nobody_waits_for_is_done() {
    for case in ["create_dropped", "create_left", "create_trapped"] {
        let ran = Test::new("writes", case).run().await;
        assert_eq!(ran.stdout(), "dropped\n");
        let it = Engine::under_test().inspect(&ran.names().name("it")).await;
        assert_eq!(it["State"]["Status"], "created", "{case}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_case_has_a_test() {
    let tests = [
        "create_dropped",
        "start_dropped",
        "create_trapped",
        "start_stopped",
        "create_left",
        "list_dropped",
    ];
    are_all_of("writes", &tests).await;
}
