use std::time::{Duration, SystemTime};

use http::header::{DATE, HeaderMap, HeaderName, RETRY_AFTER};
use ring::rand::{SecureRandom, SystemRandom};
use tokio::time::Instant;
use tollgate_search::Purpose;

use super::config::Limits;
use super::fault::Remedy;

/// The wait after the first attempt at most; each further one may be twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(250);

/// The longest wait that nobody has asked for.
const LONGEST_WAIT: Duration = Duration::from_secs(8);

/// A service that says to come back later than this is asked again after this.
const LONGEST_AFTER: Duration = Duration::from_secs(3600);

/// How long a request is insisted on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    each: Duration,
    attempts_left: u16,
    longest_wait: Duration,
    until: Instant,
}

impl Patience {
    /// Somebody waits for a query's answer, who can have another without it. A policy can wait as long as all of its attempts
    /// take.
    pub(super) fn of(purpose: Purpose, limits: Limits) -> Self {
        let each = Duration::from_secs(limits.seconds.get().into());
        let attempts = limits.attempts.get();
        let all = match purpose {
            Purpose::Query => limits.query_seconds.get(),
            Purpose::Policy => each.saturating_mul(attempts.into()),
        };
        Patience { each, attempts_left: attempts, longest_wait: FIRST_WAIT, until: Instant::now() + all }
    }

    /// How long the next attempt may take.
    pub(super) fn for_this_one(&self) -> Duration {
        self.each.min(self.until.saturating_duration_since(Instant::now()))
    }

    /// How long to wait before asking again, after an attempt that came to nothing; nothing if it is not worth it.
    ///
    /// Anything up to the bound, so that those who were turned away together do not come back together; on top of what the
    /// service asked for, which is never undercut.
    pub(super) fn wait(&mut self, remedy: Remedy) -> Option<Duration> {
        let Remedy::Again { after } = remedy else { return None };
        self.attempts_left = self.attempts_left.saturating_sub(1);
        if self.attempts_left == 0 {
            return None;
        }
        let wait = after.unwrap_or_default() + self.longest_wait.mul_f64(random_part());
        self.longest_wait = (self.longest_wait * 2).min(LONGEST_WAIT);
        (Instant::now() + wait < self.until).then_some(wait)
    }
}

/// From 0 to 1.
fn random_part() -> f64 {
    let mut bytes = [0; 4];
    match SystemRandom::new().fill(&mut bytes) {
        Ok(()) => f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX),
        Err(_) => 1.0,
    }
}

/// How long a service says to wait: in seconds, or until a date, which is compared with the service's own clock where it
/// shows that.
pub(super) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let said = text(RETRY_AFTER)?;
    let after = match said.parse().map(Duration::from_secs) {
        Ok(after) => after,
        Err(_) => {
            let theirs = text(DATE).and_then(|date| httpdate::parse_http_date(date).ok()).unwrap_or(now);
            httpdate::parse_http_date(said).ok()?.duration_since(theirs).unwrap_or_default()
        }
    };
    Some(after.min(LONGEST_AFTER))
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU16;

    use super::*;

    fn headers(pairs: &[(HeaderName, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect()
    }

    #[test]
    fn a_wait_is_said_in_seconds_or_by_a_date() {
        let now = httpdate::parse_http_date("Sat, 21 Nov 2026 20:00:00 GMT").unwrap();
        let after = |pairs: &[_]| retry_after(&headers(pairs), now).map(|after| after.as_secs());
        assert_eq!(after(&[]), None);
        assert_eq!(after(&[(RETRY_AFTER, " 17 ")]), Some(17));
        assert_eq!(after(&[(RETRY_AFTER, "Sat, 21 Nov 2026 20:00:05 GMT")]), Some(5));
        assert_eq!(after(&[(RETRY_AFTER, "Sat, 21 Nov 2026 19:59:05 GMT")]), Some(0));
        let skewed = [(RETRY_AFTER, "Sat, 21 Nov 2026 23:00:05 GMT"), (DATE, "Sat, 21 Nov 2026 23:00:02 GMT")];
        assert_eq!(after(&skewed), Some(3));
        assert_eq!(after(&[(RETRY_AFTER, "99999999999999")]), Some(3600));
        assert_eq!(after(&[(RETRY_AFTER, "soon")]), None);
        assert_eq!(after(&[(RETRY_AFTER, "-1")]), None);
    }

    #[tokio::test(start_paused = true)]
    async fn waits_grow_within_their_bounds_and_end_with_the_attempts() {
        let limits = Limits { attempts: NonZeroU16::new(9).unwrap(), ..Limits::default() };
        let mut patience = Patience::of(Purpose::Policy, limits);
        let waits: Vec<_> = std::iter::from_fn(|| patience.wait(Remedy::Again { after: None })).collect();
        assert_eq!(waits.len(), 8);
        for (at, wait) in waits.into_iter().enumerate() {
            assert!(wait <= (FIRST_WAIT * 2u32.pow(at as u32)).min(LONGEST_WAIT), "{at}: {wait:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_service_is_not_asked_before_it_wants_to_be_nor_waited_for_beyond_patience() {
        let again = |seconds| Remedy::Again { after: Some(Duration::from_secs(seconds)) };
        let mut query = Patience::of(Purpose::Query, Limits::default());
        assert!(query.wait(again(1)).unwrap() >= Duration::from_secs(1));
        assert_eq!(query.wait(again(2)), None);
        assert!(query.for_this_one() <= Duration::from_secs(2));
        let mut policy = Patience::of(Purpose::Policy, Limits::default());
        assert!(policy.wait(again(31)).unwrap() >= Duration::from_secs(31));
        assert_eq!(policy.wait(Remedy::Later), None);
        assert_eq!(policy.wait(Remedy::Nothing), None);
    }
}
