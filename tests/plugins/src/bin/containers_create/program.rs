//! What a container is called and made of, and what it runs.

use std::collections::BTreeMap;
use std::time::Duration;

use dockwit::{ContainerSpec, Docker, Healthcheck, Result};
use dockwit_test_plugins::{Facts, denied, failure, image, name, spec, tell};

use crate::{host_config, it};

pub(crate) async fn new(docker: Docker) -> Result<()> {
    let identity = it(docker, &spec("it")).await?.identity()?;
    assert_eq!(identity.image, image(), "as it was asked for");
    tell("image-id", &identity.image_id);
    Ok(())
}

pub(crate) async fn set_name(docker: Docker) -> Result<()> {
    let identity = it(docker, &ContainerSpec::new(image()).name(name("it")))
        .await?
        .identity()?;
    assert_eq!(identity.name, name("it"));
    Ok(())
}

pub(crate) async fn set_platform(docker: Docker) -> Result<()> {
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

pub(crate) async fn set_command(docker: Docker) -> Result<()> {
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

pub(crate) async fn set_entrypoint(docker: Docker) -> Result<()> {
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

pub(crate) async fn add_env(docker: Docker) -> Result<()> {
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
    let without = spec("without").env(["PATH"]);
    if Facts::of(docker).await?.takes_variables_away() {
        let env = it(docker, &without).await?.env()?;
        assert_eq!(env.get("PATH").cloned().flatten(), None, "{env:?}");
    } else {
        denied(
            "containers.create",
            "create.env",
            docker.containers().create(&without).await,
        );
    }
    Ok(())
}

pub(crate) async fn add_label(docker: Docker) -> Result<()> {
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

pub(crate) async fn set_hostname(docker: Docker) -> Result<()> {
    assert_eq!(
        it(docker, &spec("it").hostname("box"))
            .await?
            .config()?
            .hostname,
        "box"
    );
    Ok(())
}

pub(crate) async fn set_domainname(docker: Docker) -> Result<()> {
    let config = it(docker, &spec("it").domainname("example.org"))
        .await?
        .config()?;
    if Facts::of(docker).await?.keeps("set-domainname") {
        assert_eq!(config.domainname, "example.org");
    }
    Ok(())
}

pub(crate) async fn set_user(docker: Docker) -> Result<()> {
    assert_eq!(
        it(docker, &spec("it").user("65534:0"))
            .await?
            .config()?
            .user,
        "65534:0"
    );
    Ok(())
}

pub(crate) async fn add_group(docker: Docker) -> Result<()> {
    let groups = host_config(docker, &spec("it").group("123").group("nobody"))
        .await?
        .groups;
    assert_eq!(groups, ["123", "nobody"]);
    Ok(())
}

pub(crate) async fn set_working_dir(docker: Docker) -> Result<()> {
    assert_eq!(
        it(docker, &spec("it").working_dir("/tmp"))
            .await?
            .config()?
            .working_dir,
        "/tmp"
    );
    Ok(())
}

pub(crate) async fn set_tty(docker: Docker) -> Result<()> {
    assert!(it(docker, &spec("it").tty(true)).await?.config()?.tty);
    Ok(())
}

pub(crate) async fn set_open_stdin(docker: Docker) -> Result<()> {
    assert!(
        it(docker, &spec("it").open_stdin(true))
            .await?
            .config()?
            .open_stdin
    );
    Ok(())
}

pub(crate) async fn set_stdin_once(docker: Docker) -> Result<()> {
    let made = spec("it").open_stdin(true).stdin_once(true);
    let config = it(docker, &made).await?.config()?;
    assert!(config.stdin_once || !Facts::of(docker).await?.keeps("set-stdin-once"));
    Ok(())
}

pub(crate) async fn set_attach(docker: Docker) -> Result<()> {
    let made = spec("it").attach(true, false, true);
    let config = it(docker, &made).await?.config()?;
    if Facts::of(docker).await?.keeps("set-attach") {
        let attached = (
            config.attach_stdin,
            config.attach_stdout,
            config.attach_stderr,
        );
        assert_eq!(attached, (true, false, true));
    }
    Ok(())
}

pub(crate) async fn set_console_size(docker: Docker) -> Result<()> {
    let made = spec("it").tty(true).console_size(40, 132);
    if Facts::of(docker).await?.has_console_size_and_stop_signal() {
        let size = host_config(docker, &made).await?.console_size;
        let kept = Facts::of(docker).await?.keeps("set-console-size");
        assert_eq!(size, kept.then_some((40, 132)));
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

pub(crate) async fn set_stop_signal(docker: Docker) -> Result<()> {
    let config = it(docker, &spec("it").stop_signal("SIGINT"))
        .await?
        .config()?;
    assert!(
        matches!(config.stop_signal.as_deref(), Some("SIGINT" | "2")),
        "{config:?}"
    );
    Ok(())
}

pub(crate) async fn set_stop_timeout(docker: Docker) -> Result<()> {
    let config = it(
        docker,
        &spec("it").stop_timeout(Duration::from_millis(2_500)),
    )
    .await?
    .config()?;
    assert_eq!(config.stop_timeout, Some(3));
    Ok(())
}

pub(crate) async fn set_healthcheck(docker: Docker) -> Result<()> {
    let check = Healthcheck::command(["test", "-e", "/a b"])
        .interval(Duration::from_secs(7))
        .timeout(Duration::from_millis(1_500))
        .start_period(Duration::from_secs(9))
        .retries(4);
    let read = it(docker, &spec("it").healthcheck(check.clone()))
        .await?
        .healthcheck()?;
    if Facts::of(docker).await?.keeps("set-healthcheck") {
        assert_eq!(read, Some(check));
    }
    Ok(())
}

pub(crate) async fn set_shell(docker: Docker) -> Result<()> {
    let command = it(docker, &spec("it").shell(["/bin/sh", "-ec"]))
        .await?
        .command()?;
    if Facts::of(docker).await?.keeps("set-shell") {
        assert_eq!(command.shell, ["/bin/sh", "-ec"]);
    }
    Ok(())
}

pub(crate) async fn add_on_build(docker: Docker) -> Result<()> {
    let made = spec("it").on_build("RUN true").on_build("RUN echo two");
    let config = it(docker, &made).await?.config()?;
    if Facts::of(docker).await?.keeps("add-on-build") {
        assert_eq!(config.on_build, ["RUN true", "RUN echo two"]);
    }
    Ok(())
}
