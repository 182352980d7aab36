//! Health checks.

use std::time::Duration;

use crate::bindings::engine::containers as wit;
pub use wit::HealthTest;

/// A check, run in the container, of whether it is well. What isn't set is as the image says, or the engine's default.
/// Podman leaves it to systemd to run checks.
///
/// ```
/// use dockwit::Healthcheck;
/// use std::time::Duration;
///
/// let check = Healthcheck::shell("wget -q -O /dev/null http://localhost || exit 1")
///     .interval(Duration::from_secs(5))
///     .retries(3);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Healthcheck {
    /// What is run.
    pub test: HealthTest,
    /// The time between two checks. None: the image's, or 30 s. At least 1 ms.
    pub interval: Option<Duration>,
    /// The time a check may take. None: the image's, or 30 s. At least 1 ms.
    pub timeout: Option<Duration>,
    /// The time after the start in which failures don't count. None: the image's, or 0.
    pub start_period: Option<Duration>,
    /// The time between two checks within the start period, from Engine 25; Podman overlooks it. None: the image's, or 5 s.
    pub start_interval: Option<Duration>,
    /// How many failures in a row make it unhealthy. None: the image's, or 3.
    pub retries: Option<u32>,
}

impl Healthcheck {
    /// Runs a program with its arguments.
    pub fn command<I: IntoIterator<Item: Into<String>>>(command: I) -> Self {
        Self::new(HealthTest::Command(
            command.into_iter().map(Into::into).collect(),
        ))
    }

    /// Runs a line by the container's shell.
    pub fn shell(line: impl Into<String>) -> Self {
        Self::new(HealthTest::Shell(line.into()))
    }

    /// Runs what the image says, as often as is said here.
    #[must_use]
    pub const fn inherit() -> Self {
        Self::new(HealthTest::Inherit)
    }

    /// Runs nothing: the image's own check is off.
    #[must_use]
    pub const fn none() -> Self {
        Self::new(HealthTest::None)
    }

    /// The time between two checks; at least 1 ms.
    #[must_use]
    pub const fn interval(mut self, interval: Duration) -> Self {
        self.interval = Some(interval);
        self
    }

    /// The time a check may take; at least 1 ms.
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// The time after the start in which failures don't count.
    #[must_use]
    pub const fn start_period(mut self, period: Duration) -> Self {
        self.start_period = Some(period);
        self
    }

    /// The time between two checks within the start period, from Engine 25.
    #[must_use]
    pub const fn start_interval(mut self, interval: Duration) -> Self {
        self.start_interval = Some(interval);
        self
    }

    /// How many failures in a row make it unhealthy.
    #[must_use]
    pub const fn retries(mut self, retries: u32) -> Self {
        self.retries = Some(retries);
        self
    }

    const fn new(test: HealthTest) -> Self {
        Self {
            test,
            interval: None,
            timeout: None,
            start_period: None,
            start_interval: None,
            retries: None,
        }
    }
}

impl From<Healthcheck> for wit::Healthcheck {
    fn from(check: Healthcheck) -> Self {
        // A duration beyond 584 years is one.
        let nanos = |duration: Duration| u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        Self {
            test: check.test,
            interval: check.interval.map(nanos),
            timeout: check.timeout.map(nanos),
            start_period: check.start_period.map(nanos),
            start_interval: check.start_interval.map(nanos),
            retries: check.retries,
        }
    }
}

impl From<wit::Healthcheck> for Healthcheck {
    fn from(check: wit::Healthcheck) -> Self {
        Self {
            test: check.test,
            interval: check.interval.map(Duration::from_nanos),
            timeout: check.timeout.map(Duration::from_nanos),
            start_period: check.start_period.map(Duration::from_nanos),
            start_interval: check.start_interval.map(Duration::from_nanos),
            retries: check.retries,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goes_over_and_back() {
        let check = Healthcheck::command(["true"])
            .interval(Duration::from_millis(5))
            .start_interval(Duration::from_secs(1))
            .retries(2);
        let wit = wit::Healthcheck::from(check.clone());
        assert_eq!(wit.interval, Some(5_000_000));
        assert_eq!(Healthcheck::from(wit), check);
    }
}
