//! What is mounted, where output goes, and other containers.

use dockwit::containers::MountKind;
use dockwit::host_access::{Bind, BindPropagation, BindRecursion, Driver, DriverVolume};
use dockwit::{Docker, Result};
use dockwit_test_plugins::{Facts, failure, running, shell, spec};

use crate::{host_config, it, output};

pub(crate) async fn add_bind(docker: Docker) -> Result<()> {
    let script = "test -e /machine/debian_version && echo there; touch /machine/no 2>&1";
    let made = shell("it", script).host_access(|of| of.bind("/etc:/machine:ro"));
    let container = docker.containers().create(&made).await?;
    let mounts = container.inspect().await?.mounts()?;
    let [bind] = &mounts[..] else {
        panic!("one: {mounts:?}")
    };
    assert_eq!((&bind.kind, bind.writable), (&MountKind::Bind, false));
    assert_eq!(
        (bind.source.as_str(), bind.destination.as_str()),
        ("/etc", "/machine")
    );
    assert_eq!(bind.propagation, "rprivate");
    let output = output(&container).await?;
    assert!(
        output.contains("there\n") && output.contains("Read-only"),
        "{output}"
    );
    // What isn't there is never made.
    let none = spec("no").host_access(|of| of.bind(("/no/such/path", "/there")));
    failure("containers.create", docker.containers().create(&none).await);
    Ok(())
}

/// Mounts below a path: spread, left out, or as they are.
pub(crate) async fn binds_below(docker: Docker) -> Result<()> {
    let facts = Facts::of(docker).await?;
    let slave = Bind::new("/etc", "/slave").propagation(BindPropagation::Rslave);
    let alone = Bind::new("/etc", "/alone").recursion(BindRecursion::Disabled);
    let made = spec("it").host_access(|of| of.bind(slave).bind(alone));
    let mounts = it(docker, &made).await?.mounts()?;
    let told = |at: &str| mounts.iter().find(|mount| mount.destination == at);
    let slave = told("/slave").expect("it is mounted");
    assert_eq!(slave.propagation, "rslave");
    assert!(told("/alone").is_some_and(|mount| mount.writable));

    let below = Bind::new("/etc", "/below").read_only(true);
    for (short_name, recursion) in [
        ("writable", BindRecursion::Writable),
        ("readonly", BindRecursion::Readonly),
    ] {
        let bind = below.clone().recursion(recursion);
        let made = spec(short_name).host_access(|of| of.bind(bind));
        let outcome = docker.containers().create(&made).await;
        if facts.has_mac_addresses_of_endpoints() {
            outcome?;
        } else {
            let error = failure("containers.create", outcome);
            assert!(error.is_unsupported(), "{error}");
            assert_eq!(error.field(), Some("add-bind"));
        }
    }
    Ok(())
}

pub(crate) async fn add_volume(docker: Docker) -> Result<()> {
    let facts = Facts::of(docker).await?;
    let options = match facts.sizes_volumes() {
        true => "size=1m",
        false => "nosuid",
    };
    let memory = Driver::new("local")
        .option("type", "tmpfs")
        .option("device", "tmpfs")
        .option("o", options);
    let volume = DriverVolume::new("/data", memory).label("team", "shop");
    let made = shell("it", "df -k /data | tail -n 1").host_access(|of| of.volume(volume));
    let container = docker.containers().create(&made).await?;
    let mounts = container.inspect().await?.mounts()?;
    assert_eq!(mounts.len(), 1, "{mounts:?}");
    assert_eq!(
        (&mounts[0].kind, mounts[0].driver.as_deref()),
        (&MountKind::Volume, Some("local"))
    );
    let output = output(&container).await?;
    assert!(output.starts_with("tmpfs "), "{output}");
    assert!(
        output.contains(" 1024 ") || !facts.sizes_volumes(),
        "{output}"
    );
    Ok(())
}

pub(crate) async fn set_volume_driver(docker: Docker) -> Result<()> {
    let made = spec("it")
        .volume("/data")
        .host_access(|of| of.volume_driver("local"));
    let mounts = it(docker, &made).await?.mounts()?;
    assert_eq!(mounts[0].driver.as_deref(), Some("local"));
    Ok(())
}

pub(crate) async fn add_volumes_from(docker: Docker) -> Result<()> {
    let other = docker
        .containers()
        .create(&spec("other").volume("/data"))
        .await?;
    let of_other = other.inspect().await?.mounts()?;
    let made = spec("it").host_access(|of| of.volumes_from(&other, true));
    let mounts = it(docker, &made).await?.mounts()?;
    assert_eq!(mounts.len(), 1, "{mounts:?}");
    assert_eq!(mounts[0].name, of_other[0].name);
    assert!(!mounts[0].writable);
    Ok(())
}

/// Few file systems can hold a container to a size: an engine on another refuses it.
pub(crate) async fn add_storage_option(docker: Docker) -> Result<()> {
    let made = spec("it").host_access(|of| of.storage_option("size", "64M"));
    match docker.containers().create(&made).await {
        Ok(container) => {
            let options = container.inspect().await?.host_config()?.storage_options;
            assert_eq!(options, [("size".to_owned(), "64M".to_owned())]);
        }
        Err(error) => assert!(error.is_invalid() || error.is_engine(), "{error}"),
    }
    let bogus = spec("bogus").host_access(|of| of.storage_option("no-such-option", "1"));
    let error = failure(
        "containers.create",
        docker.containers().create(&bogus).await,
    );
    assert!(error.is_invalid() || error.is_engine(), "{error}");
    Ok(())
}

pub(crate) async fn set_log_driver(docker: Docker) -> Result<()> {
    let files = Driver::new("json-file")
        .option("max-size", "1m")
        .option("max-file", "3");
    let told = host_config(docker, &spec("it").host_access(|of| of.log_driver(files))).await?;
    assert_eq!(told.log_driver, "json-file");
    if Facts::of(docker).await?.tells_strange_options() {
        let mut options = told.log_options;
        options.sort();
        let expected = [("max-file", "3"), ("max-size", "1m")];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(options, expected);
    }
    let none = host_config(
        docker,
        &spec("none").host_access(|of| of.log_driver("none")),
    )
    .await?;
    assert_eq!(none.log_driver, "none");
    Ok(())
}

/// On the default network a link gives a name and the environment.
pub(crate) async fn add_link(docker: Docker) -> Result<()> {
    if !Facts::of(docker).await?.tells_strange_options() {
        return Ok(());
    }
    let other = running(docker, "other").await?;
    let address = other.inspect().await?.networks()?.remove(0).ip_address;
    let made = shell("it", "nslookup db 127.0.0.11 || true");
    let made = made.host_access(|of| of.link(&other, "db"));
    let container = docker.containers().create(&made).await?;
    let output = output(&container).await?;
    let address = address.unwrap_or_default();
    assert!(
        output.contains(&address) && !address.is_empty(),
        "{address}: {output}"
    );
    Ok(())
}
