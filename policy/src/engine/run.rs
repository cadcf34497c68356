use bumpalo::Bump;

use crate::condition::{Fault, Inputs, evaluate};
use crate::snapshot::Snapshot;

use super::candidate::Slot;
use super::gather::Level;
use super::{CandidateRef, PolicyError, PolicyRef};

/// Evaluation steps that one decision may take over all its conditions: however many policies meet a request, it cannot
/// hold a worker for more than some milliseconds. Conditions that get none fail, so that denies apply.
const DECISION_FUEL: u32 = 200_000;

/// One decision's evaluation of conditions.
pub(super) struct Run<'s, 'q> {
    snapshot: &'s Snapshot,
    inputs: &'q Inputs<'q>,
    arena: &'q Bump,
    fuel: u32,
    /// Of enforced policies.
    pub(super) errors: Errors,
}

/// Policies that failed to evaluate.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Errors {
    pub(super) count: u32,
    /// The first of them, by its slot.
    pub(super) first: Option<(Slot, Fault)>,
}

impl Errors {
    #[cold]
    pub(super) fn add(&mut self, policy: CandidateRef, fault: Fault) {
        self.count += 1;
        self.first.get_or_insert((policy.slot(), fault));
    }
}

impl<'s, 'q> Run<'s, 'q> {
    pub(super) fn new(snapshot: &'s Snapshot, inputs: &'q Inputs<'q>, arena: &'q Bump) -> Self {
        Run { snapshot, inputs, arena, fuel: DECISION_FUEL, errors: Errors::default() }
    }

    #[inline]
    fn holds(&mut self, candidate: CandidateRef) -> Result<bool, Fault> {
        match candidate.condition() {
            None => Ok(true),
            Some(root) => evaluate(self.snapshot.code(), root, self.inputs, self.arena, &mut self.fuel),
        }
    }

    pub(super) fn policy(&self, candidate: CandidateRef) -> PolicyRef<'s> {
        PolicyRef { snapshot: self.snapshot, slot: candidate.slot() }
    }

    /// Absent for the root.
    pub(super) fn scope_name(&self, level: &Level) -> Option<&'s str> {
        self.snapshot.scopes().name(level.scope)
    }

    pub(super) fn error(&self, candidate: CandidateRef, fault: Fault) -> PolicyError<'s> {
        PolicyError { policy: self.policy(candidate), fault }
    }
}

/// The policies that candidates in order are of, one after the other: each with all the ways in which it is reached.
pub(super) struct Policies<C> {
    rest: C,
    /// Applies, so that its other ways are passed over.
    applying: Option<CandidateRef>,
}

impl<C: Iterator<Item = CandidateRef> + Clone> Policies<C> {
    pub(super) fn of(candidates: C) -> Self {
        Policies { rest: candidates, applying: None }
    }

    /// The first way of the next policy, and whether the policy applies: in any of its ways.
    #[inline]
    pub(super) fn next(&mut self, run: &mut Run<'_, '_>) -> Option<(CandidateRef, Result<bool, Fault>)> {
        let first = loop {
            let next = self.rest.next()?;
            if !self.applying.is_some_and(|applying| applying.is_of(next)) {
                break next;
            }
        };
        let mut outcome = run.holds(first);
        let mut last = first;
        while outcome != Ok(true)
            && let Some(other) = self.next_way(first)
        {
            // Two derived roles under one condition are two ways, and one question.
            if std::mem::replace(&mut last, other).asks_as(other) {
                continue;
            }
            match run.holds(other) {
                Ok(true) => outcome = Ok(true),
                Ok(false) => {}
                Err(fault) => outcome = outcome.and(Err(fault)),
            }
        }
        if outcome == Ok(true) {
            self.applying = Some(first);
        }
        Some((first, outcome))
    }

    #[inline]
    fn next_way(&mut self, first: CandidateRef) -> Option<CandidateRef> {
        let mut ahead = self.rest.clone();
        let next = ahead.next().filter(|next| next.is_of(first))?;
        self.rest = ahead;
        Some(next)
    }
}
