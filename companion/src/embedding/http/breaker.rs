use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long nobody who searches is kept waiting for a service that has just failed; longer if it has asked for that.
const PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Keeps those who search from waiting for a service that does not answer, one after the other.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    /// Until when the service is left alone; absent while all is well.
    until: Mutex<Option<Instant>>,
}

impl Breaker {
    /// Whether the service may be asked now. After a failure one may find out whether it is well again, and others are told no
    /// until that is known.
    pub(super) fn admits(&self, now: Instant) -> bool {
        let mut until = self.until();
        let is_admitted = until.is_none_or(|until| until <= now);
        if is_admitted && until.is_some() {
            *until = Some(now + PAUSE);
        }
        is_admitted
    }

    /// It answered, be it with a refusal.
    pub(super) fn answered(&self) {
        *self.until() = None;
    }

    /// It did not answer, or cannot now and has perhaps said for how long.
    pub(super) fn failed(&self, asked: Option<Duration>, now: Instant) {
        let pause = asked.unwrap_or_default().clamp(PAUSE, LONGEST_PAUSE);
        *self.until() = Some(now + pause);
    }

    fn until(&self) -> MutexGuard<'_, Option<Instant>> {
        self.until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_failure_one_at_a_time_finds_out_whether_it_is_over() {
        let (breaker, start) = (Breaker::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        assert_eq!([at(0), at(0)].map(|now| breaker.admits(now)), [true; 2]);
        breaker.failed(None, at(0));
        assert_eq!([0, 4, 5, 5, 9].map(|now| breaker.admits(at(now))), [false, false, true, false, false]);
        // Whoever was to find out has never come back.
        assert_eq!([10, 10].map(|now| breaker.admits(at(now))), [true, false]);
        breaker.answered();
        assert_eq!([11, 11].map(|now| breaker.admits(at(now))), [true; 2]);
    }

    #[test]
    fn a_service_that_asks_for_time_is_given_it_within_reason() {
        let (breaker, start) = (Breaker::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        breaker.failed(Some(Duration::from_secs(30)), start);
        assert_eq!([29, 30].map(|now| breaker.admits(at(now))), [false, true]);
        breaker.failed(Some(Duration::MAX), start);
        assert_eq!([59, 60].map(|now| breaker.admits(at(now))), [false, true]);
    }
}
