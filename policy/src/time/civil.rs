use super::{Offset, SECONDS_PER_DAY, Timestamp};

/// Days from the 1st of March of the year 0 to the 1st of January 1970.
const EPOCH: i64 = 719_468;
/// Days in 400 years, after which the calendar repeats.
const ERA: i64 = 146_097;

/// A date and time of day in some time zone, in the Gregorian calendar extended to all years.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Civil {
    pub(crate) year: i64,
    /// From 1.
    pub(crate) month: i64,
    /// From 1.
    pub(crate) day: i64,
    pub(crate) second_of_day: i64,
    days: i64,
}

impl Civil {
    pub(crate) fn new(time: Timestamp, offset: Offset) -> Self {
        let seconds = time.seconds() + offset.seconds();
        let days = seconds.div_euclid(SECONDS_PER_DAY);
        let (year, month, day) = date(days);
        Civil { year, month, day, second_of_day: seconds.rem_euclid(SECONDS_PER_DAY), days }
    }

    /// From 0, Sunday.
    pub(crate) fn day_of_week(self) -> i64 {
        // The 1st of January 1970 was a Thursday.
        (self.days + 4).rem_euclid(7)
    }

    /// From 0.
    pub(crate) fn day_of_year(self) -> i64 {
        self.days - days(self.year, 1, 1)
    }
}

/// Days from the 1st of January 1970 to a date. Years count from March here, so that a leap day is the last of its year.
pub(super) fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month > 2 { year } else { year - 1 };
    let (era, year) = (year.div_euclid(400), year.rem_euclid(400));
    let day = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * ERA + year * 365 + year / 4 - year / 100 + day - EPOCH
}

/// Year, month and day of a number of days since the 1st of January 1970.
fn date(days: i64) -> (i64, i64, i64) {
    let (era, day) = ((days + EPOCH).div_euclid(ERA), (days + EPOCH).rem_euclid(ERA));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + i64::from(month <= 2), month, day)
}

pub(super) fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}
