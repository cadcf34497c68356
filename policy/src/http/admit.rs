use std::ops::ControlFlow;
use std::rc::Rc;

use bumpalo::Bump;

use crate::data::Data;
use crate::engine::Reason;
use crate::identity::{AuthFailure, Identities, Principal, authenticate};
use crate::snapshot::Snapshot;

use super::request::RequestHead;
use super::route::{Captured, RouteTarget};
use super::{Headers, HttpOutcome, HttpVerdict, InvalidRequest, QueryParameters, Surroundings, body};

/// A request that its headers do not decide: it has one reading, a route and a principal.
pub(super) struct Admitted<'s, 'a> {
    pub(super) head: RequestHead<'a>,
    pub(super) query: QueryParameters<'a>,
    pub(super) route: &'s RouteTarget,
    pub(super) captured: Captured<'a>,
    pub(super) principal: Rc<Principal>,
    pub(super) headers: Headers<'a>,
    pub(super) headers_trusted: bool,
}

impl Snapshot {
    /// One reading, route, identity, in this order; or the outcome that one of them comes to.
    pub(super) fn admit<'s, 'a>(
        &'s self,
        headers: Headers<'a>,
        surroundings: &dyn Surroundings,
        arena: &'a Bump,
        identities: &mut Identities,
    ) -> ControlFlow<HttpOutcome<'s>, Admitted<'s, 'a>> {
        let (head, query) = match self.read_head(headers, arena) {
            Ok(read) => read,
            Err(why) => return ControlFlow::Break(HttpOutcome::refused(Reason::Invalid(why))),
        };
        let Some((route, captured)) = self.routes().find(&head) else {
            return ControlFlow::Break(match self.passes_unmatched() {
                true => HttpOutcome { verdict: HttpVerdict::Allow, ..HttpOutcome::refused(Reason::PassedUnmatched) },
                false => HttpOutcome::refused(Reason::NoRoute),
            });
        };
        let found = authenticate(self, headers, surroundings, identities);
        let unauthenticated = |failure, detail| {
            let refused = HttpOutcome::refused(Reason::Unauthenticated(failure));
            ControlFlow::Break(HttpOutcome { detail, route: Some(&*route.name), ..refused })
        };
        let principal = match found.principal {
            Ok(Some(principal)) => principal,
            Ok(None) if route.anonymous_allowed => identities.anonymous(self),
            Ok(None) => return unauthenticated(AuthFailure::Missing, None),
            Err(why) => return unauthenticated(AuthFailure::Invalid, Some(why)),
        };
        let headers_trusted = found.headers_trusted;
        ControlFlow::Continue(Admitted { head, query, route, captured, principal, headers, headers_trusted })
    }

    fn read_head<'a>(
        &self,
        headers: Headers<'a>,
        arena: &'a Bump,
    ) -> Result<(RequestHead<'a>, QueryParameters<'a>), InvalidRequest> {
        let head = RequestHead::read(headers, arena)?;
        if self.headers_read().any(|name| headers.repeats(name)) {
            return Err(InvalidRequest::RepeatedHeader);
        }
        Ok((head, QueryParameters::read(head.target, self.query_parameters_read(), arena)?))
    }
}

impl<'s> Admitted<'s, '_> {
    /// How much of a body that is still to come must be there before the request can be decided; `None` if nothing of
    /// it. An error if the body is announced to be one that the route does not take.
    pub(super) fn body_to_await(&self) -> Result<Option<usize>, Reason> {
        let Some(max) = self.route.max_body else { return Ok(None) };
        let announced = body::announced(self.headers).map_err(Reason::Invalid)?;
        if announced.is_some_and(|length| length > max) {
            return Err(Reason::BodyTooLarge);
        }
        if announced.is_some_and(|length| length > 0) {
            body::check_media(self.headers).map_err(Reason::Invalid)?;
        }
        Ok(Some(max))
    }

    /// The body as conditions see it, if any condition reads bodies. A route that reads none gets none, and an empty one is
    /// none.
    pub(super) fn body(&self, bytes: Option<&[u8]>, is_read: bool) -> Result<Option<Data>, Reason> {
        let (Some(max), Some(bytes)) = (self.route.max_body, bytes.filter(|bytes| !bytes.is_empty())) else {
            return Ok(None);
        };
        if bytes.len() > max {
            return Err(Reason::BodyTooLarge);
        }
        body::check_media(self.headers).map_err(Reason::Invalid)?;
        // Whoever makes calls of these bytes reads them with care of its own.
        if self.route.budget.is_some() && !is_read {
            return Ok(None);
        }
        body::parse(bytes).map(Some).map_err(Reason::Invalid)
    }

    pub(super) fn refused(&self, reason: Reason) -> HttpOutcome<'s> {
        HttpOutcome {
            route: Some(&*self.route.name),
            principal: Some(Rc::clone(&self.principal)),
            budget: self.route.budget.as_deref(),
            ..HttpOutcome::refused(reason)
        }
    }
}
