//! Calls whose audit the harness looks at.

use dockwit::{Docker, ErrorKind, Result, TryStreamExt};
use dockwit_test_plugins::{cases, lasting, name, shell, tell};

cases! { secrets, unaudited, refusals }

/// Hands over a secret wherever there is a place for one, and has it told.
async fn secrets(docker: Docker) -> Result<()> {
    let secret = std::env::var("SECRET").unwrap_or_default();
    let script = format!("echo {secret}; : $SECRET");
    let spec = shell("it", &script)
        .env_var("SECRET", &secret)
        .label("secret", &secret);
    let it = docker.containers().create(&spec).await?;
    tell("id", it.id());
    let ended = it.wait().next_exit().await?;
    it.start().await?;
    ended.await?;
    it.inspect().await?;
    it.inspect_json().await?;
    let mut logs = it.logs().await?;
    let mut read = Vec::new();
    while let Some(chunk) = logs.try_next().await? {
        read.extend_from_slice(&chunk.data);
    }
    assert!(String::from_utf8_lossy(&read).contains(&secret));
    let containers = docker.containers();
    let nasty = format!(
        "\u{1b}[2J\r\n{{\"event\":\"end\"}}{secret}{}",
        "x".repeat(30_000)
    );
    for no_name in [&secret, nasty.as_str()] {
        assert!(containers.get(no_name).await.is_err());
        assert!(containers.open(no_name).is_err());
        assert!(it.kill().signal(no_name).await.is_err());
    }
    it.rename(name(&secret)).await?;
    it.remove().await
}

/// The audit takes nothing more once the harness says so: reads go on, a write isn't sent. Then it takes more again.
async fn unaudited(docker: Docker) -> Result<()> {
    let mut input = dockwit::stdin().lines();
    println!("ready");
    input.try_next().await?;
    docker.ping().await?;
    let error = docker.containers().create(&lasting("it")).await;
    let error = error.expect_err("it isn't sent");
    assert_eq!(error.kind(), &ErrorKind::Other("audit".into()));
    assert_eq!(error.rule(), Some("audit"));
    docker.ping().await?;
    println!("refused");
    input.try_next().await?;
    docker.containers().create(&lasting("it")).await?;
    Ok(())
}

/// Asks a thousand times for what it isn't granted, then for what it is, and once more for what it isn't.
async fn refusals(docker: Docker) -> Result<()> {
    for _ in 0..1000 {
        assert!(
            docker
                .version()
                .await
                .expect_err("it isn't granted")
                .is_denied()
        );
    }
    docker.ping().await?;
    assert!(docker.version().await.is_err());
    Ok(())
}
