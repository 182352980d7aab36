//! Starts.

use dockwit::{ContainerStatus, Docker, Result};
use dockwit_test_plugins::{Facts, failure, lasting, ran, running, spec};

use crate::{forbidden_by_its_state, output, state};

pub(crate) async fn start_one(docker: Docker) -> Result<()> {
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

pub(crate) async fn start_again(docker: Docker) -> Result<()> {
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

pub(crate) async fn start_after_its_end(docker: Docker) -> Result<()> {
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

pub(crate) async fn start_with_detach_keys(docker: Docker) -> Result<()> {
    let container = docker.containers().create(&lasting("it").tty(true)).await?;
    container.start().detach_keys("ctrl-a,b").await?;
    assert!(state(&container).await?.running);
    Ok(())
}

pub(crate) async fn start_what_is_not_there(docker: Docker) -> Result<()> {
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

pub(crate) async fn start_a_paused_one(docker: Docker) -> Result<()> {
    let container = running(docker, "it").await?;
    container.pause().await?;
    let error = failure("container.start", container.start().await);
    forbidden_by_its_state(docker, &error).await?;
    assert!(state(&container).await?.paused);
    Ok(())
}
