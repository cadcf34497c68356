use std::fmt;

use crate::condition::Fault;
use crate::digest::Digest;
use crate::snapshot::Snapshot;

use super::candidate::Slot;
use super::{Reason, ShadowOutcome};

/// What a policy does when it applies, and what a decision comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Let it pass.
    Allow,
    /// Refuse it; overrides every allow.
    Deny,
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Effect::Allow => "allow",
            Effect::Deny => "deny",
        })
    }
}

/// The answer to a [`super::Query`], borrowed from the snapshot that gave it.
#[derive(Clone, Copy, Debug)]
pub struct Decision<'s> {
    /// Allow or deny.
    pub effect: Effect,
    /// Why.
    pub reason: Reason,
    /// The policy that decided: the first that applies, in the snapshot's order; where every level of a scope allows, the
    /// lowest level's.
    pub policy: Option<PolicyRef<'s>>,
    /// For [`Reason::NoConditionHolds`]: the first allow policy whose condition did not hold.
    pub nearest: Option<PolicyRef<'s>>,
    /// Where a level of the question's scope did not allow: that scope. Absent for the root.
    pub scope: Option<&'s str>,
    /// How many of the evaluated policies failed to evaluate.
    pub errors: u32,
    /// The first of them.
    pub first_error: Option<PolicyError<'s>>,
    /// What shadow policies would have made of it, were they enforced; absent where that is the same.
    pub shadow: Option<ShadowOutcome<'s>>,
    /// The snapshot that decided.
    pub digest: &'s Digest,
}

/// A policy of a snapshot. Its name is looked up only when it is asked for: most decisions never are.
#[derive(Clone, Copy)]
pub struct PolicyRef<'s> {
    pub(crate) snapshot: &'s Snapshot,
    pub(crate) slot: Slot,
}

impl<'s> PolicyRef<'s> {
    /// The policy's name.
    #[must_use]
    pub fn name(self) -> &'s str {
        self.snapshot.policy_name(self.slot)
    }
}

impl fmt::Debug for PolicyRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.name().fmt(f)
    }
}

/// A policy whose condition failed to evaluate; displays as policy and fault.
#[derive(Clone, Copy)]
pub struct PolicyError<'s> {
    /// The policy.
    pub policy: PolicyRef<'s>,
    pub(crate) fault: Fault,
}

impl fmt::Display for PolicyError<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "policy `{}`: {}", self.policy.name(), self.fault.describe(self.policy.snapshot.code()))
    }
}

impl fmt::Debug for PolicyError<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PolicyError({self})")
    }
}
