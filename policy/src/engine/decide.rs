use bumpalo::Bump;

use crate::identity::{Identities, Lookups};
use crate::snapshot::Snapshot;

use super::candidate::Policies;
use super::gather::Candidates;
use super::query::AskedScope;
use super::run::Run;
use super::{Class, Decision, Effect, PolicyRef, Query, Question, Reason, shadow};

/// What one decision leaves for the next: buffers, so that a decision allocates nothing once they have grown to what the
/// policy set needs, and the principals of HTTP requests.
#[derive(Debug, Default)]
pub struct Scratch {
    arena: Bump,
    pub(super) candidates: Candidates,
    pub(crate) identities: Identities,
}

impl Scratch {
    /// How often principals were looked for since this was last asked.
    pub fn take_identity_lookups(&mut self) -> Lookups {
        self.identities.take_counts()
    }

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

    pub(crate) fn answer<'s>(&'s self, question: &Question<'_>, arena: &Bump, scratch: &mut Scratch) -> Decision<'s> {
        let mut decision = Decision::undecided(self.digest());
        let mut run = Run::new(self, &question.inputs, arena);
        let candidates = &mut scratch.candidates;
        if question.scope != AskedScope::Root {
            self.answer_within(question, candidates, &mut decision, &mut run);
            return decision;
        }
        self.gather_at_root(question, candidates);
        let refusing = decision.enforce(candidates, &mut run);
        if self.has_shadow() {
            decision.shadow = shadow::outcome(&decision, refusing, candidates, &mut run);
        }
        decision
    }

    /// As [`Snapshot::answer`], for a question in a scope; kept apart, so that the others are quick.
    #[inline(never)]
    fn answer_within<'s>(
        &'s self,
        question: &Question<'_>,
        candidates: &mut Candidates,
        decision: &mut Decision<'s>,
        run: &mut Run<'s, '_>,
    ) {
        match question.scope {
            AskedScope::Mismatch => decision.reason = Reason::ScopeMismatch,
            AskedScope::Unknown => decision.reason = Reason::UnknownScope,
            AskedScope::Root | AskedScope::Within(_) => {
                self.gather(question, candidates);
                let refusing = decision.enforce_levels(candidates, run);
                if self.has_shadow() {
                    decision.shadow = shadow::outcome(decision, refusing, candidates, run);
                }
            }
        }
    }
}

/// The level of a scope that refuses, where an allow is missing: its place in the chain.
pub(super) type RefusingLevel = Option<usize>;

impl<'s> Decision<'s> {
    /// What the enforced policies of the only level say.
    fn enforce(&mut self, candidates: &Candidates, run: &mut Run<'s, '_>) -> RefusingLevel {
        let mut policies = Policies::of(&candidates.all);
        if self.denied(&mut policies, run) {
            return None;
        }
        let Some(policy) = self.allowing(&mut policies, run) else { return Some(0) };
        self.by(Effect::Allow, Reason::Allowed, policy);
        None
    }

    /// A deny at any level denies; then each level that must allow, does.
    fn enforce_levels(&mut self, candidates: &Candidates, run: &mut Run<'s, '_>) -> RefusingLevel {
        for level in candidates.levels() {
            if self.denied(&mut Policies::of(candidates.of(&level)), run) {
                return None;
            }
        }
        let mut allowing = None;
        for (place, level) in candidates.levels().enumerate().filter(|(_, level)| level.allows.enforced) {
            (self.reason, self.nearest) = (Reason::NoPolicy, None);
            allowing = self.allowing(&mut Policies::from(candidates.of(&level), Class::Allow), run);
            if allowing.is_none() {
                self.scope = run.scope_name(&level);
                return Some(place);
            }
        }
        if let Some(policy) = allowing {
            self.by(Effect::Allow, Reason::Allowed, policy);
        }
        None
    }

    /// Whether one of the denies that come next applies.
    #[inline(always)]
    fn denied(&mut self, policies: &mut Policies<'_>, run: &mut Run<'s, '_>) -> bool {
        while let Some(policy) = policies.next_of(Class::Deny) {
            let reason = match run.applies(policy) {
                Ok(false) => continue,
                Ok(true) => Reason::Denied,
                Err(fault) => {
                    self.errs(run.error(policy.first, fault));
                    Reason::DeniedByFault
                }
            };
            self.by(Effect::Deny, reason, run.policy(policy.first));
            return true;
        }
        false
    }

    /// The first that applies of the allows that come next.
    #[inline(always)]
    fn allowing(&mut self, policies: &mut Policies<'_>, run: &mut Run<'s, '_>) -> Option<PolicyRef<'s>> {
        while let Some(policy) = policies.next_of(Class::Allow) {
            match run.applies(policy) {
                Ok(true) => return Some(run.policy(policy.first)),
                Ok(false) => {}
                Err(fault) => self.errs(run.error(policy.first, fault)),
            }
            self.reason = Reason::NoConditionHolds;
            self.nearest.get_or_insert(run.policy(policy.first));
        }
        None
    }
}
