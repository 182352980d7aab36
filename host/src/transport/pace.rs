//! How a flood is read: seldom, and much at a time.
//!
//! An engine writes a log line by line, and each write wakes whoever reads. To wake and to hand on costs many times what a line
//! does, and takes a processor that the engine could use. So who finds again and again that little has come, and that it
//! came at once, lets it gather for a moment. What comes seldom is read when it comes.

use std::io;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use rustix::fd::OwnedFd;
use rustix::io::Errno;
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};
use tokio::io::unix::AsyncFd;

/// For how long it gathers. A Unix socket holds what an engine writes in twice that time, so that it never waits for us.
const GATHER: Duration = Duration::from_micros(500);

/// What comes within this time of the read before came at once.
const AT_ONCE: Duration = Duration::from_millis(2);

/// After how many reads one after the other it is a flood.
const FLOOD: u32 = 32;

/// A read of so many bytes has no need of more.
const MUCH: usize = 16 << 10;

/// When a stream is read.
#[derive(Default)]
pub(super) struct Pace {
    /// How many reads brought little and came at once.
    quick: u32,
    last: Option<Instant>,
    timer: Option<AsyncFd<OwnedFd>>,
    gathering: bool,
}

impl Pace {
    /// Whether to read now.
    pub(super) fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.gathering
            && let Some(timer) = &self.timer
        {
            ready!(poll_rung(timer, cx));
        }
        self.gathering = false;
        Poll::Ready(())
    }

    /// A read has brought so many bytes: whether more is gathered before the next.
    pub(super) fn gathers_after(&mut self, count: usize) -> bool {
        let now = Instant::now();
        let last = self.last.replace(now);
        let at_once = last.is_some_and(|last| now.duration_since(last) < AT_ONCE);
        self.quick = match at_once {
            true => self.quick.saturating_add(1),
            false => 0,
        };
        self.gathering = self.quick > FLOOD && count < MUCH && self.wind().is_ok();
        self.gathering
    }

    /// Sets the timer. Without one, which is when there are too many files, all is read as it comes.
    fn wind(&mut self) -> io::Result<()> {
        let timer = match &mut self.timer {
            Some(timer) => timer,
            none => none.insert(timer()?),
        };
        let once = Itimerspec {
            it_interval: Timespec {
                tv_sec: 0,
                tv_nsec: 0,
            },
            it_value: Timespec::try_from(GATHER).map_err(io::Error::other)?,
        };
        timerfd_settime(timer, TimerfdTimerFlags::empty(), &once)?;
        Ok(())
    }
}

fn timer() -> io::Result<AsyncFd<OwnedFd>> {
    let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
    let timer = timerfd_create(TimerfdClockId::Monotonic, flags)?;
    // SAFETY: an `OwnedFd` is open as long as it lives, and never another one.
    #[expect(
        unsafe_code,
        reason = "Tokio's own timers are too coarse, and it has no safe way to wait for the kernel's"
    )]
    Ok(unsafe { AsyncFd::register(timer) }?)
}

/// Whether the timer has rung. One that fails has.
fn poll_rung(timer: &AsyncFd<OwnedFd>, cx: &mut Context<'_>) -> Poll<()> {
    while let Ok(mut guard) = ready!(timer.poll_read_ready(cx)) {
        match rustix::io::read(timer, &mut [0; 8]) {
            Err(Errno::AGAIN) => guard.clear_ready(),
            _ => break,
        }
    }
    Poll::Ready(())
}
