use std::fmt;

use crate::condition::{Code, Fault};
use crate::digest::Digest;
use crate::http::InvalidRequest;
use crate::identity::AuthFailure;
use crate::snapshot::Snapshot;

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

/// Why a request was answered as it was; displays as a sentence for the operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// An allow policy applies and no deny policy does.
    Allowed,
    /// A deny policy applies.
    Denied,
    /// A deny policy's condition could not be evaluated, so it applies.
    DeniedByFault,
    /// Allow policies name this kind, action and role, but the condition of none of them holds.
    NoConditionHolds,
    /// No policy allows any of the principal's roles this action on this kind.
    NoPolicy,
    /// No route matches the request.
    NoRoute,
    /// No route matches, and the set lets such requests pass.
    PassedUnmatched,
    /// The request has no single reading.
    Invalid(InvalidRequest),
    /// The identity of the caller is missing or invalid.
    Unauthenticated(AuthFailure),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Allowed => f.write_str("an allow policy applies"),
            Reason::Denied => f.write_str("a deny policy applies"),
            Reason::DeniedByFault => f.write_str("a deny policy applies because its condition failed to evaluate"),
            Reason::NoConditionHolds => f.write_str("no allow policy's condition holds"),
            Reason::NoPolicy => f.write_str("no policy allows this action to the principal's roles"),
            Reason::NoRoute => f.write_str("no route matches the request"),
            Reason::PassedUnmatched => f.write_str("no route matches the request and unmatched requests pass"),
            Reason::Invalid(why) => why.fmt(f),
            Reason::Unauthenticated(why) => why.fmt(f),
        }
    }
}

/// The answer to a [`super::Query`], borrowed from the snapshot that gave it.
#[derive(Clone, Copy, Debug)]
pub struct Decision<'s> {
    /// Allow or deny.
    pub effect: Effect,
    /// Why.
    pub reason: Reason,
    /// The policy that decided: the first that applies, in the snapshot's order.
    pub policy: Option<PolicyRef<'s>>,
    /// For [`Reason::NoConditionHolds`]: the first allow policy whose condition did not hold.
    pub nearest: Option<PolicyRef<'s>>,
    /// How many of the evaluated policies' conditions failed to evaluate.
    pub errors: u32,
    /// The first of them.
    pub first_error: Option<PolicyError<'s>>,
    /// The snapshot that decided.
    pub digest: Digest,
}

/// A policy of a snapshot. Its name is looked up only when it is asked for: most decisions never are.
#[derive(Clone, Copy)]
pub struct PolicyRef<'s> {
    pub(crate) snapshot: &'s Snapshot,
    pub(crate) slot: u32,
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
    /// The policy's name.
    pub policy: &'s str,
    pub(crate) fault: Fault,
    pub(crate) code: &'s Code,
}

impl fmt::Display for PolicyError<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "policy `{}`: {}", self.policy, self.fault.describe(self.code))
    }
}

impl fmt::Debug for PolicyError<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PolicyError({self})")
    }
}

/// Whether a candidate policy applies.
#[derive(Clone, Copy, Debug)]
pub enum Applies<'s> {
    /// It has no condition, or the condition holds.
    Yes,
    /// Its condition does not hold.
    No,
    /// Its condition failed to evaluate: a deny applies, an allow does not.
    Error(PolicyError<'s>),
}

/// A policy that names the query's kind, action and one of its roles.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'s> {
    /// The policy's name.
    pub policy: &'s str,
    /// What it does when it applies.
    pub effect: Effect,
    /// Whether it does.
    pub applies: Applies<'s>,
}
