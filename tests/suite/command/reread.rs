//! SIGHUP: the policy's file is read again while the plugin runs.

use std::path::PathBuf;

use dockwit_tests::audit::check;
use dockwit_tests::engine::{Engine, Names};
use dockwit_tests::process::{Command, Process};
use rustix::process::Signal;

/// A policy's file, the command that runs the plugin `console` under it, and its audit.
struct Under {
    folder: tempfile::TempDir,
    process: Process,
    _names: Names,
}

impl Under {
    async fn policy(policy: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let names = Names::new("reread");
        let file = folder.path().join("p.toml");
        std::fs::write(&file, text(policy)).expect("a file");
        let audit = folder.path().join("audit.jsonl");
        let (file, audit) = (
            file.to_str().expect("a text"),
            audit.to_str().expect("a text"),
        );
        let image = format!("IMAGE={}", Engine::under_test().image());
        let prefix = format!("PREFIX={}", names.prefix());
        let plugin = dockwit_tests::plugin::file("console");
        let ledger = folder.path().join("ledger");
        let mut process = Command::new(["run"])
            .arg(plugin)
            .arg("--policy")
            .arg(file)
            .arg("--audit")
            .arg(audit)
            .arg("--ledger")
            .arg(ledger)
            .env("IMAGE", &image["IMAGE=".len()..])
            .env("PREFIX", &prefix["PREFIX=".len()..])
            .start();
        process.expect("ready").await;
        Self {
            folder,
            process,
            _names: names,
        }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("p.toml")
    }

    /// Writes the policy anew, and has the command read it.
    async fn reread(&mut self, policy: &str, told: &str) {
        std::fs::write(self.file(), policy).expect("a file");
        self.process.signal(Signal::HUP);
        self.process.until_it_says(told).await;
    }

    async fn ask(&mut self, line: &str, answer: &str) {
        self.process.say(line).await;
        self.process.expect(answer).await;
    }

    /// The digests of the policies that the lines about a function have.
    fn policies(&self, op: &str) -> Vec<String> {
        let text = std::fs::read_to_string(self.folder.path().join("audit.jsonl"));
        let text = text.expect("an audit");
        let lines = text.lines().map(|line| check(line).expect(line));
        let lines = lines.filter(|line| line["op"] == op);
        let policy =
            |line: serde_json::Value| line["policy"].as_str().unwrap_or_default().to_owned();
        lines.map(policy).collect()
    }
}

fn text(keys: &str) -> String {
    let accepted = Engine::under_test().accepted();
    format!(
        "version = 1\nplugin = \"reread-{}\"\napi = \"0.1.0\"\nmissing = \"deny\"\n{accepted}\ncreate.images = \"any\"\nwasi.env = [\"IMAGE\", \"PREFIX\"]\n{keys}",
        std::process::id()
    )
}

const ALL: &str = "allow = [\"containers.*\", \"container.*\"]\ndeny = [\"container.inspect-json\", \"container.top\"]";

const NO_LOGS: &str = "allow = [\"containers.*\", \"container.*\"]\ndeny = [\"container.inspect-json\", \"container.top\", \"container.logs\"]";

#[tokio::test(flavor = "multi_thread")]
async fn a_verb_that_is_taken_away_ends_what_flows_and_is_denied() {
    let mut under = Under::policy(ALL).await;
    let words = Engine::under_test().first_words();
    let create = format!("create db network=none sh='{words}sleep 600'");
    under.process.say(&create).await;
    under.process.line().await;
    under.ask("start db", "ok").await;
    under.ask("follow db", "following").await;
    under
        .reread(&text(NO_LOGS), "again: narrower from now on: allow\n")
        .await;
    let denied = "denied allow this plugin isn't granted `container.logs`";
    under.process.expect(denied).await;
    under.ask("logs db", denied).await;
    under.ask("stop db", "ok").await;
    under.ask("remove db", "ok").await;
    let [opened, closed, refused] = &under.policies("container.logs")[..] else {
        panic!("{:?}", under.policies("container.logs"))
    };
    assert!(opened != closed && closed == refused);
    under.process.finish().await.ended_with(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_broken_changes_nothing() {
    let mut under = Under::policy(ALL).await;
    let broken = text(NO_LOGS).replace("container.logs", "container.lgos");
    under
        .reread(&broken, "the plugin goes on under the policy that it has\n")
        .await;
    under.process.say("create db network=none").await;
    under.process.line().await;
    under.ask("start db", "ok").await;
    under.ask("logs db", "").await;
    let output = under.process.finish().await;
    output
        .ended_with(0)
        .says("error: ")
        .says("there is no verb `container.lgos`; did you mean `container.logs`?");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wider_or_is_of_another_plugin_changes_nothing() {
    let mut under = Under::policy(NO_LOGS).await;
    under
        .reread(
            &text(&format!("{ALL}\nscope.containers = \"all\"")),
            "again: nothing is narrower; waits for the next run: allow, scope.containers\n",
        )
        .await;
    under.process.say("create db network=none").await;
    under.process.line().await;
    under.ask("start db", "ok").await;
    let denied = "denied allow this plugin isn't granted `container.logs`";
    under.ask("logs db", denied).await;
    under.ask("list", "db").await;
    let other = text("").replace("plugin = \"reread", "plugin = \"other");
    under
        .reread(&other, "error: the policy is for the plugin other-")
        .await;
    under.ask("stop db", "ok").await;
    under.process.finish().await.ended_with(0);
}
