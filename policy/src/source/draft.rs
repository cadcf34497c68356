use std::mem;
use std::sync::Arc;

use crate::set::{DerivedRole, Names, Policy};

use super::condition::{Conditions, Written};
use super::location::{FileId, Mark, Place};
use super::node::Spot;
use super::report::Report;

/// Most combinations of kind, action and role of one policy.
const MAX_COMBINATIONS: usize = 1 << 16;

/// A policy on its way into the set.
pub(super) struct Draft {
    pub(super) file: FileId,
    stage: Stage,
}

enum Stage {
    /// As it stands in a file: derived roles are among its roles, and its condition is not lowered.
    Read(Box<Read>),
    /// As it was in a set before this one.
    Again(Finished),
}

struct Read {
    /// Absent where it was refused: then only its condition is still to be checked.
    policy: Option<(Policy, Places)>,
    condition: Option<Written>,
}

/// Where a file says what may have to be pointed at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Places {
    pub(super) name: Mark,
    pub(super) scope: Option<Mark>,
}

/// A policy of a set, and what of its file it takes to make it again without reading that.
#[derive(Debug)]
pub(super) struct Finished {
    pub(super) policy: Arc<Policy>,
    places: Places,
    condition: Option<Spot>,
    /// As written, if derived roles are among them.
    roles: Option<Names>,
}

impl Draft {
    pub(super) fn read(file: FileId, policy: Option<(Policy, Places)>, condition: Option<Written>) -> Self {
        Draft { file, stage: Stage::Read(Box::new(Read { policy, condition })) }
    }

    pub(super) fn again(file: FileId, finished: Finished) -> Self {
        Draft { file, stage: Stage::Again(finished) }
    }

    /// The kinds and the roles it is about, where these are known.
    pub(super) fn about(&self) -> Option<(&Names, &Names)> {
        match &self.stage {
            Stage::Read(read) => read.policy.as_ref().map(|(policy, _)| (&policy.kinds, &policy.roles)),
            Stage::Again(finished) => Some((&finished.policy.kinds, finished.written_roles())),
        }
    }

    /// The policy, once the set's derived roles are known, sorted by name. One that is in `before`, the policies of an earlier
    /// set, is shared with that.
    pub(super) fn finish(
        self,
        derived: &[Arc<DerivedRole>],
        before: &[Arc<Policy>],
        conditions: &mut Conditions,
        report: &mut Report<'_>,
    ) -> Option<Finished> {
        match self.stage {
            Stage::Read(read) => {
                let Read { policy, condition } = *read;
                let kinds = policy.as_ref().map(|(policy, _)| &policy.kinds);
                let (mut spot, mut lowered) = (None, None);
                if let Some(written) = condition {
                    let found = conditions.lower(&written, kinds, report)?;
                    (spot, lowered) = (Some(written.spot()), Some(found.condition(written)));
                }
                let (mut policy, places) = policy?;
                policy.condition = lowered;
                let derived_roles = derived_among(&policy.roles, derived);
                let roles = divide_roles(&mut policy, derived_roles);
                is_bounded(&policy, Place { file: self.file, mark: places.name }, report).then(|| Finished {
                    policy: shared(policy, before),
                    places,
                    condition: spot,
                    roles,
                })
            }
            Stage::Again(finished) => finished.again(self.file, derived, before, conditions, report),
        }
    }
}

impl Finished {
    /// Its name, and where that and its scope are written.
    pub(super) fn names(&self) -> (&str, Mark, Option<(&str, Mark)>) {
        let Finished { policy, places, .. } = self;
        (&policy.name, places.name, policy.scope.as_deref().zip(places.scope))
    }

    /// The policy among others: it may be checked against something else than before, and derived roles may be others.
    fn again(
        mut self,
        file: FileId,
        derived: &[Arc<DerivedRole>],
        before: &[Arc<Policy>],
        conditions: &mut Conditions,
        report: &mut Report<'_>,
    ) -> Option<Self> {
        let program = match (&self.policy.condition, self.condition) {
            (Some(condition), Some(spot)) => {
                let written = Written::again(&condition.text, file, spot);
                Some(&conditions.lower(&written, Some(&self.policy.kinds), report)?.program)
            }
            _ => None,
        };
        let derived_roles = derived_among(self.written_roles(), derived);
        if self.policy.condition.as_ref().map(|condition| &condition.program) == program
            && are_same(&self.policy.derived_roles, &derived_roles)
        {
            return Some(self);
        }
        let mut policy = Policy::clone(&self.policy);
        if let (Some(condition), Some(program)) = (&mut policy.condition, program) {
            condition.program = program.clone();
        }
        policy.roles = self.roles.take().unwrap_or(policy.roles);
        self.roles = divide_roles(&mut policy, derived_roles);
        if !is_bounded(&policy, Place { file, mark: self.places.name }, report) {
            return None;
        }
        self.policy = shared(policy, before);
        Some(self)
    }

    fn written_roles(&self) -> &Names {
        self.roles.as_ref().unwrap_or(&self.policy.roles)
    }
}

/// Takes derived roles from among a policy's roles. Returns the roles as they were, if there were any.
fn divide_roles(policy: &mut Policy, derived_roles: Vec<Arc<DerivedRole>>) -> Option<Names> {
    policy.derived_roles = derived_roles;
    if policy.derived_roles.is_empty() {
        return None;
    }
    let mut plain = policy.roles.clone();
    if let Names::Of(roles) = &mut plain {
        roles.retain(|role| !policy.derived_roles.iter().any(|derived| derived.name == *role));
    }
    Some(mem::replace(&mut policy.roles, plain))
}

/// The derived roles among these roles, in their order.
fn derived_among(roles: &Names, derived: &[Arc<DerivedRole>]) -> Vec<Arc<DerivedRole>> {
    let Names::Of(roles) = roles else { return Vec::new() };
    let find = |role: &String| {
        let at = derived.binary_search_by(|derived| derived.name.cmp(role)).ok()?;
        derived.get(at).cloned()
    };
    roles.iter().filter_map(find).collect()
}

fn are_same(some: &[Arc<DerivedRole>], others: &[Arc<DerivedRole>]) -> bool {
    some.len() == others.len() && some.iter().zip(others).all(|(one, other)| Arc::ptr_eq(one, other) || one == other)
}

fn shared(policy: Policy, before: &[Arc<Policy>]) -> Arc<Policy> {
    let found = before.binary_search_by(|earlier| earlier.name.cmp(&policy.name)).ok().and_then(|at| before.get(at));
    match found.filter(|earlier| ***earlier == policy) {
        Some(earlier) => Arc::clone(earlier),
        None => Arc::new(policy),
    }
}

fn is_bounded(policy: &Policy, place: Place, report: &mut Report<'_>) -> bool {
    let roles: usize = policy.derived_roles.iter().map(|role| count(&role.roles)).sum();
    let combinations = count(&policy.kinds) * count(&policy.actions) * (count(&policy.roles) + roles);
    if combinations > MAX_COMBINATIONS {
        report.refuse(
            place,
            format!("the policy has {combinations} combinations of kind, action and role, the limit is {MAX_COMBINATIONS}; split it"),
        );
    }
    combinations <= MAX_COMBINATIONS
}

fn count(names: &Names) -> usize {
    match names {
        Names::Any => 1,
        Names::Of(names) => names.len(),
    }
}
