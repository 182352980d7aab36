//! The run of a plugin: time, input, arguments, several things at once, and its end.

use std::time::{Duration, Instant};

use dockwit::futures::future::{join_all, pending, try_join_all};
use dockwit::time::{interval, sleep, timeout};
use dockwit::{
    Docker, Error, ExitStatus, FutureExt, Result, StreamExt, TryStreamExt, set_exit_status, stdin,
    stop_requested,
};
use dockwit_test_plugins::{Facts, lasting, name, running, spec, tell};

/// Cases that end in a way of their own return it.
#[dockwit::main]
async fn main(docker: Docker) -> Result<ExitStatus> {
    let case = dockwit_test_plugins::case();
    match case.as_str() {
        "exit_success" => return Ok(ExitStatus::SUCCESS),
        "exit_three" => return Ok(ExitStatus(3)),
        "exit_error" => return Err(Error::other("as it is meant to")),
        "exit_engine_error" => drop(
            docker
                .containers()
                .get("there is no such container")
                .await?,
        ),
        "exit_set" => set_exit_status(9),
        "exit_set_and_error" => {
            set_exit_status(9);
            return Err(Error::other("as it is meant to"));
        }
        "exit_process" => std::process::exit(3),
        "panic" => panic!("as it is meant to"),
        _ => cases(docker, &case).await?,
    }
    Ok(ExitStatus::SUCCESS)
}

macro_rules! cases {
    ($($case:ident),* $(,)?) => {
        async fn cases(docker: Docker, case: &str) -> Result<()> {
            match case {
                "--list" => {
                    $(println!("{}", stringify!($case));)*
                    Ok(())
                }
                $(stringify!($case) => $case(docker).await,)*
                other => Err(Error::other(format!("there is no case {other:?}"))),
            }
        }
    };
}

cases! {
    sleep_waits, sleeps_are_concurrent, sleep_beside_calls, timeout_ends_what_takes_too_long, timeout_lets_through, an_interval_keeps_its_beat,
    stdin_lines, stdin_bytes_beside_a_timer, stdin_dropped_in_mid_read, stdin_beside_calls, stdin_closed, args_and_env, a_hundred_calls,
    a_thousand_sleeps, clones, a_dropped_call, stop_is_asked, stop_is_ignored, stop_in_an_endless_loop, not_asked_to_stop,
    two_at_once_are_not_twice_as_long, nothing_of_wasi,
}

const MOMENT: Duration = Duration::from_millis(100);

async fn sleep_waits(_: Docker) -> Result<()> {
    let begun = Instant::now();
    sleep(MOMENT).await;
    assert!(begun.elapsed() >= MOMENT);
    sleep(Duration::ZERO).await;
    Ok(())
}

async fn sleeps_are_concurrent(_: Docker) -> Result<()> {
    let begun = Instant::now();
    join_all((0..50).map(|_| sleep(MOMENT))).await;
    let elapsed = begun.elapsed();
    assert!(elapsed >= MOMENT && elapsed < MOMENT * 50, "{elapsed:?}");
    Ok(())
}

async fn a_thousand_sleeps(_: Docker) -> Result<()> {
    let order: Vec<usize> = {
        let sleeps = dockwit::futures::stream::FuturesUnordered::new();
        for index in 0..1_000 {
            sleeps.push(sleep(Duration::from_millis(index as u64 % 7)).map(move |()| index));
        }
        sleeps.collect().await
    };
    assert_eq!(order.len(), 1_000);
    Ok(())
}

async fn sleep_beside_calls(docker: Docker) -> Result<()> {
    let mut calls = 0;
    let mut timer = sleep(MOMENT * 3);
    loop {
        dockwit::select! {
            () = timer => break,
            pong = docker.ping().boxed_local().fuse() => {
                pong?;
                calls += 1;
            }
        }
    }
    assert!(calls > 3, "calls go on while the timer runs: {calls}");
    Ok(())
}

async fn timeout_ends_what_takes_too_long(docker: Docker) -> Result<()> {
    let begun = Instant::now();
    let elapsed = timeout(MOMENT, pending::<()>()).await.unwrap_err();
    assert!(begun.elapsed() >= MOMENT);
    let error = Error::from(elapsed);
    assert!(error.is_timeout(), "{error}");
    let container = running(docker, "c").await?;
    let wait = container.wait().await?;
    assert!(timeout(MOMENT, wait).await.is_err(), "it runs");
    docker.ping().await?;
    Ok(())
}

async fn timeout_lets_through(docker: Docker) -> Result<()> {
    let pong = timeout(Duration::from_secs(60), docker.ping()).await??;
    assert!(pong.api_version.starts_with("1."), "{}", pong.api_version);
    assert_eq!(
        timeout(Duration::ZERO, async { 7 }).await,
        Ok(7),
        "what is ready wins"
    );
    Ok(())
}

async fn an_interval_keeps_its_beat(_: Docker) -> Result<()> {
    let begun = Instant::now();
    let mut ticks = interval(MOMENT / 5);
    for _ in 0..6 {
        ticks.tick().await;
    }
    assert!(
        begun.elapsed() >= MOMENT,
        "the first tick is at once, five more take a beat each"
    );
    Ok(())
}

async fn stdin_lines(_: Docker) -> Result<()> {
    let lines: Vec<String> = stdin().lines().try_collect().await?;
    tell("lines", lines.join("|"));
    Ok(())
}

async fn stdin_closed(_: Docker) -> Result<()> {
    assert_eq!(stdin().read_to_end(10).await?, b"");
    assert!(stdin().next().await.is_none(), "and once more");
    Ok(())
}

/// The harness gives numbers of four bytes, a few at a time.
async fn stdin_bytes_beside_a_timer(_: Docker) -> Result<()> {
    println!("ready");
    let mut input = stdin();
    let mut timer = interval(Duration::from_millis(2));
    let (mut bytes, mut lost) = (Vec::new(), 0);
    loop {
        dockwit::select! {
            piece = input.next() => match piece {
                Some(piece) => bytes.extend(piece?),
                None => break,
            },
            _ = timer.next() => lost += 1,
        }
    }
    let numbers: Vec<u32> = bytes
        .chunks(4)
        .map(|bytes| u32::from_le_bytes(bytes.try_into().unwrap()))
        .collect();
    assert_eq!(
        numbers,
        (0..2_000).collect::<Vec<u32>>(),
        "every byte once, in order"
    );
    assert!(lost > 50, "the timer fires: {lost}");
    Ok(())
}

async fn stdin_dropped_in_mid_read(docker: Docker) -> Result<()> {
    let mut input = stdin();
    assert!(
        timeout(MOMENT, input.next()).await.is_err(),
        "nothing is there"
    );
    drop(input);
    println!("dropped");
    docker.ping().await?;
    Ok(())
}

async fn stdin_beside_calls(docker: Docker) -> Result<()> {
    let mut input = stdin().lines();
    let mut line = Box::pin(input.try_next()).fuse();
    let mut calls = 0;
    println!("ready");
    loop {
        dockwit::select! {
            line = line => {
                assert_eq!(line?.as_deref(), Some("go"));
                break;
            }
            pong = docker.ping().boxed_local().fuse() => {
                pong?;
                calls += 1;
                if calls == 10 {
                    println!("ten calls");
                }
            }
        }
    }
    Ok(())
}

async fn args_and_env(_: Docker) -> Result<()> {
    tell("args", std::env::args().collect::<Vec<_>>().join("|"));
    let mut env: Vec<_> = std::env::vars().map(|(name, _)| name).collect();
    env.sort();
    tell("env", env.join("|"));
    tell("GREETING", std::env::var("GREETING").unwrap_or_default());
    Ok(())
}

async fn a_hundred_calls(docker: Docker) -> Result<()> {
    let specs: Vec<_> = (0..100)
        .map(|index| spec(&format!("c{index}")).command("true"))
        .collect();
    let containers = docker.containers();
    let created = try_join_all(specs.iter().map(|spec| containers.create(spec))).await?;
    let names = try_join_all(
        created
            .iter()
            .map(async |container| Ok::<_, Error>(container.inspect().await?.identity()?.name)),
    )
    .await?;
    let expected: Vec<_> = (0..100).map(|index| name(&format!("c{index}"))).collect();
    assert_eq!(names, expected, "each answer belongs to its call");
    try_join_all(created.iter().map(|container| container.remove())).await?;
    let left = containers
        .list()
        .all(true)
        .label(dockwit_test_plugins::label())
        .await?;
    assert!(left.is_empty(), "{} are left", left.len());
    Ok(())
}

async fn clones(docker: Docker) -> Result<()> {
    let container = docker.containers().create(&lasting("c")).await?;
    let copy = container.clone();
    assert_eq!(copy.id(), container.id());
    copy.start().await?;
    drop(copy);
    let again = container.clone();
    let (one, other) = dockwit::try_join!(container.inspect(), again.inspect())?;
    assert!(one.state()?.running && other.state()?.running);
    drop(container);
    again.kill().await
}

async fn a_dropped_call(docker: Docker) -> Result<()> {
    let container = running(docker, "c").await?;
    for _ in 0..50 {
        let never = container.stats().now_or_never();
        assert!(never.is_none(), "it takes a second");
    }
    assert!(container.inspect().await?.state()?.running);
    Ok(())
}

async fn stop_is_asked(_: Docker) -> Result<()> {
    println!("ready");
    stop_requested().await;
    stop_requested().await;
    println!("asked");
    sleep(MOMENT).await;
    println!("there was time");
    Ok(())
}

async fn stop_is_ignored(_: Docker) -> Result<()> {
    println!("ready");
    sleep(Duration::from_secs(1_000)).await;
    Ok(())
}

async fn stop_in_an_endless_loop(_: Docker) -> Result<()> {
    println!("ready");
    let mut count = 0_u64;
    loop {
        count = std::hint::black_box(count.wrapping_add(1));
    }
}

async fn not_asked_to_stop(_: Docker) -> Result<()> {
    assert!(timeout(MOMENT, stop_requested()).await.is_err());
    Ok(())
}

async fn two_at_once_are_not_twice_as_long(docker: Docker) -> Result<()> {
    let container = running(docker, "c").await?;
    if !Facts::of(docker).await?.reads_figures_twice() {
        return Ok(());
    }
    // The engine takes about a second for each of these.
    let begun = Instant::now();
    container.stats().await?;
    let one = begun.elapsed();
    let begun = Instant::now();
    try_join_all((0..8).map(|_| container.stats())).await?;
    let eight = begun.elapsed();
    assert!(eight < one * 5, "one takes {one:?}, eight {eight:?}");
    Ok(())
}

/// Without a grant there are no files, and there is no network.
async fn nothing_of_wasi(_: Docker) -> Result<()> {
    assert!(std::fs::read_dir("/").is_err());
    assert!(std::fs::read("/etc/passwd").is_err());
    assert!(std::net::TcpStream::connect("127.0.0.1:1").is_err());
    let refused = std::net::TcpListener::bind("127.0.0.1:0");
    assert!(refused.is_err(), "{refused:?}");
    Ok(())
}
