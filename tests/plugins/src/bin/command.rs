//! What a plugin has of the machine when the command runs it, and how it ends there.

use std::fs;
use std::io::{ErrorKind, Write};
use std::net::{TcpListener, TcpStream, ToSocketAddrs, UdpSocket};

use dockwit::{
    Docker, Result, StreamExt, TryStreamExt, granted, set_exit_status, stdin, stop_requested,
};
use dockwit_test_plugins::{cases, failure, followable, lasting, tell};

cases! {
    writes_a_file, only_reads_files, stays_in_its_folder, has_no_folder, has_no_network, copies_its_input, prints_until_it_fails,
    prints_on, tidies_up, follows_on, gets_on_with_less,
}

async fn writes_a_file(_: Docker) -> Result<()> {
    let given = fs::read_to_string("/data/given").expect("it can be read");
    fs::write("/data/made", given.to_uppercase()).expect("it can be written");
    fs::create_dir("/data/folder").expect("a folder can be made");
    fs::rename("/data/made", "/data/folder/moved").expect("it can be moved");
    fs::remove_file("/data/surplus").expect("it can be removed");
    Ok(())
}

async fn only_reads_files(_: Docker) -> Result<()> {
    tell(
        "given",
        fs::read_to_string("/data/given").expect("it can be read"),
    );
    tell("entries", fs::read_dir("/data").expect("a folder").count());
    let attempts = [
        fs::write("/data/given", "other"),
        fs::write("/data/made", "other"),
        fs::create_dir("/data/folder"),
        fs::rename("/data/given", "/data/moved"),
        fs::remove_file("/data/given"),
        fs::hard_link("/data/given", "/data/linked"),
        fs::File::options()
            .append(true)
            .open("/data/given")
            .map(drop),
    ];
    for (index, attempt) in attempts.into_iter().enumerate() {
        assert!(attempt.is_err(), "attempt {index} is refused");
    }
    Ok(())
}

/// The harness has put a file beside the folder, and links to it into the folder.
async fn stays_in_its_folder(_: Docker) -> Result<()> {
    let outside = [
        "/data/../secret",
        "/data/relative",
        "/data/absolute",
        "/secret",
        "/etc/passwd",
        "../secret",
    ];
    for path in outside {
        assert!(fs::read(path).is_err(), "{path} can't be read");
        assert!(fs::write(path, "other").is_err(), "{path} can't be written");
    }
    Ok(())
}

async fn has_no_folder(_: Docker) -> Result<()> {
    for path in ["/", ".", "/data", "/tmp", "/etc/passwd", "/dev/null"] {
        assert!(fs::metadata(path).is_err(), "there is no {path}");
    }
    assert!(fs::write("made", "here").is_err());
    Ok(())
}

/// The harness listens on that port.
async fn has_no_network(_: Docker) -> Result<()> {
    let port = std::env::var("PORT").expect("the harness sets it");
    assert!(TcpStream::connect(format!("127.0.0.1:{port}")).is_err());
    assert!(TcpListener::bind("127.0.0.1:0").is_err());
    assert!(UdpSocket::bind("127.0.0.1:0").is_err());
    assert!("localhost:80".to_socket_addrs().is_err());
    Ok(())
}

async fn copies_its_input(_: Docker) -> Result<()> {
    let mut input = stdin();
    let mut output = std::io::stdout();
    while let Some(piece) = input.try_next().await? {
        output.write_all(&piece).expect("somebody reads");
    }
    output.flush().expect("somebody reads");
    Ok(())
}

async fn prints_until_it_fails(_: Docker) -> Result<()> {
    let mut output = std::io::stdout();
    let error = loop {
        if let Err(error) = writeln!(output, "a line") {
            break error;
        }
    };
    assert_eq!(error.kind(), ErrorKind::BrokenPipe, "{error}");
    set_exit_status(4);
    Ok(())
}

async fn prints_on(_: Docker) -> Result<()> {
    loop {
        println!("a line");
    }
}

async fn tidies_up(docker: Docker) -> Result<()> {
    let (it, printed) = followable(docker, "it").await?;
    let lines = it.logs().follow().await?.lines().skip(printed);
    let mut lines = lines.take_until(stop_requested());
    println!("ready");
    while let Some(line) = lines.next().await {
        println!("{}", line?);
    }
    it.remove().force(true).await?;
    println!("removed");
    set_exit_status(5);
    Ok(())
}

async fn follows_on(docker: Docker) -> Result<()> {
    let (it, printed) = followable(docker, "it").await?;
    let mut lines = it.logs().follow().await?.lines().skip(printed);
    println!("ready");
    lines.next().await.transpose()?;
    println!("it doesn't come to this");
    Ok(())
}

/// The harness doesn't grant to inspect.
async fn gets_on_with_less(docker: Docker) -> Result<()> {
    let it = docker.containers().create(&lasting("it")).await?;
    tell("can-inspect", granted("container.inspect"));
    tell("can-create", granted("containers.create"));
    let denied = failure("container.inspect", it.inspect().await);
    assert!(denied.is_denied(), "{denied}");
    tell("add", denied.add().unwrap_or_default());
    Err(denied)
}
