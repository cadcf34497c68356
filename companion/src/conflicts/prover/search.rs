//! Looks for values under which conditions come to what is wanted of them.

use std::collections::HashMap;

use tollgate_policy::condition::Memory;
use tollgate_policy::snapshot::Snapshot;

use crate::ask::pose;
use crate::catalogue::Surroundings;
use crate::conflicts::Study;

use super::goal::{Logic, Reached, Statuses, Wanted};
use super::point::{Found, Point};
use super::space::{Choice, Space};

/// Evaluations of parts that take as long as one try.
const EVALUATIONS: usize = 16;

/// Tries that it takes as long as to have the engine decide a question.
const DECISION: usize = 64;

/// How much may still be tried.
#[derive(Debug)]
pub(super) struct Tries {
    used: u32,
    /// With what was done beside trying.
    spent: u32,
    most: u32,
    study: Study,
}

/// How a search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// With values that were taken.
    Found,
    /// There are none: the values that were tried stand for all.
    None,
    /// None was found, which means nothing.
    Unknown,
}

/// A search at one point.
#[derive(Debug)]
pub(super) struct Search<'s> {
    space: Space<'s>,
    logic: Logic,
    nothing: &'s Snapshot,
    memory: Memory,
    /// Of each variable, which candidate it has.
    choice: Choice,
    /// What parts came to, by the candidates that their variables had.
    known: Vec<HashMap<Choice, Statuses>>,
    /// What parts may come to whose values are not looked at.
    assumed: Vec<Statuses>,
    /// Evaluations since they were last accounted for.
    evaluated: usize,
}

/// How one branch ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Branch {
    Found,
    None,
    /// Tries ran out, or somebody did not take what was found.
    Cut,
}

/// Called with what was found; whether it is taken.
type Take<'t> = dyn FnMut(&Found<'_>) -> bool + 't;

impl Tries {
    /// None are left once nobody waits for the study any more.
    pub(super) fn new(most: u32, study: &Study) -> Self {
        Tries { used: 0, spent: 0, most, study: study.clone() }
    }

    pub(super) fn used(&self) -> u64 {
        u64::from(self.used)
    }

    pub(super) fn are_spent(&self) -> bool {
        self.spent >= self.most || self.study.goes_on().is_err()
    }

    /// For work that is no try, and takes as long as so many.
    pub(super) fn spend(&mut self, tries: usize) {
        self.spent = self.spent.saturating_add(u32::try_from(tries).unwrap_or(u32::MAX));
    }

    fn take(&mut self) -> bool {
        let left = !self.are_spent();
        self.used += u32::from(left);
        self.spend(usize::from(left));
        left
    }
}

impl<'s> Search<'s> {
    /// For what is wanted of the conditions of the first and of the second policy. `None` if they are too much to look into.
    pub(super) fn new(
        point: &'s Point<'s>,
        [first, second]: [Wanted; 2],
        surroundings: &'s Surroundings,
        nothing: &'s Snapshot,
    ) -> Option<Self> {
        let (logic, parts) = Logic::of([(point.first(), first), (point.second(), second)])?;
        let count = parts.len();
        let space = Space::of(point, parts, surroundings);
        Some(Search {
            choice: vec![None; space.len()],
            space,
            logic,
            nothing,
            memory: Memory::default(),
            known: vec![HashMap::new(); count],
            assumed: vec![Statuses::ANY; count],
            evaluated: 0,
        })
    }

    /// How many goals it has.
    pub(super) fn size(&self) -> usize {
        self.logic.size()
    }

    /// Tries one value after the other.
    pub(super) fn run(&mut self, tries: &mut Tries, take: &mut Take<'_>) -> Outcome {
        self.choice.fill(None);
        match self.branch(tries, false, take) {
            Branch::Found => Outcome::Found,
            Branch::None if self.space.is_exact() => Outcome::None,
            Branch::None | Branch::Cut => Outcome::Unknown,
        }
    }

    /// Whether the logic of the conditions rules everything out, whatever those parts come to whose values are not all known.
    pub(super) fn is_impossible(&mut self, tries: &mut Tries) -> bool {
        self.choice.fill(None);
        self.assumed.fill(Statuses::ANY);
        self.branch(tries, true, &mut |_| true) == Branch::None
    }

    /// Whether values were left out because schemas do not have them.
    pub(super) fn is_bound_by_schemas(&self) -> bool {
        self.space.is_bound_by_schemas()
    }

    /// Tries values by chance; whether some were taken.
    pub(super) fn random(&mut self, tries: &mut Tries, seed: &mut u64, take: &mut Take<'_>) -> bool {
        // A third of them, so that each point has its turn.
        let own = tries.most.saturating_sub(tries.spent).div_ceil(3);
        for _ in 0..own {
            if self.space.is_exact() || !tries.take() {
                return false;
            }
            for variable in 0..self.space.len() {
                let number = next(seed);
                let choice = self.space.by_chance(variable, number, next(seed));
                if let Some(place) = self.choice.get_mut(variable) {
                    *place = choice;
                }
            }
            if self.reached(false) == Reached::Yes && take(&self.found()) {
                return true;
            }
        }
        false
    }

    fn branch(&mut self, tries: &mut Tries, assuming: bool, take: &mut Take<'_>) -> Branch {
        let reached = self.reached(assuming);
        tries.spend(std::mem::take(&mut self.evaluated) / EVALUATIONS);
        let part = match reached {
            Reached::No => return Branch::None,
            Reached::Yes if assuming => return Branch::Found,
            Reached::Yes if take(&self.found()) => return Branch::Found,
            Reached::Yes => {
                tries.spend(DECISION);
                return Branch::Cut;
            }
            Reached::Open(part) => part,
        };
        let mut ended = Branch::None;
        if assuming && !self.space.is_exact_part(part) {
            for status in Statuses::EACH {
                if !tries.take() {
                    return Branch::Cut;
                }
                self.assume(part, status);
                match self.branch(tries, assuming, take) {
                    Branch::Found => return Branch::Found,
                    Branch::None => {}
                    Branch::Cut => ended = Branch::Cut,
                }
            }
            self.assume(part, Statuses::ANY);
            return ended;
        }
        let Some(variable) = self.open_variable(part) else { return Branch::Cut };
        let count = self.space.candidates(variable, &self.choice);
        for candidate in 0..count {
            if !tries.take() {
                return Branch::Cut;
            }
            self.choose(variable, Some(candidate));
            match self.branch(tries, assuming, take) {
                Branch::Found => return Branch::Found,
                Branch::None => {}
                Branch::Cut => ended = Branch::Cut,
            }
        }
        self.choose(variable, None);
        ended
    }

    fn choose(&mut self, variable: usize, candidate: Option<u16>) {
        if let Some(place) = self.choice.get_mut(variable) {
            *place = candidate;
        }
    }

    fn assume(&mut self, part: usize, status: Statuses) {
        if let Some(place) = self.assumed.get_mut(part) {
            *place = status;
        }
    }

    /// The first variable of a part that has no value yet.
    fn open_variable(&self, part: usize) -> Option<usize> {
        self.space.variables_of(part).iter().copied().find(|variable| self.chosen(*variable).is_none())
    }

    fn chosen(&self, variable: usize) -> Option<u16> {
        self.choice.get(variable).copied().flatten()
    }

    fn found(&self) -> Found<'s> {
        Found { question: self.space.question(&self.choice, None), point: self.space.point() }
    }

    fn reached(&mut self, assuming: bool) -> Reached {
        // The logic is looked at while parts are evaluated.
        let logic = std::mem::take(&mut self.logic);
        let reached = logic.reached(&mut |part| self.status(part, assuming));
        self.logic = logic;
        reached
    }

    fn status(&mut self, part: usize, assuming: bool) -> Statuses {
        if assuming && !self.space.is_exact_part(part) {
            return self.assumed.get(part).copied().unwrap_or(Statuses::ANY);
        }
        let variables = self.space.variables_of(part);
        let own: Choice = variables.iter().map(|variable| self.chosen(*variable)).collect();
        if own.contains(&None) {
            return Statuses::ANY;
        }
        if let Some(known) = self.known.get(part).and_then(|known| known.get(&own)) {
            return *known;
        }
        self.evaluated += 1;
        let status = self.evaluate(part);
        if let Some(known) = self.known.get_mut(part) {
            known.insert(own, status);
        }
        status
    }

    /// As the engine does, over a question that has the values of this part's variables and no others.
    fn evaluate(&mut self, part: usize) -> Statuses {
        let Some(program) = self.space.program(part) else { return Statuses::ANY };
        let question = self.space.question(&self.choice, Some(self.space.variables_of(part)));
        let principal = match &question.principal {
            Some(claims) => self.nothing.principal(claims.clone()),
            None => self.nothing.anonymous(),
        };
        let memory = &mut self.memory;
        let outcome = pose(&principal, question.asked(), question.circumstances, |query| program.holds(query, memory));
        match outcome {
            Ok(Ok(true)) => Statuses::TRUE,
            Ok(Ok(false)) => Statuses::FALSE,
            Ok(Err(_)) | Err(_) => Statuses::ERROR,
        }
    }
}

/// SplitMix64.
fn next(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*seed ^ (*seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
