use bumpalo::Bump;

use crate::condition::{Map, Value};
use crate::engine::{Decision, Effect, PolicyError, PolicyRef, Question, Reason, RequestFacts, Resource, Scratch};
use crate::identity::{AuthFailure, Evidence, Principal, authenticate};
use crate::snapshot::Snapshot;

use super::request::RequestHead;
use super::route::{Captured, RouteTarget, ValueSource};
use super::{Headers, InvalidRequest, path};

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HttpVerdict {
    /// It may go upstream.
    Allow,
    /// It is answered here.
    Refuse(Refusal),
}

/// The kinds of refusal that a decision comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The request has no single reading.
    InvalidRequest,
    /// Identity is missing or invalid.
    Unauthenticated,
    /// The policies say no.
    Forbidden,
}

impl Refusal {
    /// The HTTP status.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Refusal::InvalidRequest => 400,
            Refusal::Unauthenticated => 401,
            Refusal::Forbidden => 403,
        }
    }

    /// The `code` of the problem document.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Refusal::InvalidRequest => "INVALID_REQUEST",
            Refusal::Unauthenticated => "UNAUTHENTICATED",
            Refusal::Forbidden => "FORBIDDEN",
        }
    }
}

/// The answer to an HTTP request, and what the operator may want to know of it.
#[derive(Debug)]
pub struct HttpOutcome<'s> {
    /// Allow or refuse.
    pub verdict: HttpVerdict,
    /// Why.
    pub reason: Reason,
    /// For an unauthenticated request: which source refused, and why.
    pub detail: Option<String>,
    /// The route that matched.
    pub route: Option<&'s str>,
    /// Who asked, once that is known.
    pub principal: Option<Principal>,
    /// The policy that decided.
    pub policy: Option<&'s str>,
    /// The first allow policy whose condition did not hold, where that is the reason.
    pub nearest: Option<&'s str>,
    /// How many conditions failed to evaluate.
    pub errors: u32,
    /// The first of them.
    pub first_error: Option<PolicyError<'s>>,
    /// Whether the identity headers that the set reads came from a trusted peer. If not, they must not reach the upstream.
    pub identity_headers_trusted: bool,
}

impl Snapshot {
    /// Decides one HTTP request: one reading, route, identity, policies, in this order.
    pub fn check_http<'s>(
        &'s self,
        headers: Headers<'_>,
        evidence: &dyn Evidence,
        scratch: &mut Scratch,
    ) -> HttpOutcome<'s> {
        scratch.with_arena(|arena, scratch| self.check_in(headers, evidence, arena, scratch))
    }

    fn check_in<'s>(
        &'s self,
        headers: Headers<'_>,
        evidence: &dyn Evidence,
        arena: &Bump,
        scratch: &mut Scratch,
    ) -> HttpOutcome<'s> {
        let head = match self.read_head(headers, arena) {
            Ok(head) => head,
            Err(why) => return HttpOutcome::refused(Refusal::InvalidRequest, Reason::Invalid(why)),
        };
        let Some((route, captured)) = self.routes().find(&head) else {
            return match self.passes_unmatched() {
                true => HttpOutcome {
                    verdict: HttpVerdict::Allow,
                    ..HttpOutcome::refused(Refusal::Forbidden, Reason::PassedUnmatched)
                },
                false => HttpOutcome::refused(Refusal::Forbidden, Reason::NoRoute),
            };
        };
        let found = authenticate(self.identity(), headers, evidence);
        let unauthenticated = |failure, detail| HttpOutcome {
            detail,
            route: Some(&*route.name),
            ..HttpOutcome::refused(Refusal::Unauthenticated, Reason::Unauthenticated(failure))
        };
        let principal = match found.claims {
            Ok(Some(claims)) => self.principal(claims),
            Ok(None) if route.anonymous_allowed => self.anonymous(),
            Ok(None) => return unauthenticated(AuthFailure::Missing, None),
            Err(why) => return unauthenticated(AuthFailure::Invalid, Some(why)),
        };
        let question = Question {
            principal: &principal,
            kind: Some(route.kind.0),
            action: Some(route.action.0),
            resource: resource(route, &captured, arena),
            request: RequestFacts {
                method: Some(head.method),
                path: Some(head.path.as_str()),
                host: Some(head.host),
                headers: match found.headers_trusted {
                    true => headers,
                    false => self.without_identity(headers, arena),
                },
            },
        };
        let decision = self.answer(&question, arena, scratch);
        HttpOutcome {
            route: Some(&*route.name),
            identity_headers_trusted: found.headers_trusted,
            principal: Some(principal),
            ..HttpOutcome::decided(&decision)
        }
    }

    /// What an untrusted peer says of its identity must not reach a condition either.
    fn without_identity<'a>(&self, headers: Headers<'a>, arena: &'a Bump) -> Headers<'a> {
        let is_identity = |name: &[u8]| self.identity_header_names().any(|own| own.as_bytes() == name);
        let mut kept = bumpalo::collections::Vec::with_capacity_in(headers.0.len(), arena);
        kept.extend(headers.0.iter().copied().filter(|(name, _)| !is_identity(name)));
        Headers(kept.into_bump_slice())
    }

    fn read_head<'a>(&self, headers: Headers<'a>, arena: &'a Bump) -> Result<RequestHead<'a>, InvalidRequest> {
        let head = RequestHead::read(headers, arena)?;
        match self.headers_read().any(|name| headers.repeats(name)) {
            true => Err(InvalidRequest::RepeatedHeader),
            false => Ok(head),
        }
    }
}

impl<'s> HttpOutcome<'s> {
    fn refused(refusal: Refusal, reason: Reason) -> Self {
        HttpOutcome {
            verdict: HttpVerdict::Refuse(refusal),
            reason,
            detail: None,
            route: None,
            principal: None,
            policy: None,
            nearest: None,
            errors: 0,
            first_error: None,
            identity_headers_trusted: false,
        }
    }

    fn decided(decision: &Decision<'s>) -> Self {
        HttpOutcome {
            verdict: match decision.effect {
                Effect::Allow => HttpVerdict::Allow,
                Effect::Deny => HttpVerdict::Refuse(Refusal::Forbidden),
            },
            policy: decision.policy.map(PolicyRef::name),
            nearest: decision.nearest.map(PolicyRef::name),
            errors: decision.errors,
            first_error: decision.first_error,
            ..HttpOutcome::refused(Refusal::Forbidden, decision.reason)
        }
    }
}

fn resource<'a>(route: &'a RouteTarget, captured: &Captured<'a>, arena: &'a Bump) -> Resource<'a> {
    // Templates and value sources are checked against each other when the snapshot is decoded.
    let value = |source: &'a ValueSource| match source {
        ValueSource::Literal(text) => &**text,
        ValueSource::Capture(index) => path::decode(captured.get(*index).unwrap_or_default(), arena),
    };
    let attributes = route.attributes.iter().map(|(name, source)| (&**name, Value::Str(value(source))));
    Resource {
        kind: &route.kind.1,
        id: route.id.as_ref().map(value),
        attributes: Map::Pairs(arena.alloc_slice_fill_iter(attributes)),
    }
}
