//! What a plugin is told when it meets a limit, and that it goes on.

use dockwit::futures::future::join_all;
use dockwit::{ContainerSpec, Docker, Error, Result, TryStreamExt};
use dockwit_test_plugins::{cases, followable, image, ran, running, tell};

cases! { calls, in_flight, streams, stream_bytes, bytes, handles, output, call_bytes, snapshots, specs, list }

/// That a call was refused since a limit is met, and which.
fn is_met(error: &Error, key: &str, limit: &str) {
    assert!(error.is_quota(), "{error}");
    assert_eq!(
        (error.rule(), error.limit()),
        (Some(key), Some(limit)),
        "{error}"
    );
}

/// Of twelve calls in an hour, ten are let through.
async fn calls(docker: Docker) -> Result<()> {
    for _ in 0..10 {
        docker.ping().await?;
    }
    for _ in 0..2 {
        is_met(&docker.ping().await.unwrap_err(), "limits.calls", "10/h");
    }
    Ok(())
}

/// While the engine takes its time, a few calls are let through, the others refused; later ones are let through again.
async fn in_flight(docker: Docker) -> Result<()> {
    let calls = (0..20).map(|_| docker.version());
    let answers = join_all(calls).await;
    let refused: Vec<_> = answers.into_iter().filter_map(Result::err).collect();
    tell("refused", refused.len());
    for error in &refused {
        is_met(error, "limits.in-flight", "4");
    }
    docker.ping().await?;
    Ok(())
}

/// Two are open; the third is refused until one of them is let go of.
async fn streams(docker: Docker) -> Result<()> {
    let (container, _) = followable(docker, "c").await?;
    let first = container.logs().follow().await?;
    let _second = container.wait().next_exit().await?;
    let refused = container.stats().stream().await;
    is_met(
        &refused.expect_err("there is no place"),
        "limits.streams",
        "2",
    );
    drop(first);
    drop(container.stats().stream().await?);
    Ok(())
}

async fn read(docker: Docker, key: &str) -> Result<()> {
    let script = "dd if=/dev/zero bs=1024 count=200 2>/dev/null | tr '\\0' x";
    let container = ran(docker, "c", script).await?;
    let mut read = 0;
    let mut chunks = container.logs().await?;
    let error = loop {
        match chunks.try_next().await {
            Ok(Some(chunk)) => read += chunk.data.len(),
            Ok(None) => panic!("the log came whole"),
            Err(error) => break error,
        }
    };
    assert!(read < 100 << 10, "{read} bytes came");
    is_met(&error, key, &(100 << 10).to_string());
    Ok(())
}

async fn stream_bytes(docker: Docker) -> Result<()> {
    read(docker, "limits.stream-bytes").await?;
    docker.ping().await?;
    Ok(())
}

/// Once all is used up, nothing comes any more.
async fn bytes(docker: Docker) -> Result<()> {
    read(docker, "limits.bytes").await?;
    let error = docker.version().await.unwrap_err();
    is_met(&error, "limits.bytes", &(100 << 10).to_string());
    Ok(())
}

/// The harness sees how this ends.
async fn handles(docker: Docker) -> Result<()> {
    let mut all = Vec::new();
    loop {
        all.push(docker.info().await?);
    }
}

async fn output(_: Docker) -> Result<()> {
    loop {
        println!("{}", "x".repeat(1000));
    }
}

async fn call_bytes(docker: Docker) -> Result<()> {
    let huge = "x".repeat(100 << 10);
    docker.containers().get(&huge).await?;
    Ok(())
}

/// Snapshots are kept until there is no room; let go of, they make room again.
async fn snapshots(docker: Docker) -> Result<()> {
    let container = running(docker, "c").await?;
    let mut kept = Vec::new();
    let error = loop {
        match container.inspect().await {
            Ok(details) => kept.push(details),
            Err(error) => break error,
        }
    };
    is_met(&error, "sandbox.host-memory", &(1 << 20).to_string());
    tell("kept", kept.len());
    let groups = kept.first().expect("some are kept");
    for _ in 0..1000 {
        groups.identity()?;
    }
    kept.clear();
    container.inspect().await?;
    Ok(())
}

/// Specs grow until there is no room. One that had none is refused when it is used, and others are made again.
async fn specs(docker: Docker) -> Result<()> {
    let spec = |labels: usize| {
        let text = "x".repeat(100 << 10);
        let labels = (0..labels).map(|at| (format!("label-{at}"), text.clone()));
        labels.fold(ContainerSpec::new(image()), |spec, (key, value)| {
            spec.label(key, value)
        })
    };
    let kept = spec(8);
    let error = docker.containers().create(&kept).await.unwrap_err();
    is_met(&error, "sandbox.host-memory", &(1 << 20).to_string());
    let error = docker.containers().create(&spec(8)).await.unwrap_err();
    is_met(&error, "sandbox.host-memory", &(1 << 20).to_string());
    drop(kept);
    docker.ping().await?;
    Ok(())
}

/// A list that is larger than what the host holds.
async fn list(docker: Docker) -> Result<()> {
    let error = docker.containers().list().all(true).await.unwrap_err();
    is_met(&error, "sandbox.host-memory", &(1 << 20).to_string());
    docker.ping().await?;
    Ok(())
}
