//! Says things once a minute that others could make happen any number of times.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const PAUSE: Duration = Duration::from_secs(60);

/// Most subjects that are told apart; further ones go unsaid.
const MAX_SUBJECTS: usize = 256;

/// Remembers what has been said lately.
#[derive(Debug, Default)]
pub(crate) struct Sparingly {
    said: Mutex<HashMap<String, Instant>>,
}

impl Sparingly {
    /// Whether something about this subject should be said now.
    pub(crate) fn is_due(&self, subject: &str, now: Instant) -> bool {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        said.retain(|_, at| now.saturating_duration_since(*at) < PAUSE);
        let is_due = !said.contains_key(subject) && said.len() < MAX_SUBJECTS;
        if is_due {
            said.insert(subject.to_owned(), now);
        }
        is_due
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
    fn subjects_without_number_take_no_room_without_end() {
        let (sparingly, now) = (Sparingly::default(), Instant::now());
        let said = (0..1000).filter(|number| sparingly.is_due(&number.to_string(), now)).count();
        assert_eq!(said, MAX_SUBJECTS);
    }
}
