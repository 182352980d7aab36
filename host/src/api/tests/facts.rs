//! What is in some of the recorded answers, on each engine.

use bytes::Bytes;

use super::{ENGINES, case, id, replay, replay_one};
use crate::api::containers::{
    ChangeKind, ContainerDetails, ContainerPort, ContainerStatus, HealthStatus, HealthTest,
    HostBinding, ListOptions, LogsOptions, MountKind, OutputStream, PortSummary, RestartCondition,
    WaitCondition,
};
use crate::api::{Protocol, Timestamp};
use crate::transport::Limits;

const PODMAN: &str = ENGINES[2];

fn pair(key: &str, value: &str) -> (String, String) {
    (key.to_owned(), value.to_owned())
}

async fn details(engine: &str, name: &str) -> ContainerDetails {
    let (_engine, client) = replay_one(case(engine, name));
    let id = id();
    client.container(&id).inspect(true).await.expect(name)
}

#[tokio::test]
async fn a_container_with_everything() {
    for engine in ENGINES {
        let details = details(engine, "containers-inspect-rich").await;
        let identity = details.identity().unwrap();
        assert_eq!(identity.name, "rec-web");
        assert!(identity.image.ends_with("rec/base:1") && identity.image_id.starts_with("sha256:"));
        let created = identity.created.expect("a moment");
        assert!(created.seconds > 1_795_000_000 && created.nanoseconds > 0);

        let state = details.state().unwrap();
        assert_eq!(state.status, ContainerStatus::Running);
        assert!(state.running && !state.paused && state.pid > 0);
        assert!(state.started_at.is_some() && state.finished_at.is_none());

        let health = details.health().unwrap().expect("a check");
        let healthy = (HealthStatus::Healthy, HealthStatus::Starting);
        assert_eq!(
            health.status,
            if engine == PODMAN {
                healthy.1
            } else {
                healthy.0
            }
        );
        if let Some(probe) = health.log.first() {
            assert_eq!((probe.exit_code, probe.output.as_str()), (0, "fine\n"));
            assert!(probe.start < probe.end);
        }

        let command = details.command().unwrap();
        assert_eq!((command.path.as_str(), command.args.len()), ("sh", 2));
        assert_eq!(command.entrypoint, None);
        assert_eq!(command.command.as_ref().map(Vec::len), Some(3));

        let env = details.env().unwrap();
        assert!(env.contains(&("A".to_owned(), Some("1".to_owned()))));
        assert!(env.contains(&("EMPTY".to_owned(), Some(String::new()))));
        assert!(env.contains(&("UNI".to_owned(), Some("w\u{f6}rld \u{2713}".to_owned()))));
        let labels = details.labels().unwrap();
        assert!(labels.contains(&pair("com.example.role", "web")));

        let config = details.config().unwrap();
        assert_eq!(
            (config.hostname.as_str(), config.user.as_str()),
            ("web1", "0:0")
        );
        assert_eq!((config.stop_timeout, config.tty), (Some(3), false));
        let dns = ContainerPort {
            port: 53,
            protocol: Protocol::Udp,
        };
        assert!(config.exposed_ports.len() == 3 && config.exposed_ports.contains(&dns));
        if engine != PODMAN {
            assert_eq!(config.volumes, ["/anon"]);
        }

        let check = details.healthcheck().unwrap().expect("a check");
        assert_eq!(check.test, HealthTest::Shell("echo fine; true".to_owned()));
        assert_eq!(
            (check.interval, check.retries),
            (Some(1_000_000_000), Some(3))
        );
    }
}

#[tokio::test]
async fn what_a_container_may_do() {
    for engine in ENGINES {
        let details = details(engine, "containers-inspect-rich").await;
        let resources = details.resources().unwrap();
        assert_eq!((resources.memory, resources.cpu_shares), (64 << 20, 512));
        assert_eq!(
            (resources.nano_cpus, resources.pids_limit),
            (500_000_000, Some(100))
        );
        assert_eq!(
            (resources.memory_swappiness, resources.shm_size),
            (None, 16 << 20)
        );
        assert_eq!(
            resources.ulimits.first().map(|limit| limit.name.as_str()),
            Some("nofile")
        );

        let host = details.host_config().unwrap();
        assert_eq!(host.restart_policy.condition, RestartCondition::OnFailure);
        assert_eq!(host.restart_policy.maximum_retries, 3);
        assert_eq!(
            (host.dns.as_slice(), host.console_size),
            (&["192.0.2.53".to_owned()][..], None)
        );
        assert!(host.sysctls.is_empty() == (engine == PODMAN) && !host.tmpfs.is_empty());
        let web = host
            .port_bindings
            .iter()
            .find(|port| port.container.port == 80);
        let local = HostBinding {
            host_ip: "127.0.0.1".to_owned(),
            host_port: Some(18080),
        };
        assert_eq!(web.and_then(|port| port.bindings.first()), Some(&local));

        let security = details.security().unwrap();
        assert_eq!(security.cap_add, ["NET_ADMIN"]);
        assert!(!security.privileged);
        let (host, inside, _) = security.devices.first().expect("a device");
        assert_eq!(
            (host.as_str(), inside.as_str()),
            ("/dev/null", "/dev/xnull")
        );

        let mounts = details.mounts().unwrap();
        let volume = mounts
            .iter()
            .find(|mount| mount.destination == "/v2")
            .expect("a mount");
        assert_eq!(
            (&volume.kind, volume.name.as_deref()),
            (&MountKind::Volume, Some("rec-vol2"))
        );
        assert!(!volume.writable);

        let [network, second] = details.networks().unwrap() else {
            panic!("two networks")
        };
        assert_eq!(
            (network.network.as_str(), second.network.as_str()),
            ("rec-net", "rec-net2")
        );
        assert_eq!(network.ip_address.as_deref(), Some("172.31.0.10"));
        assert_eq!(
            (network.ip_prefix_length, network.ipv6_prefix_length),
            (24, 64)
        );
        assert_eq!(
            (&second.ipv6_address, second.ipv6_prefix_length),
            (&None, 0)
        );
        assert_eq!(network.dns_names.is_empty(), engine != ENGINES[0]);
    }
}

#[tokio::test]
async fn where_its_ports_are() {
    for engine in ENGINES {
        let (_engine, client) = replay_one(case(engine, "containers-inspect-rich"));
        let id = id();
        let container = client.container(&id);
        let web = container.port(80, None).await.unwrap();
        assert!(
            web.iter()
                .any(|at| at.host_ip == "127.0.0.1" && at.host_port == Some(18080))
        );
        assert!(
            web.iter()
                .any(|at| at.host_ip == "0.0.0.0" && at.host_port == Some(18081))
        );
        assert_eq!(container.port(80, Some(&Protocol::Tcp)).await.unwrap(), web);
        assert!(
            container
                .port(80, Some(&Protocol::Udp))
                .await
                .unwrap()
                .is_empty()
        );
        assert!(
            !container.port(53, None).await.unwrap().is_empty(),
            "UDP comes after TCP"
        );
        assert!(
            container.port(9000, None).await.unwrap().is_empty(),
            "only exposed"
        );
        assert!(container.port(1, None).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn how_others_ended() {
    for engine in &ENGINES {
        let sizes = details(engine, "containers-inspect-rich-size").await;
        let root = sizes.sizes().unwrap().expect("sizes").root_fs;
        assert!(root > 2_000_000, "{engine}: {root}");
        let tty = details(engine, "containers-inspect-tty").await;
        assert!(tty.config().unwrap().tty && tty.sizes().unwrap().is_none());
        let exited = details(engine, "containers-inspect-exited").await;
        let state = exited.state().unwrap();
        assert!(!state.running && state.finished_at.is_some());
        assert!(
            exited
                .ports()
                .unwrap()
                .iter()
                .all(|port| port.bindings.is_empty())
        );
        let created = details(engine, "containers-inspect-created").await;
        assert_eq!(created.ports().unwrap(), [], "{engine}");
        let paused = details(engine, "containers-inspect-paused").await;
        assert_eq!(paused.state().unwrap().status, ContainerStatus::Paused);
        assert_eq!(paused.health().unwrap(), None);
        let execs = details(engine, "containers-inspect-with-execs").await;
        assert!(execs.exec_ids().unwrap().iter().all(|id| id.len() == 64));
        assert!(!execs.exec_ids().unwrap().is_empty());
    }
}

#[tokio::test]
async fn the_row_of_a_list() {
    for engine in ENGINES {
        let (_engine, client) = replay_one(case(engine, "containers-list-all"));
        let list = client
            .containers()
            .list(&ListOptions::default())
            .await
            .unwrap();
        let row = list
            .iter()
            .find(|row| row.names == ["rec-web"])
            .expect("the row");
        assert!(row.image.ends_with("rec/base:1") && row.command.starts_with("sh -c"));
        assert!(row.created.seconds > 1_795_000_000 && row.created.nanoseconds == 0);
        assert_eq!(
            (&row.status, row.size_rw),
            (&ContainerStatus::Running, None)
        );
        assert!(row.labels.contains(&pair("com.example.empty", "")));
        let local = PortSummary {
            host_ip: Some("127.0.0.1".to_owned()),
            host_port: Some(18080),
            container_port: 80,
            protocol: Protocol::Tcp,
        };
        assert!(row.ports.contains(&local));
        assert_eq!(row.networks.len(), 2);
        assert_eq!(row.networks[0].network, "rec-net");
        assert!(row.mounts.len() >= 4);
        let newest = engine == ENGINES[0];
        assert_eq!(row.health, newest.then_some(HealthStatus::Healthy));
        let annotations = pair("HostConfig.Annotations", r#"{"org.example.note":"x"}"#);
        assert_eq!(row.more.contains(&annotations), newest);
        assert_eq!(
            row.network_mode,
            if engine == PODMAN { "" } else { "rec-net" }
        );
        assert_eq!(row.more.is_empty(), engine == ENGINES[1], "{:?}", row.more);
        for row in &list {
            assert!(
                !matches!(row.status, ContainerStatus::Other(_)),
                "{:?}",
                row.status
            );
        }
    }
}

#[tokio::test]
async fn what_a_container_wrote() {
    for engine in ENGINES {
        let inspect = |name| ("/json", case(engine, name));
        let framed = ("/logs", case(engine, "containers-logs-framed"));
        let (_engine, client) = replay(vec![inspect("containers-inspect-exited"), framed]);
        let lines = [
            (OutputStream::Stdout, "one\n"),
            (OutputStream::Stderr, "two\n"),
            (OutputStream::Stdout, "three\n"),
        ];
        let lines = lines.map(|(stream, text)| (stream, Bytes::from_static(text.as_bytes())));
        let mut found = logs(&client).await;
        // Engines read the two pipes in either order.
        found.sort();
        let mut lines = Vec::from(lines.map(|(stream, data)| (stream as u8, data)));
        lines.sort();
        assert_eq!(found, lines, "{engine}");
        let raw = case(engine, "containers-logs-tty-raw");
        let body = Bytes::from(raw.body.clone());
        let (_engine, client) = replay(vec![inspect("containers-inspect-tty"), ("/logs", raw)]);
        assert_eq!(
            logs(&client).await,
            [(OutputStream::Console as u8, body)],
            "{engine}"
        );
    }
}

async fn logs(client: &crate::api::Client) -> Vec<(u8, Bytes)> {
    let id = id();
    let stream = client.container(&id).logs(&LogsOptions::default()).await;
    let mut chunks = Vec::new();
    let limits = Limits {
        items: 100,
        bytes: 1 << 20,
    };
    let mut stream = stream.unwrap();
    while stream.next_batch(&mut chunks, limits).await.unwrap() > 0 {}
    chunks
        .into_iter()
        .map(|chunk| (chunk.stream as u8, chunk.data))
        .collect()
}

#[tokio::test]
async fn what_a_container_uses() {
    let id = id();
    for engine in ENGINES {
        let (_engine, client) = replay_one(case(engine, "containers-stats-once"));
        let stats = client.container(&id).stats(false).await.unwrap();
        assert!(stats.read.is_some() && stats.cpu.total_usage > 0 && stats.pids > 0);
        assert_eq!((stats.memory.limit, stats.cpu.online_cpus), (64 << 20, 2));
        assert!(
            stats
                .networks
                .iter()
                .all(|interface| interface.rx_bytes > 0)
        );
        assert_eq!(stats.networks.len(), 1, "{engine}");
        assert_eq!(stats.memory.details.is_empty(), engine == PODMAN);
        let newest = engine == ENGINES[0];
        assert_eq!(stats.more.contains(&pair("os_type", "\"linux\"")), newest);
        assert_eq!(stats.previous_read.is_some(), engine != PODMAN);

        let (_engine, client) = replay_one(case(engine, "containers-stats-not-running"));
        let stats = client.container(&id).stats(false).await.unwrap();
        assert_eq!(
            (stats.read, stats.cpu.total_usage, stats.pids_limit),
            (None, 0, None)
        );
    }
}

#[tokio::test]
async fn what_else_is_told() {
    let id = id();
    for engine in ENGINES {
        let (_engine, client) = replay_one(case(engine, "containers-wait-exited"));
        let exit = client
            .container(&id)
            .wait(WaitCondition::NotRunning)
            .await
            .unwrap();
        let exit = exit.await.unwrap();
        assert_eq!((exit.status_code, exit.error), (3, None));

        let (_engine, client) = replay_one(case(engine, "containers-changes"));
        let changes = client.container(&id).changes().await.unwrap();
        let kind = |path: &str| {
            changes
                .iter()
                .find(|change| change.path == path)
                .map(|c| &c.kind)
        };
        assert_eq!(kind("/new.txt"), Some(&ChangeKind::Added));
        assert_eq!(kind("/big"), Some(&ChangeKind::Deleted));
        assert_eq!(kind("/etc"), Some(&ChangeKind::Modified));
        let (_engine, client) = replay_one(case(engine, "containers-changes-none"));
        assert_eq!(client.container(&id).changes().await.unwrap(), []);

        let (_engine, client) = replay_one(case(engine, "containers-top"));
        let list = client.container(&id).top().await.unwrap();
        assert!(list.titles.contains(&"PID".to_owned()) && list.titles.len() > 2);
        assert!(
            list.processes
                .iter()
                .all(|process| process.len() == list.titles.len())
        );
        let last = list.processes.last().and_then(|process| process.last());
        assert_eq!(last.map(String::as_str), Some("httpd -f -p 80 -h /data"));

        let (_engine, client) = replay_one(case(engine, "system-ping"));
        let pong = client.system().ping().await.unwrap();
        assert_eq!(
            pong.builder_version.as_deref(),
            (engine == ENGINES[0]).then_some("2")
        );
        assert_eq!(
            pong.swarm.as_deref(),
            (engine == ENGINES[0]).then_some("inactive")
        );
        assert_eq!(pong.more.is_empty(), engine != PODMAN, "{:?}", pong.more);

        let (_engine, client) = replay_one(case(engine, "system-info"));
        let info = client.system().info().await.unwrap();
        assert_eq!(info.identity().unwrap().cpus, 2);
        assert_eq!(info.swarm().unwrap().node_id, None);
        assert!(info.storage().unwrap().driver.starts_with("overlay"));
        let insecure = &info.registries().unwrap().insecure;
        let one = if engine == PODMAN {
            "127.0.0.1:5000"
        } else {
            "127.0.0.0/8"
        };
        assert!(insecure.iter().any(|name| name == one), "{insecure:?}");
    }
}

#[test]
fn moments_are_read_with_any_offset() {
    let moment = |seconds, nanoseconds| {
        Some(Timestamp {
            seconds,
            nanoseconds,
        })
    };
    for (text, expected) in [
        ("1970-01-01T00:00:00Z", moment(0, 0)),
        (
            "2026-11-24T18:18:13.401360984Z",
            moment(1_795_544_293, 401_360_984),
        ),
        (
            "2026-11-24T19:18:13.4+01:00",
            moment(1_795_544_293, 400_000_000),
        ),
        ("1969-12-31T23:59:59.5Z", moment(-1, 500_000_000)),
        ("yesterday", None),
        ("", None),
    ] {
        assert_eq!(Timestamp::parse(text), expected, "{text}");
    }
    let since = Timestamp {
        seconds: 7,
        nanoseconds: 5,
    };
    assert_eq!(since.to_query(), "7.000000005");
}
