#[cfg(test)]
mod tests;

use std::fmt;
use std::ops::Deref;
use std::str::FromStr;

use crate::amounts::Unit;
use crate::label::{InvalidLabel, Label};
use crate::period::{InvalidPeriod, Period, Window};
use crate::scope::{Scope, ScopeKind};

/// How many counters a call may count for.
pub const MOST_COUNTERS: usize = 64;

/// What is counted of a scope in a period.
///
/// Its text is the window, the first second of the period, the unit, the scope's kind and, if it has one, its name, with
/// colons in between: `day:1709164800:tokens:org:acme`. It has no line breaks.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Counter {
    /// Of whom or of what.
    pub scope: Scope,
    /// Of what kind.
    pub unit: Unit,
    /// When.
    pub period: Period,
}

/// What a call counts for: no counter twice, and at most [`MOST_COUNTERS`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters(Vec<Counter>);

/// Why counters cannot be those of one call.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCounters {
    /// The call would be counted twice.
    #[error("a call counts twice for `{0}`")]
    Twice(Counter),
    /// There are more of them than any policy needs.
    #[error("a call counts for {0} counters: at most {MOST_COUNTERS} are kept")]
    Many(usize),
}

/// Why a text is no counter's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCounter {
    /// Something is missing, or none of the words.
    #[error("`{0}` is no counter: a window, a time, a unit, a kind and a name are expected, with colons in between")]
    Form(String),
    /// No period begins there.
    #[error(transparent)]
    Period(#[from] InvalidPeriod),
    /// Nothing can have that name.
    #[error(transparent)]
    Name(#[from] InvalidLabel),
}

impl Counters {
    /// Takes counters as those of one call.
    ///
    /// # Errors
    /// If there are too many, or one is there twice.
    pub fn new(counters: Vec<Counter>) -> Result<Self, InvalidCounters> {
        if counters.len() > MOST_COUNTERS {
            return Err(InvalidCounters::Many(counters.len()));
        }
        let mut rest = counters.iter();
        while let Some(counter) = rest.next() {
            if rest.as_slice().contains(counter) {
                return Err(InvalidCounters::Twice(counter.clone()));
            }
        }
        Ok(Counters(counters))
    }

    /// The first second in which none of them is kept any more; absent where there are none.
    #[must_use]
    pub fn kept_until(&self) -> Option<u64> {
        self.iter().map(|counter| counter.period.kept_until()).max()
    }

    /// As they are, where it is known that they fit.
    pub(crate) fn distinct(counters: Vec<Counter>) -> Self {
        Counters(counters)
    }
}

impl Deref for Counters {
    type Target = [Counter];

    fn deref(&self) -> &[Counter] {
        &self.0
    }
}

impl fmt::Display for Counter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (period, kind) = (self.period, self.scope.kind());
        write!(formatter, "{}:{}:{}:{kind}", period.window(), period.begins(), self.unit)?;
        self.scope.name().map_or(Ok(()), |name| write!(formatter, ":{name}"))
    }
}

impl FromStr for Counter {
    type Err = InvalidCounter;

    fn from_str(text: &str) -> Result<Self, InvalidCounter> {
        let no_form = || InvalidCounter::Form(text.to_owned());
        // The name may have colons itself.
        let mut parts = text.splitn(5, ':');
        let mut part = || parts.next().ok_or_else(no_form);
        let window = Window::from_word(part()?).ok_or_else(no_form)?;
        let begins = part()?.parse().map_err(|_| no_form())?;
        let unit = Unit::from_word(part()?).ok_or_else(no_form)?;
        let kind = ScopeKind::from_word(part()?).ok_or_else(no_form)?;
        let name = parts.next().map(Label::new).transpose()?;
        let scope = Scope::new(kind, name).ok_or_else(no_form)?;
        Ok(Counter { scope, unit, period: Period::beginning(window, begins)? })
    }
}
