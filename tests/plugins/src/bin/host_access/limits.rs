//! What a container takes of what all share.

use dockwit::containers::ContainerResources;
use dockwit::host_access::{HostAccess, UpdateHostAccess};
use dockwit::{ContainerSpec, Docker, Result, Ulimit, UpdateSpec};
use dockwit_test_plugins::{Facts, lasting, spec, start, tell};

use crate::resources;

pub(crate) async fn add_ulimit(docker: Docker) -> Result<()> {
    let made = spec("it").host_access(|of| of.ulimit("memlock", 65_536, 65_536));
    let ulimits = resources(docker, &made).await?.ulimits;
    let expected = Ulimit {
        name: "memlock".into(),
        soft: 65_536,
        hard: 65_536,
    };
    assert!(ulimits.contains(&expected), "{ulimits:?}");
    Ok(())
}

pub(crate) async fn set_oom_score_adj(docker: Docker) -> Result<()> {
    let made = spec("it").host_access(|of| of.oom_score_adj(-5));
    assert_eq!(resources(docker, &made).await?.oom_score_adj, -5);
    Ok(())
}

pub(crate) async fn set_cpu_shares(docker: Docker) -> Result<()> {
    let made = spec("it").host_access(|of| of.cpu_shares(2_048));
    assert_eq!(resources(docker, &made).await?.cpu_shares, 2_048);
    Ok(())
}

pub(crate) async fn set_cpuset_cpus(docker: Docker) -> Result<()> {
    let made = spec("it").host_access(|of| of.cpuset_cpus("0"));
    assert_eq!(resources(docker, &made).await?.cpuset_cpus, "0");
    Ok(())
}

pub(crate) async fn set_cpuset_mems(docker: Docker) -> Result<()> {
    let made = spec("it").host_access(|of| of.cpuset_mems("0"));
    assert_eq!(resources(docker, &made).await?.cpuset_mems, "0");
    Ok(())
}

/// Makes a container with what a kernel may lack: the engine keeps it, warns, or says no.
async fn kept_or_told(
    docker: Docker,
    give: impl FnOnce(HostAccess) -> HostAccess,
    is_kept: impl FnOnce(ContainerResources) -> bool,
) -> Result<()> {
    let made = lasting("it").host_access(give);
    match docker.containers().create_with_warnings(&made).await {
        Ok((container, warnings)) => {
            let kept = is_kept(container.inspect().await?.resources()?);
            let warns = Facts::of(docker).await?.warns_of_what_the_kernel_lacks();
            assert!(
                kept || !warnings.is_empty() || !warns,
                "not kept, and no word of it"
            );
            tell("kept", kept);
        }
        Err(error) => {
            assert!(
                error.status().is_some() && error.field().is_none(),
                "{error}"
            );
            tell("kept", "refused");
        }
    }
    Ok(())
}

pub(crate) async fn set_oom_kill_disable(docker: Docker) -> Result<()> {
    let is_kept = |of: ContainerResources| of.oom_kill_disable == Some(true);
    kept_or_told(docker, HostAccess::oom_kill_disable, is_kept).await
}

pub(crate) async fn set_cpu_realtime_period(docker: Docker) -> Result<()> {
    let is_kept = |of: ContainerResources| of.cpu_realtime_period == 1_000_000;
    kept_or_told(docker, |of| of.cpu_realtime_period(1_000_000), is_kept).await
}

pub(crate) async fn set_cpu_realtime_runtime(docker: Docker) -> Result<()> {
    let is_kept = |of: ContainerResources| of.cpu_realtime_runtime == 950_000;
    let give = |of: HostAccess| {
        of.cpu_realtime_period(1_000_000)
            .cpu_realtime_runtime(950_000)
    };
    kept_or_told(docker, give, is_kept).await
}

pub(crate) async fn set_blkio_weight(docker: Docker) -> Result<()> {
    let is_kept = |of: ContainerResources| of.blkio_weight == 700;
    kept_or_told(docker, |of| of.blkio_weight(700), is_kept).await
}

// What is limited by device isn't told by any group: the harness looks.

const DEVICE: &str = "/dev/null";

pub(crate) async fn add_blkio_weight_device(docker: Docker) -> Result<()> {
    kept_or_told(docker, |of| of.blkio_weight_device(DEVICE, 300), |_| true).await
}

pub(crate) async fn add_blkio_read_bps(docker: Docker) -> Result<()> {
    kept_or_told(docker, |of| of.blkio_read_bps(DEVICE, "1m"), |_| true).await
}

pub(crate) async fn add_blkio_write_bps(docker: Docker) -> Result<()> {
    kept_or_told(docker, |of| of.blkio_write_bps(DEVICE, "2m"), |_| true).await
}

pub(crate) async fn add_blkio_read_iops(docker: Docker) -> Result<()> {
    kept_or_told(docker, |of| of.blkio_read_iops(DEVICE, 30), |_| true).await
}

pub(crate) async fn add_blkio_write_iops(docker: Docker) -> Result<()> {
    kept_or_told(docker, |of| of.blkio_write_iops(DEVICE, 40), |_| true).await
}

/// Checks what a change of the container `it` has changed.
async fn changes(
    docker: Docker,
    made: &ContainerSpec,
    give: impl FnOnce(UpdateHostAccess) -> UpdateHostAccess,
    check: impl FnOnce(ContainerResources),
) -> Result<()> {
    let container = start(docker, made).await?;
    if Facts::of(docker).await?.updates() {
        container
            .update(&UpdateSpec::new().host_access(give))
            .await?;
        check(container.inspect().await?.resources()?);
    }
    Ok(())
}

pub(crate) async fn set_update_cpu_shares(docker: Docker) -> Result<()> {
    changes(
        docker,
        &lasting("it"),
        |of| of.cpu_shares(2_048),
        |now| {
            assert_eq!(now.cpu_shares, 2_048);
        },
    )
    .await
}

pub(crate) async fn set_update_cpuset_cpus(docker: Docker) -> Result<()> {
    changes(
        docker,
        &lasting("it"),
        |of| of.cpuset_cpus("0"),
        |now| {
            assert_eq!(now.cpuset_cpus, "0");
        },
    )
    .await
}

pub(crate) async fn set_update_cpuset_mems(docker: Docker) -> Result<()> {
    changes(
        docker,
        &lasting("it"),
        |of| of.cpuset_mems("0"),
        |now| {
            assert_eq!(now.cpuset_mems, "0");
        },
    )
    .await
}

/// A kernel that can't do it makes the engine warn, or fail.
pub(crate) async fn set_update_blkio_weight(docker: Docker) -> Result<()> {
    let container = start(docker, &lasting("it")).await?;
    let change = UpdateSpec::new().host_access(|of| of.blkio_weight(700));
    let outcome = container.update(&change).await;
    let weight = container.inspect().await?.resources()?.blkio_weight;
    match outcome {
        Ok(warnings) => assert!(weight == 700 || !warnings.is_empty(), "{weight}"),
        Err(error) => assert!(!error.is_protocol() && error.status().is_some(), "{error}"),
    }
    tell("weight", weight);
    Ok(())
}
