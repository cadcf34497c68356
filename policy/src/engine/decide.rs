use bumpalo::Bump;

use crate::identity::{Identities, Lookups};
use crate::snapshot::Snapshot;

use super::candidate::{Slot, of_class};
use super::gather::Candidates;
use super::query::AskedScope;
use super::run::{Policies, Run};
use super::{CandidateRef, Class, Decision, Effect, PolicyError, PolicyRef, Query, Question, Reason, ScopeId, shadow};

/// What one decision leaves for the next: buffers, so that a decision allocates nothing once they have grown to what the
/// policy set needs, and the principals of HTTP requests.
#[derive(Debug, Default)]
pub struct Scratch {
    arena: Bump,
    pub(super) candidates: Candidates,
    pub(crate) identities: Identities,
}

impl Scratch {
    /// Its parts, the arena emptied, for the time of one request.
    pub(crate) fn parts(&mut self) -> (&Bump, &mut Candidates, &mut Identities) {
        self.arena.reset();
        (&self.arena, &mut self.candidates, &mut self.identities)
    }

    /// How often principals were looked for since this was last asked.
    pub fn take_identity_lookups(&mut self) -> Lookups {
        self.identities.take_counts()
    }
}

impl Snapshot {
    /// Decides a question: deny overrides, and no applicable allow is a deny.
    pub fn decide<'s>(&'s self, query: &Query<'_>, scratch: &mut Scratch) -> Decision<'s> {
        self.decide_resolved(&self.resolve(query), scratch)
    }

    /// As [`Snapshot::decide`], with the names of kind and action looked up beforehand, as routes have them.
    pub fn decide_resolved<'s>(&'s self, question: &Question<'_>, scratch: &mut Scratch) -> Decision<'s> {
        let (arena, candidates, _) = scratch.parts();
        self.answer(question, arena, candidates)
    }

    pub(crate) fn answer<'s>(
        &'s self,
        question: &Question<'_>,
        arena: &Bump,
        candidates: &mut Candidates,
    ) -> Decision<'s> {
        let mut run = Run::new(self, &question.inputs, arena);
        let verdict = match question.scope {
            AskedScope::Root => match self.few(question) {
                Some(few) => enforce(few, &mut run, 0),
                None => {
                    self.gather_at_root(question, candidates);
                    let enforced =
                        candidates.all.iter().copied().take_while(|candidate| !candidate.class().is_shadow());
                    enforce(enforced, &mut run, 0)
                }
            },
            _ => self.answer_within(question, candidates, &mut run),
        };
        let errors = run.errors;
        let shadow = match self.has_shadow() {
            true => shadow::outcome(&verdict, candidates, &mut run),
            false => None,
        };
        let policy = |slot| PolicyRef { snapshot: self, slot };
        Decision {
            effect: verdict.effect(),
            reason: verdict.reason,
            policy: verdict.policy.map(policy),
            nearest: verdict.nearest.map(policy),
            scope: verdict.scope.and_then(|scope| self.scopes().name(scope)),
            errors: errors.count,
            first_error: errors.first.map(|(slot, fault)| PolicyError { policy: policy(slot), fault }),
            shadow,
            digest: &self.digest,
        }
    }

    /// As [`Snapshot::answer`], for a question in a scope; kept apart, so that the others are quick.
    #[inline(never)]
    fn answer_within(&self, question: &Question<'_>, candidates: &mut Candidates, run: &mut Run<'_, '_>) -> Verdict {
        self.gather(question, candidates);
        match question.scope {
            AskedScope::Mismatch => Verdict::refused(Reason::ScopeMismatch),
            AskedScope::Unknown => Verdict::refused(Reason::UnknownScope),
            AskedScope::Root | AskedScope::Within(_) => enforce_levels(candidates, run),
        }
    }
}

/// What the enforced policies say, in slots.
#[derive(Debug)]
pub(super) struct Verdict {
    pub(super) reason: Reason,
    policy: Option<Slot>,
    nearest: Option<Slot>,
    /// Where an allow is missing: the level that refuses, by its place in the chain.
    pub(super) refusing: Option<usize>,
    scope: Option<ScopeId>,
}

impl Verdict {
    fn refused(reason: Reason) -> Self {
        Verdict { reason, policy: None, nearest: None, refusing: None, scope: None }
    }

    fn by(reason: Reason, policy: Slot) -> Self {
        Verdict { policy: Some(policy), ..Verdict::refused(reason) }
    }

    /// Denied, as long as nothing speaks for it.
    pub(super) fn effect(&self) -> Effect {
        if self.reason == Reason::Allowed { Effect::Allow } else { Effect::Deny }
    }
}

/// What these candidates say, in order: of one level, at this place in the chain of levels. The shadow is not among them.
#[inline]
fn enforce(candidates: impl Iterator<Item = CandidateRef> + Clone, run: &mut Run<'_, '_>, place: usize) -> Verdict {
    let mut policies = Policies::of(candidates);
    let mut nearest = None;
    while let Some((policy, outcome)) = policies.next(run) {
        if let Err(fault) = outcome {
            run.errors.add(policy, fault);
        }
        let reason = match (policy.class().effect(), outcome) {
            (Effect::Deny, Ok(true)) => Reason::Denied,
            (Effect::Deny, Err(_)) => Reason::DeniedByFault,
            (Effect::Deny, Ok(false)) => continue,
            (Effect::Allow, Ok(true)) => Reason::Allowed,
            (Effect::Allow, _) => {
                nearest.get_or_insert(policy.slot());
                continue;
            }
        };
        return Verdict::by(reason, policy.slot());
    }
    let reason = if nearest.is_some() { Reason::NoConditionHolds } else { Reason::NoPolicy };
    Verdict { nearest, refusing: Some(place), ..Verdict::refused(reason) }
}

/// A deny at any level denies; then each level that must allow, does.
fn enforce_levels(candidates: &Candidates, run: &mut Run<'_, '_>) -> Verdict {
    for level in candidates.levels() {
        let verdict = enforce(of_class(candidates.of(&level), Class::Deny).iter().copied(), run, 0);
        if verdict.policy.is_some() {
            return verdict;
        }
    }
    let mut verdict = Verdict::refused(Reason::NoPolicy);
    for (place, level) in candidates.levels().enumerate().filter(|(_, level)| level.allows.enforced) {
        verdict = enforce(of_class(candidates.of(&level), Class::Allow).iter().copied(), run, place);
        if verdict.reason != Reason::Allowed {
            verdict.scope = Some(level.scope);
            break;
        }
    }
    verdict
}
