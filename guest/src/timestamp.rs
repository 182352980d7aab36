//! Moments.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const NANOS_PER_SECOND: u32 = 1_000_000_000;
const SECONDS_PER_DAY: i64 = 86_400;

/// A moment, to the nanosecond. Turns into a [`SystemTime`] and is made of one; printed, it is RFC 3339 in UTC, with as
/// many digits as it has.
///
/// ```
/// use dockwit::Timestamp;
/// use std::time::{Duration, UNIX_EPOCH};
///
/// let moment = Timestamp::from(UNIX_EPOCH + Duration::from_millis(1_500));
/// assert_eq!(moment.to_string(), "1970-01-01T00:00:01.5Z");
/// assert_eq!(moment, Timestamp::from_unix(1, 500_000_000));
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Timestamp {
    pub(crate) seconds: i64,
    pub(crate) nanoseconds: u32,
}

impl Timestamp {
    /// The moment so many seconds, and nanoseconds, after 1970-01-01T00:00:00Z. Nanoseconds from 1,000,000,000 on carry
    /// over.
    #[must_use]
    pub const fn from_unix(seconds: i64, nanoseconds: u32) -> Self {
        let carry = (nanoseconds / NANOS_PER_SECOND) as i64;
        Self {
            seconds: seconds.saturating_add(carry),
            nanoseconds: nanoseconds % NANOS_PER_SECOND,
        }
    }

    /// This moment, by the machine's clock.
    #[must_use]
    pub fn now() -> Self {
        SystemTime::now().into()
    }

    /// Whole seconds since 1970-01-01T00:00:00Z; negative before.
    #[must_use]
    pub const fn unix_seconds(self) -> i64 {
        self.seconds
    }

    /// Nanoseconds within the second.
    #[must_use]
    pub const fn subsec_nanos(self) -> u32 {
        self.nanoseconds
    }

    /// The same as a [`SystemTime`]; the epoch where it can't hold it.
    #[must_use]
    pub fn system_time(self) -> SystemTime {
        let whole = Duration::from_secs(self.seconds.unsigned_abs());
        let second = if self.seconds < 0 {
            UNIX_EPOCH.checked_sub(whole)
        } else {
            UNIX_EPOCH.checked_add(whole)
        };
        let nanoseconds = Duration::from_nanos(self.nanoseconds.into());
        second
            .and_then(|time| time.checked_add(nanoseconds))
            .unwrap_or(UNIX_EPOCH)
    }

    /// How long ago it is; zero for a moment to come.
    #[must_use]
    pub fn elapsed(self) -> Duration {
        self.system_time().elapsed().unwrap_or_default()
    }
}

impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        match time.duration_since(UNIX_EPOCH) {
            Ok(after) => Self::from_unix(seconds(after), after.subsec_nanos()),
            Err(error) => {
                let before = error.duration();
                match before.subsec_nanos() {
                    0 => Self::from_unix(-seconds(before), 0),
                    nanos => Self::from_unix(-seconds(before) - 1, NANOS_PER_SECOND - nanos),
                }
            }
        }
    }
}

impl From<Timestamp> for SystemTime {
    fn from(timestamp: Timestamp) -> Self {
        timestamp.system_time()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = civil(self.seconds.div_euclid(SECONDS_PER_DAY));
        let second = self.seconds.rem_euclid(SECONDS_PER_DAY);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"
        )?;
        if self.nanoseconds > 0 {
            let digits = format!("{:09}", self.nanoseconds);
            write!(f, ".{}", digits.trim_end_matches('0'))?;
        }
        f.write_str("Z")
    }
}

fn seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}

/// The date that is so many days after 1970-01-01, in the Gregorian calendar. Years are counted from March, so that a
/// leap day is a year's last, within eras of 400 years.
fn civil(days: i64) -> (i64, i64, i64) {
    const DAYS_TO_1970_FROM_YEAR_0: i64 = 719_468;
    const DAYS_PER_ERA: i64 = 146_097;
    let days = days + DAYS_TO_1970_FROM_YEAR_0;
    let (era, day) = (days.div_euclid(DAYS_PER_ERA), days.rem_euclid(DAYS_PER_ERA));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_rfc_3339() {
        let at = |seconds, nanos| Timestamp::from_unix(seconds, nanos).to_string();
        assert_eq!(at(0, 0), "1970-01-01T00:00:00Z");
        assert_eq!(at(951_782_400, 0), "2000-02-29T00:00:00Z");
        assert_eq!(at(1_709_210_096, 120_000_000), "2024-02-29T12:34:56.12Z");
        assert_eq!(at(-1, 999_999_999), "1969-12-31T23:59:59.999999999Z");
        assert_eq!(at(-62_135_596_800, 0), "0001-01-01T00:00:00Z");
        assert_eq!(at(4_102_444_799, 0), "2099-12-31T23:59:59Z");
    }

    #[test]
    fn goes_to_system_time_and_back() {
        for (seconds, nanos) in [(0, 0), (1_709_210_096, 1), (-1, 999_999_999), (-5, 0)] {
            let moment = Timestamp::from_unix(seconds, nanos);
            assert_eq!(Timestamp::from(moment.system_time()), moment);
        }
    }

    #[test]
    fn what_can_not_be_held_does_not_panic() {
        for seconds in [i64::MIN, i64::MAX] {
            let moment = Timestamp::from_unix(seconds, u32::MAX);
            let _ = (moment.system_time(), moment.elapsed(), moment.to_string());
        }
    }
}
