//! Questions to a snapshot from outside of a proxy: as policies put them, or as an HTTP request through the routes.

mod answer;
mod identity;
mod json;
mod request;
mod resource;
mod surroundings;

use anyhow::Context;
use tollgate_policy::data::Data;
use tollgate_policy::engine::{Effect, Query, RequestFacts, Resource, Scratch};
use tollgate_policy::http::{Headers, HttpVerdict, Source};
use tollgate_policy::identity::{Principal, PrincipalClaims};
use tollgate_policy::set::PolicySet;
use tollgate_policy::snapshot::Snapshot;

use identity::PresentedIdentity;
use surroundings::Proxy;

pub(crate) use answer::{Answer, CandidateAnswer, PrincipalAnswer, ShadowAnswer, reason_name};
pub(crate) use json::json;
pub(crate) use request::HttpRequest;
pub(crate) use resource::ResourceFixture;
pub(crate) use surroundings::Circumstances;

/// What is asked about a resource.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) action: &'a str,
    pub(crate) resource: &'a ResourceFixture,
    /// What conditions read of a request, which goes through no route.
    pub(crate) request: Option<&'a HttpRequest>,
}

/// Decides a question about a resource. No claims: a caller without identity. `watch` sees the question as the engine does.
///
/// # Errors
/// If the set has identity sources, but not the one that the principal is said to come from.
pub(crate) fn ask(
    snapshot: &Snapshot,
    set: &PolicySet,
    principal: Option<&PrincipalClaims>,
    asked: Asked<'_>,
    circumstances: Circumstances,
    watch: &mut dyn FnMut(&Query<'_>),
) -> anyhow::Result<Answer> {
    if let Some(source) = principal.and_then(|claims| claims.source.as_deref())
        && !set.identity.is_empty()
    {
        identity::choose(Some(source), &set.identity)?;
    }
    let principal = principal.map_or_else(|| snapshot.anonymous(), |claims| snapshot.principal(claims.clone()));
    pose(&principal, asked, circumstances, |query| {
        watch(query);
        let mut scratch = Scratch::default();
        let decision = snapshot.decide(query, &mut scratch);
        Answer {
            decision: decision.effect,
            reason: decision.reason,
            policy: decision.policy.map(|policy| policy.name().to_owned()),
            nearest: decision.nearest.map(|policy| policy.name().to_owned()),
            first_error: decision.first_error.map(|error| error.to_string()),
            errors: decision.errors,
            shadow: decision.shadow.as_ref().map(Into::into),
            principal: Some((&principal).into()),
            http: None,
            digest: decision.digest.to_string(),
            candidates: candidates(snapshot, query),
        }
    })
}

/// Has `work` see a question about a resource as the engine does.
///
/// # Errors
/// If the request's body is not JSON.
pub(crate) fn pose<T>(
    principal: &Principal,
    asked: Asked<'_>,
    circumstances: Circumstances,
    work: impl FnOnce(&Query<'_>) -> T,
) -> anyhow::Result<T> {
    let Asked { action, resource, request } = asked;
    let headers = request.map(|request| request.headers(&[])).unwrap_or_default();
    let headers = bytes(&headers);
    let source = circumstances.source.map(|address| (address.ip().to_canonical().to_string(), address.port()));
    let body = request.and_then(|request| request.body.as_deref());
    let body: Option<Data> = body.map(Data::from_json).transpose().context("the body is not JSON")?;
    let facts = match request {
        None => RequestFacts::default(),
        Some(request) => RequestFacts {
            method: Some(&request.method),
            path: Some(&request.target),
            host: Some(&request.host),
            headers: Headers(&headers),
            body: body.as_ref(),
            ..RequestFacts::default()
        },
    };
    let resource =
        Resource { kind: &resource.kind, id: resource.id.as_deref(), attributes: (&resource.attributes).into() };
    let source = source.as_ref().map(|(ip, port)| Source { ip, port: *port });
    let request = RequestFacts { time: circumstances.time, source, ..facts };
    Ok(work(&Query { principal, action, resource, scope: asked.resource.scope.as_deref(), request }))
}

/// Sends a request through the routes of a set. The principal comes as its identity source would present it; without
/// one the request carries no identity. `watch` sees the question that the request comes to.
pub(crate) fn send(
    snapshot: &Snapshot,
    set: &PolicySet,
    principal: Option<&PrincipalClaims>,
    request: &HttpRequest,
    circumstances: Circumstances,
    watch: &mut dyn FnMut(&Query<'_>),
) -> anyhow::Result<Answer> {
    let identity = match principal {
        Some(claims) => {
            PresentedIdentity::of(claims, &set.identity).context("this principal cannot come with a request")?
        }
        None => PresentedIdentity::default(),
    };
    let headers = request.headers(identity.headers());
    let headers = bytes(&headers);
    let proxy = Proxy { identity: &identity, circumstances };
    let mut of_question = Vec::new();
    let mut see = |query: &Query<'_>| {
        watch(query);
        of_question = candidates(snapshot, query);
    };
    let body = request.body.as_deref();
    let outcome = snapshot.check_http_watched(Headers(&headers), body, &proxy, &mut Scratch::default(), &mut see);
    let decision = match outcome.verdict {
        HttpVerdict::Allow => Effect::Allow,
        HttpVerdict::Refuse(_) => Effect::Deny,
    };
    Ok(Answer {
        decision,
        reason: outcome.reason,
        policy: outcome.policy.map(str::to_owned),
        nearest: outcome.nearest.map(str::to_owned),
        first_error: outcome.first_error.map(|error| error.to_string()),
        errors: outcome.errors,
        shadow: outcome.shadow.as_ref().map(Into::into),
        principal: outcome.principal.as_deref().map(Into::into),
        http: Some((&outcome).into()),
        digest: snapshot.digest().to_string(),
        candidates: of_question,
    })
}

fn bytes<'a>(headers: &[(&'a str, &'a str)]) -> Vec<(&'a [u8], &'a [u8])> {
    headers.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect()
}

fn candidates(snapshot: &Snapshot, query: &Query<'_>) -> Vec<CandidateAnswer> {
    snapshot.trace(query, &mut Scratch::default()).iter().map(Into::into).collect()
}
