use std::cell::Cell;
use std::time::Duration;

/// So many reserves in a row that nobody answers, and no more calls wait for an answer.
const PATIENT: u32 = 5;

/// How often one of them is made all the same, to see whether the companion is back.
const PROBED: Duration = Duration::from_secs(1);

/// Keeps calls from waiting for a companion that does not answer.
#[derive(Debug, Default)]
pub struct Breaker {
    /// Reserves in a row that nobody answered.
    failures: Cell<u32>,
    /// When the last one was made while there were too many.
    probed: Cell<Duration>,
}

impl Breaker {
    /// Whether the companion is to be asked now.
    #[must_use]
    pub fn lets_ask(&self, now: Duration) -> bool {
        if self.failures.get() < PATIENT {
            return true;
        }
        let is_due = now.saturating_sub(self.probed.get()) >= PROBED;
        if is_due {
            self.probed.set(now);
        }
        is_due
    }

    /// It has answered, whatever it said.
    pub fn answered(&self) {
        self.failures.set(0);
    }

    /// It has not.
    pub fn failed(&self, now: Duration) {
        self.failures.set(self.failures.get().saturating_add(1));
        if self.failures.get() == PATIENT {
            self.probed.set(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(50);

    #[test]
    fn who_does_not_answer_for_long_is_asked_once_a_second_until_it_does() {
        let breaker = Breaker::default();
        for _ in 0..PATIENT {
            assert!(breaker.lets_ask(NOW));
            breaker.failed(NOW);
        }
        assert!(!breaker.lets_ask(NOW));
        for second in 1..4 {
            let now = NOW + second * PROBED;
            assert!(breaker.lets_ask(now));
            // While that is under way, too.
            assert!(!breaker.lets_ask(now));
            breaker.failed(now);
            assert!(!breaker.lets_ask(now + PROBED / 2));
        }
        breaker.answered();
        assert!(breaker.lets_ask(NOW + 3 * PROBED) && breaker.lets_ask(NOW + 3 * PROBED));
    }

    #[test]
    fn an_answer_in_between_begins_the_count_anew() {
        let breaker = Breaker::default();
        for _ in 0..3 {
            (1..PATIENT).for_each(|_| breaker.failed(NOW));
            breaker.answered();
        }
        assert!(breaker.lets_ask(NOW));
    }
}
