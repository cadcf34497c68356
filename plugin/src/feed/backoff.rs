use std::time::Duration;

use crate::random::Random;

const FIRST: Duration = Duration::from_millis(100);
/// The longest wait for a companion that is not there.
const LONGEST: Duration = Duration::from_secs(1);
/// The longest wait for one that sends nothing of use.
const LONGEST_OF_ALL: Duration = Duration::from_secs(30);

/// How long a wait may become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// A second.
    Short,
    /// Half a minute.
    Long,
}

/// Waits between attempts to connect: doubling, capped, and spread so that workers do not return all at once.
#[derive(Clone, Debug)]
pub struct Backoff {
    ceiling: Duration,
    random: Random,
}

impl Backoff {
    /// Starts with the shortest wait.
    #[must_use]
    pub fn new(random: Random) -> Self {
        Backoff { ceiling: FIRST, random }
    }

    /// The next wait: between half of the current ceiling and all of it.
    pub fn next_wait(&mut self, patience: Patience) -> Duration {
        let longest = match patience {
            Patience::Short => LONGEST,
            Patience::Long => LONGEST_OF_ALL,
        };
        let half = self.ceiling.min(longest) / 2;
        self.ceiling = longest.min(self.ceiling * 2);
        let spread = u64::try_from(half.as_millis()).unwrap_or_default().saturating_add(1);
        half + Duration::from_millis(self.random.below(spread))
    }

    /// The next wait is the shortest again.
    pub fn reset(&mut self) {
        self.ceiling = FIRST;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_the_cap_and_start_over_after_a_reset() {
        let mut backoff = Backoff::new(Random::from_seed(7));
        for ceiling in [100, 200, 400, 800, 1000, 1000, 1000] {
            let wait = backoff.next_wait(Patience::Short).as_millis();
            assert!((ceiling / 2..=ceiling).contains(&wait), "{wait} of {ceiling}");
        }
        backoff.reset();
        assert!(backoff.next_wait(Patience::Short) <= FIRST);
    }

    #[test]
    fn who_has_patience_waits_up_to_half_a_minute() {
        let mut backoff = Backoff::new(Random::from_seed(7));
        let longest = (0..20).map(|_| backoff.next_wait(Patience::Long)).max();
        assert!(longest > Some(LONGEST_OF_ALL / 2) && longest <= Some(LONGEST_OF_ALL));
        assert!(backoff.next_wait(Patience::Short) <= LONGEST);
    }

    #[test]
    fn waits_are_spread() {
        let mut backoff = Backoff::new(Random::from_seed(7));
        let waits: std::collections::HashSet<_> = (0..50).map(|_| backoff.next_wait(Patience::Short)).collect();
        assert!(waits.len() > 25);
    }
}
