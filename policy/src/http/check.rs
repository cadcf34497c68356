use std::ops::ControlFlow;
use std::rc::Rc;

use bumpalo::Bump;

use crate::condition::{Inputs, Map, Value};
use crate::data::Data;
use crate::engine::{
    Action, Candidates, Decision, Effect, PolicyError, PolicyRef, Query, Question, Reason, RequestFacts, Resource,
    Scratch, ShadowOutcome,
};
use crate::identity::Principal;
use crate::snapshot::Snapshot;

use super::admit::Admitted;
use super::budget::{Charge, RouteBudget};
use super::route::{Captured, RouteTarget, ValueSource};
use super::{Headers, Source, Surroundings, path};

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
    /// The body is larger than the route reads.
    BodyTooLarge,
}

impl Refusal {
    /// The HTTP status.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Refusal::InvalidRequest => 400,
            Refusal::Unauthenticated => 401,
            Refusal::Forbidden => 403,
            Refusal::BodyTooLarge => 413,
        }
    }

    /// The `code` of the problem document.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Refusal::InvalidRequest => "INVALID_REQUEST",
            Refusal::Unauthenticated => "UNAUTHENTICATED",
            Refusal::Forbidden => "FORBIDDEN",
            Refusal::BodyTooLarge => "BODY_TOO_LARGE",
        }
    }

    fn because(reason: Reason) -> Self {
        match reason {
            Reason::Invalid(_) => Refusal::InvalidRequest,
            Reason::Unauthenticated(_) => Refusal::Unauthenticated,
            Reason::BodyTooLarge => Refusal::BodyTooLarge,
            _ => Refusal::Forbidden,
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
    pub principal: Option<Rc<Principal>>,
    /// The policy that decided.
    pub policy: Option<&'s str>,
    /// The first allow policy whose condition did not hold, where that is the reason.
    pub nearest: Option<&'s str>,
    /// The scope that did not allow, where it is one below the root.
    pub scope: Option<&'s str>,
    /// What shadow policies would have made of the decision; absent where that is the same.
    pub shadow: Option<ShadowOutcome<'s>>,
    /// How many policies failed to evaluate.
    pub errors: u32,
    /// The first of them.
    pub first_error: Option<PolicyError<'s>>,
    /// How the route's requests count as calls of models, if they do.
    pub budget: Option<&'s RouteBudget>,
    /// Whether the identity headers that the set reads came from a trusted peer. If not, they must not reach the upstream.
    pub identity_headers_trusted: bool,
}

/// How far the headers of a request bring its decision.
#[derive(Debug)]
pub enum HttpProgress<'s> {
    /// To its end: no body matters.
    Decided(HttpOutcome<'s>),
    /// Not to an end: the route reads the body.
    NeedsBody {
        /// What is longer, in bytes, will be refused, so that there is no need to keep it.
        max_bytes: usize,
        /// How the route's requests count as calls of models, if they do.
        budget: Option<&'s RouteBudget>,
    },
}

impl Snapshot {
    /// Decides one HTTP request: one reading, route, identity, body, policies, in this order. `body` is the whole body,
    /// if the request has one.
    pub fn check_http<'s>(
        &'s self,
        headers: Headers<'_>,
        body: Option<&[u8]>,
        surroundings: &dyn Surroundings,
        scratch: &mut Scratch,
    ) -> HttpOutcome<'s> {
        let (arena, candidates, identities) = scratch.parts();
        match self.admit(headers, surroundings, arena, identities) {
            ControlFlow::Break(outcome) => outcome,
            ControlFlow::Continue(admitted) => match admitted.body(body, self.reads_body()) {
                Err(reason) => admitted.refused(reason),
                Ok(body) => self.settle(admitted, body.as_ref(), surroundings, arena, candidates, None),
            },
        }
    }

    /// As [`Snapshot::check_http`], and shows the question that the request comes to, if it comes to one.
    pub fn check_http_watched<'s>(
        &'s self,
        headers: Headers<'_>,
        body: Option<&[u8]>,
        surroundings: &dyn Surroundings,
        scratch: &mut Scratch,
        watch: &mut dyn FnMut(&Query<'_>),
    ) -> HttpOutcome<'s> {
        let (arena, candidates, identities) = scratch.parts();
        match self.admit(headers, surroundings, arena, identities) {
            ControlFlow::Break(outcome) => outcome,
            ControlFlow::Continue(admitted) => match admitted.body(body, self.reads_body()) {
                Err(reason) => admitted.refused(reason),
                Ok(body) => self.settle(admitted, body.as_ref(), surroundings, arena, candidates, Some(watch)),
            },
        }
    }

    /// As [`Snapshot::check_http`], before the body has come. Where that is needed, the request is to be checked again
    /// with it: by whatever snapshot is in force then.
    pub fn check_http_head<'s>(
        &'s self,
        headers: Headers<'_>,
        surroundings: &dyn Surroundings,
        scratch: &mut Scratch,
    ) -> HttpProgress<'s> {
        let (arena, candidates, identities) = scratch.parts();
        match self.admit(headers, surroundings, arena, identities) {
            ControlFlow::Break(outcome) => HttpProgress::Decided(outcome),
            ControlFlow::Continue(admitted) => match admitted.body_to_await() {
                Err(reason) => HttpProgress::Decided(admitted.refused(reason)),
                Ok(Some(max_bytes)) => HttpProgress::NeedsBody { max_bytes, budget: admitted.route.budget.as_deref() },
                Ok(None) => HttpProgress::Decided(self.settle(admitted, None, surroundings, arena, candidates, None)),
            },
        }
    }

    fn settle<'s, 'a>(
        &'s self,
        admitted: Admitted<'s, 'a>,
        body: Option<&Data>,
        surroundings: &dyn Surroundings,
        arena: &'a Bump,
        candidates: &mut Candidates,
        watch: Option<&mut dyn FnMut(&Query<'_>)>,
    ) -> HttpOutcome<'s> {
        let Admitted { head, query, route, captured, principal, headers, headers_trusted } = admitted;
        let scope = route.scope.as_ref().map(|source| value(source, &captured, arena));
        let inputs = Inputs {
            principal: &principal,
            resource: resource(route, &captured, arena),
            request: RequestFacts {
                method: Some(head.method),
                path: Some(head.path.as_str()),
                host: Some(head.host),
                headers: match headers_trusted {
                    true => headers,
                    false => self.without_identity(headers, arena),
                },
                query,
                body,
                time: self.reads_time().then(|| surroundings.time()).flatten(),
                source: self
                    .reads_source()
                    .then(|| surroundings.source())
                    .flatten()
                    .map(|address| Source::new(address, arena)),
            },
        };
        if let Some(watch) = watch {
            let Inputs { resource, request, .. } = inputs;
            watch(&Query { principal: &principal, action: &route.action.1, resource, scope, request });
        }
        let question = Question {
            inputs,
            kind: Some(route.kind.0),
            action: Action { symbol: Some(route.action.0), name: &route.action.1 },
            scope: self.asked_scope(scope, principal.scope()),
        };
        let decision = self.answer(&question, arena, candidates);
        HttpOutcome {
            route: Some(&*route.name),
            identity_headers_trusted: headers_trusted,
            principal: Some(principal),
            budget: route.budget.as_deref(),
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
}

impl<'s> HttpOutcome<'s> {
    pub(super) fn refused(reason: Reason) -> Self {
        HttpOutcome {
            verdict: HttpVerdict::Refuse(Refusal::because(reason)),
            reason,
            detail: None,
            route: None,
            principal: None,
            policy: None,
            nearest: None,
            scope: None,
            shadow: None,
            errors: 0,
            first_error: None,
            budget: None,
            identity_headers_trusted: false,
        }
    }

    /// What the request counts for, by the snapshot that decided it: absent where it is refused, or its route has no budget.
    #[must_use]
    pub fn charge(&self, snapshot: &Snapshot) -> Option<Charge<'_>> {
        match (self.verdict, self.budget, &self.principal) {
            (HttpVerdict::Allow, Some(budget), Some(principal)) => {
                Some(budget.charge(principal, snapshot.budget_terms()))
            }
            _ => None,
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
            scope: decision.scope,
            shadow: decision.shadow,
            errors: decision.errors,
            first_error: decision.first_error,
            ..HttpOutcome::refused(decision.reason)
        }
    }
}

fn resource<'a>(route: &'a RouteTarget, captured: &Captured<'a>, arena: &'a Bump) -> Resource<'a> {
    let attributes =
        route.attributes.iter().map(|(name, source)| (&**name, Value::Str(value(source, captured, arena))));
    Resource {
        kind: &route.kind.1,
        id: route.id.as_ref().map(|source| value(source, captured, arena)),
        attributes: Map::Pairs(arena.alloc_slice_fill_iter(attributes)),
    }
}

/// Templates and value sources are checked against each other when the snapshot is decoded.
fn value<'a>(source: &'a ValueSource, captured: &Captured<'a>, arena: &'a Bump) -> &'a str {
    match source {
        ValueSource::Literal(text) => text,
        ValueSource::Capture(index) => path::decode(captured.get(*index).unwrap_or_default(), arena),
    }
}
