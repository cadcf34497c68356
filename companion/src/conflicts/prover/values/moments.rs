use tollgate_policy::time::Timestamp;

use super::super::said::Rumour;
use super::{Candidate, Values};

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// A Monday at noon, in UTC.
const SOME_TIME: i64 = 1_781_524_800;

/// Points in time: those that are named, those between, before and after; where hours or days may count, one of each.
pub(super) fn values(rumour: &Rumour) -> Values {
    let mut named: Vec<Timestamp> = rumour.times.iter().chain(&rumour.hints.times).copied().collect();
    named.sort_unstable();
    named.dedup();
    let mut times: Vec<Timestamp> = Vec::new();
    for pair in named.windows(2) {
        if let [from, until] = pair {
            times.extend(middle(*from, *until));
        }
    }
    times.extend(named.iter().copied());
    times.extend(named.last().and_then(|last| later(*last, DAY).or(later(*last, 1))));
    times.extend(named.first().and_then(|first| later(*first, -DAY).or(later(*first, -1))));
    if named.is_empty() {
        times.extend(some_time());
    }
    if rumour.hints.any {
        let bases: Vec<Timestamp> = some_time().into_iter().chain(named.iter().copied().take(4)).collect();
        for base in bases {
            for hours in 0..7 * 24 {
                times.extend(later(base, hours * HOUR));
            }
            for month in 1..12 {
                times.extend(later(base, month * 31 * DAY));
            }
            for span in &rumour.hints.spans {
                let seconds = span.nanos() / 1_000_000_000;
                times.extend(
                    [seconds, -seconds, seconds + 1, -seconds - 1].into_iter().filter_map(|by| later(base, by)),
                );
            }
        }
    }
    let mut candidates = Vec::with_capacity(times.len());
    for time in times {
        let candidate = Candidate::Time(time);
        if !candidates.contains(&candidate) {
            candidates.push(candidate);
        }
    }
    // Values that time is compared with, and that are no times, make errors of every time.
    Values { candidates, complete: rumour.variables <= 1 }
}

/// The time of questions that could be asked at any.
pub(super) fn some_time() -> Option<Timestamp> {
    Timestamp::new(SOME_TIME, 0)
}

pub(super) fn later(time: Timestamp, seconds: i64) -> Option<Timestamp> {
    Timestamp::new(time.seconds().checked_add(seconds)?, time.nanos())
}

/// A whole second where there is one.
fn middle(from: Timestamp, until: Timestamp) -> Option<Timestamp> {
    let seconds = until.seconds() - from.seconds();
    if seconds > 1 {
        return Timestamp::new(from.seconds() + seconds / 2, 0);
    }
    let nanos = i64::from(until.nanos()) - i64::from(from.nanos()) + seconds * 1_000_000_000;
    let at = i64::from(from.nanos()) + nanos / 2;
    Timestamp::new(from.seconds() + at / 1_000_000_000, u32::try_from(at % 1_000_000_000).ok()?)
}
