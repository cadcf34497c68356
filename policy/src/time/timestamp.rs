use std::fmt;

use super::civil::{self, Civil};
use super::{Duration, NANOS_PER_SECOND, Offset, SECONDS_PER_DAY};

/// A point in time, in UTC, to the nanosecond; from the year 1 to the year 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    seconds: i64,
    nanos: u32,
}

impl Timestamp {
    const FIRST: i64 = -62_135_596_800;
    const LAST: i64 = 253_402_300_799;

    /// Seconds since 1970, and nanoseconds (below 10^9) into the second.
    #[must_use]
    pub fn new(seconds: i64, nanos: u32) -> Option<Self> {
        let valid = (Self::FIRST..=Self::LAST).contains(&seconds) && nanos < 1_000_000_000;
        valid.then_some(Timestamp { seconds, nanos })
    }

    /// Reads RFC 3339, upper case: `2026-11-21T09:30:00.5+01:00`. Of a fraction, nine digits count. Leap seconds are
    /// refused, as are times outside of the years 1 to 9999.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (date, time) = text.split_once('T')?;
        let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
        let valid = (1..=12).contains(&month) && (1..=civil::days_in_month(year, month)).contains(&day);
        let (time, rest) = time.split_at_checked(8)?;
        let [hour, minute, second] = numbers(time, ':', [2, 2, 2])?;
        if !(valid && hour < 24 && minute < 60 && second < 60) {
            return None;
        }
        let (nanos, offset) = match rest.strip_prefix('.') {
            Some(rest) => {
                let end = rest.find(|character: char| !character.is_ascii_digit())?;
                let (digits, offset) = rest.split_at_checked(end)?;
                (super::fraction(digits)?, offset)
            }
            None => (0, rest),
        };
        let offset = Offset::parse_strict(offset)?;
        let seconds = civil::days(year, month, day) * SECONDS_PER_DAY + hour * 3600 + minute * 60 + second;
        Timestamp::new(seconds - offset.seconds(), nanos)
    }

    /// Whole seconds since 1970; negative before it.
    #[must_use]
    pub fn seconds(self) -> i64 {
        self.seconds
    }

    /// Nanoseconds into the second.
    #[must_use]
    pub fn nanos(self) -> u32 {
        self.nanos
    }

    /// This much later.
    pub(crate) fn after(self, span: Duration) -> Option<Self> {
        self.moved(i128::from(span.nanos()))
    }

    /// This much earlier.
    pub(crate) fn before(self, span: Duration) -> Option<Self> {
        self.moved(-i128::from(span.nanos()))
    }

    /// How long after another it is; negative if it is earlier.
    pub(crate) fn since(self, other: Self) -> Option<Duration> {
        i64::try_from(self.in_nanos() - other.in_nanos()).ok().map(Duration::from_nanos)
    }

    fn moved(self, nanos: i128) -> Option<Self> {
        let second = i128::from(NANOS_PER_SECOND);
        let nanos = self.in_nanos() + nanos;
        let seconds = i64::try_from(nanos.div_euclid(second)).ok()?;
        Timestamp::new(seconds, u32::try_from(nanos.rem_euclid(second)).ok()?)
    }

    fn in_nanos(self) -> i128 {
        i128::from(self.seconds) * i128::from(NANOS_PER_SECOND) + i128::from(self.nanos)
    }
}

/// RFC 3339 in UTC, with as many digits of a fraction as it needs.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Civil { year, month, day, second_of_day: second, .. } = Civil::new(*self, Offset::UTC);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        super::write_fraction(f, self.nanos)?;
        f.write_str("Z")
    }
}

/// Three numbers of so many digits, with a separator.
fn numbers(text: &str, separator: char, digits: [usize; 3]) -> Option<[i64; 3]> {
    let mut parts = text.split(separator);
    let mut numbers = [0; 3];
    for (number, digits) in numbers.iter_mut().zip(digits) {
        let part = parts.next()?;
        if part.len() != digits || !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(numbers)
}
