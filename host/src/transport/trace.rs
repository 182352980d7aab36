//! What a caller's exchanges with the engine come to, for who keeps account of them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use hyper::StatusCode;

use super::error::Route;

/// Keeps account of exchanges: of the last one its endpoint and status, of all together the bytes of their bodies. Agreeing on
/// the API's version isn't counted.
#[derive(Debug, Default)]
pub struct Trace {
    last: Mutex<(Option<Route>, Option<StatusCode>)>,
    sent: AtomicU64,
    received: AtomicU64,
}

/// What exchanges have come to so far.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Traced {
    /// The endpoint of the last one.
    pub route: Option<Route>,
    /// The status of the answer to it, if one has come.
    pub status: Option<StatusCode>,
    /// The bytes of all bodies that were sent.
    pub sent: u64,
    /// The bytes of all bodies that came.
    pub received: u64,
}

impl Trace {
    /// What they have come to so far.
    pub fn so_far(&self) -> Traced {
        let (route, status) = self.last().clone();
        Traced {
            route,
            status,
            sent: self.sent.load(Ordering::Relaxed),
            received: self.received.load(Ordering::Relaxed),
        }
    }

    /// A request is about to be sent, with a body of so many bytes.
    pub(super) fn sends(&self, route: &Route, bytes: usize) {
        *self.last() = (Some(route.clone()), None);
        self.sent.fetch_add(length(bytes), Ordering::Relaxed);
    }

    /// The head of its answer has come.
    pub(super) fn answers(&self, status: StatusCode) {
        self.last().1 = Some(status);
    }

    /// A piece of its answer's body has come.
    pub(super) fn receives(&self, bytes: usize) {
        self.received.fetch_add(length(bytes), Ordering::Relaxed);
    }

    fn last(&self) -> std::sync::MutexGuard<'_, (Option<Route>, Option<StatusCode>)> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn length(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}
