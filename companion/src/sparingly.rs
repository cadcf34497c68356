//! Says things once a minute that others could make happen any number of times.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

const PAUSE: Duration = Duration::from_secs(60);

/// Most subjects that are told apart; further ones go unsaid.
const MAX_SUBJECTS: usize = 256;

/// Remembers what has been said lately.
#[derive(Debug, Default)]
pub(crate) struct Sparingly {
    said: Mutex<HashMap<String, Said>>,
}

#[derive(Debug)]
struct Said {
    at: Instant,
    /// How often something was not said since.
    left_out: usize,
}

impl Said {
    fn now(now: Instant) -> Self {
        Said { at: now, left_out: 0 }
    }

    fn is_over(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.at) >= PAUSE
    }
}

impl Sparingly {
    /// Whether something about this subject should be said now.
    pub(crate) fn is_due(&self, subject: &str, now: Instant) -> bool {
        let mut said = self.said();
        if let Some(before) = said.get_mut(subject) {
            let is_due = before.is_over(now);
            match is_due {
                true => *before = Said::now(now),
                false => before.left_out += 1,
            }
            return is_due;
        }
        if said.len() >= MAX_SUBJECTS {
            said.retain(|_, said| !said.is_over(now));
        }
        let is_due = said.len() < MAX_SUBJECTS;
        if is_due {
            said.insert(subject.to_owned(), Said::now(now));
        }
        is_due
    }

    /// Subjects about which something was not said for a minute, and how often; it is to be said now.
    pub(crate) fn left_out(&self, now: Instant) -> Vec<(String, usize)> {
        let mut due = Vec::new();
        self.said().retain(|subject, said| {
            if said.is_over(now) && said.left_out > 0 {
                due.push((subject.clone(), said.left_out));
                *said = Said::now(now);
            }
            !said.is_over(now)
        });
        due
    }

    fn said(&self) -> MutexGuard<'_, HashMap<String, Said>> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_subject_is_due_once_a_minute() {
        let (sparingly, now) = (Sparingly::default(), Instant::now());
        let due = |subject, seconds| sparingly.is_due(subject, now + Duration::from_secs(seconds));
        assert_eq!([due("a", 0), due("b", 0), due("a", 59), due("a", 60)], [true, true, false, true]);
    }

    #[test]
    fn what_was_not_said_is_counted_and_told_once_a_minute() {
        let (sparingly, now) = (Sparingly::default(), Instant::now());
        let at = |seconds| now + Duration::from_secs(seconds);
        for _ in 0..100 {
            sparingly.is_due("a", now);
        }
        sparingly.is_due("b", now);
        assert_eq!(sparingly.left_out(at(59)), []);
        assert_eq!(sparingly.left_out(at(60)), [("a".to_owned(), 99)]);
        assert_eq!([sparingly.is_due("a", at(61)), sparingly.is_due("b", at(61))], [false, true]);
        assert_eq!(sparingly.left_out(at(120)), [("a".to_owned(), 1)]);
        assert_eq!(sparingly.left_out(at(999)), []);
    }

    #[test]
    fn subjects_without_number_take_no_room_without_end() {
        let (sparingly, now) = (Sparingly::default(), Instant::now());
        let said = (0..1000).filter(|number| sparingly.is_due(&number.to_string(), now)).count();
        assert_eq!(said, MAX_SUBJECTS);
    }
}
