//! Waiting for a container.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::FutureExt;
use futures::future::{Fuse, FusedFuture, LocalBoxFuture};

use super::{Container, ContainerExit, WaitCondition};
use crate::call::{Call, awaits};
use crate::error::Result;

/// A wait to be begun: [`Container::wait`]. Gives a [`Wait`].
#[derive(Debug)]
#[must_use = "nothing is sent before it is awaited"]
pub struct WaitCall {
    call: Call<(Container, WaitCondition), Result<Wait>>,
}

impl WaitCall {
    pub(super) fn new(container: &Container) -> Self {
        Self {
            call: Call::new((container.clone(), WaitCondition::NotRunning)),
        }
    }

    /// What is waited for; by default that it doesn't run, which is so at once if it doesn't.
    pub const fn until(mut self, condition: WaitCondition) -> Self {
        self.call.options.1 = condition;
        self
    }

    /// Wait for it to end the next time, though it may not run yet.
    pub const fn next_exit(self) -> Self {
        self.until(WaitCondition::NextExit)
    }

    /// Wait for it to be removed.
    pub const fn removed(self) -> Self {
        self.until(WaitCondition::Removed)
    }
}

awaits!(WaitCall => Result<Wait>, |(container, until)| async move {
    let end = container.handle().wait(until).await?;
    Ok(Wait { end: end.into_future().boxed_local().fuse() })
});

/// A wait that the engine has begun. Awaited, it gives how the container ended; dropped, it ends.
///
/// It may be polled by reference, as in `timeout(second, &mut wait)`: losing such a race loses nothing.
#[must_use = "the wait ends when this is dropped"]
pub struct Wait {
    end: Fuse<LocalBoxFuture<'static, Result<ContainerExit>>>,
}

impl Future for Wait {
    type Output = Result<ContainerExit>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.end.poll_unpin(cx)
    }
}

impl FusedFuture for Wait {
    fn is_terminated(&self) -> bool {
        self.end.is_terminated()
    }
}

impl fmt::Debug for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wait")
            .field("over", &self.is_terminated())
            .finish_non_exhaustive()
    }
}

impl ContainerExit {
    /// Whether its exit status was 0.
    #[must_use]
    pub const fn success(&self) -> bool {
        self.status_code == 0
    }
}
