use std::ops::Deref;

use crate::amounts::{Amounts, Unit};
use crate::counter::{Counter, Counters, MOST_COUNTERS};
use crate::period::{Period, Window};
use crate::scope::Scope;

/// How many ways to serve a call a store looks at.
pub const MOST_CANDIDATES: usize = 16;

/// Ways to serve a call, the best one first: at least one and at most [`MOST_CANDIDATES`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidates {
    first: Candidate,
    others: Vec<Candidate>,
}

/// A way to serve a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Everything that it counts for.
    pub lines: Lines,
    /// The most that it may use.
    pub amounts: Amounts,
    /// What its prompt is estimated at.
    pub least: Amounts,
}

/// What a call counts for: no two lines are for the same scope, window and unit, and there are at most [`MOST_COUNTERS`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines(Vec<Line>);

/// Something that a call counts for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Of whom or of what.
    pub scope: Scope,
    /// For how long.
    pub window: Window,
    /// What is counted.
    pub unit: Unit,
    /// What may be used and held together; absent where it is only counted.
    pub limit: Option<u64>,
    /// What this way leaves of the limit to others; 0 where it may use all of it. It is nothing to a way that needs none of
    /// the unit.
    pub spare: u64,
}

/// Why a call cannot be asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCandidates {
    /// There is no way to serve it.
    #[error("a call has no way to be served")]
    None,
    /// There are more ways than anybody needs.
    #[error("a call has {0} ways to be served: at most {MOST_CANDIDATES} are looked at")]
    Many(usize),
    /// One way would count twice for the same thing.
    #[error("a call has two lines for {unit} of {scope} by the {window}")]
    Twice {
        /// Of whom or of what.
        scope: Scope,
        /// For how long.
        window: Window,
        /// What is counted.
        unit: Unit,
    },
    /// It counts for more than any policy needs.
    #[error("a call has {0} lines: at most {MOST_COUNTERS} are counted")]
    ManyLines(usize),
}

impl Candidates {
    /// Takes ways to serve a call.
    ///
    /// # Errors
    /// If there is none, or there are too many.
    pub fn new(candidates: Vec<Candidate>) -> Result<Self, InvalidCandidates> {
        if candidates.len() > MOST_CANDIDATES {
            return Err(InvalidCandidates::Many(candidates.len()));
        }
        let mut others = candidates.into_iter();
        let first = others.next().ok_or(InvalidCandidates::None)?;
        Ok(Candidates { first, others: others.collect() })
    }

    /// The best one.
    #[must_use]
    pub fn first(&self) -> &Candidate {
        &self.first
    }

    /// All of them, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &Candidate> {
        std::iter::once(&self.first).chain(&self.others)
    }
}

/// The only one.
impl From<Candidate> for Candidates {
    fn from(first: Candidate) -> Self {
        Candidates { first, others: Vec::new() }
    }
}

impl Lines {
    /// Takes what a call counts for.
    ///
    /// # Errors
    /// If there are too many lines, or two for the same scope, window and unit.
    pub fn new(lines: Vec<Line>) -> Result<Self, InvalidCandidates> {
        if lines.len() > MOST_COUNTERS {
            return Err(InvalidCandidates::ManyLines(lines.len()));
        }
        let mut rest = lines.iter();
        while let Some(line) = rest.next() {
            if rest.as_slice().iter().any(|other| line.is_same(other)) {
                let (scope, window, unit) = (line.scope.clone(), line.window, line.unit);
                return Err(InvalidCandidates::Twice { scope, window, unit });
            }
        }
        Ok(Lines(lines))
    }

    /// What a call counts for that is made at a time, in their order.
    #[must_use]
    pub fn at(&self, now: u64) -> Counters {
        Counters::distinct(self.0.iter().map(|line| line.at(now)).collect())
    }
}

impl Line {
    /// What a call counts for that is made at a time, in seconds since 1970.
    #[must_use]
    pub fn at(&self, now: u64) -> Counter {
        Counter { scope: self.scope.clone(), unit: self.unit, period: Period::containing(self.window, now) }
    }

    /// What may be used and held by a call that asks for so much; absent where it is only counted.
    #[must_use]
    pub fn ceiling(&self, asked: u64) -> Option<u64> {
        let spare = if asked == 0 { 0 } else { self.spare };
        self.limit.map(|limit| limit.saturating_sub(spare))
    }

    /// Whether both count the same.
    fn is_same(&self, other: &Line) -> bool {
        (&self.scope, self.window, self.unit) == (&other.scope, other.window, other.unit)
    }
}

impl Deref for Lines {
    type Target = [Line];

    fn deref(&self) -> &[Line] {
        &self.0
    }
}
