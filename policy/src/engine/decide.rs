use bumpalo::Bump;

use crate::condition::{Fault, Inputs, evaluate};
use crate::snapshot::Snapshot;

use super::index::CandidateRef;
use super::{Applies, Candidate, Decision, Effect, PolicyError, PolicyRef, Query, Question, Reason};

/// Evaluation steps that one decision may take over all its conditions: however many policies meet a request, it cannot
/// hold a worker for more than some milliseconds. Conditions that get none fail, so that denies apply.
const DECISION_FUEL: u32 = 200_000;

/// Reusable buffers: a decision allocates nothing once they have grown to what the policy set needs.
#[derive(Debug, Default)]
pub struct Scratch {
    arena: Bump,
    candidates: Vec<CandidateRef>,
}

impl Scratch {
    /// Lends the arena, emptied, for the time of one request.
    pub(crate) fn with_arena<R>(&mut self, work: impl FnOnce(&Bump, &mut Scratch) -> R) -> R {
        let mut arena = std::mem::take(&mut self.arena);
        arena.reset();
        let result = work(&arena, self);
        self.arena = arena;
        result
    }
}

impl Snapshot {
    /// Decides a question: deny overrides, and no applicable allow is a deny.
    pub fn decide<'s>(&'s self, query: &Query<'_>, scratch: &mut Scratch) -> Decision<'s> {
        self.decide_resolved(&self.resolve(query), scratch)
    }

    /// As [`Snapshot::decide`], with the names of kind and action looked up beforehand, as routes have them.
    pub fn decide_resolved<'s>(&'s self, question: &Question<'_>, scratch: &mut Scratch) -> Decision<'s> {
        scratch.with_arena(|arena, scratch| self.answer(question, arena, scratch))
    }

    /// Evaluates every candidate, in the order in which [`Snapshot::decide`] looks at them: denies first.
    pub fn trace<'s>(&'s self, query: &Query<'_>, scratch: &mut Scratch) -> Vec<Candidate<'s>> {
        let question = self.resolve(query);
        scratch.with_arena(|arena, scratch| {
            self.gather(&question, &mut scratch.candidates);
            let mut fuel = DECISION_FUEL;
            let trace = |candidate: &CandidateRef| Candidate {
                policy: self.policy_name(candidate.slot()),
                effect: candidate.effect(),
                applies: match self.applies(*candidate, &question, arena, &mut fuel) {
                    Ok(true) => Applies::Yes,
                    Ok(false) => Applies::No,
                    Err(fault) => Applies::Error(self.policy_error(*candidate, fault)),
                },
            };
            scratch.candidates.iter().map(trace).collect()
        })
    }

    pub(crate) fn answer<'s>(&'s self, question: &Question<'_>, arena: &Bump, scratch: &mut Scratch) -> Decision<'s> {
        self.gather(question, &mut scratch.candidates);
        let mut decision = Decision {
            effect: Effect::Deny,
            reason: Reason::NoPolicy,
            policy: None,
            nearest: None,
            errors: 0,
            first_error: None,
            digest: self.digest(),
        };
        let mut fuel = DECISION_FUEL;
        for candidate in &scratch.candidates {
            let applies = self.applies(*candidate, question, arena, &mut fuel);
            if let Err(fault) = applies {
                decision.errors += 1;
                decision.first_error.get_or_insert(self.policy_error(*candidate, fault));
            }
            let policy = PolicyRef { snapshot: self, slot: candidate.slot() };
            match (candidate.effect(), applies) {
                (Effect::Deny, Ok(true)) => return decision.by(Effect::Deny, Reason::Denied, policy),
                (Effect::Deny, Err(_)) => return decision.by(Effect::Deny, Reason::DeniedByFault, policy),
                (Effect::Allow, Ok(true)) => return decision.by(Effect::Allow, Reason::Allowed, policy),
                (Effect::Allow, Ok(false) | Err(_)) => {
                    decision.reason = Reason::NoConditionHolds;
                    decision.nearest.get_or_insert(policy);
                }
                (Effect::Deny, Ok(false)) => {}
            }
        }
        decision
    }

    /// Looks the names of kind and action up.
    #[must_use]
    pub fn resolve<'a>(&self, query: &Query<'a>) -> Question<'a> {
        Question {
            principal: query.principal,
            kind: self.symbol(query.resource.kind),
            action: self.symbol(query.action),
            resource: query.resource,
            request: query.request,
        }
    }

    /// Collects the candidates: denies first, then in the snapshot's order, each once.
    fn gather(&self, question: &Question<'_>, candidates: &mut Vec<CandidateRef>) {
        candidates.clear();
        let principal = question.principal;
        let (roles, authenticated) = (principal.role_symbols(), !principal.is_anonymous());
        self.index().collect(question.kind, question.action, roles, authenticated, candidates);
        if candidates.len() > 1 {
            candidates.sort_unstable();
            candidates.dedup();
        }
    }

    fn applies(
        &self,
        candidate: CandidateRef,
        question: &Question<'_>,
        arena: &Bump,
        fuel: &mut u32,
    ) -> Result<bool, Fault> {
        let Some(condition) = candidate.condition() else { return Ok(true) };
        let inputs = Inputs { principal: question.principal, resource: question.resource, request: question.request };
        evaluate(self.code(), condition, &inputs, arena, fuel)
    }

    fn policy_error(&self, candidate: CandidateRef, fault: Fault) -> PolicyError<'_> {
        PolicyError { policy: self.policy_name(candidate.slot()), fault, code: self.code() }
    }
}

impl<'s> Decision<'s> {
    fn by(self, effect: Effect, reason: Reason, policy: PolicyRef<'s>) -> Self {
        Decision { effect, reason, policy: Some(policy), nearest: None, ..self }
    }
}
