//! What is done with a container from its start to its removal, and what can't be done.

use std::time::{Duration, Instant};

use dockwit::containers::{ContainerState, ContainerStatus};
use dockwit::time::sleep;
use dockwit::{Container, Docker, Error, Result};
use dockwit_test_plugins::{
    Facts, cases, eventually, failure, impossible, lasting, name, ran, running, shell, spec, start,
    started, tell,
};

cases! {
    start_one, start_again, start_after_its_end, start_with_detach_keys, start_what_is_not_there, start_a_paused_one,
    stop, stop_again, stop_with_timeout, stop_without_timeout, stop_with_a_signal, stop_with_its_own_signal,
    stop_with_impossible_signals, restart, restart_a_stopped_one, restart_with_timeout, restart_with_a_signal,
    kill, kill_by_names_and_numbers, kill_by_impossible_signals, kill_one_that_does_not_run, pause, pause_twice,
    pause_one_that_does_not_run, unpause_one_that_is_not_paused, rename, rename_to_a_name_in_use,
    rename_to_its_own_name, rename_to_what_is_no_name, remove, remove_a_running_one, remove_by_force,
    remove_a_paused_one, remove_with_volumes, remove_without_volumes,
}

/// Runs until it is asked to end.
const WILLING: &str = "trap 'exit 0' TERM; echo ready; sleep 600 & wait";

/// Runs until it is killed, and tells by which signals it was asked.
const DEAF: &str = "trap 'echo TERM' TERM; trap 'echo INT' INT; trap 'echo USR1' USR1; echo ready; while :; do sleep 0.05; done";

async fn state(container: &Container) -> Result<ContainerState> {
    container.inspect().await?.state()
}

/// A container whose script has come to print this.
async fn printing(docker: Docker, script: &str, ready: &str) -> Result<Container> {
    let container = started(docker, "it", script).await?;
    printed(&container, ready).await?;
    Ok(container)
}

async fn printed(container: &Container, expected: &str) -> Result<()> {
    eventually(expected, async || {
        Ok((output(container).await? == expected).then_some(()))
    })
    .await
}

async fn output(container: &Container) -> Result<String> {
    container.logs().await?.read_to_string(1 << 16).await
}

/// Checks that an error is the engine's word for a state in which this can't be done.
async fn forbidden_by_its_state(docker: Docker, error: &Error) -> Result<()> {
    if Facts::of(docker).await?.says_conflict_of_states() {
        assert!(
            error.is_conflict() && error.status() == Some(409),
            "{error}"
        );
    } else {
        assert!(error.is_conflict() || error.is_engine(), "{error}");
    }
    Ok(())
}

async fn start_one(docker: Docker) -> Result<()> {
    let container = docker.containers().create(&lasting("it")).await?;
    let before = state(&container).await?;
    assert_eq!(before.status, ContainerStatus::Created);
    assert_eq!((before.running, before.started_at), (false, None));
    container.start().await?;
    let after = state(&container).await?;
    assert_eq!(after.status, ContainerStatus::Running);
    assert!(after.running && after.pid > 0, "{after:?}");
    assert!(
        after.started_at.is_some() && after.finished_at.is_none(),
        "{after:?}"
    );
    Ok(())
}

async fn start_again(docker: Docker) -> Result<()> {
    let container = running(docker, "it").await?;
    let run = async || -> Result<_> {
        let state = state(&container).await?;
        Ok((state.status, state.pid, state.started_at))
    };
    let before = run().await?;
    container.start().await?;
    assert_eq!(run().await?, before, "nothing has changed");
    Ok(())
}

async fn start_after_its_end(docker: Docker) -> Result<()> {
    let container = ran(docker, "it", "echo run; exit 3").await?;
    let first = state(&container).await?;
    let ended = container.wait().next_exit().await?;
    container.start().await?;
    ended.await?;
    let second = state(&container).await?;
    assert_eq!((first.exit_code, second.exit_code), (3, 3));
    assert!(second.started_at > first.started_at, "{first:?} {second:?}");
    assert!(
        second.finished_at > first.finished_at,
        "{first:?} {second:?}"
    );
    assert_eq!(output(&container).await?, "run\nrun\n");
    Ok(())
}

async fn start_with_detach_keys(docker: Docker) -> Result<()> {
    let container = docker.containers().create(&lasting("it").tty(true)).await?;
    container.start().detach_keys("ctrl-a,b").await?;
    assert!(state(&container).await?.running);
    Ok(())
}

async fn start_what_is_not_there(docker: Docker) -> Result<()> {
    let made = spec("it").command(["no-such-program"]);
    let container = docker.containers().create(&made).await?;
    let error = failure("container.start", container.start().await);
    assert!(error.is_invalid() || error.is_engine(), "{error}");
    assert_eq!(error.field(), None, "it isn't the host that says so");
    let state = state(&container).await?;
    assert!(!state.running && state.pid == 0, "{state:?}");
    if Facts::of(docker).await?.keeps_why_a_start_failed() {
        assert!(state.error.contains("no-such-program"), "{state:?}");
        assert_eq!(state.exit_code, 127);
    }
    Ok(())
}

async fn start_a_paused_one(docker: Docker) -> Result<()> {
    let container = running(docker, "it").await?;
    container.pause().await?;
    let error = failure("container.start", container.start().await);
    forbidden_by_its_state(docker, &error).await?;
    assert!(state(&container).await?.paused);
    Ok(())
}

async fn stop(docker: Docker) -> Result<()> {
    let container = printing(docker, WILLING, "ready\n").await?;
    container.stop().await?;
    let state = state(&container).await?;
    assert_eq!(state.status, ContainerStatus::Exited);
    assert!(!state.running && state.pid == 0, "{state:?}");
    if Facts::of(docker).await?.gives_time_to_stop() {
        assert_eq!(state.exit_code, 0, "it was asked, not killed");
    }
    assert!(state.finished_at > state.started_at, "{state:?}");
    Ok(())
}

async fn stop_again(docker: Docker) -> Result<()> {
    let container = ran(docker, "it", "exit 4").await?;
    let before = state(&container).await?;
    container.stop().await?;
    container.stop().timeout(Duration::ZERO).await?;
    assert_eq!(state(&container).await?, before, "nothing has changed");
    let never_started = docker.containers().create(&lasting("new")).await?;
    never_started.stop().await?;
    let status = state(&never_started).await?.status;
    assert_ne!(status, ContainerStatus::Running);
    Ok(())
}

async fn stop_with_timeout(docker: Docker) -> Result<()> {
    let container = printing(docker, DEAF, "ready\n").await?;
    let begun = Instant::now();
    // Rounded up to 2 s.
    container
        .stop()
        .timeout(Duration::from_millis(1_200))
        .await?;
    let took = begun.elapsed();
    assert!(
        took >= Duration::from_millis(1_900) && took < Duration::from_secs(9),
        "{took:?}"
    );
    assert_eq!(state(&container).await?.exit_code, 128 + 9);
    assert_eq!(
        output(&container).await?,
        "ready\nTERM\n",
        "asked, then killed"
    );
    Ok(())
}

async fn stop_without_timeout(docker: Docker) -> Result<()> {
    let script = "trap 'sleep 1.5; exit 5' TERM; echo ready; sleep 600 & wait";
    let made = shell("it", script).stop_timeout(Duration::ZERO);
    let container = start(docker, &made).await?;
    printed(&container, "ready\n").await?;
    let stopped = container.stop().without_timeout().await;
    if Facts::of(docker).await?.can_wait_for_ever_on_a_stop() {
        stopped?;
        assert_eq!(state(&container).await?.exit_code, 5);
    } else {
        assert!(failure("container.stop", stopped).is_invalid());
        container.stop().await?;
    }
    Ok(())
}

async fn stop_with_a_signal(docker: Docker) -> Result<()> {
    let script = "trap 'exit 3' INT; trap 'exit 4' TERM; echo ready; sleep 600 & wait";
    let container = printing(docker, script, "ready\n").await?;
    let facts = Facts::of(docker).await?;
    let stop = container.stop().timeout(Duration::from_secs(10));
    let stopped = stop.signal("INT").await;
    if facts.has_console_size_and_stop_signal() {
        stopped?;
        let expected = if facts.minds_the_signal_of_a_stop() {
            3
        } else {
            4
        };
        assert_eq!(state(&container).await?.exit_code, expected);
    } else {
        too_old_for_a_signal("container.stop", stopped);
        assert!(state(&container).await?.running, "nothing was sent");
        container.stop().timeout(Duration::from_secs(10)).await?;
        assert_eq!(state(&container).await?.exit_code, 4);
    }
    Ok(())
}

fn too_old_for_a_signal(op: &str, outcome: Result<()>) {
    let error = failure(op, outcome);
    assert!(error.is_unsupported(), "{error}");
    assert_eq!((error.field(), error.status()), (Some("signal"), None));
}

async fn stop_with_its_own_signal(docker: Docker) -> Result<()> {
    let script = "trap 'exit 3' INT; trap 'exit 4' TERM; echo ready; sleep 600 & wait";
    let container = start(docker, &shell("it", script).stop_signal("SIGINT")).await?;
    printed(&container, "ready\n").await?;
    container.stop().timeout(Duration::from_secs(10)).await?;
    assert_eq!(state(&container).await?.exit_code, 3);
    Ok(())
}

async fn stop_with_impossible_signals(docker: Docker) -> Result<()> {
    let container = running(docker, "it").await?;
    for signal in ["", "SIG TERM", "TERM&t=1", "\n"] {
        let stopped = container.stop().signal(signal).await;
        impossible("container.stop", "signal", stopped);
        let restarted = container.restart().signal(signal).await;
        impossible("container.restart", "signal", restarted);
    }
    if Facts::of(docker).await?.minds_the_signal_of_a_stop() {
        let stopped = container.stop().signal("NOPE").await;
        let error = failure("container.stop", stopped);
        assert!(error.is_invalid() || error.is_engine(), "{error}");
    }
    assert!(state(&container).await?.running);
    Ok(())
}

async fn restart(docker: Docker) -> Result<()> {
    let container = printing(docker, WILLING, "ready\n").await?;
    let before = state(&container).await?;
    container.restart().await?;
    let after = state(&container).await?;
    assert!(after.running && after.pid != before.pid, "{after:?}");
    assert!(after.started_at > before.started_at, "{after:?}");
    let count = container.inspect().await?.identity()?.restart_count;
    assert_eq!(count, 0, "only the engine's own restarts are counted");
    Ok(())
}

async fn restart_a_stopped_one(docker: Docker) -> Result<()> {
    let made = shell("it", WILLING);
    let container = docker.containers().create(&made).await?;
    container.restart().await?;
    assert!(state(&container).await?.running);
    printed(&container, "ready\n").await?;
    container.stop().await?;
    container.restart().await?;
    assert!(state(&container).await?.running);
    Ok(())
}

async fn restart_with_timeout(docker: Docker) -> Result<()> {
    let container = printing(docker, DEAF, "ready\n").await?;
    let begun = Instant::now();
    container.restart().timeout(Duration::from_secs(1)).await?;
    let took = begun.elapsed();
    assert!(
        took >= Duration::from_millis(900) && took < Duration::from_secs(8),
        "{took:?}"
    );
    printed(&container, "ready\nTERM\nready\n").await
}

async fn restart_with_a_signal(docker: Docker) -> Result<()> {
    let container = printing(docker, DEAF, "ready\n").await?;
    let facts = Facts::of(docker).await?;
    let restart = container
        .restart()
        .signal("SIGINT")
        .timeout(Duration::from_secs(1));
    let restarted = restart.await;
    if facts.has_console_size_and_stop_signal() {
        restarted?;
        let signal = if facts.minds_the_signal_of_a_stop() {
            "INT"
        } else {
            "TERM"
        };
        printed(&container, &format!("ready\n{signal}\nready\n")).await
    } else {
        too_old_for_a_signal("container.restart", restarted);
        Ok(())
    }
}

async fn kill(docker: Docker) -> Result<()> {
    let container = printing(docker, DEAF, "ready\n").await?;
    let ended = container.wait().next_exit().await?;
    container.kill().await?;
    assert_eq!(ended.await?.status_code, 128 + 9);
    assert_eq!(state(&container).await?.exit_code, 128 + 9);
    assert_eq!(output(&container).await?, "ready\n", "it wasn't asked");
    Ok(())
}

async fn kill_by_names_and_numbers(docker: Docker) -> Result<()> {
    let container = printing(docker, DEAF, "ready\n").await?;
    let mut expected = "ready\n".to_owned();
    for (signal, word) in [
        ("USR1", "USR1"),
        ("SIGUSR1", "USR1"),
        ("10", "USR1"),
        ("INT", "INT"),
        ("2", "INT"),
        ("SIGTERM", "TERM"),
        ("15", "TERM"),
    ] {
        container.kill().signal(signal).await?;
        expected += &format!("{word}\n");
        printed(&container, &expected).await?;
    }
    assert!(state(&container).await?.running, "it lives through all");
    let ended = container.wait().next_exit().await?;
    container.kill().signal("9").await?;
    assert_eq!(ended.await?.status_code, 128 + 9);
    Ok(())
}

async fn kill_by_impossible_signals(docker: Docker) -> Result<()> {
    let container = running(docker, "it").await?;
    for signal in ["", "SIG TERM", "KILL?", "\n"] {
        let killed = container.kill().signal(signal).await;
        impossible("container.kill", "signal", killed);
    }
    let invalid = Facts::of(docker).await?.says_invalid_of_signals();
    for signal in ["NOPE", "SIGNOPE", "0"] {
        let error = failure("container.kill", container.kill().signal(signal).await);
        assert!(
            error.is_invalid() || (!invalid && error.is_engine()),
            "{error}"
        );
    }
    let error = failure("container.kill", container.kill().signal("999").await);
    assert!(error.is_invalid() || error.is_engine(), "{error}");
    assert!(state(&container).await?.running);
    Ok(())
}

async fn kill_one_that_does_not_run(docker: Docker) -> Result<()> {
    let ended = ran(docker, "it", "exit 0").await?;
    let new = docker.containers().create(&lasting("new")).await?;
    for container in [ended, new] {
        let error = failure("container.kill", container.kill().await);
        forbidden_by_its_state(docker, &error).await?;
    }
    Ok(())
}

async fn pause(docker: Docker) -> Result<()> {
    let script = "while :; do echo tick; sleep 0.02; done";
    let container = started(docker, "it", script).await?;
    container.pause().await?;
    let paused = state(&container).await?;
    assert_eq!(paused.status, ContainerStatus::Paused);
    assert!(paused.running && paused.paused, "{paused:?}");
    sleep(Duration::from_millis(200)).await;
    let before = output(&container).await?;
    sleep(Duration::from_millis(300)).await;
    assert_eq!(output(&container).await?, before, "it stands still");
    container.unpause().await?;
    let after = state(&container).await?;
    assert_eq!(after.status, ContainerStatus::Running);
    assert_eq!((after.paused, after.pid), (false, paused.pid));
    eventually("it goes on", async || {
        Ok((output(&container).await?.len() > before.len()).then_some(()))
    })
    .await?;
    container.pause().await
}

async fn pause_twice(docker: Docker) -> Result<()> {
    let container = running(docker, "it").await?;
    container.pause().await?;
    let error = failure("container.pause", container.pause().await);
    forbidden_by_its_state(docker, &error).await?;
    assert!(state(&container).await?.paused);
    Ok(())
}

async fn pause_one_that_does_not_run(docker: Docker) -> Result<()> {
    let ended = ran(docker, "it", "exit 0").await?;
    let new = docker.containers().create(&lasting("new")).await?;
    for container in [ended, new] {
        let error = failure("container.pause", container.pause().await);
        forbidden_by_its_state(docker, &error).await?;
    }
    Ok(())
}

async fn unpause_one_that_is_not_paused(docker: Docker) -> Result<()> {
    let container = running(docker, "it").await?;
    let new = docker.containers().create(&lasting("new")).await?;
    for container in [&container, &new] {
        let error = failure("container.unpause", container.unpause().await);
        assert!(error.is_conflict() || error.is_engine(), "{error}");
    }
    assert!(state(&container).await?.running);
    Ok(())
}

async fn rename(docker: Docker) -> Result<()> {
    let container = running(docker, "old").await?;
    container.rename(name("it")).await?;
    assert_eq!(container.inspect().await?.identity()?.name, name("it"));
    assert!(state(&container).await?.running, "it doesn't mind");
    let found = docker.containers().get(name("it")).await?;
    assert_eq!(found.id(), container.id());
    let old = docker.containers().get(name("old")).await;
    assert!(failure("containers.get", old).is_not_found());
    Ok(())
}

async fn rename_to_a_name_in_use(docker: Docker) -> Result<()> {
    let container = docker.containers().create(&spec("it")).await?;
    docker.containers().create(&spec("other")).await?;
    let renamed = container.rename(name("other")).await;
    forbidden_by_its_state(docker, &failure("container.rename", renamed)).await?;
    assert_eq!(container.inspect().await?.identity()?.name, name("it"));
    Ok(())
}

async fn rename_to_its_own_name(docker: Docker) -> Result<()> {
    let container = docker.containers().create(&spec("it")).await?;
    let renamed = container.rename(name("it")).await;
    if Facts::of(docker).await?.minds_an_unchanged_name() {
        let error = failure("container.rename", renamed);
        assert!(error.is_invalid() && error.status() == Some(400), "{error}");
    } else {
        renamed?;
    }
    assert_eq!(container.inspect().await?.identity()?.name, name("it"));
    Ok(())
}

async fn rename_to_what_is_no_name(docker: Docker) -> Result<()> {
    let container = docker.containers().create(&spec("it")).await?;
    let invalid = Facts::of(docker).await?.says_invalid_of_specs();
    for bad in ["", "a b", "ä", "../other", "x&force=1"] {
        let error = failure("container.rename", container.rename(bad).await);
        assert!(
            error.is_invalid() || (!invalid && error.is_engine()),
            "{bad:?}: {error}"
        );
    }
    assert_eq!(container.inspect().await?.identity()?.name, name("it"));
    Ok(())
}

async fn remove(docker: Docker) -> Result<()> {
    let new = docker.containers().create(&spec("it")).await?;
    new.remove().await?;
    assert!(failure("container.inspect", new.inspect().await).is_not_found());
    let ended = ran(docker, "it", "exit 1").await?;
    ended.remove().await?;
    assert!(failure("container.inspect", ended.inspect().await).is_not_found());
    let found = docker.containers().get(name("it")).await;
    assert!(failure("containers.get", found).is_not_found());
    Ok(())
}

async fn remove_a_running_one(docker: Docker) -> Result<()> {
    let container = running(docker, "it").await?;
    for call in [
        container.remove(),
        container.remove().volumes(true).force(false),
    ] {
        let error = failure("container.remove", call.await);
        forbidden_by_its_state(docker, &error).await?;
    }
    assert!(state(&container).await?.running);
    Ok(())
}

async fn remove_by_force(docker: Docker) -> Result<()> {
    let container = printing(docker, DEAF, "ready\n").await?;
    container.remove().force(true).await?;
    assert!(failure("container.inspect", container.inspect().await).is_not_found());
    let new = docker.containers().create(&spec("it")).await?;
    new.remove().force(true).await?;
    assert!(failure("container.inspect", new.inspect().await).is_not_found());
    Ok(())
}

async fn remove_a_paused_one(docker: Docker) -> Result<()> {
    let container = running(docker, "it").await?;
    container.pause().await?;
    let error = failure("container.remove", container.remove().await);
    forbidden_by_its_state(docker, &error).await?;
    container.remove().force(true).await?;
    assert!(failure("container.inspect", container.inspect().await).is_not_found());
    Ok(())
}

async fn remove_with_volumes(docker: Docker) -> Result<()> {
    tell("volume", volume_of_removed(docker, true).await?);
    Ok(())
}

async fn remove_without_volumes(docker: Docker) -> Result<()> {
    tell("volume", volume_of_removed(docker, false).await?);
    Ok(())
}

/// The name of the anonymous volume that a container had, which is removed now.
async fn volume_of_removed(docker: Docker, volumes: bool) -> Result<String> {
    let made = spec("it").volume("/data");
    let container = docker.containers().create(&made).await?;
    let mounts = container.inspect().await?.mounts()?;
    container.remove().volumes(volumes).await?;
    Ok(mounts[0].name.clone().expect("a volume has a name"))
}
