//! What a caller's exchanges with the engine come to, for who keeps account of them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use hyper::{Method, StatusCode};

use super::error::Route;

/// Keeps account of exchanges: of the one that counts its endpoint and status, of all together the bytes of their bodies. Agreeing
/// on the API's version isn't counted.
///
/// The last one counts that changes something, or else the last read that the caller is about, or else the last one.
#[derive(Debug, Default)]
pub struct Trace {
    counts: Mutex<Counts>,
    sent: AtomicU64,
    received: AtomicU64,
}

#[derive(Debug, Default)]
struct Counts {
    route: Option<Route>,
    status: Option<StatusCode>,
    rank: Rank,
}

/// How much an exchange counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// It only goes with the one that the caller is about.
    #[default]
    Beside,
    Reads,
    Changes,
}

/// What exchanges have come to so far.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Traced {
    /// The endpoint of the one that counts.
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
        let counts = self.counts();
        Traced {
            route: counts.route.clone(),
            status: counts.status,
            sent: self.sent.load(Ordering::Relaxed),
            received: self.received.load(Ordering::Relaxed),
        }
    }

    /// A request is about to be sent, with a body of so many bytes; `beside` the one that the caller is about, or not.
    pub(super) fn sends(&self, route: &Route, beside: bool, bytes: usize) {
        let rank = match route.method {
            _ if beside => Rank::Beside,
            Method::GET | Method::HEAD => Rank::Reads,
            _ => Rank::Changes,
        };
        let mut counts = self.counts();
        if rank >= counts.rank {
            *counts = Counts {
                route: Some(route.clone()),
                status: None,
                rank,
            };
        }
        self.sent.fetch_add(length(bytes), Ordering::Relaxed);
    }

    /// The head of an answer has come.
    pub(super) fn answers(&self, route: &Route, status: StatusCode) {
        let mut counts = self.counts();
        if counts.route.as_ref() == Some(route) {
            counts.status = Some(status);
        }
    }

    /// A piece of its answer's body has come.
    pub(super) fn receives(&self, bytes: usize) {
        self.received.fetch_add(length(bytes), Ordering::Relaxed);
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn length(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::Request;

    #[test]
    fn what_the_caller_is_about_counts_whatever_goes_with_it() {
        let (list, inspect) = (Request::get("/list"), Request::get("/inspect"));
        let (create, remove) = (Request::post("/create"), Request::delete("/remove"));
        for (sent, counts) in [
            (&[(&list, true)][..], "/list"),
            (&[(&list, true), (&inspect, true)], "/inspect"),
            (&[(&list, false), (&inspect, true)], "/list"),
            (&[(&inspect, true), (&list, false)], "/list"),
            (
                &[(&create, false), (&inspect, false), (&remove, true)],
                "/create",
            ),
        ] {
            let trace = Trace::default();
            for (request, beside) in sent {
                trace.sends(request.route(), *beside, 0);
            }
            let route = trace.so_far().route.expect("one was sent");
            assert_eq!(route.template, counts);
        }
    }
}
