//! What is sent, and what isn't.

use super::{Listener, id};
use crate::api::containers::{
    ContainerFilter as Filter, ContainerStatus, HealthStatus, ListOptions, LogsOptions,
    RemoveOptions, StartOptions, StopOptions, UpdateSpec, WaitCondition,
};
use crate::api::{ErrorKind, Timestamp};
use crate::transport::ApiVersion;

const NEWEST: ApiVersion = ApiVersion::NEWEST;

/// The one request that was heard.
macro_rules! sent {
    ($listener:expr, $call:expr) => {{
        let _ = $call.await;
        let heard = $listener.heard();
        let [(line, _)] = &heard[..] else {
            panic!("not one request: {heard:?}")
        };
        line.clone()
    }};
}

#[tokio::test]
async fn each_function_asks_for_what_it_is_told() {
    let mut engine = Listener::start(NEWEST, "{}");
    let client = engine.client.clone();
    let id = id();
    let container = client.container(&id);
    let stop = StopOptions {
        signal: Some("sigint".to_owned()),
        timeout: Some(-1),
    };
    let detach = StartOptions {
        detach_keys: Some("ctrl-p,ctrl-q".to_owned()),
    };
    let remove = RemoveOptions {
        force: true,
        volumes: true,
    };
    let lines = [
        (sent!(engine, client.system().ping()), "GET /_ping"),
        (sent!(engine, client.system().version()), "GET /version"),
        (sent!(engine, client.system().info()), "GET /info"),
        (
            sent!(engine, client.containers().get("we b")),
            "GET /containers/we%20b/json",
        ),
        (
            sent!(engine, container.inspect(false)),
            "GET /containers/ID/json",
        ),
        (
            sent!(engine, container.inspect(true)),
            "GET /containers/ID/json?size=1",
        ),
        (
            sent!(engine, container.inspect_json(true)),
            "GET /containers/ID/json?size=1",
        ),
        (
            sent!(engine, container.port(80, None)),
            "GET /containers/ID/json",
        ),
        (
            sent!(engine, container.start(&StartOptions::default())),
            "POST /containers/ID/start",
        ),
        (
            sent!(engine, container.start(&detach)),
            "POST /containers/ID/start?detachKeys=ctrl-p%2Cctrl-q",
        ),
        (
            sent!(engine, container.stop(&StopOptions::default())),
            "POST /containers/ID/stop",
        ),
        (
            sent!(engine, container.stop(&stop)),
            "POST /containers/ID/stop?t=-1&signal=sigint",
        ),
        (
            sent!(engine, container.restart(&stop)),
            "POST /containers/ID/restart?t=-1&signal=sigint",
        ),
        (
            sent!(engine, container.kill(None)),
            "POST /containers/ID/kill",
        ),
        (
            sent!(engine, container.kill(Some("RTMIN+3"))),
            "POST /containers/ID/kill?signal=RTMIN%2B3",
        ),
        (
            sent!(engine, container.pause()),
            "POST /containers/ID/pause",
        ),
        (
            sent!(engine, container.unpause()),
            "POST /containers/ID/unpause",
        ),
        (
            sent!(engine, container.rename("new")),
            "POST /containers/ID/rename?name=new",
        ),
        (
            sent!(engine, container.remove(&RemoveOptions::default())),
            "DELETE /containers/ID",
        ),
        (
            sent!(engine, container.remove(&remove)),
            "DELETE /containers/ID?force=1&v=1",
        ),
        (
            sent!(engine, container.wait(WaitCondition::NotRunning)),
            "POST /containers/ID/wait?condition=not-running",
        ),
        (
            sent!(engine, container.wait(WaitCondition::NextExit)),
            "POST /containers/ID/wait?condition=next-exit",
        ),
        (
            sent!(engine, container.wait(WaitCondition::Removed)),
            "POST /containers/ID/wait?condition=removed",
        ),
        (sent!(engine, container.top()), "GET /containers/ID/top"),
        (
            sent!(engine, container.changes()),
            "GET /containers/ID/changes",
        ),
        (
            sent!(engine, container.stats(false)),
            "GET /containers/ID/stats?stream=0",
        ),
        (
            sent!(engine, container.stats(true)),
            "GET /containers/ID/stats?stream=0&one-shot=1",
        ),
        (
            sent!(engine, container.stats_stream()),
            "GET /containers/ID/stats?stream=1",
        ),
        (
            sent!(engine, container.resize(24, 80)),
            "POST /containers/ID/resize?h=24&w=80",
        ),
        (
            sent!(engine, container.update(&UpdateSpec::new())),
            "POST /containers/ID/update",
        ),
    ];
    for (line, expected) in lines {
        assert_eq!(line, expected);
    }
}

#[tokio::test]
async fn a_list_is_asked_for_with_its_options() {
    let mut engine = Listener::start(NEWEST, "[]");
    let client = engine.client.clone();
    let all = ListOptions {
        all: true,
        limit: Some(3),
        size: true,
        filters: Vec::new(),
    };
    let containers = client.containers();
    let plain = sent!(engine, containers.list(&ListOptions::default()));
    assert_eq!(plain, "GET /containers/json");
    let whole = sent!(engine, containers.list(&all));
    assert_eq!(whole, "GET /containers/json?all=1&limit=3&size=1");

    let text = |text: &str| text.to_owned();
    for (filter, expected) in [
        (Filter::Ancestor(text("a")), r#"{"ancestor":["a"]}"#),
        (Filter::Before(text("a")), r#"{"before":["a"]}"#),
        (Filter::Expose(text("80/tcp")), r#"{"expose":["80/tcp"]}"#),
        (Filter::Exited(-1), r#"{"exited":["-1"]}"#),
        (Filter::Health(HealthStatus::None), r#"{"health":["none"]}"#),
        (Filter::Id(text("a")), r#"{"id":["a"]}"#),
        (Filter::IsTask(true), r#"{"is-task":["true"]}"#),
        (Filter::Label(text("a=\"b")), r#"{"label":["a=\"b"]}"#),
        (Filter::Name(text("a")), r#"{"name":["a"]}"#),
        (Filter::Network(text("a")), r#"{"network":["a"]}"#),
        (Filter::Publish(text("80")), r#"{"publish":["80"]}"#),
        (Filter::Since(text("a")), r#"{"since":["a"]}"#),
        (
            Filter::Status(ContainerStatus::Exited),
            r#"{"status":["exited"]}"#,
        ),
        (Filter::Volume(text("a")), r#"{"volume":["a"]}"#),
        (Filter::Other((text("new"), text("a"))), r#"{"new":["a"]}"#),
    ] {
        let options = ListOptions {
            filters: vec![filter],
            ..ListOptions::default()
        };
        let line = sent!(engine, containers.list(&options));
        let (_, query) = line.split_once("filters=").expect("filters");
        let query = percent_encoding::percent_decode_str(query)
            .decode_utf8()
            .expect("UTF-8");
        assert_eq!(query, expected);
    }
    let options = ListOptions {
        filters: vec![
            Filter::Name(text("a")),
            Filter::Id(text("c")),
            Filter::Name(text("b")),
        ],
        ..ListOptions::default()
    };
    let line = sent!(engine, containers.list(&options));
    assert!(
        line.ends_with("%7B%22id%22%3A%5B%22c%22%5D%2C%22name%22%3A%5B%22a%22%2C%22b%22%5D%7D")
    );
}

#[tokio::test]
async fn logs_are_asked_for_with_their_options() {
    let mut engine = Listener::start(NEWEST, "");
    let client = engine.client.clone();
    let id = id();
    let all = LogsOptions {
        stdout: true,
        stderr: true,
        follow: true,
        since: Some(Timestamp {
            seconds: 3,
            nanoseconds: 4,
        }),
        until: Some(Timestamp {
            seconds: 5,
            nanoseconds: 0,
        }),
        timestamps: true,
        tail: Some(0),
        details: true,
    };
    let _ = client.container(&id).logs(&all).await;
    let heard = engine.heard();
    let expected = "GET /containers/ID/logs?stdout=1&stderr=1&follow=1&timestamps=1&details=1\
                    &since=3.000000004&until=5.000000000&tail=0";
    assert_eq!(heard[0].0, expected);
    assert_eq!(
        heard[1].0, "GET /containers/ID/json",
        "the answer's type didn't say it"
    );
    let one = LogsOptions {
        stdout: false,
        ..LogsOptions::default()
    };
    let _ = client.container(&id).logs(&one).await;
    assert_eq!(engine.heard()[0].0, "GET /containers/ID/logs?stderr=1");

    let mut old = Listener::start(ApiVersion::OLDEST, r#"{"Config":{"Tty":true}}"#);
    let _ = old.client.container(&id).logs(&one).await;
    let lines: Vec<_> = old.heard().into_iter().map(|(line, _)| line).collect();
    assert_eq!(
        lines,
        [
            "GET /containers/ID/json",
            "GET /containers/ID/logs?stderr=1"
        ]
    );
}

#[tokio::test]
async fn what_cannot_be_is_not_sent() {
    let mut engine = Listener::start(ApiVersion::OLDEST, "{}");
    let client = engine.client.clone();
    let id = id();
    let container = client.container(&id);
    let none = LogsOptions {
        stdout: false,
        stderr: false,
        ..LogsOptions::default()
    };
    let stop = |signal: &str, timeout| StopOptions {
        signal: (!signal.is_empty()).then(|| signal.to_owned()),
        timeout,
    };
    let mut wrong = UpdateSpec::new();
    wrong.set_memory(u64::MAX);
    let cases = [
        (
            container.logs(&none).await.map(drop),
            ErrorKind::Invalid,
            Some("stdout"),
        ),
        (
            container.stop(&stop("SIGINT", None)).await,
            ErrorKind::Unsupported,
            Some("signal"),
        ),
        (
            container.restart(&stop("2", None)).await,
            ErrorKind::Unsupported,
            Some("signal"),
        ),
        (
            container.stop(&stop("a b", None)).await,
            ErrorKind::Invalid,
            Some("signal"),
        ),
        (
            container.stop(&stop("", Some(-2))).await,
            ErrorKind::Invalid,
            Some("timeout"),
        ),
        (
            container.kill(Some("")).await,
            ErrorKind::Invalid,
            Some("signal"),
        ),
        (
            container.kill(Some("9&x")).await,
            ErrorKind::Invalid,
            Some("signal"),
        ),
        (
            container.update(&wrong).await.map(drop),
            ErrorKind::Invalid,
            Some("set-memory"),
        ),
        (
            client.containers().get("").await.map(drop),
            ErrorKind::Invalid,
            None,
        ),
        (
            client.containers().get("a/b").await.map(drop),
            ErrorKind::Invalid,
            None,
        ),
        (
            client.containers().get("..").await.map(drop),
            ErrorKind::Invalid,
            None,
        ),
    ];
    for (outcome, kind, field) in cases {
        let error = outcome.expect_err("an error");
        assert_eq!(
            (error.kind(), error.field(), error.sent()),
            (kind, field, false),
            "{error}"
        );
    }
    assert_eq!(engine.heard(), []);
    for text in [
        "",
        "web",
        "0123456789ab",
        &"A".repeat(64),
        &"g".repeat(64),
        &"0".repeat(65),
    ] {
        let error = text.parse::<crate::api::ContainerId>().expect_err("no id");
        assert_eq!(
            (error.kind(), error.field()),
            (ErrorKind::Invalid, Some("id"))
        );
    }
}

#[tokio::test]
async fn an_answer_without_an_id_is_an_error() {
    let engine = Listener::start(NEWEST, r#"{"Id":"web"}"#);
    let error = engine
        .client
        .containers()
        .get("web")
        .await
        .expect_err("no id");
    assert_eq!(error.kind(), ErrorKind::Protocol);
    assert!(error.route().is_some() && error.sent());
    let spec = crate::api::containers::ContainerSpec::new("x");
    let error = engine
        .client
        .containers()
        .create(&spec)
        .await
        .expect_err("no id");
    assert_eq!(error.kind(), ErrorKind::Protocol);
}
