//! What can't be made.

use std::time::Duration;

use dockwit::{ContainerSpec, Docker, Healthcheck, RestartPolicy, Result, Tmpfs};
use dockwit_test_plugins::{Facts, denied, failure, impossible, name, prefix, spec};

/// What can't be is found by the host, before the engine is asked.
pub(crate) async fn impossible_values(docker: Docker) -> Result<()> {
    let beyond = u64::MAX;
    let no_command: [&str; 0] = [];
    let short = Duration::from_micros(10);
    for (field, made) in [
        ("image", ContainerSpec::new("").name(name("no"))),
        ("image", ContainerSpec::new("a\nb").name(name("no"))),
        ("set-name", spec("no").name("")),
        ("set-name", spec("no").name(format!("{} x", prefix()))),
        ("set-platform", spec("no").platform("")),
        ("set-command", spec("no").command(["a\0b"])),
        ("set-entrypoint", spec("no").entrypoint(["\0"])),
        ("add-env", spec("no").env_var("", "1")),
        ("add-env", spec("no").env_var("A=B", "1")),
        ("add-env", spec("no").env_var("A", "\0")),
        ("add-label", spec("no").label("", "1")),
        ("set-hostname", spec("no").hostname("a\nb")),
        ("set-domainname", spec("no").domainname("a\nb")),
        ("set-user", spec("no").user("a\0")),
        ("add-group", spec("no").group("")),
        ("set-working-dir", spec("no").working_dir("tmp")),
        ("set-stop-signal", spec("no").stop_signal("SIG TERM")),
        (
            "set-healthcheck",
            spec("no").healthcheck(Healthcheck::command(no_command)),
        ),
        (
            "set-healthcheck",
            spec("no").healthcheck(Healthcheck::shell("true").interval(short)),
        ),
        (
            "set-healthcheck",
            spec("no").healthcheck(Healthcheck::shell("true").timeout(short)),
        ),
        (
            "set-healthcheck",
            spec("no").healthcheck(Healthcheck::shell("true").start_period(short)),
        ),
        (
            "set-healthcheck",
            spec("no").healthcheck(Healthcheck::shell("true").start_interval(short)),
        ),
        ("set-shell", spec("no").shell(["\0"])),
        ("add-on-build", spec("no").on_build("\0")),
        ("add-volume", spec("no").volume("data")),
        ("add-tmpfs", spec("no").tmpfs("tmp")),
        ("add-tmpfs", spec("no").tmpfs(Tmpfs::new("/tmp").size(0))),
        (
            "add-tmpfs",
            spec("no").tmpfs(Tmpfs::new("/tmp").mode(0o77777)),
        ),
        ("add-exposed-port", spec("no").expose(0)),
        ("add-exposed-port", spec("no").expose("80/dccp")),
        ("add-port", spec("no").port(0, 80)),
        ("add-port", spec("no").port(80, 0)),
        ("add-port", spec("no").port(80, ("somewhere", 80))),
        ("add-dns", spec("no").dns("example.org")),
        ("add-dns-option", spec("no").dns_option("")),
        ("add-dns-search", spec("no").dns_search("")),
        ("add-extra-host", spec("no").extra_host("a:b", "10.0.0.1")),
        ("add-extra-host", spec("no").extra_host("db", "elsewhere")),
        ("set-memory", spec("no").memory(beyond)),
        ("set-cpu-shares", spec("no").cpu_shares(beyond)),
        ("set-cpu-period", spec("no").cpu_period(beyond)),
        ("add-ulimit", spec("no").ulimit("", 1, 1)),
        ("add-ulimit", spec("no").ulimit("nofile", 2, 1)),
        ("add-ulimit", spec("no").ulimit("nofile", -2, 1)),
        ("drop-capability", spec("no").drop_capability("")),
        (
            "set-restart-policy",
            spec("no").restart(RestartPolicy {
                maximum_retries: 1,
                ..RestartPolicy::always()
            }),
        ),
    ] {
        impossible(
            "containers.create",
            field,
            docker.containers().create(&made).await,
        );
    }
    Ok(())
}

/// What reaches the machine is no value for these: `host-access` is named, which has it.
pub(crate) async fn values_of_host_access(docker: Docker) -> Result<()> {
    for (field, made) in [
        (
            "add-env",
            spec("no").env_var("NVIDIA_VISIBLE_DEVICES", "all"),
        ),
        ("set-cpu-shares", spec("no").cpu_shares(1_025)),
        ("set-blkio-weight", spec("no").blkio_weight(501)),
        ("add-ulimit", spec("no").ulimit("memlock", -1, -1)),
        ("set-oom-score-adj", spec("no").oom_score_adj(-1)),
        ("add-capability", spec("no").capability("NET_ADMIN")),
        ("add-sysctl", spec("no").sysctl("net.ipv4.ip_forward", "1")),
    ] {
        let outcome = docker.containers().create(&made).await;
        let says = outcome
            .as_ref()
            .is_err_and(|error| error.message().contains("host-access."));
        assert!(says, "{field}");
        impossible("containers.create", field, outcome);
    }
    Ok(())
}

/// What can't be read as a value is found by the guest, and told in the same way.
pub(crate) async fn unreadable_values(docker: Docker) -> Result<()> {
    for (field, made) in [
        ("set-command", spec("no").command("echo 'oh")),
        ("set-entrypoint", spec("no").entrypoint("echo 'oh")),
        ("set-shell", spec("no").shell("echo 'oh")),
        ("set-stop-timeout", spec("no").stop_timeout(Duration::MAX)),
        (
            "add-tmpfs",
            spec("no").tmpfs(Tmpfs::new("/tmp").size("big")),
        ),
        ("add-exposed-port", spec("no").expose("http")),
        ("add-port", spec("no").port("80-90", 80)),
        ("add-port", spec("no").port(80, "::1:80")),
        ("set-memory", spec("no").memory("12q")),
        ("set-memory", spec("no").memory(-1)),
        ("set-memory-reservation", spec("no").memory_reservation("x")),
        ("set-memory-swap", spec("no").memory_swap("x")),
        ("set-shm-size", spec("no").shm_size("x")),
        ("set-nano-cpus", spec("no").cpus(-1)),
        ("set-nano-cpus", spec("no").cpus(f64::NAN)),
    ] {
        let outcome = docker.containers().create(&made).await;
        assert!(
            outcome.as_ref().is_err_and(|error| error.got().is_some()),
            "{field}"
        );
        impossible("containers.create", field, outcome);
    }
    Ok(())
}

pub(crate) async fn the_first_impossible_value(docker: Docker) -> Result<()> {
    let made = spec("no")
        .working_dir("tmp")
        .hostname("a\nb")
        .working_dir("/tmp");
    impossible(
        "containers.create",
        "set-working-dir",
        docker.containers().create(&made).await,
    );
    Ok(())
}

/// A spec is held by the host, so it has an end.
pub(crate) async fn a_spec_too_large(docker: Docker) -> Result<()> {
    let text = "x".repeat(64 * 1024);
    let made = (0..20).fold(spec("no"), |spec, number| {
        spec.env_var(format!("V{number}"), &text)
    });
    impossible(
        "containers.create",
        "size",
        docker.containers().create(&made).await,
    );
    Ok(())
}

/// What only the engine can know.
pub(crate) async fn refused_by_the_engine(docker: Docker) -> Result<()> {
    let facts = Facts::of(docker).await?;
    for (what, made) in [
        ("less memory than it takes", spec("no").memory("1m")),
        ("more processors than there are", spec("no").cpus(60)),
        (
            "swap below memory",
            spec("no").memory("64m").memory_swap("32m"),
        ),
    ] {
        let created = docker.containers().create(&made).await;
        if facts.says_invalid_of_specs() {
            let error = failure("containers.create", created);
            assert!(
                error.is_invalid() && error.status() == Some(400),
                "{what}: {error}"
            );
            assert_eq!(error.field(), None, "{what}: {error}");
        }
    }
    Ok(())
}

/// What no policy allows.
pub(crate) async fn refused_by_the_host(docker: Docker) -> Result<()> {
    let check = || Healthcheck::shell("true");
    let short = Duration::from_secs(1);
    for (rule, made) in [
        ("create.cpus", spec("no").cpus(10_000)),
        ("create.memory", spec("no").memory("5g")),
        ("create.memory", spec("no").memory(0)),
        (
            "create.memory",
            spec("no").tmpfs(Tmpfs::new("/x").size("5g")),
        ),
        ("create.shm", spec("no").shm_size("5g")),
        ("create.nofile", spec("no").ulimit("nofile", 1, 16_385)),
        (
            "create.healthcheck",
            spec("no").healthcheck(check().interval(short)),
        ),
        (
            "create.healthcheck",
            spec("no").healthcheck(check().start_interval(short)),
        ),
        (
            "create.stop-timeout",
            spec("no").stop_timeout(Duration::from_secs(100_001)),
        ),
        ("create.dns", spec("no").dns("192.0.2.1")),
        ("create.dns-options", spec("no").dns_option("debug")),
        ("create.dns-search", spec("no").dns_search("example.com")),
        (
            "create.extra-hosts",
            spec("no").extra_host("db", "192.0.2.1"),
        ),
    ] {
        let outcome = docker.containers().create(&made).await;
        denied("containers.create", rule, outcome);
    }
    Ok(())
}

pub(crate) async fn no_such_image(docker: Docker) -> Result<()> {
    let made = ContainerSpec::new("dockwit-test/no-such-image:1").name(name("no"));
    let error = failure("containers.create", docker.containers().create(&made).await);
    assert!(
        error.is_not_found() && error.status() == Some(404),
        "{error}"
    );
    Ok(())
}

pub(crate) async fn name_in_use(docker: Docker) -> Result<()> {
    docker.containers().create(&spec("it")).await?;
    let error = failure(
        "containers.create",
        docker.containers().create(&spec("it")).await,
    );
    assert!(error.is_conflict(), "{error}");
    assert_eq!(error.status(), None, "the engine isn't asked");
    Ok(())
}
