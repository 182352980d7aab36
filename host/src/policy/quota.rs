//! What a run has used of its limits on calls and streams.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::file::values::Rate;
use super::limits::{Limits, Met};

/// What a run has used of its limits on calls and streams.
pub(crate) struct Quota {
    calls: Calls,
    in_flight: Places,
    streams: Places,
}

/// A place among the calls on their way, or among the open streams. Free again when it is dropped.
pub(crate) type Permit = OwnedSemaphorePermit;

impl Quota {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            calls: Calls::new(limits.calls),
            in_flight: Places::new("limits.in-flight", limits.in_flight),
            streams: Places::new("limits.streams", limits.streams),
        }
    }

    /// Keeps to limits that are narrower from now on. What has its place already keeps it.
    pub(crate) fn narrow(&mut self, limits: &Limits) {
        self.calls.rate = limits.calls;
        self.in_flight.limit = limits.in_flight;
        self.streams.limit = limits.streams;
    }

    /// Counts a call, whatever becomes of it.
    pub(crate) fn count(&mut self, now: Instant) -> Result<(), Met> {
        self.calls.count(now)
    }

    /// Takes a place for a call.
    pub(crate) fn call(&self) -> Result<Permit, Met> {
        self.in_flight.take()
    }

    /// Takes a place for a stream.
    pub(crate) fn stream(&self) -> Result<Permit, Met> {
        self.streams.take()
    }
}

/// Counts calls in windows that follow each other.
struct Calls {
    rate: Rate,
    window: Option<Instant>,
    counted: u32,
}

impl Calls {
    fn new(rate: Rate) -> Self {
        Self {
            rate,
            window: None,
            counted: 0,
        }
    }

    fn count(&mut self, now: Instant) -> Result<(), Met> {
        let is_over = |begun: Instant| now.saturating_duration_since(begun) >= self.rate.per;
        if self.window.is_none_or(is_over) {
            self.window = Some(now);
            self.counted = 0;
        }
        self.counted = self.counted.saturating_add(1);
        if self.counted > self.rate.count {
            return Err(Met::new("limits.calls", self.rate));
        }
        Ok(())
    }
}

struct Places {
    key: &'static str,
    limit: u32,
    /// How many there were at first.
    places: usize,
    free: Arc<Semaphore>,
}

impl Places {
    fn new(key: &'static str, limit: u32) -> Self {
        let places = usize::try_from(limit).unwrap_or(Semaphore::MAX_PERMITS);
        let places = places.min(Semaphore::MAX_PERMITS);
        Self {
            key,
            limit,
            places,
            free: Arc::new(Semaphore::new(places)),
        }
    }

    fn take(&self) -> Result<Permit, Met> {
        let taken = self.places.saturating_sub(self.free.available_permits());
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        match Arc::clone(&self.free).try_acquire_owned() {
            Ok(place) if taken < limit => Ok(place),
            _ => Err(Met::new(self.key, self.limit)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn quota(calls: u32, places: u32) -> Quota {
        Quota::new(&Limits {
            calls: Rate {
                count: calls,
                per: Duration::from_secs(1),
            },
            in_flight: places,
            streams: places,
            ..Limits::default()
        })
    }

    #[test]
    fn calls_are_counted_in_windows_and_refused_ones_too() {
        let mut quota = quota(2, 1);
        let start = Instant::now();
        let after = |millis| start + Duration::from_millis(millis);
        assert_eq!(quota.count(start), Ok(()));
        assert_eq!(quota.count(after(500)), Ok(()));
        let met = quota.count(after(999)).unwrap_err();
        assert_eq!(met.to_string(), "limits.calls = 2/s is met");
        assert_eq!(quota.count(after(1000)), Ok(()));
        assert_eq!(quota.count(after(1001)), Ok(()));
        assert!(quota.count(after(1002)).is_err());
    }

    #[test]
    fn a_place_is_free_again_when_it_is_let_go_of() {
        let quota = quota(1, 1);
        let place = quota.call().unwrap();
        assert_eq!(quota.call().unwrap_err().key, "limits.in-flight");
        drop(place);
        drop(quota.call().unwrap());
        let _stream = quota.stream().unwrap();
        assert_eq!(quota.stream().unwrap_err().key, "limits.streams");
    }

    #[test]
    fn a_narrower_limit_holds_for_what_comes_and_takes_no_place_away() {
        let mut quota = quota(10, 4);
        let places: Vec<_> = (0..3).map(|_| quota.stream().unwrap()).collect();
        quota.narrow(&Limits {
            streams: 2,
            in_flight: 1,
            ..Limits::default()
        });
        assert_eq!(
            quota.stream().unwrap_err().to_string(),
            "limits.streams = 2 is met"
        );
        drop(places);
        let _places = [quota.stream().unwrap(), quota.stream().unwrap()];
        assert!(quota.stream().is_err());
        let _call = quota.call().unwrap();
        assert!(quota.call().is_err());
    }

    #[test]
    fn a_limit_of_none_refuses_all() {
        let quota = quota(1, 0);
        assert!(quota.call().is_err() && quota.stream().is_err());
    }
}
