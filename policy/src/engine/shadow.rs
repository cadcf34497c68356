use std::fmt;

use super::candidate::of_class;
use super::decide::Verdict;
use super::gather::Candidates;
use super::run::{Policies, Run};
use super::{CandidateRef, Class, Effect, PolicyRef, Reason};

/// What a decision would have been, had the shadow policies been enforced; displays as effect, reason and policy.
#[derive(Clone, Copy, Debug)]
pub struct ShadowOutcome<'s> {
    /// Allow or deny: the opposite of what was decided.
    pub effect: Effect,
    /// Why.
    pub reason: Reason,
    /// The shadow policy that makes the difference. Absent where a scope has shadow allows, so that it must allow, and none
    /// is for the principal's roles.
    pub policy: Option<PolicyRef<'s>>,
}

impl fmt::Display for ShadowOutcome<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.effect, self.reason)?;
        match self.policy {
            Some(policy) => write!(f, ": `{}`", policy.name()),
            None => Ok(()),
        }
    }
}

/// What shadow policies change about a decision. Those of them that fail to evaluate count as they would if enforced.
#[cold]
pub(super) fn outcome<'s>(
    verdict: &Verdict,
    candidates: &Candidates,
    run: &mut Run<'s, '_>,
) -> Option<ShadowOutcome<'s>> {
    if verdict.reason == Reason::Denied || verdict.reason == Reason::DeniedByFault {
        return None;
    }
    let outcome = with_shadow(verdict, candidates, run);
    (outcome.effect != verdict.effect()).then_some(outcome)
}

fn with_shadow<'s>(verdict: &Verdict, candidates: &Candidates, run: &mut Run<'s, '_>) -> ShadowOutcome<'s> {
    for level in candidates.levels() {
        let mut denies = Policies::of(of_class(candidates.of(&level), Class::ShadowDeny).iter().copied());
        while let Some((policy, outcome)) = denies.next(run) {
            let reason = match outcome {
                Ok(false) => continue,
                Ok(true) => Reason::Denied,
                Err(_) => Reason::DeniedByFault,
            };
            return ShadowOutcome { effect: Effect::Deny, reason, policy: Some(run.policy(policy)) };
        }
    }
    let mut outcome = ShadowOutcome { effect: verdict.effect(), reason: verdict.reason, policy: None };
    for (place, level) in candidates.levels().enumerate() {
        let of_level = candidates.of(&level);
        let allowed = level.allows.enforced
            && match verdict.refusing {
                None => true,
                Some(refusing) if place <= refusing => place < refusing,
                // Nobody has looked at the levels below the one that refuses.
                Some(_) => applying(of_level, Class::Allow, run).is_some(),
            };
        if allowed || !(level.allows.enforced || level.allows.shadow) {
            continue;
        }
        match applying(of_level, Class::ShadowAllow, run) {
            Some(policy) => {
                outcome = ShadowOutcome { effect: Effect::Allow, reason: Reason::Allowed, policy: Some(policy) };
            }
            None => {
                let nearest = of_class(of_level, Class::ShadowAllow).first();
                let reason = if nearest.is_some() { Reason::NoConditionHolds } else { Reason::NoPolicy };
                let policy = nearest.map(|policy| run.policy(*policy));
                return ShadowOutcome { effect: Effect::Deny, reason, policy };
            }
        }
    }
    outcome
}

/// The first policy of a class that applies.
fn applying<'s>(candidates: &[CandidateRef], class: Class, run: &mut Run<'s, '_>) -> Option<PolicyRef<'s>> {
    let mut policies = Policies::of(of_class(candidates, class).iter().copied());
    while let Some((policy, outcome)) = policies.next(run) {
        if outcome == Ok(true) {
            return Some(run.policy(policy));
        }
    }
    None
}
