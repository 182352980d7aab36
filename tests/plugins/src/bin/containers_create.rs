//! Making containers: a case for each setter of the spec, named as in the WIT, and what goes wrong.

use std::collections::BTreeMap;
use std::time::Duration;

use dockwit::containers::{
    ContainerDetails, ContainerHostConfig, ContainerResources, HealthTest, HostBinding, MountKind,
};
use dockwit::{
    Container, ContainerSpec, Docker, Healthcheck, HostPort, IpcMode, NetworkMode, Protocol,
    RestartPolicy, Result, Tmpfs, Ulimit,
};
use dockwit_test_plugins::{
    Facts, cases, failure, image, impossible, label, lasting, name, prefix, spec, tell,
};

cases! {
    // One for each setter.
    new, set_name, set_platform, set_command, set_entrypoint, add_env, add_label, set_hostname, set_domainname, set_user,
    add_group, set_working_dir, set_tty, set_open_stdin, set_stdin_once, set_attach, set_console_size, set_stop_signal,
    set_stop_timeout, set_healthcheck, set_shell, add_on_build, add_volume, add_tmpfs, set_read_only, add_storage_option,
    add_exposed_port, add_port, set_publish_all_ports, set_network_mode, set_network_disabled, set_mac_address, add_dns,
    add_dns_option, add_dns_search, add_extra_host, set_memory, set_memory_reservation, set_memory_swap,
    set_memory_swappiness, set_shm_size, set_nano_cpus, set_cpu_shares, set_cpu_period, set_cpu_quota, set_cpuset_cpus,
    set_cpuset_mems, set_pids_limit, set_blkio_weight, add_ulimit, set_oom_score_adj, set_init, set_ipc_mode,
    drop_capability, set_restart_policy, set_auto_remove,
    // The rest.
    everything, defaults, what_is_set_is_in_force, healthchecks, command_as_text, a_template, the_last_set_counts,
    impossible_values, unreadable_values, the_first_impossible_value, a_spec_too_large, refused_by_the_engine,
    start_interval, no_such_image, name_in_use, warnings,
}

/// Makes the container `it` and asks what has become of it.
async fn it(docker: Docker, spec: &ContainerSpec) -> Result<ContainerDetails> {
    docker.containers().create(spec).await?.inspect().await
}

async fn resources(docker: Docker, spec: &ContainerSpec) -> Result<ContainerResources> {
    it(docker, spec).await?.resources()
}

async fn host_config(docker: Docker, spec: &ContainerSpec) -> Result<ContainerHostConfig> {
    it(docker, spec).await?.host_config()
}

async fn new(docker: Docker) -> Result<()> {
    let identity = it(docker, &spec("it")).await?.identity()?;
    assert_eq!(identity.image, image());
    tell("image-id", &identity.image_id);
    Ok(())
}

async fn set_name(docker: Docker) -> Result<()> {
    let identity = it(docker, &ContainerSpec::new(image()).name(name("it")))
        .await?
        .identity()?;
    assert_eq!(identity.name, name("it"));
    Ok(())
}

async fn set_platform(docker: Docker) -> Result<()> {
    let version = docker.version().await?;
    let platform = format!("{}/{}", version.os, version.arch);
    let identity = it(docker, &spec("it").platform(platform))
        .await?
        .identity()?;
    assert_eq!(identity.platform, "linux");
    let another = if version.arch == "s390x" {
        "linux/amd64"
    } else {
        "linux/s390x"
    };
    if Facts::of(docker).await?.minds_the_platform() {
        let elsewhere = docker
            .containers()
            .create(&spec("elsewhere").platform(another))
            .await;
        assert!(failure("containers.create", elsewhere).is_not_found());
        let nowhere = docker
            .containers()
            .create(&spec("nowhere").platform("linux/no/such/thing"))
            .await;
        assert!(failure("containers.create", nowhere).is_invalid());
    }
    Ok(())
}

async fn set_command(docker: Docker) -> Result<()> {
    let command = it(docker, &spec("it").command(["echo", "a b", ""]))
        .await?
        .command()?;
    assert_eq!(
        command.command,
        Some(vec!["echo".into(), "a b".into(), String::new()])
    );
    assert_eq!(
        (command.path.as_str(), &command.args[..]),
        ("echo", &["a b".to_owned(), String::new()][..])
    );
    Ok(())
}

async fn set_entrypoint(docker: Docker) -> Result<()> {
    let made = spec("it").entrypoint(["echo", "hello"]).command(["you"]);
    let command = it(docker, &made).await?.command()?;
    assert_eq!(
        command.entrypoint,
        Some(vec!["echo".into(), "hello".into()])
    );
    assert_eq!(command.command, Some(vec!["you".into()]));
    let none: [&str; 0] = [];
    let command = it(docker, &spec("none").entrypoint(none).command(["true"]))
        .await?
        .command()?;
    assert_eq!(command.entrypoint.unwrap_or_default(), Vec::<String>::new());
    assert_eq!(command.path, "true");
    Ok(())
}

async fn add_env(docker: Docker) -> Result<()> {
    let made = spec("it")
        .env(BTreeMap::from([("COLOUR", "blue=green"), ("EMPTY", "")]))
        .env(["LIST=1", "LINES=a\nb"])
        .env_var("ONE", "1");
    let env = it(docker, &made).await?.env()?;
    for (key, value) in [
        ("COLOUR", "blue=green"),
        ("EMPTY", ""),
        ("LIST", "1"),
        ("LINES", "a\nb"),
        ("ONE", "1"),
    ] {
        assert_eq!(env[key].as_deref(), Some(value), "{key}");
    }
    assert!(
        env.contains_key("PATH"),
        "the image's own is there: {env:?}"
    );
    let env = it(docker, &spec("without").env(["PATH"])).await?.env()?;
    assert_eq!(env.get("PATH").cloned().flatten(), None, "{env:?}");
    Ok(())
}

async fn add_label(docker: Docker) -> Result<()> {
    let made = spec("it")
        .labels([("a", "1"), ("b", "")])
        .labels(["c=x=y", "d"])
        .label("a", "2");
    let labels = it(docker, &made).await?.labels()?;
    for (key, value) in [("a", "2"), ("b", ""), ("c", "x=y"), ("d", "")] {
        assert_eq!(labels[key], value, "{key}");
    }
    Ok(())
}

async fn set_hostname(docker: Docker) -> Result<()> {
    assert_eq!(
        it(docker, &spec("it").hostname("box"))
            .await?
            .config()?
            .hostname,
        "box"
    );
    Ok(())
}

async fn set_domainname(docker: Docker) -> Result<()> {
    assert_eq!(
        it(docker, &spec("it").domainname("example.org"))
            .await?
            .config()?
            .domainname,
        "example.org"
    );
    Ok(())
}

async fn set_user(docker: Docker) -> Result<()> {
    assert_eq!(
        it(docker, &spec("it").user("65534:0"))
            .await?
            .config()?
            .user,
        "65534:0"
    );
    Ok(())
}

async fn add_group(docker: Docker) -> Result<()> {
    let groups = host_config(docker, &spec("it").group("123").group("nobody"))
        .await?
        .groups;
    assert_eq!(groups, ["123", "nobody"]);
    Ok(())
}

async fn set_working_dir(docker: Docker) -> Result<()> {
    assert_eq!(
        it(docker, &spec("it").working_dir("/tmp"))
            .await?
            .config()?
            .working_dir,
        "/tmp"
    );
    Ok(())
}

async fn set_tty(docker: Docker) -> Result<()> {
    assert!(it(docker, &spec("it").tty(true)).await?.config()?.tty);
    Ok(())
}

async fn set_open_stdin(docker: Docker) -> Result<()> {
    assert!(
        it(docker, &spec("it").open_stdin(true))
            .await?
            .config()?
            .open_stdin
    );
    Ok(())
}

async fn set_stdin_once(docker: Docker) -> Result<()> {
    assert!(
        it(docker, &spec("it").open_stdin(true).stdin_once(true))
            .await?
            .config()?
            .stdin_once
    );
    Ok(())
}

async fn set_attach(docker: Docker) -> Result<()> {
    let config = it(docker, &spec("it").attach(true, false, true))
        .await?
        .config()?;
    assert_eq!(
        (
            config.attach_stdin,
            config.attach_stdout,
            config.attach_stderr
        ),
        (true, false, true)
    );
    Ok(())
}

async fn set_console_size(docker: Docker) -> Result<()> {
    let made = spec("it").tty(true).console_size(40, 132);
    if Facts::of(docker).await?.has_console_size_and_stop_signal() {
        assert_eq!(
            host_config(docker, &made).await?.console_size,
            Some((40, 132))
        );
    } else {
        let error = failure("containers.create", docker.containers().create(&made).await);
        assert!(
            error.is_unsupported() && error.field() == Some("set-console-size"),
            "{error}"
        );
        it(docker, &spec("it").tty(true)).await?;
    }
    Ok(())
}

async fn set_stop_signal(docker: Docker) -> Result<()> {
    let config = it(docker, &spec("it").stop_signal("SIGINT"))
        .await?
        .config()?;
    assert!(
        matches!(config.stop_signal.as_deref(), Some("SIGINT" | "2")),
        "{config:?}"
    );
    Ok(())
}

async fn set_stop_timeout(docker: Docker) -> Result<()> {
    let config = it(
        docker,
        &spec("it").stop_timeout(Duration::from_millis(2_500)),
    )
    .await?
    .config()?;
    assert_eq!(config.stop_timeout, Some(3));
    Ok(())
}

async fn set_healthcheck(docker: Docker) -> Result<()> {
    let check = Healthcheck::command(["test", "-e", "/a b"])
        .interval(Duration::from_secs(7))
        .timeout(Duration::from_millis(1_500))
        .start_period(Duration::from_secs(9))
        .retries(4);
    let read = it(docker, &spec("it").healthcheck(check.clone()))
        .await?
        .healthcheck()?;
    assert_eq!(read, Some(check));
    Ok(())
}

async fn set_shell(docker: Docker) -> Result<()> {
    assert_eq!(
        it(docker, &spec("it").shell(["/bin/sh", "-ec"]))
            .await?
            .command()?
            .shell,
        ["/bin/sh", "-ec"]
    );
    Ok(())
}

async fn add_on_build(docker: Docker) -> Result<()> {
    let made = spec("it").on_build("RUN true").on_build("RUN echo two");
    assert_eq!(
        it(docker, &made).await?.config()?.on_build,
        ["RUN true", "RUN echo two"]
    );
    Ok(())
}

async fn add_volume(docker: Docker) -> Result<()> {
    let details = it(docker, &spec("it").volume("/data").volume("/more")).await?;
    let mut volumes = details.config()?.volumes;
    volumes.sort();
    assert_eq!(volumes, ["/data", "/more"]);
    let mounts = details.mounts()?;
    assert_eq!(mounts.len(), 2, "{mounts:?}");
    for mount in &mounts {
        assert_eq!((&mount.kind, mount.writable), (&MountKind::Volume, true));
        assert!(
            mount.name.is_some() && !mount.source.is_empty(),
            "{mount:?}"
        );
        assert_eq!(mount.driver.as_deref(), Some("local"));
    }
    Ok(())
}

async fn add_tmpfs(docker: Docker) -> Result<()> {
    let scratch = Tmpfs::new("/scratch").size("64m").mode(0o700).exec(true);
    let tmpfs: BTreeMap<_, _> = host_config(docker, &spec("it").tmpfs(scratch).tmpfs("/run"))
        .await?
        .tmpfs
        .into_iter()
        .collect();
    let options = |path: &str| tmpfs[path].split(',').collect::<Vec<_>>();
    for option in ["size=67108864", "mode=700", "exec", "nosuid", "nodev"] {
        assert!(options("/scratch").contains(&option), "{option}: {tmpfs:?}");
    }
    for option in ["noexec", "nosuid", "nodev"] {
        assert!(options("/run").contains(&option), "{option}: {tmpfs:?}");
    }
    Ok(())
}

async fn set_read_only(docker: Docker) -> Result<()> {
    assert!(
        host_config(docker, &spec("it").read_only(true))
            .await?
            .read_only
    );
    Ok(())
}

/// Few file systems can hold a container to a size: an engine on another refuses it.
async fn add_storage_option(docker: Docker) -> Result<()> {
    let made = spec("it").storage_option("size", "64M");
    match docker.containers().create(&made).await {
        Ok(container) => {
            let options = container.inspect().await?.host_config()?.storage_options;
            assert_eq!(options, [("size".to_owned(), "64M".to_owned())]);
        }
        Err(error) => assert!(error.is_invalid() || error.is_engine(), "{error}"),
    }
    let bogus = spec("bogus").storage_option("no-such-option", "1");
    let error = failure(
        "containers.create",
        docker.containers().create(&bogus).await,
    );
    assert!(error.is_invalid() || error.is_engine(), "{error}");
    Ok(())
}

async fn add_exposed_port(docker: Docker) -> Result<()> {
    let made = spec("it")
        .expose(80)
        .expose("53/udp")
        .expose((9, Protocol::Sctp));
    let mut ports: Vec<_> = it(docker, &made)
        .await?
        .config()?
        .exposed_ports
        .iter()
        .map(ToString::to_string)
        .collect();
    ports.sort();
    assert_eq!(ports, ["53/udp", "80/tcp", "9/sctp"]);
    Ok(())
}

async fn add_port(docker: Docker) -> Result<()> {
    let made = lasting("it")
        .port(80, HostPort::any_at("127.0.0.1"))
        .port("53/udp", HostPort::any());
    let container = docker.containers().create(&made).await?;
    let details = container.inspect().await?;
    let mut exposed: Vec<_> = details
        .config()?
        .exposed_ports
        .iter()
        .map(ToString::to_string)
        .collect();
    exposed.sort();
    assert_eq!(exposed, ["53/udp", "80/tcp"]);
    let bindings = details.host_config()?.port_bindings;
    let web = bindings
        .iter()
        .find(|port| port.container.port == 80)
        .expect("port 80");
    assert_eq!(
        web.bindings,
        [HostBinding {
            host_ip: "127.0.0.1".into(),
            host_port: None
        }]
    );
    assert_eq!(bindings.len(), 2, "{bindings:?}");
    container.start().await?;
    let web = container.port(80).await?;
    assert_eq!((web.len(), web[0].host_ip.as_str()), (1, "127.0.0.1"));
    assert!(
        container
            .port_of(53, Protocol::Udp)
            .await?
            .iter()
            .all(|at| at.host_port.is_some_and(|port| port > 0))
    );
    let free = web[0].host_port.expect("a number");
    container.remove().force(true).await?;
    // Now that number by itself: it was free a moment ago.
    let container = docker
        .containers()
        .create(&lasting("it").port(81, ("127.0.0.1", free)))
        .await?;
    container.start().await?;
    let web = container.port(81).await?;
    assert_eq!(
        web,
        [HostBinding {
            host_ip: "127.0.0.1".into(),
            host_port: Some(free)
        }]
    );
    tell("host-port", free);
    Ok(())
}

async fn set_publish_all_ports(docker: Docker) -> Result<()> {
    let container = docker
        .containers()
        .create(&lasting("it").expose(80).publish_all_ports(true))
        .await?;
    assert!(container.inspect().await?.host_config()?.publish_all_ports);
    container.start().await?;
    assert!(
        container.port(80).await?[0]
            .host_port
            .is_some_and(|port| port > 0)
    );
    Ok(())
}

async fn set_network_mode(docker: Docker) -> Result<()> {
    let container = docker
        .containers()
        .create(&lasting("it").network_mode(NetworkMode::None))
        .await?;
    container.start().await?;
    let details = container.inspect().await?;
    assert_eq!(details.host_config()?.network_mode, "none");
    assert!(
        details
            .networks()?
            .iter()
            .all(|network| network.ip_address.is_none())
    );
    let other = docker
        .containers()
        .create(&lasting("other").network_mode(NetworkMode::Default))
        .await?;
    other.start().await?;
    assert!(
        other
            .inspect()
            .await?
            .networks()?
            .iter()
            .any(|network| network.ip_address.is_some())
    );
    Ok(())
}

async fn set_network_disabled(docker: Docker) -> Result<()> {
    let container = docker
        .containers()
        .create(&lasting("it").network_disabled(true))
        .await?;
    let details = container.inspect().await?;
    assert!(details.config()?.network_disabled);
    container.start().await?;
    assert!(
        container
            .inspect()
            .await?
            .networks()?
            .iter()
            .all(|network| network.ip_address.is_none())
    );
    Ok(())
}

async fn set_mac_address(docker: Docker) -> Result<()> {
    const ADDRESS: &str = "02:42:c0:a8:00:07";
    let container = docker
        .containers()
        .create(&lasting("it").mac_address(ADDRESS))
        .await?;
    container.start().await?;
    let details = container.inspect().await?;
    assert_eq!(details.networks()?[0].mac_address.as_deref(), Some(ADDRESS));
    if Facts::of(docker).await?.config_tells_mac_address() {
        assert_eq!(details.config()?.mac_address.as_deref(), Some(ADDRESS));
    }
    Ok(())
}

async fn add_dns(docker: Docker) -> Result<()> {
    assert_eq!(
        host_config(docker, &spec("it").dns("10.0.0.1").dns("fd00::1"))
            .await?
            .dns,
        ["10.0.0.1", "fd00::1"]
    );
    Ok(())
}

async fn add_dns_option(docker: Docker) -> Result<()> {
    let made = spec("it").dns_option("ndots:2").dns_option("rotate");
    assert_eq!(
        host_config(docker, &made).await?.dns_options,
        ["ndots:2", "rotate"]
    );
    Ok(())
}

async fn add_dns_search(docker: Docker) -> Result<()> {
    let made = spec("it")
        .dns_search("example.org")
        .dns_search("example.net");
    assert_eq!(
        host_config(docker, &made).await?.dns_search,
        ["example.org", "example.net"]
    );
    Ok(())
}

async fn add_extra_host(docker: Docker) -> Result<()> {
    let made = spec("it")
        .extra_host("db", "10.0.0.2")
        .extra_host("machine", "host-gateway")
        .extra_host("six", "fd00::2");
    let hosts = host_config(docker, &made).await?.extra_hosts;
    assert_eq!(
        hosts,
        ["db:10.0.0.2", "machine:host-gateway", "six:fd00::2"]
    );
    Ok(())
}

async fn set_memory(docker: Docker) -> Result<()> {
    assert_eq!(
        resources(docker, &spec("it").memory("64m")).await?.memory,
        64 << 20
    );
    Ok(())
}

async fn set_memory_reservation(docker: Docker) -> Result<()> {
    let resources = resources(
        docker,
        &spec("it").memory("64m").memory_reservation(32 << 20),
    )
    .await?;
    assert_eq!(resources.memory_reservation, 32 << 20);
    Ok(())
}

async fn set_memory_swap(docker: Docker) -> Result<()> {
    let swap = resources(docker, &spec("it").memory("64m").memory_swap("96m"))
        .await?
        .memory_swap;
    assert_eq!(swap, 96 << 20);
    let swap = resources(docker, &spec("unlimited").memory("64m").memory_swap(-1))
        .await?
        .memory_swap;
    assert_eq!(swap, -1);
    Ok(())
}

/// A kernel that can't do it makes the engine warn and drop it.
async fn set_memory_swappiness(docker: Docker) -> Result<()> {
    let (container, warnings) = docker
        .containers()
        .create_with_warnings(&spec("it").memory_swappiness(42))
        .await?;
    let swappiness = container.inspect().await?.resources()?.memory_swappiness;
    assert!(
        swappiness == Some(42) || !warnings.is_empty(),
        "{swappiness:?} {warnings:?}"
    );
    let beyond = docker
        .containers()
        .create(&spec("beyond").memory_swappiness(101))
        .await;
    assert!(failure("containers.create", beyond).is_invalid() || !warnings.is_empty());
    Ok(())
}

async fn set_shm_size(docker: Docker) -> Result<()> {
    assert_eq!(
        resources(docker, &spec("it").shm_size("8m"))
            .await?
            .shm_size,
        8 << 20
    );
    Ok(())
}

async fn set_nano_cpus(docker: Docker) -> Result<()> {
    assert_eq!(
        resources(docker, &spec("it").cpus(0.5)).await?.nano_cpus,
        500_000_000
    );
    Ok(())
}

async fn set_cpu_shares(docker: Docker) -> Result<()> {
    assert_eq!(
        resources(docker, &spec("it").cpu_shares(512))
            .await?
            .cpu_shares,
        512
    );
    Ok(())
}

async fn set_cpu_period(docker: Docker) -> Result<()> {
    assert_eq!(
        resources(docker, &spec("it").cpu_period(50_000))
            .await?
            .cpu_period,
        50_000
    );
    Ok(())
}

async fn set_cpu_quota(docker: Docker) -> Result<()> {
    assert_eq!(
        resources(docker, &spec("it").cpu_quota(25_000))
            .await?
            .cpu_quota,
        25_000
    );
    Ok(())
}

async fn set_cpuset_cpus(docker: Docker) -> Result<()> {
    assert_eq!(
        resources(docker, &spec("it").cpuset_cpus("0"))
            .await?
            .cpuset_cpus,
        "0"
    );
    Ok(())
}

async fn set_cpuset_mems(docker: Docker) -> Result<()> {
    assert_eq!(
        resources(docker, &spec("it").cpuset_mems("0"))
            .await?
            .cpuset_mems,
        "0"
    );
    Ok(())
}

async fn set_pids_limit(docker: Docker) -> Result<()> {
    assert_eq!(
        resources(docker, &spec("it").pids_limit(77))
            .await?
            .pids_limit,
        Some(77)
    );
    let limit = resources(docker, &spec("unlimited").pids_limit(-1))
        .await?
        .pids_limit;
    assert!(matches!(limit, None | Some(-1 | 0)), "{limit:?}");
    Ok(())
}

/// A kernel that can't do it makes the engine warn and drop it.
async fn set_blkio_weight(docker: Docker) -> Result<()> {
    let (container, warnings) = docker
        .containers()
        .create_with_warnings(&spec("it").blkio_weight(500))
        .await?;
    let weight = container.inspect().await?.resources()?.blkio_weight;
    assert!(
        weight == 500 || (weight == 0 && !warnings.is_empty()),
        "{weight} {warnings:?}"
    );
    tell("weight", weight);
    Ok(())
}

async fn add_ulimit(docker: Docker) -> Result<()> {
    let made = spec("it")
        .ulimit("nofile", 512, 1_024)
        .ulimit("core", 0, -1);
    let ulimits = resources(docker, &made).await?.ulimits;
    for (name, soft, hard) in [("nofile", 512, 1_024), ("core", 0, -1)] {
        let expected = Ulimit {
            name: name.into(),
            soft,
            hard,
        };
        assert!(ulimits.contains(&expected), "{ulimits:?}");
    }
    Ok(())
}

async fn set_oom_score_adj(docker: Docker) -> Result<()> {
    assert_eq!(
        resources(docker, &spec("it").oom_score_adj(123))
            .await?
            .oom_score_adj,
        123
    );
    Ok(())
}

async fn set_init(docker: Docker) -> Result<()> {
    assert_eq!(
        host_config(docker, &spec("it").init(true)).await?.init,
        Some(true)
    );
    let without = host_config(docker, &spec("without").init(false)).await?;
    assert!(!without.init.unwrap_or_default());
    Ok(())
}

async fn set_ipc_mode(docker: Docker) -> Result<()> {
    for (short_name, mode, word) in [
        ("it", IpcMode::Shareable, "shareable"),
        ("private", IpcMode::Private, "private"),
        ("none", IpcMode::None, "none"),
    ] {
        assert_eq!(
            it(docker, &spec(short_name).ipc_mode(mode))
                .await?
                .security()?
                .ipc_mode,
            word
        );
    }
    Ok(())
}

async fn drop_capability(docker: Docker) -> Result<()> {
    let dropped = it(
        docker,
        &spec("it")
            .drop_capability("NET_RAW")
            .drop_capability("MKNOD"),
    )
    .await?
    .security()?
    .cap_drop;
    let mut dropped: Vec<_> = dropped
        .iter()
        .map(|name| name.trim_start_matches("CAP_"))
        .collect();
    dropped.sort_unstable();
    assert_eq!(dropped, ["MKNOD", "NET_RAW"]);
    Ok(())
}

async fn set_restart_policy(docker: Docker) -> Result<()> {
    for (short_name, policy) in [
        ("it", RestartPolicy::on_failure(3)),
        ("always", RestartPolicy::always()),
        ("unless-stopped", RestartPolicy::unless_stopped()),
        ("no", RestartPolicy::no()),
    ] {
        let read = host_config(docker, &spec(short_name).restart(policy.clone()))
            .await?
            .restart_policy;
        assert_eq!(read, policy);
    }
    Ok(())
}

async fn set_auto_remove(docker: Docker) -> Result<()> {
    docker
        .containers()
        .create(&spec("it").auto_remove(true))
        .await?;
    let passing = docker
        .containers()
        .create(&spec("passing").auto_remove(true).command(["true"]))
        .await?;
    assert!(passing.inspect().await?.host_config()?.auto_remove);
    let removed = passing.wait().removed().await?;
    passing.start().await?;
    removed.await?;
    assert!(failure("container.inspect", passing.inspect().await).is_not_found());
    Ok(())
}

/// All setters in one: what goes over the wire is looked at by a scripted engine.
async fn everything(docker: Docker) -> Result<()> {
    let check = Healthcheck::shell("true || false")
        .interval(Duration::from_secs(1))
        .timeout(Duration::from_secs(2))
        .start_period(Duration::from_secs(3))
        .start_interval(Duration::from_secs(4))
        .retries(5);
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
        .storage_option("size", "1G")
        .expose("53/udp")
        .port(80, "127.0.0.1:8080")
        .port(80, HostPort::any())
        .publish_all_ports(true)
        .network_mode(NetworkMode::Default)
        .network_disabled(false)
        .mac_address("02:42:ac:11:00:02")
        .dns("10.0.0.1")
        .dns_option("ndots:2")
        .dns_search("example.org")
        .extra_host("db", "10.0.0.2")
        .memory("64m")
        .memory_reservation("32m")
        .memory_swap(-1)
        .memory_swappiness(10)
        .shm_size("1m")
        .cpus(1.5)
        .cpu_shares(7)
        .cpu_period(1_000)
        .cpu_quota(-1)
        .cpuset_cpus("0-3")
        .cpuset_mems("0")
        .pids_limit(8)
        .blkio_weight(9)
        .ulimit("nofile", 1, 2)
        .oom_score_adj(-5)
        .init(true)
        .ipc_mode(IpcMode::Private)
        .drop_capability("ALL")
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
async fn defaults(docker: Docker) -> Result<()> {
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
        (resources.memory, resources.nano_cpus, resources.cpu_shares),
        (0, 0, 0)
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
    assert_eq!((details.healthcheck()?, details.health()?), (None, None));
    Ok(())
}

/// Some of it as seen from inside.
async fn what_is_set_is_in_force(docker: Docker) -> Result<()> {
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
    for expected in ["10.1.2.3\tdb", "nameserver 10.4.5.6", "\n321\n", "/data"] {
        assert!(output.contains(expected), "{expected}: {output}");
    }
    Ok(())
}

async fn healthchecks(docker: Docker) -> Result<()> {
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

async fn command_as_text(docker: Docker) -> Result<()> {
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
async fn a_template(docker: Docker) -> Result<()> {
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

async fn the_last_set_counts(docker: Docker) -> Result<()> {
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

/// What can't be is found by the host, before the engine is asked.
async fn impossible_values(docker: Docker) -> Result<()> {
    let beyond = u64::MAX;
    let no_command: [&str; 0] = [];
    let short = Duration::from_micros(10);
    for (field, made) in [
        ("image", ContainerSpec::new("").name(name("no"))),
        ("image", ContainerSpec::new("a\nb").name(name("no"))),
        ("set-name", spec("no").name("")),
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
        ("add-storage-option", spec("no").storage_option("", "1")),
        ("add-exposed-port", spec("no").expose(0)),
        ("add-exposed-port", spec("no").expose("80/dccp")),
        ("add-port", spec("no").port(0, 80)),
        ("add-port", spec("no").port(80, 0)),
        ("add-port", spec("no").port(80, ("somewhere", 80))),
        ("set-mac-address", spec("no").mac_address("02:42")),
        ("add-dns", spec("no").dns("example.org")),
        ("add-dns-option", spec("no").dns_option("")),
        ("add-dns-search", spec("no").dns_search("")),
        ("add-extra-host", spec("no").extra_host("a:b", "10.0.0.1")),
        ("add-extra-host", spec("no").extra_host("db", "elsewhere")),
        ("set-memory", spec("no").memory(beyond)),
        ("set-cpu-shares", spec("no").cpu_shares(beyond)),
        ("set-cpu-period", spec("no").cpu_period(beyond)),
        ("set-cpuset-cpus", spec("no").cpuset_cpus("0\n1")),
        ("set-cpuset-mems", spec("no").cpuset_mems("0\n1")),
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

/// What can't be read as a value is found by the guest, and told in the same way.
async fn unreadable_values(docker: Docker) -> Result<()> {
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

async fn the_first_impossible_value(docker: Docker) -> Result<()> {
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
async fn a_spec_too_large(docker: Docker) -> Result<()> {
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
async fn refused_by_the_engine(docker: Docker) -> Result<()> {
    let facts = Facts::of(docker).await?;
    for (what, made) in [
        ("less memory than it takes", spec("no").memory("1m")),
        (
            "a name with a space",
            ContainerSpec::new(image()).name(format!("{} x", prefix())),
        ),
        ("more processors than there are", spec("no").cpus(10_000)),
        (
            "processors that aren't there",
            spec("no").cpuset_cpus("9999"),
        ),
        (
            "swap below memory",
            spec("no").memory("64m").memory_swap("32m"),
        ),
    ] {
        let error = failure("containers.create", docker.containers().create(&made).await);
        if facts.says_invalid_of_specs() {
            assert!(
                error.is_invalid() && error.status() == Some(400),
                "{what}: {error}"
            );
            assert_eq!(error.field(), None, "{what}: {error}");
        }
    }
    Ok(())
}

async fn start_interval(docker: Docker) -> Result<()> {
    let check = Healthcheck::shell("true")
        .start_period(Duration::from_secs(5))
        .start_interval(Duration::from_secs(1));
    let made = spec("it").healthcheck(check);
    if Facts::of(docker).await?.has_start_interval() {
        let check = it(docker, &made).await?.healthcheck()?.expect("a check");
        assert_eq!(check.start_interval, Some(Duration::from_secs(1)));
    } else {
        let error = failure("containers.create", docker.containers().create(&made).await);
        assert!(
            error.is_unsupported() && error.field() == Some("set-healthcheck"),
            "{error}"
        );
    }
    Ok(())
}

async fn no_such_image(docker: Docker) -> Result<()> {
    let made = ContainerSpec::new("dockwit-test/no-such-image:1").name(name("no"));
    let error = failure("containers.create", docker.containers().create(&made).await);
    assert!(
        error.is_not_found() && error.status() == Some(404),
        "{error}"
    );
    Ok(())
}

async fn name_in_use(docker: Docker) -> Result<()> {
    docker.containers().create(&spec("it")).await?;
    let error = failure(
        "containers.create",
        docker.containers().create(&spec("it")).await,
    );
    if Facts::of(docker).await?.podman() {
        assert!(error.is_conflict() || error.is_engine(), "{error}");
    } else {
        assert!(
            error.is_conflict() && error.status() == Some(409),
            "{error}"
        );
    }
    Ok(())
}

/// An engine that has nothing to warn of doesn't. One that has is in `everything`.
async fn warnings(docker: Docker) -> Result<()> {
    let (container, warnings) = docker
        .containers()
        .create_with_warnings(&spec("it"))
        .await?;
    assert_eq!(container.inspect().await?.identity()?.name, name("it"));
    assert_eq!(warnings, Vec::<String>::new());
    Ok(())
}
