//! What a container uses: once, and again and again.

use std::time::Duration;

use dockwit::containers::ContainerStats;
use dockwit::time::{interval, sleep, timeout};
use dockwit::{Container, Docker, Result, StreamExt, Timestamp, TryStreamExt, stdin};
use dockwit_test_plugins::{Facts, cases, lasting, running, shell, start, started};

cases! {
    once, one_shot, of_a_stopped_one, the_memory_limit, the_pids_limit, the_share_of_the_cpu, the_network, without_a_network,
    of_a_container_that_is_gone, a_stream, every_sample_beside_a_timer, a_stream_ends_with_its_container,
    a_stream_of_a_container_that_is_gone, dropped_in_mid_read, two_streams,
}

async fn once(docker: Docker) -> Result<()> {
    let container = running(docker, "c").await?;
    let stats = container.stats().await?;
    let read = stats.read.expect("it was read");
    let twice = Facts::of(docker).await?.reads_figures_twice();
    assert_eq!(stats.previous_read.is_some(), twice, "it was read twice");
    assert!(Some(read) > stats.previous_read, "one after the other");
    assert!(stats.memory.usage > 0 && stats.memory.limit > stats.memory.usage);
    assert!(stats.memory.used() <= stats.memory.usage);
    assert!(stats.cpu.total_usage >= stats.previous_cpu.total_usage);
    assert!(stats.cpu.system_usage > stats.previous_cpu.system_usage);
    assert!(stats.cpu.online_cpus >= 1);
    assert!((1..100).contains(&stats.pids), "{} processes", stats.pids);
    Ok(())
}

async fn one_shot(docker: Docker) -> Result<()> {
    let container = running(docker, "c").await?;
    let stats = container.stats().one_shot().await?;
    assert!(stats.read.is_some());
    assert!(stats.cpu.total_usage > 0 && stats.memory.usage > 0 && stats.pids >= 1);
    if !Facts::of(docker).await?.podman() {
        assert_eq!(stats.previous_read, None, "there is no reading before");
        assert_eq!(stats.previous_cpu.total_usage, 0);
        assert_eq!(stats.cpu_percent(), 0.0);
    }
    Ok(())
}

async fn of_a_stopped_one(docker: Docker) -> Result<()> {
    let container = docker.containers().create(&lasting("c")).await?;
    let stats = container.stats().one_shot().await?;
    assert_eq!((stats.read, stats.pids, stats.memory.usage), (None, 0, 0));
    assert_eq!(stats.cpu.total_usage, 0);
    assert!(stats.networks.is_empty());
    Ok(())
}

async fn the_memory_limit(docker: Docker) -> Result<()> {
    let container = start(docker, &lasting("c").memory("64m")).await?;
    let stats = container.stats().one_shot().await?;
    assert_eq!(stats.memory.limit, 64 << 20);
    Ok(())
}

async fn the_pids_limit(docker: Docker) -> Result<()> {
    let container = start(docker, &lasting("c").pids_limit(77)).await?;
    let counts = Facts::of(docker).await?.counts_up_to_the_pids_limit();
    let limit = container.stats().one_shot().await?.pids_limit;
    assert_eq!(limit, counts.then_some(77));
    Ok(())
}

async fn the_share_of_the_cpu(docker: Docker) -> Result<()> {
    let container = started(docker, "c", "while :; do :; done").await?;
    let facts = Facts::of(docker).await?;
    let percent = if facts.reads_figures_twice() {
        container.stats().await?.cpu_percent()
    } else {
        let samples = container.stats().stream().await?.skip(1);
        let sample = std::pin::pin!(samples).try_next().await?;
        sample.expect("a second sample").cpu_percent()
    };
    // Podman counts the machine's time in its own way.
    let most = if facts.podman() { 1_000.0 } else { 150.0 };
    assert!(
        percent > 5.0 && percent < most,
        "an endless loop takes {percent} %"
    );
    Ok(())
}

async fn the_network(docker: Docker) -> Result<()> {
    let container = running(docker, "c").await?;
    let stats = container.stats().one_shot().await?;
    assert_eq!(stats.networks.len(), 1);
    let named = Facts::of(docker).await?.names_interfaces();
    let name = if named { "eth0" } else { "network" };
    assert_eq!(stats.networks[0].name, name);
    Ok(())
}

async fn without_a_network(docker: Docker) -> Result<()> {
    let spec = lasting("c").network_mode(dockwit::NetworkMode::None);
    let container = start(docker, &spec).await?;
    let networks = container.stats().one_shot().await?.networks;
    let named = Facts::of(docker).await?.names_interfaces();
    assert_eq!(networks.is_empty(), named, "{networks:?}");
    Ok(())
}

async fn of_a_container_that_is_gone(docker: Docker) -> Result<()> {
    let container = removed(docker).await?;
    let error = container.stats().await.unwrap_err();
    assert!(error.is_not_found(), "{error}");
    assert_eq!(error.op(), "container.stats");
    Ok(())
}

async fn removed(docker: Docker) -> Result<Container> {
    let container = docker.containers().create(&lasting("c")).await?;
    container.remove().await?;
    Ok(container)
}

async fn a_stream(docker: Docker) -> Result<()> {
    let container = running(docker, "c").await?;
    let samples = container.stats().stream().await?;
    let samples: Vec<ContainerStats> = samples.take(3).try_collect().await?;
    let read: Vec<_> = samples
        .iter()
        .map(|sample| sample.read.expect("it was read"))
        .collect();
    assert_eq!(read.len(), 3);
    assert!(read.windows(2).all(|pair| pair[0] < pair[1]), "in order");
    assert!(
        samples
            .iter()
            .all(|sample| sample.memory.usage > 0 && sample.pids >= 1)
    );
    docker.ping().await?;
    Ok(())
}

/// Each sample tells when the one before it was read: so it shows if one is lost.
fn follows(sample: &ContainerStats, last: Option<Timestamp>) {
    let Some(last) = last else { return };
    assert_eq!(
        sample.previous_read,
        Some(last),
        "no sample is lost, and none comes twice"
    );
}

async fn every_sample_beside_a_timer(docker: Docker) -> Result<()> {
    let container = running(docker, "c").await?;
    let mut samples = container.stats().stream().await?;
    let mut timer = interval(Duration::from_millis(250));
    let (mut count, mut lost, mut last) = (0, 0, None);
    while count < 4 {
        dockwit::select! {
            sample = samples.next() => {
                let sample = sample.expect("there is no end")?;
                follows(&sample, last);
                (count, last) = (count + 1, sample.read);
            }
            _ = timer.next() => lost += 1,
        }
    }
    assert!(lost > 3, "the timer fires: {lost}");
    Ok(())
}

async fn a_stream_ends_with_its_container(docker: Docker) -> Result<()> {
    let container = running(docker, "c").await?;
    let mut samples = container.stats().stream().await?;
    samples.try_next().await?.expect("a sample");
    container.remove().force(true).await?;
    while samples.try_next().await?.is_some() {}
    Ok(())
}

async fn a_stream_of_a_container_that_is_gone(docker: Docker) -> Result<()> {
    let container = removed(docker).await?;
    let error = container.stats().stream().await.unwrap_err();
    assert!(error.is_not_found(), "{error}");
    assert_eq!(error.op(), "container.stats-stream");
    Ok(())
}

async fn dropped_in_mid_read(docker: Docker) -> Result<()> {
    let mut input = stdin().lines();
    let container = running(docker, "c").await?;
    let mut samples = container.stats().stream().await?;
    samples.try_next().await?.expect("a sample");
    let soon = timeout(Duration::from_millis(50), samples.next()).await;
    assert!(soon.is_err(), "a read is in flight");
    println!("following");
    input.try_next().await?;
    drop(samples);
    println!("dropped");
    input.try_next().await?;
    docker.ping().await?;
    Ok(())
}

async fn two_streams(docker: Docker) -> Result<()> {
    let container = started(docker, "c", "sleep 600").await?;
    let other = start(docker, &shell("other", "sleep 600").memory("32m")).await?;
    let limits = async |container: &Container| -> Result<Vec<u64>> {
        let samples = container.stats().stream().await?.take(2);
        samples
            .map_ok(|sample| sample.memory.limit)
            .try_collect()
            .await
    };
    let (one, two, ()) = dockwit::try_join!(limits(&container), limits(&other), async {
        sleep(Duration::from_millis(10)).await;
        Ok(())
    })?;
    assert_eq!(two, [32 << 20, 32 << 20]);
    assert!(one.len() == 2 && one.iter().all(|limit| *limit > 32 << 20));
    Ok(())
}
