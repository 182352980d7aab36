//! Specs as a whole.

use std::time::Duration;

use dockwit::containers::HealthTest;
use dockwit::{
    Container, ContainerSpec, Docker, Healthcheck, HostPort, IpcMode, NetworkMode, RestartPolicy,
    Result, Tmpfs,
};
use dockwit_test_plugins::{Facts, OWN_NETWORK, failure, image, label, name, spec};

use crate::it;

/// All setters in one: what goes over the wire is looked at by a scripted engine.
pub(crate) async fn everything(docker: Docker) -> Result<()> {
    let check = Healthcheck::shell("true || false")
        .interval(Duration::from_secs(6))
        .timeout(Duration::from_secs(2))
        .start_period(Duration::from_secs(3))
        .start_interval(Duration::from_secs(5))
        .retries(4);
    let everything = ContainerSpec::new("image:1")
        .name("it")
        .platform("linux/arm64/v8")
        .command(["run", "it"])
        .entrypoint(["/entry"])
        .env([("A", "1")])
        .env(["B"])
        .label("key", "value")
        .hostname("host")
        .domainname("domain")
        .user("1:2")
        .group("3")
        .working_dir("/work")
        .tty(true)
        .open_stdin(true)
        .stdin_once(true)
        .attach(true, false, true)
        .console_size(24, 80)
        .stop_signal("SIGINT")
        .stop_timeout(Duration::from_secs(6))
        .healthcheck(check)
        .shell(["sh", "-c"])
        .on_build("RUN true")
        .volume("/data")
        .tmpfs(Tmpfs::new("/tmp").size(4_096).mode(0o755))
        .read_only(true)
        .expose("53/udp")
        .port(80, "127.0.0.1:8080")
        .port(80, HostPort::any())
        .publish_all_ports(true)
        .network_mode(NetworkMode::Default)
        .network_disabled(false)
        .dns("10.0.0.1")
        .dns_option("ndots:2")
        .dns_search("example.org")
        .extra_host("db", "10.0.0.2")
        .memory("64m")
        .memory_reservation("32m")
        .memory_swap("64m")
        .memory_swappiness(10)
        .shm_size("1m")
        .cpus(1.5)
        .cpu_shares(7)
        .cpu_period(1_000)
        .cpu_quota(900)
        .pids_limit(8)
        .blkio_weight(9)
        .ulimit("nofile", 1, 2)
        .oom_score_adj(5)
        .init(true)
        .ipc_mode(IpcMode::Private)
        .cgroupns_private()
        .drop_capability("ALL")
        .capability("CHOWN")
        .no_new_privileges(true)
        .sysctl("net.ipv4.tcp_syncookies", "1")
        .restart(RestartPolicy::on_failure(2))
        .auto_remove(false);
    let (container, warnings) = docker
        .containers()
        .create_with_warnings(&everything)
        .await?;
    assert_eq!(container.id(), "a".repeat(64));
    assert_eq!(warnings, ["one", "two"]);
    Ok(())
}

/// What isn't set is as the image says, or the engine's default.
pub(crate) async fn defaults(docker: Docker) -> Result<()> {
    let container = docker.containers().create(&spec("it")).await?;
    let details = container.inspect().await?;
    let command = details.command()?;
    assert_eq!(command.command, Some(vec!["sh".to_owned()]), "the image's");
    assert_eq!(
        details.env()?["PATH"].as_deref(),
        Some("/bin"),
        "the image's"
    );
    let config = details.config()?;
    assert!(
        container.id().starts_with(&config.hostname) && !config.hostname.is_empty(),
        "{}",
        config.hostname
    );
    assert!(
        !config.tty && !config.open_stdin && !config.stdin_once,
        "{config:?}"
    );
    assert_eq!((config.user.as_str(), config.domainname.as_str()), ("", ""));
    let resources = details.resources()?;
    assert_eq!(
        (resources.memory, resources.cpu_shares),
        (4 << 30, 0),
        "the policy's"
    );
    let host = details.host_config()?;
    assert!(
        !host.auto_remove && !host.read_only && !host.publish_all_ports,
        "{host:?}"
    );
    assert_eq!(host.restart_policy, RestartPolicy::no());
    let security = details.security()?;
    assert!(
        !security.privileged && security.devices.is_empty() && security.cap_add.is_empty(),
        "{security:?}"
    );
    assert_eq!(
        details.env()?["NVIDIA_VISIBLE_DEVICES"].as_deref(),
        Some("void")
    );
    assert_eq!(details.networks()?[0].network, OWN_NETWORK);
    assert_eq!((details.healthcheck()?, details.health()?), (None, None));
    Ok(())
}

/// Some of it as seen from inside.
pub(crate) async fn what_is_set_is_in_force(docker: Docker) -> Result<()> {
    let script = "hostname; id -u; id -G; pwd; echo $COLOUR; ulimit -n; touch /x 2>&1; df -k /scratch | tail -n 1; \
                  cat /etc/hosts; cat /etc/resolv.conf; cat /proc/self/oom_score_adj; ls -d /data";
    let made = spec("it")
        .command(["sh", "-c", script])
        .hostname("box")
        .user("65534")
        .group("123")
        .working_dir("/tmp")
        .env_var("COLOUR", "blue")
        .ulimit("nofile", 321, 321)
        .read_only(true)
        .tmpfs(Tmpfs::new("/scratch").size("64k"))
        .volume("/data")
        .extra_host("db", "10.1.2.3")
        .dns("10.4.5.6")
        .oom_score_adj(321);
    let container = docker.containers().create(&made).await?;
    let end = container.wait().next_exit().await?;
    container.start().await?;
    assert!(end.await?.success());
    let output = container.logs().await?.read_to_string(1 << 16).await?;
    let lines: Vec<_> = output.lines().collect();
    assert_eq!((lines[0], lines[1]), ("box", "65534"), "{output}");
    assert!(lines[2].split(' ').any(|group| group == "123"), "{output}");
    assert_eq!(
        (lines[3], lines[4], lines[5]),
        ("/tmp", "blue", "321"),
        "{output}"
    );
    assert!(lines[6].contains("Read-only"), "{output}");
    assert!(
        lines[7].contains(" 64 ") && lines[7].ends_with("/scratch"),
        "{output}"
    );
    // The network has a name server of its own, which asks that one.
    for expected in ["10.1.2.3\tdb", "nameserver ", "\n321\n", "/data"] {
        assert!(output.contains(expected), "{expected}: {output}");
    }
    Ok(())
}

pub(crate) async fn healthchecks(docker: Docker) -> Result<()> {
    let shell = it(
        docker,
        &spec("it").healthcheck(Healthcheck::shell("exit 0")),
    )
    .await?
    .healthcheck()?;
    assert_eq!(
        shell.map(|check| check.test),
        Some(HealthTest::Shell("exit 0".into()))
    );
    let none = it(docker, &spec("none").healthcheck(Healthcheck::none()))
        .await?
        .healthcheck()?;
    assert!(matches!(
        none.map(|check| check.test),
        Some(HealthTest::None) | None
    ));
    if !Facts::of(docker).await?.inherits_checks() {
        return Ok(());
    }
    let slower = Healthcheck::inherit().interval(Duration::from_secs(60));
    let inherited = it(docker, &spec("inherit").healthcheck(slower))
        .await?
        .healthcheck()?;
    if let Some(check) = inherited {
        assert_eq!(
            (check.test, check.interval),
            (HealthTest::Inherit, Some(Duration::from_secs(60)))
        );
    }
    Ok(())
}

pub(crate) async fn command_as_text(docker: Docker) -> Result<()> {
    let command = it(docker, &spec("it").command("sh -c 'echo \"a b\"'"))
        .await?
        .command()?;
    assert_eq!(
        command.command,
        Some(vec!["sh".into(), "-c".into(), "echo \"a b\"".into()])
    );
    Ok(())
}

/// A spec can be used again, and changed in between.
pub(crate) async fn a_template(docker: Docker) -> Result<()> {
    let template = ContainerSpec::new(image()).labels([label()]).memory("64m");
    let one = docker.containers().create(&template).await?;
    let other = docker.containers().create(&template).await?;
    assert_ne!(one.id(), other.id());
    let of = async |container: &Container| -> Result<_> {
        let details = container.inspect().await?;
        Ok((details.identity()?.name, details.resources()?.memory))
    };
    let ((one_name, one_memory), (other_name, other_memory)) = (of(&one).await?, of(&other).await?);
    assert!(
        !one_name.is_empty() && one_name != other_name,
        "{one_name}, {other_name}"
    );
    assert_eq!((one_memory, other_memory), (64 << 20, 64 << 20));
    one.remove().await?;
    other.remove().await?;
    let named = template.name(name("it")).memory("32m");
    let third = docker.containers().create(&named).await?;
    assert_eq!(of(&third).await?, (name("it"), 32 << 20));
    Ok(())
}

pub(crate) async fn the_last_set_counts(docker: Docker) -> Result<()> {
    let made = spec("it")
        .hostname("first")
        .hostname("last")
        .memory("64m")
        .memory("32m")
        .tty(true)
        .tty(false);
    let details = it(docker, &made).await?;
    assert_eq!(
        (details.config()?.hostname.as_str(), details.config()?.tty),
        ("last", false)
    );
    assert_eq!(details.resources()?.memory, 32 << 20);
    Ok(())
}

pub(crate) async fn start_interval(docker: Docker) -> Result<()> {
    let check = Healthcheck::shell("true")
        .start_period(Duration::from_secs(5))
        .start_interval(Duration::from_secs(5));
    let made = spec("it").healthcheck(check);
    let facts = Facts::of(docker).await?;
    if facts.has_start_interval() {
        let check = it(docker, &made).await?.healthcheck()?.expect("a check");
        let kept = facts.keeps("start-interval");
        assert_eq!(check.start_interval, kept.then_some(Duration::from_secs(5)));
    } else {
        let error = failure("containers.create", docker.containers().create(&made).await);
        assert!(
            error.is_unsupported() && error.field() == Some("set-healthcheck"),
            "{error}"
        );
    }
    Ok(())
}

/// An engine that has nothing to warn of doesn't. One that has is in `everything`.
pub(crate) async fn warnings(docker: Docker) -> Result<()> {
    let (container, warnings) = docker
        .containers()
        .create_with_warnings(&spec("it"))
        .await?;
    assert_eq!(container.inspect().await?.identity()?.name, name("it"));
    assert_eq!(warnings, Vec::<String>::new());
    Ok(())
}
