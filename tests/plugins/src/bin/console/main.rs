//! A plugin that does what its harness tells it, a line at a time, and answers each with a line: what came of it. So a test
//! scripts several plugins that meet on one engine.
//!
//! `create NAME OPTION=VALUE...`, `create-and-change NAME OPTION=VALUE... then OPTION=VALUE...`, `get NAME`, `open ID`, `list [FILTER=VALUE...]`, and of a container that was made or looked up
//! `start NAME` and the like. Words with spaces are in single quotes.

mod options;
mod words;

use std::collections::HashMap;
use std::future::poll_fn;
use std::mem::ManuallyDrop;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use dockwit::{Container, Docker, Error, Result, TryStreamExt, stdin, time};

use words::{Words, words};

#[dockwit::main]
async fn main(docker: Docker) -> Result<()> {
    let mut console = Console {
        docker,
        known: HashMap::new(),
    };
    println!("ready");
    let mut input = stdin().lines();
    while let Some(line) = input.try_next().await? {
        let answer = match console.perform(&line).await {
            Ok(answer) => answer,
            Err(error) => told(&error),
        };
        println!("{}", answer.replace('\n', "\\n").replace('\t', "\\t"));
    }
    Ok(())
}

/// `denied create.images image "alpine" is not in ...`
fn told(error: &Error) -> String {
    let about = error.rule().or(error.field()).unwrap_or("-");
    format!("{} {about} {}", error.kind(), error.message())
}

struct Console {
    docker: Docker,
    /// Handles, by what they were called.
    known: HashMap<String, Container>,
}

impl Console {
    async fn perform(&mut self, line: &str) -> Result<String> {
        let mut words = words(line);
        let command = words.next();
        match command.as_str() {
            "create" => self.create(words).await,
            "create-and-change" => self.create_and_change(words).await,
            "get" => self.get(words.next()).await,
            "open" => self.open(words.next()),
            "list" => self.list(words).await,
            "forget" => Ok(format!("{}", self.known.remove(&words.next()).is_some())),
            "exit" => std::process::exit(0),
            "panic" => panic!("as it was told"),
            command => self.of_container(command, words).await,
        }
    }

    async fn create(&mut self, mut words: Words) -> Result<String> {
        let name = words.next();
        let spec = options::spec(&name, words);
        let container = self.docker.containers().create(&spec).await?;
        let id = container.id();
        self.known.insert(name, container);
        Ok(id)
    }

    /// Begins to create one, and sets further options of the spec while the call is in flight: a plugin isn't bound to what
    /// its client allows.
    async fn create_and_change(&mut self, mut words: Words) -> Result<String> {
        let name = words.next();
        let (first, then) = words.split_at("then");
        let spec = options::spec(&name, first);
        // SAFETY: both stand for one handle of the host's, and the copy is never dropped.
        let alias = ManuallyDrop::new(unsafe { std::ptr::read(&spec) });
        let mut create = pin!(self.docker.containers().create(&spec));
        let early = poll_fn(|cx| Poll::Ready(create.as_mut().poll(cx).is_ready())).await;
        assert!(!early, "the engine takes its time");
        time::sleep(Duration::from_millis(200)).await;
        std::mem::forget(options::more(ManuallyDrop::into_inner(alias), then));
        let container = create.await?;
        let id = container.id();
        self.known.insert(name, container);
        Ok(id)
    }

    async fn get(&mut self, name: String) -> Result<String> {
        let container = self.docker.containers().get(name.clone()).await?;
        let id = container.id();
        self.known.insert(name, container);
        Ok(id)
    }

    fn open(&mut self, id: String) -> Result<String> {
        let container = self.docker.containers().open(&id)?;
        self.known.insert(id, container);
        Ok("ok".to_owned())
    }

    async fn list(&self, words: Words) -> Result<String> {
        let rows = options::list(self.docker, words).await?;
        let mut names: Vec<_> = rows.iter().map(|row| row.name().to_owned()).collect();
        names.sort();
        Ok(names.join(","))
    }

    async fn of_container(&self, command: &str, mut words: Words) -> Result<String> {
        let name = words.next();
        let container = self.known.get(&name);
        let container = container
            .ok_or_else(|| Error::other(format!("{name} was neither made nor looked up")))?;
        let done = || "ok".to_owned();
        match command {
            "start" => container.start().await.map(|()| done()),
            "stop" => container.stop().await.map(|()| done()),
            "restart" => container.restart().await.map(|()| done()),
            "kill" => container.kill().await.map(|()| done()),
            "pause" => container.pause().await.map(|()| done()),
            "unpause" => container.unpause().await.map(|()| done()),
            "remove" => container.remove().force(true).await.map(|()| done()),
            "remove-all" => {
                let removal = container.remove().force(true).volumes(true);
                removal.await.map(|()| done())
            }
            "rename" => container.rename(words.next()).await.map(|()| done()),
            "resize" => container.resize(24, 80).await.map(|()| done()),
            "update" => {
                let warnings = container.update(&options::update(words)).await?;
                Ok(format!("ok {}", warnings.join("; ")))
            }
            "wait" => {
                let exit = container.wait().await?.await?;
                Ok(exit.status_code.to_string())
            }
            "logs" => container.logs().await?.read_to_string(1 << 16).await,
            "follow" => {
                let logs = container.logs().follow().await?;
                println!("following");
                logs.read_to_string(1 << 16).await
            }
            "watch" => {
                let mut stats = container.stats().stream().await?;
                println!("following");
                while stats.try_next().await?.is_some() {}
                Ok(done())
            }
            "await" => {
                let exit = container.wait().await?;
                println!("following");
                exit.await.map(|exit| exit.status_code.to_string())
            }
            "top" => Ok(format!("{:?}", container.top().await?)),
            "changes" => Ok(format!("{:?}", container.changes().await?)),
            "stats" => container.stats().one_shot().await.map(|_| done()),
            "port" => Ok(format!("{:?}", container.port(80).await?)),
            "name" => Ok(container.inspect().await?.identity()?.name),
            "details" => options::details(container).await,
            "inspect-json" => container.inspect_json().await,
            command => Err(Error::other(format!("there is no command {command}"))),
        }
    }
}
