//! What a container is called and made of, and how it was set up.

use std::collections::BTreeMap;
use std::time::Duration;

use dockwit::containers::HealthTest;
use dockwit::{Docker, Healthcheck, Protocol, Result};
use dockwit_test_plugins::{Facts, denied, image, name, prefix, spec, tell};

use crate::{is_now, made};

pub(crate) async fn identity(docker: Docker) -> Result<()> {
    let container = docker.containers().create(&spec("it")).await?;
    let identity = container.inspect().await?.identity()?;
    assert_eq!(identity.id, container.id());
    assert_eq!(identity.name, name("it"));
    is_now(identity.created);
    assert_eq!(identity.image, image(), "as it was asked for");
    assert_eq!(identity.platform, docker.version().await?.os);
    assert_eq!(
        identity.driver,
        docker.info().await?.storage()?.driver,
        "the engine's own"
    );
    assert_eq!(identity.restart_count, 0);
    tell("image-id", identity.image_id);
    Ok(())
}

pub(crate) async fn command(docker: Docker) -> Result<()> {
    let words = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
    let both = spec("it")
        .entrypoint(["sh", "-c"])
        .command(["echo \"$0\"", "a b"])
        .shell(["/bin/ash", "-e"]);
    let command = made(docker, &both).await?.command()?;
    assert_eq!(command.path, "sh");
    assert_eq!(command.args, ["-c", "echo \"$0\"", "a b"]);
    assert_eq!(command.entrypoint, Some(words(&["sh", "-c"])));
    assert_eq!(command.command, Some(words(&["echo \"$0\"", "a b"])));
    if Facts::of(docker).await?.keeps("set-shell") {
        assert_eq!(command.shell, ["/bin/ash", "-e"]);
    }

    let alone = made(docker, &spec("alone").command(["true"])).await?;
    let command = alone.command()?;
    assert_eq!((command.path.as_str(), command.args.len()), ("true", 0));
    assert_eq!(command.command, Some(words(&["true"])));
    assert_eq!(command.entrypoint.unwrap_or_default(), words(&[]));
    assert_eq!(command.shell, words(&[]));
    Ok(())
}

pub(crate) async fn env(docker: Docker) -> Result<()> {
    let made_of = spec("it")
        .env([("COLOUR", "blue=green"), ("EMPTY", ""), ("LINES", "a\nb")])
        .env_var("WORDS", "wörld ✓");
    let env = made(docker, &made_of).await?.env()?;
    for (key, value) in [
        ("COLOUR", "blue=green"),
        ("EMPTY", ""),
        ("LINES", "a\nb"),
        ("WORDS", "wörld ✓"),
        ("PATH", "/bin"),
    ] {
        assert_eq!(env[key].as_deref(), Some(value), "{key}");
    }
    assert!(!env.contains_key("NOTHING"), "{env:?}");
    let without = spec("without").env(["PATH"]);
    if Facts::of(docker).await?.takes_variables_away() {
        let env = made(docker, &without).await?.env()?;
        assert_eq!(env.get("PATH"), Some(&None), "{env:?}");
    } else {
        denied(
            "containers.create",
            "create.env",
            docker.containers().create(&without).await,
        );
    }
    Ok(())
}

pub(crate) async fn labels(docker: Docker) -> Result<()> {
    let made_of = spec("it")
        .label("colour", "blue=green")
        .label("empty", "")
        .label("org.example/wörd ✓", "\"a\"\n");
    let labels = made(docker, &made_of).await?.labels()?;
    let mut expected = BTreeMap::from(
        [
            ("colour", "blue=green"),
            ("empty", ""),
            ("org.example/wörd ✓", "\"a\"\n"),
        ]
        .map(|(key, value)| (key.to_owned(), value.to_owned())),
    );
    expected.insert("dockwit-test".to_owned(), prefix());
    expected.insert("dockwit.image".to_owned(), image());
    for host in ["dockwit.owner", "dockwit.run", "dockwit.nonce"] {
        let label = labels.get(host).expect("the host's own");
        expected.insert(host.to_owned(), label.clone());
    }
    let own: BTreeMap<_, _> = labels
        .into_iter()
        .filter(|(key, _)| !key.starts_with("io.buildah"))
        .collect();
    assert_eq!(own, expected);
    let forged = spec("forged").label("dockwit.owner", "somebody");
    denied(
        "containers.create",
        "create.labels",
        docker.containers().create(&forged).await,
    );
    Ok(())
}

pub(crate) async fn config(docker: Docker) -> Result<()> {
    let facts = Facts::of(docker).await?;
    let made_of = spec("it")
        .hostname("box")
        .domainname("example.org")
        .user("65534:0")
        .working_dir("/tmp/here")
        .tty(true)
        .open_stdin(true)
        .stdin_once(true)
        .attach(true, false, true)
        .expose(80)
        .expose((53, Protocol::Udp))
        .volume("/data")
        .host_access(|machine| machine.mac_address("02:42:c0:a8:00:09"))
        .stop_signal("SIGINT")
        .stop_timeout(Duration::from_secs(7))
        .on_build("RUN true");
    let details = made(docker, &made_of).await?;
    let config = details.config()?;
    assert_eq!(config.hostname, "box");
    if facts.keeps("set-domainname") {
        assert_eq!(config.domainname, "example.org");
    }
    assert_eq!(config.user, "65534:0");
    assert_eq!(config.working_dir, "/tmp/here");
    let once = facts.keeps("set-stdin-once");
    assert_eq!((config.tty, config.open_stdin), (true, true));
    assert!(config.stdin_once || !once, "{config:?}");
    if facts.keeps("set-attach") {
        let attached = (
            config.attach_stdin,
            config.attach_stdout,
            config.attach_stderr,
        );
        assert_eq!(attached, (true, false, true));
    }
    let mut ports: Vec<_> = config
        .exposed_ports
        .iter()
        .map(ToString::to_string)
        .collect();
    ports.sort();
    assert_eq!(ports, ["53/udp", "80/tcp"]);
    // One with a name is in its place.
    assert_eq!(config.volumes.len(), 0, "{config:?}");
    assert_eq!(details.mounts()?[0].destination, "/data");
    assert!(!config.network_disabled);
    if facts.config_tells_mac_address() {
        assert_eq!(config.mac_address.as_deref(), Some("02:42:c0:a8:00:09"));
    }
    assert!(
        matches!(config.stop_signal.as_deref(), Some("SIGINT" | "2")),
        "{config:?}"
    );
    assert_eq!(config.stop_timeout, Some(7));
    if facts.keeps("add-on-build") {
        assert_eq!(config.on_build, ["RUN true"]);
    }
    Ok(())
}

/// What can be so or so, the other way round.
pub(crate) async fn config_the_other_way(docker: Docker) -> Result<()> {
    let facts = Facts::of(docker).await?;
    let made_of = spec("it").attach(false, true, false).network_disabled(true);
    let container = docker.containers().create(&made_of).await?;
    let config = container.inspect().await?.config()?;
    assert!(container.id().starts_with(&config.hostname), "{config:?}");
    assert_eq!((config.domainname.as_str(), config.user.as_str()), ("", ""));
    assert_eq!(
        (config.tty, config.open_stdin, config.stdin_once),
        (false, false, false)
    );
    if facts.keeps("set-attach") {
        let attached = (
            config.attach_stdin,
            config.attach_stdout,
            config.attach_stderr,
        );
        assert_eq!(attached, (false, true, false));
    }
    assert_eq!(config.exposed_ports.len(), 0, "{config:?}");
    assert_eq!((config.volumes.len(), config.on_build.len()), (0, 0));
    if facts.keeps("set-network-disabled") {
        assert!(config.network_disabled);
    }
    assert_eq!(config.mac_address, None);
    Ok(())
}

pub(crate) async fn healthcheck(docker: Docker) -> Result<()> {
    assert_eq!(made(docker, &spec("none")).await?.healthcheck()?, None);
    let mut check = Healthcheck::shell("test -e /well || exit 1")
        .interval(Duration::from_millis(6_250))
        .timeout(Duration::from_secs(2))
        .start_period(Duration::from_secs(3))
        .retries(5);
    let facts = Facts::of(docker).await?;
    if facts.has_start_interval() && facts.keeps("start-interval") {
        check = check.start_interval(Duration::from_secs(5));
    }
    let often = check.clone().interval(Duration::from_millis(4_999));
    denied(
        "containers.create",
        "create.healthcheck",
        made(docker, &spec("often").healthcheck(often)).await,
    );
    let read = made(docker, &spec("it").healthcheck(check.clone())).await?;
    assert_eq!(read.healthcheck()?, Some(check));
    let bare = spec("bare").healthcheck(Healthcheck::command(["test", "-e", "/a b"]));
    let bare = made(docker, &bare).await?.healthcheck()?.expect("a check");
    let words = ["test", "-e", "/a b"].map(str::to_owned).to_vec();
    if facts.keeps("set-healthcheck") {
        assert_eq!(bare.test, HealthTest::Command(words));
    }
    if facts.leaves_a_check_as_it_is() {
        assert_eq!(
            (bare.interval, bare.timeout, bare.start_period, bare.retries),
            (None, None, None, None)
        );
    }
    Ok(())
}
