use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::time::Duration;

/// After the first failure.
const FIRST: Duration = Duration::from_millis(200);

/// However many there were.
const LONGEST: Duration = Duration::from_secs(60);

/// Longest that a service can ask for: a mistyped hour must not become a day.
const LONGEST_ASKED: Duration = Duration::from_secs(3600);

/// How long to wait after so many failures in a row, at least as long as was asked for: twice as long each time, up to a minute; of
/// that a half to the whole by chance, so that many do not come back at once.
pub(super) fn pause(failures: u32, asked: Option<Duration>) -> Duration {
    jittered(failures, asked, RandomState::new().hash_one(failures))
}

fn jittered(failures: u32, asked: Option<Duration>, chance: u64) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    let whole = FIRST.saturating_mul(1 << doublings).min(LONGEST);
    let part = whole.mul_f64(0.5 + 0.5 * (chance as f64 / u64::MAX as f64));
    let asked = asked.unwrap_or_default().min(LONGEST_ASKED);
    // Those who were all asked to wait as long do not come back at once either.
    part.max(asked.saturating_add(part / 4))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_minute_and_lie_within_their_upper_half() {
        for (failures, most) in [(0, 200), (1, 200), (2, 400), (5, 3200), (9, 51_200), (10, 60_000), (u32::MAX, 60_000)]
        {
            let most = Duration::from_millis(most);
            assert_eq!(jittered(failures, None, 0), most / 2);
            assert_eq!(jittered(failures, None, u64::MAX), most);
            let by_chance = pause(failures, None);
            assert!(most / 2 <= by_chance && by_chance <= most, "{by_chance:?}");
        }
    }

    #[test]
    fn what_was_asked_for_is_the_least_within_reason() {
        assert!(pause(1, Some(Duration::from_secs(30))) >= Duration::from_secs(30));
        assert!(pause(10, Some(Duration::from_secs(1))) >= Duration::from_secs(30));
        assert!(pause(1, Some(Duration::MAX)) <= LONGEST_ASKED + LONGEST);
    }
}
