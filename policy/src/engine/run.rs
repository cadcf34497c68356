use bumpalo::Bump;

use crate::condition::{Fault, Inputs, evaluate};
use crate::snapshot::Snapshot;

use super::candidate::Policy;
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
    pub(super) first: Option<(u32, Fault)>,
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

    /// Whether a policy applies: in any of the ways in which it is reached.
    #[inline]
    pub(super) fn applies(&mut self, policy: Policy<'_>) -> Result<bool, Fault> {
        match self.holds(policy.first) {
            Ok(true) => Ok(true),
            first if policy.others.is_empty() => first,
            first => self.applies_otherwise(first, policy.others),
        }
    }

    #[cold]
    fn applies_otherwise(&mut self, first: Result<bool, Fault>, others: &[CandidateRef]) -> Result<bool, Fault> {
        let mut outcome = first;
        for candidate in others {
            match (outcome, self.holds(*candidate)) {
                (_, Ok(true)) => return Ok(true),
                (Ok(_), other) => outcome = other,
                (Err(_), _) => {}
            }
        }
        outcome
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
