use std::sync::Arc;

use tollgate_policy::engine::{Effect, Reason};
use tollgate_policy::set::{Policy, PolicySet};
use tollgate_policy::snapshot::{SnapshotId, compile};

use crate::ask::{Answer, ask};
use crate::catalogue::Surroundings;

use super::point::{Found, Question};
use super::statement::Statement;
use super::verdict::Conflict;
use super::witness::Witness;

/// Has the engine decide questions by two policies and nothing else.
#[derive(Debug)]
pub(super) struct Judge<'s> {
    surroundings: &'s Surroundings,
    allow: &'s Arc<Policy>,
    deny: &'s Arc<Policy>,
}

impl<'s> Judge<'s> {
    pub(super) fn new(surroundings: &'s Surroundings, allow: &'s Statement, deny: &'s Statement) -> Self {
        Judge { surroundings, allow: allow.policy(), deny: deny.policy() }
    }

    /// The conflict that a question shows, if the engine allows it by the one policy, and denies it because of the other.
    pub(super) fn conflict(&self, found: &Found<'_>) -> Option<Conflict> {
        let Found { question, point } = found;
        let alone = self.decide(&[self.allow], question)?;
        let both = self.decide(&[self.allow, self.deny], question)?;
        let shows = alone.decision == Effect::Allow
            && alone.policy.as_ref() == Some(&self.allow.name)
            && both.decision == Effect::Deny
            && both.policy.as_ref() == Some(&self.deny.name);
        if !shows {
            tracing::debug!(allow = self.allow.name, deny = self.deny.name, ?question, "the engine decides otherwise");
            return None;
        }
        Some(Conflict {
            witness: Witness::of(question),
            by_fault: both.reason == Reason::DeniedByFault,
            joined_roles: point.who.is_joined(),
            shadowed: false,
        })
    }

    fn decide(&self, policies: &[&Arc<Policy>], question: &Question) -> Option<Answer> {
        let mut policies: Vec<Arc<Policy>> = policies.iter().map(|policy| Arc::clone(policy)).collect();
        policies.sort_by(|a, b| a.name.cmp(&b.name));
        let derived = policies.iter().flat_map(|policy| policy.derived_roles.iter().cloned());
        let mut derived_roles: Vec<_> = derived.collect();
        derived_roles.sort_by(|a, b| a.name.cmp(&b.name));
        derived_roles.dedup_by(|a, b| a.name == b.name);
        let named =
            policies.iter().filter_map(|policy| policy.scope.as_deref()).chain(question.resource.scope.as_deref());
        let scopes = named.flat_map(levels).filter(|level| self.surroundings.scopes.contains(*level));
        let scopes = scopes.map(str::to_owned).collect();
        let set = PolicySet { policies, derived_roles, scopes, ..PolicySet::default() };
        let snapshot = compile(&set, SnapshotId::default()).ok()?.snapshot;
        let Question { principal, circumstances, .. } = question;
        ask(&snapshot, &set, principal.as_ref(), question.asked(), *circumstances, &mut |_| {}).ok()
    }
}

/// A scope and those that it is within.
fn levels(scope: &str) -> impl Iterator<Item = &str> {
    let ends = scope.match_indices('.').map(|(end, _)| end).chain([scope.len()]);
    ends.filter_map(|end| scope.get(..end))
}
