#[cfg(test)]
mod tests;

use std::fmt;

use chrono::{DateTime, Datelike as _, Months, NaiveDate, NaiveTime, Utc};

/// How long a counter is kept after the end of its period, in seconds: 48 hours. What is settled later is in the ledger
/// alone.
pub const KEPT_SECONDS: u64 = 48 * HOUR;

const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

/// The last second of the year 9999. Whatever is later counts as that.
const LAST: u64 = 253_402_300_799;

/// For how long a counter counts. All of them begin and end in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Window {
    /// From one full hour to the next.
    Hour,
    /// From midnight to midnight.
    Day,
    /// A calendar month.
    Month,
}

/// One hour, day or month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Period {
    window: Window,
    begins: u64,
    ends: u64,
}

/// A time that is not the first of any period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no {window} begins {begins} seconds after 1970")]
pub struct InvalidPeriod {
    /// How long it would be.
    pub window: Window,
    /// When it would begin.
    pub begins: u64,
}

impl Window {
    /// All of them, the shortest first.
    pub const ALL: [Self; 3] = [Self::Hour, Self::Day, Self::Month];

    /// As policies write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Month => "month",
        }
    }

    /// The window that is written so.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|window| window.as_str() == word)
    }
}

impl Period {
    /// The one that a time is in, in seconds since 1970.
    #[must_use]
    pub fn containing(window: Window, at: u64) -> Self {
        let at = at.min(LAST);
        let (begins, ends) = match window {
            Window::Hour => (at - at % HOUR, at - at % HOUR + HOUR),
            Window::Day => (at - at % DAY, at - at % DAY + DAY),
            Window::Month => month(at),
        };
        Period { window, begins, ends }
    }

    /// The one that begins at a time, in seconds since 1970.
    ///
    /// # Errors
    /// If none does.
    pub fn beginning(window: Window, begins: u64) -> Result<Self, InvalidPeriod> {
        let period = Period::containing(window, begins);
        if period.begins == begins { Ok(period) } else { Err(InvalidPeriod { window, begins }) }
    }

    /// How long it is.
    #[must_use]
    pub fn window(self) -> Window {
        self.window
    }

    /// Its first second, since 1970.
    #[must_use]
    pub fn begins(self) -> u64 {
        self.begins
    }

    /// The first second that is not of it.
    #[must_use]
    pub fn ends(self) -> u64 {
        self.ends
    }

    /// The first second in which its counters are kept no more.
    #[must_use]
    pub fn kept_until(self) -> u64 {
        self.ends.saturating_add(KEPT_SECONDS)
    }

    /// Whether its counters are still kept at a time.
    #[must_use]
    pub fn is_kept_at(self, now: u64) -> bool {
        now < self.kept_until()
    }
}

/// First second of the month, and of the next.
fn month(at: u64) -> (u64, u64) {
    let at = i64::try_from(at).ok().and_then(|at| DateTime::from_timestamp(at, 0)).unwrap_or(DateTime::<Utc>::MAX_UTC);
    let day = at.date_naive();
    let first = day.with_day(1).unwrap_or(day);
    let next = first.checked_add_months(Months::new(1)).unwrap_or(NaiveDate::MAX);
    (midnight(first), midnight(next))
}

fn midnight(day: NaiveDate) -> u64 {
    u64::try_from(day.and_time(NaiveTime::MIN).and_utc().timestamp()).unwrap_or(0)
}

impl fmt::Display for Window {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
