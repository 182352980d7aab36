//! What each engine makes of each case.

use std::fs;

use super::{ENGINES, Recorded, case, folder, id, recorded, replay, replay_one};
use crate::api::ErrorKind::{self, Conflict, Engine, Invalid, NotFound, Unauthorized, Unsupported};
use crate::api::containers::{
    ContainerSpec, ListOptions, LogsOptions, RemoveOptions, StartOptions, StopOptions, UpdateSpec,
    WaitCondition,
};
use crate::api::{Client, Result};

/// What becomes of a case: an error of a kind, or a success.
type Outcome = Option<ErrorKind>;

/// The cases that fail, by what comes of them on Engine 29, Engine 20.10 and Podman 4.3. All
/// others succeed everywhere.
const FAILURES: &[(&str, [Outcome; 3])] = &[
    (
        "containers-changes-absent",
        [Some(NotFound), Some(NotFound), Some(Engine)],
    ),
    (
        "containers-create-bad-bind",
        [Some(Invalid), Some(Invalid), Some(Engine)],
    ),
    (
        "containers-create-bad-body",
        [Some(Invalid), Some(Engine), Some(Engine)],
    ),
    (
        "containers-create-bad-name",
        [Some(Invalid), Some(Invalid), Some(Engine)],
    ),
    (
        "containers-create-bad-platform",
        [Some(NotFound), Some(NotFound), None],
    ),
    (
        "containers-create-bad-restart-policy",
        [Some(Invalid), Some(Invalid), Some(Engine)],
    ),
    ("containers-create-image-empty", [None, None, Some(Engine)]),
    ("containers-create-image-mount", [None, Some(Invalid), None]),
    (
        "containers-create-low-memory",
        [Some(Invalid), Some(Invalid), None],
    ),
    ("containers-create-mac-address", [None, None, Some(Engine)]),
    (
        "containers-create-name-conflict",
        [Some(Conflict), Some(Conflict), Some(Engine)],
    ),
    (
        "containers-create-no-body",
        [Some(Invalid), Some(Engine), Some(Engine)],
    ),
    ("containers-create-no-image", [Some(NotFound); 3]),
    (
        "containers-create-unknown-network",
        [None, None, Some(Engine)],
    ),
    (
        "containers-create-wrong-content-type",
        [Some(Invalid), Some(Invalid), Some(Engine)],
    ),
    (
        "containers-create-wrong-type",
        [Some(Invalid), Some(Engine), Some(Engine)],
    ),
    ("containers-delete-absent", [Some(NotFound); 3]),
    ("containers-delete-force-ok", [None, None, Some(Engine)]),
    (
        "containers-delete-running",
        [Some(Conflict), Some(Conflict), Some(Engine)],
    ),
    ("containers-inspect-absent", [Some(NotFound); 3]),
    (
        "containers-inspect-created-mac",
        [None, None, Some(NotFound)],
    ),
    (
        "containers-inspect-image-mount",
        [None, Some(NotFound), None],
    ),
    ("containers-kill-absent", [Some(NotFound); 3]),
    (
        "containers-kill-bad-signal",
        [Some(Invalid), Some(Invalid), Some(Engine)],
    ),
    (
        "containers-kill-not-running",
        [Some(Conflict), Some(Conflict), Some(Engine)],
    ),
    (
        "containers-list-bad-filter",
        [Some(Invalid), Some(Invalid), Some(Engine)],
    ),
    (
        "containers-list-bad-filter-json",
        [Some(Invalid), Some(Engine), Some(Engine)],
    ),
    (
        "containers-list-bad-status",
        [Some(Invalid), Some(Invalid), Some(Engine)],
    ),
    (
        "containers-list-filter-before-absent",
        [Some(NotFound), Some(Engine), Some(Engine)],
    ),
    ("containers-logs-absent", [Some(NotFound); 3]),
    (
        "containers-logs-bad-since",
        [Some(Invalid), Some(Engine), Some(Invalid)],
    ),
    (
        "containers-logs-driver-none",
        [Some(Unsupported), Some(Unsupported), Some(Engine)],
    ),
    ("containers-logs-no-stream", [Some(Invalid); 3]),
    ("containers-pause-absent", [Some(NotFound); 3]),
    (
        "containers-pause-again",
        [Some(Conflict), Some(Conflict), Some(Engine)],
    ),
    (
        "containers-pause-not-running",
        [Some(Conflict), Some(Conflict), Some(Engine)],
    ),
    ("containers-rename-absent", [Some(NotFound); 3]),
    ("containers-rename-conflict", [Some(Conflict); 3]),
    (
        "containers-rename-empty",
        [Some(Invalid), Some(Invalid), Some(Engine)],
    ),
    (
        "containers-rename-same",
        [Some(Invalid), Some(Invalid), None],
    ),
    ("containers-resize-absent", [Some(NotFound); 3]),
    ("containers-resize-bad", [Some(Invalid); 3]),
    (
        "containers-resize-not-running",
        [Some(Conflict), Some(Conflict), None],
    ),
    ("containers-restart-absent", [Some(NotFound); 3]),
    ("containers-start-absent", [Some(NotFound); 3]),
    ("containers-start-bad-user", [Some(Engine); 3]),
    (
        "containers-start-command-not-found",
        [Some(Invalid), Some(Invalid), Some(Engine)],
    ),
    ("containers-start-image-mount", [None, Some(NotFound), None]),
    ("containers-start-port-taken", [Some(Engine); 3]),
    ("containers-start-unknown-network", [Some(NotFound); 3]),
    ("containers-stats-absent", [Some(NotFound); 3]),
    ("containers-stop-absent", [Some(NotFound); 3]),
    ("containers-stop-bad-signal", [Some(Engine), None, None]),
    ("containers-top-absent", [Some(NotFound); 3]),
    (
        "containers-top-not-running",
        [Some(Conflict), Some(Conflict), None],
    ),
    ("containers-unpause-again", [Some(Engine); 3]),
    ("containers-update-absent", [Some(NotFound); 3]),
    (
        "containers-update-bad",
        [Some(Invalid), Some(Invalid), Some(NotFound)],
    ),
    ("containers-update-ok", [None, None, Some(NotFound)]),
    ("containers-wait-absent", [Some(NotFound); 3]),
    (
        "containers-wait-bad-condition",
        [Some(Invalid), None, Some(Invalid)],
    ),
    ("images-inspect-absent", [Some(NotFound); 3]),
    ("images-inspect-pulled", [None, None, Some(NotFound)]),
    (
        "networks-create-duplicate",
        [Some(Conflict), Some(Conflict), Some(Engine)],
    ),
    (
        "networks-delete-active",
        [Some(Unauthorized), Some(Unauthorized), Some(Engine)],
    ),
    ("networks-inspect-absent", [Some(NotFound); 3]),
    ("networks-inspect-host", [None, None, Some(NotFound)]),
    ("volumes-delete-in-use", [Some(Conflict); 3]),
    ("volumes-inspect-absent", [Some(NotFound); 3]),
    ("system-version-api-1.24", [Some(Invalid), None, None]),
    (
        "system-version-too-new",
        [Some(Invalid), Some(Invalid), None],
    ),
    (
        "system-version-too-old",
        [Some(Invalid), Some(Invalid), None],
    ),
];

#[tokio::test]
async fn each_case_comes_out_as_it_should_on_each_engine() {
    let mut count = 0;
    let mut wrong = Vec::new();
    for (at, engine) in ENGINES.into_iter().enumerate() {
        for entry in fs::read_dir(folder(engine)).expect("recorded answers") {
            let path = entry.expect("an entry").path();
            let name = path
                .file_stem()
                .and_then(|name| name.to_str())
                .expect("a name");
            let answer = case(engine, name);
            let expected = FAILURES.iter().find(|(case, _)| *case == name);
            let expected = expected.and_then(|(_, outcomes)| outcomes[at]);
            match (call(name, answer.clone()).await, expected) {
                (Ok(()), None) => {}
                (Err(error), Some(kind)) => {
                    assert_eq!(error.kind(), kind, "{engine} {name}: {error}");
                    assert_eq!(error.status().map(u64::from), Some(answer.status));
                    assert!(error.sent() && error.route().is_some(), "{engine} {name}");
                    assert!(!error.message().is_empty(), "{engine} {name}");
                }
                (outcome, _) => wrong.push(format!("{engine} {name}: {outcome:?}")),
            }
            count += 1;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 400, "only {count} cases");
}

/// Makes the call that a case is about, and has it answered.
async fn call(name: &str, answer: Recorded) -> Result<()> {
    let (domain, rest) = name.split_once('-').expect("a case");
    let verb = rest.split('-').next().unwrap_or_default();
    if verb == "logs" && answer.version.to_string() == "1.41" {
        // The container's setting is asked for first.
        let tty = if name.contains("tty") {
            "containers-inspect-tty"
        } else {
            "containers-inspect-rich"
        };
        let (_engine, client) = replay(vec![("/json", case(ENGINES[1], tty)), ("", answer)]);
        return logs(&client).await;
    }
    let (_engine, client) = replay_one(answer);
    match domain {
        "system" => system(&client, verb).await,
        "containers" => container(&client, verb, name).await,
        domain => super::objects::call(&client, domain, verb).await,
    }
}

async fn system(client: &Client, verb: &str) -> Result<()> {
    let system = client.system();
    match verb {
        "ping" => {
            let pong = system.ping().await?;
            assert!(pong.api_version.starts_with("1."), "{pong:?}");
        }
        "version" => {
            let version = system.version().await?;
            assert!(!version.version.is_empty() && !version.components.is_empty());
            assert_eq!(version.more, [], "all is known");
        }
        "info" => {
            let info = system.info().await?;
            let identity = info.identity()?;
            assert!(identity.cpus > 0 && identity.memory > 0 && identity.system_time.is_some());
            info.counts()?;
            assert!(!info.storage()?.driver.is_empty());
            assert!(info.limits()?.memory_limit);
            assert!(!info.drivers()?.network.is_empty());
            assert!(!info.swarm()?.local_node_state.is_empty());
            info.registries()?;
            assert!(!info.security_options()?.is_empty());
            info.warnings()?;
        }
        "capabilities" => {
            let given = system.podmans_capabilities().await?;
            assert_eq!((given.len(), given[1].as_str()), (14, "CAP_CHOWN"));
        }
        _ => panic!("no such function: {verb}"),
    }
    Ok(())
}

async fn container(client: &Client, verb: &str, name: &str) -> Result<()> {
    let id = id();
    let container = client.container(&id);
    match verb {
        "list" => client
            .containers()
            .list(&ListOptions::default())
            .await
            .map(drop),
        "create" => client
            .containers()
            .create(&ContainerSpec::new("x"))
            .await
            .map(drop),
        "inspect" => inspect(client).await,
        "start" => container.start(&StartOptions::default()).await,
        "stop" => container.stop(&StopOptions::default()).await,
        "restart" => container.restart(&StopOptions::default()).await,
        "kill" => container.kill(None).await,
        "pause" => container.pause().await,
        "unpause" => container.unpause().await,
        "rename" => container.rename("x").await,
        "delete" => container.remove(&RemoveOptions::default()).await,
        "wait" => container
            .wait(WaitCondition::Removed)
            .await?
            .await
            .map(drop),
        "logs" => logs(client).await,
        "top" => container.top().await.map(drop),
        "changes" => container.changes().await.map(drop),
        "stats" if name.contains("stream") => {
            let mut stream = container.stats_stream().await?;
            let mut readings = Vec::new();
            let limits = crate::transport::Limits {
                items: 9,
                bytes: 1 << 20,
            };
            while stream.next_batch(&mut readings, limits).await? > 0 {}
            assert_eq!(readings.len(), 2);
            Ok(())
        }
        "stats" => container.stats(false).await.map(drop),
        "resize" => container.resize(1, 1).await,
        "update" => container.update(&UpdateSpec::new()).await.map(drop),
        _ => panic!("no such function: {verb}"),
    }
}

/// Reads every group.
async fn inspect(client: &Client) -> Result<()> {
    let id = id();
    let details = client.container(&id).inspect(true).await?;
    let identity = details.identity()?;
    assert!(identity.id.parse::<crate::api::ContainerId>().is_ok());
    assert!(!identity.name.starts_with('/') && identity.created.is_some());
    details.state()?;
    details.health()?;
    details.command()?;
    details.env()?;
    details.labels()?;
    details.config()?;
    details.healthcheck()?;
    details.resources()?;
    details.host_config()?;
    details.security()?;
    details.mounts()?;
    details.networks()?;
    details.ports()?;
    details.sizes()?;
    details.exec_ids()?;
    let found = client.containers().get("rec").await?;
    assert_eq!(found.as_str(), identity.id);
    let text = client.container(&id).inspect_json(false).await?;
    assert_eq!(text, details.text());
    Ok(())
}

async fn logs(client: &Client) -> Result<()> {
    let id = id();
    let mut stream = client.container(&id).logs(&LogsOptions::default()).await?;
    let mut chunks = Vec::new();
    let limits = crate::transport::Limits {
        items: 9,
        bytes: 1 << 20,
    };
    while stream.next_batch(&mut chunks, limits).await? > 0 {}
    assert!(chunks.iter().all(|chunk| !chunk.data.is_empty()));
    Ok(())
}

#[tokio::test]
async fn no_list_loses_a_row() {
    let mut rows = 0;
    for engine in ENGINES {
        for entry in fs::read_dir(folder(engine)).expect("recorded answers") {
            let path = entry.expect("an entry").path();
            let name = path
                .file_stem()
                .and_then(|name| name.to_str())
                .expect("a name");
            let Some(answer) = recorded(engine, name) else {
                continue;
            };
            if !name.starts_with("containers-list") || answer.status != 200 {
                continue;
            }
            let ids: Vec<_> = match answer.json.as_array() {
                Some(list) => list
                    .iter()
                    .map(|row| row["Id"].as_str().expect("an id").to_owned())
                    .collect(),
                None => Vec::new(),
            };
            let (_engine, client) = replay_one(answer);
            let list = client
                .containers()
                .list(&ListOptions::default())
                .await
                .expect("a list");
            let found: Vec<_> = list.into_iter().map(|row| row.id).collect();
            assert_eq!(found, ids, "{engine} {name}");
            rows += ids.len();
        }
    }
    assert!(rows > 50, "only {rows} rows");
}
