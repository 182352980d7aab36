//! Waiting without holding up the rest of the plugin: [`sleep`], [`timeout`], [`interval`].
//!
//! `std::thread::sleep` stops the whole plugin, its calls and streams with it. `std::time::Instant` and `SystemTime` may be
//! used: to ask for the time doesn't wait.
//!
//! ```no_run
//! # async fn f(web: dockwit::Container) -> dockwit::Result<()> {
//! use dockwit::time::timeout;
//! use std::time::Duration;
//!
//! match timeout(Duration::from_secs(5), web.restart()).await {
//!     Ok(restarted) => restarted?,
//!     Err(_) => println!("it takes its time"),
//! }
//! # Ok(())
//! # }
//! ```

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures::FutureExt;
use futures::future::{Either, Fuse, FusedFuture, LocalBoxFuture, select};
use futures::stream::{FusedStream, Stream};

use crate::bindings::wasi::monotonic_clock;
use crate::error::{Error, ErrorKind};
use crate::native;

/// Waits for a while. The time begins when this is first awaited.
///
/// It can be polled again and again, by reference or in a `select!`, without beginning anew.
pub fn sleep(duration: Duration) -> Sleep {
    let wait = async move {
        native::needs_host();
        monotonic_clock::wait_for(nanos(duration)).await;
    };
    Sleep(wait.boxed_local().fuse())
}

/// A wait for a while: [`sleep`].
#[must_use = "nothing waits before it is awaited"]
pub struct Sleep(Fuse<LocalBoxFuture<'static, ()>>);

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.0.poll_unpin(cx)
    }
}

impl FusedFuture for Sleep {
    fn is_terminated(&self) -> bool {
        self.0.is_terminated()
    }
}

impl fmt::Debug for Sleep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sleep")
            .field("over", &self.is_terminated())
            .finish_non_exhaustive()
    }
}

/// Awaits something, but no longer than this. When the time is up, what was awaited is dropped before this returns, which
/// ends calls and streams that it owned; to keep it, hand in a `&mut` of it.
///
/// # Errors
/// [`Elapsed`] if the time is up first. If both come at once, what was awaited wins.
pub async fn timeout<F: IntoFuture>(duration: Duration, future: F) -> Result<F::Output, Elapsed> {
    let future = pin!(future.into_future());
    match select(future, sleep(duration)).await {
        Either::Left((output, _)) => Ok(output),
        Either::Right(((), _)) => Err(Elapsed { after: duration }),
    }
}

/// The time of a [`timeout`] was up first. Turns into an [`Error`] of the kind `timeout`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Elapsed {
    after: Duration,
}

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not done within {:?}", self.after)
    }
}

impl std::error::Error for Elapsed {}

impl From<Elapsed> for Error {
    fn from(elapsed: Elapsed) -> Self {
        Self::new(ErrorKind::Timeout, "", elapsed)
    }
}

/// Ticks at once, and then once in every period: a [`Stream`] that doesn't end, with [`tick`](Interval::tick) beside it.
///
/// Ticks keep to the beat that was begun with. Those that fall into a time in which nobody waited for them are one tick.
/// A period of zero ticks whenever it is asked.
///
/// ```no_run
/// # async fn f(docker: dockwit::Docker) -> dockwit::Result<()> {
/// use dockwit::time::interval;
/// use std::time::Duration;
///
/// let mut every_minute = interval(Duration::from_secs(60));
/// loop {
///     every_minute.tick().await;
///     println!("{} containers run", docker.containers().list().await?.len());
/// }
/// # }
/// ```
#[must_use]
pub fn interval(period: Duration) -> Interval {
    Interval {
        beat: Beat { period, next: None },
        wait: None,
    }
}

/// Ticks once in every period: [`interval`].
#[derive(Debug)]
pub struct Interval {
    beat: Beat,
    wait: Option<Sleep>,
}

impl Interval {
    /// Waits for the next tick. The future may be dropped at any time without losing one.
    pub async fn tick(&mut self) {
        std::future::poll_fn(|cx| self.poll_tick(cx)).await;
    }

    fn poll_tick(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            if let Some(wait) = &mut self.wait {
                futures::ready!(wait.poll_unpin(cx));
                self.wait = None;
            }
            match self.beat.due(Instant::now()) {
                None => return Poll::Ready(()),
                Some(remaining) => self.wait = Some(sleep(remaining)),
            }
        }
    }
}

impl Stream for Interval {
    type Item = ();

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<()>> {
        self.poll_tick(cx).map(Some)
    }
}

impl FusedStream for Interval {
    fn is_terminated(&self) -> bool {
        false
    }
}

/// When an interval ticks.
#[derive(Debug)]
struct Beat {
    period: Duration,
    next: Option<Instant>,
}

impl Beat {
    /// None if a tick is due, which it then takes; else the time until one is.
    fn due(&mut self, now: Instant) -> Option<Duration> {
        let next = *self.next.get_or_insert(now);
        let late = match next.checked_duration_since(now) {
            Some(remaining) if !remaining.is_zero() => return Some(remaining),
            _ => now.duration_since(next),
        };
        // Less than a period, so that the next tick is the first of the beat that is still to come.
        let into_period = match self.period.as_nanos() {
            0 => Duration::ZERO,
            period => Duration::from_nanos((late.as_nanos() % period) as u64),
        };
        self.next = now.checked_add(self.period - into_period);
        None
    }
}

/// As WASI counts: beyond 584 years it is 584 years.
fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beat_ticks_at_once_and_then_in_time() {
        let second = Duration::from_secs(1);
        let start = Instant::now();
        let mut beat = Beat {
            period: second,
            next: None,
        };
        assert_eq!(beat.due(start), None);
        assert_eq!(beat.due(start), Some(second));
        assert_eq!(beat.due(start + second / 4), Some(second * 3 / 4));
        assert_eq!(beat.due(start + second), None);
        assert_eq!(beat.due(start + second), Some(second));
    }

    #[test]
    fn missed_ticks_are_one_and_the_beat_stays() {
        let second = Duration::from_secs(1);
        let start = Instant::now();
        let mut beat = Beat {
            period: second,
            next: None,
        };
        assert_eq!(beat.due(start), None);
        assert_eq!(beat.due(start + second * 7 / 2), None);
        assert_eq!(beat.due(start + second * 7 / 2), Some(second / 2));
    }

    #[test]
    fn a_period_of_zero_is_always_due() {
        let mut beat = Beat {
            period: Duration::ZERO,
            next: None,
        };
        let now = Instant::now();
        assert_eq!((beat.due(now), beat.due(now)), (None, None));
    }

    #[test]
    fn elapsed_turns_into_an_error() {
        let error = Error::from(Elapsed {
            after: Duration::from_millis(1500),
        });
        assert!(error.is_timeout());
        assert_eq!(error.to_string(), "timeout: not done within 1.5s");
    }
}
