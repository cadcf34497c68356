use std::collections::HashMap;
use std::sync::Arc;

use tollgate_policy::engine::Effect;
use tollgate_policy::set::{Names, Policy, is_within_scope};

use super::super::prover::{common_action, includes, windows_meet};
use super::super::study::{Cancelled, Study};
use super::ordered;

/// Most pairs that are looked at to see whether they have anything in common, and most that are kept.
const MAX_LOOKS: usize = 50_000_000;
const MAX_KEPT: usize = 2_000_000;

/// Looks between two questions whether anybody still waits.
const LOOKS: usize = 4096;

/// What policies are about, as far as it can be told without their conditions.
pub(super) struct Abouts<'p> {
    policies: &'p [Arc<Policy>],
    /// Those about a kind, and those about all.
    by_kind: HashMap<&'p str, Vec<usize>>,
    any_kind: Vec<usize>,
    roles: Vec<Option<Vec<&'p str>>>,
}

/// How many pairs may still be looked at.
#[derive(Debug, Default)]
pub(super) struct Room {
    looks: usize,
    policies_left_out: usize,
}

type Places = Vec<(usize, usize)>;

impl Room {
    pub(super) fn policies_left_out(&self) -> usize {
        self.policies_left_out
    }
}

impl<'p> Abouts<'p> {
    pub(super) fn of(policies: &'p [Arc<Policy>]) -> Self {
        let mut abouts = Abouts {
            policies,
            by_kind: HashMap::new(),
            any_kind: Vec::new(),
            roles: policies.iter().map(|policy| roles(policy)).collect(),
        };
        for (place, policy) in policies.iter().enumerate() {
            match &policy.kinds {
                Names::Any => abouts.any_kind.push(place),
                Names::Of(kinds) => {
                    kinds.iter().for_each(|kind| abouts.by_kind.entry(kind).or_default().push(place));
                }
            }
        }
        abouts
    }

    /// Pairs of opposite effect that have a kind, an action, a role, a scope and a time in common; and pairs of one effect of
    /// which the second is about all that the first is about.
    pub(super) fn pairs(
        &self,
        only: Option<usize>,
        room: &mut Room,
        study: &Study,
    ) -> Result<(Places, Places), Cancelled> {
        let (mut opposite, mut same) = (Vec::new(), Vec::new());
        // When a place was last met, so that it is met once.
        let mut met = vec![usize::MAX; self.policies.len()];
        for (place, policy) in
            self.policies.iter().enumerate().filter(|(place, _)| only.is_none_or(|only| only == *place))
        {
            if room.looks >= MAX_LOOKS || opposite.len() + same.len() >= MAX_KEPT {
                room.policies_left_out += 1;
                continue;
            }
            study.goes_on()?;
            let mut look = |other: usize| {
                if other == place || met.get(other).is_none_or(|last| *last == place) {
                    return Ok(());
                }
                if let Some(last) = met.get_mut(other) {
                    *last = place;
                }
                room.looks += 1;
                if room.looks.is_multiple_of(LOOKS) {
                    study.goes_on()?;
                }
                let Some(against) = self.policies.get(other) else { return Ok(()) };
                if policy.effect == against.effect {
                    if self.is_about_all_of(other, place) {
                        same.push((place, other));
                    }
                    if only.is_some() && self.is_about_all_of(place, other) {
                        same.push((other, place));
                    }
                } else if (only.is_some() || policy.effect == Effect::Allow) && self.have_in_common(place, other) {
                    opposite.extend(ordered(self.policies, place, other));
                }
                Ok(())
            };
            match &policy.kinds {
                Names::Any => (0..self.policies.len()).try_for_each(&mut look)?,
                Names::Of(kinds) => {
                    let of_kinds = kinds.iter().filter_map(|kind| self.by_kind.get(kind.as_str())).flatten();
                    of_kinds.chain(&self.any_kind).copied().try_for_each(&mut look)?;
                }
            }
        }
        Ok((opposite, same))
    }

    fn have_in_common(&self, one: usize, other: usize) -> bool {
        let (Some(a), Some(b)) = (self.policies.get(one), self.policies.get(other)) else { return false };
        self.share_role(one, other)
            && (is_within_scope(a.scope.as_deref(), b.scope.as_deref())
                || is_within_scope(b.scope.as_deref(), a.scope.as_deref()))
            && windows_meet(a, b)
            && common_action(&a.actions, &b.actions).is_some()
    }

    fn share_role(&self, one: usize, other: usize) -> bool {
        let roles = |place: usize| self.roles.get(place).map(Option::as_deref);
        match (roles(one), roles(other)) {
            (Some(Some(a)), Some(Some(b))) => a.iter().any(|role| b.contains(role)),
            (Some(_), Some(_)) => true,
            _ => false,
        }
    }

    /// Whether the first may be about everything that the second is about.
    fn is_about_all_of(&self, wide: usize, narrow: usize) -> bool {
        let (Some(wide), Some(narrow)) = (self.policies.get(wide), self.policies.get(narrow)) else { return false };
        let covers = |roles: &Names| {
            includes(&wide.roles, roles, |own, other| own == other)
                || wide.derived_roles.iter().any(|role| includes(&role.roles, roles, |own, other| own == other))
        };
        wide.scope == narrow.scope
            && includes(&wide.kinds, &narrow.kinds, |own, other| own == other)
            && includes(&wide.actions, &narrow.actions, super::super::prover::glob_includes)
            && (narrow.roles.is_empty() || covers(&narrow.roles))
            && narrow.derived_roles.iter().all(|role| covers(&role.roles))
    }
}

/// The plain roles by which a policy is reached; `None`: any.
fn roles(policy: &Policy) -> Option<Vec<&str>> {
    let mut all = Vec::new();
    for names in std::iter::once(&policy.roles).chain(policy.derived_roles.iter().map(|role| &role.roles)) {
        match names {
            Names::Any => return None,
            Names::Of(names) => all.extend(names.iter().map(String::as_str)),
        }
    }
    Some(all)
}
