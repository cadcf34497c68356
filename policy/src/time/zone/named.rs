use chrono::{DateTime, Offset as _, TimeZone as _};
use chrono_tz::Tz;

use super::{MARK, Zone};

/// From 1840 to 2100: before, clocks kept local mean time; after, they are taken to stay as they are then.
const FIRST: i64 = -4_102_444_800;
const LAST: i64 = 4_102_444_800;
/// Clocks change at most once in this many seconds: a week.
const STEP: i64 = 7 * 86_400;

impl Zone<'_> {
    /// The table of a time zone of the IANA database, such as `Europe/Paris`.
    pub(crate) fn named(name: &str) -> Option<Vec<u8>> {
        let zone: Tz = name.parse().ok()?;
        let mut last = offset(zone, FIRST)?;
        let mut table = [MARK, &i64::MIN.to_le_bytes(), &last.to_le_bytes()].concat();
        for week in (FIRST..=LAST).step_by(604_800).skip(1) {
            let next = offset(zone, week)?;
            if next != last {
                let (mut before, mut from) = (week - STEP, week);
                while from - before > 1 {
                    let between = before.midpoint(from);
                    if offset(zone, between)? == last { before = between } else { from = between }
                }
                table.extend_from_slice(&from.to_le_bytes());
                table.extend_from_slice(&next.to_le_bytes());
                last = next;
            }
        }
        Some(table)
    }
}

fn offset(zone: Tz, seconds: i64) -> Option<i32> {
    let time = DateTime::from_timestamp(seconds, 0)?;
    Some(zone.offset_from_utc_datetime(&time.naive_utc()).fix().local_minus_utc())
}
