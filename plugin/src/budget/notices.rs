use std::cell::Cell;
use std::time::Duration;

/// How often the operator is told of one kind of trouble.
const INTERVAL: Duration = Duration::from_secs(60);

/// What becomes of calls that cannot be reserved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// They are refused.
    Refused,
    /// They pass, and nobody counts them.
    Uncounted,
}

/// When the operator was told of trouble: once an interval, however many calls are in it.
#[derive(Debug, Default)]
pub struct Notices([Cell<Told>; 2]);

#[derive(Clone, Copy, Debug, Default)]
struct Told {
    at: Option<Duration>,
    /// Calls since then.
    more: u64,
}

impl Notices {
    /// What the operator is to be told now of one more call, if anything.
    #[must_use]
    pub fn of(&self, trouble: Trouble, why: &str, now: Duration) -> Option<String> {
        let told = self.0.get(trouble as usize)?;
        let Told { at, more } = told.get();
        if at.is_some_and(|at| now.saturating_sub(at) < INTERVAL) {
            told.set(Told { at, more: more.saturating_add(1) });
            return None;
        }
        told.set(Told { at: Some(now), more: 0 });
        let what = match trouble {
            Trouble::Refused => "calls of models are refused",
            Trouble::Uncounted => "calls of models pass without being counted",
        };
        let before = if more > 0 { format!("; {more} more since this was last told") } else { String::new() };
        Some(format!("{what}: {}{before}", why.escape_debug()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(50);

    #[test]
    fn each_kind_of_trouble_is_told_once_an_interval_with_how_often_it_was_not() {
        let notices = Notices::default();
        let told = notices.of(Trouble::Refused, "no\nanswer", NOW);
        assert_eq!(told.as_deref(), Some("calls of models are refused: no\\nanswer"));
        for _ in 0..3 {
            assert_eq!(notices.of(Trouble::Refused, "no answer", NOW + INTERVAL / 2), None);
        }
        let other = notices.of(Trouble::Uncounted, "away", NOW + INTERVAL / 2);
        assert_eq!(other.as_deref(), Some("calls of models pass without being counted: away"));
        let again = notices.of(Trouble::Refused, "away", NOW + INTERVAL);
        assert_eq!(again.as_deref(), Some("calls of models are refused: away; 3 more since this was last told"));
    }
}
