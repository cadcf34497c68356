use std::sync::Arc;

use tollgate_policy::condition::{Outline, Program};
use tollgate_policy::engine::Effect;
use tollgate_policy::set::{Names, Policy};

/// A policy, taken apart for comparisons.
#[derive(Debug)]
pub(crate) struct Statement {
    policy: Arc<Policy>,
    ways: Vec<Way>,
}

/// One of the ways in which a policy is reached: by plain roles, or by a derived one.
#[derive(Debug)]
pub(super) struct Way {
    pub(super) roles: Names,
    /// Window, the derived role's condition and the policy's own, all of which must hold.
    pub(super) outline: Outline,
}

impl Statement {
    pub(crate) fn of(policy: Arc<Policy>) -> Self {
        let window = &policy.window;
        let window =
            window.not_before.map(Program::not_before).into_iter().chain(window.not_after.map(Program::before));
        let window: Vec<Outline> = window.map(|program| program.outline()).collect();
        let own: Vec<Outline> = policy.condition.iter().map(|condition| condition.program.outline()).collect();
        let all = |derived: Option<Outline>| {
            Outline::All(window.iter().cloned().chain(derived).chain(own.iter().cloned()).collect())
        };
        let plain = (!policy.roles.is_empty()).then(|| Way { roles: policy.roles.clone(), outline: all(None) });
        let derived = policy.derived_roles.iter().map(|role| Way {
            roles: role.roles.clone(),
            outline: all(role.condition.as_ref().map(|condition| condition.program.outline())),
        });
        let ways = plain.into_iter().chain(derived).collect();
        Statement { policy, ways }
    }

    pub(crate) fn policy(&self) -> &Arc<Policy> {
        &self.policy
    }

    pub(crate) fn effect(&self) -> Effect {
        self.policy.effect
    }

    pub(super) fn ways(&self) -> &[Way] {
        &self.ways
    }
}
