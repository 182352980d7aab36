//! What the plugins under test have in common: cases, of which the first argument chooses one; names that no other test
//! has; and what differs from engine to engine.

mod facts;
mod script;

use std::fmt::Display;
use std::time::Duration;

use dockwit::{Container, ContainerSpec, Docker, Error, Result, time};

pub use facts::Facts;
pub use script::{ran, shell, start, started};

/// Makes a plugin of its cases, each an `async fn(Docker) -> dockwit::Result<()>`: the first argument names the one that
/// is run, and `--list` prints the names of all.
#[macro_export]
macro_rules! cases {
    ($($case:ident),* $(,)?) => {
        #[dockwit::main]
        async fn main(docker: dockwit::Docker) -> dockwit::Result<()> {
            match $crate::case().as_str() {
                "--list" => {
                    $(println!("{}", stringify!($case));)*
                    Ok(())
                }
                $(stringify!($case) => $case(docker).await,)*
                other => Err(dockwit::Error::other(format!("there is no case {other:?}"))),
            }
        }
    };
}

/// The case that is to be run.
#[must_use]
pub fn case() -> String {
    std::env::args().nth(1).unwrap_or_default()
}

/// The image that containers of this test are made of: busybox.
#[must_use]
pub fn image() -> String {
    variable("IMAGE")
}

/// What the names of this test's objects begin with.
#[must_use]
pub fn prefix() -> String {
    variable("PREFIX")
}

/// A name that no other test has.
#[must_use]
pub fn name(name: &str) -> String {
    prefix() + name
}

/// The label that all containers of this test bear.
#[must_use]
pub fn label() -> String {
    format!("{LABEL}={}", prefix())
}

/// The network that containers are put on if none is named: the plugin's own.
pub const OWN_NETWORK: &str = "default";

const LABEL: &str = "dockwit-test";

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("the harness sets {name}"))
}

/// A container of the test's image, named for this test and with its label.
#[must_use]
pub fn spec(short_name: &str) -> ContainerSpec {
    ContainerSpec::new(image())
        .name(name(short_name))
        .label(LABEL, prefix())
}

/// The same, and it runs until it is stopped, which it is at once, with exit status 0.
#[must_use]
pub fn lasting(short_name: &str) -> ContainerSpec {
    spec(short_name).command(["sh", "-c", "trap 'exit 0' TERM; sleep 600 & wait"])
}

/// A container that runs until it is stopped.
///
/// # Errors
/// It can't be made or started.
pub async fn running(docker: Docker, short_name: &str) -> Result<Container> {
    let container = docker.containers().create(&lasting(short_name)).await?;
    container.start().await?;
    Ok(container)
}

/// A container that runs until it is stopped, and can be followed: with how many lines it prints, which is none where an engine
/// answers before there is something to tell.
///
/// # Errors
/// It can't be made or started.
pub async fn followable(docker: Docker, short_name: &str) -> Result<(Container, usize)> {
    if Facts::of(docker).await?.answers_who_follows_at_once() {
        return Ok((running(docker, short_name).await?, 0));
    }
    let script = "echo; trap 'exit 0' TERM; sleep 600 & wait";
    let made = spec(short_name).command(["sh", "-c", script]);
    let container = docker.containers().create(&made).await?;
    container.start().await?;
    Ok((container, 1))
}

/// Tells the harness something, which it finds under the key.
pub fn tell(key: &str, value: impl Display) {
    println!("{key}={value}");
}

/// Asks every tenth of a second, until there is an answer.
///
/// # Errors
/// The asking fails.
///
/// # Panics
/// There is none in half a minute.
pub async fn eventually<T>(
    what: &str,
    mut ask: impl AsyncFnMut() -> Result<Option<T>>,
) -> Result<T> {
    for _ in 0..300 {
        if let Some(answer) = ask().await? {
            return Ok(answer);
        }
        time::sleep(Duration::from_millis(100)).await;
    }
    panic!("half a minute later: {what}");
}

/// The error of a call that was to fail, which names the call.
///
/// # Panics
/// It didn't fail, or names another.
pub fn failure<T>(op: &str, outcome: Result<T>) -> Error {
    let Err(error) = outcome else {
        panic!("{op} was to fail");
    };
    assert_eq!(error.op(), op, "{error}");
    assert!(!error.message().is_empty(), "{error:?}");
    error
}

/// Checks that the policy doesn't allow a call, and by which key.
///
/// # Panics
/// It does, or by another.
pub fn denied<T>(op: &str, rule: &str, outcome: Result<T>) {
    let error = failure(op, outcome);
    assert!(error.is_denied(), "{error}");
    assert_eq!(error.rule(), Some(rule), "{error}");
    // What is to be added is told once.
    let told = error.to_string().matches("; add: ").count();
    assert_eq!(told, usize::from(error.add().is_some()), "{error}");
}

/// Checks that a call found a value impossible, and names it.
///
/// # Panics
/// It didn't.
pub fn impossible<T>(op: &str, field: &str, outcome: Result<T>) {
    let error = failure(op, outcome);
    assert!(error.is_invalid(), "{error}");
    assert_eq!(error.field(), Some(field), "{error}");
}
