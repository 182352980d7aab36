//! Counts the bytes that an engine sends somebody, and ends what takes more than it may.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::error::{Error, ErrorKind, Result};

/// Counts the bytes of answers, and ends an exchange that brings more than are left.
///
/// A meter can be part of another: what comes counts for both.
#[derive(Debug)]
pub struct Meter {
    name: &'static str,
    limit: AtomicU64,
    received: AtomicU64,
    whole: Option<Arc<Self>>,
}

impl Meter {
    /// Counts to a limit, by the name that an error is to say.
    pub fn new(name: &'static str, limit: u64) -> Arc<Self> {
        Self::with(name, limit, None)
    }

    /// A meter of its own, whose bytes count for this one, too.
    pub fn part(self: &Arc<Self>, name: &'static str, limit: u64) -> Arc<Self> {
        Self::with(name, limit, Some(Arc::clone(self)))
    }

    fn with(name: &'static str, limit: u64, whole: Option<Arc<Self>>) -> Arc<Self> {
        Arc::new(Self {
            name,
            limit: AtomicU64::new(limit),
            received: AtomicU64::new(0),
            whole,
        })
    }

    /// Counts to a limit that is lower from now on.
    pub fn lower(&self, limit: u64) {
        self.limit.fetch_min(limit, Ordering::Relaxed);
    }

    /// How many bytes have come.
    pub fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    /// Counts what has come. A piece is one byte more than it has, so that empty ones count as well.
    pub(super) fn take(&self, bytes: usize) -> Result<()> {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX).saturating_add(1);
        let before = self.received.fetch_add(bytes, Ordering::Relaxed);
        let limit = self.limit.load(Ordering::Relaxed);
        if before.saturating_add(bytes) > limit {
            return Err(Error::answered(ErrorKind::Budget {
                name: self.name,
                limit,
            }));
        }
        match &self.whole {
            Some(whole) => whole.take(usize::try_from(bytes - 1).unwrap_or(usize::MAX)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_meter_ends_at_its_limit() {
        let meter = Meter::new("limits.bytes", 12);
        assert!(meter.take(9).is_ok());
        let error = meter.take(2).unwrap_err();
        assert!(matches!(
            error.kind(),
            ErrorKind::Budget {
                name: "limits.bytes",
                limit: 12
            }
        ));
        assert_eq!(meter.received(), 13);
    }

    #[test]
    fn a_limit_can_be_lowered_and_not_raised() {
        let meter = Meter::new("limits.bytes", 12);
        assert!(meter.take(4).is_ok());
        meter.lower(8);
        meter.lower(100);
        let error = meter.take(4).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Budget { limit: 8, .. }));
    }

    #[test]
    fn a_part_counts_for_the_whole() {
        let whole = Meter::new("all", 10);
        let first = whole.part("one", 100);
        let second = whole.part("one", 100);
        assert!(first.take(4).is_ok());
        let error = second.take(6).unwrap_err();
        assert!(matches!(
            error.kind(),
            ErrorKind::Budget { name: "all", .. }
        ));
    }

    #[test]
    fn pieces_without_bytes_count() {
        let meter = Meter::new("all", 2);
        assert!(meter.take(0).is_ok() && meter.take(0).is_ok());
        assert!(meter.take(0).is_err());
    }
}
