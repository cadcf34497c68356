use std::time::{Duration, Instant};

/// How long leases go on after the store could not be used, or this process was not there: those whose calls still live
/// could not be renewed meanwhile.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grace {
    length: Duration,
    phase: Phase,
}

#[derive(Clone, Copy, Debug)]
enum Phase {
    /// The store is not known to be there.
    Away,
    /// It is, since not long ago.
    Until(Instant),
}

impl Grace {
    /// It begins when the store has answered.
    pub(super) fn new(length: Duration) -> Self {
        Grace { length, phase: Phase::Away }
    }

    /// Whether leases may be ended.
    pub(super) fn is_over(&self, now: Instant) -> bool {
        matches!(self.phase, Phase::Until(end) if end <= now)
    }

    /// Notes whether the store has answered.
    pub(super) fn note(&mut self, has_answered: bool, now: Instant) {
        self.phase = match (has_answered, self.phase) {
            (false, _) => Phase::Away,
            (true, Phase::Away) => Phase::Until(now + self.length),
            (true, until) => until,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leases_go_on_for_a_while_after_the_start_and_after_every_outage() {
        let (begin, mut grace) = (Instant::now(), Grace::new(Duration::from_secs(300)));
        let at = |seconds| begin + Duration::from_secs(seconds);
        assert!(!grace.is_over(at(1000)), "it has not answered yet");
        grace.note(true, at(1000));
        grace.note(true, at(1299));
        assert_eq!([grace.is_over(at(1299)), grace.is_over(at(1300))], [false, true]);
        grace.note(false, at(1400));
        assert!(!grace.is_over(at(2000)));
        grace.note(true, at(2000));
        assert_eq!([grace.is_over(at(2299)), grace.is_over(at(2300))], [false, true]);
    }
}
