//! What goes on in a container: its processes, the files it has changed, its terminal.

use std::collections::BTreeMap;

use dockwit::containers::{ChangeKind, ProcessList};
use dockwit::{Container, Docker, Result};
use dockwit_test_plugins::{
    Facts, cases, eventually, failure, lasting, ran, running, shell, spec, start, started,
};

cases! {
    top, top_as_it_changes, top_of_one_that_does_not_run, changes, changes_of_nothing, changes_as_they_come, resize, resize_again,
    resize_without_a_terminal, resize_one_that_does_not_run,
}

/// The column of that title, among several that engines give it.
fn column(list: &ProcessList, titles: &[&str]) -> Vec<String> {
    let is_it = |title: &String| titles.contains(&title.as_str());
    let column = list.titles.iter().position(is_it);
    let column = column.unwrap_or_else(|| panic!("one of {titles:?} in {:?}", list.titles));
    let processes = list.processes.iter();
    processes.map(|process| process[column].clone()).collect()
}

async fn top(docker: Docker) -> Result<()> {
    let made = shell("it", "sleep 601 & sleep 602 & wait").user("65534");
    let container = start(docker, &made).await?;
    let list = eventually("it has three processes", async || {
        let list = container.top().await?;
        Ok((list.processes.len() == 3).then_some(list))
    })
    .await?;
    for process in &list.processes {
        assert_eq!(process.len(), list.titles.len(), "{list:?}");
    }
    let commands = column(&list, &["CMD", "COMMAND"]);
    for expected in [
        "sh -c sleep 601 & sleep 602 & wait",
        "sleep 601",
        "sleep 602",
    ] {
        assert!(
            commands.iter().any(|command| command == expected),
            "{list:?}"
        );
    }
    let numbers = column(&list, &["PID"]);
    let numbers: Result<Vec<u32>, _> = numbers.iter().map(|number| number.parse()).collect();
    assert!(numbers.is_ok_and(|numbers| numbers.iter().all(|number| *number > 0)));
    let users = column(&list, &["UID", "USER"]);
    assert!(
        users.iter().all(|user| user == &users[0] && user != "root"),
        "{list:?}"
    );
    Ok(())
}

async fn top_as_it_changes(docker: Docker) -> Result<()> {
    let container = started(docker, "it", "sleep 1; exec sleep 603").await?;
    eventually("it is another program", async || {
        let now = column(&container.top().await?, &["CMD", "COMMAND"]);
        Ok((now == ["sleep 603"]).then_some(()))
    })
    .await
}

async fn top_of_one_that_does_not_run(docker: Docker) -> Result<()> {
    let ended = ran(docker, "it", "true").await?;
    let new = docker.containers().create(&spec("new")).await?;
    let minds = Facts::of(docker).await?.minds_top_of_what_does_not_run();
    for container in [ended, new] {
        let listed = container.top().await;
        if minds {
            let error = failure("container.top", listed);
            assert!(error.is_conflict() || error.is_engine(), "{error}");
        } else {
            assert_eq!(listed?.processes.len(), 0, "none");
        }
    }
    Ok(())
}

async fn changed(container: &Container) -> Result<BTreeMap<String, ChangeKind>> {
    let changes = container.changes().await?;
    let changes = changes.into_iter().map(|change| (change.path, change.kind));
    Ok(changes.collect())
}

async fn changes(docker: Docker) -> Result<()> {
    let script = "mkdir /folder; echo new > '/folder/a b ✓'; rm /bin/yes";
    let container = ran(docker, "it", script).await?;
    let changes = changed(&container).await?;
    for (path, kind) in [
        ("/folder", ChangeKind::Added),
        ("/folder/a b ✓", ChangeKind::Added),
        ("/bin", ChangeKind::Modified),
        ("/bin/yes", ChangeKind::Deleted),
    ] {
        assert_eq!(changes.get(path), Some(&kind), "{path}: {changes:?}");
    }
    assert_eq!(changes.get("/bin/no"), None);
    Ok(())
}

async fn changes_of_nothing(docker: Docker) -> Result<()> {
    let container = docker.containers().create(&spec("it")).await?;
    assert_eq!(changed(&container).await?, BTreeMap::new());
    Ok(())
}

/// A container that runs, or stands still, tells them as well.
async fn changes_as_they_come(docker: Docker) -> Result<()> {
    let script = "trap 'touch /second; echo done' USR1; touch /first; echo ready; while :; do sleep 0.05; done";
    let container = started(docker, "it", script).await?;
    prints(&container, "ready\n").await?;
    let before = changed(&container).await?;
    assert_eq!(before.get("/first"), Some(&ChangeKind::Added), "{before:?}");
    assert_eq!(before.get("/second"), None, "{before:?}");
    container.kill().signal("USR1").await?;
    prints(&container, "ready\ndone\n").await?;
    container.pause().await?;
    let after = changed(&container).await?;
    assert_eq!(after.get("/second"), Some(&ChangeKind::Added), "{after:?}");
    Ok(())
}

async fn prints(container: &Container, expected: &str) -> Result<()> {
    eventually(expected, async || {
        let output = container.logs().await?.read_to_string(1 << 12).await?;
        Ok((output.replace('\r', "") == expected).then_some(()))
    })
    .await
}

/// It prints its terminal's size whenever it is told that it has changed.
async fn resize(docker: Docker) -> Result<()> {
    let container = start(docker, &sized()).await?;
    prints(&container, "ready\n").await?;
    container.resize(41, 133).await?;
    eventually("it has that size", async || {
        let output = container.logs().await?.read_to_string(1 << 12).await?;
        Ok(output.contains("41 133").then_some(()))
    })
    .await
}

fn sized() -> dockwit::ContainerSpec {
    shell(
        "it",
        "trap 'stty size' WINCH; echo ready; while :; do sleep 0.05; done",
    )
    .tty(true)
}

async fn resize_again(docker: Docker) -> Result<()> {
    let container = start(docker, &sized()).await?;
    prints(&container, "ready\n").await?;
    for (height, width) in [(24, 80), (50, 200), (2, 3)] {
        container.resize(height, width).await?;
        let expected = format!("\n{height} {width}\n");
        eventually(&expected, async || {
            let output = container.logs().await?.read_to_string(1 << 12).await?;
            Ok(output.replace('\r', "").contains(&expected).then_some(()))
        })
        .await?;
    }
    Ok(())
}

/// A container without a terminal has no size, and goes on.
async fn resize_without_a_terminal(docker: Docker) -> Result<()> {
    let container = running(docker, "it").await?;
    let resized = container.resize(41, 133).await;
    if let Err(error) = resized {
        assert!(
            error.is_engine() || error.is_conflict() || error.is_invalid(),
            "{error}"
        );
        assert_eq!(error.field(), None);
    }
    assert!(container.inspect().await?.state()?.running);
    Ok(())
}

async fn resize_one_that_does_not_run(docker: Docker) -> Result<()> {
    let new = docker.containers().create(&lasting("it").tty(true)).await?;
    let ended = start(docker, &spec("ended").command(["true"]).tty(true)).await?;
    ended.wait().await?.await?;
    for container in [new, ended] {
        let error = failure("container.resize", container.resize(41, 133).await);
        assert!(error.is_conflict() || error.is_engine(), "{error}");
    }
    Ok(())
}
