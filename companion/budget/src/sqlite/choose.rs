use std::collections::HashMap;

use rusqlite::Transaction;

use super::counters::{self, Count};
use crate::amounts::MOST_COUNTED;
use crate::candidate::{Candidate, Line};
use crate::counter::Counter;
use crate::reserve::{Refused, Reserve};

/// The way in which a call is held, with its place.
pub(super) type Choice<'r> = Result<(usize, &'r Candidate), Refused>;

/// What counters say before a call is held. Candidates share most of them: each is read once.
pub(super) struct Counts<'t> {
    transaction: &'t Transaction<'t>,
    known: HashMap<Counter, Count>,
}

/// What a line comes to for those who ask for so much of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fit {
    Fits,
    /// It passes its limit, or uses what it is to leave to others.
    Passes,
    /// No counter counts that far.
    IsBeyondCounting,
}

/// Chooses the first way that fits, or the first of all for who is not strict.
pub(super) fn choose<'r>(counts: &mut Counts<'_>, reserve: &'r Reserve, now: u64) -> rusqlite::Result<Choice<'r>> {
    let mut refused = None;
    for (place, candidate) in reserve.candidates.iter().enumerate() {
        refused = counts.refuse(candidate, now, |fit| fit != Fit::Fits)?;
        if refused.is_none() {
            return Ok(Ok((place, candidate)));
        }
    }
    let first = reserve.candidates.first();
    if !reserve.is_strict {
        refused = counts.refuse(first, now, |fit| fit == Fit::IsBeyondCounting)?;
    }
    Ok(refused.map_or(Ok((0, first)), Err))
}

impl<'t> Counts<'t> {
    pub(super) fn new(transaction: &'t Transaction<'t>) -> Self {
        Counts { transaction, known: HashMap::new() }
    }

    /// Of the lines that are refused, the one with the least left.
    fn refuse(
        &mut self,
        candidate: &Candidate,
        now: u64,
        is_refused: impl Fn(Fit) -> bool,
    ) -> rusqlite::Result<Option<Refused>> {
        let mut worst: Option<Refused> = None;
        let left = |refused: &Refused| refused.standing.left().unwrap_or(u64::MAX);
        for line in candidate.lines.iter() {
            let (counter, asked) = (line.at(now), candidate.amounts.of(line.unit));
            let count = self.count(&counter)?;
            if is_refused(fit(line, count, asked)) {
                let refused = Refused { at: now, standing: count.standing(&counter, line.limit), asked };
                // The first one of those with as little.
                if worst.as_ref().is_none_or(|worst| left(&refused) < left(worst)) {
                    worst = Some(refused);
                }
            }
        }
        Ok(worst)
    }

    pub(super) fn count(&mut self, counter: &Counter) -> rusqlite::Result<Count> {
        if let Some(count) = self.known.get(counter) {
            return Ok(*count);
        }
        let count = counters::read(self.transaction, counter)?;
        self.known.insert(counter.clone(), count);
        Ok(count)
    }
}

fn fit(line: &Line, count: Count, asked: u64) -> Fit {
    let total = count.used.saturating_add(count.held).saturating_add(asked);
    if total > MOST_COUNTED {
        Fit::IsBeyondCounting
    } else if line.ceiling(asked).is_some_and(|ceiling| total > ceiling) {
        Fit::Passes
    } else {
        Fit::Fits
    }
}
