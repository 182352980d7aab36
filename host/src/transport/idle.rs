//! Connections that wait for their next call.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::line::Line;

/// The connections of one transport that nobody uses.
pub(super) struct Idle {
    /// Those that have waited longest come first.
    waiting: Mutex<Vec<Waiting>>,
    most: usize,
    longest: Duration,
}

struct Waiting {
    line: Line,
    since: Instant,
}

impl Idle {
    /// Keeps so many for so long. Those that have waited longer are closed by the next call.
    pub(super) fn new(most: usize, longest: Duration) -> Self {
        Self {
            waiting: Mutex::default(),
            most,
            longest,
        }
    }

    /// The one that has waited least, unless the engine has closed it.
    pub(super) fn take(&self) -> Option<Line> {
        let mut waiting = self.waiting();
        while let Some(Waiting { mut line, .. }) = waiting.pop() {
            if line.is_quiet() {
                return Some(line);
            }
        }
        None
    }

    /// Keeps one, if there is room.
    pub(super) fn put(&self, line: Line) {
        let mut waiting = self.waiting();
        if waiting.len() < self.most {
            let since = Instant::now();
            waiting.push(Waiting { line, since });
        }
    }

    /// Those that haven't waited for too long.
    fn waiting(&self) -> MutexGuard<'_, Vec<Waiting>> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let old = waiting.partition_point(|one| one.since.elapsed() >= self.longest);
        waiting.drain(..old);
        waiting
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;
    use tokio::net::UnixStream;

    use super::super::unix::UnixLine;
    use super::*;

    fn line() -> (Line, UnixStream) {
        let (ours, theirs) = UnixStream::pair().expect("two ends");
        let ours = ours.into_std().and_then(UnixLine::new);
        (Line::Unix(ours.expect("it is registered")), theirs)
    }

    #[tokio::test]
    async fn what_was_closed_or_spoke_meanwhile_is_not_taken() {
        let idle = Idle::new(3, Duration::MAX);
        let (quiet, _open) = line();
        let (closed, end) = line();
        let (speaking, mut end_that_speaks) = line();
        for line in [quiet, closed, speaking] {
            idle.put(line);
        }
        drop(end);
        end_that_speaks.write_all(b"x").await.expect("it is open");
        tokio::time::sleep(Duration::from_millis(5)).await;
        assert!(idle.take().is_some() && idle.take().is_none());
    }

    #[tokio::test]
    async fn as_many_wait_as_are_wanted_and_no_longer_than_their_time() {
        for (longest, taken) in [(Duration::MAX, 2), (Duration::ZERO, 0)] {
            let idle = Idle::new(2, longest);
            let (lines, _ends): (Vec<_>, Vec<_>) = (0..3).map(|_| line()).unzip();
            for line in lines {
                idle.put(line);
            }
            let count = std::iter::from_fn(|| idle.take()).count();
            assert_eq!(count, taken, "{longest:?}");
        }
    }
}
