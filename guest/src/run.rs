//! The run of the plugin itself: what it is granted, when it shall stop, how it ends.

use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::process::ExitCode;
use std::task::{Context, Poll};

use futures::FutureExt;
use futures::future::{Fuse, FusedFuture, LocalBoxFuture};

use crate::bindings::engine::run as wit;
use crate::native;

/// Whether this run's policy allows a verb, such as `container.logs`. False for what is no verb.
///
/// A plugin that asks for more than it is granted isn't started, unless with `dockwit run --partial`; a plugin with powers
/// that it can do without asks here. A policy may be narrowed while the plugin runs, and is never widened: what is false stays so.
///
/// ```no_run
/// # async fn f(web: dockwit::Container) -> dockwit::Result<()> {
/// if dockwit::granted("container.stats") {
///     println!("{} bytes", web.stats().await?.memory.used());
/// }
/// # Ok(())
/// # }
/// ```
#[must_use]
pub fn granted(verb: &str) -> bool {
    native::needs_host();
    wit::granted(verb)
}

/// Waits until this run is asked to stop: by Ctrl-C, by SIGTERM, or by the program that runs it. A grace period later the
/// run is ended.
///
/// Ready at once if that was asked before; may be called any number of times.
///
/// ```no_run
/// # async fn f(web: dockwit::Container) -> dockwit::Result<()> {
/// use dockwit::{StreamExt, stop_requested};
///
/// let mut lines = web.logs().follow().await?.lines().take_until(stop_requested());
/// while let Some(line) = lines.next().await {
///     println!("{}", line?);
/// }
/// println!("there is time to clean up");
/// # Ok(())
/// # }
/// ```
pub fn stop_requested() -> StopRequested {
    let asked = async {
        native::needs_host();
        wit::stop_requested().await;
    };
    StopRequested(asked.boxed_local().fuse())
}

/// Is ready when this run is asked to stop: [`stop_requested`].
#[must_use = "it does nothing unless it is awaited"]
pub struct StopRequested(Fuse<LocalBoxFuture<'static, ()>>);

impl Future for StopRequested {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.0.poll_unpin(cx)
    }
}

impl FusedFuture for StopRequested {
    fn is_terminated(&self) -> bool {
        self.0.is_terminated()
    }
}

impl fmt::Debug for StopRequested {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StopRequested").finish_non_exhaustive()
    }
}

/// Sets the exit status that `dockwit run` ends with when `main` returns. Without it the status is 0 after success and 1
/// after an error. (`std::process::exit` ends the plugin with 1, whatever it is given.)
pub fn set_exit_status(status: u8) {
    native::needs_host();
    wit::set_exit_status(status);
}

/// An exit status that `main` may return: 0 is success.
///
/// ```no_run
/// use dockwit::{Docker, ExitStatus, Result};
///
/// #[dockwit::main]
/// async fn main(docker: Docker) -> Result<ExitStatus> {
///     let unhealthy = docker.containers().list().health("unhealthy").await?;
///     Ok(if unhealthy.is_empty() { ExitStatus::SUCCESS } else { ExitStatus(3) })
/// }
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "an exit status is a number, for good"
)]
pub struct ExitStatus(pub u8);

impl ExitStatus {
    /// All is well.
    pub const SUCCESS: Self = Self(0);
    /// Something went wrong.
    pub const FAILURE: Self = Self(1);
}

/// What a plugin's `main` may return: `()`, an [`ExitStatus`], or a [`Result`](std::result::Result) of one of these with any
/// error that turns into a `Box<dyn std::error::Error>`.
///
/// An error is printed once to standard error, with the errors that caused it, and the run fails with status 1.
#[diagnostic::on_unimplemented(
    message = "a plugin's `main` can't return `{Self}`",
    note = "it may return `()`, `dockwit::ExitStatus`, or a `Result` of one of these with an error that turns into a `Box<dyn std::error::Error>`, such as `dockwit::Result<()>`"
)]
pub trait Termination {
    /// Whether the run succeeded, after telling what there is to tell.
    fn report(self) -> Result<(), Failed>;
}

/// The run failed, and that has been told.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Failed;

impl Termination for () {
    fn report(self) -> Result<(), Failed> {
        Ok(())
    }
}

impl Termination for ExitStatus {
    fn report(self) -> Result<(), Failed> {
        if self == Self::SUCCESS {
            return Ok(());
        }
        set_exit_status(self.0);
        Err(Failed)
    }
}

impl<T: Termination, E: Into<Box<dyn StdError>>> Termination for Result<T, E> {
    fn report(self) -> Result<(), Failed> {
        self.map_or_else(
            |error| {
                print_error(error.into().as_ref());
                Err(Failed)
            },
            T::report,
        )
    }
}

fn print_error(error: &dyn StdError) {
    eprintln!("error: {}", chain(error));
}

/// The error and what caused it, in one line.
fn chain(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

/// Says what a plugin needs to whoever starts it where there is nobody to give it the engine.
pub(crate) fn explain() -> ExitCode {
    eprintln!("{}", native::EXPLANATION);
    ExitCode::FAILURE
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    #[derive(Debug)]
    struct Outer(Error);

    impl fmt::Display for Outer {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("the deployment failed")
        }
    }

    impl StdError for Outer {
        fn source(&self) -> Option<&(dyn StdError + 'static)> {
            Some(&self.0)
        }
    }

    #[test]
    fn an_error_is_told_with_its_causes() {
        let error = Outer(Error::other("no image"));
        assert_eq!(chain(&error), "the deployment failed: plugin: no image");
    }

    #[test]
    fn all_that_main_may_return_reports() {
        assert_eq!(().report(), Ok(()));
        assert_eq!(ExitStatus::SUCCESS.report(), Ok(()));
        assert_eq!(Ok::<_, Error>(()).report(), Ok(()));
        assert_eq!(Ok::<_, String>(ExitStatus::SUCCESS).report(), Ok(()));
        assert_eq!(Err::<(), _>("text will do").report(), Err(Failed));
        assert_eq!(
            Err::<(), Box<dyn StdError>>("boxed".into()).report(),
            Err(Failed)
        );
    }
}
