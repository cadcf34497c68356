use bumpalo::Bump;

use crate::identity::{Identities, Lookups};
use crate::snapshot::Snapshot;

use super::candidate::Policies;
use super::gather::Candidates;
use super::query::AskedScope;
use super::run::Run;
use super::{Class, Decision, Effect, PolicyError, PolicyRef, Query, Question, Reason, ScopeId, shadow};

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
            AskedScope::Root => {
                self.gather_at_root(question, candidates);
                enforce(candidates, &mut run)
            }
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
    policy: Option<u32>,
    nearest: Option<u32>,
    /// Where an allow is missing: the level that refuses, by its place in the chain.
    pub(super) refusing: Option<usize>,
    scope: Option<ScopeId>,
}

impl Verdict {
    fn refused(reason: Reason) -> Self {
        Verdict { reason, policy: None, nearest: None, refusing: None, scope: None }
    }

    fn by(reason: Reason, policy: u32) -> Self {
        Verdict { policy: Some(policy), ..Verdict::refused(reason) }
    }

    /// Denied, as long as nothing speaks for it.
    pub(super) fn effect(&self) -> Effect {
        if self.reason == Reason::Allowed { Effect::Allow } else { Effect::Deny }
    }
}

/// What the enforced policies of the only level say.
#[inline(always)]
fn enforce(candidates: &Candidates, run: &mut Run<'_, '_>) -> Verdict {
    let mut policies = Policies::of(&candidates.all);
    match denied(&mut policies, run) {
        Some(verdict) => verdict,
        None => allowed(&mut policies, run, 0),
    }
}

/// A deny at any level denies; then each level that must allow, does.
fn enforce_levels(candidates: &Candidates, run: &mut Run<'_, '_>) -> Verdict {
    let mut denials = candidates.levels().map(|level| denied(&mut Policies::of(candidates.of(&level)), run));
    if let Some(verdict) = denials.find_map(|verdict| verdict) {
        return verdict;
    }
    let mut verdict = Verdict::refused(Reason::NoPolicy);
    for (place, level) in candidates.levels().enumerate().filter(|(_, level)| level.allows.enforced) {
        verdict = allowed(&mut Policies::from(candidates.of(&level), Class::Allow), run, place);
        if verdict.reason != Reason::Allowed {
            verdict.scope = Some(level.scope);
            break;
        }
    }
    verdict
}

/// The first that applies of the denies that come next.
#[inline(always)]
fn denied(policies: &mut Policies<'_>, run: &mut Run<'_, '_>) -> Option<Verdict> {
    while let Some(policy) = policies.next_of(Class::Deny) {
        let reason = match run.applies(policy) {
            Ok(false) => continue,
            Ok(true) => Reason::Denied,
            Err(fault) => {
                run.errors.add(policy.first, fault);
                Reason::DeniedByFault
            }
        };
        return Some(Verdict::by(reason, policy.first.slot()));
    }
    None
}

/// The first that applies of the allows that come next, at this place in the chain of levels.
#[inline(always)]
fn allowed(policies: &mut Policies<'_>, run: &mut Run<'_, '_>, place: usize) -> Verdict {
    let mut nearest = None;
    while let Some(policy) = policies.next_of(Class::Allow) {
        match run.applies(policy) {
            Ok(true) => return Verdict::by(Reason::Allowed, policy.first.slot()),
            Ok(false) => {}
            Err(fault) => run.errors.add(policy.first, fault),
        }
        nearest.get_or_insert(policy.first.slot());
    }
    let reason = if nearest.is_some() { Reason::NoConditionHolds } else { Reason::NoPolicy };
    Verdict { nearest, refusing: Some(place), ..Verdict::refused(reason) }
}
