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
use std::time::Duration;

use futures::FutureExt;
use futures::future::{Either, Fuse, FusedFuture, LocalBoxFuture, select};
use futures::stream::{FusedStream, Stream};

use crate::bindings::wasi::monotonic_clock;
use crate::error::{Error, ErrorKind};
use crate::native;

/// Waits for a while, which begins with this call.
///
/// It can be polled again and again, by reference or in a `select!`, without beginning anew.
pub fn sleep(duration: Duration) -> Sleep {
    Sleep::until(now().saturating_add(nanos(duration)))
}

/// A wait for a while: [`sleep`].
#[must_use = "nothing waits before it is awaited"]
pub struct Sleep(Fuse<LocalBoxFuture<'static, ()>>);

impl Sleep {
    fn until(mark: u64) -> Self {
        Self(monotonic_clock::wait_until(mark).boxed_local().fuse())
    }
}

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
        beat: Beat::new(nanos(period)),
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
            match self.beat.next(now()) {
                None => return Poll::Ready(()),
                Some(mark) => self.wait = Some(Sleep::until(mark)),
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

/// When an interval ticks, in nanoseconds of the monotonic clock.
#[derive(Debug)]
struct Beat {
    period: u64,
    due: Option<u64>,
}

impl Beat {
    const fn new(period: u64) -> Self {
        Self { period, due: None }
    }

    /// None if a tick is due, which this takes; else when one will be.
    fn next(&mut self, now: u64) -> Option<u64> {
        let due = *self.due.get_or_insert(now);
        if now < due {
            return Some(due);
        }
        // Ticks that were missed are left out, and the beat is kept.
        let missed = (now - due).checked_div(self.period).unwrap_or(0);
        let periods = missed.saturating_add(1).saturating_mul(self.period);
        self.due = Some(due.saturating_add(periods));
        None
    }
}

fn now() -> u64 {
    native::needs_host();
    monotonic_clock::now()
}

/// As WASI counts: more than 584 years are 584 years.
fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beat_ticks_at_once_and_then_in_time() {
        let mut beat = Beat::new(100);
        assert_eq!(beat.next(7), None);
        assert_eq!(beat.next(7), Some(107));
        assert_eq!(beat.next(106), Some(107));
        assert_eq!(beat.next(107), None);
        assert_eq!(beat.next(107), Some(207));
    }

    #[test]
    fn missed_ticks_are_one_and_the_beat_stays() {
        let mut beat = Beat::new(100);
        assert_eq!(beat.next(0), None);
        assert_eq!(beat.next(350), None);
        assert_eq!(beat.next(350), Some(400));
        assert_eq!(beat.next(400), None);
        assert_eq!(beat.next(400), Some(500));
    }

    #[test]
    fn periods_of_nothing_and_of_ages_are_no_trouble() {
        let mut always = Beat::new(0);
        assert_eq!(
            (always.next(5), always.next(5), always.next(6)),
            (None, None, None)
        );
        let mut never = Beat::new(u64::MAX);
        assert_eq!((never.next(5), never.next(5)), (None, Some(u64::MAX)));
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
