use std::fmt;

use crate::http::InvalidRequest;
use crate::identity::AuthFailure;

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
    /// The question is asked in a scope that the set does not have.
    UnknownScope,
    /// The principal and the resource belong to different scopes.
    ScopeMismatch,
    /// No route matches the request.
    NoRoute,
    /// No route matches, and the set lets such requests pass.
    PassedUnmatched,
    /// The request has no single reading.
    Invalid(InvalidRequest),
    /// The identity of the caller is missing or invalid.
    Unauthenticated(AuthFailure),
    /// The body is larger than the route reads.
    BodyTooLarge,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Allowed => f.write_str("an allow policy applies"),
            Reason::Denied => f.write_str("a deny policy applies"),
            Reason::DeniedByFault => f.write_str("a deny policy applies because its condition failed to evaluate"),
            Reason::NoConditionHolds => f.write_str("no allow policy's condition holds"),
            Reason::NoPolicy => f.write_str("no policy allows this action to the principal's roles"),
            Reason::UnknownScope => f.write_str("the policies have no such scope"),
            Reason::ScopeMismatch => f.write_str("the principal belongs to another scope than the resource"),
            Reason::NoRoute => f.write_str("no route matches the request"),
            Reason::PassedUnmatched => f.write_str("no route matches the request and unmatched requests pass"),
            Reason::Invalid(why) => why.fmt(f),
            Reason::Unauthenticated(why) => why.fmt(f),
            Reason::BodyTooLarge => f.write_str("the body is larger than the route takes"),
        }
    }
}
