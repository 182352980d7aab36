//! Calls with options: built up first, made when they are awaited.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::future::LocalBoxFuture;

/// A call that has yet to be made, with what it acts on and its options; or the one that is being made.
///
/// It doesn't know which function it will call: that is told when it is polled. So a builder can lead to several functions,
/// and a plugin imports only those that it awaits.
pub(crate) struct Call<O, T> {
    pub(crate) options: O,
    state: State<T>,
}

enum State<T> {
    Unsent,
    Sent(LocalBoxFuture<'static, T>),
    Done,
}

impl<O: Clone, T> Call<O, T> {
    pub(crate) const fn new(options: O) -> Self {
        Self {
            options,
            state: State::Unsent,
        }
    }

    /// Makes the call, if that hasn't been done, by `send`.
    pub(crate) fn poll_with<F>(
        &mut self,
        cx: &mut Context<'_>,
        send: impl FnOnce(O) -> F,
    ) -> Poll<T>
    where
        F: Future<Output = T> + 'static,
    {
        if matches!(self.state, State::Unsent) {
            self.state = State::Sent(Box::pin(send(self.options.clone())));
        }
        let State::Sent(call) = &mut self.state else {
            panic!("a call was polled after it was complete");
        };
        let outcome = Pin::as_mut(call).poll(cx);
        if outcome.is_ready() {
            self.state = State::Done;
        }
        outcome
    }

    pub(crate) const fn is_done(&self) -> bool {
        matches!(self.state, State::Done)
    }
}

impl<O: fmt::Debug, T> fmt::Debug for Call<O, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

/// Makes a builder with a field `call` a future, by the function that its options go to.
macro_rules! awaits {
    ($builder:ty => $output:ty, $send:expr) => {
        impl Unpin for $builder {}

        impl std::future::Future for $builder {
            type Output = $output;

            fn poll(
                mut self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
            ) -> std::task::Poll<Self::Output> {
                self.call.poll_with(cx, $send)
            }
        }

        impl futures::future::FusedFuture for $builder {
            fn is_terminated(&self) -> bool {
                self.call.is_done()
            }
        }
    };
}

pub(crate) use awaits;

#[cfg(test)]
mod tests {
    use futures::FutureExt;
    use futures::executor::block_on;

    use super::*;

    #[test]
    fn is_made_once_when_polled_and_with_its_last_options() {
        let mut call = Call::<u32, u32>::new(1);
        call.options = 2;
        let mut sent = 0;
        let result = block_on(std::future::poll_fn(|cx| {
            call.poll_with(cx, |options| {
                sent += 1;
                async move {
                    let mut turns = 0;
                    futures::future::poll_fn(|cx| {
                        turns += 1;
                        cx.waker().wake_by_ref();
                        if turns < 3 {
                            Poll::Pending
                        } else {
                            Poll::Ready(())
                        }
                    })
                    .await;
                    options * 10
                }
            })
        }));
        assert_eq!((result, sent, call.is_done()), (20, 1, true));
    }

    #[test]
    fn dropping_it_drops_what_was_sent() {
        let alive = std::rc::Rc::new(());
        let mut call = Call::<(), ()>::new(());
        let mut inside = Some(alive.clone());
        let pending = std::future::poll_fn(|cx| {
            let inside = inside.take();
            Poll::Ready(call.poll_with(cx, |()| async move {
                std::future::pending::<()>().await;
                drop(inside);
            }))
        })
        .now_or_never();
        assert_eq!(pending, Some(Poll::Pending));
        drop(call);
        assert_eq!(std::rc::Rc::strong_count(&alive), 1);
    }
}
